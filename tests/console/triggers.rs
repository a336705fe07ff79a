//! What starts functions by itself, as a person sees and sets it: the Events page, the Triggers tab, and the few words in
//! which the stream tells of many events.

use std::time::{Duration, Instant};

use drydock_tests::{Dock, Draft};
use serde_json::json;

use crate::scenario;

/// As `EVENTS_EVERY` of the stream.
const EVERY: Duration = Duration::from_millis(250);

#[tokio::test]
async fn events_appear_are_found_and_are_emitted_by_hand_and_once_more() {
    for color_scheme in ["light", "dark"] {
        let dock = Dock::start().await;
        let draft = Draft::shell("echo \"$APPWRITE_FUNCTION_EVENT $APPWRITE_FUNCTION_EVENT_DATA\"")
            .set("functionId", "greeter")
            .set("events", vec!["users.create"]);
        let function = dock.key().deploy(draft).await;

        let seen = scenario(
            &dock,
            "events",
            Some(&function),
            &[("COLOR_SCHEME", color_scheme)],
        )
        .await;

        assert!(seen["liveRow"].as_str().unwrap().contains("API key"), "{seen}");
        assert_eq!(
            seen["withoutExecutions"],
            json!([
                "users.create",
                "functions.tags.update",
                "functions.tags.create",
                "functions.create"
            ])
        );
        assert_eq!(
            seen["found"],
            json!(["functions.tags.update", "functions.tags.create"])
        );
        assert_eq!(seen["searchAddress"], "?search=tags&executions=no");
        assert_eq!(
            [&seen["payload"]["$id"], &seen["payload"]["email"]],
            ["ada", "ada@example.com"]
        );
        assert_eq!(seen["events"], 48);
        assert_eq!(
            [&seen["canEmitNonsense"], &seen["keptTyping"]],
            [&json!(false), &json!(true)]
        );
        assert!(
            seen["executionAddress"]
                .as_str()
                .unwrap()
                .starts_with("/functions/greeter/executions/"),
            "{seen}"
        );
        assert_eq!(
            [&seen["again"], &seen["closedAddress"]],
            [&json!({ "$id": "made-up" }), &json!("/events")]
        );
    }
}

#[tokio::test]
async fn a_schedule_and_events_are_set_and_the_schedule_is_run_now() {
    for color_scheme in ["light", "dark"] {
        let dock = Dock::start().await;
        let draft = Draft::shell("echo hello")
            .var("KEPT", "yes")
            .set("functionId", "greeter")
            .set("timeout", 33);
        let function = dock.key().deploy(draft).await;

        let seen = scenario(
            &dock,
            "triggers",
            Some(&function),
            &[("COLOR_SCHEME", color_scheme)],
        )
        .await;

        assert_eq!(
            seen["first"],
            json!([false, false]),
            "nothing to save, nothing to run"
        );
        assert_eq!(seen["canSaveNonsense"], false);
        let runs = seen["runs"].as_array().unwrap();
        assert_eq!(runs.len(), 5, "{seen}");
        for run in runs {
            assert!(run[1].as_str().unwrap().ends_with(" 09:30"), "{seen}");
        }
        assert_eq!(seen["choices"], 48);
        assert_eq!(seen["kept"], json!(["@hourly", true, 2]));
        assert_eq!([&seen["typed"], &seen["afterDiscard"]], ["@weekly", "@daily"]);
        assert!(seen["trigger"].as_str().unwrap().contains("schedule"), "{seen}");
        let stored = dock.key().get(&function.path()).ok(200).await;
        assert_eq!(stored["events"], json!(["users.create", "teams.create"]));
        assert_eq!(
            [&stored["vars"]["KEPT"], &stored["timeout"], &stored["schedule"]],
            [&json!("yes"), &json!(33), &json!("@daily")]
        );
    }
}

#[tokio::test]
async fn many_events_are_told_in_few_words_and_the_last_is_not_left_out() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let begun = Instant::now();
    let mut stream = console.request("GET", "/projects/default/stream").open().await;
    assert_eq!(stream.status(), 200);
    for _ in 0..100 {
        let emitted = console
            .request("POST", "/projects/default/events")
            .json(&json!({ "name": "teams.create" }));
        emitted.send_unchecked().await.expect_status(201);
    }
    let user = json!({ "userId": "ada", "email": "ada@example.com", "password": "12345678" });
    dock.key().post("/v1/users").json(&user).ok(201).await;

    let mut heard = String::new();
    let is_told = |heard: &str| {
        heard
            .split_once("\"type\":\"user\"")
            .is_some_and(|(_, after)| after.contains("\"type\":\"events\""))
    };
    while !is_told(&heard) {
        let piece = stream.chunk().await.unwrap().expect("the stream goes on");
        heard.push_str(&String::from_utf8_lossy(&piece));
    }

    let words = heard.matches("\"type\":\"events\"").count();
    let at_most = begun.elapsed().as_millis() / EVERY.as_millis() + 2;
    assert!(words as u128 <= at_most, "{words} words, {at_most} at most");
}
