//! Web pages that are open in the same browser as the console and an app: what they try, and that nothing of it
//! reads or changes anything.

use std::process::Command;

use drydock_tests::stage::{PASSWORD, Stage, create_web_platform, machine_owner};
use drydock_tests::{Dock, Draft, run, tests_folder};
use serde_json::{Value, json};

/// A script of this folder with a browser, told where the server is.
async fn scenario(dock: &Dock, name: &str, env: &[(&str, &str)]) -> Value {
    let mut command = Command::new("node");
    command
        .arg(tests_folder().join(format!("hostile/scenarios/{name}.mjs")))
        .env("CONSOLE_LINK", dock.ready("console"))
        .env("DRYDOCK_ENDPOINT", dock.ready("endpoint"))
        .env("DRYDOCK_PROJECT", dock.ready("project"))
        .env("no_proxy", "*")
        .envs(env.iter().copied());
    run(&mut command).await.expect_code(0).json()
}

/// A server with somebody to rob: a user who may execute a function, and a team of hers.
async fn prize() -> Dock {
    // The pages try more often than limits allow; that a try is refused must not be their doing.
    let dock = Dock::launch().env("DRYDOCK_RATE_LIMITS", "false").start().await;
    let stage = Stage::first(&dock);
    let draft = Draft::shell("echo done")
        .set("functionId", "prize")
        .set("execute", json!(["role:all"]));
    stage.key().deploy(draft).await;
    let victim = stage.account("victim").await;
    stage.team("crew").await;
    stage.join("crew", &victim, &["owner"]).await;
    dock
}

fn change(method: &str, path: &str, body: Value) -> Value {
    json!({ "method": method, "path": path, "body": body })
}

/// What a signed-in user could do.
fn changes_of_users() -> Vec<Value> {
    let account =
        json!({ "userId": "planted", "email": "planted@evil.test", "password": PASSWORD, "name": "Planted" });
    let member = json!({ "email": "spy@evil.test", "roles[]": "owner", "url": "http://localhost/" });
    vec![
        change(
            "POST",
            "/v1/functions/prize/executions",
            json!({ "data": "evil" }),
        ),
        change(
            "POST",
            "/v1/teams",
            json!({ "teamId": "planted", "name": "Planted" }),
        ),
        change("POST", "/v1/teams/crew/memberships", member),
        change("POST", "/v1/account", account),
        change("POST", "/v1/account/jwt", json!({})),
        // To sign the victim in to an account of the attacker's.
        change(
            "POST",
            "/v1/account/sessions",
            json!({ "email": "attacker@people.example", "password": PASSWORD }),
        ),
        change("PATCH", "/v1/account/name", json!({ "name": "Evil" })),
        change("PATCH", "/v1/account/prefs", json!({ "prefs": { "evil": true } })),
        change("PUT", "/v1/teams/crew", json!({ "name": "Evil" })),
        change("DELETE", "/v1/account/sessions", json!({})),
        change("DELETE", "/v1/account", json!({})),
    ]
}

/// What the owner of the console could do.
fn changes_of_the_owner() -> Vec<Value> {
    let function = json!({ "functionId": "planted", "name": "Planted", "runtime": "node-20.0" });
    let user = json!({ "userId": "planted-2", "email": "planted-2@evil.test", "password": PASSWORD });
    let project = json!({ "projectId": "planted", "name": "Planted", "teamId": "drydock" });
    let key = json!({ "name": "Planted", "scopes[]": "functions.write" });
    let platform = json!({ "type": "web", "name": "Planted", "hostname": "evil.test" });
    vec![
        change("POST", "/v1/functions?mode=admin", function),
        change("POST", "/v1/users?mode=admin", user),
        change("POST", "/v1/projects?mode=admin", project),
        change("POST", "/v1/projects/default/keys?mode=admin", key),
        change("POST", "/v1/projects/default/platforms?mode=admin", platform),
        change("POST", "/console/api/links", json!({})),
        change("POST", "/console/api/session", json!({ "token": "made-up" })),
        change(
            "POST",
            "/console/api/projects/default/functions/prize/executions",
            json!({ "data": "evil", "as": "owner" }),
        ),
        change(
            "POST",
            "/console/api/projects/default/users/victim/sessions",
            json!({}),
        ),
        change("DELETE", "/v1/functions/prize?mode=admin", json!({})),
        change("DELETE", "/v1/users/victim?mode=admin", json!({})),
        change("DELETE", "/v1/projects/default?mode=admin", json!({})),
        change("DELETE", "/console/api/session", json!({})),
    ]
}

