//! How runs end, and what they leave in words: exit codes, output, environment.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::collections::BTreeMap;
use std::time::Duration;

use drydock_core::output::{Stream, decode};
use drydock_runtime::EndReason;
use support::{Bench, sh};
use tokio_util::sync::CancellationToken;

#[tokio::test]
async fn the_exit_code_is_the_commands_own() {
    let bench = Bench::new();
    for code in [0, 3, 255] {
        let ended = bench.sh(&format!("echo out; echo err >&2; exit {code}")).await;
        assert_eq!((ended.reason, ended.exit_code), (EndReason::Exited, code));
        assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("out\n", "err\n"));
    }
}

#[tokio::test]
async fn a_signal_is_128_and_its_number() {
    let bench = Bench::new();
    for signal in [9, 15, 11] {
        let ended = bench.sh(&format!("kill -{signal} $$; sleep 60")).await;
        assert_eq!(
            (ended.reason, ended.exit_code),
            (EndReason::Signaled(signal), 128 + signal)
        );
    }
}

#[tokio::test]
async fn not_runnable_is_126_and_not_found_127_with_the_reason_in_stderr_and_frames() {
    let bench = Bench::new()
        .with("plain.txt", "x", 0o644)
        .with("odd", "#!/no/such/interpreter\n", 0o755);
    let (ended, frames) = bench.run_watched(bench.job("node-20.0", "./plain.txt")).await;
    assert_eq!((ended.reason, ended.exit_code), (EndReason::NotRunnable, 126));
    assert!(ended.stderr.contains("chmod +x"));
    assert_eq!(decode(&frames[0].bytes), ended.stderr);

    let ended = bench.run(bench.job("swift-5.5", "swift main.swift")).await;
    assert_eq!((ended.reason, ended.exit_code), (EndReason::NotFound, 127));
    assert!(
        ended.stderr.contains("Install it") && ended.stderr.contains("Docker"),
        "{}",
        ended.stderr
    );

    let (ended, frames) = bench.run_watched(bench.job("node-20.0", "./odd")).await;
    assert_eq!((ended.reason, ended.exit_code), (EndReason::NotFound, 127));
    assert!(ended.stderr.contains("first line"));
    assert_eq!(decode(&frames[0].bytes), ended.stderr);
    assert!(!bench.scratch().exists());
}

#[tokio::test]
async fn what_cannot_start_is_1_with_the_reason() {
    let bench = Bench::new();
    let ended = bench.run(bench.job("node-20.0", "sh -c 'open")).await;
    assert!(matches!(ended.reason, EndReason::CannotStart(_)));
    assert_eq!(ended.exit_code, 1);
    assert!(ended.stderr.contains("never closed"));

    let mut job = bench.job("node-20.0", "sh -c true");
    job.variables.push(("BIG".to_owned(), "x".repeat(3_000_000)));
    let ended = bench.run(job).await;
    assert_eq!(ended.exit_code, 1);
    assert!(ended.stderr.contains("too long"), "{}", ended.stderr);

    let mut job = bench.job("node-20.0", "sh -c true");
    job.blueprint.code_dir = "/no/such/tag".into();
    assert!(bench.run(job).await.stderr.contains("/no/such/tag"));
}

#[tokio::test]
async fn a_server_without_its_binary_says_so() {
    let mut bench = Bench::new();
    let standing = bench.backend.standing().clone();
    let with = |exe: &str| {
        drydock_runtime::ProcessBackend::new(
            exe.into(),
            support::interpreters(),
            standing.clone(),
            None,
            drydock_runtime::StandbySettings::off(),
        )
    };
    bench.backend = with("/no/such/drydock");
    let ended = bench.sh("true").await;
    assert!(matches!(ended.reason, EndReason::CannotStart(_)));
    bench.backend = with("/bin/true");
    let ended = support::soon(bench.sh("true")).await;
    assert!(matches!(ended.reason, EndReason::CannotStart(_)), "{ended:?}");
    assert!(!bench.scratch().exists());
}

