//! What clients say, and what they are answered.

use drydock_tests::{Bytes, Dock, Message};
use serde_json::json;

use super::function_for_all;

#[tokio::test]
async fn a_session_shown_later_makes_somebody_of_a_guest() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let function = function_for_all(&dock).await;
    let mut listener = dock.listen(None, &["executions"]).await;

    let told = listener.sign_in(&ada).await;

    let account = ada.account().await;
    assert_eq!(
        told,
        json!({ "to": "authentication", "success": true, "user": account })
    );
    let execution = ada.execute(&function, "").await;
    assert_eq!(listener.event().await["payload"]["$id"], execution);
}

#[tokio::test]
async fn another_session_makes_somebody_else() {
    let dock = Dock::start().await;
    let (ada, bob) = (dock.sign_up("ada").await, dock.sign_up("bob").await);
    let function = function_for_all(&dock).await;
    let mut listener = dock.listen(Some(&ada), &["executions"]).await;
    listener.sign_in(&bob).await;

    ada.run(&function, "").await;
    let execution = bob.execute(&function, "").await;

    assert_eq!(listener.event().await["payload"]["$id"], execution);
}

#[tokio::test]
async fn what_is_not_valid_is_named_and_the_connection_stays() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let gone = ada.again().await;
    gone.delete("/v1/account/sessions/current").ok(204).await;
    let shown = |session: &str| {
        let message = json!({ "type": "authentication", "data": { "session": session } });
        Message::text(message.to_string())
    };
    let mut listener = dock.listen(None, &["executions"]).await;
    for (message, sentence) in [
        (Message::text(""), "Message format is not valid."),
        (Message::text("{"), "Message format is not valid."),
        (Message::text("[]"), "Message format is not valid."),
        (Message::text("null"), "Message format is not valid."),
        (Message::text("[".repeat(10_000)), "Message format is not valid."),
        (
            Message::Binary(Bytes::from_static(b"{\"type\":\"authentication\"}")),
            "Message format is not valid.",
        ),
        (Message::text(r#"{"type":"ping"}"#), "Message type is not valid."),
        (
            Message::text(r#"{"type":["authentication"],"data":{}}"#),
            "Message type is not valid.",
        ),
        (
            Message::text(r#"{"type":"authentication"}"#),
            "Payload is not valid.",
        ),
        (
            Message::text(r#"{"type":"authentication","data":{"session":1}}"#),
            "Payload is not valid.",
        ),
        (shown(""), "Session is not valid."),
        (shown("made up"), "Session is not valid."),
        (shown(&gone.cookie().value), "Session is not valid."),
    ] {
        listener.say(message.clone()).await;
        assert_eq!(listener.error(1003).await, sentence, "{message:?}");
    }

    assert_eq!(listener.sign_in(&ada).await["user"]["$id"], "ada");
}

#[tokio::test]
async fn who_is_blocked_cannot_sign_in_by_a_message() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let mut listener = dock.listen(None, &["executions"]).await;
    let blocked = json!({ "status": false });
    dock.key()
        .patch("/v1/users/ada/status")
        .json(&blocked)
        .ok(200)
        .await;

    listener.show(&ada.cookie().value).await;

    assert_eq!(listener.error(1003).await, "Session is not valid.");
}

#[tokio::test]
async fn the_33rd_message_within_a_minute_is_one_too_many_and_events_still_come() {
    let dock = Dock::start().await;
    let ada = dock.sign_up("ada").await;
    let function = function_for_all(&dock).await;
    let mut listener = dock.listen(Some(&ada), &["executions"]).await;
    let mut other = dock.listen(None, &["executions"]).await;
    for _ in 0..32 {
        listener.say(Message::text("{}")).await;
        listener.error(1003).await;
    }

    listener.say(Message::text("{}")).await;

    assert_eq!(listener.error(1013).await, "Too many messages");
    let execution = ada.execute(&function, "").await;
    assert_eq!(listener.event().await["payload"]["$id"], execution);
    assert_eq!(
        other.sign_in(&ada).await["success"],
        true,
        "each counts for itself"
    );
}
