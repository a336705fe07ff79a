//! Contract §10: what a project can switch off: ways to sign in, the number of people, services.

use drydock_tests::{Dock, Person, Project};
use serde_json::{Value, json};

use crate::parameters::Call;

async fn sign_up(project: &Project, name: &str) -> u16 {
    let body = json!({ "userId": name, "email": format!("{name}@example.com"), "password": "12345678" });
    project
        .guest()
        .post("/v1/account")
        .json(&body)
        .send()
        .await
        .status
}

async fn field(dock: &Dock, name: &str) -> Value {
    let project = dock.console_owner().get(&dock.home().path("")).ok(200).await;
    project[name].clone()
}

#[tokio::test]
async fn without_email_and_password_nobody_signs_up_or_in() {
    let dock = Dock::start().await;
    let home = dock.home();
    let ada = dock.sign_up("ada").await;

    home.switch_auth("email-password", false).await;

    assert_eq!(field(&dock, "authEmailPassword").await, false);
    assert_eq!(sign_up(&home, "bob").await, 501);
    let credentials = json!({ "email": ada.email, "password": ada.password });
    dock.guest()
        .post("/v1/account/sessions")
        .json(&credentials)
        .refused(501)
        .await;
    // Who is in stays in, and other ways are open.
    ada.account().await;
    Person::anonymous(&dock.guest()).await;

    home.switch_auth("email-password", true).await;
    assert_eq!(field(&dock, "authEmailPassword").await, true);
    assert_eq!(sign_up(&home, "bob").await, 201);
}

#[tokio::test]
async fn anonymous_sessions_can_be_switched_off() {
    let dock = Dock::start().await;
    dock.home().switch_auth("anonymous", false).await;

    dock.guest()
        .post("/v1/account/sessions/anonymous")
        .refused(501)
        .await;

    assert_eq!(field(&dock, "authAnonymous").await, false);
    dock.sign_up("ada").await;
}

#[tokio::test]
async fn tokens_can_be_switched_off() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    dock.home().switch_auth("jwt", false).await;

    ada.post("/v1/account/jwt").refused(501).await;

    assert_eq!(field(&dock, "authJWT").await, false);
}

#[tokio::test]
async fn magic_urls_can_be_switched_off() {
    let dock = Dock::start().await;
    dock.home().switch_auth("magic-url", false).await;

    let body = json!({ "userId": "unique()", "email": "ada@example.com" });
    dock.guest()
        .post("/v1/account/sessions/magic-url")
        .json(&body)
        .refused(501)
        .await;

    assert_eq!(field(&dock, "authUsersAuthMagicURL").await, false);
}

#[tokio::test]
async fn invitations_of_people_can_be_switched_off_and_keys_still_make_members() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    ada.create_team("makers").await;
    dock.home().switch_auth("invites", false).await;

    ada.invitation("makers", "bob@example.com", &[])
        .refused(501)
        .await;

    assert_eq!(field(&dock, "authInvites").await, false);
    dock.key().invite("makers", "bob@example.com", &[]).await;
    dock.owner().invite("makers", "carl@example.com", &[]).await;
}

#[tokio::test]
async fn a_switch_is_a_known_method_and_a_boolean() {
    let dock = Dock::start().await;
    let owner = dock.console_owner();

    let path = dock.home().path("auth/telepathy");
    let message = owner
        .patch(&path)
        .json(&json!({ "status": false }))
        .refused(400)
        .await;
    assert!(message.starts_with("Invalid method: "), "{message}");
    let call = format!("PATCH {}", dock.home().path("auth/jwt"));
    Call::new(&owner, &call, json!({ "status": true }))
        .needs(&["status"])
        .await
        .refuses([("status", json!("maybe"), ""), ("status", json!([]), "")])
        .await;
    owner
        .patch(&dock.home().path("auth/phone"))
        .json(&json!({ "status": false }))
        .ok(200)
        .await;
    assert_eq!(field(&dock, "authPhone").await, false);
}

