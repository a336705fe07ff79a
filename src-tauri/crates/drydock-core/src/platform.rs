//! Platforms: the apps whose pages or devices may call a project, beside those of localhost.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::PlatformId;

/// Longest name, in characters.
pub const MAX_NAME_LENGTH: usize = 128;
/// Longest key, store id or host name, in characters.
pub const MAX_TEXT_LENGTH: usize = 256;

/// The kinds of the contract; the first is a web app, the others are found by their key.
pub const KINDS: [&str; 12] = [
    "web",
    "flutter-ios",
    "flutter-android",
    "flutter-linux",
    "flutter-macos",
    "flutter-windows",
    "apple-ios",
    "apple-macos",
    "apple-watchos",
    "apple-tvos",
    "android",
    "unity",
];

/// The kind of an app.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct PlatformKind(&'static str);

impl PlatformKind {
    /// From the name on the wire.
    ///
    /// # Errors
    /// `InvalidParam` with the names there are.
    pub fn parse(name: &str) -> Result<Self> {
        KINDS
            .into_iter()
            .find(|known| *known == name)
            .map(Self)
            .ok_or_else(|| Error::invalid("type", format!("must be one of {}", KINDS.join(", "))))
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether it is a web app, which is found by its host name.
    pub fn is_web(self) -> bool {
        self.0 == KINDS[0]
    }
}

impl<'de> Deserialize<'de> for PlatformKind {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse(&name).map_err(serde::de::Error::custom)
    }
}

/// An app.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Platform {
    /// Its id.
    pub id: PlatformId,
    /// What kind of app it is.
    pub kind: PlatformKind,
    /// What people call it.
    pub name: String,
    /// A native app's bundle or package name.
    pub key: String,
    /// A native app's id in its store.
    pub store: String,
    /// A web app's host name, without scheme and port.
    pub hostname: String,
    /// When it was registered.
    pub created_at: Timestamp,
}

impl Platform {
    /// Whether an Origin's host is this app's: its host name, or a native app's key. Ports do not count.
    pub fn is(&self, host: &str) -> bool {
        let own = if self.kind.is_web() {
            &self.hostname
        } else {
            &self.key
        };
        !own.is_empty() && own.eq_ignore_ascii_case(host)
    }
}
