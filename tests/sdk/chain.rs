//! What a function does through the API is its doing: one that does what it listens to comes to an end, and says why.
//! On Linux, where it can be known.
#![cfg(target_os = "linux")]

use std::path::Path;

use drydock_tests::archive::Archive;
use drydock_tests::{Deployed, Dock, Draft, Person, tests_folder, until};
use serde_json::{Value, json};

/// How many executions follow one another: the first is started by an event that nothing led to, and 16 may lead to one.
const MOST: u64 = 17;

/// The function of `node/deed.cjs` with its SDK.
fn code() -> Vec<u8> {
    let sdk = tests_folder().join("sdk");
    let main = std::fs::read(sdk.join("node/deed.cjs")).unwrap();
    let archive = Archive::new().file("main.cjs", &main);
    with_folder(archive, &sdk.join("node_modules"), "node_modules").gzipped()
}

/// Adds the code in a folder, without what is for browsers and other interpreters alone.
fn with_folder(mut archive: Archive, folder: &Path, name: &str) -> Archive {
    const LEFT_OUT: [&str; 5] = ["@oven", "bun", "playwright-core", "appwrite", "test"];
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let file = entry.file_name().into_string().unwrap();
        let (path, inside) = (entry.path(), format!("{name}/{file}"));
        if path.is_dir() && !LEFT_OUT.contains(&file.as_str()) && !file.starts_with('.') {
            archive = with_folder(archive, &path, &inside);
        } else if [".js", ".cjs", ".mjs", ".json"]
            .iter()
            .any(|end| file.ends_with(end))
            && inside.len() < 100
        {
            archive = archive.file(&inside, &std::fs::read(&path).unwrap());
        }
    }
    archive
}

/// A function that listens, and does something by the SDK with the project's key.
async fn doer(dock: &Dock, id: &str, listens: &str, does: &str, target: &str) -> Deployed {
    let draft = Draft::with_code("node-20.0", code(), "node main.cjs")
        .set("functionId", id)
        .set("events", vec![listens])
        .set("timeout", 60)
        .var("ENDPOINT", dock.ready("endpoint"))
        .var("KEY", dock.ready("key"))
        .var("DOES", does)
        .var("TARGET", target);
    dock.key().deploy(draft).await
}

async fn console(dock: &Dock, path: &str) -> Value {
    let answer = dock
        .owner()
        .get(&format!("/console/api{path}"))
        .send_unchecked()
        .await;
    answer.expect_status(200);
    answer.json()
}

/// The project's events of one name, oldest first.
async fn events(dock: &Dock, name: &str) -> Vec<Value> {
    let list = console(dock, &format!("/projects/default/events?limit=100&name={name}")).await;
    list["events"].as_array().unwrap().clone()
}

/// A function's executions, newest first.
async fn executions(dock: &Dock, function: &str) -> Vec<Value> {
    let path = format!("/projects/default/functions/{function}/executions?limit=100");
    console(dock, &path).await["executions"]
        .as_array()
        .unwrap()
        .clone()
}

/// Waits until nothing waits and nothing runs, and an event was cut.
async fn comes_to_an_end(dock: &Dock, functions: &[&str], name: &str) -> Value {
    until("the chain is cut", async || {
        for function in functions {
            let runs = executions(dock, function).await;
            assert!(runs.iter().all(|run| run["status"] != "failed"), "{runs:#?}");
        }
        let status = console(dock, "/status").await;
        let is_idle = status["waitingExecutions"] == 0 && status["runningExecutions"] == 0;
        let cut = events(dock, name)
            .await
            .into_iter()
            .find(|event| event["cut"] == true);
        cut.filter(|_| is_idle)
    })
    .await
}

async fn create_user(dock: &Dock, id: &str) {
    let body =
        json!({ "userId": id, "email": format!("{id}@example.com"), "password": "a password", "name": "" });
    dock.key().post("/v1/users").json(&body).ok(201).await;
}

#[tokio::test]
async fn a_function_that_creates_users_when_a_user_is_created_comes_to_an_end() {
    let dock = Dock::start().await;
    doer(&dock, "feeds", "users.create", "user", "").await;
    create_user(&dock, "first").await;

    let cut = comes_to_an_end(&dock, &["feeds"], "users.create").await;

    let runs = executions(&dock, "feeds").await;
    assert_eq!(runs.len() as u64, MOST);
    let all = events(&dock, "users.create").await;
    assert_eq!(all.len() as u64, MOST + 1);
    // Each but the first was done by the execution that the one before had started.
    assert_eq!(all[0]["by"], Value::Null);
    for pair in all.windows(2) {
        assert_eq!(pair[1]["by"], pair[0]["started"][0]["executionId"], "{pair:#?}");
    }
    assert_eq!(cut["id"], all[all.len() - 1]["id"]);
    assert_eq!((&cut["handled"], &cut["started"]), (&true.into(), &json!([])));
    let why = cut["cutBecause"].as_str().unwrap();
    assert!(
        why.starts_with("17 executions in a row") && why.contains("(functions: feeds)"),
        "{why}"
    );
    let log = dock.log();
    assert!(
        log.contains("an event starts nothing, since its functions feed each other") && log.contains(why),
        "{log}"
    );
}

