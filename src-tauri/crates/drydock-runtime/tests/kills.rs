//! That nothing outlives its run: timeouts, cancels, dropped futures, killed servers; and of a run that killed
//! its launcher, nothing that stayed in the command's process group or the launcher's session.
//!
//! A process's death is seen by the end of a named pipe that only it holds open, or, where the run itself
//! promises it, by its absence once the run has returned.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::fs;
use std::process::{Command, Stdio};
use std::time::Duration;

use drydock_runtime::EndReason;
use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::{Bench, HOST, sh, soon};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// A daemon by the book: forked twice, own session, deaf to polite signals, its outputs kept open.
/// It writes its id to the file `daemon` and holds the pipe `alive`; `started` comes after that.
const DAEMON: &str = "(setsid sh -c \"trap : TERM HUP INT; exec 9>alive; echo \\$\\$ > daemon; echo started; \
                      while :; do sleep 60; done\" &) ; ";

fn daemon(bench: &Bench) -> Pid {
    Pid::from_raw(
        fs::read_to_string(bench.code("daemon"))
            .unwrap()
            .trim()
            .parse()
            .unwrap(),
    )
}

#[tokio::test]
async fn at_the_timeout_the_whole_tree_dies_and_the_output_so_far_stays() {
    let bench = Bench::new();
    let alive = bench.fifo("alive");
    let mut job = bench.job(
        "node-20.0",
        &sh(&format!("{DAEMON} trap : TERM; while :; do sleep 60; done")),
    );
    job.timeout = Duration::from_secs(2);
    let ended = soon(bench.run(job)).await;
    assert_eq!((ended.reason, ended.exit_code), (EndReason::Timeout, 124));
    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("started\n", ""));
    assert!(ended.duration >= Duration::from_secs(2));
    assert_eq!(kill(daemon(&bench), None), Err(Errno::ESRCH));
    soon(alive).await.unwrap();
}

#[tokio::test]
async fn what_a_command_leaves_behind_dies_with_it_and_keeps_nobody_waiting() {
    let bench = Bench::new();
    let alive = bench.fifo("alive");
    // It ends once its daemon is there; the daemon holds both outputs open.
    let ended = soon(bench.sh(&format!(
        "{DAEMON} until [ -s daemon ]; do sleep 0.01; done; exit 4"
    )))
    .await;
    assert_eq!((ended.reason, ended.exit_code), (EndReason::Exited, 4));
    assert_eq!(kill(daemon(&bench), None), Err(Errno::ESRCH));
    soon(alive).await.unwrap();
}

#[tokio::test]
async fn signals_that_the_server_was_started_to_ignore_are_not_ignored_by_a_command() {
    let bench = Bench::new();
    let served = Command::new("sh")
        // As `nohup` does, and more.
        .args(["-c", "trap '' HUP INT QUIT TERM USR1; exec \"$0\" \"$@\"", HOST])
        .args([
            bench.code(""),
            bench.fresh_scratch(),
            sh("grep SigIgn /proc/self/status > ignored").into(),
        ])
        .stdin(Stdio::null())
        .status()
        .unwrap();
    assert!(served.success());
    let ignored = fs::read_to_string(bench.code("ignored")).unwrap();
    let mask = u64::from_str_radix(ignored.trim().trim_start_matches("SigIgn:").trim(), 16).unwrap();
    // 32 and above are the C library's own and real-time ones, which nobody sends by habit.
    assert_eq!(mask & 0x7fff_ffff, 0, "{ignored}");
}

#[tokio::test]
async fn a_killed_zygote_costs_no_run_and_another_takes_its_place() {
    let bench = Bench::new();
    // The launcher is the command's parent, the zygote the launcher's.
    let script = "kill -9 $(cut -d \" \" -f 4 /proc/$PPID/stat); echo still here";
    for _ in 0..2 {
        let ended = soon(bench.sh(script)).await;
        assert_eq!(
            (ended.stdout.as_str(), ended.exit_code),
            ("still here\n", 0),
            "{ended:?}"
        );
    }
}

