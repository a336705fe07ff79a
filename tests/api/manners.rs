//! Contract §1: what holds for every request: methods, headers, CORS, the names of the host. `Server`,
//! `nosniff`, content types and cache rules are checked in every answer by the actor.

use drydock_tests::{Answer, Dock};
use serde_json::json;

const STRANGER: &str = "https://evil.example";

fn list(answer: &Answer, name: &str) -> Vec<String> {
    answer
        .header(name)
        .split(',')
        .map(|entry| entry.trim().to_lowercase())
        .collect()
}

#[tokio::test]
async fn a_204_says_html_and_is_empty() {
    let dock = Dock::start().await;
    let id = dock.key().create_function().await;

    let answer = dock.key().delete(&format!("/v1/functions/{id}")).send().await;

    assert_eq!(
        (answer.status, answer.header("content-type")),
        (204, "text/html; charset=UTF-8")
    );
}

#[tokio::test]
async fn head_answers_as_get_without_the_body() {
    let dock = Dock::start().await;
    let get = dock.key().get("/v1/functions").send().await;
    let head = dock.key().request("HEAD", "/v1/functions").send().await;

    assert_eq!(
        (head.status, head.header("content-type")),
        (200, get.header("content-type"))
    );
    assert!(head.body.is_empty());
    assert_eq!(
        dock.guest().request("HEAD", "/v1/functions").send().await.status,
        401
    );
    assert_eq!(dock.key().request("HEAD", "/v1/nothing").send().await.status, 404);
}

#[tokio::test]
async fn a_preflight_is_204_for_any_origin_and_names_what_clients_send() {
    let dock = Dock::start().await;
    for origin in ["http://localhost:3000", "https://app.example", "null"] {
        let answer = dock
            .stranger()
            .request("OPTIONS", "/v1/functions")
            .header("origin", origin)
            .header("access-control-request-method", "PUT")
            .header(
                "access-control-request-headers",
                "x-appwrite-project,content-type",
            )
            .send()
            .await;

        answer.expect_status(204);
        assert_eq!(answer.header("access-control-allow-origin"), origin);
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        let headers = list(&answer, "access-control-allow-headers");
        for name in [
            "x-appwrite-project",
            "x-appwrite-key",
            "x-appwrite-jwt",
            "x-appwrite-locale",
            "x-appwrite-mode",
            "x-appwrite-response-format",
            "x-sdk-version",
            "x-fallback-cookies",
            "content-type",
            "cookie",
            "cache-control",
        ] {
            assert!(
                headers.iter().any(|allowed| allowed == name),
                "{name} is not in {headers:?}"
            );
        }
        let methods = list(&answer, "access-control-allow-methods");
        for method in ["get", "post", "put", "patch", "delete"] {
            assert!(
                methods.iter().any(|allowed| allowed == method),
                "{method} is not in {methods:?}"
            );
        }
        assert!(list(&answer, "access-control-expose-headers").contains(&"x-fallback-cookies".to_owned()));
    }
}

#[tokio::test]
async fn a_page_on_localhost_may_read_answers_and_errors() {
    let dock = Dock::start().await;
    for origin in [
        "http://localhost:3000",
        "http://localhost",
        "http://127.0.0.1:5173",
        dock.origin(),
    ] {
        for actor in [dock.key(), dock.guest()] {
            let answer = actor.get("/v1/functions").header("origin", origin).send().await;
            assert_eq!(answer.header("access-control-allow-origin"), origin, "{answer}");
            assert_eq!(answer.header("access-control-allow-credentials"), "true");
        }
    }
}

#[tokio::test]
async fn a_strangers_page_may_not_change_anything_without_a_key() {
    let dock = Dock::start().await;
    let body = json!({ "functionId": "unique()", "name": "n", "runtime": "node-20.0" });
    let post = |origin: &str| {
        dock.guest()
            .post("/v1/functions")
            .header("origin", origin)
            .json(&body)
    };

    let message = post(STRANGER).refused(403).await;
    assert!(
        message.starts_with("Invalid Origin. ") && message.contains("evil.example"),
        "{message}"
    );
    // The scope decides for pages of this machine and for those that name no host.
    post("http://localhost:3000").refused(401).await;
    post("null").refused(401).await;
    // A key comes from a server, whatever header it passes on.
    dock.key()
        .post("/v1/functions")
        .header("origin", STRANGER)
        .json(&body)
        .ok(201)
        .await;
    // Reading is refused by scope; an unknown project comes before the origin.
    dock.guest()
        .get("/v1/functions")
        .header("origin", STRANGER)
        .refused(401)
        .await;
    let elsewhere = dock.guest().header("x-appwrite-project", "atlantis");
    elsewhere
        .post("/v1/functions")
        .header("origin", STRANGER)
        .json(&body)
        .refused(404)
        .await;
}

#[tokio::test]
async fn a_strangers_answer_cannot_be_read_by_its_page() {
    let dock = Dock::start().await;

    let answer = dock
        .guest()
        .get("/v1/functions")
        .header("origin", STRANGER)
        .send()
        .await;

    assert_ne!(answer.header("access-control-allow-origin"), STRANGER, "{answer}");
}

#[tokio::test]
async fn a_referer_stands_in_for_a_missing_origin() {
    let dock = Dock::start().await;
    let request = dock
        .guest()
        .post("/v1/functions")
        .header("referer", "https://evil.example/page?x=1");

    let message = request.json(&json!({})).refused(403).await;

    assert!(message.contains("evil.example"), "{message}");
}

#[tokio::test]
async fn a_host_that_is_not_ours_is_421_so_that_no_name_can_be_rebound_to_us() {
    let dock = Dock::start().await;
    for host in [
        "evil.example",
        "evil.example:4747",
        "localhost.evil.example",
        "169.254.169.254",
    ] {
        let message = dock
            .key()
            .get("/v1/functions")
            .header("host", host)
            .refused(421)
            .await;
        assert!(message.contains(host.split(':').next().unwrap()), "{message}");
    }
    let port = dock.origin().rsplit(':').next().unwrap();
    for host in [
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        format!("[::1]:{port}"),
    ] {
        dock.key()
            .get("/v1/functions")
            .header("host", &host)
            .ok(200)
            .await;
    }
}

#[tokio::test]
async fn the_name_of_this_machine_may_be_written_in_capitals() {
    let dock = Dock::start().await;
    dock.key()
        .get("/v1/functions")
        .header("host", "LOCALHOST:80")
        .ok(200)
        .await;
}

#[tokio::test]
async fn a_path_that_is_no_text_is_refused_in_the_errors_own_shape() {
    let dock = Dock::start().await;
    let message = dock.key().get("/v1/functions/%ff").refused(400).await;
    assert!(message.contains("UTF-8"), "{message}");
}

#[tokio::test]
async fn a_project_that_is_no_text_is_not_found() {
    let dock = Dock::start().await;
    let header = reqwest::header::HeaderValue::from_bytes(b"\xe4").unwrap();
    let answer = reqwest::Client::new()
        .get(format!("{}/v1/functions", dock.origin()))
        .header("x-appwrite-project", header)
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 404);
}

#[tokio::test]
async fn a_key_counts_in_admin_mode_too() {
    let dock = Dock::start().await;
    dock.key()
        .get("/v1/functions")
        .header("x-appwrite-mode", "admin")
        .ok(200)
        .await;
}
