//! The queue over real HTTP: whose turn it is, how many of one function run at once, and what a cancel ends.

use drydock_tests::{Answer, Deployed, Dock, Draft, Witness, process};
use serde_json::{Value, json};

/// A function that reports to the witness and ends when it may.
async fn visiting(dock: &Dock, witness: &Witness) -> Deployed {
    let draft = Draft::new("node-20.0", "node-witness", "node index.js").var("WITNESS_PORT", &witness.port());
    dock.key().deploy(draft).await
}

async fn one_at_a_time() -> Dock {
    Dock::launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "1")
        .start()
        .await
}

/// The order in which `count` executions really ran, by their data.
async fn order(witness: &Witness, count: usize) -> Vec<String> {
    let visitors = witness.visited_by(count).await;
    visitors.into_iter().map(|visitor| visitor.id).collect()
}

async fn statuses(dock: &Dock, function: &Deployed, ids: &[String]) -> Vec<Value> {
    let mut statuses = Vec::new();
    for id in ids {
        statuses.push(dock.key().execution(function, id).await["status"].clone());
    }
    statuses
}

async fn try_cancel(dock: &Dock, id: &str) -> Answer {
    dock.owner()
        .post(&format!("/console/api/projects/default/executions/{id}/cancel"))
        .send_unchecked()
        .await
}

async fn cancel(dock: &Dock, id: &str) -> Value {
    let answer = try_cancel(dock, id).await;
    answer.expect_status(200);
    answer.json()
}

#[tokio::test]
async fn within_a_function_runs_are_taken_in_the_order_in_which_they_were_asked_for() {
    let dock = one_at_a_time().await;
    let witness = Witness::listen().await;
    let function = visiting(&dock, &witness).await;
    for n in 0..8 {
        dock.key().execute(&function, &n.to_string()).await;
    }

    witness.open();

    assert_eq!(order(&witness, 8).await, ["0", "1", "2", "3", "4", "5", "6", "7"]);
}

#[tokio::test]
async fn functions_take_turns_so_that_many_of_one_do_not_hold_back_another_s_single_one() {
    let dock = one_at_a_time().await;
    let witness = Witness::listen().await;
    let (busy, other) = (visiting(&dock, &witness).await, visiting(&dock, &witness).await);
    for n in 0..6 {
        dock.key().execute(&busy, &n.to_string()).await;
    }
    witness.visited_by(1).await;
    dock.key().execute(&other, "single").await;

    witness.open();

    assert_eq!(order(&witness, 7).await, ["0", "1", "single", "2", "3", "4", "5"]);
}

#[tokio::test]
async fn a_function_at_its_own_limit_leaves_the_other_slots_to_others() {
    let dock = Dock::launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "3")
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT_PER_FUNCTION", "1")
        .start()
        .await;
    let witness = Witness::listen().await;
    let (limited, other) = (visiting(&dock, &witness).await, visiting(&dock, &witness).await);
    let mut ids = Vec::new();
    for n in 0..4 {
        ids.push(dock.key().execute(&limited, &n.to_string()).await);
    }
    let single = dock.key().execute(&other, "single").await;

    let mut inside = order(&witness, 2).await;
    inside.sort();
    assert_eq!(inside, ["0", "single"]);
    assert_eq!(
        statuses(&dock, &limited, &ids).await,
        ["processing", "waiting", "waiting", "waiting"]
    );

    // No slot becomes free in between that the dispatcher waits for: each end must wake it.
    witness.open();
    for id in &ids {
        assert_eq!(dock.key().finished(&limited, id).await["status"], "completed");
    }
    assert_eq!(dock.key().finished(&other, &single).await["status"], "completed");
    let console = dock.console().await;
    let mut last_end = 0;
    for id in &ids {
        let row = console.get(&format!("/projects/default/executions/{id}")).await;
        let (started, ended) = (
            row["startedAtMs"].as_i64().unwrap(),
            row["endedAtMs"].as_i64().unwrap(),
        );
        assert!(started >= last_end, "two of it ran at once: {row}");
        last_end = ended;
    }
}

#[tokio::test]
async fn a_cancelled_waiting_execution_fails_at_once_never_runs_and_gives_its_place_back() {
    let dock = Dock::launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "1")
        .env("DRYDOCK_EXECUTIONS__MAX_WAITING", "1")
        .start()
        .await;
    let key = dock.key();
    let witness = Witness::listen().await;
    let function = visiting(&dock, &witness).await;
    let first = key.execute(&function, "first").await;
    witness.visited_by(1).await;
    let second = key.execute(&function, "second").await;

    let row = cancel(&dock, &second).await;

    let told = [&row["status"], &row["exitCode"], &row["startedAtMs"]];
    assert_eq!(told, [&json!("failed"), &json!(130), &Value::Null], "{row}");
    let run = key.execution(&function, &second).await;
    assert!(
        run["stderr"]
            .as_str()
            .unwrap()
            .contains("cancelled while it waited"),
        "{run}"
    );
    let log = dock.console().await.log(&second).await;
    assert!(
        log.len() == 1 && log[0].stream == "stderr" && log[0].text == run["stderr"].as_str().unwrap(),
        "{log:?}"
    );
    let third = key.execute(&function, "third").await;
    witness.open();
    for id in [&first, &third] {
        assert_eq!(key.finished(&function, id).await["status"], "completed");
    }
    assert_eq!(order(&witness, 2).await, ["first", "third"]);
}

