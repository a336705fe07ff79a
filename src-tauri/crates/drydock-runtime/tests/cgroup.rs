//! Limits by control groups, where this machine delegates them: what the watchdog cannot see or is too slow for.
//! Run them as root in the root group, or in a scope of their own:
//! `systemd-run --user --scope -p Delegate=yes cargo test -p drydock-runtime --test cgroup`.
//!
//! Only a server of their own goes into a group: this process holds all tests of the file.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
#![allow(clippy::print_stderr, reason = "what was not tested is to be seen")]

mod support;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use drydock_runtime::{
    Cgroups, EndReason, Ended, Job, Level, LimitHit, LimitsBy, Policy, ProcessBackend, StandbySettings,
    Standing, probe,
};
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use support::{Bench, HOST, interpreters, sh, soon};
use tokio::sync::{Mutex, MutexGuard, mpsc};
use tokio_util::sync::CancellationToken;

/// What this process took of the machine, and what the machine gives.
struct Walls {
    standing: Standing,
    cgroups: Arc<Cgroups>,
    /// The folder of what was delegated.
    folder: PathBuf,
}

/// Takes the groups, once; `None`, with the reason, where there are none. One test at a time: they look at who is
/// in which group.
async fn walls() -> Option<(&'static Walls, MutexGuard<'static, ()>)> {
    static WALLS: OnceLock<Result<Walls, String>> = OnceLock::new();
    static ONE: Mutex<()> = Mutex::const_new(());
    let one = ONE.lock().await;
    if WALLS.get().is_none() {
        let mut standing = probe(
            HOST.as_ref(),
            &interpreters(),
            Policy::Auto,
            &std::env::temp_dir(),
        )
        .await;
        let found = standing.limits_by.clone();
        let taken = match (standing.take_cgroups(), found) {
            (Some(cgroups), LimitsBy::Cgroup(delegated)) => Ok(Walls {
                standing,
                cgroups,
                folder: delegated.folder,
            }),
            (_, LimitsBy::Cgroup(_)) => panic!("delegated, and not to be had: {:?}", standing.limits_by),
            (_, LimitsBy::Watchdog(why)) => Err(why),
            (_, LimitsBy::Nobody) => Err("no limits".to_owned()),
        };
        let _ = WALLS.set(taken);
    }
    match WALLS.get().unwrap() {
        Ok(walls) => Some((walls, one)),
        Err(why) => {
            eprintln!("skipped: no control group is delegated to this test: {why}");
            None
        }
    }
}

impl Walls {
    /// A tag that runs at `level` in groups; `None`, with the reason, where the machine does not give the level.
    fn bench(&self, level: Level, standby: StandbySettings) -> Option<Bench> {
        if self.standing.level > level || (level == Level::NoNamespaces && !landlock()) {
            eprintln!(
                "skipped: this machine does not give the level {level}: {:?}",
                self.standing.missing
            );
            return None;
        }
        let bench = Bench::new();
        let standing = Standing {
            level,
            missing: Vec::new(),
            ..self.standing.clone()
        };
        let standby = StandbySettings {
            preloads: bench.place.path().join("preloads"),
            ..standby
        };
        let cgroups = Some(Arc::clone(&self.cgroups));
        Some(Bench {
            backend: ProcessBackend::new(HOST.into(), interpreters(), standing, cgroups, standby),
            ..bench
        })
    }

    /// The groups of executions that are there.
    fn runs(&self) -> Vec<PathBuf> {
        let server = self.server();
        let own = server.parent().unwrap();
        let entries = fs::read_dir(own).unwrap().flatten();
        entries
            .map(|entry| entry.path())
            .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with("run-"))
            .collect()
    }

    /// The leaf that this process is in.
    fn server(&self) -> PathBuf {
        let text = fs::read_to_string("/proc/self/cgroup").unwrap();
        let path = text.lines().find_map(|line| line.strip_prefix("0::")).unwrap();
        let place = path.find("/drydock-").unwrap();
        self.folder.join(&path[place + 1..])
    }
}

fn landlock() -> bool {
    fs::read_to_string("/sys/kernel/security/lsm").is_ok_and(|names| names.contains("landlock"))
}

/// Walls that a small machine can hold: 64 MB + 32 MB + 64 MiB + 160 MiB, some 330 MB.
fn small(bench: &Bench, command: &str) -> Job {
    let mut job = bench.job("node-20.0", command);
    job.blueprint.limits.memory_bytes = 64_000_000;
    job.blueprint.limits.scratch_bytes = 32_000_000;
    job
}

