//! What the sandbox keeps a function from: each test is an attack or a mishap, tried at the full level and,
//! where that level promises it too, without namespaces. Every one of these attacks succeeds with the sandbox
//! off; `without_a_sandbox_the_attacks_work` holds the tests to that.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use drydock_runtime::{EndReason, Ended, Interpreters, Level, LimitHit};
use support::{Bench, sh, soon};

const CONFINED: [Level; 2] = [Level::Full, Level::NoNamespaces];

/// Runs a shell script at `level`.
async fn at(level: Level, script: &str) -> Ended {
    let bench = Bench::confined(level).await;
    soon(bench.sh(script)).await
}

#[tokio::test]
async fn a_function_runs_and_reads_its_code_at_every_level() {
    for level in [Level::Full, Level::NoNamespaces, Level::ProcessGroup] {
        let bench = Bench::confined(level).await.with("data.txt", "of the tag", 0o644);
        let ended = bench
            .sh("cat data.txt; echo x > \"$TMPDIR/file\" && cat \"$HOME/file\"")
            .await;
        assert_eq!(
            (ended.stdout.as_str(), ended.stderr.as_str()),
            ("of the tagx\n", ""),
            "{level}"
        );
        assert_eq!((ended.exit_code, ended.level), (0, Some(level)));
        assert!(!bench.scratch().exists());
    }
}

/// A Ruby in that folder, in the place of the one that is there, that answers to everything in the same words.
fn install_ruby(folder: &Path, says: &str) {
    let script = format!("#!/bin/sh\n[ \"$1\" = -e ] && echo \"$0\" && echo 3.1.2 || echo {says}\n");
    let new = folder.join("new");
    fs::write(&new, script).unwrap();
    fs::set_permissions(&new, fs::Permissions::from_mode(0o755)).unwrap();
    fs::rename(&new, folder.join("ruby")).unwrap();
}

#[tokio::test]
async fn an_interpreter_below_var_tmp_is_seen_at_every_level() {
    let place = tempfile::tempdir_in("/var/tmp").unwrap();
    install_ruby(place.path(), "hello");
    for level in CONFINED {
        let found = Interpreters::discover(place.path().as_os_str());
        let bench = Bench::confined_with(level, found).await.with("a.rb", "", 0o644);
        let ended = soon(bench.run(bench.job("ruby-3.1", "ruby a.rb"))).await;
        assert_eq!(
            (ended.stdout.as_str(), ended.level),
            ("hello\n", Some(level)),
            "{}",
            ended.stderr
        );
    }
}

#[tokio::test]
async fn a_file_that_is_replaced_on_the_machine_is_seen_as_the_new_one() {
    // Below /tmp nothing of the machine is seen, and a checkout may lie there.
    let home = std::env::var("HOME").unwrap_or_default();
    let outside = [home.as_str(), env!("CARGO_TARGET_TMPDIR"), "/opt"]
        .into_iter()
        .find(|folder| !folder.is_empty() && !folder.starts_with("/tmp"));
    let place = tempfile::tempdir_in(outside.unwrap()).unwrap();
    let install = |says: &str| install_ruby(place.path(), says);
    install("old");
    let found = Interpreters::discover(place.path().as_os_str());
    let bench = Bench::confined_with(Level::Full, found)
        .await
        .with("a.rb", "", 0o644);
    let says = async || soon(bench.run(bench.job("ruby-3.1", "ruby a.rb"))).await.stdout;
    assert_eq!(says().await, "old\n");
    install("new");
    // It is looked at once in a while.
    soon(async { while says().await != "new\n" {} }).await;
}

