//! Processes that stand by: taken once, by the right run only, bounded, and never left over.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::time::Duration;

use drydock_runtime::{EndReason, Job, Level, LimitHit, Network, StandbyCounts, StandbySettings};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use support::{Bench, can_be_seen, soon, standing_by_at_most as settings};
use tokio_util::sync::CancellationToken;

const LEVELS: [Level; 3] = [Level::Full, Level::NoNamespaces, Level::ProcessGroup];

/// A tag with a program that says what it was given.
async fn bench(level: Level, max_processes: usize) -> Bench {
    Bench::standing_by(level, settings(max_processes))
        .await
        .with("a.js", "console.log(process.env.DATA, process.env.OWN)", 0o644)
        .with("slow.js", "setTimeout(() => console.log('late'), 60000)", 0o644)
}

fn job(bench: &Bench, command: &str, data: &str) -> Job {
    let mut job = bench.job("node-20.0", command);
    job.scratch_dir = bench.fresh_scratch();
    job.variables = vec![("DATA".to_owned(), data.to_owned())];
    job.blueprint.variables = vec![("OWN".to_owned(), "mine".to_owned())];
    job
}

/// Has a process stand by for `job`'s owner.
fn stand_by(bench: &Bench, job: &Job) {
    let seen = bench.backend.standby_changes();
    let scratch = bench.fresh_scratch();
    assert!(
        bench
            .backend
            .stand_by(&job.owner, job.blueprint.clone(), scratch, seen)
    );
}

/// Waits until the counts are as wanted.
async fn until(bench: &Bench, wanted: impl Fn(StandbyCounts) -> bool) {
    let reached = async {
        while !wanted(bench.backend.standby()) {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    let reached = tokio::time::timeout(support::LIMIT, reached).await;
    assert!(reached.is_ok(), "{:?}", bench.backend.standby());
}

async fn stands_by(bench: &Bench, job: &Job) {
    stand_by(bench, job);
    // Its memory is known once it is there.
    until(bench, |counts| counts.memory_bytes > 0).await;
}

/// Processes of this machine that run `program` in the tag of `bench`.
fn processes_of(program: &str) -> Vec<Pid> {
    let numbered = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let pid = entry.file_name().to_str()?.parse().ok()?;
        let line = std::fs::read(entry.path().join("cmdline")).ok()?;
        let of_it = line
            .split(|byte| *byte == 0)
            .any(|word| word == program.as_bytes());
        of_it.then(|| Pid::from_raw(pid))
    });
    numbered.collect()
}

#[tokio::test]
async fn the_first_run_is_a_miss_and_the_next_takes_what_stands_by_once() {
    for level in LEVELS {
        let bench = bench(level, 4).await;
        let cold = soon(bench.run(job(&bench, "node a.js", "one"))).await;
        assert_eq!(
            (cold.stdout.as_str(), cold.standby),
            ("one mine\n", Some(false)),
            "{level}"
        );

        stands_by(&bench, &job(&bench, "node a.js", "")).await;
        let hit = soon(bench.run(job(&bench, "node a.js", "zwei = 2\nund drei"))).await;
        assert_eq!(
            (hit.stdout.as_str(), hit.stderr.as_str(), hit.standby),
            ("zwei = 2\nund drei mine\n", "", Some(true)),
            "{level}"
        );
        assert_eq!((hit.exit_code, hit.level), (0, Some(level)));
        assert!(hit.cpu_time.unwrap() > Duration::ZERO && hit.duration > Duration::ZERO);

        let again = soon(bench.run(job(&bench, "node a.js", "drei"))).await;
        assert_eq!(
            (again.stdout.as_str(), again.standby),
            ("drei mine\n", Some(false))
        );
        let counts = bench.backend.standby();
        assert_eq!((counts.processes, counts.hits, counts.misses), (0, 1, 2));
        bench.backend.settled().await;
        assert!(bench.left_nothing(), "{level}");
    }
}