/// All that could have been changed, as the key and the owner of the machine see it.
async fn state(dock: &Dock) -> Value {
    let (key, owner) = (dock.key(), machine_owner(dock));
    let mut state = json!({});
    for path in [
        "/v1/functions?limit=100",
        "/v1/functions/prize/executions",
        "/v1/users?limit=100",
        "/v1/users/victim/prefs",
        "/v1/teams?limit=100",
        "/v1/teams/crew/memberships",
    ] {
        state[path] = key.get(path).ok(200).await;
    }
    for path in ["/v1/projects", "/v1/projects/default/platforms"] {
        state[path] = owner.get(path).ok(200).await;
    }
    // Their use changes a key's row, so the names are enough.
    let keys = owner.get("/v1/projects/default/keys").ok(200).await;
    let names = keys["keys"]
        .as_array()
        .unwrap()
        .iter()
        .map(|key| key["name"].clone());
    state["keys"] = names.collect();
    state
}

/// Every try whose outcome is none of those.
fn outcomes_beyond<'s>(tries: &'s Value, allowed: &[&str]) -> Vec<&'s Value> {
    let tries = tries.as_array().unwrap();
    let fits = |outcome: &Value| match outcome {
        Value::String(text) => allowed.contains(&text.as_str()),
        status => allowed.contains(&status.to_string().as_str()),
    };
    tries.iter().filter(|told| !fits(&told[1])).collect()
}

async fn evil_page(target_host: &str) {
    let dock = prize().await;
    let before = state(&dock).await;
    let changes = [changes_of_users(), changes_of_the_owner()].concat();
    let cast = json!({
        "email": "victim@people.example", "password": PASSWORD,
        "paths": [
            "/v1/account", "/v1/functions/prize/executions", "/v1/teams", "/v1/functions?mode=admin", "/v1/users?mode=admin",
            "/v1/realtime?channels[]=executions", "/console/api/session", "/console/api/status",
            "/console/api/projects/default/keys", "/console/api/projects/default/stream",
        ],
        "forms": [],
        "changes": changes,
    });

    let seen = scenario(
        &dock,
        "evil",
        &[("CAST", &cast.to_string()), ("TARGET_HOST", target_host)],
    )
    .await;

    let with_something_to_steal = json!([
        "127.0.0.1 a_session_default",
        "127.0.0.1 a_session_default_legacy",
        "127.0.0.1 drydock_console_ID",
        "localhost a_session_default",
        "localhost a_session_default_legacy",
    ]);
    assert_eq!(seen["cookies"], with_something_to_steal);
    assert!(seen["attack"]["tries"].as_array().unwrap().len() > 100);
    assert_eq!(seen["cookiesGiven"], 0, "no cookie of ours goes to evil.test");
    // Sent or not, nothing can be read, not even a status: but why it is refused realtime, which the contract has told.
    let refused = "refused: Invalid Origin. Register your new client (evil.test) as a new Web platform on your project \
                   console dashboard";
    let read = outcomes_beyond(&seen["attack"]["tries"], &["no answer", "opaque", refused]);
    assert!(read.is_empty(), "{read:#?}");
    let answered = seen["attack"]["answered"].as_array().unwrap();
    let done: Vec<_> = answered
        .iter()
        .filter(|told| told[2].as_i64().unwrap() < 400)
        .collect();
    assert!(done.is_empty(), "{done:#?}");
    assert_eq!(state(&dock).await, before);
    assert_eq!(seen["signedInAfter"], json!({ "console": true, "account": 200 }));
}

