//! Replaying: an execution that has ended once more, as another execution.
//!
//! The same are its data, its variables, its trigger and its caller, who is not asked again whether they may: it is
//! the owner of the machine who replays. The tag is the same or another one. Everything else (limits, timeout,
//! network) is the function's of now.

use drydock_core::execution::{Execution, ReplayOf};
use drydock_core::id::{ExecutionId, ProjectId, TagId};
use drydock_core::{Error, Result};
use drydock_store::table::{executions, sessions, tags};

use super::Engine;

impl Engine {
    /// Queues an execution that has ended once more, with the tag it ran or with another of its function.
    ///
    /// # Errors
    /// `ExecutionNotFound`, `Conflict` for one that has not ended, `NoSuchTag`, `QueueFull`, `ShuttingDown`.
    pub(crate) async fn replay(
        &self,
        project: &ProjectId,
        id: &ExecutionId,
        tag: Option<TagId>,
    ) -> Result<Execution> {
        let (replay_id, now) = (ExecutionId::trusted(self.0.ids.unique()), self.now());
        let (owner, id) = (project.clone(), id.clone());
        // In the transaction that stores it: until then the original, and its variables with it, may go.
        self.enqueue(project, move |tx| {
            let original = executions::find(tx, &owner, &id)?.ok_or(Error::ExecutionNotFound)?;
            if !original.status.is_final() {
                return Err(Error::Conflict(
                    "This execution has not ended yet: only one that has ended can be replayed",
                ));
            }
            let replay_of = ReplayOf {
                execution: original.id.clone(),
                same_variables: original.variables.is_some(),
            };
            let mut replay = original.again(replay_id, now);
            replay.replay_of = Some(replay_of);
            replay.tag = tag.unwrap_or(replay.tag);
            if tags::get(tx, &owner, &replay.function, &replay.tag)?.is_none() {
                return Err(Error::NoSuchTag { tag: replay.tag });
            }
            // A JWT of a session that has ended would open nothing.
            if let (Some(user), Some(session)) = (&replay.user, &replay.session)
                && sessions::get(tx, &owner, user, session, now)?.is_none()
            {
                replay.session = None;
            }
            Ok(replay)
        })
        .await
    }
}
