//! A link: a folder of this machine whose code a function runs.

use crate::clock::Timestamp;
use crate::id::{FunctionId, ProjectId};

/// Longest path of a folder, in bytes: the systems' own limit.
pub const MAX_FOLDER_LENGTH: usize = 4096;

/// A link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// The project it belongs to.
    pub project: ProjectId,
    /// The function whose code the folder is. It has one folder at most.
    pub function: FunctionId,
    /// The folder's absolute path, as the user named it.
    pub folder: String,
    /// What is run in its tags.
    pub command: String,
    /// Patterns (as in a .gitignore) of what is no code.
    pub ignore: Vec<String>,
    /// Whether the folder is looked at again and again, instead of waiting for the system to tell.
    pub polling: bool,
    /// The last snapshot of it that became a tag.
    pub tree: Option<[u8; 32]>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Link {
    /// Whether it is this link, whatever became of its folder: not one that was made later for the same function.
    pub fn is(&self, other: &Self) -> bool {
        let Self {
            tree: _,
            project,
            function,
            folder,
            command,
            ignore,
            polling,
            created_at,
        } = self;
        (project, function, folder, command)
            == (&other.project, &other.function, &other.folder, &other.command)
            && (ignore, polling, created_at) == (&other.ignore, &other.polling, &other.created_at)
    }
}