#[tokio::test]
async fn two_functions_that_feed_each_other_come_to_an_end() {
    let dock = Dock::start().await;
    doer(&dock, "makes-teams", "users.create", "team", "").await;
    doer(&dock, "makes-users", "teams.create", "user", "").await;
    create_user(&dock, "first").await;

    // The 17th is one that makes teams.
    let cut = comes_to_an_end(&dock, &["makes-teams", "makes-users"], "teams.create").await;

    let why = cut["cutBecause"].as_str().unwrap();
    assert!(why.contains("(functions: makes-teams, makes-users)"), "{why}");
    let counts = [
        executions(&dock, "makes-teams").await.len(),
        executions(&dock, "makes-users").await.len(),
    ];
    assert_eq!(counts, [9, 8]);
}

#[tokio::test]
async fn a_function_that_executes_another_whenever_one_has_ended_does_not_run_away() {
    let dock = Dock::start().await;
    dock.key()
        .deploy(Draft::shell("true").set("functionId", "called"))
        .await;
    let outside = dock
        .key()
        .deploy(Draft::shell("true").set("functionId", "outside"))
        .await;
    doer(&dock, "calls", "functions.executions.update", "execute", "called").await;
    // Each calls the other by name, whenever any has ended.
    doer(
        &dock,
        "calls-the-caller",
        "functions.executions.update",
        "execute",
        "calls",
    )
    .await;

    dock.key().run(&outside, "").await;

    // The one from outside starts both; what they call starts the one of them that did not lead to it, and that is all: five
    // executions of the one that calls, each with one of what it calls, and three of the one that calls it.
    let counts = until("all that follows has ended", async || {
        let status = console(&dock, "/status").await;
        let is_idle = status["waitingExecutions"] == 0 && status["runningExecutions"] == 0;
        let mut counts = Vec::new();
        for function in ["calls", "called", "calls-the-caller"] {
            counts.push(executions(&dock, function).await.len());
        }
        let ended = events(&dock, "functions.executions.update").await;
        let is_over = ended.len() == counts.iter().sum::<usize>() + 1
            && ended.iter().all(|event| event["handled"] == true);
        (is_idle && is_over).then_some(counts)
    })
    .await;
    assert_eq!(counts, [5, 5, 3]);
    let (called, calls) = (
        executions(&dock, "called").await,
        executions(&dock, "calls").await,
    );
    // Who called is known.
    let callers: Vec<_> = calls.iter().map(|run| &run["id"]).collect();
    assert!(
        called
            .iter()
            .all(|run| callers.contains(&&run["by"]) && run["trigger"] == "http"),
        "{called:#?}"
    );
    assert_eq!(executions(&dock, "outside").await[0]["by"], Value::Null);
}

#[tokio::test]
async fn what_others_do_while_functions_run_is_not_theirs() {
    let dock = Dock::start().await;
    let witness = drydock_tests::Witness::listen().await;
    let held = Draft::new("node-20.0", "node-witness", "node index.js").var("WITNESS_PORT", &witness.port());
    let held = dock.key().deploy(held).await;
    dock.key()
        .deploy(
            Draft::shell("true")
                .set("functionId", "listens")
                .set("events", vec!["users.create"]),
        )
        .await;
    let execution = dock.key().execute(&held, "held").await;
    until("it runs", async || {
        (dock.key().execution(&held, &execution).await["status"] == "processing").then_some(())
    })
    .await;

    for number in 0..20 {
        create_user(&dock, &format!("u{number}")).await;
    }

    witness.open();
    let all = events(&dock, "users.create").await;
    assert_eq!(all.len(), 20);
    assert!(
        all.iter()
            .all(|event| event["by"].is_null() && event["cut"] == false),
        "{all:#?}"
    );
    until("each has started what listens", async || {
        let runs = executions(&dock, "listens").await;
        (runs.iter().filter(|run| run["status"] == "completed").count() == 20).then_some(())
    })
    .await;
}

/// A token that was given to an execution says so on any connection, as through a proxy, for as long as it runs.
#[tokio::test]
async fn what_is_done_with_the_token_of_an_execution_is_its_doing_while_it_runs() {
    let dock = Dock::start().await;
    let ada: Person = dock.sign_up("ada").await;
    let shell =
        "echo \"$APPWRITE_FUNCTION_JWT\"; until [ -n \"$(cat released 2>/dev/null)\" ]; do sleep 0.05; done";
    let draft = Draft::shell(shell)
        .set("functionId", "holds")
        .set("execute", json!(["role:member"]))
        .set("timeout", 60);
    let holds = dock.key().deploy(draft).await;
    let execution = ada
        .post(&format!("{}/executions", holds.path()))
        .json(&json!({}))
        .ok(201)
        .await;
    let id = execution["$id"].as_str().unwrap().to_owned();
    let token = until("it has said its token", async || {
        let log = console(&dock, &format!("/projects/default/executions/{id}/log")).await;
        let text = log["frames"][0]["text"].as_str()?.trim().to_owned();
        (!text.is_empty()).then_some(text)
    })
    .await;
    let bearer = dock.guest().header("X-Appwrite-JWT", &token);
    let create = async |team: &str| {
        bearer
            .post("/v1/teams")
            .json(&json!({ "teamId": team, "name": "T" }))
            .ok(201)
            .await;
    };

    create("meanwhile").await;
    let cancel = format!("/console/api/projects/default/executions/{id}/cancel");
    dock.owner()
        .post(&cancel)
        .send_unchecked()
        .await
        .expect_status(200);
    dock.key().finished(&holds, &id).await;
    create("afterwards").await;

    let all = events(&dock, "teams.create").await;
    assert_eq!(
        (&all[0]["by"], &all[1]["by"]),
        (&json!(id), &Value::Null),
        "{all:#?}"
    );
}
