//! The activity of a project: who did what to what, newest first, told from events and from notes of what is no event.

use drydock_tests::{Dock, Draft};
use serde_json::{Value, json};

use crate::NOBODY;

const ACTIVITY: &str = "/console/api/projects/default/activity";

async fn page(dock: &Dock, query: &str) -> Value {
    let answer = dock
        .owner()
        .get(&format!("{ACTIVITY}{query}"))
        .send_unchecked()
        .await;
    answer.expect_status(200);
    answer.json()
}

async fn lines(dock: &Dock, query: &str) -> Vec<Value> {
    page(dock, query).await["lines"].as_array().unwrap().clone()
}

/// What a line tells of: the event or the note.
fn what(line: &Value) -> String {
    let event = line["event"].as_str();
    event
        .unwrap_or_else(|| line["note"]["what"].as_str().unwrap())
        .to_owned()
}

async fn told(dock: &Dock, query: &str) -> Vec<String> {
    lines(dock, query).await.iter().map(what).collect()
}

/// A function with code that ran once, made with the key.
async fn lived_in(dock: &Dock) -> drydock_tests::Deployed {
    let draft = Draft::shell("exit 3")
        .set("functionId", "greeter")
        .set("name", "Greeter")
        .var("PASSWORD", "hunter2");
    let function = dock.key().deploy(draft).await;
    dock.key().run(&function, "").await;
    function
}

#[tokio::test]
async fn what_a_key_does_is_told_newest_first_with_its_name_and_what_it_was_done_to() {
    let dock = Dock::start().await;
    let function = lived_in(&dock).await;

    let lines = lines(&dock, "").await;

    let whats: Vec<_> = lines.iter().map(what).collect();
    let expected = [
        "functions.executions.create",
        "functions.tags.update",
        "functions.tags.create",
        "functions.create",
    ];
    assert_eq!(whats[..4], expected, "an execution is one line: {lines:?}");
    for line in &lines[..4] {
        let caller = line["who"]["caller"].as_str().unwrap();
        assert!(caller.starts_with("key:"), "{line}");
        assert!(line["who"]["keyName"].is_string(), "{line}");
        assert_eq!(
            line["function"],
            json!({ "id": "greeter", "name": "Greeter" }),
            "{line}"
        );
    }
    let run = &lines[0]["execution"];
    assert_eq!(
        (&run["status"], &run["exitCode"]),
        (&json!("failed"), &json!(3)),
        "as it stands by now: {run}"
    );
    for uploaded in [&lines[1], &lines[2]] {
        assert_eq!(uploaded["tagId"], function.tag);
        assert_eq!(uploaded["origin"], "upload");
    }
    let whole = json!(lines).to_string();
    assert!(!whole.contains("hunter2"), "variables are no news: {whole}");
}

#[tokio::test]
async fn what_is_no_event_of_the_api_is_told_too() {
    let dock = Dock::start().await;
    let function = lived_in(&dock).await;
    let owner = dock.console_owner();
    let key = json!({ "name": "CI", "scopes": ["functions.read"] });
    let made = owner.post("/v1/projects/default/keys").json(&key).ok(201).await;
    let path = format!("/v1/projects/default/keys/{}", made["$id"].as_str().unwrap());
    let renamed = json!({ "name": "Nightly", "scopes": ["functions.read"] });
    owner.put(&path).json(&renamed).ok(200).await;
    let answer = owner.delete(&path).send().await;
    answer.expect_status(204);
    owner.delete(&path).refused(404).await;
    dock.home().add_web_platform("shop.example.com").await;
    dock.home().switch_auth("jwt", false).await;
    let console = dock.console().await;
    console.set_network(&function.id, "none").await;
    console.set_backend(&function.id, "process").await;
    let (owner, webhooks) = (dock.console_owner(), dock.home().path("webhooks"));
    let hook = json!({ "name": "Shop", "events": [], "url": "http://localhost", "security": true });
    let hook_made = owner.post(&webhooks).json(&hook).ok(201).await;
    let webhook = format!("{webhooks}/{}", hook_made["$id"].as_str().unwrap());
    owner.put(&webhook).json(&hook).ok(200).await;
    owner.delete(&webhook).ok(204).await;
    owner.delete(&webhook).refused(404).await;

    let removed_hook = lines(&dock, "?limit=1").await.remove(0);
    assert_eq!(
        (&removed_hook["kind"], &removed_hook["note"]["name"]),
        (&json!("webhooks"), &json!("Shop"))
    );
    let whats = told(&dock, "?limit=10").await;

    assert_eq!(
        whats,
        [
            "webhook-removed",
            "webhook-changed",
            "webhook-created",
            "backend-set",
            "network-set",
            "project-changed",
            "platform-created",
            "key-revoked",
            "key-changed",
            "key-created"
        ],
        "and none of what was refused"
    );
    let lines = lines(&dock, "?limit=10").await.split_off(3);
    assert_eq!(lines[0]["function"]["name"], "Greeter");
    assert_eq!(lines[0]["note"]["backend"], "process");
    let lines = &lines[1..];
    assert_eq!(
        (&lines[1]["note"]["setting"], &lines[1]["note"]["on"]),
        (&json!("jwt"), &json!(false))
    );
    assert_eq!(lines[3]["note"]["name"], "Nightly");
    assert!(
        !json!(lines)
            .to_string()
            .contains(made["secret"].as_str().unwrap()),
        "no secret is told"
    );
}

