//! What is secret is said once, to whom it belongs: no log line has it, however much is logged, and no copy of the
//! database.

use std::path::{Path, PathBuf};

use drydock_tests::stage::{
    PASSWORD, Stage, create_key, create_web_platform, every_scope, forge_jwt, invite, machine_owner,
    secret_of_invitation,
};
use drydock_tests::{Dock, Draft};
use serde_json::json;

/// A secret and what it is.
type Secret = (&'static str, String);

/// Does all that has to do with secrets, well and badly, and returns every secret that there was.
async fn live(dock: &Dock) -> Vec<Secret> {
    let stage = Stage::first(dock);
    let mut secrets: Vec<Secret> = vec![
        ("a password", PASSWORD.to_owned()),
        ("the first key", dock.ready("key").to_owned()),
        (
            "the first link's token",
            dock.ready("console").split_once("#token=").unwrap().1.to_owned(),
        ),
        (
            "the token of server.json",
            dock.server_file()["adminToken"].as_str().unwrap().to_owned(),
        ),
    ];
    let mut keep = |what: &'static str, secret: &str| secrets.push((what, secret.to_owned()));

    // The console: two sessions, one of a fresh link; a made-up token, a wrong proof, sign-out.
    let link = dock.fresh_link().await;
    keep("a fresh link's token", link.split_once("#token=").unwrap().1);
    let console = dock.console().await;
    let other = dock.another_console().await;
    for console in [&console, &other] {
        keep("a console cookie", console.cookie().split_once('=').unwrap().1);
        keep("a proof", console.proof());
        console.get("/session").await;
    }
    let wrong = "a-proof-that-is-wrong-0815";
    keep("a wrong proof", wrong);
    let refused = console
        .actor()
        .header("x-drydock-console", wrong)
        .get("/console/api/status");
    refused.send_unchecked().await.expect_status(401);
    let token = "a-token-that-is-made-up-0815";
    keep("a made-up token", token);
    let spend = console
        .request("POST", "/session")
        .json(&json!({ "token": token }));
    spend.send_unchecked().await.expect_status(401);
    other.request("DELETE", "/session").send_unchecked().await;

    // Keys: by the API, shown by the console, used, wrong.
    let (id, key) = create_key(dock, stage.project(), &every_scope()).await;
    keep("a key", &key);
    console.get(&format!("/projects/default/keys/{id}/secret")).await;
    let by_key = stage.guest().header("x-appwrite-key", &key);
    by_key.get("/v1/users").ok(200).await;
    let other_end = if key.ends_with('0') { '1' } else { '0' };
    let almost = format!("{}{other_end}", &key[..255]);
    keep("almost a key", &almost);
    stage
        .guest()
        .header("x-appwrite-key", &almost)
        .get("/v1/users")
        .refused(401)
        .await;
    create_web_platform(dock, stage.project(), "app.test").await;

    // Accounts: made by the app and by its server, sessions by cookie and by fallback, changes, wrong passwords.
    let ada = stage.user("ada").await;
    keep("a session's cookie", ada.cookie.trim_end_matches('='));
    keep("a session's secret", &ada.secret());
    let own = "the-password-that-bob-chose-1";
    keep("a chosen password", own);
    let bob = json!({ "userId": "bob", "email": "bob@people.example", "password": own, "name": "Bob" });
    stage.guest().post("/v1/account").json(&bob).ok(201).await;
    let wrong = "a-wrong-password-of-bob-2";
    keep("a wrong password", wrong);
    let sign_in = |password: &str| json!({ "email": "bob@people.example", "password": password });
    stage
        .guest()
        .post("/v1/account/sessions")
        .json(&sign_in(wrong))
        .refused(401)
        .await;
    let answer = stage
        .guest()
        .post("/v1/account/sessions")
        .header("origin", "http://app.test")
        .json(&sign_in(own))
        .send()
        .await;
    answer.expect_status(201);
    let fallback = answer.header("x-fallback-cookies").to_owned();
    let by_fallback = stage.guest().header("x-fallback-cookies", &fallback);
    by_fallback.get("/v1/account").ok(200).await;
    let kept: serde_json::Value = serde_json::from_str(&fallback).unwrap();
    let cookie = kept["a_session_default"].as_str().unwrap();
    keep("a fallback cookie", cookie.trim_end_matches('='));
    let next = "the-next-password-of-bob-3";
    keep("a new password", next);
    let change = json!({ "password": next, "oldPassword": own });
    by_fallback
        .patch("/v1/account/password")
        .json(&change)
        .ok(200)
        .await;
    let change = json!({ "email": "bob-2@people.example", "password": next });
    by_fallback.patch("/v1/account/email").json(&change).ok(200).await;
    let by_server = "a-password-by-the-server-4";
    keep("a password by the server", by_server);
    let change = json!({ "password": by_server });
    by_key.patch("/v1/users/bob/password").json(&change).ok(200).await;
    let garbage = "garbage-in-a-cookie-that-may-be-a-secret-5";
    keep("an undecodable cookie", garbage);
    let by_garbage = stage
        .guest()
        .header("cookie", &format!("a_session_default={garbage}"))
        .header("x-fallback-cookies", garbage);
    by_garbage.get("/v1/account").refused(401).await;

    // Bodies that do not parse, and parameters that do not fit, with passwords in them.
    let broken = "a-password-in-a-broken-body-6";
    keep("a password in a broken body", broken);
    for body in [
        format!(r#"{{"email":"bob@people.example","password":"{broken}""#),
        format!(r#"{{"email":7,"password":["{broken}"]}}"#),
        format!(r#"{{"email":"no e-mail","password":"{broken}"}}"#),
        format!("password={broken}"),
    ] {
        let request = stage.guest().post("/v1/account/sessions");
        request.body("application/json", body).refused(400).await;
    }
    let short = "short-7";
    keep("a password that is too short", short);
    let body = json!({ "userId": "unique()", "email": "carl@people.example", "password": short });
    stage.guest().post("/v1/account").json(&body).refused(400).await;

    // JWTs: good, expired, broken; an execution that is given one.
    let jwt = ada.jwt().await;
    keep("a JWT", &jwt);
    keep("the signature of a JWT", jwt.rsplit('.').next().unwrap());
    stage.by_jwt(&jwt).get("/v1/account").ok(200).await;
    let expired = forge_jwt(
        dock,
        &json!({ "userId": "ada", "sessionId": ada.id, "exp": 1_577_836_800 }),
    );
    keep("an expired JWT", &expired);
    stage.by_jwt(&expired).get("/v1/account").refused(401).await;
    let broken = format!("{}x", &jwt[..jwt.len() - 4]);
    keep("a broken JWT", &broken);
    stage.by_jwt(&broken).get("/v1/account").refused(401).await;
    let variable = "a-variable-of-a-function-8";
    let script = "test -n \"$APPWRITE_FUNCTION_JWT\" && echo \"${#APPWRITE_FUNCTION_JWT}\"";
    let draft = Draft::shell(script)
        .var("TOKEN", variable)
        .set("execute", json!(["role:all"]));
    let function = stage.key().deploy(draft).await;
    let execution = ada.actor.execute(&function, "").await;
    let run = stage.key().finished(&function, &execution).await;
    assert_eq!(run["exitCode"], 0, "the function had a JWT: {run}");

    // Teams: an invitation, its secret wrong and right.
    stage.team("crew").await;
    stage.join("crew", &ada.account, &["owner"]).await;
    let invited = invite(&ada.actor, "crew", "carl@people.example", &["dev"]).await;
    let secret = secret_of_invitation(&console, stage.project(), &invited).await;
    keep("an invitation's secret", &secret);
    let path = format!("/v1/teams/crew/memberships/{}/status", invited.id);
    let carl = stage.key().get("/v1/users?search=carl").ok(200).await["users"][0]["$id"].clone();
    let wrong = "a-wrong-secret-of-an-invitation-9";
    keep("an invitation's wrong secret", wrong);
    let answer = |secret: &str| json!({ "userId": carl, "secret": secret });
    stage.guest().patch(&path).json(&answer(wrong)).refused(401).await;
    let joined = stage.guest().patch(&path).json(&answer(&secret)).send().await;
    joined.expect_status(200);
    let cookie = joined.header("set-cookie").split(';').next().unwrap();
    keep(
        "an invited person's cookie",
        cookie.split_once('=').unwrap().1.trim_end_matches('='),
    );

    // A session in somebody's name, and the ends of sessions.
    let minted = console
        .request("POST", "/projects/default/users/ada/sessions")
        .json(&json!({}))
        .send_unchecked()
        .await;
    minted.expect_status(201);
    let minted = minted.json();
    keep(
        "a minted session",
        minted["session"].as_str().unwrap().trim_end_matches('='),
    );
    keep("a minted JWT", minted["jwt"].as_str().unwrap());
    by_fallback.delete("/v1/account/sessions").send().await;
    ada.actor.delete("/v1/account/sessions/current").ok(204).await;
    machine_owner(dock).get("/v1/projects").ok(200).await;

    for (what, secret) in &secrets {
        assert!(
            secret.len() >= 7,
            "{what} is long enough to be searched for: {secret:?}"
        );
    }
    secrets
}

/// Those of the secrets that a text has, but for `printed` ones, which may be there once.
fn found_in(text: &str, secrets: &[Secret], printed: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for (what, secret) in secrets {
        let allowed = usize::from(printed.contains(what));
        let times = text.matches(secret.as_str()).count();
        if times > allowed {
            let line = text.lines().rfind(|line| line.contains(secret.as_str())).unwrap();
            let shown: String = line.chars().take(400).collect();
            found.push(format!("{what}, {times} times, as in: {shown}"));
        }
    }
    if text.contains("$argon2") {
        found.push("a password's hash".to_owned());
    }
    found
}

/// What a start prints for its user, once.
const PRINTED: [&str; 2] = ["the first key", "the first link's token"];

async fn logs_are_clean(format: &str) {
    let dock = Dock::launch()
        .env("RUST_LOG", "trace")
        .arg("--log-format")
        .arg(format)
        .start()
        .await;

    let secrets = live(&dock).await;

    let folder = dock.folder();
    let first = dock.interrupt().await.log;
    assert!(
        first.contains("TRACE"),
        "the log is at its most verbose:\n{first}"
    );
    let found = found_in(&first, &secrets, &PRINTED);
    assert!(found.is_empty(), "{found:#?}");

    let again = Dock::launch()
        .env("RUST_LOG", "trace")
        .arg("--log-format")
        .arg(format)
        .on(&folder)
        .start()
        .await;
    let second = again.interrupt().await.log;
    let found = found_in(&second, &secrets, &PRINTED[..1]);
    assert!(found.is_empty(), "{found:#?}");
}

#[tokio::test]
async fn the_most_verbose_log_has_no_secret() {
    logs_are_clean("text").await;
}

#[tokio::test]
async fn the_most_verbose_log_in_json_has_no_secret() {
    logs_are_clean("json").await;
}

/// Every file below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.is_file() {
            found.push(path);
        }
    }
    found
}

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    bytes.windows(wanted.len()).any(|window| window == wanted)
}

