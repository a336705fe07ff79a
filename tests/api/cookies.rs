//! Contract §2: how a session travels: cookies, their attributes, and the header for browsers that block them.

use drydock_tests::{Actor, Answer, Dock, decoded_cookie};
use serde_json::{Value, json};

use crate::missing;

const MAIN: &str = "a_session_default";
const LEGACY: &str = "a_session_default_legacy";

async fn sign_in(actor: &Actor) -> Answer {
    let body = json!({ "email": "ada@example.com", "password": "password of ada" });
    let answer = actor.post("/v1/account/sessions").json(&body).send().await;
    answer.expect_status(201);
    answer
}

/// Whom a request with that header comes from; nothing for a guest.
async fn who(dock: &Dock, headers: &[(&str, &str)]) -> Option<String> {
    let actor = headers
        .iter()
        .fold(dock.guest(), |actor, (name, value)| actor.header(name, value));
    let answer = actor.get("/v1/account").send().await;
    if answer.status == 401 {
        assert_eq!(answer.message(), missing("account"), "{headers:?}");
        return None;
    }
    answer.expect_status(200);
    Some(answer.json()["$id"].as_str().unwrap().to_owned())
}

#[tokio::test]
async fn signing_in_over_http_sets_two_cookies_with_exactly_these_attributes() {
    let dock = Dock::start().await;
    dock.sign_up("ada").await;

    let answer = sign_in(&dock.guest()).await;

    let names: Vec<_> = answer.cookies().into_iter().map(|cookie| cookie.name).collect();
    assert_eq!(names.len(), 2, "{answer}");
    let (main, legacy) = (answer.cookie(MAIN), answer.cookie(LEGACY));
    assert_eq!(main.value, legacy.value);
    for cookie in [&main, &legacy] {
        assert_eq!(cookie.attribute("path"), Some("/"), "{cookie:?}");
        assert_eq!(cookie.attribute("httponly"), Some(""), "{cookie:?}");
        let lasting = cookie.attribute("max-age").is_some() || cookie.attribute("expires").is_some();
        assert!(lasting, "{cookie:?}");
        for never in ["domain", "secure"] {
            assert_eq!(cookie.attribute(never), None, "{cookie:?}");
        }
    }
    assert_eq!(main.attribute("samesite"), Some("Lax"));
    assert_eq!(legacy.attribute("samesite"), None);
    let known = ["path", "httponly", "max-age", "expires", "samesite"];
    for name in main.attributes() {
        assert!(known.contains(&name), "{name} in {main:?}");
    }
}

#[tokio::test]
async fn a_cookie_lives_for_a_year() {
    let dock = Dock::start().await;
    dock.sign_up("ada").await;

    let cookie = sign_in(&dock.guest()).await.cookie(MAIN);

    if let Some(secs) = cookie.attribute("max-age") {
        let days = secs.parse::<i64>().unwrap() / 86_400;
        assert!((364..=366).contains(&days), "{cookie:?}");
    } else {
        let expires = cookie.attribute("expires").unwrap();
        let year = |date: &str| -> Option<i32> {
            date.split([' ', '-'])
                .find_map(|part| part.parse().ok().filter(|year: &i32| *year > 2000))
        };
        let now = sign_in(&dock.guest()).await;
        let now = year(now.header("date")).expect("an answer says its date");
        assert_eq!(year(expires), Some(now + 1), "{cookie:?}");
    }
}

#[tokio::test]
async fn a_name_of_this_machine_gets_a_cookie_without_a_domain_too() {
    let dock = Dock::start().await;
    dock.sign_up("ada").await;
    let port = dock.origin().rsplit(':').next().unwrap().to_owned();

    let named = dock.guest().header("host", &format!("localhost:{port}"));
    let cookie = sign_in(&named).await.cookie(MAIN);

    assert_eq!(cookie.attribute("domain"), None, "{cookie:?}");
}

#[tokio::test]
async fn a_cookie_is_base64_of_the_persons_id_and_a_secret() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;

    let session = decoded_cookie(&ada.cookie().value);

    let fields: Vec<_> = session.as_object().unwrap().keys().collect();
    assert_eq!(fields, ["id", "secret"]);
    assert_eq!(session["id"], "ada");
    assert!(
        session["secret"]
            .as_str()
            .is_some_and(|secret| secret.len() >= 32),
        "{session}"
    );
}

#[tokio::test]
async fn every_session_has_a_secret_of_its_own() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;

    let again = ada.again().await;

    assert_ne!(ada.cookie().value, again.cookie().value);
}

