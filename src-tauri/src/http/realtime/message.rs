//! The messages of realtime, both ways, exactly as the contract has them (§9).

use axum::extract::ws::Utf8Bytes;
use drydock_core::clock::Timestamp;
use drydock_core::user::User;
use serde::Serialize;
use serde_json::Value;

use crate::http::appwrite::wire;

/// What is wrong with a connection or a message: the code that WebSocket gives such a thing, and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    pub(super) code: u16,
    pub(super) message: String,
}

/// Against the rules.
pub(super) const POLICY: u16 = 1008;
/// Not understood.
pub(super) const UNSUPPORTED: u16 = 1003;
/// Too many, or too much: to be tried again.
pub(super) const TRY_AGAIN: u16 = 1013;

impl Refusal {
    pub(super) fn new(code: u16, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
        }
    }

    /// As it is told.
    pub(super) fn text(&self) -> Utf8Bytes {
        text(&Told::Error {
            code: self.code,
            message: &self.message,
        })
    }
}

#[derive(Serialize)]
#[serde(tag = "type", content = "data", rename_all = "lowercase")]
enum Told<'t> {
    Connected {
        channels: &'t [String],
        user: Option<wire::User>,
    },
    Response {
        to: &'static str,
        success: bool,
        user: wire::User,
    },
    Error {
        code: u16,
        message: &'t str,
    },
}

/// The first message, to somebody who listens to these channels.
pub(super) fn connected(channels: &[String], user: Option<User>) -> Utf8Bytes {
    text(&Told::Connected {
        channels,
        user: user.map(wire::User::from),
    })
}

/// The answer to somebody who has signed in by a message.
pub(super) fn authenticated(user: User) -> Utf8Bytes {
    text(&Told::Response {
        to: "authentication",
        success: true,
        user: user.into(),
    })
}

/// An event, whose payload is JSON already.
pub(super) fn event(name: &str, channels: &[String], at: Timestamp, payload: &str) -> Utf8Bytes {
    let (name, channels) = (Value::from(name), Value::from(channels.to_vec()));
    let at = at.secs();
    Utf8Bytes::from(format!(
        r#"{{"type":"event","data":{{"event":{name},"channels":{channels},"timestamp":{at},"payload":{payload}}}}}"#
    ))
}

fn text(told: &Told<'_>) -> Utf8Bytes {
    // Texts, numbers and maps by text: that cannot fail.
    Utf8Bytes::from(serde_json::to_string(told).unwrap_or_default())
}

/// The session that a client's message shows, as the value of its cookie.
///
/// # Errors
/// What is wrong with the message.
pub(super) fn session_shown(message: &str) -> Result<String, Refusal> {
    let refused = |sentence| Refusal::new(UNSUPPORTED, sentence);
    let Ok(Value::Object(message)) = serde_json::from_str(message) else {
        return Err(refused("Message format is not valid."));
    };
    let (kind, data) = (message.get("type"), message.get("data"));
    if kind.is_none() && data.is_none() {
        return Err(refused("Message format is not valid."));
    }
    if kind.is_none_or(|kind| kind != "authentication") {
        return Err(refused("Message type is not valid."));
    }
    match data.and_then(|data| data.get("session")) {
        Some(Value::String(session)) => Ok(session.clone()),
        _ => Err(refused("Payload is not valid.")),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn read(text: &Utf8Bytes) -> Value {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn messages_have_the_shape_of_the_contract() {
        let channels = ["executions".to_owned(), "odd\"\n".to_owned()];
        assert_eq!(
            read(&connected(&channels, None)),
            json!({ "type": "connected", "data": { "channels": ["executions", "odd\"\n"], "user": null } })
        );
        assert_eq!(
            read(&event(
                "functions.executions.update",
                &channels,
                Timestamp(61_999),
                r#"{"$id":"x"}"#
            )),
            json!({ "type": "event", "data": {
                "event": "functions.executions.update", "channels": ["executions", "odd\"\n"],
                "timestamp": 61, "payload": { "$id": "x" },
            } })
        );
        assert_eq!(
            read(&Refusal::new(POLICY, "Missing channels").text()),
            json!({ "type": "error", "data": { "code": 1008, "message": "Missing channels" } })
        );
    }

    #[test]
    fn what_a_client_sends_is_a_session_or_refused_by_what_is_wrong() {
        let shown = session_shown(r#"{"type":"authentication","data":{"session":"abc"}}"#);
        assert_eq!(shown.unwrap(), "abc");
        for (message, sentence) in [
            ("", "Message format is not valid."),
            ("[]", "Message format is not valid."),
            ("{}", "Message format is not valid."),
            (r#"{"data":{}}"#, "Message type is not valid."),
            (r#"{"type":"other"}"#, "Message type is not valid."),
            (r#"{"type":"authentication"}"#, "Payload is not valid."),
            (r#"{"type":"other","data":{}}"#, "Message type is not valid."),
            (r#"{"type":7,"data":{}}"#, "Message type is not valid."),
            (r#"{"type":"authentication","data":{}}"#, "Payload is not valid."),
            (r#"{"type":"authentication","data":[]}"#, "Payload is not valid."),
            (
                r#"{"type":"authentication","data":{"session":7}}"#,
                "Payload is not valid.",
            ),
        ] {
            let refused = session_shown(message).unwrap_err();
            assert_eq!(refused, Refusal::new(UNSUPPORTED, sentence), "{message}");
        }
        let deep = "[".repeat(10_000);
        assert!(session_shown(&deep).is_err(), "nesting ends");
    }
}