#[tokio::test]
async fn a_copy_of_the_data_without_the_keys_of_the_server_has_no_secret() {
    let dock = Dock::start().await;

    let secrets = live(&dock).await;

    let mut found = Vec::new();
    let mut seen = Vec::new();
    let mut emails = 0;
    // Killed and not ended, so that the write-ahead logs are still there.
    let folder = dock.crash();
    let data = folder.data();
    for path in files(&data) {
        let name = path.strip_prefix(&data).unwrap().to_str().unwrap().to_owned();
        if name.starts_with("secrets/") || name == "server.json" {
            continue;
        }
        let bytes = std::fs::read(&path).unwrap();
        emails += usize::from(contains(&bytes, b"bob-2@people.example"));
        for (what, secret) in &secrets {
            if contains(&bytes, secret.as_bytes()) {
                found.push(format!("{what} in {name}"));
            }
        }
        seen.push(name);
    }
    for database in ["drydock.db", "drydock.db-wal"] {
        assert!(seen.iter().any(|name| name == database), "{seen:?}");
    }
    assert!(emails > 0, "what is no secret is found");
    assert!(found.is_empty(), "{found:#?}");
}

#[cfg(unix)]
#[tokio::test]
async fn nobody_else_on_this_machine_can_read_the_data() {
    use std::os::unix::fs::PermissionsExt as _;

    let dock = Dock::start().await;
    live(&dock).await;

    let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dock.data()), 0o700);
    assert_eq!(mode(dock.ready_path()), 0o600);
    for path in files(&dock.data()) {
        let open = mode(&path) & 0o077;
        let secret = path.components().any(|part| part.as_os_str() == "secrets")
            || path.file_name().is_some_and(|name| name == "server.json");
        assert!(!secret || open == 0, "{}: {:o}", path.display(), mode(&path));
    }
}
