//! The console in a real browser (Chromium by playwright-core): its door, the Execute panel, a long log, and each job
//! at its other pages; and the console's own API by raw HTTP, where a browser could not show the refusals.
//!
//! The scenarios print what they saw, the tests here judge it. Pictures go to target/screenshots/.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod activity;
mod api;
mod beginning;
mod code;
mod contract;
mod executing;
mod jobs;
mod look;
mod payloads;
mod replay;
mod triggers;
mod usage;
mod webhooks;

use std::process::Command;

use drydock_tests::{Deployed, Dock, Draft, archive, binary, repository, run, tests_folder};
use serde_json::{Value, json};

/// Prints in three steps with something in between, so that a run can be seen while it is one.
const SLOW: &str = "console.log('begun'); const data = process.env.APPWRITE_FUNCTION_DATA; setTimeout(() => {\
     console.log('data is ' + data); console.error('a warning'); process.exit(data === 'fail' ? 3 : 0); }, 700);";

/// What the browser writes into its log when nobody is in.
const NOBODY: &str = "401 /console/api/session";

/// A scenario for that server, told of that function; refused nothing but to come in.
async fn scenario(dock: &Dock, name: &str, function: Option<&Deployed>, env: &[(&str, &str)]) -> Value {
    let seen = scenario_with_refusals(dock, name, function, env).await;
    let refusals = seen["refusals"].as_array().unwrap();
    assert!(refusals.iter().all(|refusal| refusal == NOBODY), "{refusals:?}");
    seen
}

/// A scenario whose refusals, of which the browser writes a line each into its log, are still to be judged.
async fn scenario_with_refusals(
    dock: &Dock,
    name: &str,
    function: Option<&Deployed>,
    env: &[(&str, &str)],
) -> Value {
    let id = function.map_or("none", |function| &function.id);
    let env: Vec<_> = [("FUNCTION_ID", id)].iter().chain(env).copied().collect();
    let seen = scenario_script(dock, name, &env).await;
    assert_eq!(seen["complaints"], json!([]), "the page complains of nothing");
    assert_eq!(seen["foreignRequests"], json!([]), "the page asks no other host");
    seen
}

/// What the script of a scenario prints.
async fn scenario_script(dock: &Dock, name: &str, env: &[(&str, &str)]) -> Value {
    let code = dock.folder().beside("hello.tar.gz");
    std::fs::write(&code, archive::fixture("node-hello")).unwrap();
    let mut command = Command::new("node");
    command
        .arg(tests_folder().join(format!("console/scenarios/{name}.mjs")))
        .env("DRYDOCK_BIN", binary())
        .env("CONSOLE_LINK", dock.ready("console"))
        .env("DRYDOCK_ENDPOINT", dock.ready("endpoint"))
        .env("DRYDOCK_KEY", dock.ready("key"))
        .env("SCREENSHOTS", repository().join("target/screenshots"))
        .env("ARCHIVE", code)
        .envs(env.iter().copied());
    run(&mut command).await.expect_code(0).json()
}

async fn slow_function(dock: &Dock) -> Deployed {
    let draft = Draft::with_code("node-20.0", archive::one_file("index.js", SLOW), "node index.js");
    dock.key()
        .deploy(
            draft
                .set("functionId", "slow-greeter")
                .set("name", "Slow greeter"),
        )
        .await
}

#[tokio::test]
async fn the_one_time_link_opens_the_door_once_and_no_stranger_comes_in() {
    let dock = Dock::start().await;

    let seen = scenario(&dock, "door", None, &[]).await;

    assert_eq!(
        (&seen["tokenInAddress"], &seen["openAfterReload"]),
        (&json!(false), &json!(true)),
        "{seen}"
    );
    assert_eq!(
        seen["cookies"],
        json!([["drydock_console_ID", true, "Strict"]]),
        "{seen}"
    );
    assert_eq!(
        (&seen["spentSeesFunctions"], &seen["noLinkSeesFunctions"]),
        (&json!(false), &json!(false)),
        "{seen}"
    );
    assert_ne!(seen["spent"], seen["noLink"], "a spent link is told from none");
}

