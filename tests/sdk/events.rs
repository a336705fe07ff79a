//! Events by the browser SDK: what a page does runs the functions that listen.

use std::path::Path;

use drydock_tests::{Dock, Draft, until};
use serde_json::{Value, json};

use crate::script;

/// Prints what a function is told of its event.
const TELL: &str = "const { APPWRITE_FUNCTION_TRIGGER: trigger, APPWRITE_FUNCTION_EVENT: event, APPWRITE_FUNCTION_USER_ID: user,
  APPWRITE_FUNCTION_JWT: jwt, APPWRITE_FUNCTION_EVENT_DATA: data } = process.env;
console.log(JSON.stringify({ trigger, event, user, jwt, data: JSON.parse(data) }));";

#[tokio::test]
async fn an_account_that_a_page_makes_runs_the_function_that_listens_with_what_the_page_was_answered() {
    let dock = Dock::start().await;
    let code = drydock_tests::archive::one_file("index.js", TELL);
    let draft = |id: &str, event: &str| {
        Draft::with_code("node-20.0", code.clone(), "node index.js")
            .set("functionId", id)
            .set("events", vec![event])
    };
    let welcomes = dock.key().deploy(draft("welcomes", "account.create")).await;
    let other = dock.key().deploy(draft("other", "account.delete")).await;

    let account = script(&dock, Path::new("node"), "browser/sign_up.mjs").await;

    let executions = async |path: &str| {
        dock.key().get(&format!("{path}/executions")).ok(200).await["executions"]
            .as_array()
            .unwrap()
            .clone()
    };
    let run = until("the function that listens has run", async || {
        executions(&welcomes.path())
            .await
            .into_iter()
            .find(|run| run["status"] == "completed")
    })
    .await;
    let told: Value = serde_json::from_str(run["stdout"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&account["email"], &account["name"]),
        (&json!("ada@example.com"), &json!("Ada"))
    );
    // A guest did it, in whose name the account is.
    let expected = json!({
        "trigger": "event", "event": "account.create", "user": account["$id"], "jwt": "", "data": account,
    });
    assert_eq!(told, expected);
    assert_eq!(run["$read"], json!([]));
    assert_eq!(
        (
            executions(&welcomes.path()).await.len(),
            executions(&other.path()).await.len()
        ),
        (1, 0)
    );
}
