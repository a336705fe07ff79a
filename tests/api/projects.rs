//! Contract §10: projects, looked after by the owner of the machine in project `console`.

use drydock_tests::{Dock, Draft};
use serde_json::{Value, json};

use crate::parameters::{Call, bad_ids, bad_names};
use crate::{NOBODY, missing};

fn body(id: &str) -> Value {
    json!({ "projectId": id, "name": format!("Project {id}"), "teamId": "drydock" })
}

/// The ids of a list in their order, and its sum.
async fn ids(dock: &Dock, query: &str) -> (String, i64) {
    let path = format!("/v1/projects?{query}");
    let list = dock.console_owner().get(&path).ok(200).await;
    let rows = list["projects"].as_array().unwrap();
    let ids: Vec<_> = rows.iter().map(|row| row["$id"].as_str().unwrap()).collect();
    (ids.join(" "), list["sum"].as_i64().unwrap())
}

#[tokio::test]
async fn a_new_project_has_everything_switched_on_and_nothing_in_it() {
    let dock = Dock::start().await;
    let mut body = body("other");
    body["description"] = "What it is for".into();
    body["url"] = "https://app.example".into();

    let project = dock
        .console_owner()
        .post("/v1/projects")
        .json(&body)
        .ok(201)
        .await;

    assert_eq!(
        dock.console_owner().get("/v1/projects/other").ok(200).await,
        project
    );
    for (field, expected) in [
        ("$id", json!("other")),
        ("name", json!("Project other")),
        ("teamId", json!("drydock")),
        ("description", json!("What it is for")),
        ("url", json!("https://app.example")),
        ("logo", json!("")),
        ("legalName", json!("")),
        ("authLimit", json!(0)),
        ("platforms", json!([])),
        ("webhooks", json!([])),
        ("keys", json!([])),
        ("domains", json!([])),
        ("authEmailPassword", json!(true)),
        ("authUsersAuthMagicURL", json!(true)),
        ("authAnonymous", json!(true)),
        ("authInvites", json!(true)),
        ("authJWT", json!(true)),
        ("serviceStatusForAccount", json!(true)),
        ("serviceStatusForTeams", json!(true)),
        ("serviceStatusForUsers", json!(true)),
        ("serviceStatusForFunctions", json!(true)),
        ("serviceStatusForHealth", json!(true)),
    ] {
        assert_eq!(project[field], expected, "{field}");
    }
}

#[tokio::test]
async fn making_a_project_with_bad_parameters_names_them() {
    let dock = Dock::start().await;

    Call::new(&dock.console_owner(), "POST /v1/projects", body("other"))
        .needs(&["projectId", "name", "teamId"])
        .await
        .refuses(bad_ids("projectId"))
        .await
        .refuses(bad_names("name"))
        .await
        .refuses([
            ("teamId", json!("-x"), ""),
            ("description", json!("d".repeat(257)), "256"),
            ("legalName", json!("n".repeat(257)), "256"),
            ("legalCountry", json!("n".repeat(257)), "256"),
            ("legalState", json!("n".repeat(257)), "256"),
            ("legalCity", json!("n".repeat(257)), "256"),
            ("legalAddress", json!("n".repeat(257)), "256"),
            ("legalTaxId", json!("n".repeat(257)), "256"),
            ("url", json!(["https://app.example"]), ""),
        ])
        .await;

    let mut of_no_team = body("other");
    of_no_team["teamId"] = NOBODY.into();
    let message = dock
        .console_owner()
        .post("/v1/projects")
        .json(&of_no_team)
        .refused(404)
        .await;
    assert_eq!(message, "Team not found");
    assert_eq!(ids(&dock, "").await, ("default".into(), 1));
}

#[tokio::test]
async fn an_id_in_use_is_409_and_the_consoles_own_is_never_free() {
    let dock = Dock::start().await;

    dock.console_owner()
        .post("/v1/projects")
        .json(&body("default"))
        .refused(409)
        .await;
    let answer = dock
        .console_owner()
        .post("/v1/projects")
        .json(&body("console"))
        .send()
        .await;

    assert!([400, 409].contains(&answer.status), "{answer}");
}

#[tokio::test]
async fn projects_are_listed_in_pages_and_found_by_their_name() {
    let dock = Dock::start().await;
    for id in ["b", "a", "c"] {
        dock.project(id).await;
    }
    for (query, expected) in [
        ("", "default b a c"),
        ("limit=2&offset=1", "b a"),
        ("orderType=DESC&limit=3", "c a b"),
        ("cursor=b", "a c"),
        ("cursor=c&cursorDirection=before&limit=1", "a"),
    ] {
        assert_eq!(ids(&dock, query).await, (expected.into(), 4), "{query}");
    }
    assert_eq!(ids(&dock, "search=b").await, ("b".into(), 1));
    for query in ["limit=101", "offset=5001", "orderType=UP", "cursor=nobody"] {
        dock.console_owner()
            .get(&format!("/v1/projects?{query}"))
            .refused(400)
            .await;
    }
}

