//! What becomes of runs when their server ends: by force, by Ctrl-C, or because another one holds its folder.

use std::collections::HashMap;

use drydock_tests::{Deployed, Dock, Draft, Folder, Witness, process, until};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

/// Runs at once in these tests.
const RUNNING: usize = 4;
/// Runs that wait behind them.
const WAITING: usize = 20;

async fn dock(folder: &Folder) -> Dock {
    Dock::launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", RUNNING.to_string())
        .on(folder)
        .start()
        .await
}

async fn reporter(dock: &Dock, witness: &Witness, mark: &str) -> Deployed {
    let draft = Draft::new("node-20.0", "node-witness", "node index.js")
        .set("timeout", 900)
        .var("WITNESS_PORT", &witness.port())
        .var(process::MARK, mark);
    dock.key().deploy(draft).await
}

/// A server with one run under way, which ends when the witness opens.
async fn with_a_held_run(folder: &Folder, witness: &Witness, mark: &str) -> (Dock, Deployed, String) {
    let dock = dock(folder).await;
    let function = reporter(&dock, witness, mark).await;
    let id = dock.key().execute(&function, "held").await;
    witness.visited_by(1).await;
    (dock, function, id)
}

async fn final_state(dock: &Dock, function: &Deployed, id: &str) -> Value {
    dock.key().finished(function, id).await
}

#[tokio::test]
async fn after_kill_9_every_run_ends_none_twice_and_no_child_lives_on() {
    let folder = Folder::new();
    let (witness, mark) = (Witness::listen().await, process::mark());
    let before = dock(&folder).await;
    let function = reporter(&before, &witness, &mark).await;
    let mut ids = Vec::new();
    for n in 0..RUNNING + WAITING {
        ids.push(before.key().execute(&function, &n.to_string()).await);
    }
    witness.visited_by(RUNNING).await;

    before.crash();
    process::none_left(&mark).await;
    assert_eq!(
        witness.visitors().len(),
        RUNNING,
        "nothing starts without a server"
    );

    witness.open();
    let after = Dock::launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", RUNNING.to_string())
        .on(&folder)
        .start()
        .await;
    let mut completed = 0;
    for id in &ids {
        let run = final_state(&after, &function, id).await;
        if run["status"] == "completed" {
            completed += 1;
        } else {
            assert_eq!(run["exitCode"], 1, "{run}");
            let stderr = run["stderr"].as_str().unwrap();
            assert!(
                stderr.contains("Drydock ended"),
                "the stderr says what happened: {run}"
            );
        }
    }
    assert_eq!(
        completed, WAITING,
        "those that waited run; those that ran have failed"
    );

    let mut starts: HashMap<String, (usize, usize)> = HashMap::new();
    for visitor in witness.visitors() {
        let entry = starts.entry(visitor.id).or_default();
        entry.0 += 1;
        entry.1 += usize::from(visitor.finished);
    }
    for (id, (started, finished)) in &starts {
        assert!(
            *started == 1 && *finished <= 1,
            "run {id} started {started} times, finished {finished}"
        );
    }
    assert_eq!(starts.len(), RUNNING + WAITING);
    process::none_left(&mark).await;
}

#[tokio::test]
async fn kill_9_takes_along_stubborn_children_in_sessions_of_their_own() {
    let dock = Dock::start().await;
    let mark = process::mark();
    let draft = Draft::new("python-3.9", "python-stubborn", "python3 main.py")
        .set("timeout", 900)
        .var(process::MARK, &mark);
    let function = dock.key().deploy(draft).await;
    dock.key().execute(&function, "").await;
    // The parent, its child and its grandchild.
    process::running(&mark, 3).await;

    let _folder = dock.crash();

    process::none_left(&mark).await;
}

#[tokio::test]
async fn what_was_acknowledged_is_there_after_a_crash() {
    let folder = Folder::new();
    let before = dock(&folder).await;
    let function = before
        .key()
        .deploy(Draft::shell("echo kept; echo $WORD").var("WORD", "too"))
        .await;
    let run = before.key().run(&function, "").await;
    let (object, ready) = (
        before.key().get(&function.path()).ok(200).await,
        before.ready_file().clone(),
    );
    before.crash();

    let after = dock(&folder).await;

    assert_eq!(
        after.ready("key"),
        ready["key"],
        "the key is that of the first start"
    );
    assert_eq!(after.key().get(&function.path()).ok(200).await, object);
    assert_eq!(
        after
            .key()
            .execution(&function, run["$id"].as_str().unwrap())
            .await,
        run
    );
    assert_eq!(after.key().run(&function, "").await["stdout"], "kept\ntoo\n");
}

#[tokio::test]
async fn ctrl_c_ends_cleanly_and_leaves_no_child() {
    let folder = Folder::new();
    let (witness, mark) = (Witness::listen().await, process::mark());
    let (before, function, held) = with_a_held_run(&folder, &witness, &mark).await;

    let ending = before.interrupt().await;

    assert_eq!(ending.status.code(), Some(0), "{}", ending.log);
    assert!(process::marked(&mark).is_empty(), "{:?}", process::marked(&mark));
    assert!(
        !folder.data().join("server.json").exists(),
        "server.json goes with its server"
    );
    let after = dock(&folder).await;
    let run = final_state(&after, &function, &held).await;
    assert_eq!(
        (&run["status"], &run["exitCode"]),
        (&json!("failed"), &json!(1)),
        "{run}"
    );
    assert!(
        run["stderr"].as_str().unwrap().contains("Drydock was stopped"),
        "{run}"
    );
}

