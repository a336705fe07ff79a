//! Contract §10: what a person has done, as they and a key read it.

use drydock_tests::{Dock, Person};
use serde_json::{Value, json};

fn events(list: &Value) -> Vec<&str> {
    let rows = list["logs"].as_array().unwrap();
    rows.iter().map(|row| row["event"].as_str().unwrap()).collect()
}

/// Everything that somebody did once.
async fn a_life(dock: &Dock) -> Person {
    let ada = dock.sign_up("ada").await;
    ada.patch("/v1/account/name")
        .json(&json!({ "name": "Countess" }))
        .ok(200)
        .await;
    ada
}

#[tokio::test]
async fn signing_up_and_in_are_told_with_who_when_and_from_where() {
    let dock = Dock::start().await;
    let ada = a_life(&dock).await;

    let list = ada.get("/v1/account/logs").ok(200).await;

    for event in ["account.create", "account.sessions.create"] {
        let rows = list["logs"].as_array().unwrap();
        let row = rows
            .iter()
            .find(|row| row["event"] == event)
            .unwrap_or_else(|| panic!("no {event} in {list}"));
        assert_eq!(row["userId"], "ada");
        assert_eq!(row["userEmail"], "ada@example.com");
        assert_eq!(row["ip"], "127.0.0.1");
        assert_eq!(
            (&row["countryCode"], &row["countryName"]),
            (&json!("--"), &json!("Unknown"))
        );
        assert!(
            row["time"].as_i64().is_some_and(|unix| unix > 1_600_000_000),
            "{row}"
        );
    }
    assert_eq!(list["sum"], events(&list).len());
}

#[tokio::test]
async fn a_key_reads_the_same() {
    let dock = Dock::start().await;
    let ada = a_life(&dock).await;

    let own = ada.get("/v1/account/logs").ok(200).await;
    let list = dock.key().get("/v1/users/ada/logs").ok(200).await;

    for event in ["account.create", "account.sessions.create"] {
        assert!(events(&list).contains(&event), "{list}");
    }
    assert_eq!(list["sum"], own["sum"]);
}

#[tokio::test]
async fn nobody_reads_what_somebody_else_did() {
    let dock = Dock::start().await;
    a_life(&dock).await;
    let bob = dock.sign_up("bob").await;

    let list = bob.get("/v1/account/logs").ok(200).await;

    for row in list["logs"].as_array().unwrap() {
        assert_eq!(row["userId"], "bob", "{row}");
    }
}

#[tokio::test]
async fn logs_come_in_pages_and_the_sum_counts_all() {
    let dock = Dock::start().await;
    let ada = a_life(&dock).await;
    for (actor, path) in [(&*ada, "/v1/account/logs"), (&dock.key(), "/v1/users/ada/logs")] {
        let all = actor.get(path).ok(200).await;
        let (events, sum) = (events(&all), all["sum"].as_u64().unwrap());
        assert!(events.len() >= 2, "{all}");

        let page = actor.get(&format!("{path}?limit=1&offset=1")).ok(200).await;
        assert_eq!(
            page["logs"].as_array().unwrap(),
            &all["logs"].as_array().unwrap()[1..2]
        );
        assert_eq!(page["sum"].as_u64().unwrap(), sum);
        let none = actor.get(&format!("{path}?limit=0")).ok(200).await;
        assert_eq!(none["logs"], json!([]));
    }
}

#[tokio::test]
async fn a_page_of_logs_has_at_most_100() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    for (actor, path) in [(&*ada, "/v1/account/logs"), (&dock.key(), "/v1/users/ada/logs")] {
        for (query, name) in [
            ("limit=101", "limit"),
            ("limit=-1", "limit"),
            ("limit=x", "limit"),
            ("offset=5001", "offset"),
            ("offset=-1", "offset"),
        ] {
            let message = actor.get(&format!("{path}?{query}")).refused(400).await;
            assert!(
                message.starts_with(&format!("Invalid {name}: ")),
                "{query}: {message}"
            );
        }
        actor.get(&format!("{path}?limit=100&offset=5000")).ok(200).await;
    }
}

#[tokio::test]
async fn somebody_who_never_did_anything_has_a_list_all_the_same() {
    let dock = Dock::start().await;
    let body = json!({ "userId": "bob", "email": "bob@example.com", "password": "12345678" });
    dock.key().post("/v1/users").json(&body).ok(201).await;

    let list = dock.key().get("/v1/users/bob/logs").ok(200).await;

    assert_eq!(list["sum"], events(&list).len());
}
