//! Contract §2: tokens of a person: what they claim, how long, and what spoils them.

use drydock_tests::{Clock, Dock, claims, forged};
use serde_json::json;

use crate::missing;

fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs() as i64
}

#[tokio::test]
async fn a_token_names_the_person_and_the_session_for_900_seconds() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;

    let before = now();
    let (header, claims) = claims(&ada.jwt().await);
    let after = now();

    assert_eq!(header["alg"], "HS256");
    assert_eq!(claims["userId"], "ada");
    assert_eq!(claims["sessionId"], ada.session);
    let expires = claims["exp"].as_i64().unwrap();
    assert!((before + 900..=after + 900).contains(&expires), "{claims}");
}

#[tokio::test]
async fn a_token_is_its_person_without_a_cookie() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;

    let account = ada.by_jwt().await.get("/v1/account").ok(200).await;

    assert_eq!(account, ada.account().await);
}

#[tokio::test]
async fn a_token_beats_a_cookie() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    let both = ada.by_jwt().await.header("cookie", &bob.cookie().pair());

    assert_eq!(both.get("/v1/account").ok(200).await["$id"], "ada");
}

#[tokio::test]
async fn a_token_beats_a_key() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let both = ada.by_jwt().await.header("x-appwrite-key", dock.ready("key"));

    assert_eq!(both.get("/v1/account").ok(200).await["$id"], "ada");
    let message = both.get("/v1/functions").refused(401).await;
    assert!(
        message.ends_with("(role: member) missing scope (functions.read)"),
        "{message}"
    );
}

#[tokio::test]
async fn a_token_alone_cannot_make_another() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;

    let message = ada.by_jwt().await.post("/v1/account/jwt").refused(401).await;

    assert_eq!(message, "No valid session found");
}

#[tokio::test]
async fn an_empty_token_is_none() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;

    let guest = dock.guest().header("x-appwrite-jwt", "");
    assert_eq!(guest.get("/v1/account").refused(401).await, missing("account"));
    let by_cookie = guest.header("cookie", &ada.cookie().pair());
    by_cookie.get("/v1/account").ok(200).await;
}

#[tokio::test]
async fn a_token_of_an_ended_session_is_a_guests() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let other = ada.again().await;
    let token = ada.by_jwt().await;

    ada.delete("/v1/account/sessions/current").ok(204).await;

    assert_eq!(token.get("/v1/account").refused(401).await, missing("account"));
    // Not even a session of the same person that lives makes it valid.
    other.by_jwt().await.get("/v1/account").ok(200).await;
    assert_eq!(token.get("/v1/account").refused(401).await, missing("account"));
}

#[tokio::test]
async fn a_token_of_a_deleted_person_is_a_guests() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let token = ada.by_jwt().await;

    dock.key().delete("/v1/users/ada").ok(204).await;

    assert_eq!(token.get("/v1/account").refused(401).await, missing("account"));
}

#[tokio::test]
async fn a_token_of_a_blocked_person_is_401() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let token = ada.by_jwt().await;

    dock.key()
        .patch("/v1/users/ada/status")
        .json(&json!({ "status": false }))
        .ok(200)
        .await;

    token.get("/v1/account").refused(401).await;
}

#[tokio::test]
async fn a_token_that_was_tampered_with_is_401() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let bob = dock.sign_up("bob").await;
    let jwt = ada.jwt().await;
    let (body, signature) = jwt.rsplit_once('.').unwrap();
    let other_signature = bob.jwt().await.rsplit('.').next().unwrap().to_owned();
    let unsigned = forged(&jwt, |header, _| header["alg"] = "none".into());
    let tampered = [
        forged(&jwt, |_, claims| claims["userId"] = "bob".into()),
        forged(&jwt, |_, claims| claims["sessionId"] = bob.session.clone().into()),
        forged(&jwt, |_, claims| claims["exp"] = 4_000_000_000_u32.into()),
        forged(&jwt, |header, _| header["alg"] = "HS512".into()),
        forged(&jwt, |header, _| header["alg"] = "RS256".into()),
        format!("{}.", unsigned.rsplit_once('.').unwrap().0),
        unsigned,
        format!("{body}.{other_signature}"),
        format!("{body}."),
        format!("{body}.{}", &signature[..signature.len() - 2]),
        body.to_owned(),
        format!("{jwt}.{signature}"),
    ];
    for token in tampered {
        refused(&dock, &token).await;
    }
}

#[tokio::test]
async fn what_is_no_token_is_401_on_every_route_with_a_public_one_among_them() {
    let dock = Dock::start().await;
    for token in [
        "garbage",
        ".",
        "..",
        "a.b.c",
        "{}",
        "null",
        "eyJ.eyJ.sig",
        &"x".repeat(5000),
    ] {
        refused(&dock, token).await;
    }
    let body = json!({ "userId": "ada", "email": "ada@example.com", "password": "12345678" });
    let message = dock
        .guest()
        .header("x-appwrite-jwt", "garbage")
        .post("/v1/account")
        .json(&body)
        .refused(401)
        .await;
    assert!(message.starts_with("Failed to verify JWT. "), "{message}");
}

async fn refused(dock: &Dock, token: &str) {
    let actor = dock.guest().header("x-appwrite-jwt", token);
    let message = actor.get("/v1/account").refused(401).await;
    assert!(
        message.starts_with("Failed to verify JWT. "),
        "{token}: {message}"
    );
    // Shorter ones stand in any sentence.
    assert!(
        token.len() < 10 || !message.contains(token),
        "a token is a secret, and no error repeats it: {message}"
    );
}

#[tokio::test]
async fn a_token_is_for_its_own_project() {
    let dock = Dock::start().await;
    let other = dock.project("other").await;
    let ada = dock.sign_up("ada").await;
    other.sign_up("ada").await;

    let elsewhere = other.guest().header("x-appwrite-jwt", &ada.jwt().await);

    elsewhere.get("/v1/account").refused(401).await;
}

#[tokio::test]
async fn a_token_may_do_what_its_person_may() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let token = ada.by_jwt().await;

    token
        .patch("/v1/account/name")
        .json(&json!({ "name": "Countess" }))
        .ok(200)
        .await;
    token.create_team("t").await;
    assert_eq!(ada.account().await["name"], "Countess");
    assert_eq!(ada.team_sum("t").await, 1);
}

#[tokio::test]
async fn a_token_lives_for_900_seconds_and_10_of_grace() {
    let clock = Clock::new();
    let dock = Dock::launch().clock(&clock).start().await;
    let ada = dock.sign_up("ada").await;
    let token = ada.by_jwt().await;

    clock.advance(890);
    token.get("/v1/account").ok(200).await;

    clock.advance(21);
    let message = token.get("/v1/account").refused(401).await;
    assert!(message.starts_with("Failed to verify JWT. "), "{message}");
    ada.by_jwt().await.get("/v1/account").ok(200).await;
}
