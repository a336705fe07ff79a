//! A tag: one version of a function's code.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{FunctionId, ProjectId, TagId};

/// Longest command, in characters.
pub const MAX_COMMAND_LENGTH: usize = 1028;

/// Where a tag's code came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TagOrigin {
    /// An upload through the API or the console.
    Upload,
    /// The command line.
    Cli,
    /// A folder that is linked to the function.
    Watcher,
}

impl TagOrigin {
    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Upload => "upload",
            Self::Cli => "cli",
            Self::Watcher => "watcher",
        }
    }
}

/// A place in the code where it does not parse.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParseError {
    /// The file, from the root of the code.
    pub file: String,
    /// Its line, from 1.
    pub line: Option<u32>,
    /// The column in it, from 1.
    pub column: Option<u32>,
    /// What is wrong, in the language's own words.
    pub message: String,
}

/// What the look at a tag's changed sources found, before it was to become the active one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Check {
    /// Where it does not parse: such a tag is not activated.
    pub errors: Vec<ParseError>,
    /// What the user is to know of the check, as that it was not made.
    pub notice: Option<String>,
}

/// A tag.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tag {
    /// The project it belongs to.
    pub project: ProjectId,
    /// The function whose code it is.
    pub function: FunctionId,
    /// Its id.
    pub id: TagId,
    /// When it was made.
    pub created_at: Timestamp,
    /// What is run in its folder.
    pub command: String,
    /// Size of the uploaded archive; of a snapshot, that of its files.
    pub size_bytes: u64,
    /// Where it came from.
    pub origin: TagOrigin,
    /// The root of its snapshot, if its code is one.
    pub tree: Option<[u8; 32]>,
    /// How many files its snapshot has.
    pub files: Option<u64>,
    /// What was found in its sources, if somebody looked.
    pub check: Option<Check>,
    /// Whether it stays when old ones are removed. Those that were uploaded stay anyway.
    pub pinned: bool,
}
