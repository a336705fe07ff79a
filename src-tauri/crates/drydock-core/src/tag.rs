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
    /// Size of the uploaded archive.
    pub size_bytes: u64,
    /// Where it came from.
    pub origin: TagOrigin,
}
