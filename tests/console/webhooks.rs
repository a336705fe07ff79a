//! Webhooks as a person makes, watches, mends and deletes them.

use std::process::Command;

use drydock_tests::{Databases, Dock, Received, Receiver, Reply, run, until};
use serde_json::{Value, json};

use crate::{NOBODY, scenario, scenario_with_refusals};

/// Whether the lines that the console shows take that request for genuine.
async fn is_genuine(snippet: &str, key: &str, request: &Received) -> Value {
    let script = format!(
        "const request = {{ headers: {{ 'x-appwrite-webhook-signature': {} }} }};\n\
         const body = Buffer.from({});\n{snippet}\nconsole.log(JSON.stringify(isGenuine));",
        json!(request.headers["x-appwrite-webhook-signature"]),
        json!(request.body),
    );
    let mut node = Command::new("node");
    node.args(["-e", &script]).env("WEBHOOK_KEY", key);
    run(&mut node).await.expect_code(0).json()
}

#[tokio::test]
async fn a_webhook_is_made_watched_mended_sent_again_and_deleted() {
    for color_scheme in ["light", "dark"] {
        let dock = Dock::start().await;
        let good = Receiver::start().await;
        let broken = Receiver::start().await;
        broken.answers(Reply::Status(500, "the mailer is out of paper".to_owned()));
        let url = good.url("/hook?a=b");

        let env = [
            ("COLOR_SCHEME", color_scheme),
            ("GOOD_URL", url.as_str()),
            ("BROKEN_URL", &broken.url("/")),
        ];
        let seen = scenario_with_refusals(&dock, "webhooks", None, &env).await;

        for refusal in seen["refusals"].as_array().unwrap() {
            // That of the page of what was deleted, at the end.
            let gone = refusal.as_str().unwrap();
            assert!(
                refusal == NOBODY || gone.starts_with("404 ") && gone.ends_with("/deliveries"),
                "{refusal}"
            );
        }

        assert_eq!(
            (&seen["begun"], &seen["nonsense"]),
            (&json!("false"), &json!(["true", false])),
            "what may still become an address is not called wrong"
        );
        assert!(
            seen["unchecked"].as_str().unwrap().contains("Any certificate"),
            "{seen}"
        );
        assert_eq!(seen["command"], "drydock events emit users.create");
        assert!(
            seen["delivered"].as_str().unwrap().contains("Answered 200"),
            "{seen}"
        );
        assert_eq!(
            (&seen["payload"]["$id"], &seen["again"]),
            (&json!("ada"), &json!("bob"))
        );
        assert!(
            seen["eventAddress"].as_str().unwrap().starts_with("/events/"),
            "{seen}"
        );
        let failed = seen["failedTry"].as_str().unwrap();
        for part in ["1 of 5", "500", "the mailer is out of paper"] {
            assert!(failed.contains(part), "{part} is not in: {failed}");
        }
        assert!(
            seen["waitingState"].as_str().unwrap().starts_with("waiting, try"),
            "{seen}"
        );
        assert_eq!(
            (&seen["keyIsShown"], &seen["keyStays"]),
            (&json!(true), &json!(false))
        );
        assert_eq!(
            (&seen["eventsAtFirst"], &seen["address"]),
            (&json!(false), &json!("/webhooks"))
        );
        assert!(seen["row"].as_str().unwrap().contains("delivered"), "{seen}");
        for name in ["Mailer", url.as_str(), "signature key"] {
            assert!(seen["question"].as_str().unwrap().contains(name), "{seen}");
        }

        // What the receiver got: signed as the console says, and after two edits with the password that was typed once.
        let key = seen["key"].as_str().unwrap();
        let received = good.received();
        for request in &received {
            assert!(request.is_signed(&url, key));
            // ada:by the way
            assert_eq!(request.headers["authorization"], "Basic YWRhOmJ5IHRoZSB3YXk=");
        }
        assert_eq!(seen["passwordPlaceholder"], "stays as it is");
        let snippet = seen["snippet"].as_str().unwrap();
        let mut first = received[0].clone();
        assert_eq!(is_genuine(snippet, key, &first).await, true);
        first.body.push(' ');
        assert_eq!(is_genuine(snippet, key, &first).await, false);
    }
}

/// Makes a webhook; answers the console's path to it.
async fn make(dock: &Dock, name: &str, events: &[&str], url: &str) -> String {
    let body = json!({ "name": name, "events": events, "url": url, "security": true });
    let made = dock
        .console_owner()
        .post(&dock.home().path("webhooks"))
        .json(&body)
        .ok(201)
        .await;
    format!(
        "/console/api/projects/default/webhooks/{}",
        made["$id"].as_str().unwrap()
    )
}

#[tokio::test]
async fn many_deliveries_have_pages_and_what_was_not_tried_says_why() {
    let dock = Dock::start().await;
    let receiver = Receiver::start().await;
    let busy = make(&dock, "Busy", &["users.create"], &receiver.url("/")).await;
    make(&dock, "Quiet", &["teams.create"], &receiver.url("/")).await;
    make(&dock, "Idle", &[], &receiver.url("/")).await;
    let user = json!({ "userId": "ada", "email": "ada@example.com", "password": "12345678" });
    dock.key().post("/v1/users").json(&user).ok(201).await;
    until("it was delivered", async || {
        let list = dock
            .owner()
            .get(&format!("{busy}/deliveries"))
            .send_unchecked()
            .await;
        (list.json()["deliveries"][0]["status"] == "delivered").then_some(())
    })
    .await;
    let folder = dock.crash();
    // Thirty that found too many waiting, as they would stand there; of the newest the event is gone.
    Databases::change(
        &folder.data(),
        "with recursive n (i) as (select 1 union all select i + 1 from n where i < 30) \
         insert into deliveries (project_id, id, webhook_id, event_id, event_name, created_at_ms, status, attempts, \
         next_at_ms) select project_id, 'x' || i, webhook_id, iif(i = 30, 'gone', event_id), event_name, \
         created_at_ms, 'failed', '[]', null from deliveries, n",
    );
    let dock = Dock::launch().on(&folder).start().await;

    let seen = scenario(&dock, "webhooks_many", None, &[]).await;

    assert!(
        seen["firstPage"].as_str().unwrap().starts_with("1–25 of 31"),
        "{seen}"
    );
    assert_eq!(
        [&seen["pageAddress"], &seen["searchAddress"]],
        ["?offset=25", "?search=delivered"]
    );
    assert_eq!(seen["found"], 1);
    for part in ["not tried", "2,000", "not kept any more"] {
        assert!(seen["notTried"].as_str().unwrap().contains(part), "{seen}");
    }
    assert_eq!(
        [&seen["canSendWhatIsGone"], &seen["canSend"]],
        [&json!(false), &json!(true)]
    );
}
