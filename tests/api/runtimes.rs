//! Contract §5: the list of runtimes.

use drydock_tests::{Dock, tests_folder};
use serde_json::{Value, json};

use crate::missing;

/// The machine's processor, as the list names it; `None` where the list knows none.
fn architecture() -> Option<&'static str> {
    match std::env::consts::ARCH {
        "x86_64" => Some("x86"),
        "aarch64" => Some("arm"),
        "powerpc64" => Some("ppc"),
        _ => None,
    }
}

/// What people have installed today, beyond the published list.
const TODAY: &[&str] = &[
    "node-18.0",
    "node-20.0",
    "node-22.0",
    "python-3.11",
    "python-3.12",
    "python-3.13",
    "php-8.2",
    "php-8.3",
    "ruby-3.1",
    "ruby-3.2",
    "ruby-3.3",
    "deno-1.40",
    "deno-2.0",
    "bun-1.0",
    "bun-1.1",
    "dart-3.0",
    "go-1.23",
    "java-21.0",
    "dotnet-8.0",
];

#[tokio::test]
async fn the_published_runtimes_of_this_machine_come_first_then_those_of_today() {
    let dock = Dock::start().await;
    let file = tests_folder().join("fixtures/contract/runtimes-0.12.json");
    let published: Vec<Value> = serde_json::from_slice(&std::fs::read(file).unwrap()).unwrap();
    let here = |runtime: &Value| {
        let supports = runtime["supports"].as_array().unwrap();
        architecture().is_none_or(|name| supports.contains(&json!(name)))
    };
    let published: Vec<_> = published.into_iter().filter(here).collect();

    let list = dock.key().get("/v1/functions/runtimes").ok(200).await;

    let runtimes = list["runtimes"].as_array().unwrap();
    assert_eq!(list["sum"], runtimes.len());
    assert_eq!(runtimes[..published.len()], published);
    for id in TODAY {
        assert!(
            runtimes[published.len()..]
                .iter()
                .any(|runtime| runtime["$id"] == *id),
            "{id} is not listed"
        );
    }
}

#[tokio::test]
async fn a_function_can_be_made_for_every_runtime_of_the_list() {
    let dock = Dock::start().await;
    let list = dock.key().get("/v1/functions/runtimes").ok(200).await;
    for runtime in list["runtimes"].as_array().unwrap() {
        let body = json!({ "functionId": "unique()", "name": "n", "runtime": runtime["$id"] });
        let function = dock.key().post("/v1/functions").json(&body).ok(201).await;
        assert_eq!(function["runtime"], runtime["$id"]);
    }
}

#[tokio::test]
async fn the_list_of_runtimes_without_scope_is_401() {
    let dock = Dock::start().await;

    let message = dock.guest().get("/v1/functions/runtimes").refused(401).await;

    assert_eq!(message, missing("functions.read"));
}