#[tokio::test]
async fn it_serves_only_what_it_was_started_for() {
    let bench = bench(Level::Full, 4).await;
    stands_by(&bench, &job(&bench, "node a.js", "")).await;
    let mut other = job(&bench, "node a.js", "x");
    other.blueprint.variables[0].1 = "changed".to_owned();
    let ended = soon(bench.run(other)).await;
    assert_eq!(
        (ended.stdout.as_str(), ended.standby),
        ("x changed\n", Some(false))
    );
    let mut unreachable = job(&bench, "node a.js", "x");
    unreachable.blueprint.network = Network::None;
    assert_eq!(soon(bench.run(unreachable)).await.standby, Some(false));
    let mut foreign = job(&bench, "node a.js", "x");
    foreign.owner = "somebody else".to_owned();
    assert_eq!(soon(bench.run(foreign)).await.standby, Some(false));
    // Neither cost the right one its process.
    assert_eq!(
        soon(bench.run(job(&bench, "node a.js", "x"))).await.standby,
        Some(true)
    );
}

#[tokio::test]
async fn what_changed_meanwhile_is_not_started_from_an_old_blueprint() {
    let bench = bench(Level::ProcessGroup, 4).await;
    let job = job(&bench, "node a.js", "");
    let seen = bench.backend.standby_changes();
    assert!(!bench.backend.end_standby(&job.owner));
    assert!(
        !bench
            .backend
            .stand_by(&job.owner, job.blueprint.clone(), bench.fresh_scratch(), seen)
    );
    assert_eq!(bench.backend.standby().processes, 0);
}

#[tokio::test]
async fn a_discarded_one_is_gone_with_its_process() {
    let bench = bench(Level::ProcessGroup, 4)
        .await
        .with("discarded.js", "", 0o644);
    let job = job(&bench, "node discarded.js", "");
    stands_by(&bench, &job).await;
    assert_eq!(processes_of("discarded.js").len(), 1);
    assert!(bench.backend.end_standby(&job.owner));
    soon(async {
        while !processes_of("discarded.js").is_empty() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    })
    .await;
    assert!(!bench.backend.end_standby(&job.owner), "there is none any more");
}

#[tokio::test]
async fn shutting_down_ends_them_all_and_starts_none() {
    let bench = bench(Level::ProcessGroup, 4).await.with("shut.js", "", 0o644);
    let job = job(&bench, "node shut.js", "");
    stands_by(&bench, &job).await;
    soon(bench.backend.settled()).await;
    assert_eq!(processes_of("shut.js"), []);
    stand_by(&bench, &job);
    assert_eq!(bench.backend.standby().processes, 0);
    assert!(bench.left_nothing());
}

#[tokio::test]
async fn one_that_waits_too_long_goes() {
    let idle = Duration::from_millis(300);
    let bench = Bench::standing_by(Level::Full, StandbySettings { idle, ..settings(4) })
        .await
        .with("a.js", "", 0o644);
    stand_by(&bench, &job(&bench, "node a.js", ""));
    assert_eq!(bench.backend.standby().processes, 1);
    until(&bench, |counts| counts.processes == 0).await;
    let ended = soon(bench.run(job(&bench, "node a.js", ""))).await;
    assert_eq!((ended.exit_code, ended.standby), (0, Some(false)));
}

#[tokio::test]
async fn there_are_never_more_than_may_be_and_the_oldest_makes_room() {
    let bench = bench(Level::Full, 2).await;
    let of = |owner: &str| Job {
        owner: owner.to_owned(),
        ..job(&bench, "node a.js", "x")
    };
    for owner in ["first", "second", "third"] {
        stand_by(&bench, &of(owner));
    }
    assert_eq!(bench.backend.standby().processes, 2);
    assert_eq!(soon(bench.run(of("first"))).await.standby, Some(false));
    assert_eq!(soon(bench.run(of("second"))).await.standby, Some(true));
    assert_eq!(soon(bench.run(of("third"))).await.standby, Some(true));
}

