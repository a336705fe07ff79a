//! Contract §10: a person's own account: how it is made, changed and given up.

use drydock_tests::{Dock, Person};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::missing;
use crate::parameters::{Call, bad_emails, bad_ids, bad_names, bad_passwords};

fn ada() -> Value {
    json!({ "userId": "ada", "email": "Ada.L@Example.COM", "password": "12345678", "name": "Ada" })
}

#[tokio::test]
async fn a_guest_makes_an_account_whose_address_is_kept_in_small_letters() {
    let dock = Dock::start().await;

    let account = dock.guest().post("/v1/account").json(&ada()).ok(201).await;

    assert_json_snapshot!(account, { ".registration" => "[unix]", ".passwordUpdate" => "[unix]" }, @r#"
    {
      "$id": "ada",
      "email": "ada.l@example.com",
      "emailVerification": false,
      "name": "Ada",
      "passwordUpdate": "[unix]",
      "prefs": {},
      "registration": "[unix]",
      "status": true
    }
    "#);
    for date in ["registration", "passwordUpdate"] {
        assert!(
            account[date].as_i64().is_some_and(|unix| unix > 1_600_000_000),
            "{account}"
        );
    }
}

#[tokio::test]
async fn a_name_may_be_left_out_and_an_id_made() {
    let dock = Dock::start().await;
    let body = json!({ "userId": "unique()", "email": "a@b.example", "password": "ü".repeat(8) });

    let account = dock.guest().post("/v1/account").json(&body).ok(201).await;

    assert_eq!(account["name"], "");
    assert_eq!(account["$id"].as_str().unwrap().len(), 20, "{account}");
}

#[tokio::test]
async fn an_account_may_be_asked_for_by_a_form() {
    let dock = Dock::start().await;
    let form = "userId=form&email=form%40example.com&password=two+words&name=Caf%C3%A9";

    let account = dock.guest().post("/v1/account").form(form).ok(201).await;

    assert_eq!(account["name"], "Café");
    Person::sign_in(&dock.guest(), "form@example.com", "two words").await;
}

#[tokio::test]
async fn signing_up_with_bad_parameters_names_them_and_makes_no_account() {
    let dock = Dock::unlimited().start().await;
    let guest = dock.guest();

    Call::new(&guest, "POST /v1/account", ada())
        .needs(&["userId", "email", "password"])
        .await
        .refuses(bad_ids("userId"))
        .await
        .refuses(bad_emails("email"))
        .await
        .refuses(bad_passwords("password"))
        .await
        .refuses(bad_names("name"))
        .await;

    assert_eq!(dock.key().get("/v1/users").ok(200).await["sum"], 0);
}

#[tokio::test]
async fn an_address_in_use_is_409_in_any_case_and_so_is_an_id() {
    let dock = Dock::start().await;
    let guest = dock.guest();
    guest.post("/v1/account").json(&ada()).ok(201).await;

    let mut other_id = ada();
    other_id["userId"] = "other".into();
    other_id["email"] = "ADA.l@example.com".into();
    let message = guest.post("/v1/account").json(&other_id).refused(409).await;
    assert_eq!(message, "Account already exists");

    let mut other_address = ada();
    other_address["email"] = "other@example.com".into();
    guest.post("/v1/account").json(&other_address).refused(409).await;

    assert_eq!(dock.key().get("/v1/users").ok(200).await["sum"], 1);
}

#[tokio::test]
async fn a_key_cannot_sign_up_because_it_is_no_guest() {
    let dock = Dock::start().await;

    let message = dock.key().post("/v1/account").json(&ada()).refused(401).await;

    assert!(message.ends_with("missing scope (public)"), "{message}");
}

#[tokio::test]
async fn an_account_is_read_by_its_person_alone() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;

    assert_eq!(ada.account().await["$id"], "ada");
    let message = dock.guest().get("/v1/account").refused(401).await;
    assert_eq!(message, missing("account"));
    let message = dock.key().get("/v1/account").refused(401).await;
    assert!(message.ends_with("missing scope (account)"), "{message}");
}

#[tokio::test]
async fn who_is_signed_in_may_make_another_account() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let body = json!({ "userId": "second", "email": "second@example.com", "password": "12345678" });

    ada.post("/v1/account").json(&body).ok(201).await;

    assert_eq!(ada.account().await["$id"], "ada");
}

