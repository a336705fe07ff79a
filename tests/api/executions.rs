//! Contract §7: executions, as the API tells of them. What the processes do stands in `tests/runtime`.

use drydock_tests::{Dock, Draft, Witness, archive};
use insta::assert_json_snapshot;
use serde_json::json;

use crate::{NOBODY, missing};

#[tokio::test]
async fn an_execution_is_answered_at_once_as_waiting_and_then_completes() {
    let dock = Dock::start().await;
    let key = dock.key();
    let function = key
        .deploy(Draft::new("node-20.0", "node-hello", "node index.js"))
        .await;

    let body = json!({ "data": "Ada" });
    let waiting = key
        .post(&format!("{}/executions", function.path()))
        .json(&body)
        .ok(201)
        .await;
    let id = waiting["$id"].as_str().unwrap();
    let finished = key.finished(&function, id).await;

    assert_eq!(waiting["functionId"], function.id);
    assert_json_snapshot!(waiting, {
        "[\"$id\"]" => "[id]", ".functionId" => "[id]", ".dateCreated" => "[unix]"
    }, @r#"
    {
      "$id": "[id]",
      "$read": [],
      "dateCreated": "[unix]",
      "exitCode": 0,
      "functionId": "[id]",
      "status": "waiting",
      "stderr": "",
      "stdout": "",
      "time": 0.0,
      "trigger": "http"
    }
    "#);
    assert!(
        finished["time"].as_f64().is_some_and(|secs| secs > 0.0),
        "{finished}"
    );
    assert_json_snapshot!(finished, {
        "[\"$id\"]" => "[id]", ".functionId" => "[id]", ".dateCreated" => "[unix]", ".time" => "[secs]"
    }, @r#"
    {
      "$id": "[id]",
      "$read": [],
      "dateCreated": "[unix]",
      "exitCode": 0,
      "functionId": "[id]",
      "status": "completed",
      "stderr": "",
      "stdout": "Hello, Ada\n",
      "time": "[secs]",
      "trigger": "http"
    }
    "#);
}

#[tokio::test]
async fn the_answer_does_not_wait_for_the_run() {
    let dock = Dock::start().await;
    let witness = Witness::listen().await;
    let draft = Draft::new("node-20.0", "node-witness", "node index.js").var("WITNESS_PORT", &witness.port());
    let function = dock.key().deploy(draft).await;

    let id = dock.key().execute(&function, "held").await;
    witness.visited_by(1).await;
    assert_eq!(dock.key().execution(&function, &id).await["status"], "processing");

    witness.open();
    assert_eq!(dock.key().finished(&function, &id).await["status"], "completed");
}

#[tokio::test]
async fn data_has_at_most_8192_characters() {
    let dock = Dock::start().await;
    let key = dock.key();
    let function = key
        .deploy(Draft::shell("printf %s \"$APPWRITE_FUNCTION_DATA\" | wc -m"))
        .await;
    let path = format!("{}/executions", function.path());

    let run = key.run(&function, &"ä".repeat(8192)).await;
    assert_eq!(run["stdout"].as_str().unwrap().trim(), "8192", "{run}");
    let message = key
        .post(&path)
        .json(&json!({ "data": "a".repeat(8193) }))
        .refused(400)
        .await;
    assert!(
        message.starts_with("Invalid data: ") && message.contains("8192"),
        "{message}"
    );
    let message = key
        .post(&path)
        .json(&json!({ "data": { "a": "b" } }))
        .refused(400)
        .await;
    assert!(message.starts_with("Invalid data: "), "{message}");
}

#[tokio::test]
async fn data_may_be_left_out_with_or_without_a_body_and_async_is_ignored() {
    let dock = Dock::start().await;
    let key = dock.key();
    let function = key
        .deploy(Draft::new("node-20.0", "node-hello", "node index.js"))
        .await;
    let path = format!("{}/executions", function.path());
    let requests = [
        key.post(&path),
        key.post(&path).json(&json!({})),
        key.post(&path).json(&json!({ "data": "" })),
        key.post(&path).json(&json!({ "data": null, "async": false })),
        key.post(&path).form(""),
    ];
    for request in requests {
        let execution = request.ok(201).await;
        let finished = key.finished(&function, execution["$id"].as_str().unwrap()).await;
        assert_eq!(finished["stdout"], "Hello, nobody\n");
    }
}

#[tokio::test]
async fn without_an_active_tag_there_is_nothing_to_execute() {
    let dock = Dock::start().await;
    let key = dock.key();
    let function = key.create_function().await;
    key.upload(&function, "node index.js", archive::fixture("node-hello"))
        .await;

    let message = key
        .post(&format!("/v1/functions/{function}/executions"))
        .refused(404)
        .await;

    assert_eq!(
        message,
        "Tag not found. Deploy tag before trying to execute a function"
    );
}

#[tokio::test]
async fn unknown_ids_are_404_and_a_stranger_to_the_function_too() {
    let dock = Dock::start().await;
    let key = dock.key();
    let function = key.deploy(Draft::shell("true")).await;
    let other = key.deploy(Draft::shell("true")).await;
    let id = key.execute(&function, "").await;

    let nowhere = format!("/v1/functions/{NOBODY}/executions");
    assert_eq!(key.post(&nowhere).refused(404).await, "Function not found");
    assert_eq!(key.get(&nowhere).refused(404).await, "Function not found");
    assert_eq!(
        key.get(&format!("{nowhere}/{id}")).refused(404).await,
        "Function not found"
    );
    for path in [
        format!("{}/executions/{NOBODY}", function.path()),
        format!("{}/executions/{id}", other.path()),
    ] {
        assert_eq!(key.get(&path).refused(404).await, "Execution not found");
    }
    let message = key
        .get(&format!("{}/executions/-x", function.path()))
        .refused(400)
        .await;
    assert!(message.starts_with("Invalid executionId: "), "{message}");
}

#[tokio::test]
async fn a_guest_neither_executes_nor_reads_even_where_all_may() {
    let dock = Dock::start().await;
    let key = dock.key();
    let function = key
        .deploy(Draft::shell("true").set("execute", vec!["role:all", "role:guest"]))
        .await;
    let id = key.execute(&function, "").await;
    let path = format!("{}/executions", function.path());

    assert_eq!(
        dock.guest().post(&path).refused(401).await,
        missing("execution.write")
    );
    assert_eq!(
        dock.guest().get(&path).refused(401).await,
        missing("execution.read")
    );
    assert_eq!(
        dock.guest().get(&format!("{path}/{id}")).refused(401).await,
        missing("execution.read")
    );
    assert_eq!(key.get(&path).ok(200).await["sum"], 1);
}

#[tokio::test]
async fn a_run_keeps_the_tag_that_was_active_when_it_was_asked_for() {
    let dock = Dock::launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "1")
        .start()
        .await;
    let key = dock.key();
    let witness = Witness::listen().await;
    let draft = Draft::new("node-20.0", "node-witness", "node index.js").var("WITNESS_PORT", &witness.port());
    let blocker = key.deploy(draft).await;
    let function = key.deploy(Draft::shell("echo old")).await;
    let new = key
        .upload(
            &function.id,
            "sh main.sh",
            archive::one_file("main.sh", "echo new"),
        )
        .await;

    key.execute(&blocker, "held").await;
    witness.visited_by(1).await;
    let before = key.execute(&function, "").await;
    key.activate(&function.id, &new).await;
    let after = key.execute(&function, "").await;
    witness.open();

    assert_eq!(key.finished(&function, &before).await["stdout"], "old\n");
    assert_eq!(key.finished(&function, &after).await["stdout"], "new\n");
}

#[tokio::test]
async fn a_full_queue_is_503_and_says_how_many_wait_and_when_to_try_again() {
    let dock = Dock::launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "1")
        .env("DRYDOCK_EXECUTIONS__MAX_WAITING", "2")
        .start()
        .await;
    let key = dock.key();
    let witness = Witness::listen().await;
    let draft = Draft::new("node-20.0", "node-witness", "node index.js").var("WITNESS_PORT", &witness.port());
    let function = key.deploy(draft).await;
    let running = key.execute(&function, "1").await;
    witness.visited_by(1).await;
    let waiting = [
        key.execute(&function, "2").await,
        key.execute(&function, "3").await,
    ];

    let refusal = key.post(&format!("{}/executions", function.path())).send().await;
    refusal.expect_status(503);
    assert!(
        refusal.message().contains("2 executions are waiting"),
        "{refusal}"
    );
    assert_eq!(refusal.header("retry-after"), "1", "{refusal}");

    witness.open();
    for id in [&running, &waiting[0], &waiting[1]] {
        assert_eq!(key.finished(&function, id).await["status"], "completed");
    }
    assert_eq!(
        key.get(&format!("{}/executions", function.path())).ok(200).await["sum"],
        3
    );
}