#[tokio::test]
async fn a_project_may_have_so_many_people_and_no_more() {
    let dock = Dock::start().await;
    let home = dock.home();
    let limit = async |limit: Value| {
        let body = json!({ "limit": limit });
        let project = dock
            .console_owner()
            .patch(&home.path("auth/limit"))
            .json(&body)
            .ok(200)
            .await;
        project["authLimit"].clone()
    };
    dock.sign_up("ada").await;

    assert_eq!(limit(json!(2)).await, 2);
    assert_eq!(sign_up(&home, "bob").await, 201);
    assert_eq!(sign_up(&home, "carl").await, 501);
    dock.guest()
        .post("/v1/account/sessions/anonymous")
        .refused(501)
        .await;
    // A key and the owner are asked for no limit.
    for (actor, id) in [(dock.key(), "dora"), (dock.owner(), "emmy")] {
        let body = json!({ "userId": id, "email": format!("{id}@example.com"), "password": "12345678" });
        actor.post("/v1/users").json(&body).ok(201).await;
    }
    assert_eq!(limit(json!("5")).await, 5);
    assert_eq!(sign_up(&home, "carl").await, 201);
    assert_eq!(sign_up(&home, "fritz").await, 501);
    assert_eq!(limit(json!(0)).await, 0);
    assert_eq!(sign_up(&home, "fritz").await, 201);
}

#[tokio::test]
async fn a_limit_of_people_is_a_number_that_is_not_negative() {
    let dock = Dock::start().await;
    let call = format!("PATCH {}", dock.home().path("auth/limit"));

    Call::new(&dock.console_owner(), &call, json!({ "limit": 1 }))
        .needs(&["limit"])
        .await
        .refuses([
            ("limit", json!(-1), ""),
            ("limit", json!("many"), ""),
            ("limit", json!(1.5), ""),
            ("limit", json!([1]), ""),
        ])
        .await;
}

#[tokio::test]
async fn a_service_that_is_off_is_503_for_people_and_open_for_the_owner() {
    let dock = Dock::start().await;
    let home = dock.home();
    let ada = dock.sign_up("ada").await;
    for (service, shown, path, owner_sees) in [
        ("account", "serviceStatusForAccount", "/v1/account", false),
        ("teams", "serviceStatusForTeams", "/v1/teams", true),
        (
            "functions",
            "serviceStatusForFunctions",
            "/v1/functions/f/executions",
            true,
        ),
        ("users", "serviceStatusForUsers", "/v1/users", true),
        ("health", "serviceStatusForHealth", "/v1/health", false),
    ] {
        let as_before = ada.get(path).send().await.status;
        assert_ne!(as_before, 503, "{service}");

        home.switch_service(service, false).await;

        assert_eq!(field(&dock, shown).await, false, "{service}");
        ada.get(path).refused(503).await;
        home.guest().get(path).refused(503).await;
        let owner = home.owner().get(path).send().await;
        assert_ne!(owner.status, 503, "{owner}");
        if owner_sees {
            assert!([200, 404].contains(&owner.status), "{owner}");
        }

        home.switch_service(service, true).await;
        assert_eq!(ada.get(path).send().await.status, as_before, "{service}");
    }
}

#[tokio::test]
async fn a_service_is_switched_off_for_its_own_project_and_no_other_service() {
    let dock = Dock::start().await;
    let other = dock.project("other").await;

    dock.home().switch_service("account", false).await;

    assert_eq!(sign_up(&dock.home(), "ada").await, 503);
    assert_eq!(sign_up(&other, "ada").await, 201);
    dock.key().get("/v1/users").ok(200).await;
}

#[tokio::test]
async fn every_service_of_the_project_object_can_be_switched() {
    let dock = Dock::start().await;
    for (service, shown) in [
        ("account", "serviceStatusForAccount"),
        ("avatars", "serviceStatusForAvatars"),
        ("database", "serviceStatusForDatabase"),
        ("locale", "serviceStatusForLocale"),
        ("health", "serviceStatusForHealth"),
        ("storage", "serviceStatusForStorage"),
        ("teams", "serviceStatusForTeams"),
        ("users", "serviceStatusForUsers"),
        ("functions", "serviceStatusForFunctions"),
    ] {
        for on in [false, true] {
            dock.home().switch_service(service, on).await;
            assert_eq!(field(&dock, shown).await, on, "{service}");
        }
    }
}

#[tokio::test]
async fn a_service_is_a_known_one_and_its_status_a_boolean() {
    let dock = Dock::start().await;
    let call = format!("PATCH {}", dock.home().path("service"));

    Call::new(
        &dock.console_owner(),
        &call,
        json!({ "service": "users", "status": true }),
    )
    .needs(&["service", "status"])
    .await
    .refuses([
        ("service", json!("telepathy"), ""),
        ("service", json!("projects"), ""),
        ("status", json!("maybe"), ""),
    ])
    .await;
}