fn assert_out_of_memory(ended: &Ended) {
    assert_eq!(
        (&ended.reason, ended.exit_code),
        (&EndReason::Limit(LimitHit::Memory), 137),
        "{ended:?}"
    );
    assert!(ended.stderr.contains("limit of 64 MB"), "{}", ended.stderr);
}

const LEVELS: [Level; 3] = [Level::Full, Level::NoNamespaces, Level::ProcessGroup];

/// Files in memory that have no name and that nobody maps.
const UNSEEN: &str = "import os
f = os.memfd_create(\"x\")
print(\"begun\", flush=True)
while True: os.write(f, bytes(1_000_000))";

#[tokio::test]
async fn the_server_is_in_a_leaf_and_each_execution_in_a_group_of_its_own() {
    let Some((walls, _one)) = walls().await else {
        return;
    };
    assert!(walls.server().ends_with("server"));
    for level in LEVELS {
        let Some(bench) = walls.bench(level, StandbySettings::off()) else {
            continue;
        };
        let ended = soon(bench.sh("cat /proc/self/cgroup")).await;
        assert!(ended.stdout.contains("/run-"), "{level}: {ended:?}");
        assert_eq!((ended.exit_code, ended.stderr.as_str()), (0, ""), "{level}");
        assert_eq!(walls.runs(), Vec::<PathBuf>::new(), "{level}");
    }
}

#[tokio::test]
async fn memory_that_the_watchdog_cannot_see_ends_at_the_wall_with_the_limits_own_words() {
    let Some((walls, _one)) = walls().await else {
        return;
    };
    for level in LEVELS {
        let Some(bench) = walls.bench(level, StandbySettings::off()) else {
            continue;
        };
        let mut job = small(&bench, &format!("python3 -c '{UNSEEN}'"));
        job.blueprint.limits.file_bytes = 10_000_000_000;
        let ended = soon(bench.run(job)).await;
        assert_out_of_memory(&ended);
        assert_eq!(ended.stdout, "begun\n", "{level}");
        assert!(
            ended.cpu_time.is_some() && ended.level == Some(level),
            "{ended:?}"
        );
        assert_eq!(walls.runs(), Vec::<PathBuf>::new());
    }
}

#[tokio::test]
async fn one_that_stood_by_has_the_same_wall() {
    let Some((walls, _one)) = walls().await else {
        return;
    };
    let settings = StandbySettings {
        max_processes: 1,
        max_memory_bytes: 1_000_000_000,
        idle: Duration::from_secs(600),
        preloads: PathBuf::new(),
    };
    let Some(bench) = walls.bench(Level::Full, settings) else {
        return;
    };
    let bench = bench.with("unseen.py", UNSEEN, 0o644);
    let mut job = small(&bench, "python3 unseen.py");
    job.blueprint.runtime = drydock_core::runtime::Runtime::parse("runtime", "python-3.9").unwrap();
    job.blueprint.limits.file_bytes = 10_000_000_000;
    let wanted = bench.backend.stand_by(
        &job.owner,
        job.blueprint.clone(),
        bench.fresh_scratch(),
        bench.backend.standby_changes(),
    );
    assert!(wanted);
    while bench.backend.standby().memory_bytes == 0 {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let runs = walls.runs();
    assert_eq!(runs.len(), 1, "{runs:?}");
    let ended = soon(bench.run(job)).await;
    assert_out_of_memory(&ended);
    assert_eq!(ended.standby, Some(true));
    assert_eq!(walls.runs(), Vec::<PathBuf>::new());
}

#[tokio::test]
async fn what_the_limits_allow_is_not_ended_by_the_wall() {
    let Some((walls, _one)) = walls().await else {
        return;
    };
    let Some(bench) = walls.bench(Level::Full, StandbySettings::off()) else {
        return;
    };
    // A full /tmp, a full /dev/shm and nearly all of the memory at once.
    let script = "python3 -c '
import os
def fill(path):
    try:
        with open(path, \"wb\", buffering=0) as f:
            while True: f.write(bytes(1_000_000))
    except OSError as e: return e.errno
print(fill(\"/tmp/x\"), fill(\"/dev/shm/x\"))
x = bytearray(40_000_000)
for i in range(0, len(x), 4096): x[i] = 1
print(\"all\")'";
    let mut job = small(&bench, script);
    job.blueprint.limits.file_bytes = 10_000_000_000;
    let ended = soon(bench.run(job)).await;
    assert_eq!(
        (ended.stdout.as_str(), ended.stderr.as_str(), ended.exit_code),
        ("28 28\nall\n", "", 0)
    );
}

#[tokio::test]
async fn many_small_files_fit_within_the_wall() {
    let Some((walls, _one)) = walls().await else {
        return;
    };
    let Some(bench) = walls.bench(Level::Full, StandbySettings::off()) else {
        return;
    };
    let script = "python3 -c '
n = 0
try:
    while True:
        open(\"/tmp/%d\" % n, \"w\").close(); n += 1
except OSError as e: print(n > 99_000, e.errno)'";
    let ended = soon(bench.run(small(&bench, script))).await;
    assert_eq!(
        (ended.stdout.as_str(), ended.exit_code),
        ("True 28\n", 0),
        "{ended:?}"
    );
}

#[tokio::test]
async fn a_hog_that_the_watchdog_sees_is_still_its_own() {
    let Some((walls, _one)) = walls().await else {
        return;
    };
    let hog = "python3 -c 'x = []
while True: x.append(bytearray(1_000_000))'";
    for level in LEVELS {
        let Some(bench) = walls.bench(level, StandbySettings::off()) else {
            continue;
        };
        assert_out_of_memory(&soon(bench.run(small(&bench, hog))).await);
    }
}

#[tokio::test]
async fn a_fork_bomb_ends_at_every_level() {
    let Some((walls, _one)) = walls().await else {
        return;
    };
    for level in LEVELS {
        let Some(bench) = walls.bench(level, StandbySettings::off()) else {
            continue;
        };
        let ended = soon(bench.sh("b() { b | b & }; b; sleep 60")).await;
        assert_eq!(
            (&ended.reason, ended.exit_code),
            (&EndReason::Limit(LimitHit::Processes), 137),
            "{level}: {ended:?}"
        );
        assert!(ended.stderr.contains("limit of 128"), "{}", ended.stderr);
        assert_eq!(walls.runs(), Vec::<PathBuf>::new());
    }
}

#[tokio::test]
async fn tasks_end_at_their_wall_and_that_alone_ends_nothing() {
    let Some((walls, _one)) = walls().await else {
        return;
    };
    let script = "python3 -c '
import threading
stop = threading.Event()
n = 1
try:
    while n < 500: threading.Thread(target=stop.wait, daemon=True).start(); n += 1
except RuntimeError: pass
print(n)
stop.set()'";
    for level in LEVELS {
        let Some(bench) = walls.bench(level, StandbySettings::off()) else {
            continue;
        };
        let mut job = bench.job("node-20.0", script);
        job.blueprint.limits.processes = 4;
        let ended = soon(bench.run(job)).await;
        let tasks: u32 = ended.stdout.trim().parse().unwrap_or_default();
        assert!(
            (28..=34).contains(&tasks) && ended.exit_code == 0,
            "{level}: {ended:?}"
        );
    }
}

#[tokio::test]
async fn a_daemon_that_left_its_session_and_lost_its_launcher_dies_with_the_run() {
    let Some((walls, _one)) = walls().await else {
        return;
    };
    let Some(bench) = walls.bench(Level::ProcessGroup, StandbySettings::off()) else {
        return;
    };
    let alive = bench.fifo("alive");
    let script = "(setsid sh -c \"trap : TERM HUP INT; exec 9>alive; echo \\$\\$ > daemon; while :; do sleep 60; done\" &); \
                  until [ -s daemon ]; do sleep 0.01; done; kill -9 $PPID; sleep 60";
    let ended = soon(bench.sh(script)).await;
    assert_eq!(ended.reason, EndReason::LauncherLost, "{ended:?}");
    let daemon = fs::read_to_string(bench.code("daemon")).unwrap();
    assert_eq!(
        kill(Pid::from_raw(daemon.trim().parse().unwrap()), None),
        Err(Errno::ESRCH)
    );
    soon(alive).await.unwrap();
}

#[tokio::test]
async fn a_function_neither_leaves_its_group_nor_changes_its_walls() {
    let Some((walls, _one)) = walls().await else {
        return;
    };
    let folder = walls.folder.clone();
    for level in [Level::Full, Level::NoNamespaces] {
        let Some(bench) = walls.bench(level, StandbySettings::off()) else {
            continue;
        };
        for script in [
            format!("echo $$ > {}/cgroup.procs", folder.display()),
            format!("echo $$ > {}/cgroup.procs", walls.server().display()),
            format!(
                "echo max > {}$(sed s/0::// /proc/self/cgroup)/memory.max",
                mount_of(&folder)
            ),
            format!(
                "echo max > {}$(sed s/0::// /proc/self/cgroup)/pids.max",
                mount_of(&folder)
            ),
            format!("mkdir {}$(sed s/0::// /proc/self/cgroup)/x", mount_of(&folder)),
        ] {
            let ended = soon(bench.sh(&script)).await;
            assert_ne!(ended.exit_code, 0, "{script} at {level}: {ended:?}");
        }
        if level == Level::Full {
            let seen = soon(bench.sh("ls /sys/fs/cgroup")).await;
            assert_ne!(seen.exit_code, 0, "{seen:?}");
        }
    }
}

#[tokio::test]
async fn an_execution_runs_without_a_group_where_none_can_be_made_any_more() {
    let Some((walls, _one)) = walls().await else {
        return;
    };
    let own = walls.server().parent().unwrap().to_owned();
    let Some(bench) = walls.bench(Level::ProcessGroup, StandbySettings::off()) else {
        return;
    };
    // The server's leaf is one already.
    fs::write(own.join("cgroup.max.descendants"), "1").unwrap();
    let without = soon(bench.sh("cat /proc/self/cgroup")).await;
    fs::write(own.join("cgroup.max.descendants"), "max").unwrap();
    assert_eq!((without.exit_code, without.stderr.as_str()), (0, ""));
    assert!(without.stdout.trim().ends_with("/server"), "{without:?}");
    let with = soon(bench.sh("cat /proc/self/cgroup")).await;
    assert!(with.stdout.contains("/run-"), "{with:?}");
}

#[tokio::test]
async fn with_the_sandbox_off_there_is_no_group() {
    let Some((walls, _one)) = walls().await else {
        return;
    };
    let Some(bench) = walls.bench(Level::Off, StandbySettings::off()) else {
        return;
    };
    let ended = soon(bench.sh("cat /proc/self/cgroup")).await;
    assert!(ended.stdout.trim().ends_with("/server"), "{ended:?}");
}

#[tokio::test]
async fn a_cancel_and_a_dropped_run_leave_no_group() {
    let Some((walls, _one)) = walls().await else {
        return;
    };
    let Some(bench) = walls.bench(Level::ProcessGroup, StandbySettings::off()) else {
        return;
    };
    for dropped in [false, true] {
        let (cancel, (output, mut received)) = (CancellationToken::new(), mpsc::channel(4));
        let mut job = bench.job("node-20.0", &sh("echo begun; sleep 60"));
        job.scratch_dir = bench.fresh_scratch();
        let run = bench.backend.run(job, cancel.clone(), output);
        let mut run = Box::pin(run);
        tokio::select! {
            ended = &mut run => panic!("{ended:?}"),
            begun = received.recv() => assert!(begun.is_some()),
        }
        assert_eq!(walls.runs().len(), 1);
        if dropped {
            drop(run);
        } else {
            cancel.cancel();
            assert_eq!(soon(run).await.reason, EndReason::Cancelled);
        }
        let gone = async {
            while !walls.runs().is_empty() {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        soon(gone).await;
    }
}

#[tokio::test]
async fn a_server_takes_its_groups_away_and_the_next_one_those_of_a_killed_one() {
    let Some((walls, _one)) = walls().await else {
        return;
    };
    if walls.folder.join("cgroup.type").exists() {
        eprintln!("skipped: only the root group takes a second server");
        return;
    }
    let bench = Bench::new();
    let servers = || {
        let entries = fs::read_dir(&walls.folder).unwrap().flatten();
        let is_one = |name: &str| name.starts_with("drydock-");
        entries
            .filter(|entry| is_one(entry.file_name().to_str().unwrap()))
            .count()
    };
    assert_eq!(servers(), 1);
    let alive = bench.fifo("alive");
    let mut killed = server(walls, &bench, &sh("exec 9>alive; touch begun; sleep 60"));
    while !bench.code("begun").exists() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    assert_eq!(servers(), 2);
    killed.kill().unwrap();
    killed.wait().unwrap();
    soon(alive).await.unwrap();
    assert_eq!(servers(), 2);

    let mut next = server(walls, &bench, &sh("cp /proc/self/cgroup seen"));
    assert!(next.wait().unwrap().success());
    let seen = fs::read_to_string(bench.code("seen")).unwrap();
    assert!(seen.contains("/run-"), "{seen}");
    assert_eq!(servers(), 1);
}

/// A server of its own in what is delegated, beside this one.
fn server(walls: &Walls, bench: &Bench, command: &str) -> Child {
    Command::new("sh")
        .args(["-c", "echo $$ > \"$0/cgroup.procs\" && exec \"$@\""])
        .args([walls.folder.as_path(), Path::new(HOST)])
        .args([
            bench.code(""),
            bench.fresh_scratch(),
            command.into(),
            "groups".into(),
        ])
        .stdin(Stdio::null())
        .spawn()
        .unwrap()
}

/// Where groups are mounted, as far as this test was started in a simple way: below the usual place.
fn mount_of(folder: &Path) -> String {
    let usual = "/sys/fs/cgroup";
    assert!(folder.starts_with(usual), "{}", folder.display());
    usual.to_owned()
}
