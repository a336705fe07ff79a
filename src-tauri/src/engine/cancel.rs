//! Cancelling: an execution that has not ended yet is ended by somebody's wish.
//!
//! One that waits ends at once and never starts; of one that runs, every process is killed, and `run.rs` writes
//! down its end. Must not: decide between the two by the store, which learns of a start later than the queue does.

use std::time::Duration;

use drydock_core::execution::{Execution, ExecutionStatus, Outcome, exit_code};
use drydock_core::id::{ExecutionId, ProjectId};
use drydock_core::{Error, Result};
use drydock_store::table::executions;

use super::Engine;
use super::news::Happened;
use super::queue::{Cancelled, Ticket};

/// How long the end of a running one is waited for: killing takes milliseconds, a full disk takes longer.
const UNTIL_ENDED: Duration = Duration::from_secs(5);

const WHILE_IT_WAITED: &str = "Drydock: this execution was cancelled while it waited. It did not run.\n";

impl Engine {
    /// Ends an execution that waits or runs, and answers it as it then stands: `failed` with exit code 130; as
    /// its process ended, where that was faster; unfinished, where its end cannot be written down yet.
    ///
    /// # Errors
    /// `ExecutionNotFound`, `Conflict` for one that had ended before, `ShuttingDown`.
    pub(crate) async fn cancel(&self, project: &ProjectId, id: &ExecutionId) -> Result<Execution> {
        // One that was stored a moment ago may enter the queue and start between the two looks of the first
        // round. The second then finds it running.
        for _ in 0..2 {
            // A lock of its own statement: it must not be held over the wait.
            let found = self.queue().cancel(project, id);
            let ended = match found {
                Cancelled::Running(ended) => {
                    // After the limit its row is told as it is.
                    let _ = tokio::time::timeout(UNTIL_ENDED, ended.cancelled()).await;
                    return self.any_execution(project, id).await;
                }
                Cancelled::Waiting(number, ticket) => match self.end_waiting(project, id).await {
                    Ok(ended) => ended,
                    Err(error @ (Error::ExecutionNotFound | Error::Conflict(_))) => return Err(error),
                    Err(error) => {
                        // It waits still, whatever kept this from being written down.
                        self.queue().restore(number, ticket);
                        self.0.queue_changed.notify_one();
                        return Err(error);
                    }
                },
                Cancelled::NotHere => self.end_waiting(project, id).await?,
            };
            if let Some(execution) = ended {
                self.note(&Ticket::of(&execution), WHILE_IT_WAITED).await;
                self.0.news.tell(Happened::Execution(Box::new(execution.clone())));
                return Ok(execution);
            }
        }
        // Its end could not be written down before the server stopped; the next start marks it as failed.
        Err(Error::ShuttingDown)
    }

    /// Writes down the end of a waiting one; `None` when it is processing.
    async fn end_waiting(&self, project: &ProjectId, id: &ExecutionId) -> Result<Option<Execution>> {
        let (project, id, now) = (project.clone(), id.clone(), self.now());
        let outcome = Outcome::without_process(exit_code::CANCELLED, WHILE_IT_WAITED);
        let emitter = self.emitter();
        self.0
            .store
            .write(move |tx| {
                let execution = executions::find(tx, &project, &id)?.ok_or(Error::ExecutionNotFound)?;
                match execution.status {
                    ExecutionStatus::Waiting => emitter.finish(tx, (&project, &id), &outcome, now),
                    ExecutionStatus::Processing => Ok(None),
                    ExecutionStatus::Completed | ExecutionStatus::Failed => {
                        Err(Error::Conflict("This execution has ended already"))
                    }
                }
            })
            .await
    }
}
