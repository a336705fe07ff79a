//! Webhooks: addresses that are told of a project's events by HTTP.

use crate::clock::Timestamp;
use crate::event_name::EventName;
use crate::id::{ProjectId, WebhookId};

/// Longest name, in characters.
pub const MAX_NAME_LENGTH: usize = 128;
/// Longest user name and password, in characters.
pub const MAX_CREDENTIAL_LENGTH: usize = 256;
/// Bytes of randomness in the key that signs what is sent: as many as SHA-1 takes in at once. Written as hex.
pub const SIGNATURE_KEY_BYTES: usize = 64;

/// A webhook, without its secrets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// The project whose events it is told of.
    pub project: ProjectId,
    /// What people call it.
    pub name: String,
    /// The events it is told of.
    pub events: Vec<EventName>,
    /// Where they are sent: an address of http or https.
    pub url: String,
    /// Whether the certificate of an https address is checked.
    pub checks_certificate: bool,
    /// The user of HTTP basic authentication; empty for none.
    pub user: String,
    /// When it was made.
    pub created_at: Timestamp,
}
