//! Users of an app through the real clients: sign up, sign in, JWT, and whom `execute` lets in.
//!
//! The scripts print what they saw, the tests here judge it.

use std::fmt::Write as _;
use std::path::Path;

use drydock_tests::stage::{Stage, create_web_platform, invite};
use drydock_tests::{Dock, Draft, repository};
use insta::{allow_duplicates, assert_json_snapshot};
use serde_json::{Value, json};

use super::script_with;

const TEAM: &str = "crew";

/// Functions by what their `execute` says.
const FUNCTIONS: [(&str, &str); 6] = [
    ("for-nobody", ""),
    ("for-all", "role:all"),
    ("for-members", "role:member"),
    ("for-named", "user:named"),
    ("for-team", "team:crew"),
    ("for-team-dev", "team:crew/dev"),
];

/// Everybody who tries, in the order of the tables.
const PEOPLE: [&str; 6] = ["guest", "plain", "named", "member", "dev", "invited"];

/// What the contract says of `execute` (§2, §7): a guest may nothing, whatever the list says; an invited person
/// is no member before she says yes.
const MAY: &str = "
             guest   plain   named   member  dev     invited
for-nobody   401     401     401     401     401     401
for-all      401     may     may     may     may     may
for-members  401     may     may     may     may     may
for-named    401     401     may     401     401     401
for-team     401     401     401     may     may     401
for-team-dev 401     401     401     401     may     401
";

/// Makes the functions and the people; returns what scripts are told of them.
async fn cast(dock: &Dock) -> Value {
    let stage = Stage::first(dock);
    for (id, execute) in FUNCTIONS {
        let roles = if execute.is_empty() {
            json!([])
        } else {
            json!([execute])
        };
        let draft = Draft::shell("echo done")
            .set("functionId", id)
            .set("execute", roles);
        stage.key().deploy(draft).await;
    }
    stage.team(TEAM).await;
    let leader = stage.user("leader").await;
    stage.join(TEAM, &leader.account, &["owner"]).await;
    let mut people = vec![json!({ "name": "guest" })];
    for name in &PEOPLE[1..] {
        let session = stage.user(name).await;
        match *name {
            "member" => drop(stage.join(TEAM, &session.account, &["crew"]).await),
            "dev" => drop(stage.join(TEAM, &session.account, &["dev"]).await),
            "invited" => drop(invite(&leader.actor, TEAM, &session.account.email, &["dev"]).await),
            _ => {}
        }
        people.push(json!({
            "name": name, "email": session.account.email, "password": session.account.password, "jwt": session.jwt().await,
        }));
    }
    json!({ "functions": FUNCTIONS.map(|(id, _)| id), "people": people })
}

/// The table of who may.
fn table(seen: &Value) -> String {
    let mut lines = vec![String::new(), format!("{:<12}", "")];
    for name in PEOPLE {
        write!(lines[1], " {name:<7}").unwrap();
    }
    for (id, _) in FUNCTIONS {
        let mut line = format!("{id:<12}");
        for name in PEOPLE {
            let refused = &seen[id][name];
            let may = refused.is_null() && seen[id].get(name).is_some();
            let cell = if may {
                "may".to_owned()
            } else {
                refused["code"].to_string()
            };
            write!(line, " {cell:<7}").unwrap();
        }
        lines.push(line);
    }
    let lines: Vec<_> = lines.iter().map(|line| line.trim_end()).collect();
    lines.join("\n") + "\n"
}

fn judge_table(seen: &Value) {
    assert_eq!(table(seen), MAY, "{seen:#}");
    let missing = "User (role: guest) missing scope (execution.write)";
    for (id, _) in FUNCTIONS {
        assert_eq!(seen[id]["guest"]["message"], missing, "{id}");
    }
}

#[tokio::test]
async fn execute_lets_in_whom_it_names_by_the_browser_sdk() {
    let dock = Dock::start().await;
    let cast = cast(&dock).await.to_string();

    let seen = script_with(
        &dock,
        Path::new("node"),
        "browser/execute.mjs",
        &[("CAST", &cast)],
    )
    .await;

    judge_table(&seen);
}

#[tokio::test]
async fn execute_lets_in_whom_it_names_by_node_appwrite_with_a_jwt() {
    let dock = Dock::start().await;
    let cast = cast(&dock).await.to_string();

    let seen = script_with(
        &dock,
        Path::new("node"),
        "node/execute_jwt.cjs",
        &[("CAST", &cast)],
    )
    .await;

    judge_table(&seen["execute"]);
}