/// Forms of pages at that host, in a browser whose cookies may go along with a navigation of the whole page.
async fn forms_of_pages(from_host: &str, target_host: &str) {
    let dock = prize().await;
    let before = state(&dock).await;
    let all = [changes_of_users(), changes_of_the_owner()].concat();
    let tried = [
        "/v1/functions/prize/executions",
        "/v1/account/sessions",
        "/v1/account/jwt",
        "/v1/functions?mode=admin",
        "/console/api/links",
    ];
    let forms: Vec<_> = all
        .into_iter()
        .filter(|change| change["method"] == "POST" && tried.contains(&change["path"].as_str().unwrap()))
        .collect();
    let cast = json!({ "email": "victim@people.example", "password": PASSWORD, "forms": forms });

    let env = [
        ("CAST", cast.to_string()),
        ("FROM_HOST", from_host.to_owned()),
        ("TARGET_HOST", target_host.to_owned()),
    ];
    let env: Vec<_> = env.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let seen = scenario(&dock, "forms", &env).await;

    let told = seen["forms"].as_array().unwrap();
    assert_eq!(told.len(), 3 * tried.len());
    for told in told {
        assert!([401, 403].contains(&told[1].as_i64().unwrap()), "{told}");
    }
    assert_eq!(state(&dock).await, before);
    assert_eq!(seen["signedInAfter"], json!({ "console": true, "account": 200 }));
}

#[tokio::test]
async fn a_strangers_form_changes_nothing_with_or_without_a_referrer_or_an_origin() {
    forms_of_pages("evil.test", "localhost").await;
}

#[tokio::test]
async fn a_form_of_another_port_changes_nothing_in_the_users_or_the_owners_name() {
    // An app on another port may act for its user, but by script: a form of any page is no app.
    forms_of_pages("127.0.0.1", "127.0.0.1").await;
}

#[tokio::test]
async fn a_strangers_page_reads_and_changes_nothing_at_the_servers_address() {
    evil_page("127.0.0.1").await;
}

#[tokio::test]
async fn a_strangers_page_reads_and_changes_nothing_at_localhost() {
    evil_page("localhost").await;
}

#[tokio::test]
async fn a_strangers_page_does_not_become_a_user_by_hiding_its_origin() {
    let dock = prize().await;
    let before = state(&dock).await;

    // A sandboxed frame sends the origin `null`, as files and some native shells do; but a browser says that it is
    // one, and whose page it is it does not say.
    let seen = scenario(&dock, "sandbox", &[("DRYDOCK_FUNCTION", "prize")]).await;

    for (call, outcome) in seen.as_object().unwrap() {
        assert_eq!(outcome, "no answer", "{call}: {seen:#}");
    }
    assert_eq!(state(&dock).await, before);
}

#[tokio::test]
async fn the_same_page_is_heard_once_its_host_is_registered() {
    // Else the tests above would show nothing: what fails there works here.
    let dock = prize().await;
    create_web_platform(&dock, "default", "evil.test").await;
    let cast = json!({
        "email": "victim@people.example", "password": PASSWORD, "forms": [],
        "paths": ["/v1/account"],
        "changes": [change("POST", "/v1/account/sessions/anonymous", json!({}))],
    });

    let seen = scenario(
        &dock,
        "evil",
        &[("CAST", &cast.to_string()), ("TARGET_HOST", "127.0.0.1")],
    )
    .await;

    let tries = seen["attack"]["tries"].as_array().unwrap();
    let outcome = |what: &str| &tries.iter().find(|told| told[0] == what).unwrap()[1];
    assert_eq!(
        outcome("GET /v1/account: cors"),
        401,
        "no cookie of another site goes along"
    );
    assert_eq!(outcome("POST /v1/account/sessions/anonymous: cors"), 201);
    assert_eq!(
        outcome("POST /v1/account/sessions/anonymous: form in a frame"),
        "opaque"
    );
    let made = dock.key().get("/v1/users").ok(200).await["sum"].as_i64().unwrap();
    assert!(made > 1, "{made}");
}

