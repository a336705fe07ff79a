//! Contract §1: which check comes first, and what an error says. The shape of an error is checked in every
//! answer by the actor.

use drydock_tests::Dock;
use serde_json::json;

use crate::missing;

#[tokio::test]
async fn an_unknown_project_comes_before_a_missing_scope_and_that_before_parameters() {
    let dock = Dock::start().await;
    let nowhere = dock.guest().header("x-appwrite-project", "atlantis");

    let message = nowhere
        .post("/v1/functions")
        .json(&json!({ "name": "" }))
        .refused(404)
        .await;
    assert_eq!(message, "Project not found");
    let message = dock
        .guest()
        .post("/v1/functions")
        .json(&json!({ "name": "" }))
        .refused(401)
        .await;
    assert_eq!(message, missing("functions.write"));
    let message = dock
        .key()
        .post("/v1/functions")
        .json(&json!({ "name": "" }))
        .refused(400)
        .await;
    assert!(message.starts_with("Param \""), "{message}");
}

#[tokio::test]
async fn a_scope_is_missing_before_an_id_or_a_body_is_looked_at() {
    let dock = Dock::start().await;

    dock.guest().get("/v1/functions/-no-id").refused(401).await;
    dock.guest()
        .post("/v1/functions")
        .body("application/json", "{not json")
        .refused(401)
        .await;
    dock.guest().get("/v1/functions?limit=101").refused(401).await;
}

#[tokio::test]
async fn without_a_project_the_request_is_for_the_consoles_and_a_key_opens_nothing_there() {
    let dock = Dock::start().await;

    let message = dock.stranger().get("/v1/functions").refused(401).await;
    assert!(message.contains("missing scope (functions.read)"), "{message}");
    dock.key()
        .without("x-appwrite-project")
        .get("/v1/functions")
        .refused(401)
        .await;
}

#[tokio::test]
async fn the_project_may_stand_in_the_query() {
    let dock = Dock::start().await;

    dock.key()
        .without("x-appwrite-project")
        .get("/v1/functions?project=default")
        .ok(200)
        .await;
    dock.key()
        .without("x-appwrite-project")
        .get("/v1/functions?project=atlantis")
        .refused(404)
        .await;
}

#[tokio::test]
async fn a_wrong_key_is_no_key() {
    let dock = Dock::start().await;
    for wrong in ["0", "", &"0".repeat(256), &dock.ready("key")[1..]] {
        let message = dock
            .guest()
            .header("x-appwrite-key", wrong)
            .get("/v1/functions")
            .refused(401)
            .await;
        assert!(message.contains("missing scope (functions.read)"), "{message}");
    }
}

#[tokio::test]
async fn a_route_that_is_none_is_404_in_json() {
    let dock = Dock::start().await;
    for (method, path) in [
        ("GET", "/v1/nothing"),
        ("GET", "/v1"),
        ("GET", "/v1/functions/hello/nothing"),
        ("POST", "/v1/functions/runtimes"),
        ("DELETE", "/v1/functions"),
        ("PATCH", "/v1/functions"),
    ] {
        let message = dock.key().request(method, path).refused(404).await;
        assert_eq!(message, "Not Found", "{method} {path}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_what_it_says_is_400() {
    let dock = Dock::start().await;
    for body in [
        "{not json",
        "{\"name\":",
        "nonsense",
        "[1,2]",
        "\"text\"",
        "17",
        "{\"name\":\"a\"} trailing",
    ] {
        let message = dock
            .key()
            .post("/v1/functions")
            .body("application/json", body)
            .refused(400)
            .await;
        assert!(message.to_lowercase().contains("json"), "{body}: {message}");
        assert!(
            !message.contains("Param"),
            "{body} is not an empty object: {message}"
        );
    }
    let not_utf8 = b"{\"name\":\"\xff\"}".to_vec();
    dock.key()
        .post("/v1/functions")
        .body("application/json", not_utf8)
        .refused(400)
        .await;
}

#[tokio::test]
async fn a_content_type_that_the_api_does_not_read_is_named() {
    let dock = Dock::start().await;
    for content_type in [
        "text/plain",
        "application/xml",
        "application/octet-stream",
        "nonsense",
    ] {
        let answer = dock
            .key()
            .post("/v1/functions")
            .body(content_type, "{}")
            .send()
            .await;
        assert!((400..500).contains(&answer.status), "{answer}");
        assert!(answer.message().contains(content_type), "{answer}");
    }
    let tags = format!("/v1/functions/{}/tags", dock.key().create_function().await);
    let answer = dock
        .key()
        .post(&tags)
        .body("multipart/form-data", "no boundary")
        .send()
        .await;
    assert!((400..500).contains(&answer.status), "{answer}");
}

#[tokio::test]
async fn a_body_that_is_too_large_is_413() {
    let dock = Dock::start().await;
    // Twice what any JSON body of the API may have; little enough for a server to read to its end, so that a client
    // which writes first and reads then gets the answer.
    let large = format!("{{\"name\":\"{}\"}}", "n".repeat(2_000_000));

    let message = dock
        .key()
        .post("/v1/functions")
        .body("application/json", large)
        .refused(413)
        .await;

    assert!(message.contains("larger than"), "{message}");
}

#[tokio::test]
async fn an_error_is_the_same_object_for_every_kind_of_client() {
    let dock = Dock::start().await;
    let answer = dock
        .key()
        .get("/v1/functions/nobody")
        .header("accept", "text/html")
        .send()
        .await;

    insta::assert_json_snapshot!(answer.json(), { ".version" => "[version]" }, @r#"
    {
      "code": 404,
      "message": "Function not found",
      "version": "[version]"
    }
    "#);
}
