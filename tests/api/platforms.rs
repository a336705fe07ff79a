//! Contract §1, §10: platforms: whose pages may use the API from a browser.

use drydock_tests::{Dock, Project};
use insta::assert_json_snapshot;
use serde_json::{Value, json};

use crate::NOBODY;
use crate::parameters::{Call, bad_names};

const PAGE: &str = "https://app.example";

fn web() -> Value {
    json!({ "type": "web", "name": "App", "hostname": "app.example" })
}

/// Whether a page may change things; it is not signed in, so a scope stops it after the origin was looked at.
async fn may_write(project: &Project, origin: &str) -> bool {
    let answer = project
        .guest()
        .post("/v1/teams")
        .header("origin", origin)
        .json(&json!({}))
        .send()
        .await;
    match answer.status {
        401 => true,
        403 => {
            let message = answer.message();
            assert!(message.starts_with("Invalid Origin. "), "{message}");
            false
        }
        _ => panic!("{answer}"),
    }
}

#[tokio::test]
async fn a_platform_is_made_with_what_it_was_given() {
    let dock = Dock::start().await;

    let platforms = dock.home().path("platforms");
    let platform = dock.console_owner().post(&platforms).json(&web()).ok(201).await;

    assert_json_snapshot!(platform, { "[\"$id\"]" => "[id]" }, @r#"
    {
      "$id": "[id]",
      "hostname": "app.example",
      "httpPass": "",
      "httpUser": "",
      "key": "",
      "name": "App",
      "store": "",
      "type": "web"
    }
    "#);
    let path = format!("{platforms}/{}", platform["$id"].as_str().unwrap());
    assert_eq!(dock.console_owner().get(&path).ok(200).await, platform);
    let list = dock.console_owner().get(&platforms).ok(200).await;
    assert_eq!(list, json!({ "platforms": [platform], "sum": 1 }));
}

#[tokio::test]
async fn making_a_platform_with_bad_parameters_names_them() {
    let dock = Dock::start().await;
    let call = format!("POST {}", dock.home().path("platforms"));

    Call::new(&dock.console_owner(), &call, web())
        .needs(&["type", "name"])
        .await
        .refuses(bad_names("name"))
        .await
        .refuses([
            ("type", json!("toaster"), "web"),
            ("type", json!(["web"]), ""),
            ("key", json!("k".repeat(257)), "256"),
            ("store", json!("s".repeat(257)), "256"),
            ("hostname", json!("h".repeat(257)), "256"),
        ])
        .await;
}

#[tokio::test]
async fn a_platform_is_changed_and_counts_as_changed() {
    let dock = Dock::start().await;
    let home = dock.home();
    let id = home.add_web_platform("app.example").await;
    let path = home.path(&format!("platforms/{id}"));
    assert!(may_write(&home, PAGE).await);

    let change = json!({ "name": "Other", "hostname": "other.example" });
    let changed = dock.console_owner().put(&path).json(&change).ok(200).await;

    assert_eq!(
        (&changed["name"], &changed["hostname"], &changed["type"]),
        (&json!("Other"), &json!("other.example"), &json!("web"))
    );
    assert!(!may_write(&home, PAGE).await);
    assert!(may_write(&home, "https://other.example").await);
    Call::new(&dock.console_owner(), &format!("PUT {path}"), change)
        .needs(&["name"])
        .await
        .refuses(bad_names("name"))
        .await;
}

#[tokio::test]
async fn a_platform_that_is_none_or_of_another_project_is_404() {
    let dock = Dock::start().await;
    let other = dock.project("other").await;
    let foreign = other.add_web_platform("app.example").await;
    let owner = dock.console_owner();
    for id in [NOBODY, &foreign] {
        let path = dock.home().path(&format!("platforms/{id}"));
        assert_eq!(owner.get(&path).refused(404).await, "Platform not found");
        assert_eq!(
            owner.put(&path).json(&web()).refused(404).await,
            "Platform not found"
        );
        assert_eq!(owner.delete(&path).refused(404).await, "Platform not found");
    }
    assert!(may_write(&other, PAGE).await);
}

#[tokio::test]
async fn a_page_of_an_unknown_host_changes_nothing_and_is_told_its_name() {
    let dock = Dock::start().await;

    let message = dock
        .guest()
        .post("/v1/account")
        .header("origin", "https://unknown.example:8443")
        .json(&json!({ "userId": "ada", "email": "ada@example.com", "password": "12345678" }))
        .refused(403)
        .await;

    assert!(
        message.starts_with("Invalid Origin. ") && message.contains("unknown.example"),
        "{message}"
    );
    assert_eq!(dock.key().get("/v1/users").ok(200).await["sum"], 0);
}

#[tokio::test]
async fn a_signed_in_page_of_an_unknown_host_changes_nothing_either() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let page = ada.actor().header("origin", "https://unknown.example");
    let jwt = ada.by_jwt().await.header("origin", "https://unknown.example");

    for actor in [&page, &jwt] {
        actor
            .patch("/v1/account/name")
            .json(&json!({ "name": "Mallory" }))
            .refused(403)
            .await;
        actor.delete("/v1/account").refused(403).await;
        actor
            .put("/v1/teams/t")
            .json(&json!({ "name": "n" }))
            .refused(403)
            .await;
    }

    assert_eq!(ada.account().await["name"], "ada");
}