#[tokio::test]
async fn execute_shows_stdout_as_it_comes_then_stderr_then_the_end() {
    for color_scheme in ["light", "dark"] {
        let dock = Dock::start().await;
        let function = slow_function(&dock).await;

        let seen = scenario(
            &dock,
            "execute",
            Some(&function),
            &[("COLOR_SCHEME", color_scheme)],
        )
        .await;

        assert!(
            seen["whileRunning"].as_str().unwrap().contains("processing"),
            "{seen}"
        );
        assert_eq!(seen["stdout"], json!(["begun", "data is {\"who\": \"browser\"}"]));
        assert_eq!(seen["stderr"], json!(["a warning"]));
        assert_eq!(seen["rows"], 3, "a heading and two executions");
    }
}

#[tokio::test]
async fn ten_thousand_lines_arrive_whole_in_the_browser() {
    let dock = Dock::start().await;
    let function = dock
        .key()
        .deploy(Draft::new("node-20.0", "node-lines", "node index.js"))
        .await;

    let seen = scenario(&dock, "lines", Some(&function), &[]).await;

    let told = ["distinct", "first", "last", "copiedLines"].map(|name| seen[name].as_i64().unwrap());
    assert_eq!(told, [10_000, 1, 10_000, 10_000]);
    assert!(
        seen["rowsInPage"].as_i64().unwrap() < 2_000,
        "only what is on the screen is in the page: {seen}"
    );
}

#[tokio::test]
async fn a_function_is_made_and_run_without_leaving_the_console() {
    let dock = Dock::start().await;

    let seen = scenario(&dock, "new_function", None, &[]).await;

    assert_eq!(
        (&seen["executed"], &seen["tags"]),
        (&json!(true), &json!(1)),
        "{seen}"
    );
    let function = dock.key().get("/v1/functions/made-here").ok(200).await;
    assert_eq!(function["name"], "Made here");
}

#[tokio::test]
async fn a_waiting_and_a_running_execution_are_cancelled_from_their_page() {
    let dock = Dock::launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "1")
        .start()
        .await;
    let draft = Draft::shell("echo begun; sleep 600")
        .set("functionId", "sleeper")
        .set("name", "Sleeper")
        .set("timeout", 900);
    let function = dock.key().deploy(draft).await;

    let seen = scenario(&dock, "cancel", Some(&function), &[]).await;

    assert_eq!(seen["focus"], "tab", "the focus goes on to the output: {seen}");
    let rows = seen["rows"].as_array().unwrap();
    assert!(
        rows.iter().all(|row| row.as_str().unwrap().contains("130")),
        "{seen}"
    );
}

#[tokio::test]
async fn what_others_do_shows_without_a_reload() {
    let dock = Dock::start().await;
    let function = slow_function(&dock).await;

    let seen = scenario(&dock, "live", Some(&function), &[]).await;

    assert_eq!(
        (&seen["newFunctionAppears"], &seen["newExecutionAppears"]),
        (&json!(true), &json!(true))
    );
}

#[tokio::test]
async fn an_execution_shows_its_times_and_what_it_used_and_can_be_pinned() {
    let dock = Dock::start().await;
    let function = slow_function(&dock).await;

    let seen = scenario(&dock, "record", Some(&function), &[]).await;

    let times: Vec<_> = seen["times"].as_str().unwrap().split(" · ").collect();
    for (part, name) in times.iter().zip(["queued", "started", "ran"]) {
        assert!(part.starts_with(name), "{seen}");
    }
    assert_eq!(times.len(), 3, "{seen}");
    assert!(
        seen["facts"]["Peak memory"].as_str().unwrap().ends_with("MB"),
        "{seen}"
    );
    assert!(seen["facts"]["CPU"].as_str().unwrap().ends_with('s'), "{seen}");
    let path = format!("/projects/default/functions/{}/executions", function.id);
    let list = dock.another_console().await.get(&path).await;
    assert_eq!(list["executions"][0]["pinned"], true, "{list}");
}
