//! Contract §1: the many ways in which real clients write the same parameters.

use drydock_tests::{Dock, archive};
use serde_json::json;

#[tokio::test]
async fn an_empty_json_object_on_get_and_delete_is_ignored_as_the_python_sdk_sends_it() {
    let dock = Dock::start().await;
    let key = dock.key();
    let id = key.create_function().await;
    let path = format!("/v1/functions/{id}");

    key.get(&path).body("application/json", "{}").ok(200).await;
    let list = key
        .get("/v1/functions")
        .query(&[("limit", "1")])
        .body("application/json", "{}")
        .ok(200)
        .await;
    assert_eq!(list["sum"], 1);
    key.delete(&path).body("application/json", "{}").ok(204).await;
}

#[tokio::test]
async fn a_body_on_delete_is_ignored_as_the_node_sdk_sends_it() {
    let dock = Dock::start().await;
    let key = dock.key();
    for body in [r#"{"functionId":"other"}"#, "{not even json"] {
        let id = key.create_function().await;
        key.delete(&format!("/v1/functions/{id}"))
            .body("application/json", body)
            .ok(204)
            .await;
        key.get(&format!("/v1/functions/{id}")).refused(404).await;
    }
}

#[tokio::test]
async fn a_delete_may_say_json_and_send_nothing() {
    let dock = Dock::start().await;
    let id = dock.key().create_function().await;

    dock.key()
        .delete(&format!("/v1/functions/{id}"))
        .body("application/json", "")
        .ok(204)
        .await;
}

#[tokio::test]
async fn a_form_says_the_same_as_json() {
    let dock = Dock::start().await;
    let form = "functionId=form&name=Caf%C3%A9+au+lait&runtime=node-20.0&timeout=30\
                &execute[]=role:all&execute[]=user:ada&vars[A]=1&vars[B]=two+words&events[0]=account.create";

    let function = dock.key().post("/v1/functions").form(form).ok(201).await;

    let told = ["name", "timeout", "execute", "vars", "events"].map(|field| function[field].clone());
    let expected = [
        json!("Café au lait"),
        json!(30),
        json!(["role:all", "user:ada"]),
        json!({ "A": "1", "B": "two words" }),
        json!(["account.create"]),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn brackets_may_be_percent_encoded_and_numbered_in_any_order() {
    let dock = Dock::start().await;
    let form = "functionId=f&name=n&runtime=node-20.0&execute%5B1%5D=user:b&execute%5B0%5D=user:a";

    let function = dock.key().post("/v1/functions").form(form).ok(201).await;

    assert_eq!(function["execute"], json!(["user:a", "user:b"]));
}

#[tokio::test]
async fn a_multipart_form_carries_ordinary_parameters_too() {
    let dock = Dock::start().await;
    let form = reqwest::multipart::Form::new()
        .text("functionId", "multi")
        .text("name", "n")
        .text("runtime", "node-20.0")
        .text("timeout", "45")
        .text("execute[]", "role:all")
        .text("vars[A]", "1");

    let function = dock.key().post("/v1/functions").multipart(form).ok(201).await;

    assert_eq!(function["timeout"], 45);
    assert_eq!(function["execute"], json!(["role:all"]));
    assert_eq!(function["vars"], json!({ "A": "1" }));
}

#[tokio::test]
async fn numbers_may_be_strings_in_queries_and_in_json() {
    let dock = Dock::start().await;
    let key = dock.key();
    let body = json!({ "functionId": "f", "name": "n", "runtime": "node-20.0", "timeout": "30" });

    assert_eq!(key.post("/v1/functions").json(&body).ok(201).await["timeout"], 30);
    key.get("/v1/functions")
        .query(&[("limit", "0"), ("offset", "0")])
        .ok(200)
        .await;
    key.get("/v1/functions")
        .query(&[("limit", "1e1")])
        .refused(400)
        .await;
    key.get("/v1/functions")
        .query(&[("limit", " ")])
        .refused(400)
        .await;
}

#[tokio::test]
async fn null_and_the_empty_string_are_absent() {
    let dock = Dock::start().await;
    for absent in [json!(null), json!("")] {
        let body = json!({
            "functionId": "unique()", "name": "n", "runtime": "node-20.0",
            "execute": absent, "vars": absent, "events": absent, "schedule": absent, "timeout": absent,
        });
        let function = dock.key().post("/v1/functions").json(&body).ok(201).await;
        let told = ["execute", "vars", "events", "schedule", "timeout"].map(|field| function[field].clone());
        assert_eq!(told, [json!([]), json!({}), json!([]), json!(""), json!(15)]);
    }
}

#[tokio::test]
async fn vars_are_an_object_or_an_empty_array_and_never_an_array_on_the_wire() {
    let dock = Dock::start().await;
    for (vars, expected) in [
        (json!([]), json!({})),
        (json!({}), json!({})),
        (json!({ "A": 1 }), json!({ "A": "1" })),
    ] {
        let body = json!({ "functionId": "unique()", "name": "n", "runtime": "node-20.0", "vars": vars });
        assert_eq!(
            dock.key().post("/v1/functions").json(&body).ok(201).await["vars"],
            expected
        );
    }
}

#[tokio::test]
async fn an_upload_may_come_in_pieces_without_a_length() {
    let dock = Dock::start().await;
    let function = dock.key().create_function().await;
    let mut body = Vec::new();
    body.extend(b"--line\r\ncontent-disposition: form-data; name=\"command\"\r\n\r\nnode index.js\r\n");
    body.extend(b"--line\r\ncontent-disposition: form-data; name=\"code\"; filename=\"code.tar.gz\"\r\n");
    body.extend(b"content-type: application/x-gzip\r\n\r\n");
    body.extend(archive::fixture("node-hello"));
    body.extend(b"\r\n--line--\r\n");

    let path = format!("/v1/functions/{function}/tags");
    let tag = dock
        .key()
        .post(&path)
        .chunked("multipart/form-data; boundary=line", &body)
        .ok(201)
        .await;

    assert_eq!(tag["size"], archive::fixture("node-hello").len());
}

#[tokio::test]
async fn a_content_type_may_carry_a_charset_and_capitals() {
    let dock = Dock::start().await;
    let body = r#"{"functionId":"f","name":"n","runtime":"node-20.0"}"#;

    dock.key()
        .post("/v1/functions")
        .body("Application/JSON; charset=UTF-8", body)
        .ok(201)
        .await;
}

#[tokio::test]
async fn unknown_parameters_and_sdk_headers_are_ignored() {
    let dock = Dock::start().await;
    let key = dock
        .key()
        .header("x-appwrite-response-format", "0.12.0")
        .header("x-sdk-version", "appwrite:nodejs:4.0.2")
        .header("x-appwrite-locale", "de")
        .header("x-fallback-cookies", "garbage");
    let body = json!({ "functionId": "f", "name": "n", "runtime": "node-20.0", "extra": { "deep": [1] } });

    assert_eq!(key.post("/v1/functions").json(&body).ok(201).await["$id"], "f");
}
