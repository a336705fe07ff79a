//! The way of a running execution's output: from the process's frames to the log database, in batches.
//!
//! The first output is written at once, what follows every 50 ms or a tenth of what is kept (1 MB at most), and listeners are told after each
//! commit: they read it from the store, so that a slow one costs nobody anything.

use std::time::Duration;

use drydock_core::output::Frame;
use drydock_store::table::outputs;
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::Engine;
use super::news::Happened;
use super::queue::Ticket;

/// Frames between the readers of the pipes and this: 64 KB each at most, so 4 MB for one execution. A full
/// channel holds the process back until the log has caught up.
pub(super) const FRAMES: usize = 64;
/// How long output is gathered before it is written: short for the eye, long for the disk.
const GATHER: Duration = Duration::from_millis(50);

impl Engine {
    /// Writes frames down until their channel closes; everything is stored when it returns.
    pub(super) async fn keep_output(&self, ticket: Ticket, mut frames: mpsc::Receiver<Frame>) {
        let most_bytes = outputs::batch_bytes(self.0.limits.max_output_bytes as i64) as usize;
        let mut gather = Duration::ZERO;
        while let Some(first) = frames.recv().await {
            let mut bytes = first.bytes.len();
            let mut batch = vec![first];
            let until = Instant::now() + gather;
            while bytes < most_bytes {
                match timeout_at(until, frames.recv()).await {
                    Ok(Some(frame)) => {
                        bytes += frame.bytes.len();
                        batch.push(frame);
                    }
                    Ok(None) | Err(_) => break,
                }
            }
            gather = GATHER;
            self.append_output(&ticket, batch).await;
        }
    }

    /// Writes some frames down and tells listeners. A failure loses these lines of the full log, never the
    /// execution: the API's own 8000 characters do not come from here.
    pub(super) async fn append_output(&self, ticket: &Ticket, batch: Vec<Frame>) {
        let Ticket {
            project,
            function,
            execution,
            ..
        } = ticket.clone();
        let cap_bytes = self.0.limits.max_output_bytes as i64;
        let appended = self
            .0
            .logs
            .write(move |tx| outputs::append(tx, &project, &function, &execution, &batch, cap_bytes))
            .await;
        match appended {
            Ok(()) => self.0.news.tell(Happened::Output {
                project: ticket.project.clone(),
                execution: ticket.execution.clone(),
            }),
            Err(error) => {
                tracing::error!(execution = %ticket.execution, error = format!("{error:?}"), "output could not be stored");
            }
        }
    }
}