#[tokio::test]
async fn a_page_on_another_port_gets_nothing_of_the_console_whose_cookie_it_has() {
    let dock = prize().await;
    let before = state(&dock).await;
    let changes = changes_of_the_owner();
    let cast = json!({
        "email": "victim@people.example", "password": PASSWORD,
        "paths": [
            "/v1/functions?mode=admin", "/v1/users?mode=admin", "/v1/projects?mode=admin", "/console/api/session",
            "/console/api/status", "/console/api/projects/default/functions", "/console/api/projects/default/keys",
            "/console/api/projects/default/stream",
        ],
        "forms": [],
        "changes": changes,
    });

    let seen = scenario(
        &dock,
        "neighbour",
        &[("CAST", &cast.to_string()), ("TARGET_HOST", "127.0.0.1")],
    )
    .await;

    assert_eq!(seen["cookieWasSeen"], true, "{seen:#}");
    let got = outcomes_beyond(
        &seen["attack"]["tries"],
        &["no answer", "opaque", "401", "403", "404"],
    );
    assert!(got.is_empty(), "{got:#?}");
    let answered = seen["attack"]["answered"].as_array().unwrap();
    let done: Vec<_> = answered
        .iter()
        .filter(|told| told[2].as_i64().unwrap() < 400)
        .collect();
    assert!(done.is_empty(), "{done:#?}");
    for told in seen["stolenCookie"].as_array().unwrap() {
        assert_eq!(told[1], 401, "{told}");
    }
    let framed_at = seen["framedAt"].as_str().unwrap();
    assert!(
        framed_at.starts_with("chrome-error:"),
        "the console lets nobody frame it: {framed_at}"
    );
    assert_eq!(state(&dock).await, before);
    assert_eq!(seen["signedInAfter"], json!({ "console": true, "account": 200 }));
}

#[tokio::test]
async fn a_rebound_name_gets_421_for_every_kind_of_path_in_a_browser() {
    let dock = Dock::start().await;
    let paths = json!([
        "/",
        "/functions",
        "/v1/functions",
        "/console/api/status",
        "/favicon.ico",
        "/nothing"
    ]);

    let seen = scenario(&dock, "rebinding", &[("PATHS", &paths.to_string())]).await;

    for path in paths.as_array().unwrap() {
        let told = &seen[path.as_str().unwrap()];
        assert_eq!(
            told,
            &json!({ "status": 421, "inside": [421, 421, 421, 421], "socket": "refused", "cookies": 0 }),
            "{path}"
        );
    }
}

#[tokio::test]
async fn two_servers_in_one_browser_leave_each_others_sessions_alone() {
    let (one, two) = (Dock::start().await, Dock::start().await);
    let mut servers = Vec::new();
    // Session cookies are named by project, as apps of Appwrite expect; ports share cookies. So these are apart.
    for (dock, projects) in [(&one, ["default", "shop"]), (&two, ["mill", "yard"])] {
        let mut users = Vec::new();
        for project in projects {
            let stage = match project {
                "default" => Stage::first(dock),
                _ => Stage::another(dock, project).await,
            };
            let account = stage.account(&format!("user-of-{project}")).await;
            users.push(json!({ "project": project, "email": account.email, "password": account.password }));
        }
        servers.push(json!({ "link": dock.ready("console"), "users": users }));
    }

    let seen = scenario(&one, "two_servers", &[("SERVERS", &json!(servers).to_string())]).await;

    assert_eq!(seen["signIn"], json!([201, 201, 201, 201]));
    assert_eq!(
        seen["accounts"],
        json!([
            [200, "user-of-default"],
            [200, "user-of-shop"],
            [200, "user-of-mill"],
            [200, "user-of-yard"]
        ])
    );
    assert_eq!(seen["consoles"], json!([true, true]));
}
