//! Contract §10: what a server with a key changes of a person: status, address, password, preferences, sessions.

use drydock_tests::{Actor, Dock, Person};
use serde_json::{Value, json};

use crate::NOBODY;
use crate::parameters::{Call, bad_emails, bad_names, bad_passwords};

fn body(id: &str) -> Value {
    json!({
        "userId": id, "email": format!("{id}@Example.com"), "password": format!("password of {id}"), "name": id,
    })
}

async fn create(actor: &Actor, body: &Value) -> Value {
    actor.post("/v1/users").json(body).ok(201).await
}

#[tokio::test]
async fn a_blocked_person_is_401_everywhere_until_let_in_again() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let status = |status: Value| {
        dock.key()
            .patch("/v1/users/ada/status")
            .json(&json!({ "status": status }))
            .ok(200)
    };

    assert_eq!(status(json!(false)).await["status"], false);
    ada.get("/v1/account").refused(401).await;
    let credentials = json!({ "email": ada.email, "password": ada.password });
    let sign_in = || dock.guest().post("/v1/account/sessions").json(&credentials);
    let message = sign_in().refused(401).await;
    assert!(message.starts_with("Invalid credentials"), "{message}");

    assert_eq!(status(json!(true)).await["status"], true);
    ada.account().await;
    sign_in().ok(201).await;
}

#[tokio::test]
async fn a_status_is_a_boolean() {
    let dock = Dock::start().await;
    let key = dock.key();
    create(&key, &body("ada")).await;
    let not_booleans = |name: &'static str| {
        [
            (name, json!("maybe"), ""),
            (name, json!(2), ""),
            (name, json!(["true"]), ""),
            (name, json!({ "a": true }), ""),
        ]
    };

    Call::new(&key, "PATCH /v1/users/ada/status", json!({ "status": true }))
        .needs(&["status"])
        .await
        .refuses(not_booleans("status"))
        .await;
    let good = json!({ "emailVerification": true });
    Call::new(&key, "PATCH /v1/users/ada/verification", good)
        .needs(&["emailVerification"])
        .await
        .refuses(not_booleans("emailVerification"))
        .await;
}

#[tokio::test]
async fn a_boolean_in_a_form_is_a_word() {
    let dock = Dock::start().await;
    let key = dock.key();
    create(&key, &body("ada")).await;
    for (word, expected) in [("false", false), ("true", true), ("0", false), ("1", true)] {
        let user = key
            .patch("/v1/users/ada/status")
            .form(&format!("status={word}"))
            .ok(200)
            .await;
        assert_eq!(user["status"], expected, "{word}");
    }
}

#[tokio::test]
async fn an_address_is_verified_by_hand() {
    let dock = Dock::start().await;
    let key = dock.key();
    create(&key, &body("ada")).await;
    for verified in [true, false] {
        let change = json!({ "emailVerification": verified });
        let user = key
            .patch("/v1/users/ada/verification")
            .json(&change)
            .ok(200)
            .await;
        assert_eq!(user["emailVerification"], verified);
        assert_eq!(key.get("/v1/users/ada").ok(200).await, user);
    }
}

#[tokio::test]
async fn a_key_changes_name_address_and_password_without_the_old_one() {
    let dock = Dock::start().await;
    let key = dock.key();
    create(&key, &body("ada")).await;
    let change = |what: &str, body: Value| key.patch(&format!("/v1/users/ada/{what}")).json(&body).ok(200);

    let named = change("name", json!({ "name": "Countess" })).await;
    let moved = change("email", json!({ "email": "Countess@Example.com" })).await;
    let locked = change("password", json!({ "password": "a new password" })).await;

    assert_eq!(named["name"], "Countess");
    assert_eq!(moved["email"], "countess@example.com");
    assert_eq!(locked["$id"], "ada");
    Person::sign_in(&dock.guest(), "countess@example.com", "a new password").await;
    let old = json!({ "email": "countess@example.com", "password": "password of ada" });
    dock.guest()
        .post("/v1/account/sessions")
        .json(&old)
        .refused(401)
        .await;
}