#[tokio::test]
async fn the_environment_is_exactly_what_was_built() {
    let bench = Bench::new();
    let mut job = bench.job("node-20.0", "env -0");
    job.variables = [
        ("GREETING", "hello\nthere"),
        ("APPWRITE_FUNCTION_ID", "own"),
        ("APPWRITE_FUNCTION_ID", "real"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .to_vec();
    let ended = bench.run(job).await;
    let mut got: BTreeMap<_, _> = ended
        .stdout
        .split_terminator('\0')
        .map(|line| line.split_once('=').unwrap())
        .collect();
    let path = got.remove("PATH").unwrap();
    assert!(path.ends_with("/usr/local/bin:/usr/bin:/bin"), "{path}");
    let scratch = bench.scratch();
    let scratch = scratch.to_str().unwrap();
    let expected = [
        ("APPWRITE_FUNCTION_ID", "real"),
        ("GREETING", "hello\nthere"),
        ("HOME", scratch),
        ("LANG", "C.UTF-8"),
        ("TMPDIR", scratch),
        ("TZ", "UTC"),
    ];
    assert_eq!(got, BTreeMap::from(expected));
}

#[tokio::test]
async fn nothing_of_the_server_is_open_in_the_command() {
    let bench = Bench::new();
    let ended = bench
        .sh("readlink /proc/self/fd/0; ls /proc/self/fd | tr \"\\n\" \" \"; pwd")
        .await;
    // The fourth is the folder that ls reads.
    let code = std::fs::canonicalize(bench.code("")).unwrap();
    assert_eq!(ended.stdout, format!("/dev/null\n0 1 2 3 {}\n", code.display()));
}

#[tokio::test]
async fn the_scratch_folder_is_there_while_it_runs_and_gone_afterwards() {
    let bench = Bench::new();
    let ended = bench
        .sh("echo x > \"$HOME/file\" && mkdir -p \"$TMPDIR/a/b\" && ls \"$HOME\"")
        .await;
    assert_eq!(ended.stdout, "a\nfile\n");
    assert!(!bench.scratch().exists());
}

#[tokio::test]
async fn bytes_that_are_no_utf_8_read_as_latin_1() {
    let bench = Bench::new();
    assert_eq!(
        bench
            .run(bench.job("node-20.0", r"printf '\352\344'"))
            .await
            .stdout,
        "êä"
    );
}

#[tokio::test]
async fn ten_thousand_lines_arrive_whole_and_each_frame_decodes_alone() {
    let bench = Bench::new();
    let script = "i=0; while [ $i -lt 10000 ]; do echo \"line $i grün 😀\"; i=$((i+1)); done; echo end >&2";
    let (ended, frames) = bench.run_watched(bench.job("node-20.0", &sh(script))).await;
    let expected = (0..10_000)
        .map(|line| format!("line {line} grün 😀\n"))
        .collect::<Vec<_>>()
        .concat();
    let text: String = frames
        .iter()
        .filter(|frame| frame.stream == Stream::Stdout)
        .map(|frame| decode(&frame.bytes))
        .collect();
    assert!(
        text == expected,
        "{} of {} characters",
        text.len(),
        expected.len()
    );
    assert_eq!(ended.stdout.chars().count(), 8000);
    assert!(expected.ends_with(&ended.stdout));
    assert_eq!(ended.stderr, "end\n");
}

#[tokio::test]
async fn a_watcher_that_leaves_does_not_disturb_the_run() {
    let bench = Bench::new();
    let (output, received) = tokio::sync::mpsc::channel(1);
    drop(received);
    let job = bench.job("node-20.0", "seq 1 100000");
    let ended = bench.backend.run(job, CancellationToken::new(), output).await;
    assert_eq!(ended.exit_code, 0);
    assert!(ended.stdout.ends_with("99999\n100000\n"));
}

#[tokio::test]
async fn what_a_run_took_is_measured_over_its_whole_tree() {
    let bench = Bench::new();
    let ended = bench
        .sh("(i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done); sleep 0.2")
        .await;
    assert!(ended.duration >= Duration::from_millis(200));
    assert!(
        ended.cpu_time.is_some_and(|used| used > Duration::from_millis(5)),
        "{ended:?}"
    );
    assert!(
        ended.peak_memory_bytes.is_some_and(|peak| peak > 100_000),
        "{ended:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn many_runs_at_once_keep_apart() {
    let bench = std::sync::Arc::new(Bench::new());
    let runs: Vec<_> = (0..30)
        .map(|number| {
            let bench = std::sync::Arc::clone(&bench);
            tokio::spawn(async move {
                let mut job = bench.job("node-20.0", &sh(&format!("echo {number}; exit {number}")));
                job.scratch_dir = bench.place.path().join(format!("scratch-{number}"));
                bench.run(job).await
            })
        })
        .collect();
    for (number, run) in runs.into_iter().enumerate() {
        let ended = run.await.unwrap();
        assert_eq!(
            (ended.exit_code, ended.stdout),
            (number as i32, format!("{number}\n"))
        );
    }
}
