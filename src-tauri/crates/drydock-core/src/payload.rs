//! A saved payload: data that somebody executes a function with again and again, under a name.

use crate::clock::Timestamp;
use crate::id::{FunctionId, PayloadId, ProjectId};

/// Saved payloads of one function: more than anybody finds one in, and with the longest data half a megabyte.
pub const MAX_PAYLOADS: usize = 50;
/// Longest name, in characters: it stands in one line of a narrow list.
pub const MAX_NAME_LENGTH: usize = 64;

/// A saved payload. Its data is at most [`crate::execution::MAX_DATA_LENGTH`] long, as that of an execution.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SavedPayload {
    /// The project it belongs to.
    pub project: ProjectId,
    /// The function that is executed with it.
    pub function: FunctionId,
    /// Its id, which stays when it is renamed.
    pub id: PayloadId,
    /// What it is called; no two of a function are called the same.
    pub name: String,
    /// The data.
    pub data: String,
    /// When its data was saved last.
    pub saved_at: Timestamp,
}