#[tokio::test]
async fn a_cancel_ends_the_run_with_130() {
    let bench = Bench::new();
    let (cancel, (output, mut received)) = (CancellationToken::new(), mpsc::channel(4));
    let job = bench.job("node-20.0", &sh(&format!("{DAEMON} sleep 60")));
    let run = bench.backend.run(job, cancel.clone(), output);
    let watcher = async {
        received.recv().await.unwrap();
        cancel.cancel();
    };
    let (ended, ()) = soon(async { tokio::join!(run, watcher) }).await;
    assert_eq!((ended.reason, ended.exit_code), (EndReason::Cancelled, 130));
    assert_eq!(ended.stdout, "started\n");
    assert_eq!(kill(daemon(&bench), None), Err(Errno::ESRCH));
}

#[tokio::test]
async fn a_run_that_is_cancelled_before_its_start_starts_nothing() {
    let bench = Bench::new();
    let (output, _) = mpsc::channel(1);
    let cancel = CancellationToken::new();
    cancel.cancel();
    let ended = bench
        .backend
        .run(bench.job("node-20.0", "touch made"), cancel, output)
        .await;
    assert_eq!((ended.reason, ended.exit_code), (EndReason::Cancelled, 130));
    assert!(!bench.code("made").exists());
}

#[tokio::test]
async fn dropping_the_future_kills_everything_and_cleans_up() {
    let bench = Bench::new();
    let alive = bench.fifo("alive");
    let (output, mut received) = mpsc::channel(4);
    let job = bench.job("node-20.0", &sh(&format!("{DAEMON} sleep 60")));
    let run = bench.backend.run(job, CancellationToken::new(), output);
    tokio::select! {
        ended = run => panic!("it ended by itself: {ended:?}"),
        started = received.recv() => assert_eq!(started.unwrap().bytes, b"started\n"),
    }
    soon(bench.backend.settled()).await;
    assert_eq!(kill(daemon(&bench), None), Err(Errno::ESRCH));
    assert!(!bench.scratch().exists());
    soon(alive).await.unwrap();
}

#[tokio::test]
async fn a_command_that_kills_its_launcher_ends_with_a_clear_reason_and_leaves_nobody_of_its_group() {
    let bench = Bench::new();
    let alive = bench.fifo("alive");
    let script = "exec 9>alive; (sleep 60) & echo before; kill -9 $PPID; sleep 60";
    let ended = soon(bench.sh(script)).await;
    assert_eq!((&ended.reason, ended.exit_code), (&EndReason::LauncherLost, 1));
    assert!(
        ended.stdout.starts_with("before") && ended.stderr.contains("was killed"),
        "{ended:?}"
    );
    soon(alive).await.unwrap();
}

#[tokio::test]
async fn a_command_that_stops_its_launcher_still_ends_at_its_time() {
    let bench = Bench::new();
    let alive = bench.fifo("alive");
    let mut job = bench.job("node-20.0", &sh("exec 9>alive; kill -STOP $PPID; sleep 60"));
    job.timeout = Duration::from_millis(500);
    let ended = soon(bench.run(job)).await;
    assert_eq!((ended.reason, ended.exit_code), (EndReason::Timeout, 124));
    soon(alive).await.unwrap();
}

#[tokio::test]
async fn a_burst_of_forks_dies_whole() {
    let bench = Bench::new();
    let alive = bench.fifo("alive");
    let script = "exec 9>alive; i=0; while [ $i -lt 60 ]; do (setsid sleep 60 &) ; i=$((i+1)); done; echo forked; sleep 60";
    let mut job = bench.job("node-20.0", &sh(script));
    job.timeout = Duration::from_secs(1);
    let ended = soon(bench.run(job)).await;
    assert_eq!(ended.exit_code, 124);
    soon(alive).await.unwrap();
}

#[tokio::test]
async fn kill_9_of_the_server_leaves_no_child() {
    let bench = Bench::new();
    let alive = bench.fifo("alive");
    let script = sh(&format!("{DAEMON} exec 8>alive; sleep 60"));
    let mut server = Command::new(HOST)
        .args([bench.code(""), bench.scratch(), script.into()])
        .stdin(Stdio::null())
        .spawn()
        .unwrap();
    let daemon_is_there = async {
        while !fs::read_to_string(bench.code("daemon")).is_ok_and(|text| text.ends_with('\n')) {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    soon(daemon_is_there).await;
    kill(Pid::from_raw(server.id() as i32), Signal::SIGKILL).unwrap();
    server.wait().unwrap();
    // Comes only when the daemon and the command are both dead.
    soon(alive).await.unwrap();
}
