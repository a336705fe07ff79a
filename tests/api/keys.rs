//! Contract §2, §10: API keys: made, shown again, changed, revoked, and what they open.

use drydock_tests::{Dock, Draft};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::parameters::{Call, bad_names};
use crate::{NOBODY, missing};

fn body() -> Value {
    json!({ "name": "Deploy", "scopes": ["functions.read", "functions.write"] })
}

#[tokio::test]
async fn a_new_key_has_a_secret_of_256_hex_characters() {
    let dock = Dock::start().await;
    let keys = dock.home().path("keys");

    let key = dock.console_owner().post(&keys).json(&body()).ok(201).await;

    let secret = key["secret"].as_str().unwrap();
    assert_eq!(secret.len(), 256);
    assert!(
        secret
            .bytes()
            .all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte)),
        "{secret}"
    );
    assert_json_snapshot!(key, { "[\"$id\"]" => "[id]", ".secret" => "[secret]" }, @r#"
    {
      "$id": "[id]",
      "name": "Deploy",
      "scopes": [
        "functions.read",
        "functions.write"
      ],
      "secret": "[secret]"
    }
    "#);
    let other = dock.console_owner().post(&keys).json(&body()).ok(201).await;
    assert_ne!(other["secret"], key["secret"]);
}

#[tokio::test]
async fn a_secret_is_shown_again_as_often_as_the_owner_likes() {
    let dock = Dock::start().await;
    let (owner, keys) = (dock.console_owner(), dock.home().path("keys"));

    let key = owner.post(&keys).json(&body()).ok(201).await;

    let path = format!("{keys}/{}", key["$id"].as_str().unwrap());
    assert_eq!(owner.get(&path).ok(200).await, key);
    let list = owner.get(&keys).ok(200).await;
    assert_eq!(list["sum"], 2, "the key of the first start is there too: {list}");
    let rows = list["keys"].as_array().unwrap();
    assert!(rows.contains(&key), "{list}");
    assert!(
        rows.iter().any(|row| row["secret"] == dock.ready("key")),
        "{list}"
    );
    let project = owner.get(&dock.home().path("")).ok(200).await;
    assert_eq!(project["keys"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_key_of_the_first_start_has_every_scope() {
    let dock = Dock::start().await;
    let all: Value = serde_json::from_str(include_str!("../fixtures/contract/scopes-0.12.json")).unwrap();

    let list = dock.console_owner().get(&dock.home().path("keys")).ok(200).await;

    let sorted = |scopes: &Value| {
        let mut scopes: Vec<_> = scopes
            .as_array()
            .unwrap()
            .iter()
            .map(|scope| scope.as_str().unwrap().to_owned())
            .collect();
        scopes.sort();
        scopes
    };
    assert_eq!(sorted(&list["keys"][0]["scopes"]), sorted(&all));
}

#[tokio::test]
async fn making_a_key_with_bad_parameters_names_them() {
    let dock = Dock::start().await;
    let call = format!("POST {}", dock.home().path("keys"));

    Call::new(&dock.console_owner(), &call, body())
        .needs(&["name", "scopes"])
        .await
        .refuses(bad_names("name"))
        .await
        .refuses([
            ("scopes", json!("functions.read"), "array"),
            ("scopes", json!(["functions.rule"]), "functions.rule"),
            ("scopes", json!(["functions.read", "account"]), "account"),
            ("scopes", json!(["public"]), "public"),
            ("scopes", json!([["functions.read"]]), ""),
            ("scopes", json!({ "functions.read": true }), ""),
        ])
        .await;

    let list = dock.console_owner().get(&dock.home().path("keys")).ok(200).await;
    assert_eq!(list["sum"], 1);
}

#[tokio::test]
async fn a_key_opens_exactly_its_scopes() {
    let dock = Dock::start().await;
    let reader = dock.key_with(&["functions.read"]).await;

    reader.get("/v1/functions").ok(200).await;
    reader.get("/v1/functions/runtimes").ok(200).await;
    for (method, path, scope) in [
        ("POST", "/v1/functions", "functions.write"),
        ("DELETE", "/v1/functions/f", "functions.write"),
        ("POST", "/v1/functions/f/executions", "execution.write"),
        ("GET", "/v1/functions/f/executions", "execution.read"),
        ("GET", "/v1/users", "users.read"),
        ("GET", "/v1/teams", "teams.read"),
        ("GET", "/v1/account", "account"),
    ] {
        let message = reader.request(method, path).refused(401).await;
        assert!(
            message.ends_with(&format!("missing scope ({scope})")),
            "{method} {path}: {message}"
        );
    }
}

#[tokio::test]
async fn a_key_may_always_ask_for_the_servers_health() {
    let dock = Dock::start().await;

    let key = dock.key_with(&["functions.read"]).await;

    assert_eq!(key.get("/v1/health").ok(200).await["status"], "pass");
}

#[tokio::test]
async fn changed_scopes_count_at_once_and_the_secret_stays() {
    let dock = Dock::start().await;
    let (owner, keys) = (dock.console_owner(), dock.home().path("keys"));
    let key = owner.post(&keys).json(&body()).ok(201).await;
    let secret = key["secret"].as_str().unwrap();
    let path = format!("{keys}/{}", key["$id"].as_str().unwrap());
    let caller = dock.guest().header("x-appwrite-key", secret);
    caller.get("/v1/functions").ok(200).await;

    let change = json!({ "name": "Users", "scopes": ["users.read"] });
    let changed = owner.put(&path).json(&change).ok(200).await;

    assert_eq!(changed["secret"], secret);
    assert_eq!(
        (&changed["name"], &changed["scopes"]),
        (&json!("Users"), &json!(["users.read"]))
    );
    caller.get("/v1/users").ok(200).await;
    caller.get("/v1/functions").refused(401).await;
    Call::new(&owner, &format!("PUT {path}"), change)
        .needs(&["name", "scopes"])
        .await
        .refuses(bad_names("name"))
        .await
        .refuses([("scopes", json!(["functions.rule"]), "functions.rule")])
        .await;
}

#[tokio::test]
async fn a_deleted_key_opens_nothing_from_that_moment() {
    let dock = Dock::start().await;
    let (owner, keys) = (dock.console_owner(), dock.home().path("keys"));
    let key = owner.post(&keys).json(&body()).ok(201).await;
    let caller = dock
        .guest()
        .header("x-appwrite-key", key["secret"].as_str().unwrap());
    caller.get("/v1/functions").ok(200).await;

    let path = format!("{keys}/{}", key["$id"].as_str().unwrap());
    owner.delete(&path).ok(204).await;

    assert_eq!(
        caller.get("/v1/functions").refused(401).await,
        missing("functions.read")
    );
    owner.get(&path).refused(404).await;
    assert_eq!(owner.get(&keys).ok(200).await["sum"], 1);
}

#[tokio::test]
async fn a_key_that_is_none_or_of_another_project_is_404() {
    let dock = Dock::start().await;
    let other = dock.project("other").await;
    let owner = dock.console_owner();
    let foreign = owner.post(&other.path("keys")).json(&body()).ok(201).await;
    for id in [NOBODY, foreign["$id"].as_str().unwrap()] {
        let path = dock.home().path(&format!("keys/{id}"));
        assert_eq!(owner.get(&path).refused(404).await, "Key not found");
        assert_eq!(owner.put(&path).json(&body()).refused(404).await, "Key not found");
        assert_eq!(owner.delete(&path).refused(404).await, "Key not found");
    }
    assert_eq!(owner.get(&other.path("keys")).ok(200).await["sum"], 1);
}

#[tokio::test]
async fn permission_lists_are_not_asked_for_a_key() {
    let dock = Dock::start().await;
    let function = dock.key().deploy(Draft::shell("echo ran")).await;

    let key = dock.key_with(&["execution.write", "execution.read"]).await;

    assert_eq!(key.run(&function, "").await["stdout"], "ran\n");
}

#[tokio::test]
async fn a_key_in_the_query_is_no_key() {
    let dock = Dock::start().await;

    dock.guest()
        .get("/v1/functions")
        .query(&[("key", dock.ready("key"))])
        .refused(401)
        .await;
}
