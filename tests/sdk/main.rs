//! The real clients of Appwrite 0.12 do the main job: create, createTag, updateTag, createExecution, poll
//! until it is completed, read stdout; listRuntimes; search and cursors; delete.
//!
//! The scripts print what they saw, the tests here judge it. `scripts/setup` installs the clients.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

mod chain;
mod events;
mod people;
mod realtime;

use std::path::Path;
use std::process::Command;

use drydock_tests::{Dock, Draft, archive, repository, run, tests_folder};
use insta::{allow_duplicates, assert_json_snapshot};
use serde_json::{Value, json};

/// A script of this folder, told where the server is.
async fn script(dock: &Dock, program: &Path, file: &str) -> Value {
    script_with(dock, program, file, &[]).await
}

/// A script of this folder, told more than where the server is.
async fn script_with(dock: &Dock, program: &Path, file: &str, env: &[(&str, &str)]) -> Value {
    assert!(
        program.exists() || !program.is_absolute(),
        "{}: run scripts/setup",
        program.display()
    );
    let code = dock.folder().beside("hello.tar.gz");
    std::fs::write(&code, archive::fixture("node-hello")).unwrap();
    let mut command = Command::new(program);
    command
        .arg(tests_folder().join("sdk").join(file))
        .env("DRYDOCK_ENDPOINT", dock.ready("endpoint"))
        .env("DRYDOCK_PROJECT", dock.ready("project"))
        .env("DRYDOCK_KEY", dock.ready("key"))
        .env("DRYDOCK_ARCHIVE", code)
        .env("DRYDOCK_FUNCTION", "hello")
        .envs(env.iter().copied())
        // A proxy of the developer's must not stand between a client and loopback.
        .env("no_proxy", "*");
    run(&mut command).await.expect_code(0).json()
}

fn judge(seen: &Value, id: &str) {
    let size_bytes = archive::fixture("node-hello").len();
    assert_eq!(seen["tag"]["size"], size_bytes, "{seen:#}");
    assert_eq!(seen["created"]["$id"], id);
    // Both clients see the same: one snapshot for the two tests.
    allow_duplicates! { assert_json_snapshot!(seen, {
        ".created.dateCreated" => "[unix]", ".created.dateUpdated" => "[unix]", ".created[\"$id\"]" => "[id]",
        ".tag[\"$id\"]" => "[id]", ".tag.dateCreated" => "[unix]", ".tag.functionId" => "[id]", ".tag.size" => "[bytes]",
        ".finished[\"$id\"]" => "[id]", ".finished.dateCreated" => "[unix]", ".finished.functionId" => "[id]",
        ".finished.time" => "[secs]", ".badLimit.message" => "[rule]",
        ".firstPage[0]" => "[id]", ".descending[3]" => "[id]",
    }, @r#"
    {
      "afterCursor": [
        "two",
        "three"
      ],
      "answeredAs": "waiting",
      "badLimit": {
        "code": 400,
        "message": "[rule]"
      },
      "beforeCursor": [
        "two"
      ],
      "created": {
        "$id": "[id]",
        "dateCreated": "[unix]",
        "dateUpdated": "[unix]",
        "events": [
          "account.create"
        ],
        "execute": [
          "role:all"
        ],
        "name": "From the SDK",
        "runtime": "node-16.0",
        "schedule": "",
        "scheduleNext": 0,
        "schedulePrevious": 0,
        "status": "disabled",
        "tag": "",
        "timeout": 30,
        "vars": {
          "GREETING": "Ahoj",
          "NUMBER": "7"
        }
      },
      "deleted": "",
      "descending": [
        "three",
        "two",
        "one",
        "[id]"
      ],
      "executions": true,
      "finished": {
        "$id": "[id]",
        "$read": [],
        "dateCreated": "[unix]",
        "exitCode": 0,
        "functionId": "[id]",
        "status": "completed",
        "stderr": "",
        "stdout": "Hello, the SDK\n",
        "time": "[secs]",
        "trigger": "http"
      },
      "firstPage": [
        "[id]",
        "one"
      ],
      "found": [
        "two"
      ],
      "foundByRuntime": [
        "one",
        "two",
        "three"
      ],
      "guest": {
        "code": 401,
        "message": "User (role: guest) missing scope (functions.read)"
      },
      "inUse": {
        "code": 409,
        "message": "Function with the requested ID already exists"
      },
      "left": 0,
      "runtimes": true,
      "tag": {
        "$id": "[id]",
        "command": "node index.js",
        "dateCreated": "[unix]",
        "functionId": "[id]",
        "size": "[bytes]"
      },
      "tagAfterDelete": "",
      "tagIsActive": true,
      "tagIsReadable": true,
      "tags": 1,
      "unknown": {
        "code": 404,
        "message": "Function not found"
      },
      "updated": [
        "Renamed",
        [
          "user:ada"
        ],
        {},
        "@hourly",
        60
      ]
    }
    "#) }
}

#[tokio::test]
async fn node_appwrite_4_0_2_does_the_main_job() {
    let dock = Dock::start().await;

    let seen = script(&dock, Path::new("node"), "node/main_job.cjs").await;

    judge(&seen, "sdk-node");
}

#[tokio::test]
async fn appwrite_0_6_0_of_pypi_does_the_main_job() {
    let dock = Dock::start().await;
    let python = repository().join("target/venv/bin/python");

    let seen = script(&dock, &python, "python/main_job.py").await;

    judge(&seen, "sdk-python");
}

#[tokio::test]
async fn an_sdk_that_changes_a_function_neither_sees_nor_changes_its_network() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    dock.key()
        .create_function_of(json!({ "functionId": "hello", "name": "Hello", "runtime": "node-20.0" }))
        .await;
    console.set_network("hello", "none").await;

    let seen = script(&dock, Path::new("node"), "node/update_function.cjs").await;

    for answer in [&seen["updated"], &seen["read"]] {
        assert_eq!(
            (&answer["name"], &answer["network"]),
            (&json!("Renamed"), &Value::Null),
            "{seen}"
        );
    }
    let row = console.get("/projects/default/functions/hello").await;
    assert_eq!(
        (&row["name"], &row["network"]),
        (&json!("Renamed"), &json!("none"))
    );
}

#[tokio::test]
async fn the_browser_sdk_on_another_port_reads_why_it_is_refused() {
    let dock = Dock::start().await;
    dock.key()
        .deploy(Draft::new("node-20.0", "node-hello", "node index.js").set("functionId", "hello"))
        .await;

    let seen = script(&dock, Path::new("node"), "browser/web_sdk.mjs").await;

    let missing = |scope: &str| json!({ "code": 401, "message": format!("User (role: guest) missing scope ({scope})") });
    assert_eq!(
        seen,
        json!({ "execute": missing("execution.write"), "list": missing("execution.read") })
    );
}