#[tokio::test]
async fn the_empty_bodies_of_the_python_sdk_are_ignored() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let other = ada.again().await;
    let empty = json!({});

    ada.get("/v1/account").json(&empty).ok(200).await;
    ada.get("/v1/account/logs").json(&empty).ok(200).await;
    other
        .delete("/v1/account/sessions/current")
        .json(&empty)
        .ok(204)
        .await;
    ada.delete("/v1/account").json(&empty).ok(204).await;
}

#[tokio::test]
async fn who_never_had_a_password_chooses_one_without_an_old_one() {
    let dock = Dock::start().await;
    let anonymous = Person::anonymous(&dock.guest()).await;

    let account = anonymous
        .patch("/v1/account/password")
        .json(&json!({ "password": "12345678" }))
        .ok(200)
        .await;

    assert!(
        account["passwordUpdate"]
            .as_i64()
            .is_some_and(|unix| unix > 1_600_000_000),
        "{account}"
    );
}

#[tokio::test]
async fn no_part_of_an_account_is_changed_or_read_by_a_guest_or_a_key() {
    let dock = Dock::start().await;
    for (method, path) in [
        ("DELETE", "/v1/account"),
        ("PATCH", "/v1/account/name"),
        ("PATCH", "/v1/account/email"),
        ("PATCH", "/v1/account/password"),
        ("PATCH", "/v1/account/prefs"),
        ("GET", "/v1/account/prefs"),
        ("GET", "/v1/account/logs"),
        ("GET", "/v1/account/sessions"),
        ("DELETE", "/v1/account/sessions"),
        ("GET", "/v1/account/sessions/current"),
        ("DELETE", "/v1/account/sessions/current"),
        ("POST", "/v1/account/jwt"),
        ("POST", "/v1/account/verification"),
    ] {
        for actor in [dock.guest(), dock.key()] {
            let message = actor.request(method, path).refused(401).await;
            assert!(
                message.ends_with("missing scope (account)"),
                "{method} {path}: {message}"
            );
        }
    }
}

#[tokio::test]
async fn a_person_changes_their_name() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;

    let body = json!({ "name": "Ada Lovelace" });
    let changed = ada.patch("/v1/account/name").json(&body).ok(200).await;

    assert_eq!(changed["name"], "Ada Lovelace");
    assert_eq!(ada.account().await, changed);
    Call::new(&ada, "PATCH /v1/account/name", body)
        .needs(&["name"])
        .await
        .refuses(bad_names("name"))
        .await;
}

#[tokio::test]
async fn a_changed_address_is_lower_cased_unverified_and_the_one_to_sign_in_with() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    dock.key()
        .patch("/v1/users/ada/verification")
        .json(&json!({ "emailVerification": true }))
        .ok(200)
        .await;
    assert_eq!(ada.account().await["emailVerification"], true);

    let body = json!({ "email": "Countess@Example.com", "password": ada.password });
    let changed = ada.patch("/v1/account/email").json(&body).ok(200).await;

    assert_eq!(changed["email"], "countess@example.com");
    assert_eq!(changed["emailVerification"], false);
    Person::sign_in(&dock.guest(), "countess@example.com", &ada.password).await;
    let old = json!({ "email": ada.email, "password": ada.password });
    dock.guest()
        .post("/v1/account/sessions")
        .json(&old)
        .refused(401)
        .await;
}

#[tokio::test]
async fn an_address_changes_only_with_the_password_and_to_one_that_is_free() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    dock.sign_up("bob").await;
    let change = |email: &str, password: &str| {
        ada.patch("/v1/account/email")
            .json(&json!({ "email": email, "password": password }))
    };

    change("new@example.com", "not the password").refused(401).await;
    change("Bob@example.com", &ada.password).refused(409).await;
    let body = json!({ "email": "new@example.com", "password": ada.password });
    Call::new(&ada, "PATCH /v1/account/email", body)
        .needs(&["email", "password"])
        .await
        .refuses(bad_emails("email"))
        .await;

    assert_eq!(ada.account().await["email"], "ada@example.com");
}