#[tokio::test]
async fn a_run_that_ends_while_the_server_drains_is_completed() {
    let folder = Folder::new();
    let witness = Witness::listen().await;
    let (before, function, id) = with_a_held_run(&folder, &witness, "none").await;
    let address = before.origin().strip_prefix("http://").unwrap().to_owned();

    before.signal(nix::sys::signal::Signal::SIGTERM);
    until("no new connection is taken", async || {
        tokio::net::TcpStream::connect(&address)
            .await
            .is_err()
            .then_some(())
    })
    .await;
    witness.open();
    let ending = before.ended_by_itself().await;

    assert_eq!(ending.status.code(), Some(0), "{}", ending.log);
    let after = dock(&folder).await;
    assert_eq!(final_state(&after, &function, &id).await["status"], "completed");
}

#[tokio::test]
async fn a_second_server_on_the_same_folder_refuses_and_names_the_first() {
    let first = Dock::start().await;

    let second = Dock::launch().on(&first.folder()).refused().await;

    assert_eq!(second.status.code(), Some(1), "{}", second.log);
    assert!(
        second.log.contains(&first.pid().to_string()),
        "the pid is named: {}",
        second.log
    );
    assert!(
        second.log.contains(first.data().to_str().unwrap()),
        "the folder is named: {}",
        second.log
    );
    first.key().get("/v1/functions").ok(200).await;
}

#[tokio::test]
async fn the_lock_of_a_killed_server_holds_nobody_up() {
    let first = Dock::start().await;
    let folder = first.folder();
    first.crash();

    let second = Dock::launch().on(&folder).start().await;

    second.key().get("/v1/functions").ok(200).await;
}

#[tokio::test]
async fn a_clean_end_closes_the_databases_so_that_the_folder_can_be_copied() {
    let folder = Folder::new();
    let dock = dock(&folder).await;
    let function = dock.key().deploy(Draft::shell("echo kept")).await;
    dock.key().run(&function, "").await;

    dock.interrupt().await;

    for name in ["drydock.db", "logs.db"] {
        assert!(folder.data().join(name).exists());
        assert!(
            !folder.data().join(format!("{name}-wal")).exists(),
            "{name} was not closed"
        );
    }
}

/// What a server on a port of 127.0.0.1 has not read yet of what came from another port.
fn unread_bytes(port: u16, from: u16) -> Option<u64> {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let line = table.lines().find(|line| {
        let mut words = line.split_whitespace().skip(1);
        let mut ends_in = |port: u16| {
            words
                .next()
                .is_some_and(|end| end.ends_with(&format!(":{port:04X}")))
        };
        ends_in(port) && ends_in(from)
    })?;
    let queues = line.split_whitespace().nth(4)?;
    u64::from_str_radix(queues.split_once(':')?.1, 16).ok()
}

#[tokio::test]
async fn a_cancel_that_comes_while_the_server_drains_ends_the_run_at_once() {
    let folder = Folder::new();
    let (witness, mark) = (Witness::listen().await, process::mark());
    let (before, function, id) = with_a_held_run(&folder, &witness, &mark).await;
    let address = before.origin().strip_prefix("http://").unwrap().to_owned();
    // A draining server takes no new connection: the request has begun before, and ends after.
    let mut connection = tokio::net::TcpStream::connect(&address).await.unwrap();
    let head = format!(
        "POST /console/api/projects/default/executions/{id}/cancel HTTP/1.1\r\nhost: {address}\r\n\
         content-length: 0\r\nx-drydock-admin: {}\r\n",
        before.server_file()["adminToken"].as_str().unwrap()
    );
    connection.write_all(head.as_bytes()).await.unwrap();
    let (port, own) = (
        connection.peer_addr().unwrap().port(),
        connection.local_addr().unwrap().port(),
    );
    until("the server has read that", async || {
        (unread_bytes(port, own) == Some(0)).then_some(())
    })
    .await;

    before.signal(nix::sys::signal::Signal::SIGTERM);
    until("no new connection is taken", async || {
        tokio::net::TcpStream::connect(&address)
            .await
            .is_err()
            .then_some(())
    })
    .await;
    connection.write_all(b"\r\n").await.unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).await.unwrap();

    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains("\"exitCode\":130"), "{answer}");
    let ending = before.ended_by_itself().await;
    assert_eq!(ending.status.code(), Some(0), "{}", ending.log);
    assert!(process::marked(&mark).is_empty(), "{:?}", process::marked(&mark));
    let after = dock(&folder).await;
    let run = after.key().execution(&function, &id).await;
    assert_eq!(
        (&run["status"], &run["exitCode"]),
        (&json!("failed"), &json!(130)),
        "{run}"
    );
    assert!(run["stderr"].as_str().unwrap().contains("was cancelled"), "{run}");
}
