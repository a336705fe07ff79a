//! API keys: what a server-side SDK shows.

use crate::clock::Timestamp;
use crate::id::{KeyId, ProjectId};
use crate::scope::Scope;

/// Bytes of randomness in a key's secret; on the wire they are 256 hex characters.
pub const SECRET_BYTES: usize = 128;

/// Longest name, in characters.
pub const MAX_NAME_LENGTH: usize = 128;

/// An API key, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    /// Its id.
    pub id: KeyId,
    /// The project it opens.
    pub project: ProjectId,
    /// What people call it.
    pub name: String,
    /// What it may do.
    pub scopes: Vec<Scope>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last used, to the minute.
    pub last_used_at: Option<Timestamp>,
}