#[tokio::test]
async fn people_are_named_whoever_they_are_and_whatever_they_do() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let team = json!({ "teamId": "crew", "name": "Crew" });
    ada.post("/v1/teams").json(&team).ok(201).await;
    let blocked = json!({ "status": false });
    dock.key()
        .patch("/v1/users/ada/status")
        .json(&blocked)
        .ok(200)
        .await;

    let lines = lines(&dock, "?kind=people").await;

    let whats: Vec<_> = lines.iter().map(what).collect();
    assert_eq!(whats[0], "users.update.status");
    assert_eq!(
        (&lines[0]["user"]["name"], &lines[0]["on"]),
        (&json!("ada"), &json!(false))
    );
    let made = lines.iter().find(|line| what(line) == "teams.create").unwrap();
    assert_eq!(
        (&made["who"]["user"]["name"], &made["team"]["name"]),
        (&json!("ada"), &json!("Crew"))
    );
    let signed_in = lines
        .iter()
        .find(|line| what(line) == "account.sessions.create")
        .unwrap();
    assert_eq!(signed_in["user"], json!({ "id": "ada", "name": "ada" }));
}

#[tokio::test]
async fn a_kind_narrows_it_and_what_was_emitted_by_hand_is_of_its_own_kind() {
    let dock = Dock::start().await;
    lived_in(&dock).await;
    let by_hand = json!({ "name": "users.create", "payload": "{\"name\":\"nobody\"}" });
    let emitted = dock
        .owner()
        .post("/console/api/projects/default/events")
        .json(&by_hand)
        .send_unchecked()
        .await;
    emitted.expect_status(201);

    for (kind, expected) in [
        ("executions", vec!["functions.executions.create"]),
        ("code", vec!["functions.tags.update", "functions.tags.create"]),
        ("functions", vec!["functions.create"]),
        ("people", vec![]),
        ("project", vec![]),
        ("events", vec!["users.create"]),
        ("schedules", vec![]),
        ("webhooks", vec![]),
    ] {
        assert_eq!(told(&dock, &format!("?kind={kind}")).await, expected, "{kind}");
    }
    let all = lines(&dock, "").await;
    assert_eq!(
        (&all[0]["byHand"], &all[0]["kind"], &all[0]["user"]),
        (&json!(true), &json!("events"), &Value::Null),
        "nobody was made: {}",
        all[0]
    );
}

#[tokio::test]
async fn pages_follow_each_other_without_a_gap_or_a_double() {
    let dock = Dock::start().await;
    let function = lived_in(&dock).await;
    for number in 0..7 {
        dock.key().run(&function, "").await;
        let network = if number % 2 == 0 { "none" } else { "full" };
        dock.another_console()
            .await
            .set_network(&function.id, network)
            .await;
    }
    let whole = page(&dock, "?limit=100").await;
    assert_eq!(whole["next"], Value::Null);
    let ids = |page: &Value| -> Vec<String> {
        let lines = page["lines"].as_array().unwrap();
        lines
            .iter()
            .map(|line| line["id"].as_str().unwrap().to_owned())
            .collect()
    };

    let (mut seen, mut query) = (Vec::new(), "?limit=3".to_owned());
    loop {
        let next = page(&dock, &query).await;
        seen.extend(ids(&next));
        // What comes meanwhile is on top, and moves nothing.
        dock.key().run(&function, "").await;
        let Some(after) = next["next"].as_str() else { break };
        query = format!("?limit=3&after={after}");
    }

    assert_eq!(seen, ids(&whole));
    assert!(seen.len() >= 18, "{seen:?}");
}

#[tokio::test]
async fn it_is_of_one_project_and_of_nobody_but_the_owner() {
    let dock = Dock::start().await;
    lived_in(&dock).await;
    dock.project("other").await;
    let path = ACTIVITY.replace("default", "other");
    let answer = dock.owner().get(&path).send_unchecked().await;
    answer.expect_status(200);
    assert_eq!(answer.json()["lines"], json!([]), "{answer}");

    for actor in [dock.key(), dock.guest(), dock.stranger()] {
        actor.get(ACTIVITY).send_unchecked().await.expect_status(401);
    }
    for (query, words) in [
        ("?kind=weather", "executions, code"),
        ("?after=yesterday", "next"),
        ("?limit=101", "limit"),
    ] {
        let refused = dock
            .owner()
            .get(&format!("{ACTIVITY}{query}"))
            .send_unchecked()
            .await;
        refused.expect_status(400);
        assert!(refused.message().contains(words), "{refused}");
    }
    let nowhere = format!("/console/api/projects/{NOBODY}/activity");
    dock.owner()
        .get(&nowhere)
        .send_unchecked()
        .await
        .expect_status(404);
}

#[tokio::test]
async fn a_function_that_is_gone_is_still_told_of_and_its_executions_are_said_to_be_gone() {
    let dock = Dock::start().await;
    let function = lived_in(&dock).await;
    let answer = dock.key().delete(&function.path()).send().await;
    answer.expect_status(204);

    let lines = lines(&dock, "").await;

    assert_eq!(what(&lines[0]), "functions.delete");
    assert_eq!(lines[0]["function"]["name"], "Greeter");
    let run = &lines[1];
    assert_eq!(what(run), "functions.executions.create");
    assert_eq!(run["execution"], Value::Null);
    assert!(run["executionId"].is_string());
}
