//! A project: the wall between one set of functions, keys and users and another.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::id::{ProjectId, TeamId};
use crate::platform::Platform;

/// The project that is made at first start.
pub const DEFAULT_PROJECT: &str = "default";

/// The project of console accounts; it is what a request without a project header means. It has users and
/// teams, which own the other projects, and no functions.
pub const CONSOLE_PROJECT: &str = "console";

/// The team of project `console` that owns what this machine's owner makes; there from the first start.
pub const MACHINE_TEAM: &str = "drydock";

/// Longest name, in characters.
pub const MAX_NAME_LENGTH: usize = 128;
/// Longest of the texts about a project, in characters.
pub const MAX_DETAIL_LENGTH: usize = 256;
/// Most users that a limit can allow; 0 is no limit.
pub const MAX_AUTH_LIMIT: i64 = 10_000;

macro_rules! switches {
    ($(#[$doc:meta])* $name:ident ($param:literal) { $($variant:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[allow(missing_docs)]
        pub enum $name {
            $(#[serde(rename = $word)] $variant),+
        }

        impl $name {
            /// Every one of them.
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word),+ }
            }

            /// From the name on the wire.
            ///
            /// # Errors
            /// `InvalidParam` with the names there are.
            pub fn parse(name: &str) -> Result<Self> {
                match name {
                    $($word => Ok(Self::$variant),)+
                    _ => Err(Error::invalid(
                        $param,
                        format!("must be one of {}", [$($word),+].join(", ")),
                    )),
                }
            }
        }
    };
}

switches! {
    /// A way to sign in, which a project can switch off.
    AuthMethod("method") {
        EmailPassword = "email-password",
        MagicUrl = "magic-url",
        Anonymous = "anonymous",
        Invites = "invites",
        Jwt = "jwt",
        Phone = "phone",
    }
}

switches! {
    /// A part of the API, which a project can switch off.
    Service("service") {
        Account = "account",
        Avatars = "avatars",
        Database = "database",
        Locale = "locale",
        Health = "health",
        Storage = "storage",
        Teams = "teams",
        Users = "users",
        Functions = "functions",
    }
}

/// What people say about a project; nothing acts on it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(missing_docs)]
#[serde(default)]
pub struct Details {
    pub description: String,
    pub logo: String,
    pub url: String,
    pub legal_name: String,
    pub legal_country: String,
    pub legal_state: String,
    pub legal_city: String,
    pub legal_address: String,
    pub legal_tax_id: String,
}

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// What people call it.
    pub name: String,
    /// The team of project `console` whose members may see and change it.
    pub team: TeamId,
    /// What is said about it.
    pub details: Details,
    /// Most users that may sign up; 0 for no limit.
    pub auth_limit: i64,
    /// Ways to sign in that are switched off.
    pub auth_off: BTreeSet<AuthMethod>,
    /// Services that are switched off.
    pub services_off: BTreeSet<Service>,
    /// Apps whose pages or devices may call it.
    pub platforms: Vec<Platform>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Project {
    /// A project with everything switched on and nothing said about it.
    pub fn new(id: ProjectId, name: String, team: TeamId, created_at: Timestamp) -> Self {
        Self {
            id,
            name,
            team,
            details: Details::default(),
            auth_limit: 0,
            auth_off: BTreeSet::new(),
            services_off: BTreeSet::new(),
            platforms: Vec::new(),
            created_at,
        }
    }

    /// Whether it is the one of console accounts.
    pub fn is_console(&self) -> bool {
        self.id.as_str() == CONSOLE_PROJECT
    }

    /// Whether the page of that host, or the native app of that bundle name, is registered; `origin` is the whole
    /// text, with the scheme that tells them apart.
    pub fn knows_origin(&self, origin: &str, host: &str) -> bool {
        let is_web = origin.starts_with("http://") || origin.starts_with("https://");
        let mut of_kind = self.platforms.iter().filter(|one| one.kind.is_web() == is_web);
        of_kind.any(|platform| platform.is(host))
    }
}