#[tokio::test]
async fn every_language_starts_at_every_level() {
    for level in CONFINED {
        let bench = Bench::confined(level)
            .await
            .with(
                "a.js",
                "console.log('hi', require('os').cpus().length > 0, process.cwd() === __dirname)",
                0o644,
            )
            .with(
                "a.py",
                "import ssl, sqlite3, json, multiprocessing as m; m.Lock(); print('hi')",
                0o644,
            )
            .with("a.php", "<?php echo 'hi', PHP_EOL;", 0o644)
            .with("a.rb", "require 'json'; puts 'hi'", 0o644)
            .with("tool", "#!/bin/sh\necho hi\n", 0o755);
        for (runtime, command, says) in [
            ("node-16.0", "node a.js", "hi true true\n"),
            ("python-3.9", "python3 a.py", "hi\n"),
            ("php-8.0", "php a.php", "hi\n"),
            ("ruby-3.0", "ruby a.rb", "hi\n"),
            ("node-16.0", "./tool", "hi\n"),
        ] {
            let ended = bench.run(bench.job(runtime, command)).await;
            // Without namespaces there is no shared memory to lock in.
            if level == Level::NoNamespaces && command.starts_with("python3") {
                continue;
            }
            assert_eq!(
                (ended.stdout.as_str(), ended.stderr.as_str()),
                (says, ""),
                "{command} at {level}"
            );
        }
    }
}

#[tokio::test]
async fn nothing_private_can_be_read() {
    let private = tempfile::tempdir().unwrap();
    let secret = private.path().join("secret");
    fs::write(&secret, "SECRET").unwrap();
    fs::set_permissions(private.path(), fs::Permissions::from_mode(0o755)).unwrap();
    for level in CONFINED {
        for path in [
            secret.to_str().unwrap(),
            "/etc/shadow",
            "/root/.profile",
            "/var/log",
            "/root/.ssh",
            "/root/.cargo",
            "/dev/mem",
        ] {
            let ended = at(level, &format!("cat {path} 2>&1 || ls {path}/")).await;
            assert_ne!(ended.exit_code, 0, "{path} at {level}: {ended:?}");
            assert!(!ended.stdout.contains("SECRET"));
        }
        // The server's and the launcher's environment and memory.
        let server = std::process::id();
        for command in [
            format!("cat /proc/{server}/environ"),
            format!("readlink /proc/{server}/fd/0"),
            format!("readlink /proc/{server}/exe"),
            format!("cat /proc/{server}/maps"),
            "cat /proc/1/environ".to_owned(),
        ] {
            let ended = at(level, &command).await;
            assert_ne!(ended.exit_code, 0, "{command} at {level}: {ended:?}");
        }
    }
}

#[tokio::test]
async fn nothing_can_be_written_but_scratch() {
    let outside = tempfile::tempdir().unwrap();
    fs::set_permissions(outside.path(), fs::Permissions::from_mode(0o777)).unwrap();
    for level in CONFINED {
        let bench = Bench::confined(level).await.with("mine", "mine", 0o666);
        let outside = outside.path().to_str().unwrap();
        for script in [
            "echo x > mine",
            "echo x > new",
            "rm -f mine",
            "chmod 777 .",
            "mv mine theirs",
            "ln -s x y",
            "mkdir z",
            &format!("echo x > {outside}/file"),
            "echo x > /usr/local/file",
            "echo x > /file",
            "ln mine \"$TMPDIR/hard\" && echo x >> \"$TMPDIR/hard\"",
            "ln -s \"$PWD/mine\" \"$TMPDIR/soft\" && echo x >> \"$TMPDIR/soft\"",
            "ln -s /etc/shadow \"$TMPDIR/shadow\" && cat \"$TMPDIR/shadow\"",
            &format!("ln -s {outside} \"$TMPDIR/out\" && echo x > \"$TMPDIR/out/file\""),
            "rm -rf \"$PWD\"",
        ] {
            let ended = soon(bench.sh(script)).await;
            // Modes are no content: without namespaces an owner may change those of their own files.
            if level == Level::Full || !script.starts_with("chmod") {
                assert_ne!(ended.exit_code, 0, "{script} at {level}: {ended:?}");
            }
        }
        assert_eq!(fs::read_to_string(bench.code("mine")).unwrap(), "mine");
        assert_eq!(fs::read_dir(outside).unwrap().count(), 0);
        assert_eq!(fs::read_dir(bench.code("")).unwrap().count(), 1);
    }
}

