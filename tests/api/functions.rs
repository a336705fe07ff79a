//! Contract §5: what becomes of a function: read, changed, given a tag, counted, deleted.

use drydock_tests::{Actor, Dock, Draft, tree, until};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::{NOBODY, missing};

fn body() -> Value {
    json!({ "functionId": "hello", "name": "Hello", "runtime": "node-20.0" })
}

async fn create(actor: &Actor, body: &Value) -> Value {
    actor.post("/v1/functions").json(body).ok(201).await
}

#[tokio::test]
async fn get_of_an_unknown_function_is_404_and_of_no_id_at_all_400() {
    let dock = Dock::start().await;

    assert_eq!(
        dock.key()
            .get(&format!("/v1/functions/{NOBODY}"))
            .refused(404)
            .await,
        "Function not found"
    );
    for path in [
        "/v1/functions/-no-id",
        "/v1/functions/a%2Fb",
        "/v1/functions/%C3%A9",
    ] {
        let message = dock.key().get(path).refused(400).await;
        assert!(message.starts_with("Invalid functionId: "), "{path}: {message}");
    }
    assert_eq!(
        dock.guest().get("/v1/functions/hello").refused(401).await,
        missing("functions.read")
    );
}

#[tokio::test]
async fn update_resets_what_is_left_out_and_never_the_runtime() {
    let dock = Dock::start().await;
    let mut before = body();
    before["execute"] = json!(["role:all"]);
    before["vars"] = json!({ "A": "1" });
    before["events"] = json!(["account.create"]);
    before["schedule"] = json!("0 0 * * *");
    before["timeout"] = json!(60);
    create(&dock.key(), &before).await;

    let change = json!({ "name": "Renamed", "runtime": "php-8.0" });
    let function = dock.key().put("/v1/functions/hello").json(&change).ok(200).await;

    assert_json_snapshot!(function, { ".dateCreated" => "[unix]", ".dateUpdated" => "[unix]" }, @r#"
    {
      "$id": "hello",
      "dateCreated": "[unix]",
      "dateUpdated": "[unix]",
      "events": [],
      "execute": [],
      "name": "Renamed",
      "runtime": "node-20.0",
      "schedule": "",
      "scheduleNext": 0,
      "schedulePrevious": 0,
      "status": "disabled",
      "tag": "",
      "timeout": 15,
      "vars": {}
    }
    "#);
    assert_eq!(dock.key().get("/v1/functions/hello").ok(200).await, function);
}

#[tokio::test]
async fn update_refuses_what_create_refuses() {
    let dock = Dock::start().await;
    let before = create(&dock.key(), &body()).await;
    let cases = [
        (json!({}), "Param \"name\" is not optional."),
        (json!({ "name": "" }), "Param \"name\" is not optional."),
        (json!({ "name": "n".repeat(129) }), "Invalid name: "),
        (json!({ "name": "n", "vars": "A=B" }), "Invalid vars: "),
        (json!({ "name": "n", "execute": "all" }), "Invalid execute: "),
        (json!({ "name": "n", "events": ["nothing"] }), "Invalid events: "),
        (
            json!({ "name": "n", "schedule": "nonsense" }),
            "Invalid schedule: ",
        ),
        (json!({ "name": "n", "timeout": 901 }), "Invalid timeout: "),
    ];
    for (change, start) in cases {
        let message = dock
            .key()
            .put("/v1/functions/hello")
            .json(&change)
            .refused(400)
            .await;
        assert!(message.starts_with(start), "{message}");
    }
    assert_eq!(dock.key().get("/v1/functions/hello").ok(200).await, before);

    let change = json!({ "name": "n" });
    let unknown = dock
        .key()
        .put(&format!("/v1/functions/{NOBODY}"))
        .json(&change)
        .refused(404)
        .await;
    assert_eq!(unknown, "Function not found");
    let guest = dock
        .guest()
        .put("/v1/functions/hello")
        .json(&change)
        .refused(401)
        .await;
    assert_eq!(guest, missing("functions.write"));
}

#[tokio::test]
async fn a_tag_is_activated_only_in_its_own_function() {
    let dock = Dock::start().await;
    let key = dock.key();
    let mine = key
        .deploy(Draft::new("node-20.0", "node-hello", "node index.js"))
        .await;
    let other = key
        .deploy(Draft::new("node-20.0", "node-hello", "node index.js"))
        .await;
    let path = format!("{}/tag", mine.path());

    let function = key.patch(&path).json(&json!({ "tag": mine.tag })).ok(200).await;
    assert_eq!(
        (&function["tag"], &function["$id"]),
        (&json!(mine.tag), &json!(mine.id))
    );

    for tag in [other.tag.as_str(), NOBODY] {
        assert_eq!(
            key.patch(&path).json(&json!({ "tag": tag })).refused(404).await,
            "Tag not found"
        );
    }
    assert_eq!(
        key.patch(&path).json(&json!({})).refused(400).await,
        "Param \"tag\" is not optional."
    );
    assert!(
        key.patch(&path)
            .json(&json!({ "tag": "a/b" }))
            .refused(400)
            .await
            .starts_with("Invalid tag: ")
    );
    let unknown = key
        .patch(&format!("/v1/functions/{NOBODY}/tag"))
        .json(&json!({ "tag": mine.tag }));
    assert_eq!(unknown.refused(404).await, "Function not found");
    let guest = dock
        .guest()
        .patch(&path)
        .json(&json!({ "tag": mine.tag }))
        .refused(401)
        .await;
    assert_eq!(guest, missing("functions.write"));
}

#[tokio::test]
async fn delete_takes_tags_code_and_executions_along() {
    let dock = Dock::start().await;
    let key = dock.key();
    // Another function stays, and all of its own.
    key.deploy(Draft::new("node-20.0", "node-hello", "node index.js"))
        .await;
    let clean = tree::code(&dock.data());
    let function = key
        .deploy(Draft::new("node-20.0", "node-hello", "node index.js"))
        .await;
    key.run(&function, "").await;
    assert_ne!(tree::code(&dock.data()), clean);

    key.delete(&function.path()).ok(204).await;

    key.get(&function.path()).refused(404).await;
    key.get(&format!("{}/tags", function.path())).refused(404).await;
    key.get(&format!("{}/tags/{}", function.path(), function.tag))
        .refused(404)
        .await;
    key.get(&format!("{}/executions", function.path()))
        .refused(404)
        .await;
    until("its code is gone from the disk", async || {
        (tree::code(&dock.data()) == clean).then_some(())
    })
    .await;
    // The id is free again, and nothing of the old one shows through.
    key.create_function_of(json!({ "functionId": function.id, "name": "New", "runtime": "node-20.0" }))
        .await;
    assert_eq!(
        key.get(&format!("{}/executions", function.path())).ok(200).await["sum"],
        0
    );
}

#[tokio::test]
async fn delete_of_an_unknown_function_is_404_and_without_scope_401() {
    let dock = Dock::start().await;
    create(&dock.key(), &body()).await;

    assert_eq!(
        dock.key()
            .delete(&format!("/v1/functions/{NOBODY}"))
            .refused(404)
            .await,
        "Function not found"
    );
    dock.key().delete("/v1/functions/-no-id").refused(400).await;
    assert_eq!(
        dock.guest().delete("/v1/functions/hello").refused(401).await,
        missing("functions.write")
    );
    dock.key().get("/v1/functions/hello").ok(200).await;
}

#[tokio::test]
async fn usage_has_a_point_for_every_step_of_its_range() {
    let dock = Dock::start().await;
    let key = dock.key();
    let function = key.deploy(Draft::shell("exit $APPWRITE_FUNCTION_DATA")).await;
    key.run(&function, "0").await;
    key.run(&function, "3").await;

    for (range, points) in [("24h", 48), ("7d", 7), ("30d", 30), ("90d", 90)] {
        let usage = key
            .get(&format!("{}/usage?range={range}", function.path()))
            .ok(200)
            .await;
        assert_eq!(usage["range"], range);
        let series = |name: &str| usage[name].as_array().unwrap().clone();
        let total = |name: &str| {
            series(name)
                .iter()
                .map(|point| point["value"].as_i64().unwrap())
                .sum::<i64>()
        };
        for name in ["functionsExecutions", "functionsFailures", "functionsCompute"] {
            let dates: Vec<_> = series(name)
                .iter()
                .map(|point| point["date"].as_i64().unwrap())
                .collect();
            assert_eq!(dates.len(), points, "{name} of {range}");
            assert!(dates.is_sorted(), "oldest first: {dates:?}");
        }
        assert_eq!(
            (total("functionsExecutions"), total("functionsFailures")),
            (2, 1),
            "{usage}"
        );
        assert!(total("functionsCompute") > 0, "{usage}");
    }
    let usage = key.get(&format!("{}/usage", function.path())).ok(200).await;
    assert_eq!(usage["range"], "30d");
}

#[tokio::test]
async fn usage_refuses_other_ranges_unknown_functions_and_guests() {
    let dock = Dock::start().await;
    create(&dock.key(), &body()).await;

    let message = dock
        .key()
        .get("/v1/functions/hello/usage?range=1y")
        .refused(400)
        .await;
    assert!(message.starts_with("Invalid range: "), "{message}");
    dock.key()
        .get(&format!("/v1/functions/{NOBODY}/usage"))
        .refused(404)
        .await;
    assert_eq!(
        dock.guest().get("/v1/functions/hello/usage").refused(401).await,
        missing("functions.read")
    );
}