#[tokio::test]
async fn memory_is_bounded_too() {
    // Node.js has some 10 MB of its own: there is room for one and not for two.
    let one = {
        let bench = bench(Level::Full, 4).await;
        stands_by(&bench, &job(&bench, "node a.js", "")).await;
        bench.backend.standby().memory_bytes
    };
    let bounded = |max_memory_bytes| StandbySettings {
        max_memory_bytes,
        ..settings(4)
    };
    let bench = Bench::standing_by(Level::Full, bounded(one * 3 / 2))
        .await
        .with("a.js", "", 0o644);
    let of = |owner: &str| Job {
        owner: owner.to_owned(),
        ..job(&bench, "node a.js", "x")
    };
    stands_by(&bench, &of("first")).await;
    stand_by(&bench, &of("second"));
    until(&bench, |counts| counts.processes == 1 && counts.memory_bytes > 0).await;
    assert_eq!(soon(bench.run(of("first"))).await.standby, Some(false));

    let bench = Bench::standing_by(Level::Full, bounded(1_000_000))
        .await
        .with("a.js", "", 0o644);
    stand_by(&bench, &job(&bench, "node a.js", ""));
    until(&bench, |counts| counts.processes == 0).await;
    // It is not tried again and again.
    stand_by(&bench, &job(&bench, "node a.js", ""));
    assert_eq!(bench.backend.standby().processes, 0);
}

#[tokio::test]
async fn a_killed_one_costs_a_cold_start_and_nothing_else() {
    let bench = bench(Level::ProcessGroup, 4)
        .await
        .with("killed.js", "console.log('lives')", 0o644);
    let job = || job(&bench, "node killed.js", "");
    stands_by(&bench, &job()).await;
    kill(processes_of("killed.js")[0], Signal::SIGKILL).unwrap();
    let ended = soon(bench.run(job())).await;
    assert_eq!((ended.stdout.as_str(), ended.exit_code), ("lives\n", 0));
    assert_eq!(ended.standby, Some(false));
    // It had stood by, so the next may.
    stands_by(&bench, &job()).await;
    assert_eq!(soon(bench.run(job())).await.standby, Some(true));
}

#[tokio::test]
async fn one_that_is_still_starting_is_waited_for() {
    let bench = bench(Level::Full, 4).await;
    stand_by(&bench, &job(&bench, "node a.js", ""));
    let ended = soon(bench.run(job(&bench, "node a.js", "early"))).await;
    assert_eq!(
        (ended.stdout.as_str(), ended.standby),
        ("early mine\n", Some(true))
    );
}

#[tokio::test]
async fn what_would_run_before_the_preload_starts_cold() {
    let bench = bench(Level::Full, 4)
        .await
        .with("tool", "#!/bin/sh\necho tool", 0o755);
    for command in [
        "node -e 1",
        "node --import=data:text/javascript, a.js",
        "python3 -m this",
        "./tool",
    ] {
        let job = job(&bench, command, "x");
        stand_by(&bench, &job);
        until(&bench, |counts| counts.processes == 0).await;
        assert_eq!(soon(bench.run(job)).await.standby, None, "{command}");
    }
    let mut options = job(&bench, "node a.js", "x");
    options
        .blueprint
        .variables
        .push(("NODE_OPTIONS".to_owned(), "--no-warnings".to_owned()));
    stand_by(&bench, &options);
    until(&bench, |counts| counts.processes == 0).await;
    assert_eq!(soon(bench.run(options)).await.standby, None);
}

#[tokio::test]
async fn more_than_can_be_handed_over_starts_cold() {
    let bench = bench(Level::Full, 4)
        .await
        .with("len.js", "console.log(process.env.DATA.length)", 0o644);
    for (length, hit) in [(60_000, true), (100_000, false)] {
        let job = job(&bench, "node len.js", &"x".repeat(length));
        stands_by(&bench, &job).await;
        let ended = soon(bench.run(job)).await;
        assert_eq!((ended.stdout, ended.standby), (format!("{length}\n"), Some(hit)));
    }
}