#[tokio::test]
async fn changes_with_bad_parameters_name_them() {
    let dock = Dock::start().await;
    let key = dock.key();
    create(&key, &body("ada")).await;
    create(&key, &body("bob")).await;

    Call::new(&key, "PATCH /v1/users/ada/name", json!({ "name": "n" }))
        .needs(&["name"])
        .await
        .refuses(bad_names("name"))
        .await;
    Call::new(
        &key,
        "PATCH /v1/users/ada/email",
        json!({ "email": "new@example.com" }),
    )
    .needs(&["email"])
    .await
    .refuses(bad_emails("email"))
    .await;
    Call::new(
        &key,
        "PATCH /v1/users/ada/password",
        json!({ "password": "12345678" }),
    )
    .needs(&["password"])
    .await
    .refuses(bad_passwords("password"))
    .await;
    key.patch("/v1/users/ada/email")
        .json(&json!({ "email": "BOB@example.com" }))
        .refused(409)
        .await;

    let ada = key.get("/v1/users/ada").ok(200).await;
    assert_eq!(
        (&ada["email"], &ada["name"]),
        (&json!("ada@example.com"), &json!("ada"))
    );
}

#[tokio::test]
async fn preferences_are_answered_as_they_are_and_not_as_a_person() {
    let dock = Dock::start().await;
    let key = dock.key();
    create(&key, &body("ada")).await;
    assert_eq!(key.get("/v1/users/ada/prefs").ok(200).await, json!({}));

    let prefs = json!({ "deep": { "list": [1, null] }, "theme": "dark" });
    let answer = key
        .patch("/v1/users/ada/prefs")
        .json(&json!({ "prefs": prefs }))
        .ok(200)
        .await;

    assert_eq!(answer, prefs);
    assert_eq!(key.get("/v1/users/ada/prefs").ok(200).await, prefs);
    assert_eq!(key.get("/v1/users/ada").ok(200).await["prefs"], prefs);
    let emptied = key
        .patch("/v1/users/ada/prefs")
        .json(&json!({ "prefs": [] }))
        .ok(200)
        .await;
    assert_eq!(emptied, json!({}));
}

#[tokio::test]
async fn preferences_are_an_object() {
    let dock = Dock::start().await;
    let key = dock.key();
    create(&key, &body("ada")).await;

    Call::new(&key, "PATCH /v1/users/ada/prefs", json!({ "prefs": {} }))
        .needs(&["prefs"])
        .await
        .refuses([
            ("prefs", json!("{}"), "object"),
            ("prefs", json!(["a"]), "object"),
            ("prefs", json!({ "a": "v".repeat(65_536) }), "65"),
        ])
        .await;
}

#[tokio::test]
async fn a_key_sees_and_ends_the_sessions_of_a_person() {
    let dock = Dock::start().await;
    let key = dock.key();
    let first = dock.sign_up("ada").await;
    let second = first.again().await;
    let third = first.again().await;

    let list = key.get("/v1/users/ada/sessions").ok(200).await;
    assert_eq!(list["sum"], 3);
    for (row, person) in list["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .zip([&first, &second, &third])
    {
        assert_eq!(
            (&row["$id"], &row["current"]),
            (&json!(person.session), &json!(false))
        );
    }

    key.delete(&format!("/v1/users/ada/sessions/{}", first.session))
        .ok(204)
        .await;
    first.get("/v1/account").refused(401).await;
    second.account().await;

    key.delete("/v1/users/ada/sessions").ok(204).await;
    second.get("/v1/account").refused(401).await;
    third.get("/v1/account").refused(401).await;
    assert_eq!(key.get("/v1/users/ada/sessions").ok(200).await["sum"], 0);
}

#[tokio::test]
async fn a_session_of_somebody_else_is_404() {
    let dock = Dock::start().await;
    dock.sign_up("ada").await;
    let bob = dock.sign_up("bob").await;

    for id in [NOBODY, &bob.session] {
        let message = dock
            .key()
            .delete(&format!("/v1/users/ada/sessions/{id}"))
            .refused(404)
            .await;
        assert_eq!(message, "Session not found");
    }

    bob.account().await;
}