#[tokio::test]
async fn either_cookie_signs_in_also_among_others_and_percent_encoded() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let value = &ada.cookie().value;
    let encoded: Vec<_> = value.bytes().map(|byte| format!("%{byte:02x}")).collect();
    let encoded = encoded.concat();
    for cookie in [
        format!("{MAIN}={value}"),
        format!("{LEGACY}={value}"),
        format!("{MAIN}={value}; {LEGACY}={value}"),
        format!("theme=dark; {MAIN}={value}; note=\"a b\"; =; ; x"),
        format!("theme=dark;{MAIN}={value};other=1"),
        format!("{MAIN}={}", value.replace('=', "%3D")),
        format!("{MAIN}={encoded}"),
        format!("{LEGACY}={encoded}"),
    ] {
        assert_eq!(
            who(&dock, &[("cookie", &cookie)]).await.as_deref(),
            Some("ada"),
            "{cookie}"
        );
    }
}

#[tokio::test]
async fn a_cookie_that_cannot_be_read_is_a_guests() {
    let dock = Dock::start().await;
    let b64 = |text: &str| {
        use base64::Engine;
        base64::engine::general_purpose::STANDARD.encode(text)
    };
    let ada = dock.sign_up("ada").await;
    let secret = decoded_cookie(&ada.cookie().value)["secret"].clone();
    for value in [
        String::new(),
        "garbage".into(),
        "%".into(),
        "%%%".into(),
        "%ff%fe".into(),
        "=".into(),
        "\"".into(),
        b64("not json"),
        b64("null"),
        b64("[]"),
        b64("[1,2]"),
        b64("17"),
        b64("{}"),
        b64("{\"id\":\"ada\"}"),
        b64("{\"id\":1,\"secret\":2}"),
        b64("{\"id\":null,\"secret\":null}"),
        b64(&json!({ "id": ["ada"], "secret": secret }).to_string()),
        b64(&json!({ "id": "ada", "secret": "" }).to_string()),
        b64(&json!({ "id": "ada", "secret": "0".repeat(256) }).to_string()),
        b64(&json!({ "id": "bob", "secret": secret }).to_string()),
        b64(&json!({ "id": "", "secret": secret }).to_string()),
        b64(&format!("{{\"id\":\"ada\",\"secret\":\"{}\"}}", "x".repeat(3000))),
        ada.cookie().value[..20].to_owned(),
    ] {
        let cookie = format!("{MAIN}={value}");
        assert_eq!(who(&dock, &[("cookie", &cookie)]).await, None, "{cookie}");
    }
}

#[tokio::test]
async fn who_has_an_unreadable_cookie_can_still_sign_in() {
    let dock = Dock::start().await;
    dock.sign_up("ada").await;

    sign_in(&dock.guest().header("cookie", &format!("{MAIN}=%%%garbage"))).await;
}

#[tokio::test]
async fn a_cookie_is_for_its_own_project() {
    let dock = Dock::start().await;
    let other = dock.project("other").await;
    let here = dock.sign_up("ada").await;
    let there = other.sign_up("ada").await;

    assert_eq!(there.cookie().name, "a_session_other");
    let renamed = format!("{MAIN}={}", there.cookie().value);
    assert_eq!(who(&dock, &[("cookie", &there.cookie().pair())]).await, None);
    assert_eq!(who(&dock, &[("cookie", &renamed)]).await, None);
    let both = format!("{}; {}", there.cookie().pair(), here.cookie().pair());
    assert_eq!(who(&dock, &[("cookie", &both)]).await.as_deref(), Some("ada"));
}

#[tokio::test]
async fn signing_in_hands_the_cookie_to_the_page_as_a_header_too() {
    let dock = Dock::start().await;
    dock.sign_up("ada").await;
    let page = dock.guest().header("origin", "http://localhost:3000");
    for actor in [dock.guest(), page] {
        let answer = sign_in(&actor).await;
        let fallback = answer.fallback_cookies();
        assert_eq!(fallback[MAIN], answer.cookie(MAIN).value, "{answer}");
    }
}

#[tokio::test]
async fn the_fallback_header_signs_in_where_there_is_no_cookie() {
    let dock = Dock::start().await;
    dock.sign_up("ada").await;

    let answer = sign_in(&dock.guest()).await;
    let header = answer.header("x-fallback-cookies");

    assert_eq!(
        who(&dock, &[("x-fallback-cookies", header)]).await.as_deref(),
        Some("ada")
    );
}