#[tokio::test]
async fn a_password_changes_with_the_old_one() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let body = json!({ "password": "a new password", "oldPassword": ada.password });

    ada.patch("/v1/account/password").json(&body).ok(200).await;

    Person::sign_in(&dock.guest(), &ada.email, "a new password").await;
    let old = json!({ "email": ada.email, "password": ada.password });
    let message = dock
        .guest()
        .post("/v1/account/sessions")
        .json(&old)
        .refused(401)
        .await;
    assert_eq!(message, "Invalid credentials");
}

#[tokio::test]
async fn a_password_does_not_change_without_the_old_one() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let change = |body: Value| ada.patch("/v1/account/password").json(&body);

    change(json!({ "password": "a new password" })).refused(401).await;
    change(json!({ "password": "a new password", "oldPassword": "" }))
        .refused(401)
        .await;
    change(json!({ "password": "a new password", "oldPassword": "not the old one" }))
        .refused(401)
        .await;
    let body = json!({ "password": "a new password", "oldPassword": ada.password });
    Call::new(&ada, "PATCH /v1/account/password", body)
        .needs(&["password"])
        .await
        .refuses(bad_passwords("password"))
        .await;

    ada.again().await;
}

#[tokio::test]
async fn preferences_are_empty_at_first_and_then_what_the_person_wrote() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    assert_eq!(ada.get("/v1/account/prefs").ok(200).await, json!({}));

    let prefs = json!({ "theme": "dark", "size": 12, "deep": { "list": [1, true, null, "ü"], "none": {} } });
    let answer = ada
        .patch("/v1/account/prefs")
        .json(&json!({ "prefs": prefs }))
        .ok(200)
        .await;

    assert_eq!(answer["$id"], "ada", "the answer is the person: {answer}");
    assert_eq!(answer["prefs"], prefs);
    assert_eq!(ada.get("/v1/account/prefs").ok(200).await, prefs);
}

#[tokio::test]
async fn preferences_may_be_emptied_again_by_an_empty_object_or_array() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    for empty in [json!({}), json!([])] {
        let write = |prefs: Value| {
            ada.patch("/v1/account/prefs")
                .json(&json!({ "prefs": prefs }))
                .ok(200)
        };
        write(json!({ "a": "b" })).await;
        assert_eq!(write(empty).await["prefs"], json!({}));
        assert_eq!(ada.get("/v1/account/prefs").ok(200).await, json!({}));
    }
}

#[tokio::test]
async fn preferences_are_an_object_of_at_most_65535_bytes() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    // {"a":"…"} has 8 bytes around the value.
    let largest = json!({ "prefs": { "a": "v".repeat(65_535 - 8) } });

    ada.patch("/v1/account/prefs").json(&largest).ok(200).await;

    Call::new(&ada, "PATCH /v1/account/prefs", json!({ "prefs": {} }))
        .needs(&["prefs"])
        .await
        .refuses([
            ("prefs", json!("{\"a\":\"b\"}"), "object"),
            ("prefs", json!(["a"]), "object"),
            ("prefs", json!(7), ""),
            ("prefs", json!(true), ""),
            ("prefs", json!({ "a": "v".repeat(65_536) }), "65"),
        ])
        .await;
}

#[tokio::test]
async fn preferences_may_come_in_a_form() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;

    ada.patch("/v1/account/prefs")
        .form("prefs[theme]=dark&prefs%5Blanguage%5D=de")
        .ok(200)
        .await;

    let prefs = ada.get("/v1/account/prefs").ok(200).await;
    assert_eq!(prefs, json!({ "language": "de", "theme": "dark" }));
}

#[tokio::test]
async fn a_deleted_account_is_blocked_and_its_address_stays_taken() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let elsewhere = ada.again().await;

    ada.delete("/v1/account").ok(204).await;

    for session in [&ada, &elsewhere] {
        session.get("/v1/account").refused(401).await;
    }
    let credentials = json!({ "email": ada.email, "password": ada.password });
    let message = dock
        .guest()
        .post("/v1/account/sessions")
        .json(&credentials)
        .refused(401)
        .await;
    assert!(message.starts_with("Invalid credentials"), "{message}");
    let again = json!({ "userId": "unique()", "email": ada.email, "password": "12345678" });
    let message = dock.guest().post("/v1/account").json(&again).refused(409).await;
    assert_eq!(message, "Account already exists");
    let row = dock.key().get("/v1/users/ada").ok(200).await;
    assert_eq!(row["status"], false, "{row}");
}
