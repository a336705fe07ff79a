//! API keys and platforms on the wire.

use drydock_core::platform;
use drydock_core::scope::Scope;
use serde::Serialize;

use crate::engine::OpenKey;

/// A key with its secret: 256 hex characters.
#[derive(Serialize)]
pub(in crate::http) struct Key {
    #[serde(rename = "$id")]
    id: String,
    name: String,
    scopes: Vec<&'static str>,
    secret: String,
}

impl From<OpenKey> for Key {
    fn from(open: OpenKey) -> Self {
        Self {
            id: open.key.id.to_string(),
            name: open.key.name,
            scopes: open.key.scopes.into_iter().map(Scope::as_str).collect(),
            secret: open.secret,
        }
    }
}

/// All keys of a project.
#[derive(Serialize)]
pub(in crate::http) struct KeyList {
    sum: usize,
    keys: Vec<Key>,
}

impl From<Vec<OpenKey>> for KeyList {
    fn from(keys: Vec<OpenKey>) -> Self {
        Self {
            sum: keys.len(),
            keys: keys.into_iter().map(Into::into).collect(),
        }
    }
}

/// A platform. The last two fields belong to webhooks; the contract has them here too.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Platform {
    #[serde(rename = "$id")]
    id: String,
    name: String,
    #[serde(rename = "type")]
    kind: &'static str,
    key: String,
    store: String,
    hostname: String,
    http_user: &'static str,
    http_pass: &'static str,
}

impl From<platform::Platform> for Platform {
    fn from(platform: platform::Platform) -> Self {
        Self {
            id: platform.id.to_string(),
            name: platform.name,
            kind: platform.kind.as_str(),
            key: platform.key,
            store: platform.store,
            hostname: platform.hostname,
            http_user: "",
            http_pass: "",
        }
    }
}

/// All platforms of a project.
#[derive(Debug, Serialize)]
pub(in crate::http) struct PlatformList {
    sum: usize,
    platforms: Vec<Platform>,
}

impl From<Vec<platform::Platform>> for PlatformList {
    fn from(platforms: Vec<platform::Platform>) -> Self {
        Self {
            sum: platforms.len(),
            platforms: platforms.into_iter().map(Into::into).collect(),
        }
    }
}