#[tokio::test]
async fn a_fallback_header_that_cannot_be_read_is_a_guests() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let other_name = json!({ "a_session_other": ada.cookie().value }).to_string();
    for value in [
        "",
        "''",
        "garbage",
        "null",
        "[]",
        "{}",
        "17",
        "\"text\"",
        "[\"a_session_default\"]",
        "{\"a_session_default\":",
        "{\"a_session_default\":5}",
        "{\"a_session_default\":null}",
        "{\"a_session_default\":\"garbage\"}",
        "{\"a_session_default\":{\"id\":\"ada\"}}",
        &other_name,
    ] {
        assert_eq!(
            who(&dock, &[("x-fallback-cookies", value)]).await,
            None,
            "{value}"
        );
    }
}

#[tokio::test]
async fn garbage_in_the_fallback_header_does_no_harm_beside_a_cookie() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    for value in ["", "garbage", "[]", "{\"a_session_default\":5}"] {
        let headers = [("cookie", &*ada.cookie().pair()), ("x-fallback-cookies", value)];
        assert_eq!(who(&dock, &headers).await.as_deref(), Some("ada"), "{value}");
    }
}

#[tokio::test]
async fn a_cookie_that_decodes_beats_the_fallback_header() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    let fallback = json!({ MAIN: ada.cookie().value }).to_string();
    let with = |cookie: String| {
        let dock = &dock;
        let fallback = &fallback;
        async move { who(dock, &[("cookie", &cookie), ("x-fallback-cookies", fallback)]).await }
    };

    assert_eq!(with(bob.cookie().pair()).await.as_deref(), Some("bob"));
    assert_eq!(with(format!("{MAIN}=garbage")).await.as_deref(), Some("ada"));
    assert_eq!(with("theme=dark".into()).await.as_deref(), Some("ada"));
}

#[tokio::test]
async fn signing_out_takes_the_cookies_away_and_empties_the_fallback() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    for path in [
        "/v1/account/sessions/current".to_owned(),
        "/v1/account/sessions".to_owned(),
    ] {
        let session = ada.again().await;
        taken_away(&session.delete(&path).send().await);
    }
    let session = ada.again().await;
    let by_id = format!("/v1/account/sessions/{}", session.session);
    taken_away(&session.delete(&by_id).send().await);
}

#[tokio::test]
async fn deleting_an_account_takes_the_cookies_away_and_empties_the_fallback() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;

    taken_away(&ada.delete("/v1/account").send().await);
}

#[tokio::test]
async fn ending_another_session_leaves_the_cookies_of_this_one() {
    let dock = Dock::start().await;
    let first = dock.sign_up("ada").await;
    let second = first.again().await;

    let answer = second
        .delete(&format!("/v1/account/sessions/{}", first.session))
        .send()
        .await;

    answer.expect_status(204);
    assert!(answer.cookies().is_empty(), "{answer}");
}

#[tokio::test]
async fn an_anonymous_session_sets_the_same_cookies() {
    let dock = Dock::start().await;

    let answer = dock.guest().post("/v1/account/sessions/anonymous").send().await;

    answer.expect_status(201);
    assert_eq!(answer.cookie(MAIN).value, answer.cookie(LEGACY).value);
    assert_eq!(answer.fallback_cookies()[MAIN], answer.cookie(MAIN).value);
}

#[tokio::test]
async fn an_answer_that_begins_no_session_sets_no_cookie() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let wrong = json!({ "email": ada.email, "password": "not her password" });
    let answers = [
        ada.get("/v1/account").send().await,
        dock.guest().get("/v1/account").send().await,
        dock.guest()
            .post("/v1/account/sessions")
            .json(&wrong)
            .send()
            .await,
        ada.post("/v1/account/jwt").send().await,
    ];
    for answer in answers {
        assert!(answer.cookies().is_empty(), "{answer}");
        assert_eq!(answer.header("x-fallback-cookies"), "", "{answer}");
    }
}

fn taken_away(answer: &Answer) {
    answer.expect_status(204);
    for name in [MAIN, LEGACY] {
        let cookie = answer.cookie(name);
        assert!(cookie.is_removal(), "{cookie:?}");
        assert_eq!(cookie.attribute("path"), Some("/"), "{cookie:?}");
    }
    assert_eq!(answer.fallback_cookies(), Value::Array(Vec::new()), "{answer}");
}