#[tokio::test]
async fn limits_hold_and_time_counts_from_the_handover() {
    for level in [Level::Full, Level::NoNamespaces] {
        let bench = bench(level, 4).await.with(
            "hog.js",
            "const all = []; for (;;) all.push(Buffer.alloc(1e7, 1))",
            0o644,
        );
        let mut slow = job(&bench, "node slow.js", "");
        slow.timeout = Duration::from_millis(700);
        stands_by(&bench, &slow).await;
        // Longer than its time: that is not running yet.
        tokio::time::sleep(Duration::from_millis(800)).await;
        let ended = soon(bench.run(slow)).await;
        assert_eq!(
            (ended.reason, ended.standby),
            (EndReason::Timeout, Some(true)),
            "{level}"
        );
        assert!(
            ended.duration >= Duration::from_millis(700),
            "{:?}",
            ended.duration
        );

        let hog = job(&bench, "node hog.js", "");
        stands_by(&bench, &hog).await;
        let ended = soon(bench.run(hog)).await;
        assert_eq!(ended.reason, EndReason::Limit(LimitHit::Memory), "{level}");
        assert_eq!((ended.exit_code, ended.standby), (137, Some(true)));
    }
}

#[tokio::test]
async fn one_that_was_taken_can_be_cancelled_and_its_caller_may_leave() {
    let bench = bench(Level::ProcessGroup, 4)
        .await
        .with("taken.js", "setTimeout(() => {}, 60000)", 0o644);
    let slow = || job(&bench, "node taken.js", "");
    stands_by(&bench, &slow()).await;
    let cancel = CancellationToken::new();
    let (output, _) = tokio::sync::mpsc::channel(1);
    let run = bench.backend.run(slow(), cancel.clone(), output);
    let (ended, ()) = tokio::join!(run, async {
        until(&bench, |counts| counts.hits == 1).await;
        cancel.cancel();
    });
    assert_eq!((ended.reason, ended.standby), (EndReason::Cancelled, Some(true)));

    stands_by(&bench, &slow()).await;
    let (output, _) = tokio::sync::mpsc::channel(1);
    tokio::select! {
        _ = bench.backend.run(slow(), CancellationToken::new(), output) => unreachable!("it takes a minute"),
        () = until(&bench, |counts| counts.hits == 2) => {}
    }
    soon(bench.backend.settled()).await;
    assert_eq!(processes_of("taken.js"), []);
    assert!(bench.left_nothing());
}

#[tokio::test]
async fn every_language_stands_by_at_every_level() {
    for level in LEVELS {
        let bench = bench(level, 8)
            .await
            .with(
                "a.py",
                "import os; print(os.environ['DATA'], os.environ['OWN'])",
                0o644,
            )
            .with(
                "a.php",
                "<?php echo getenv('DATA'), ' ', $_ENV['OWN'], PHP_EOL;",
                0o644,
            )
            .with("a.rb", "puts \"#{ENV['DATA']} #{ENV['OWN']}\"", 0o644);
        for (family, command) in [
            ("node", "node a.js"),
            ("python", "python3 a.py"),
            ("python", "python3 -u a.py"),
            ("php", "php a.php"),
            ("ruby", "ruby a.rb"),
            ("bun", "bun a.js"),
        ] {
            // Where the test is not run by scripts/test there may be no Bun.
            if family == "bun" && !can_be_seen("bun") {
                continue;
            }
            let job = Job {
                owner: command.to_owned(),
                ..job(&bench, command, "grün")
            };
            stand_by(&bench, &job);
            let ended = soon(bench.run(job)).await;
            assert_eq!(
                (ended.stdout.as_str(), ended.stderr.as_str(), ended.standby),
                ("grün mine\n", "", Some(true)),
                "{command} at {level}"
            );
        }
    }
}