#[tokio::test]
async fn another_functions_processes_cannot_be_seen_signalled_or_traced() {
    let mut sibling = std::process::Command::new("sleep").arg("60").spawn().unwrap();
    let pid = sibling.id();
    let ended = at(
        Level::Full,
        &format!("kill -0 {pid} 2>/dev/null && echo seen; ls -d /proc/[0-9]* | wc -l"),
    )
    .await;
    // The first process of its namespace, the shell, ls and wc.
    assert!(!ended.stdout.contains("seen"), "{ended:?}");
    assert!(ended.stdout.trim().parse::<u32>().unwrap() <= 4, "{ended:?}");
    let trace = format!(
        "python3 -c 'import ctypes; c = ctypes.CDLL(None, use_errno=True); \
         print(c.ptrace(16, {pid}, 0, 0), ctypes.get_errno())'"
    );
    for level in CONFINED {
        let ended = at(level, &trace).await;
        assert_eq!(ended.stdout, "-1 1\n", "{level}: {ended:?}");
    }
    let killed = at(Level::NoNamespaces, &format!("kill -9 {pid}")).await;
    assert_ne!(killed.exit_code, 0, "{killed:?}");
    assert!(sibling.try_wait().unwrap().is_none());
    sibling.kill().unwrap();
    sibling.wait().unwrap();
}

#[tokio::test]
async fn the_launcher_cannot_be_killed_or_read_from_inside() {
    for script in ["kill -9 $PPID; kill -9 1; kill -STOP 1", "kill -9 -- -1 || true"] {
        let ended = at(Level::Full, &format!("{script}; echo alive")).await;
        assert_eq!(ended.reason, EndReason::Exited, "{script}: {ended:?}");
        assert_eq!(ended.stdout, "alive\n");
    }
    let ended = at(Level::NoNamespaces, "kill -9 $PPID; echo alive").await;
    assert_eq!(
        (ended.reason, ended.stdout.as_str()),
        (EndReason::Exited, "alive\n")
    );
}

