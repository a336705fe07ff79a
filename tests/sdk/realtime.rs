//! Realtime by the browser SDK: its own WebSocket client, in a real browser.

use std::path::Path;

use drydock_tests::{Dock, Draft};
use serde_json::{Value, json};

use crate::script_with;

/// What two pages are told whose server is called by that host.
async fn told(host: &str) -> Value {
    let dock = Dock::start().await;
    let draft = Draft::new("node-20.0", "node-hello", "node index.js")
        .set("functionId", "hello")
        .set("execute", json!(["role:member"]));
    dock.key().deploy(draft).await;
    let mut people = Vec::new();
    for name in ["ada", "bob"] {
        let person = dock.sign_up(name).await;
        people.push(json!({ "name": name, "email": person.email, "password": person.password }));
    }
    let people = Value::from(people).to_string();
    let endpoint = dock.ready("endpoint").replace("127.0.0.1", host);
    let env = [("PEOPLE", people.as_str()), ("DRYDOCK_ENDPOINT", &endpoint)];
    script_with(&dock, Path::new("node"), "browser/realtime.mjs", &env).await
}

fn judge(seen: &Value, signed_in_by: &str) {
    for name in ["ada", "bob"] {
        let event = |event: &str, status: &str, stdout: &str| {
            json!({
                "event": format!("functions.executions.{event}"), "channels": 3, "id": "their own",
                "status": status, "stdout": stdout,
            })
        };
        let both = json!([
            event("create", "waiting", ""),
            event("update", "completed", &format!("Hello, {name}\n"))
        ]);
        assert_eq!(
            seen[name],
            json!({ "signedInBy": signed_in_by, "executions": both, "function": both }),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_page_signed_in_by_cookie_hears_of_its_own_executions_alone() {
    judge(&told("localhost").await, "connected");
}

#[tokio::test]
async fn a_page_whose_browser_sends_no_cookie_signs_in_by_a_message() {
    // To a browser, localhost and 127.0.0.1 are two sites.
    judge(&told("127.0.0.1").await, "response");
}
