//! Scopes: what an API key or a role may do. The closed list of the contract, plus those that only people
//! hold, never keys.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

macro_rules! scopes {
    (
        keys: $($variant:ident = $name:literal),+;
        people: $($only:ident = $own:literal),+ $(,)?
    ) => {
        /// One thing that a caller may do.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[allow(missing_docs)]
        pub enum Scope {
            $(#[serde(rename = $name)] $variant,)+
            $(#[serde(rename = $own)] $only),+
        }

        impl Scope {
            /// Every scope an API key can hold.
            pub const KEY_SCOPES: &'static [Self] = &[$(Self::$variant),+];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)+
                    $(Self::$only => $own),+
                }
            }

            /// A key's scope from its name on the wire.
            ///
            /// # Errors
            /// `InvalidParam` when the name is not in the list of keys' scopes.
            pub fn parse(param: &'static str, name: &str) -> Result<Self> {
                match name {
                    $($name => Ok(Self::$variant),)+
                    _ => Err(Error::invalid(param, format!("'{name}' is not a scope"))),
                }
            }
        }
    };
}

scopes! {
    keys:
    UsersRead = "users.read",
    UsersWrite = "users.write",
    TeamsRead = "teams.read",
    TeamsWrite = "teams.write",
    CollectionsRead = "collections.read",
    CollectionsWrite = "collections.write",
    AttributesRead = "attributes.read",
    AttributesWrite = "attributes.write",
    IndexesRead = "indexes.read",
    IndexesWrite = "indexes.write",
    DocumentsRead = "documents.read",
    DocumentsWrite = "documents.write",
    FilesRead = "files.read",
    FilesWrite = "files.write",
    FunctionsRead = "functions.read",
    FunctionsWrite = "functions.write",
    ExecutionRead = "execution.read",
    ExecutionWrite = "execution.write",
    LocaleRead = "locale.read",
    AvatarsRead = "avatars.read",
    HealthRead = "health.read";
    people:
    Public = "public",
    Home = "home",
    Console = "console",
    Account = "account",
    ProjectsRead = "projects.read",
    ProjectsWrite = "projects.write",
}
