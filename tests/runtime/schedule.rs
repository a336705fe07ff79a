//! Contract §5: when a scheduled function runs next. That it then does run is tested in `firing.rs`.

use drydock_tests::{Dock, Draft};
use serde_json::{Value, json};

fn next(function: &Value) -> i64 {
    function["scheduleNext"].as_i64().unwrap()
}

fn now_unix() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs() as i64
}

#[tokio::test]
async fn a_schedule_and_an_active_tag_together_have_a_next_run() {
    let dock = Dock::start().await;
    let key = dock.key();
    let body = json!({ "functionId": "f", "name": "n", "runtime": "node-20.0", "schedule": "0 0 1 * *" });
    let function = key.post("/v1/functions").json(&body).ok(201).await;
    assert_eq!(next(&function), 0, "a schedule alone runs nothing");

    let tag = key
        .upload(
            "f",
            "node index.js",
            drydock_tests::archive::fixture("node-hello"),
        )
        .await;
    key.activate("f", &tag).await;

    let function = key.get("/v1/functions/f").ok(200).await;
    let days = (next(&function) - now_unix()) as f64 / 86_400.0;
    assert!((0.0..=31.0).contains(&days), "in {days} days: {function}");
    assert_eq!(next(&function) % 86_400, 0, "midnight UTC: {function}");
    assert_eq!(function["schedulePrevious"], 0);
}

#[tokio::test]
async fn a_changed_schedule_changes_the_next_run_and_none_clears_it() {
    let dock = Dock::start().await;
    let key = dock.key();
    let function = key
        .deploy(Draft::shell("true").set("schedule", "0 0 1 1 *"))
        .await;
    let yearly = next(&key.get(&function.path()).ok(200).await);

    let hourly = json!({ "name": "n", "schedule": "0 * * * *" });
    let changed = key.put(&function.path()).json(&hourly).ok(200).await;
    let secs = next(&changed) - now_unix();
    assert!(
        next(&changed) != yearly && (0..=3600).contains(&secs),
        "in {secs} s: {changed}"
    );

    let none = key
        .put(&function.path())
        .json(&json!({ "name": "n" }))
        .ok(200)
        .await;
    assert_eq!(next(&none), 0);
}

#[tokio::test]
async fn without_its_tag_a_scheduled_function_has_no_next_run() {
    let dock = Dock::start().await;
    let key = dock.key();
    let function = key
        .deploy(Draft::shell("true").set("schedule", "0 0 1 1 *"))
        .await;

    key.delete(&format!("{}/tags/{}", function.path(), function.tag))
        .ok(204)
        .await;

    assert_eq!(next(&key.get(&function.path()).ok(200).await), 0);
}
