//! What a webhook is sent: the request of the contract, with its signature.

use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, USER_AGENT};
use axum::http::{HeaderMap, Uri};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use drydock_core::event::Event;
use drydock_core::id::UserId;
use drydock_core::webhook::Webhook;
use hmac::{Hmac, Mac};
use sha1::Sha1;

/// As Appwrite calls itself, with the version that our answers have; then who it is.
const AGENT: &str = concat!("Appwrite-Server v0.12.0 Drydock/", env!("CARGO_PKG_VERSION"));

/// Why nothing can be sent of an event that retention has removed.
pub(super) const NOT_KEPT: &str = "What happened is not kept any more";

/// A request that is ready to be sent.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
}

impl Message {
    /// Tells `webhook` of `event`; or why that cannot be.
    pub(super) fn of(event: &Event, webhook: &Webhook, password: &str, key: &str) -> Result<Self, String> {
        let payload = event.payload.as_deref().ok_or(NOT_KEPT)?;
        // As a browser reads an address: what is no ASCII in it is encoded.
        let url =
            reqwest::Url::parse(&webhook.url).map_err(|error| format!("The URL is not valid: {error}"))?;
        let uri = url.as_str().parse();
        let signature = signature(&webhook.url, payload, key);
        let mut headers = HeaderMap::new();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        headers.insert(USER_AGENT, HeaderValue::from_static(AGENT));
        for (name, value) in [
            ("x-appwrite-webhook-id", webhook.id.as_str()),
            ("x-appwrite-webhook-event", event.name.as_str()),
            ("x-appwrite-webhook-name", &webhook.name),
            ("x-appwrite-webhook-user-id", user_of(event)),
            ("x-appwrite-webhook-project-id", webhook.project.as_str()),
            ("x-appwrite-webhook-signature", &signature),
        ] {
            headers.insert(name, header(value));
        }
        if !webhook.user.is_empty() || !password.is_empty() {
            let pair = STANDARD.encode(format!("{}:{password}", webhook.user));
            let mut value = header(&format!("Basic {pair}"));
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        Ok(Self {
            uri: uri.map_err(|error| format!("The URL is not valid: {error}"))?,
            headers,
            body: Bytes::copy_from_slice(payload.as_bytes()),
        })
    }
}

/// What the contract names no user for: they were nobody yet when they called.
const BY_NOBODY: [&str; 2] = ["account.create", "account.sessions.create"];

/// The user who did it.
fn user_of(event: &Event) -> &str {
    if BY_NOBODY.contains(&event.name.as_str()) {
        return "";
    }
    event.user.as_ref().map_or("", UserId::as_str)
}

/// A text as the value of a header: what it cannot hold, such as the end of a line, becomes a space.
fn header(text: &str) -> HeaderValue {
    let safe: String = text
        .chars()
        .map(|char| if char.is_control() { ' ' } else { char })
        .collect();
    HeaderValue::from_bytes(safe.as_bytes()).unwrap_or_else(|_| HeaderValue::from_static(""))
}

/// base64 of the HMAC-SHA1 of URL and body.
fn signature(url: &str, body: &str, key: &str) -> String {
    // A key of any length is one.
    let Ok(mut mac) = Hmac::<Sha1>::new_from_slice(key.as_bytes()) else {
        return String::new();
    };
    mac.update(url.as_bytes());
    mac.update(body.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use drydock_core::clock::Timestamp;
    use drydock_core::event_name::EventName;
    use drydock_core::id::{EventId, ProjectId, WebhookId};

    use super::*;

    fn webhook(url: &str) -> Webhook {
        Webhook {
            id: WebhookId::trusted("w"),
            project: ProjectId::trusted("p"),
            name: "Größe\r\nX-Evil: 1".to_owned(),
            events: Vec::new(),
            url: url.to_owned(),
            checks_certificate: true,
            user: String::new(),
            created_at: Timestamp(0),
        }
    }

    fn event(name: &str) -> Event {
        Event {
            project: ProjectId::trusted("p"),
            id: EventId::trusted("e"),
            name: EventName::parse("event", name).unwrap(),
            at: Timestamp(0),
            payload: Some("{}".to_owned()),
            execution: None,
            caller: "user:u".to_owned(),
            user: Some(UserId::trusted("u")),
            made_by: None,
            chain: Vec::new(),
            is_handled: true,
            is_by_hand: false,
        }
    }

    #[test]
    fn the_signature_is_that_of_the_url_and_the_body() {
        // By OpenSSL: printf 'https://example.com/hook{}' | openssl dgst -sha1 -hmac key -binary | base64
        assert_eq!(
            signature("https://example.com/hook", "{}", "key"),
            "IYR2pw4MSWYm0vPTRxbXWydzF0A="
        );
    }

    #[test]
    fn a_name_cannot_add_a_header_and_may_have_any_letter() {
        let message = Message::of(&event("users.create"), &webhook("http://[::1]:1/ü?a=b"), "", "k").unwrap();
        let name = message.headers["x-appwrite-webhook-name"].as_bytes();
        assert_eq!(name, "Größe  X-Evil: 1".as_bytes());
        assert_eq!(message.uri.to_string(), "http://[::1]:1/%C3%BC?a=b");
        assert!(!message.headers.contains_key(AUTHORIZATION));
    }

    #[test]
    fn who_signs_in_is_not_named_and_who_does_something_is() {
        let user = |name| {
            let message = Message::of(&event(name), &webhook("http://localhost"), "", "k").unwrap();
            message.headers["x-appwrite-webhook-user-id"].clone()
        };
        assert_eq!(user("account.update.name"), "u");
        assert_eq!(user("account.sessions.create"), "");
        assert_eq!(user("account.create"), "");
    }
}
