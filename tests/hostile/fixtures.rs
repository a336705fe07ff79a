//! Functions that do what none should. Each ends as told; after each the server is well, another function runs, and
//! nothing of the bad one is left: no process, no mount, no folder.
//!
//! Never a fork bomb without namespaces: run by root it takes the whole machine.

use std::collections::BTreeSet;
use std::fs;

use drydock_tests::{Deployed, Dock, Draft, Folder, Launch, Witness, archive, process, tree, until};
use serde_json::Value;

use crate::either::DAEMON;
use crate::sandbox::WITHOUT_NAMESPACES;

/// How far functions are kept from the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    Full,
    NoNamespaces,
}
use Level::{Full, NoNamespaces};

/// A server, and what the machine looked like before it ran anything bad.
struct Place {
    dock: Dock,
    hello: Deployed,
    mark: String,
    mounts: BTreeSet<String>,
    folder: Folder,
}

impl Place {
    async fn at(level: Level) -> Self {
        Self::with(level, |launch| launch).await
    }

    async fn with(level: Level, settings: impl FnOnce(Launch) -> Launch) -> Self {
        let folder = Folder::new();
        let temporary = folder.beside("tmp");
        fs::create_dir(&temporary).unwrap();
        // Nothing stands by, so that every process below the server is one too many.
        let mut launch = Dock::launch()
            .on(&folder)
            .env("TMPDIR", &temporary)
            .env("DRYDOCK_STANDBY__MAX_PROCESSES", "0");
        if level == NoNamespaces {
            launch = launch.within(&WITHOUT_NAMESPACES).env("DRYDOCK_SANDBOX", "auto");
        }
        let dock = settings(launch).start().await;
        let name = if level == Full { "full" } else { "no-namespaces" };
        assert!(dock.log().contains(&format!("sandbox: {name}")), "{}", dock.log());
        let hello = dock.key().deploy(Draft::shell("echo hello")).await;
        let mounts = mounts(dock.pid());
        Self {
            dock,
            hello,
            mark: process::mark(),
            mounts,
            folder,
        }
    }

    async fn deploy(&self, draft: Draft) -> Deployed {
        self.dock.key().deploy(draft.var(process::MARK, &self.mark)).await
    }

    /// Runs it to its end, and sees that this cost nobody else anything.
    async fn run(&self, draft: Draft) -> Value {
        let function = self.deploy(draft).await;
        let run = self.dock.key().run(&function, "").await;
        self.is_well().await;
        run
    }

    /// What holds after every function, whatever it did.
    async fn is_well(&self) {
        let (dock, key) = (&self.dock, self.dock.key());
        for path in ["/v1/health", "/v1/health/db"] {
            key.get(path).ok(200).await;
        }
        process::none_left(&self.mark).await;
        let run = key.run(&self.hello, "").await;
        assert_eq!(
            (&run["status"], &run["stdout"]),
            (&"completed".into(), &"hello\n".into())
        );
        until("no process of the server is left", async || {
            process::descendants(dock.pid()).is_empty().then_some(())
        })
        .await;
        let new: Vec<_> = mounts(dock.pid()).difference(&self.mounts).cloned().collect();
        assert!(new.is_empty(), "mounts are left: {new:?}");
        for folder in ["scratch", "staging", "trash"].map(|name| dock.data().join(name)) {
            until(&format!("{} is empty", folder.display()), async || {
                tree::list(&folder).is_empty().then_some(())
            })
            .await;
        }
        assert_eq!(tree::list(&self.folder.beside("tmp")), Vec::<String>::new());
        assert!(!dock.log().contains("panicked"), "{}", dock.log());
    }
}

fn mounts(pid: u32) -> BTreeSet<String> {
    let table = fs::read_to_string(format!("/proc/{pid}/mountinfo")).unwrap();
    table.lines().map(str::to_owned).collect()
}

fn python(script: &str) -> Draft {
    Draft::with_code(
        "python-3.9",
        archive::one_file("main.py", script),
        "python3 main.py",
    )
}

fn expect(run: &Value, status: &str, exit_code: i64, what: impl std::fmt::Debug) {
    assert_eq!(
        (run["status"].as_str(), run["exitCode"].as_i64()),
        (Some(status), Some(exit_code)),
        "{what:?}: {:.300} {:.300}",
        run["stdout"],
        run["stderr"]
    );
}