#[tokio::test]
async fn projects_are_looked_after_in_project_console_only() {
    let dock = Dock::start().await;
    dock.project("other").await;
    let ada = dock.sign_up("ada").await;
    for (method, path) in [
        ("GET", "/v1/projects"),
        ("POST", "/v1/projects"),
        ("GET", "/v1/projects/other"),
        ("PATCH", "/v1/projects/other"),
        ("DELETE", "/v1/projects/other"),
        ("GET", "/v1/projects/other/keys"),
        ("POST", "/v1/projects/other/platforms"),
        ("PATCH", "/v1/projects/other/service"),
    ] {
        for actor in [&dock.owner(), &*ada] {
            let message = actor.request(method, path).refused(401).await;
            assert_eq!(message, "Access to this API is forbidden.", "{method} {path}");
        }
        for actor in [dock.guest(), dock.key()] {
            actor.request(method, path).refused(401).await;
        }
        for actor in [
            dock.stranger(),
            dock.stranger().header("x-appwrite-key", dock.ready("key")),
        ] {
            let message = actor.request(method, path).refused(401).await;
            assert!(
                message.contains("missing scope (projects."),
                "{method} {path}: {message}"
            );
        }
    }
    assert_eq!(ids(&dock, "").await.1, 2);
}

#[tokio::test]
async fn a_project_is_changed_by_its_owner() {
    let dock = Dock::start().await;
    let other = dock.project("other").await;
    let change = json!({ "name": "Renamed", "description": "d", "legalCity": "Turin" });

    let changed = dock
        .console_owner()
        .patch(&other.path(""))
        .json(&change)
        .ok(200)
        .await;

    for (field, expected) in change.as_object().unwrap() {
        assert_eq!(&changed[field], expected);
    }
    assert_eq!(changed["teamId"], "drydock");
    assert_eq!(ids(&dock, "search=renamed").await, ("other".into(), 1));
    Call::new(
        &dock.console_owner(),
        &format!("PATCH {}", other.path("")),
        change,
    )
    .needs(&["name"])
    .await
    .refuses(bad_names("name"))
    .await
    .refuses([("description", json!("d".repeat(257)), "256")])
    .await;
}

#[tokio::test]
async fn a_project_that_is_none_is_404() {
    let dock = Dock::start().await;
    let owner = dock.console_owner();
    let calls = [
        ("GET", "", json!({})),
        ("PATCH", "", json!({ "name": "n" })),
        ("DELETE", "", json!({})),
        (
            "PATCH",
            "/service",
            json!({ "service": "users", "status": false }),
        ),
        ("PATCH", "/auth/limit", json!({ "limit": 1 })),
        ("PATCH", "/auth/jwt", json!({ "status": false })),
        ("GET", "/keys", json!({})),
        ("POST", "/keys", json!({ "name": "n", "scopes": ["users.read"] })),
        ("GET", "/platforms", json!({})),
        (
            "POST",
            "/platforms",
            json!({ "name": "n", "type": "web", "hostname": "a.example" }),
        ),
    ];
    for (method, rest, body) in calls {
        let path = format!("/v1/projects/{NOBODY}{rest}");
        let message = owner.request(method, &path).json(&body).refused(404).await;
        assert_eq!(message, "Project not found", "{method} {path}");
    }
    let message = owner.get("/v1/projects/-x").refused(400).await;
    assert!(message.starts_with("Invalid projectId: "), "{message}");
}

#[tokio::test]
async fn the_owner_of_the_machine_deletes_a_project_without_a_password() {
    let dock = Dock::start().await;
    let other = dock.project("other").await;
    let key = other.key_with(&["functions.read", "functions.write"]).await;
    let ada = other.sign_up("ada").await;
    key.create_function().await;

    dock.console_owner().delete(&other.path("")).ok(204).await;

    for actor in [&key, &*ada, &other.guest(), &other.owner()] {
        assert_eq!(actor.get("/v1/functions").refused(404).await, "Project not found");
    }
    dock.console_owner().get(&other.path("")).refused(404).await;
    assert_eq!(ids(&dock, "").await, ("default".into(), 1));
}

