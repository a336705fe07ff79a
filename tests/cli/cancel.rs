//! `cancel`: what it ends, what it prints, and what it refuses.

use drydock_tests::{Dock, Draft, Witness};

use crate::drydock;

#[tokio::test]
async fn cancel_ends_a_running_execution_and_who_waits_for_it_gets_130() {
    let dock = Dock::start().await;
    let witness = Witness::listen().await;
    let draft = Draft::new("node-20.0", "node-witness", "node index.js").var("WITNESS_PORT", &witness.port());
    let function = dock.key().deploy(draft).await;

    let waits = async { drydock(&dock, &["exec", &function.id, "--wait", "--data", "held"]).await };
    let cancels = async {
        witness.visited_by(1).await;
        let list = dock
            .key()
            .get(&format!("{}/executions", function.path()))
            .ok(200)
            .await;
        let id = list["executions"][0]["$id"].as_str().unwrap().to_owned();
        (drydock(&dock, &["cancel", &id]).await.expect_code(0), id)
    };
    let (waited, (cancelled, id)) = tokio::join!(waits, cancels);

    assert_eq!(cancelled.stdout, format!("{id} cancelled\n"));
    let waited = waited.expect_code(130);
    assert_eq!(waited.stderr, "Drydock: this execution was cancelled.\n");
}

#[tokio::test]
async fn cancel_with_json_prints_the_execution_as_it_then_stands() {
    let dock = Dock::launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "1")
        .start()
        .await;
    let witness = Witness::listen().await;
    let draft = Draft::new("node-20.0", "node-witness", "node index.js").var("WITNESS_PORT", &witness.port());
    let function = dock.key().deploy(draft).await;
    dock.key().execute(&function, "runs").await;
    witness.visited_by(1).await;
    let waiting = dock.key().execute(&function, "waits").await;

    let row = drydock(&dock, &["cancel", &waiting, "--json"])
        .await
        .expect_code(0)
        .json();

    assert_eq!(
        (&row["id"], &row["status"], &row["exitCode"]),
        (&waiting.into(), &"failed".into(), &130.into()),
        "{row}"
    );
}

#[tokio::test]
async fn cancel_of_what_has_ended_or_is_not_there_fails_and_says_why() {
    let dock = Dock::start().await;
    let function = dock.key().deploy(Draft::shell("true")).await;
    let run = dock.key().run(&function, "").await;
    let id = run["$id"].as_str().unwrap();

    let ended = drydock(&dock, &["cancel", id]).await.expect_code(1);
    let unknown = drydock(&dock, &["cancel", "nobody"]).await.expect_code(1);
    let elsewhere = drydock(&dock, &["cancel", id, "--project", "other"])
        .await
        .expect_code(1);

    assert_eq!(ended.stderr, "error: This execution has ended already (409)\n");
    assert_eq!(unknown.stderr, "error: Execution not found (404)\n");
    assert_eq!(elsewhere.stderr, "error: Execution not found (404)\n");
}