#[tokio::test]
async fn system_calls_against_the_kernel_are_refused() {
    let script = "python3 -c '
import ctypes, platform
c = ctypes.CDLL(None, use_errno=True)
x86 = platform.machine() == \"x86_64\"
calls = {\"unshare\": 272 if x86 else 97, \"mount\": 165 if x86 else 40, \"bpf\": 321 if x86 else 280, \"keyctl\": 250 if x86 else 219, \"userfaultfd\": 323 if x86 else 282, \"io_uring_setup\": 425}
# By the numbers of x32, which not every kernel has: ENOSYS (38) would be the kernel itself speaking.
if x86: calls.update({\"x32 socket\": 0x40000029, \"x32 ptrace\": 0x40000209})
for name, number in calls.items():
    c.syscall(number, 0x10000000, 0, 0, 0, 0)
    print(name, ctypes.get_errno())
'";
    for level in CONFINED {
        let ended = at(level, script).await;
        for line in ended.stdout.lines() {
            assert!(line.ends_with(" 1"), "{line} at {level}");
        }
        let calls = if cfg!(target_arch = "x86_64") { 8 } else { 6 };
        assert_eq!(ended.stdout.lines().count(), calls, "{ended:?}");
    }
}

#[tokio::test]
async fn a_memory_hog_is_ended_with_137_and_the_limit_named() {
    let hog = "python3 -c 'x = []
while True: x.append(bytearray(4_000_000))'";
    for level in [Level::Full, Level::NoNamespaces, Level::ProcessGroup] {
        let ended = at(level, hog).await;
        assert_eq!(
            (&ended.reason, ended.exit_code),
            (&EndReason::Limit(LimitHit::Memory), 137),
            "{level}: {ended:?}"
        );
        assert!(ended.stderr.contains("256 MB") && ended.stderr.contains("limits.memory_bytes"));
        assert!(ended.peak_memory_bytes.unwrap() > 256_000_000);
    }
}

#[tokio::test]
async fn the_words_about_a_limit_stand_on_a_line_of_their_own() {
    let hog = "printf begun >&2; exec python3 -c 'x = []
while True: x.append(bytearray(4_000_000))'";
    let ended = at(Level::Full, hog).await;
    assert!(
        ended.stderr.starts_with("begun\nDrydock: this execution"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn a_hog_of_many_processes_and_of_shared_memory_is_one_hog() {
    let forks = "python3 -c '
import os, time
for i in range(8):
    if os.fork() == 0: x = bytearray(60_000_000); time.sleep(60)
time.sleep(60)'";
    let shared = "python3 -c '
import mmap, time
m = mmap.mmap(-1, 400_000_000)
while True: m.seek(0); m.write(bytes(400_000_000))'";
    for script in [forks, shared] {
        let ended = at(Level::Full, script).await;
        assert_eq!(ended.reason, EndReason::Limit(LimitHit::Memory), "{ended:?}");
    }
}

#[tokio::test]
async fn a_fork_bomb_ends_at_the_limit_of_processes() {
    // Only with namespaces: among the machine's own processes the kernel counts none of root's. The usual bomb of a shell
    // dies of its own failures at the kernel's limit, on a busy machine before it is seen. This one stays. Its memory is
    // not what is looked for.
    let bench = Bench::confined(Level::Full).await;
    let bomb = "exec python3 -c '
import os
while True:
    try: os.fork()
    except OSError: pass'";
    let mut job = bench.job("node-20.0", &sh(bomb));
    job.blueprint.limits.memory_bytes = 4_000_000_000;
    let ended = soon(bench.run(job)).await;
    assert_eq!(
        (&ended.reason, ended.exit_code),
        (&EndReason::Limit(LimitHit::Processes), 137),
        "{ended:?}"
    );
    assert!(ended.stderr.contains("limit of 128"), "{}", ended.stderr);
}

#[tokio::test]
async fn a_command_that_gives_up_over_a_limit_is_told_which() {
    // Quicker than the watchdog looks: what counts is what is there when it ends.
    for end in ["exit 3", "kill -6 $$"] {
        let many = "for i in $(seq 200); do sleep 60 & done";
        let ended = at(Level::Full, &format!("{many}; {end}")).await;
        let reason = EndReason::Limit(LimitHit::Processes);
        assert_eq!((&ended.reason, ended.exit_code), (&reason, 137), "{ended:?}");
        assert!(ended.stderr.contains("limit of 128"), "{}", ended.stderr);
    }
}

#[tokio::test]
async fn cpu_time_is_summed_over_all_processes() {
    let bench = Bench::confined(Level::Full).await;
    let mut job = bench.job(
        "node-20.0",
        &sh("(while :; do :; done) & (while :; do :; done) & wait"),
    );
    job.blueprint.limits.cpu_secs = 1;
    let ended = soon(bench.run(job)).await;
    assert_eq!(
        (&ended.reason, ended.exit_code),
        (&EndReason::Limit(LimitHit::CpuTime), 137)
    );
    assert!(ended.stderr.contains("1 s"), "{}", ended.stderr);
    assert!(ended.cpu_time.unwrap() >= Duration::from_secs(1));
}

#[tokio::test]
async fn a_file_over_its_limit_ends_the_command_and_a_full_tmp_is_an_error_of_its_own() {
    let bench = Bench::confined(Level::Full).await;
    let mut job = bench.job("node-20.0", "dd if=/dev/zero of=/tmp/big bs=1M count=5");
    job.blueprint.limits.file_bytes = 2_000_000;
    let ended = soon(bench.run(job)).await;
    assert_eq!(
        (&ended.reason, ended.exit_code),
        (&EndReason::Limit(LimitHit::FileSize), 137),
        "{ended:?}"
    );
    assert!(ended.stderr.contains("2 MB"), "{}", ended.stderr);

    let fill = "i=0; while [ $i -lt 20 ]; do dd if=/dev/zero of=/tmp/$i bs=1M count=1 2>/dev/null || exit 9; i=$((i+1)); done";
    let mut job = bench.job("node-20.0", &sh(fill));
    job.blueprint.limits.scratch_bytes = 5_000_000;
    assert_eq!(soon(bench.run(job)).await.exit_code, 9);
}

#[tokio::test]
async fn open_files_end_in_an_error_and_no_core_is_written() {
    let script = "python3 -c '
import resource
print(resource.getrlimit(resource.RLIMIT_NOFILE), resource.getrlimit(resource.RLIMIT_CORE))
files = []
try:
    while True: files.append(open(\"/dev/null\"))
except OSError as e: print(e.errno)'";
    for level in CONFINED {
        assert_eq!(at(level, script).await.stdout, "(1024, 1024) (0, 0)\n24\n");
    }
}

#[tokio::test]
async fn daemons_die_with_their_run_and_hold_nobody_up() {
    for level in CONFINED {
        // Deaf to polite signals, in sessions of their own, holding stdout.
        let ended = at(
            level,
            "(setsid sh -c \"trap : TERM HUP INT; while :; do sleep 60; done\" &); (setsid sleep 987654 &); exit 3",
        )
        .await;
        assert_eq!(
            (&ended.reason, ended.exit_code),
            (&EndReason::Exited, 3),
            "{level}: {ended:?}"
        );
        let left = fs::read_dir("/proc")
            .unwrap()
            .flatten()
            .filter_map(|entry| fs::read(entry.path().join("cmdline")).ok())
            .any(|words| words == b"sleep\0987654\0");
        assert!(!left, "{level}");
    }
}

#[tokio::test]
async fn a_command_ends_by_each_signal_it_sends_itself() {
    let bench = Bench::confined(Level::Full).await;
    for signal in (1..=31).filter(|signal| ![17, 18, 19, 20, 21, 22, 23, 25, 28].contains(signal)) {
        let ended = soon(bench.sh(&format!("kill -{signal} $$; sleep 60"))).await;
        assert_eq!(
            (ended.reason, ended.exit_code),
            (EndReason::Signaled(signal), 128 + signal)
        );
    }
}

#[tokio::test]
async fn the_function_is_nobody_special_and_finds_nothing_of_ours() {
    let bench = Bench::confined(Level::Full).await;
    let ended = bench
        .sh("id -u; grep -E 'CapEff|NoNewPrivs|Seccomp:' /proc/self/status | tr -d '\\t '; pwd; ls -A /tmp /home /root /var 2>/dev/null; env | sort; ls /proc/self/fd | wc -l")
        .await;
    let uid = if nix::unistd::geteuid().is_root() {
        65_534
    } else {
        nix::unistd::geteuid().as_raw()
    };
    let text = ended.stdout;
    assert!(
        text.starts_with(&format!(
            "{uid}\nCapEff:0000000000000000\nNoNewPrivs:1\nSeccomp:2\n/usr/local/src\n"
        )),
        "{text}"
    );
    assert!(
        text.contains("HOME=/tmp") && text.contains("TMPDIR=/tmp") && !text.contains("CARGO"),
        "{text}"
    );
    assert!(text.ends_with("\n4\n"), "{text}");
}

#[tokio::test]
async fn without_a_sandbox_the_attacks_work() {
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().join("file");
    let ended = at(
        Level::ProcessGroup,
        &format!(
            "echo x > {} && ls /var/log >/dev/null && ls /proc/{}/fd/ >/dev/null",
            file.display(),
            std::process::id()
        ),
    )
    .await;
    assert_eq!(ended.exit_code, 0, "{ended:?}");
    assert!(file.exists());
}
