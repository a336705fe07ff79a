//! A user on the wire.

use drydock_core::clock::Timestamp;
use drydock_core::user::{self, Prefs};
use serde::Serialize;

/// Dates are Unix seconds; `passwordUpdate` is 0 where no password was ever set.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct User {
    #[serde(rename = "$id")]
    id: String,
    name: String,
    registration: i64,
    status: bool,
    password_update: i64,
    email: String,
    email_verification: bool,
    prefs: Prefs,
}

impl From<user::User> for User {
    fn from(user: user::User) -> Self {
        Self {
            id: user.id.to_string(),
            name: user.name,
            registration: user.registered_at.secs(),
            status: user.active,
            password_update: user.password_updated_at.map_or(0, Timestamp::secs),
            email: user.email.unwrap_or_default(),
            email_verification: user.email_verified,
            prefs: user.prefs,
        }
    }
}
