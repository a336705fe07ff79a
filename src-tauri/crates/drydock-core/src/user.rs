//! Users: the people of a project, as its app knows them.

use serde_json::{Map, Value};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::{ProjectId, UserId};

/// Longest name, in characters.
pub const MAX_NAME_LENGTH: usize = 128;
/// Shortest password, in characters.
pub const MIN_PASSWORD_LENGTH: usize = 8;
/// Longest password, in characters: argon2 takes any length, a request's time should not.
pub const MAX_PASSWORD_LENGTH: usize = 256;
/// Longest e-mail address: what a mail server must take (RFC 5321, 4.5.3.1.3).
pub const MAX_EMAIL_LENGTH: usize = 254;
/// Largest `prefs` as JSON, in bytes.
pub const MAX_PREFS_BYTES: usize = 65_535;

/// What an app keeps about a user.
pub type Prefs = Map<String, Value>;

/// A user.
#[derive(Debug, Clone, PartialEq)]
pub struct User {
    /// The project they belong to.
    pub project: ProjectId,
    /// Their id.
    pub id: UserId,
    /// What people call them.
    pub name: String,
    /// Their address, lower-cased; anonymous users have none.
    pub email: Option<String>,
    /// Whether the address is known to be theirs.
    pub email_verified: bool,
    /// Their password's argon2id hash in PHC form.
    pub password_hash: Option<String>,
    /// When the password was last set by themselves or an administrator.
    pub password_updated_at: Option<Timestamp>,
    /// False for one who is blocked or has deleted the account.
    pub active: bool,
    /// What the app keeps about them.
    pub prefs: Prefs,
    /// When they came.
    pub registered_at: Timestamp,
}

impl User {
    /// Refuses a blocked user.
    ///
    /// # Errors
    /// `UserBlocked`.
    pub fn require_active(&self) -> Result<()> {
        if self.active {
            Ok(())
        } else {
            Err(Error::UserBlocked)
        }
    }

    /// Whether nothing identifies them but their session.
    pub fn is_anonymous(&self) -> bool {
        self.email.is_none() && self.password_hash.is_none()
    }

    /// The role that names them alone.
    pub fn role(&self) -> String {
        format!("user:{}", self.id)
    }
}