#[tokio::test]
async fn endless_output_ends_at_the_timeout_and_is_kept_within_its_bound() {
    let place = Place::at(Full).await;
    let function = place.deploy(Draft::shell("yes endless").set("timeout", 2)).await;
    let id = place.dock.key().execute(&function, "").await;
    let run = place.dock.key().finished(&function, &id).await;
    expect(&run, "failed", 124, "yes");
    assert_eq!(run["stdout"].as_str().unwrap().len(), 8000);
    place.is_well().await;
    let path = format!("/projects/default/executions/{id}");
    let row = place.dock.console().await.get(&path).await;
    let bytes = |name: &str| row[name].as_i64().unwrap();
    let kept = bytes("stdoutBytes") + bytes("stderrBytes") - bytes("droppedBytes");
    // The setting says 10 MB, and a batch more.
    assert!((1..11_500_000).contains(&kept), "{row}");
}

#[tokio::test]
async fn a_line_of_50_mb_is_output_like_any_other() {
    let place = Place::at(Full).await;
    let script = "head -c 50000000 /dev/zero | tr '\\0' x";
    let run = place.run(Draft::shell(script).set("timeout", 120)).await;
    expect(&run, "completed", 0, script);
    assert_eq!(run["stdout"], "x".repeat(8000));
}

#[tokio::test]
async fn children_that_hold_the_output_and_daemons_end_with_their_execution() {
    for level in [Full, NoNamespaces] {
        let place = Place::at(level).await;
        let run = place
            .run(Draft::shell("sleep 600 & setsid sleep 600 & echo left"))
            .await;
        expect(&run, "completed", 0, level);
        assert_eq!(run["stdout"], "left\n");
        let run = place.run(python(DAEMON)).await;
        expect(&run, "completed", 0, level);
        assert_eq!(run["stdout"], "daemon runs\n");
    }
}

#[tokio::test]
async fn who_ignores_sigterm_is_ended_at_the_timeout_all_the_same() {
    for level in [Full, NoNamespaces] {
        let place = Place::at(level).await;
        let draft = Draft::new("python-3.9", "python-stubborn", "python3 main.py").set("timeout", 1);
        let run = place.run(draft).await;
        expect(&run, "failed", 124, level);
    }
}

#[tokio::test]
async fn every_signal_that_ends_a_process_is_128_and_its_number() {
    let place = Place::at(Full).await;
    let function = place
        .deploy(Draft::shell("kill -$APPWRITE_FUNCTION_DATA $$; sleep 600"))
        .await;
    // The others are ignored by default, or stop instead of ending.
    let harmless = [17, 18, 19, 20, 21, 22, 23, 28];
    for signal in (1..=31).filter(|signal| !harmless.contains(signal)) {
        let run = place.dock.key().run(&function, &signal.to_string()).await;
        // SIGXFSZ is how the kernel ends who writes a file over its limit, and is told as that.
        let exit_code = if signal == 25 { 137 } else { 128 + signal };
        expect(&run, "failed", exit_code, signal);
    }
    place.is_well().await;
}

#[tokio::test]
async fn nobody_deletes_their_own_code() {
    for level in [Full, NoNamespaces] {
        let place = Place::at(level).await;
        let function = place
            .deploy(Draft::shell("echo here; rm -rf \"$PWD\" ./* && echo gone"))
            .await;
        for _ in 0..2 {
            let run = place.dock.key().run(&function, "").await;
            assert_eq!(run["stdout"], "here\n", "{level:?}: {run}");
            place.is_well().await;
        }
    }
}

