//! A project: the wall between one set of functions, keys and users and another.

use crate::clock::Timestamp;
use crate::id::ProjectId;

/// The project that is made at first start.
pub const DEFAULT_PROJECT: &str = "default";

/// The name by which the contract calls the project of console accounts; it is what a request without a
/// project header means.
pub const CONSOLE_PROJECT: &str = "console";

/// A project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Project {
    /// Its id.
    pub id: ProjectId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
}