#[tokio::test]
async fn a_project_made_again_has_nothing_of_the_deleted_one() {
    let dock = Dock::start().await;
    let old = dock.project("other").await;
    let key = old
        .key_with(&["functions.read", "functions.write", "teams.write"])
        .await;
    key.create_function().await;
    key.create_team("t").await;
    let ada = old.sign_up("ada").await;
    old.add_web_platform("app.example").await;
    dock.console_owner().delete(&old.path("")).ok(204).await;

    let new = dock.project("other").await;

    key.get("/v1/functions").refused(401).await;
    ada.get("/v1/account").refused(401).await;
    for path in ["/v1/functions", "/v1/teams", "/v1/users"] {
        assert_eq!(new.owner().get(path).ok(200).await["sum"], 0, "{path}");
    }
    for what in ["keys", "platforms"] {
        let list = dock.console_owner().get(&new.path(what)).ok(200).await;
        assert_eq!(list["sum"], 0, "{what}");
    }
}

#[tokio::test]
async fn projects_lie_side_by_side_and_share_nothing() {
    let dock = Dock::start().await;
    let other = dock.project("other").await;
    let here = dock.key();
    let there = other
        .key_with(&[
            "functions.read",
            "functions.write",
            "users.read",
            "teams.read",
            "teams.write",
        ])
        .await;
    for actor in [&here, &there] {
        actor
            .create_function_of(json!({ "functionId": "same", "name": "n", "runtime": "node-20.0" }))
            .await;
        actor.create_team("same").await;
    }
    let ada = dock.sign_up("ada").await;
    let stranger = other.sign_up("ada").await;

    here.delete("/v1/functions/same").ok(204).await;
    here.delete("/v1/teams/same").ok(204).await;
    ada.delete("/v1/account").ok(204).await;

    there.get("/v1/functions/same").ok(200).await;
    there.get("/v1/teams/same").ok(200).await;
    assert_eq!(stranger.account().await["status"], true);
    assert_eq!(there.get("/v1/users").ok(200).await["sum"], 1);
    assert_eq!(here.get("/v1/functions").ok(200).await["sum"], 0);
}

#[tokio::test]
async fn nobody_of_one_project_is_known_in_another() {
    let dock = Dock::start().await;
    let other = dock.project("other").await;
    let ada = dock.sign_up("ada").await;
    let function = dock
        .key()
        .deploy(Draft::shell("true").set("execute", vec!["role:all"]))
        .await;

    let key = dock.key().header("x-appwrite-project", "other");
    let message = key.get("/v1/functions").refused(401).await;
    assert_eq!(message, missing("functions.read"));
    let cookie = ada.actor().header("x-appwrite-project", "other");
    assert_eq!(cookie.get("/v1/account").refused(401).await, missing("account"));
    let there = other.sign_up("bob").await;
    there
        .post(&format!("{}/executions", function.path()))
        .refused(404)
        .await;
}

#[tokio::test]
async fn the_owner_of_the_machine_acts_in_every_project() {
    let dock = Dock::start().await;
    let other = dock.project("other").await;

    let function = other.owner().create_function().await;

    other
        .owner()
        .get(&format!("/v1/functions/{function}"))
        .ok(200)
        .await;
    dock.owner()
        .get(&format!("/v1/functions/{function}"))
        .refused(404)
        .await;
    for wrong in ["", "0", &"0".repeat(64)] {
        let actor = other.guest().header("x-drydock-admin", wrong);
        actor.get("/v1/functions").refused(401).await;
    }
}

#[tokio::test]
async fn the_team_of_the_owner_of_the_machine_is_always_there() {
    let dock = Dock::start().await;

    let answer = dock.console_owner().delete("/v1/teams/drydock").send().await;

    assert!((400..500).contains(&answer.status), "{answer}");
    dock.project("other").await;
    assert_eq!(ids(&dock, "").await, ("default other".into(), 2));
}

#[tokio::test]
async fn projects_survive_a_restart_with_their_keys_and_switches() {
    let dock = Dock::start().await;
    let other = dock.project("other").await;
    let key = other.key_with(&["users.read"]).await;
    other.switch_auth("anonymous", false).await;
    let secret = {
        let list = dock.console_owner().get(&other.path("keys")).ok(200).await;
        list["keys"][0]["secret"].clone()
    };
    key.get("/v1/users").ok(200).await;

    let after = Dock::launch().on(&dock.crash()).start().await;

    let list = after.console_owner().get(&other.path("keys")).ok(200).await;
    assert_eq!(list["keys"][0]["secret"], secret);
    let there = after.guest().header("x-appwrite-project", "other");
    there
        .clone()
        .header("x-appwrite-key", secret.as_str().unwrap())
        .get("/v1/users")
        .ok(200)
        .await;
    there.post("/v1/account/sessions/anonymous").refused(501).await;
}
