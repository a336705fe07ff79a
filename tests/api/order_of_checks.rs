//! Contract §1: of two things that are wrong with a request, which one is told.

use drydock_tests::{Dock, Person};
use serde_json::json;

use crate::{NOBODY, missing};

const STRANGER: &str = "https://evil.example";

async fn block(dock: &Dock, person: &Person) {
    dock.key()
        .patch(&format!("/v1/users/{}/status", person.id))
        .json(&json!({ "status": false }))
        .ok(200)
        .await;
}

#[tokio::test]
async fn an_unknown_project_is_told_before_a_bad_origin_and_a_bad_token() {
    let dock = Dock::start().await;
    let nowhere = dock
        .guest()
        .header("x-appwrite-project", "atlantis")
        .header("origin", STRANGER)
        .header("x-appwrite-jwt", "garbage");

    for path in ["/v1/account", "/v1/teams"] {
        let message = nowhere.post(path).json(&json!({})).refused(404).await;
        assert_eq!(message, "Project not found");
    }
}

#[tokio::test]
async fn a_bad_origin_is_told_before_a_service_that_is_off() {
    let dock = Dock::start().await;
    dock.home().switch_service("account", false).await;
    let post = |origin: &str| {
        dock.guest()
            .post("/v1/account")
            .header("origin", origin)
            .json(&json!({}))
    };

    post(STRANGER).refused(403).await;
    post("http://localhost:3000").refused(503).await;
}

#[tokio::test]
async fn a_service_that_is_off_is_told_before_a_missing_scope() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    for actor in [&*ada, &dock.guest()] {
        actor.get("/v1/users").refused(401).await;
    }

    dock.home().switch_service("users", false).await;

    for actor in [&*ada, &dock.guest()] {
        actor.get("/v1/users").refused(503).await;
    }
}

#[tokio::test]
async fn a_service_that_is_off_is_told_before_a_blocked_person() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    block(&dock, &ada).await;
    ada.get("/v1/teams").refused(401).await;

    dock.home().switch_service("teams", false).await;

    ada.get("/v1/teams").refused(503).await;
}

#[tokio::test]
async fn a_missing_scope_is_told_before_a_blocked_person() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    block(&dock, &ada).await;

    let scope = ada.get("/v1/users").refused(401).await;
    let blocked = ada.get("/v1/account").refused(401).await;

    assert!(scope.ends_with("missing scope (users.read)"), "{scope}");
    assert!(
        !blocked.contains("missing scope"),
        "who is blocked is told so, and is no guest: {blocked}"
    );
}

#[tokio::test]
async fn a_missing_scope_is_told_before_a_rate_limit() {
    let dock = Dock::start().await;
    let body = json!({ "email": "ada@example.com", "password": "12345678" });
    let sign_in = || dock.guest().post("/v1/account/sessions").json(&body);
    for _ in 0..10 {
        sign_in().refused(401).await;
    }
    sign_in().refused(429).await;

    let message = dock
        .key()
        .post("/v1/account/sessions")
        .json(&body)
        .refused(401)
        .await;

    assert!(message.ends_with("missing scope (public)"), "{message}");
}

#[tokio::test]
async fn a_blocked_person_is_told_before_a_rate_limit_and_is_not_counted() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    block(&dock, &ada).await;
    let path = format!("/v1/functions/{NOBODY}/executions");
    for _ in 0..61 {
        ada.post(&path).refused(401).await;
    }

    let answer = bob.post(&path).send().await;

    answer.expect_status(404);
    assert_eq!(answer.header("x-ratelimit-remaining"), "59");
    for _ in 0..59 {
        bob.post(&path).refused(404).await;
    }
    bob.post(&path).refused(429).await;
    ada.post(&path).refused(401).await;
}

#[tokio::test]
async fn a_rate_limit_is_told_before_a_way_to_sign_in_that_is_off() {
    let dock = Dock::start().await;
    dock.home().switch_auth("email-password", false).await;
    let post = || dock.guest().post("/v1/account").json(&json!({}));
    for _ in 0..10 {
        post().refused(501).await;
    }

    post().refused(429).await;
}

#[tokio::test]
async fn a_way_to_sign_in_that_is_off_is_told_before_bad_parameters() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    dock.home().switch_auth("email-password", false).await;
    dock.home().switch_auth("invites", false).await;

    for body in [json!({}), json!({ "email": "nonsense", "password": "1" })] {
        for path in ["/v1/account", "/v1/account/sessions"] {
            dock.guest().post(path).json(&body).refused(501).await;
        }
        ada.post("/v1/teams/t/memberships").json(&body).refused(501).await;
    }
}

#[tokio::test]
async fn a_rate_limit_is_told_before_bad_parameters() {
    let dock = Dock::start().await;
    let post = || dock.guest().post("/v1/account").json(&json!({}));
    for _ in 0..10 {
        post().refused(400).await;
    }

    post().refused(429).await;
}

#[tokio::test]
async fn bad_parameters_are_told_before_what_is_not_there() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let nothing = json!({});

    let calls = [
        ada.put(&format!("/v1/teams/{NOBODY}")),
        ada.post(&format!("/v1/teams/{NOBODY}/memberships")),
        dock.key().patch(&format!("/v1/users/{NOBODY}/name")),
        dock.console_owner().patch(&format!("/v1/projects/{NOBODY}")),
        dock.console_owner().post(&format!("/v1/projects/{NOBODY}/keys")),
    ];
    for request in calls {
        let message = request.json(&nothing).refused(400).await;
        assert!(message.starts_with("Param \""), "{message}");
    }
}

#[tokio::test]
async fn a_body_is_not_read_for_who_may_not_speak() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let spoilt = |actor: &drydock_tests::Actor, method: &str, path: &str| {
        actor.request(method, path).body("application/json", "{not json")
    };

    spoilt(&ada, "POST", "/v1/users").refused(401).await;
    assert_eq!(
        spoilt(&dock.guest(), "PATCH", "/v1/account/name")
            .refused(401)
            .await,
        missing("account")
    );
    dock.home().switch_service("teams", false).await;
    spoilt(&ada, "POST", "/v1/teams").refused(503).await;
}
