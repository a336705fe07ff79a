//! Webhooks on the wire.

use drydock_core::event_name::EventName;
use serde::Serialize;

use crate::engine::OpenWebhook;

/// A webhook with its password. What signs its requests is no part of this format.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Webhook {
    #[serde(rename = "$id")]
    id: String,
    name: String,
    url: String,
    events: Vec<&'static str>,
    security: bool,
    http_user: String,
    http_pass: String,
}

impl From<OpenWebhook> for Webhook {
    fn from(open: OpenWebhook) -> Self {
        let webhook = open.webhook;
        Self {
            id: webhook.id.to_string(),
            name: webhook.name,
            url: webhook.url,
            events: webhook.events.into_iter().map(EventName::as_str).collect(),
            security: webhook.checks_certificate,
            http_user: webhook.user,
            http_pass: open.password,
        }
    }
}

/// All webhooks of a project.
#[derive(Serialize)]
pub(in crate::http) struct WebhookList {
    sum: usize,
    webhooks: Vec<Webhook>,
}

impl From<Vec<OpenWebhook>> for WebhookList {
    fn from(webhooks: Vec<OpenWebhook>) -> Self {
        Self {
            sum: webhooks.len(),
            webhooks: webhooks.into_iter().map(Into::into).collect(),
        }
    }
}
