//! Contract §5: how a function is made, and what cannot be one.

use drydock_tests::{Actor, Dock};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::missing;

fn body() -> Value {
    json!({ "functionId": "hello", "name": "Hello", "runtime": "node-20.0" })
}

fn with(field: &str, value: Value) -> Value {
    let mut body = body();
    body[field] = value;
    body
}

async fn create(actor: &Actor, body: &Value) -> Value {
    actor.post("/v1/functions").json(body).ok(201).await
}

#[tokio::test]
async fn a_function_needs_only_an_id_a_name_and_a_runtime() {
    let dock = Dock::start().await;

    let function = create(&dock.key(), &body()).await;

    assert_json_snapshot!(function, { ".dateCreated" => "[unix]", ".dateUpdated" => "[unix]" }, @r#"
    {
      "$id": "hello",
      "dateCreated": "[unix]",
      "dateUpdated": "[unix]",
      "events": [],
      "execute": [],
      "name": "Hello",
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
async fn a_function_keeps_everything_it_was_created_with() {
    let dock = Dock::start().await;
    let everything = json!({
        "functionId": "all.of_it-1", "name": "Größe 名前", "runtime": "python-3.9",
        "execute": ["role:all", "user:ada", "team:x/owner"],
        "vars": { "ZEBRA": "first", "ANT": 2, "YES": true, "HALF": 0.5 },
        "events": ["account.create", "functions.tags.create"],
        "schedule": "*/5 * * * *", "timeout": 900,
    });

    let function = create(&dock.key(), &everything).await;

    assert_json_snapshot!(function, { ".dateCreated" => "[unix]", ".dateUpdated" => "[unix]" }, @r#"
    {
      "$id": "all.of_it-1",
      "dateCreated": "[unix]",
      "dateUpdated": "[unix]",
      "events": [
        "account.create",
        "functions.tags.create"
      ],
      "execute": [
        "role:all",
        "user:ada",
        "team:x/owner"
      ],
      "name": "Größe 名前",
      "runtime": "python-3.9",
      "schedule": "*/5 * * * *",
      "scheduleNext": 0,
      "schedulePrevious": 0,
      "status": "disabled",
      "tag": "",
      "timeout": 900,
      "vars": {
        "ANT": "2",
        "HALF": "0.5",
        "YES": "true",
        "ZEBRA": "first"
      }
    }
    "#);
}

#[tokio::test]
async fn vars_come_back_in_the_order_in_which_they_were_written() {
    let dock = Dock::start().await;
    let raw = r#"{"functionId":"order","name":"n","runtime":"node-20.0","vars":{"ZEBRA":"1","ANT":"2","MOLE":"3"}}"#;

    let request = dock.key().post("/v1/functions").body("application/json", raw);

    let text = request.send().await.text();
    let places: Vec<_> = ["ZEBRA", "ANT", "MOLE"]
        .iter()
        .map(|name| text.find(name).unwrap())
        .collect();
    assert!(places.is_sorted(), "{text}");
}

#[tokio::test]
async fn unique_asks_for_a_made_id_that_sorts_by_age() {
    let dock = Dock::start().await;

    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(dock.key().create_function().await);
    }

    for id in &ids {
        assert_eq!(id.len(), 20, "{id}");
        assert!(
            id.bytes()
                .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)),
            "{id}"
        );
    }
    assert!(
        ids.windows(2).all(|pair| pair[0][..13] < pair[1][..13]),
        "{ids:?}"
    );
}

#[tokio::test]
async fn create_without_scope_is_401() {
    let dock = Dock::start().await;

    let message = dock
        .guest()
        .post("/v1/functions")
        .json(&body())
        .refused(401)
        .await;

    assert_eq!(message, missing("functions.write"));
    dock.key().get("/v1/functions/hello").refused(404).await;
}

#[tokio::test]
async fn create_without_a_required_parameter_names_it() {
    let dock = Dock::start().await;
    for name in ["functionId", "name", "runtime"] {
        for absent in [None, Some(json!(null)), Some(json!(""))] {
            let mut body = body();
            body.as_object_mut().unwrap().remove(name);
            if let Some(absent) = absent {
                body[name] = absent;
            }
            let message = dock.key().post("/v1/functions").json(&body).refused(400).await;
            assert_eq!(message, format!("Param \"{name}\" is not optional."));
        }
    }
}

#[tokio::test]
async fn create_with_a_bad_parameter_names_it_and_its_rule() {
    let dock = Dock::start().await;
    let long_role = "r".repeat(65);
    let cases = [
        ("functionId", json!("a/b"), "36"),
        ("functionId", json!("-first"), "letter or digit"),
        ("functionId", json!("a".repeat(37)), "36"),
        ("functionId", json!("with space"), "36"),
        ("functionId", json!(["hello"]), ""),
        ("name", json!("n".repeat(129)), "128"),
        ("name", json!({ "first": "last" }), ""),
        ("runtime", json!("cobol-85"), "cobol-85"),
        ("execute", json!([long_role]), "64"),
        ("execute", json!("role:all"), "array"),
        ("execute", json!([["role:all"]]), ""),
        ("vars", json!("A=B"), "object"),
        ("vars", json!(["A", "B"]), "object"),
        ("vars", json!({ "A": { "B": "C" } }), ""),
        ("vars", json!({ "A": "v".repeat(65_536) }), "65"),
        ("events", json!(["no.such.event"]), "no.such.event"),
        ("events", json!("account.create"), "array"),
        ("schedule", json!("every day"), ""),
        ("schedule", json!("* * * *"), ""),
        ("schedule", json!("61 * * * *"), ""),
        ("timeout", json!(0), "900"),
        ("timeout", json!(901), "900"),
        ("timeout", json!(-1), "900"),
        ("timeout", json!(1.5), ""),
        ("timeout", json!("soon"), ""),
    ];
    for (name, value, rule) in cases {
        let message = dock
            .key()
            .post("/v1/functions")
            .json(&with(name, value.clone()))
            .refused(400)
            .await;
        let start = format!("Invalid {name}: ");
        assert!(message.starts_with(&start), "{name}={value:.80}: {message}");
        assert!(
            message.len() > start.len() + 5 && message.contains(rule),
            "{rule:?} is missing in: {message}"
        );
        assert!(
            message.len() < 500,
            "an error does not repeat a long value: {message}"
        );
    }
    let list = dock.key().get("/v1/functions").ok(200).await;
    assert_eq!(list["sum"], 0, "a refused create leaves nothing: {list}");
}

#[tokio::test]
async fn values_at_the_edge_of_their_rule_are_taken() {
    let dock = Dock::start().await;
    // {"A":"…"} has 8 bytes around the value.
    let vars = json!({ "A": "v".repeat(65_535 - 8) });
    let cases = [
        ("functionId", json!("a".repeat(36))),
        ("functionId", json!("0._-")),
        ("name", json!("ü".repeat(128))),
        ("execute", json!(["r".repeat(64)])),
        ("vars", vars),
        ("timeout", json!(1)),
        ("timeout", json!(900)),
        ("timeout", json!("30")),
        ("schedule", json!("@hourly")),
        ("schedule", json!("0 0 L * ?")),
        ("schedule", json!("0 0 * JAN MON#2")),
    ];
    for (name, value) in cases {
        let mut body = with(name, value.clone());
        if name != "functionId" {
            body["functionId"] = "unique()".into();
        }
        let answer = dock.key().post("/v1/functions").json(&body).send().await;
        assert_eq!(answer.status, 201, "{name}={value:.80}: {answer}");
    }
}

#[tokio::test]
async fn an_id_in_use_is_409_and_changes_nothing() {
    let dock = Dock::start().await;
    let first = create(&dock.key(), &body()).await;

    let second = dock
        .key()
        .post("/v1/functions")
        .json(&with("name", json!("Other")))
        .refused(409)
        .await;

    assert!(second.contains("already exists"), "{second}");
    assert_eq!(dock.key().get("/v1/functions/hello").ok(200).await, first);
}

#[tokio::test]
async fn an_id_that_could_never_be_read_is_refused() {
    let dock = Dock::start().await;
    let body = json!({"functionId": "runtimes", "name": "x", "execute": [], "runtime": "node-20.0"});
    let message = dock.key().post("/v1/functions").json(&body).refused(400).await;
    assert!(message.contains("runtimes"), "{message}");
}

#[tokio::test]
async fn a_name_with_nul_is_refused_because_functions_read_it_as_a_variable() {
    let dock = Dock::start().await;
    let body = json!({"functionId": "unique()", "name": "a\u{0}b", "execute": [], "runtime": "node-20.0"});
    let message = dock.key().post("/v1/functions").json(&body).refused(400).await;
    assert!(message.contains("NUL"), "{message}");
}
