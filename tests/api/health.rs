//! Contract §10: the server's health, as a key asks for it.

use drydock_tests::Dock;
use serde_json::json;

use crate::missing;

#[tokio::test]
async fn the_server_and_its_database_pass_with_a_ping() {
    let dock = Dock::start().await;
    let key = dock.key_with(&["health.read"]).await;
    for path in ["/v1/health", "/v1/health/db"] {
        let health = key.get(path).ok(200).await;
        assert_eq!(health["status"], "pass", "{path}");
        assert!(
            health["ping"].as_i64().is_some_and(|millis| millis >= 0),
            "{path}: {health}"
        );
    }
}

#[tokio::test]
async fn the_queue_of_functions_tells_how_many_wait() {
    let dock = Dock::start().await;

    let queue = dock.key().get("/v1/health/queue/functions").ok(200).await;

    assert_eq!(queue, json!({ "size": 0 }));
}

#[tokio::test]
async fn the_time_here_is_compared_with_the_time_elsewhere() {
    let dock = Dock::start().await;

    let time = dock.key().get("/v1/health/time").ok(200).await;

    let (local, remote) = (
        time["localTime"].as_i64().unwrap(),
        time["remoteTime"].as_i64().unwrap(),
    );
    assert!(local > 1_600_000_000 && remote > 1_600_000_000, "{time}");
    assert!(
        time["diff"]
            .as_i64()
            .is_some_and(|diff| diff.abs() == (local - remote).abs()),
        "{time}"
    );
}

#[tokio::test]
async fn health_is_no_business_of_guests_and_members() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    for path in [
        "/v1/health",
        "/v1/health/db",
        "/v1/health/queue/functions",
        "/v1/health/time",
    ] {
        assert_eq!(dock.guest().get(path).refused(401).await, missing("health.read"));
        let message = ada.get(path).refused(401).await;
        assert!(message.ends_with("missing scope (health.read)"), "{message}");
    }
}