#[tokio::test]
async fn links_and_odd_folders_in_tmp_lead_nowhere_and_are_removed() {
    for level in [Full, NoNamespaces] {
        let place = Place::at(level).await;
        let victim = place.folder.beside("victim");
        fs::create_dir(&victim).unwrap();
        fs::write(victim.join("treasure"), "TREASURE").unwrap();
        let script = format!(
            "cd \"$TMPDIR\"
ln -s {victim} out; ln -s {victim}/treasure file; ln -s / root; ln -s .. up; ln -s loop loop
cat file out/treasure root{victim}/treasure; echo x > out/new; echo x > file; rm -rf out/ out/*
mkfifo pipe; mkdir -p locked/in; touch locked/in/file; chmod 500 locked/in; chmod 0 locked
python3 -c 'import os
for n in range(300): os.mkdir(\"d\" * 50); os.chdir(\"d\" * 50)'
touch \"$(printf 'new\\nline \\377')\" -- -rf
echo done",
            victim = victim.display()
        );
        let run = place.run(Draft::shell(&script).set("timeout", 60)).await;
        assert_eq!(run["stdout"], "done\n", "{level:?}: {run}");
        assert_eq!(tree::list(&victim), ["treasure 8"], "{level:?}");
    }
}

#[tokio::test]
async fn a_tmp_that_is_filled_is_full_for_its_execution_alone() {
    let place = Place::with(Full, |launch| {
        launch.env("DRYDOCK_LIMITS__SCRATCH_BYTES", "5000000")
    })
    .await;
    let script = "n=0; while head -c 1000000 /dev/zero > /tmp/$n; do n=$((n+1)); done; echo $n";
    let run = place.run(Draft::shell(script)).await;
    expect(&run, "completed", 0, script);
    let written: u32 = run["stdout"].as_str().unwrap().trim().parse().unwrap();
    assert!((1..=5).contains(&written), "{run}");
    assert!(run["stderr"].as_str().unwrap().contains("No space left"), "{run}");
}

#[tokio::test]
async fn a_fork_bomb_ends_at_the_limit_of_processes() {
    // The usual one in a shell dies of its own failures at the kernel's limit, on a busy machine between two looks of
    // the watchdog. This one doubles in steps and stays until somebody ends it, which also spares the other tests of
    // this machine. Its memory is not what is looked for.
    let bomb = "import os, time
while True:
    try: os.fork()
    except OSError: pass
    time.sleep(0.05)
";
    let place = Place::with(Full, |launch| {
        launch.env("DRYDOCK_LIMITS__MEMORY_BYTES", "4000000000")
    })
    .await;
    let run = place.run(python(bomb).set("timeout", 60)).await;
    expect(&run, "failed", 137, "bomb");
    assert!(
        run["stderr"].as_str().unwrap().contains("limits.processes"),
        "{run}"
    );
}

#[tokio::test]
async fn a_memory_hog_ends_at_the_limit_of_memory() {
    for level in [Full, NoNamespaces] {
        let place = Place::with(level, |launch| {
            launch.env("DRYDOCK_LIMITS__MEMORY_BYTES", "64000000")
        })
        .await;
        let run = place
            .run(python("x = []\nwhile True: x.append(bytearray(4_000_000))"))
            .await;
        expect(&run, "failed", 137, level);
        assert!(
            run["stderr"].as_str().unwrap().contains("limits.memory_bytes"),
            "{run}"
        );
    }
}

#[tokio::test]
async fn nobody_kills_what_started_them() {
    let place = Place::at(Full).await;
    // Everything that it sees, too. Only here, where that is its own namespace.
    let run = place
        .run(Draft::shell(
            "kill -9 $PPID; kill -9 1; kill -STOP 1; kill -9 -- -1; echo alive",
        ))
        .await;
    expect(&run, "completed", 0, Full);
    assert_eq!(run["stdout"], "alive\n");
    let place = Place::at(NoNamespaces).await;
    let run = place
        .run(Draft::shell("kill -9 $PPID; kill -STOP $PPID; echo alive"))
        .await;
    expect(&run, "completed", 0, NoNamespaces);
    assert_eq!(run["stdout"], "alive\n");
}

#[tokio::test]
async fn a_running_sibling_cannot_be_traced_or_signalled() {
    for level in [Full, NoNamespaces] {
        let place = Place::at(level).await;
        let (key, witness, mark) = (place.dock.key(), Witness::listen().await, process::mark());
        let sibling = Draft::new("node-20.0", "node-witness", "node index.js")
            .var("WITNESS_PORT", &witness.port())
            .var(process::MARK, &mark)
            .set("timeout", 900);
        let sibling = key.deploy(sibling).await;
        let id = key.execute(&sibling, "sibling").await;
        witness.visited_by(1).await;
        let pid = process::marked(&mark)[0].pid;
        // PTRACE_ATTACH and PTRACE_SEIZE.
        let attack = format!(
            "import ctypes, os
c = ctypes.CDLL(None, use_errno=True)
for request in (16, 0x4206):
    print(c.ptrace(request, {pid}, 0, 0))
try:
    os.kill({pid}, 9)
    print('killed')
except OSError as error:
    print('not killed')
"
        );
        let function = place.deploy(python(&attack)).await;
        let run = key.run(&function, "").await;
        assert_eq!(run["stdout"], "-1\n-1\nnot killed\n", "{level:?}: {run}");
        witness.open();
        assert_eq!(key.finished(&sibling, &id).await["stdout"], "done sibling\n");
        process::none_left(&mark).await;
        place.is_well().await;
    }
}
