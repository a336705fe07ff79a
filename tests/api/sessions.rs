//! Contract §2, §10: sessions: signing in, what a session says, signing out.

use drydock_tests::{Clock, Dock, Person};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::NOBODY;
use crate::parameters::{Call, bad_emails};

const CHROME_ON_WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                                 Chrome/96.0.4664.110 Safari/537.36";
const SAFARI_ON_IPHONE: &str = "Mozilla/5.0 (iPhone; CPU iPhone OS 15_2 like Mac OS X) AppleWebKit/605.1.15 \
                                (KHTML, like Gecko) Version/15.2 Mobile/15E148 Safari/604.1";

/// A year, which a session lives.
const YEAR_SECS: i64 = 365 * 24 * 60 * 60;

fn now() -> i64 {
    std::time::SystemTime::now()
        .duration_since(std::time::UNIX_EPOCH)
        .unwrap()
        .as_secs() as i64
}

fn ids(list: &Value) -> Vec<&str> {
    let rows = list["sessions"].as_array().unwrap();
    assert_eq!(list["sum"], rows.len(), "{list}");
    rows.iter().map(|row| row["$id"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_session_says_whose_it_is_until_when_and_from_where() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;

    let session = ada.get("/v1/account/sessions/current").ok(200).await;

    let expire = session["expire"].as_i64().unwrap();
    assert!((expire - now() - YEAR_SECS).abs() < 2 * 24 * 60 * 60, "{session}");
    let told = [
        "$id",
        "userId",
        "provider",
        "providerUid",
        "providerToken",
        "ip",
        "countryCode",
        "countryName",
        "current",
    ]
    .map(|field| (field.to_owned(), session[field].clone()));
    let told = Value::Object(told.into_iter().collect());
    assert_json_snapshot!(told, { "[\"$id\"]" => "[id]" }, @r#"
    {
      "$id": "[id]",
      "userId": "ada",
      "provider": "email",
      "providerUid": "ada@example.com",
      "providerToken": "",
      "ip": "127.0.0.1",
      "countryCode": "--",
      "countryName": "Unknown",
      "current": true
    }
    "#);
}

#[tokio::test]
async fn the_user_agent_becomes_system_client_and_device() {
    let dock = Dock::start().await;
    dock.sign_up("ada").await;
    let sign_in = async |agent: &str| {
        let body = json!({ "email": "ada@example.com", "password": "password of ada" });
        dock.guest()
            .post("/v1/account/sessions")
            .header("user-agent", agent)
            .json(&body)
            .ok(201)
            .await
    };
    let has = |session: &Value, field: &str, part: &str| {
        assert!(
            session[field].as_str().unwrap().contains(part),
            "{field} has no {part}: {session}"
        );
    };

    let desktop = sign_in(CHROME_ON_WINDOWS).await;
    has(&desktop, "osName", "Windows");
    assert_eq!(desktop["osCode"], "WIN");
    has(&desktop, "clientName", "Chrome");
    has(&desktop, "clientVersion", "96");
    assert_eq!(desktop["clientType"], "browser");
    assert_eq!(desktop["deviceName"], "desktop");
    assert_eq!(desktop["current"], true);

    let phone = sign_in(SAFARI_ON_IPHONE).await;
    assert_eq!(phone["osCode"], "IOS");
    has(&phone, "clientName", "Safari");
    assert_eq!(phone["deviceName"], "smartphone");

    // Whatever else it says, a session begins.
    for strange in ["", "curl/7.81.0", "Mozilla/5.0 (", &"x".repeat(4000)] {
        sign_in(strange).await;
    }
}

#[tokio::test]
async fn an_address_signs_in_in_any_case() {
    let dock = Dock::start().await;
    dock.sign_up("ada").await;

    Person::sign_in(&dock.guest(), "ADA@Example.Com", "password of ada").await;
}

#[tokio::test]
async fn wrong_credentials_do_not_tell_whether_there_is_such_a_person() {
    let dock = Dock::start().await;
    dock.sign_up("ada").await;
    let sign_in = |email: &str, password: &str| {
        dock.guest()
            .post("/v1/account/sessions")
            .json(&json!({ "email": email, "password": password }))
            .refused(401)
    };

    let wrong_password = sign_in("ada@example.com", "not her password").await;
    let nobody = sign_in("nobody@example.com", "not her password").await;

    assert_eq!(wrong_password, "Invalid credentials");
    assert_eq!(nobody, "Invalid credentials");
}

#[tokio::test]
async fn signing_in_needs_an_address_and_a_password() {
    let dock = Dock::unlimited().start().await;
    let guest = dock.guest();
    let body = json!({ "email": "ada@example.com", "password": "12345678" });

    Call::new(&guest, "POST /v1/account/sessions", body)
        .needs(&["email", "password"])
        .await
        .refuses(bad_emails("email"))
        .await
        .refuses([
            ("password", json!(["12345678"]), ""),
            ("password", json!({ "a": "b" }), ""),
        ])
        .await;
}

#[tokio::test]
async fn one_may_sign_in_by_a_form() {
    let dock = Dock::start().await;
    dock.sign_up("ada").await;

    let session = dock
        .guest()
        .post("/v1/account/sessions")
        .form("email=ada%40example.com&password=password+of+ada")
        .ok(201)
        .await;

    assert_eq!(session["userId"], "ada");
}

#[tokio::test]
async fn a_key_cannot_sign_in_because_it_is_no_guest() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let body = json!({ "email": ada.email, "password": ada.password });

    for path in ["/v1/account/sessions", "/v1/account/sessions/anonymous"] {
        let message = dock.key().post(path).json(&body).refused(401).await;
        assert!(message.ends_with("missing scope (public)"), "{message}");
    }
}

#[tokio::test]
async fn sessions_are_listed_for_their_person_and_one_of_them_is_current() {
    let dock = Dock::start().await;
    let first = dock.sign_up("ada").await;
    let second = first.again().await;
    dock.sign_up("bob").await;

    let list = second.get("/v1/account/sessions").ok(200).await;

    assert_eq!(ids(&list), [&first.session, &second.session]);
    let current: Vec<_> = list["sessions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["current"].as_bool().unwrap())
        .collect();
    assert_eq!(current, [false, true]);
}

#[tokio::test]
async fn a_session_is_read_by_its_id_or_as_current() {
    let dock = Dock::start().await;
    let first = dock.sign_up("ada").await;
    let second = first.again().await;
    let read = |path: String| second.get(&path).ok(200);

    let current = read("/v1/account/sessions/current".into()).await;
    let by_id = read(format!("/v1/account/sessions/{}", second.session)).await;
    let other = read(format!("/v1/account/sessions/{}", first.session)).await;

    assert_eq!(current, by_id);
    assert_eq!(current["$id"], second.session);
    assert_eq!(
        (&other["$id"], &other["current"]),
        (&json!(first.session), &json!(false))
    );
}

#[tokio::test]
async fn a_session_of_nobody_or_of_somebody_else_is_404() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let bob = dock.sign_up("bob").await;
    for id in [NOBODY, &bob.session] {
        let path = format!("/v1/account/sessions/{id}");
        assert_eq!(ada.get(&path).refused(404).await, "Session not found");
        assert_eq!(ada.delete(&path).refused(404).await, "Session not found");
    }
    bob.account().await;
    let message = ada.get("/v1/account/sessions/-x").refused(400).await;
    assert!(message.starts_with("Invalid sessionId: "), "{message}");
}

#[tokio::test]
async fn signing_out_ends_one_session_and_no_other() {
    let dock = Dock::start().await;
    let first = dock.sign_up("ada").await;
    let second = first.again().await;

    first.delete("/v1/account/sessions/current").ok(204).await;

    first.get("/v1/account").refused(401).await;
    let list = second.get("/v1/account/sessions").ok(200).await;
    assert_eq!(ids(&list), [&second.session]);
}

#[tokio::test]
async fn another_session_of_ones_own_may_be_ended_by_its_id() {
    let dock = Dock::start().await;
    let first = dock.sign_up("ada").await;
    let second = first.again().await;

    second
        .delete(&format!("/v1/account/sessions/{}", first.session))
        .ok(204)
        .await;

    first.get("/v1/account").refused(401).await;
    second.account().await;
}

#[tokio::test]
async fn signing_out_everywhere_ends_every_session_of_the_person() {
    let dock = Dock::start().await;
    let first = dock.sign_up("ada").await;
    let second = first.again().await;
    let bob = dock.sign_up("bob").await;

    first.delete("/v1/account/sessions").ok(204).await;

    first.get("/v1/account").refused(401).await;
    second.get("/v1/account").refused(401).await;
    bob.account().await;
    first.again().await;
}

#[tokio::test]
async fn an_anonymous_person_has_an_account_without_name_address_or_password() {
    let dock = Dock::start().await;

    let somebody = Person::anonymous(&dock.guest()).await;

    let session = somebody.get("/v1/account/sessions/current").ok(200).await;
    assert_eq!(session["provider"], "anonymous");
    let account = somebody.account().await;
    assert_json_snapshot!(account, {
        "[\"$id\"]" => "[id]", ".registration" => "[unix]"
    }, @r#"
    {
      "$id": "[id]",
      "email": "",
      "emailVerification": false,
      "name": "",
      "passwordUpdate": 0,
      "prefs": {},
      "registration": "[unix]",
      "status": true
    }
    "#);
}

#[tokio::test]
async fn every_anonymous_session_is_somebody_else() {
    let dock = Dock::start().await;

    let one = Person::anonymous(&dock.guest()).await;
    let other = Person::anonymous(&dock.guest()).await;

    assert_ne!(one.id, other.id);
    assert_eq!(dock.key().get("/v1/users").ok(200).await["sum"], 2);
}

#[tokio::test]
async fn who_is_signed_in_already_cannot_become_anonymous() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;

    ada.post("/v1/account/sessions/anonymous").refused(401).await;
    let anonymous = Person::anonymous(&dock.guest()).await;
    anonymous
        .post("/v1/account/sessions/anonymous")
        .refused(401)
        .await;

    assert_eq!(dock.key().get("/v1/users").ok(200).await["sum"], 2);
}

#[tokio::test]
async fn who_is_signed_in_is_a_person_even_with_a_key() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let both = dock.key().header("cookie", &ada.cookie().pair());

    assert_eq!(both.get("/v1/account").ok(200).await["$id"], "ada");
    let message = both.get("/v1/functions").refused(401).await;
    assert!(
        message.ends_with("(role: member) missing scope (functions.read)"),
        "{message}"
    );
}

#[tokio::test]
async fn sessions_survive_a_restart_of_the_server() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let jwt = ada.jwt().await;

    let after = Dock::launch().on(&dock.crash()).start().await;

    let guest = after.guest();
    let by_cookie = guest.clone().header("cookie", &ada.cookie().pair());
    assert_eq!(by_cookie.get("/v1/account").ok(200).await["$id"], "ada");
    let by_jwt = guest.header("x-appwrite-jwt", &jwt);
    assert_eq!(by_jwt.get("/v1/account").ok(200).await["$id"], "ada");
}

#[tokio::test]
async fn a_session_ends_after_a_year() {
    let clock = Clock::new();
    let dock = Dock::launch().clock(&clock).start().await;
    let ada = dock.sign_up("ada").await;

    clock.advance(YEAR_SECS - 2 * 24 * 60 * 60);
    ada.account().await;

    clock.advance(4 * 24 * 60 * 60);
    ada.get("/v1/account").refused(401).await;
    ada.again().await;
}