#[tokio::test]
async fn a_jwt_manages_no_functions_and_no_users() {
    let dock = Dock::start().await;
    let cast = cast(&dock).await.to_string();

    let seen = script_with(
        &dock,
        Path::new("node"),
        "node/execute_jwt.cjs",
        &[("CAST", &cast)],
    )
    .await;

    for (call, refused) in seen["manage"].as_object().unwrap() {
        if call.starts_with("account.") {
            assert_eq!(refused, &Value::Null, "{call}");
        } else {
            let message = refused["message"].as_str().unwrap_or_default();
            assert_eq!(refused["code"], 401, "{call}: {refused}");
            assert!(message.contains("missing scope ("), "{call}: {message}");
        }
    }
    // Nothing of it happened.
    let functions = dock.key().get("/v1/functions").ok(200).await;
    assert_eq!(functions["sum"], FUNCTIONS.len());
    assert_eq!(
        dock.key().get("/v1/functions/for-nobody").ok(200).await["execute"],
        json!([])
    );
}

/// An app on a host of its own goes a user's whole way against that host of the server.
async fn session_of_an_app(dock: &Dock, app: &str, server: &str) -> Value {
    let endpoint = dock.ready("endpoint").replace("127.0.0.1", server);
    let function = dock
        .key()
        .deploy(
            Draft::new("node-20.0", "node-hello", "node index.js")
                .set("functionId", "hello")
                .set("execute", json!(["role:member"])),
        )
        .await;
    let foreign = dock.key().execute(&function, "somebody else's").await;
    let env = [
        ("APP_HOST", app),
        ("DRYDOCK_ENDPOINT", endpoint.as_str()),
        ("FOREIGN_EXECUTION", foreign.as_str()),
    ];
    script_with(dock, Path::new("node"), "browser/session.mjs", &env).await
}

fn judge_session(seen: &Value) {
    for field in ["sameUser", "jwtIsHers", "listsHerOwn"] {
        assert_eq!(seen[field], true, "{field}: {seen:#}");
    }
    let guest = |scope: &str| json!({ "code": 401, "message": format!("User (role: guest) missing scope ({scope})") });
    assert_eq!(seen["beforeSession"], guest("account"));
    assert_eq!(seen["afterSignOut"], guest("account"));
    assert_eq!(
        seen["wrongPassword"],
        json!({ "code": 401, "message": "Invalid credentials" })
    );
    assert_eq!(
        seen["foreignExecution"],
        json!({ "code": 404, "message": "Execution not found" })
    );
    assert_eq!(
        (&seen["answeredAs"], &seen["read"]),
        (&json!("waiting"), &json!(["user:HER"]))
    );
    assert_eq!(seen["finished"]["stdout"], "Hello, the page\n", "{seen:#}");
    assert_eq!((&seen["sum"], &seen["sessions"]), (&json!(1), &json!(1)));
    assert_eq!(seen["session"]["current"], true);
    assert_eq!(seen["session"]["clientName"], "Chrome", "{seen:#}");
    assert_eq!(seen["session"]["osName"], "Linux");
    assert_eq!(
        (&seen["account"]["email"], &seen["account"]["prefs"]),
        (&json!("ada@example.com"), &json!({}))
    );
    assert_eq!(seen["readableCookies"], "", "no script reads the session");
    assert_eq!(seen["cookiesLeft"], 0, "signing out takes the cookies away");
}

#[tokio::test]
async fn an_app_on_another_port_of_the_same_host_signs_in_by_cookie() {
    let dock = Dock::start().await;

    let seen = session_of_an_app(&dock, "localhost", "localhost").await;

    judge_session(&seen);
    assert_eq!(seen["byCookieAlone"], Value::Null, "{seen:#}");
}

#[tokio::test]
async fn an_app_on_another_host_of_this_machine_signs_in_by_the_fallback_header() {
    let dock = Dock::start().await;

    // To a browser, localhost and 127.0.0.1 are two sites: a Lax cookie is not sent between them.
    let seen = session_of_an_app(&dock, "localhost", "127.0.0.1").await;

    judge_session(&seen);
    assert_eq!(seen["byCookieAlone"]["code"], 401, "{seen:#}");
    assert_eq!(seen["fallbackAfterSignOut"], "[]");
}

