//! What must stand in no log and lie in no file: passwords, cookies, tokens, keys.

use std::fs;
use std::path::Path;

use drydock_tests::{Dock, Person, decoded_cookie};
use serde_json::json;

/// Everything that is a secret of one life: what it is, and its text.
async fn a_life(dock: &Dock) -> Vec<(&'static str, String)> {
    let ada = dock.sign_up("ada").await;
    let jwt = ada.jwt().await;
    let by_jwt = dock.guest().header("x-appwrite-jwt", &jwt);
    by_jwt.get("/v1/account").ok(200).await;
    let fallback = json!({ "a_session_default": ada.cookie().value }).to_string();
    dock.guest()
        .header("x-fallback-cookies", &fallback)
        .get("/v1/account")
        .ok(200)
        .await;
    dock.guest()
        .header("x-appwrite-jwt", &format!("{jwt}x"))
        .get("/v1/account")
        .refused(401)
        .await;
    let change = json!({ "password": "the second password", "oldPassword": ada.password });
    ada.patch("/v1/account/password").json(&change).ok(200).await;
    let wrong = json!({ "email": ada.email, "password": "a wrong password" });
    dock.guest()
        .post("/v1/account/sessions")
        .json(&wrong)
        .refused(401)
        .await;
    Person::sign_in(&dock.guest(), &ada.email, "the second password").await;
    let keys = dock.home().path("keys");
    let body = json!({ "name": "k", "scopes": ["users.read"] });
    let key = dock.console_owner().post(&keys).json(&body).ok(201).await;
    let key = key["secret"].as_str().unwrap().to_owned();
    let by_key = dock.guest().header("x-appwrite-key", &key);
    by_key.get("/v1/users").ok(200).await;
    by_key.get("/v1/functions").refused(401).await;
    let secret = decoded_cookie(&ada.cookie().value)["secret"]
        .as_str()
        .unwrap()
        .to_owned();
    vec![
        ("a password", ada.password.clone()),
        ("a changed password", "the second password".into()),
        ("a wrong password", "a wrong password".into()),
        ("a session's secret", secret),
        ("a cookie", ada.cookie().value.trim_end_matches('=').to_owned()),
        ("a token", jwt.rsplit('.').next().unwrap().to_owned()),
        ("a key", key),
    ]
}

#[tokio::test]
async fn no_line_of_the_log_holds_a_secret_even_at_the_most_verbose_level() {
    let dock = Dock::launch().env("RUST_LOG", "trace").start().await;

    let secrets = a_life(&dock).await;

    let log = dock.log();
    // It is verbose, and what is printed shows: the key of the first start is, for its owner to copy.
    assert!(log.contains("TRACE") && log.contains(dock.ready("key")), "{log}");
    for (what, secret) in secrets {
        let line = log.lines().find(|line| line.contains(&secret));
        assert_eq!(line, None, "{what} stands in the log");
    }
    let token = dock.server_file()["adminToken"].as_str().unwrap().to_owned();
    assert!(!log.contains(&token), "the owner's token stands in the log");
}

#[tokio::test]
async fn no_file_of_the_data_folder_holds_a_secret_in_plain() {
    let dock = Dock::start().await;

    let secrets = a_life(&dock).await;

    let mut files = Vec::new();
    read(&dock.data(), &mut files);
    let lies_in = |secret: &str| {
        let mut holding = files.iter().filter(|(_, bytes)| {
            bytes
                .windows(secret.len())
                .any(|window| window == secret.as_bytes())
        });
        holding.next().map(|(name, _)| name)
    };
    // What is no secret is found.
    assert_ne!(lies_in("ada@example.com"), None);
    for (what, secret) in secrets {
        assert_eq!(lies_in(&secret), None, "{what}");
    }
}

fn read(folder: &Path, files: &mut Vec<(String, Vec<u8>)>) {
    for entry in fs::read_dir(folder).unwrap().flatten() {
        let path = entry.path();
        if path.is_dir() {
            read(&path, files);
        } else if let Ok(bytes) = fs::read(&path) {
            files.push((path.display().to_string(), bytes));
        }
    }
}