#[tokio::test]
async fn a_cancelled_execution_stays_cancelled_over_a_crash_of_the_server() {
    let dock = one_at_a_time().await;
    let witness = Witness::listen().await;
    let function = visiting(&dock, &witness).await;
    dock.key().execute(&function, "first").await;
    witness.visited_by(1).await;
    let second = dock.key().execute(&function, "second").await;
    let third = dock.key().execute(&function, "third").await;
    cancel(&dock, &second).await;

    let folder = dock.crash();
    witness.open();
    let dock = Dock::launch().on(&folder).start().await;

    assert_eq!(
        dock.key().finished(&function, &third).await["status"],
        "completed"
    );
    assert_eq!(dock.key().execution(&function, &second).await["exitCode"], 130);
    assert_eq!(order(&witness, 2).await, ["first", "third"]);
}

#[tokio::test]
async fn a_cancelled_running_execution_loses_all_its_processes_and_says_so_on_a_line_of_its_own() {
    let dock = one_at_a_time().await;
    let key = dock.key();
    let mark = process::mark();
    let script = "echo before; printf half >&2; sleep 600 & setsid sleep 600 & sleep 600";
    let draft = Draft::shell(script).set("timeout", 900).var(process::MARK, &mark);
    let function = key.deploy(draft).await;
    let id = key.execute(&function, "").await;
    // The shell and three sleepers.
    process::running(&mark, 4).await;

    let row = cancel(&dock, &id).await;

    assert_eq!(
        (&row["status"], &row["exitCode"]),
        (&json!("failed"), &json!(130)),
        "{row}"
    );
    process::none_left(&mark).await;
    let run = key.execution(&function, &id).await;
    assert_eq!(
        (&run["stdout"], &run["stderr"]),
        (
            &json!("before\n"),
            &json!("half\nDrydock: this execution was cancelled.\n")
        ),
        "{run}"
    );
    // The one slot is free again.
    let other = key.deploy(Draft::shell("echo next")).await;
    assert_eq!(key.run(&other, "").await["stdout"], "next\n");
}

#[tokio::test]
async fn a_cancel_at_any_moment_of_a_start_ends_the_execution_and_leaves_nothing_running() {
    let dock = Dock::launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "4")
        .start()
        .await;
    let mark = process::mark();
    let draft = Draft::shell("sleep 600")
        .set("timeout", 900)
        .var(process::MARK, &mark);
    let function = dock.key().deploy(draft).await;
    for _ in 0..30 {
        let id = dock.key().execute(&function, "").await;
        // Twice at once: whichever is second finds it stopping or ended.
        let (one, other) = tokio::join!(try_cancel(&dock, &id), try_cancel(&dock, &id));
        let mut statuses = [one.status, other.status];
        statuses.sort_unstable();
        assert!(matches!(statuses, [200, 200 | 409]), "{one}\n{other}");
        let run = dock.key().execution(&function, &id).await;
        assert_eq!(
            (&run["status"], &run["exitCode"]),
            (&json!("failed"), &json!(130)),
            "{run}"
        );
    }
    process::none_left(&mark).await;
}

#[tokio::test]
async fn a_cancel_of_what_has_ended_or_never_was_is_refused() {
    let dock = Dock::start().await;
    let function = dock.key().deploy(Draft::shell("echo done")).await;
    let run = dock.key().run(&function, "").await;
    let id = run["$id"].as_str().unwrap();

    let ended = try_cancel(&dock, id).await;
    let unknown = try_cancel(&dock, "nobody").await;

    assert_eq!(
        (ended.status, ended.message().as_str()),
        (409, "This execution has ended already")
    );
    assert_eq!(
        (unknown.status, unknown.message().as_str()),
        (404, "Execution not found")
    );
    assert_eq!(dock.key().execution(&function, id).await, run);
}
#[tokio::test]
async fn a_deleted_tag_does_not_disturb_the_run_that_started_on_it() {
    let dock = Dock::launch().start().await;
    let key = dock.key();
    let witness = Witness::listen().await;
    let draft = Draft::new("node-20.0", "node-witness", "node index.js").var("WITNESS_PORT", &witness.port());
    let function = key.deploy(draft).await;
    let id = key.execute(&function, "x").await;
    witness.visited_by(1).await;

    key.delete(&format!("{}/tags/{}", function.path(), function.tag))
        .ok(204)
        .await;
    witness.open();

    assert_eq!(key.finished(&function, &id).await["stdout"], "done x\n");
}

#[tokio::test]
async fn no_more_run_at_once_than_is_set() {
    let dock = Dock::launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "2")
        .start()
        .await;
    let key = dock.key();
    let witness = Witness::listen().await;
    let draft = Draft::new("node-20.0", "node-witness", "node index.js").var("WITNESS_PORT", &witness.port());
    let function = key.deploy(draft).await;
    let mut ids = Vec::new();
    for n in 0..6 {
        ids.push(key.execute(&function, &n.to_string()).await);
    }

    witness.visited_by(2).await;
    let list = key.get(&format!("{}/executions", function.path())).ok(200).await;
    let states: Vec<_> = list["executions"]
        .as_array()
        .unwrap()
        .iter()
        .rev()
        .map(|run| run["status"].clone())
        .collect();
    assert_eq!(
        states,
        [
            "processing",
            "processing",
            "waiting",
            "waiting",
            "waiting",
            "waiting"
        ]
    );
    assert_eq!(witness.visitors().len(), 2);

    witness.open();
    for id in &ids {
        assert_eq!(key.finished(&function, id).await["status"], "completed");
    }
}