#[tokio::test]
async fn an_app_of_an_unregistered_host_is_refused_and_works_once_registered() {
    let dock = Dock::start().await;
    let refused = session_of_an_app(&dock, "app.test", "127.0.0.1").await;
    // 403, which the browser does not let the page read: the answer names no origin that it knows.
    assert_eq!(refused["refused"]["code"], 0, "{refused:#}");
    assert_eq!(dock.key().get("/v1/users").ok(200).await["sum"], 0);

    create_web_platform(&dock, dock.ready("project"), "app.test").await;
    dock.key().delete("/v1/functions/hello").ok(204).await;
    let seen = session_of_an_app(&dock, "app.test", "127.0.0.1").await;

    judge_session(&seen);
}

/// What either server-side client saw of users and teams; one snapshot for both.
fn judge_people(seen: &Value) {
    allow_duplicates! { assert_json_snapshot!(seen, {
        ".created.registration" => "[unix]", ".created.passwordUpdate" => "[unix]",
        ".team.dateCreated" => "[unix]", ".membership[\"$id\"]" => "[id]",
        ".membership.invited" => "[unix]", ".membership.joined" => "[unix]",
    }, @r#"
    {
      "account": "ada",
      "accountRenamed": "By JWT",
      "accountSessions": 1,
      "blocked": false,
      "created": {
        "$id": "grace",
        "email": "grace@people.example",
        "emailVerification": false,
        "name": "Grace Hopper",
        "passwordUpdate": "[unix]",
        "prefs": {},
        "registration": "[unix]",
        "status": true
      },
      "deleted": "",
      "emailInUse": {
        "code": 409,
        "message": "Account already exists"
      },
      "emailIsFree": "grace-2",
      "found": [
        "grace"
      ],
      "got": "grace@people.example",
      "herTeam": 1,
      "herTeams": [
        "hers"
      ],
      "idInUse": {
        "code": 409,
        "message": "Account already exists"
      },
      "idStaysTaken": 409,
      "left": "",
      "listed": [
        "grace",
        "alan"
      ],
      "listedMembers": [
        "admiral@people.example",
        "newcomer@people.example"
      ],
      "logs": true,
      "members": 2,
      "membersLeft": 1,
      "membership": {
        "$id": "[id]",
        "confirm": true,
        "email": "admiral@people.example",
        "invited": "[unix]",
        "joined": "[unix]",
        "name": "Admiral Hopper",
        "roles": [
          "admiral"
        ],
        "teamId": "navy",
        "userId": "grace"
      },
      "newEmail": "admiral@people.example",
      "newPassword": "grace",
      "newRoles": [
        "captain",
        "owner"
      ],
      "noSuchSession": {
        "code": 404,
        "message": "Session not found"
      },
      "noTeam": {
        "code": 404,
        "message": "Team not found"
      },
      "noUser": {
        "code": 404,
        "message": "User not found"
      },
      "oneMember": "grace",
      "prefs": {
        "size": 12,
        "theme": "dark"
      },
      "prefsSet": {
        "size": 12,
        "theme": "dark"
      },
      "renamed": "Admiral Hopper",
      "secondTime": {
        "code": 409,
        "message": "User has already been invited or is already a member of this team"
      },
      "sessions": 0,
      "sessionsDeleted": "",
      "shortPassword": 400,
      "stranger": "newcomer@people.example",
      "team": {
        "$id": "navy",
        "dateCreated": "[unix]",
        "name": "Navy",
        "sum": 0
      },
      "teamDeleted": "",
      "teamFound": [
        "navy"
      ],
      "teamRenamed": "Fleet",
      "unblocked": true,
      "usersByJwt": {
        "code": 401,
        "message": "ada@people.example (role: member) missing scope (users.read)"
      },
      "verified": true
    }
    "#) }
}

/// Somebody whose JWT a script is given.
async fn jwt_of_somebody(dock: &Dock) -> String {
    Stage::first(dock).user("ada").await.jwt().await
}

#[tokio::test]
async fn node_appwrite_4_0_2_manages_users_and_teams() {
    let dock = Dock::start().await;
    let jwt = jwt_of_somebody(&dock).await;

    let seen = script_with(
        &dock,
        Path::new("node"),
        "node/people.cjs",
        &[("DRYDOCK_JWT", &jwt)],
    )
    .await;

    judge_people(&seen);
}

#[tokio::test]
async fn appwrite_0_6_0_of_pypi_manages_users_and_teams() {
    let dock = Dock::start().await;
    let jwt = jwt_of_somebody(&dock).await;
    let python = repository().join("target/venv/bin/python");

    let seen = script_with(&dock, &python, "python/people.py", &[("DRYDOCK_JWT", &jwt)]).await;

    judge_people(&seen);
}
