//! What is recorded of a run beyond the Appwrite API, as the console's API and the command line show it.

use drydock_tests::{Deployed, Dock, Draft, run};
use serde_json::{Value, json};

async fn row_of(dock: &Dock, id: &Value) -> Value {
    let path = format!("/projects/default/executions/{}", id.as_str().unwrap());
    dock.console().await.get(&path).await
}

async fn function(dock: &Dock) -> Deployed {
    // Some work, so that even a coarse clock sees time on the processor.
    let script = "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; echo done";
    dock.key().deploy(Draft::shell(script)).await
}

#[tokio::test]
async fn memory_and_processor_time_of_a_run_are_recorded_and_its_times_are_in_order() {
    let dock = crate::launch().start().await;
    let function = function(&dock).await;
    let run = dock.key().run(&function, "").await;

    let row = row_of(&dock, &run["$id"]).await;

    let record = &row["record"];
    assert!(record["peakMemoryBytes"].as_u64().unwrap() > 1_000_000, "{row}");
    assert!(record["cpuUs"].as_u64().unwrap() > 0, "{row}");
    assert_eq!(record["limit"], Value::Null, "{row}");
    let at = |name: &str| row[name].as_i64().unwrap();
    assert!(at("queuedAtMs") <= at("startedAtMs"), "{row}");
    assert!(at("startedAtMs") <= at("endedAtMs"), "{row}");
    assert_eq!(row["pinned"], false, "{row}");
}

#[tokio::test]
async fn a_run_that_its_timeout_ended_says_that_it_was_time() {
    let dock = crate::launch().start().await;
    let draft = Draft::shell("sleep 60").set("timeout", 1);
    let function = dock.key().deploy(draft).await;
    let run = dock.key().run(&function, "").await;

    let row = row_of(&dock, &run["$id"]).await;

    assert_eq!(row["record"]["limit"], "time", "{row}");
}

#[tokio::test]
async fn what_never_ran_has_no_record() {
    let dock = crate::launch().start().await;
    let draft = Draft::with_code(
        "node-20.0",
        drydock_tests::archive::one_file("main.sh", "true"),
        "no-such-command-anywhere",
    );
    let function = dock.key().deploy(draft).await;
    let run = dock.key().run(&function, "").await;

    let row = row_of(&dock, &run["$id"]).await;

    let record = &row["record"];
    assert_eq!(
        [&record["peakMemoryBytes"], &record["cpuUs"], &record["limit"]],
        [&Value::Null; 3],
        "{row}"
    );
}

#[tokio::test]
async fn the_appwrite_api_shows_none_of_it_and_exec_as_json_does() {
    let dock = crate::launch().start().await;
    let function = function(&dock).await;

    let mut command = dock.command();
    command.args(["exec", &function.id, "--wait", "--json"]);
    let shown = run(&mut command).await.expect_code(0).json();

    assert!(shown["record"]["cpuUs"].as_u64().unwrap() > 0, "{shown}");
    let execution = dock
        .key()
        .execution(&function, shown["$id"].as_str().unwrap())
        .await;
    let mut without = shown.clone();
    without.as_object_mut().unwrap().remove("record");
    assert_eq!(without, execution, "{}", json!([shown, execution]));
}
