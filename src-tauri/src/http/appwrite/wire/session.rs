//! Sessions, the log of an account, and JWTs on the wire.

use drydock_core::agent;
use drydock_core::id::SessionId;
use drydock_core::list::Page;
use drydock_core::session;
use drydock_core::user::User;
use drydock_core::user_log::LogEntry;
use serde::Serialize;

/// Where a client is: not looked up, as in Appwrite without its database of addresses.
const NO_COUNTRY: (&str, &str) = ("--", "Unknown");

/// What a client says about itself; empty where it says nothing.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Agent {
    os_code: String,
    os_name: String,
    os_version: String,
    client_type: String,
    client_code: String,
    client_name: String,
    client_version: String,
    client_engine: String,
    client_engine_version: String,
    device_name: String,
    device_brand: String,
    device_model: String,
    country_code: &'static str,
    country_name: &'static str,
}

impl From<agent::Agent> for Agent {
    fn from(agent: agent::Agent) -> Self {
        Self {
            os_code: agent.os_code,
            os_name: agent.os_name,
            os_version: agent.os_version,
            client_type: agent.client_type,
            client_code: agent.client_code,
            client_name: agent.client_name,
            client_version: agent.client_version,
            client_engine: agent.client_engine,
            client_engine_version: agent.client_engine_version,
            device_name: agent.device_name,
            device_brand: agent.device_brand,
            device_model: agent.device_model,
            country_code: NO_COUNTRY.0,
            country_name: NO_COUNTRY.1,
        }
    }
}

/// A session. Dates are Unix seconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Session {
    #[serde(rename = "$id")]
    id: String,
    user_id: String,
    expire: i64,
    provider: &'static str,
    provider_uid: String,
    /// Of other services that sign in; there are none.
    provider_token: &'static str,
    ip: String,
    #[serde(flatten)]
    agent: Agent,
    current: bool,
}

impl Session {
    /// `current` where it is the one that the request shows.
    pub(in crate::http) fn new(session: session::Session, current: bool) -> Self {
        Self {
            id: session.id.to_string(),
            user_id: session.user.to_string(),
            expire: session.expires_at.secs(),
            provider: session.provider.as_str(),
            provider_uid: session.provider_uid,
            provider_token: "",
            ip: session.client.ip,
            agent: session.client.agent.into(),
            current,
        }
    }
}

/// All sessions of a user.
#[derive(Debug, Serialize)]
pub(in crate::http) struct SessionList {
    sum: usize,
    sessions: Vec<Session>,
}

impl SessionList {
    pub(in crate::http) fn new(sessions: Vec<session::Session>, current: Option<&SessionId>) -> Self {
        let rows = sessions.into_iter().map(|session| {
            let is_current = current == Some(&session.id);
            Session::new(session, is_current)
        });
        let sessions: Vec<_> = rows.collect();
        Self {
            sum: sessions.len(),
            sessions,
        }
    }
}

/// One thing that a user did.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Log {
    event: &'static str,
    user_id: String,
    user_email: String,
    user_name: String,
    mode: &'static str,
    ip: String,
    time: i64,
    #[serde(flatten)]
    agent: Agent,
}

/// One page of what a user did, newest first.
#[derive(Debug, Serialize)]
pub(in crate::http) struct LogList {
    sum: i64,
    logs: Vec<Log>,
}

impl LogList {
    pub(in crate::http) fn new(user: &User, page: Page<LogEntry>) -> Self {
        let log = |entry: LogEntry| Log {
            event: entry.event.as_str(),
            user_id: entry.user.to_string(),
            user_email: user.email.clone().unwrap_or_default(),
            user_name: user.name.clone(),
            mode: if entry.admin { "admin" } else { "default" },
            ip: entry.client.ip,
            time: entry.at.secs(),
            agent: entry.client.agent.into(),
        };
        Self {
            sum: page.sum,
            logs: page.rows.into_iter().map(log).collect(),
        }
    }
}

/// A JWT.
#[derive(Serialize)]
pub(in crate::http) struct Jwt {
    pub(in crate::http) jwt: String,
}
