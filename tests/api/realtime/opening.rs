//! Who is let in, as whom, and what the others are told.

use drydock_tests::stage::{Stage, create_web_platform};
use drydock_tests::{Dock, until};
use serde_json::{Value, json};

const QUERY: &str = "project=default&channels[]=executions";

#[tokio::test]
async fn every_spelling_of_channels_is_read_and_they_are_told_back() {
    let dock = Dock::start().await;
    for channels in [
        "channels[]=executions&channels[]=functions.f",
        "channels%5B%5D=executions&channels%5B%5D=functions.f",
        "channels[0]=executions&channels[1]=functions.f",
        "channels%5B0%5D=executions&channels%5B1%5D=functions.f",
        "channels[]=executions&channels[]=account.somebody&channels[]=functions.f",
    ] {
        let (_, told) = dock
            .dial(&format!("project=default&{channels}"))
            .connected()
            .await;
        assert_eq!(
            told,
            json!({ "channels": ["executions", "functions.f"], "user": null }),
            "{channels}"
        );
    }
}

#[tokio::test]
async fn unknown_channels_are_echoed_and_a_guests_account_stays_as_it_is() {
    let dock = Dock::start().await;
    let query = "project=default&channels[]=no%20such&channels[]=account&channels[]=files";
    let (_, told) = dock.dial(query).connected().await;
    assert_eq!(told["channels"], json!(["no such", "account", "files"]));
}

#[tokio::test]
async fn a_session_is_known_by_either_cookie_and_makes_account_its_own() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let query = "project=default&channels[]=account";
    let value = &ada.cookie().value;
    for cookie in [
        format!("a_session_default={value}"),
        format!("a_session_default_legacy={value}"),
        format!("a_session_default=made-up; a_session_default_legacy={value}"),
    ] {
        let (_, told) = dock.dial(query).header("cookie", &cookie).connected().await;
        assert_eq!(told["channels"], json!(["account", "account.ada"]), "{cookie}");
        assert_eq!(told["user"], ada.account().await);
    }
    for nobody in ["a_session_default=made-up", "a_session_other=x", ""] {
        let (_, told) = dock.dial(query).header("cookie", nobody).connected().await;
        assert_eq!(told["user"], Value::Null);
    }
}

#[tokio::test]
async fn who_is_blocked_or_signed_out_is_a_guest() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    ada.delete("/v1/account/sessions/current").ok(204).await;
    let blocked = json!({ "status": false });
    let path = "/v1/users/bob/status";
    dock.key().patch(path).json(&blocked).ok(200).await;

    for person in [&ada, &bob] {
        let (_, told) = dock.dial(QUERY).cookie(person.cookie()).connected().await;
        assert_eq!(told["user"], Value::Null);
    }
}

#[tokio::test]
async fn a_project_and_a_channel_must_be_named() {
    let dock = Dock::start().await;
    for query in [
        "channels[]=executions",
        "project=&channels[]=executions",
        "project=nobody&channels[]=executions",
        "project=..%2F&channels[]=executions",
        "",
    ] {
        let sentence = dock.dial(query).refused(1008).await;
        assert_eq!(sentence, "Missing or unknown project ID", "{query}");
    }
    for query in [
        "project=default",
        "project=default&channels[]=",
        "project=default&channels[]=account.ada",
        "project=default&channels[a][b]=executions",
    ] {
        let sentence = dock.dial(query).refused(1008).await;
        assert_eq!(sentence, "Missing channels", "{query}");
    }
    let many = "channels[]=x&".repeat(257);
    let sentence = dock.dial(&format!("project=default&{many}")).refused(1008).await;
    assert_eq!(sentence, "Too many channels: at most 256");
}

#[tokio::test]
async fn a_session_counts_in_its_own_project_alone() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    Stage::another(&dock, "elsewhere").await;
    let cookie = format!("a_session_elsewhere={}", ada.cookie().value);
    let query = "project=elsewhere&channels[]=account";
    let (_, told) = dock.dial(query).header("cookie", &cookie).connected().await;
    assert_eq!(told, json!({ "channels": ["account"], "user": null }));
}

#[tokio::test]
async fn a_strangers_page_is_refused_until_its_host_is_registered() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let from = |origin: &str| dock.dial(QUERY).cookie(ada.cookie()).header("origin", origin);

    let sentence = from("https://evil.example").refused(1008).await;

    assert_eq!(
        sentence,
        "Invalid Origin. Register your new client (evil.example) as a new Web platform on your project console \
         dashboard"
    );
    // A page without an origin may be anybody's frame.
    from("null").refused(1008).await;
    for own in ["http://localhost:3000", "http://127.0.0.1"] {
        assert_eq!(from(own).connected().await.1["user"]["$id"], "ada", "{own}");
    }
    create_web_platform(&dock, "default", "evil.example").await;
    assert_eq!(
        from("https://evil.example").connected().await.1["user"]["$id"],
        "ada"
    );
}

#[tokio::test]
async fn what_is_no_websocket_is_told_so() {
    let dock = Dock::start().await;
    let path = format!("/v1/realtime?{QUERY}");
    let sentence = dock.guest().get(&path).refused(400).await;
    assert_eq!(sentence, "Invalid Upgrade: must be websocket, version 13");
    let rebound = dock.guest().get(&path).header("host", "evil.example");
    assert_eq!(rebound.send().await.status, 421);
    dock.guest().post(&path).refused(404).await;
}

#[tokio::test]
async fn the_129th_opening_within_a_minute_is_one_too_many() {
    let dock = Dock::start().await;
    for number in 0..128 {
        let mut listener = dock.dial(QUERY).open().await;
        assert_eq!(listener.next().await["type"], "connected", "{number}");
    }
    assert_eq!(dock.dial(QUERY).refused(1013).await, "Too many requests");
}

#[tokio::test]
async fn one_connection_more_than_half_of_the_open_files_is_one_too_many_until_another_ends() {
    let few_files = ["sh", "-c", "ulimit -n 256; exec \"$@\"", "sh"];
    let dock = Dock::unlimited().within(&few_files).start().await;
    let mut listeners = Vec::new();
    for _ in 0..128 {
        listeners.push(dock.listen(None, &["executions"]).await);
    }
    assert_eq!(dock.dial(QUERY).refused(1013).await, "Too many connections");

    // Without a goodbye, as a browser that crashes.
    listeners.pop();

    until("there is room again", async || {
        let told = dock.dial(QUERY).open().await.next().await;
        (told["type"] == "connected").then_some(())
    })
    .await;
}
