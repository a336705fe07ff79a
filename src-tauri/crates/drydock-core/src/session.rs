//! Sessions: a user who has signed in, on one client.

use serde::{Deserialize, Serialize};

use crate::agent::Client;
use crate::clock::Timestamp;
use crate::id::{ProjectId, SessionId, UserId};

/// Bytes of randomness in a session's secret; on the wire they are 256 hex characters.
pub const SECRET_BYTES: usize = 128;
/// How long a session lasts: a year, as Appwrite's.
pub const LIFETIME_SECS: i64 = 365 * 24 * 60 * 60;
/// How long a user's JWT can be used.
pub const JWT_SECS: i64 = 15 * 60;
/// Most open sessions of one user; the oldest go. More than the clients of one person, and an end for a
/// script that signs in in a loop.
pub const MAX_PER_USER: i64 = 100;
/// Most of them that the owner of the machine opened in the user's name: their tools must not sign the user out.
pub const MAX_OF_CONSOLE: i64 = 10;

/// How a user signed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Provider {
    /// E-mail and password, or an invitation by e-mail.
    Email,
    /// Without telling who they are.
    Anonymous,
    /// The owner of the machine, in the user's name.
    Console,
}

impl Provider {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::Anonymous => "anonymous",
            Self::Console => "console",
        }
    }
}

/// A session, without its secret.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// The project of the user.
    pub project: ProjectId,
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub user: UserId,
    /// How they signed in.
    pub provider: Provider,
    /// As whom: the address at that time.
    pub provider_uid: String,
    /// From where.
    pub client: Client,
    /// When it began.
    pub created_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Timestamp,
}