#[tokio::test]
async fn a_made_up_key_does_not_open_the_door_to_an_unknown_page() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    for wrong in ["0", &"0".repeat(256)] {
        let page = ada
            .actor()
            .header("origin", "https://unknown.example")
            .header("x-appwrite-key", wrong);
        page.patch("/v1/account/name")
            .json(&json!({ "name": "Mallory" }))
            .refused(403)
            .await;
    }
    assert_eq!(ada.account().await["name"], "ada");
}

#[tokio::test]
async fn a_form_of_an_unknown_page_changes_nothing() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let page = ada.actor().header("origin", "https://unknown.example");

    page.patch("/v1/account/name")
        .form("name=Mallory")
        .refused(403)
        .await;
    page.post("/v1/teams").form("teamId=t&name=t").refused(403).await;
    page.post("/v1/teams?project=default")
        .body("text/plain", "{\"teamId\":\"t\",\"name\":\"t\"}")
        .refused(403)
        .await;

    assert_eq!(ada.get("/v1/teams").ok(200).await["sum"], 0);
}

#[tokio::test]
async fn a_page_of_a_registered_host_reads_and_writes_whatever_its_port() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    dock.home().add_web_platform("app.example").await;
    for origin in [
        PAGE,
        "http://app.example",
        "http://app.example:3000",
        "https://APP.example:8443",
    ] {
        let page = ada.actor().header("origin", origin);
        let answer = page
            .patch("/v1/account/name")
            .json(&json!({ "name": "Ada" }))
            .send()
            .await;
        answer.expect_status(200);
        assert_eq!(answer.header("access-control-allow-origin"), origin, "{answer}");
        assert_eq!(answer.header("access-control-allow-credentials"), "true");
        let answer = page.get("/v1/account").send().await;
        assert_eq!(answer.header("access-control-allow-origin"), origin, "{answer}");
        assert!(
            answer
                .header("access-control-expose-headers")
                .to_lowercase()
                .contains("x-fallback-cookies"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_page_reads_errors_of_every_kind() {
    let dock = Dock::start().await;
    let home = dock.home();
    home.add_web_platform("app.example").await;
    home.switch_service("users", false).await;
    home.switch_auth("anonymous", false).await;
    let post = |path: &str| dock.guest().post(path).json(&json!({}));
    for _ in 0..10 {
        post("/v1/account").refused(400).await;
    }
    let requests = [
        (429, post("/v1/account")),
        (401, post("/v1/teams")),
        (400, post("/v1/account/sessions")),
        (501, post("/v1/account/sessions/anonymous")),
        (503, post("/v1/users")),
        (
            400,
            post("/v1/account/sessions").body("application/json", "{not json"),
        ),
    ];
    for (status, request) in requests {
        let answer = request.header("origin", PAGE).send().await;
        answer.expect_status(status);
        assert_eq!(answer.header("access-control-allow-origin"), PAGE, "{answer}");
        assert_eq!(
            answer.header("access-control-allow-credentials"),
            "true",
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_page_reads_that_a_route_is_none() {
    let dock = Dock::start().await;
    dock.home().add_web_platform("app.example").await;
    for origin in ["http://localhost:3000", PAGE] {
        let answer = dock
            .guest()
            .get("/v1/nothing")
            .header("origin", origin)
            .send()
            .await;
        answer.expect_status(404);
        assert_eq!(answer.header("access-control-allow-origin"), origin, "{answer}");
    }
}

#[tokio::test]
async fn a_host_that_only_looks_like_a_registered_one_is_unknown() {
    let dock = Dock::start().await;
    let home = dock.home();
    home.add_web_platform("app.example").await;
    for origin in [
        "https://app.example.evil.example",
        "https://evil-app.example",
        "https://sub.app.example",
        "https://app.example@evil.example",
        "https://evil.example/app.example",
        "https://localhost.evil.example",
        "https://notlocalhost",
        "https://127.0.0.1.evil.example",
    ] {
        assert!(!may_write(&home, origin).await, "{origin}");
        let answer = home
            .guest()
            .get("/v1/account")
            .header("origin", origin)
            .send()
            .await;
        assert_ne!(answer.header("access-control-allow-origin"), origin, "{answer}");
    }
}

#[tokio::test]
async fn a_referer_of_a_registered_host_stands_in_for_a_missing_origin() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    dock.home().add_web_platform("app.example").await;
    let rename = |referer: &str| {
        ada.patch("/v1/account/name")
            .header("referer", referer)
            .json(&json!({ "name": "Ada" }))
    };

    rename("https://app.example/page?x=1").ok(200).await;
    rename("https://unknown.example/page?x=1").refused(403).await;
}

#[tokio::test]
async fn a_platform_is_for_its_own_project() {
    let dock = Dock::start().await;
    let other = dock.project("other").await;

    other.add_web_platform("app.example").await;

    assert!(may_write(&other, PAGE).await);
    assert!(!may_write(&dock.home(), PAGE).await);
}

#[tokio::test]
async fn a_deleted_platform_counts_no_more() {
    let dock = Dock::start().await;
    let home = dock.home();
    let id = home.add_web_platform("app.example").await;
    assert!(may_write(&home, PAGE).await);

    let path = home.path(&format!("platforms/{id}"));
    dock.console_owner().delete(&path).ok(204).await;

    assert!(!may_write(&home, PAGE).await);
    assert_eq!(
        dock.console_owner().get(&home.path("platforms")).ok(200).await["sum"],
        0
    );
}

#[tokio::test]
async fn an_app_that_is_no_page_matches_its_key() {
    let dock = Dock::start().await;
    let home = dock.home();
    let body = json!({ "type": "flutter-ios", "name": "App", "key": "com.example.app" });
    dock.console_owner()
        .post(&home.path("platforms"))
        .json(&body)
        .ok(201)
        .await;

    assert!(may_write(&home, "appwrite-ios://com.example.app").await);
    assert!(!may_write(&home, "appwrite-ios://com.example.other").await);
}

#[tokio::test]
async fn an_invitation_may_lead_to_a_registered_host_only() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    ada.create_team("t").await;
    let invite = |url: &str| {
        let body = json!({ "email": "bob@example.com", "roles": [], "url": url });
        ada.post("/v1/teams/t/memberships").json(&body)
    };

    let message = invite("https://app.example/join").refused(400).await;
    assert!(message.starts_with("Invalid url: "), "{message}");
    dock.home().add_web_platform("app.example").await;
    invite("https://app.example/join").ok(201).await;
}
