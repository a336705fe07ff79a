//! What only the console and the command line need: links and sessions, the server's state, richer rows
//! than the Appwrite API has, logs, the stream of changes, and the console's own files.

pub(super) mod activity;
pub(super) mod engine;
pub(super) mod events;
pub(super) mod executions;
pub(super) mod folders;
pub(super) mod functions;
pub(super) mod keys;
pub(super) mod links;
pub(super) mod payloads;
pub(super) mod people;
pub(super) mod schedules;
pub(super) mod session;
pub(super) mod shell;
pub(super) mod status;
pub(super) mod stream;
pub(super) mod tags;
pub(super) mod watching;
pub(super) mod webhooks;
pub(super) mod welcome;
pub(super) mod window;

use drydock_core::caller::{Caller, Identity};
use drydock_core::id::ProjectId;

/// The owner of the machine, whom the guard has let in, acting in a project.
fn owner_of(project: &ProjectId) -> Caller {
    Caller {
        project: project.clone(),
        identity: Identity::Owner,
    }
}
