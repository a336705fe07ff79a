//! The log of what users did with their accounts, which they and administrators can read.

use crate::agent::Client;
use crate::clock::Timestamp;
use crate::event_name::EventName;
use crate::id::UserId;

/// How long an entry is kept: as executions are.
pub const KEPT_SECS: i64 = 14 * 24 * 60 * 60;
/// Most entries of one user; the oldest go. No list can go further back than its largest offset and page.
pub const MAX_PER_USER: i64 = 5100;

/// One thing that a user did.
#[derive(Debug, Clone)]
pub struct LogEntry {
    /// Who.
    pub user: UserId,
    /// What, by the name of its event.
    pub event: EventName,
    /// As an administrator (`admin`) or as themselves.
    pub admin: bool,
    /// From where.
    pub client: Client,
    /// When.
    pub at: Timestamp,
}
