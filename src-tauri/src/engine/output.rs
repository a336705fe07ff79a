//! The way of a running execution's output: from the process's frames to the log database, in batches.
//!
//! The first output is written at once, what follows every 50 ms, and listeners are told after each commit: they read
//! it from the store, so that a slow one costs nobody anything. What comes faster than that waits in a [`Backlog`],
//! which drops what the log would not keep.

use std::future::{Future, pending};
use std::pin::Pin;
use std::time::Duration;

use drydock_core::output::Frame;
use drydock_store::table::outputs::{self, Batch};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::Engine;
use super::backlog::Backlog;
use super::news::Happened;
use super::queue::Ticket;

/// Frames between the readers of the pipes and this: 64 KB each at most, so 4 MB for one execution, beside the 16 MB
/// of its backlog. A full channel holds the process back.
pub(super) const FRAMES: usize = 64;
/// How long output is gathered before it is written: short for the eye, long for the disk.
const GATHER: Duration = Duration::from_millis(50);

/// A batch on its way into the log.
type Writing<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

impl Engine {
    /// Writes frames down until their channel closes; everything is stored when it returns.
    pub(super) async fn keep_output(&self, ticket: Ticket, mut frames: mpsc::Receiver<Frame>) {
        let mut backlog = Backlog::new(self.0.limits.max_output_bytes);
        let mut writing: Option<Writing<'_>> = None;
        let mut due = Instant::now();
        let mut is_first = true;
        loop {
            let may_write = writing.is_none() && !backlog.is_empty();
            let due_now = if backlog.is_full() { Instant::now() } else { due };
            tokio::select! {
                // In this order: frames may come without pause.
                biased;
                () = end_of(&mut writing) => writing = None,
                () = sleep_until(due_now), if may_write => {
                    let is_behind = backlog.drops();
                    let batch = backlog.next_batch();
                    // Whoever writes more than can be kept is shown in samples; of anybody else all that has
                    // gathered is written.
                    let goes_on = !is_first && !is_behind && backlog.fills_a_batch();
                    due = Instant::now() + if goes_on { Duration::ZERO } else { GATHER };
                    is_first = false;
                    writing = Some(Box::pin(self.append_batches(&ticket, batch.into_iter().collect())));
                }
                frame = frames.recv(), if !backlog.is_full() => match frame {
                    Some(frame) => backlog.push(frame),
                    None => break,
                },
            }
        }
        if let Some(writing) = writing {
            writing.await;
        }
        let rest: Vec<_> = std::iter::from_fn(|| backlog.next_batch()).collect();
        if !rest.is_empty() {
            self.append_batches(&ticket, rest).await;
        }
    }

    /// Writes some frames down and tells listeners.
    pub(super) async fn append_output(&self, ticket: &Ticket, frames: Vec<Frame>) {
        let batch = Batch {
            frames,
            ..Batch::default()
        };
        self.append_batches(ticket, vec![batch]).await;
    }

    /// Writes batches down, in one commit, and tells listeners. A failure loses these lines of the full log, never the
    /// execution: the API's own 8000 characters do not come from here.
    async fn append_batches(&self, ticket: &Ticket, batches: Vec<Batch>) {
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
            .write(move |tx| {
                batches.iter().try_for_each(|batch| {
                    outputs::append(tx, &project, &function, &execution, batch, cap_bytes)
                })
            })
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

/// Waits for the end of what is being written; for ever, where nothing is.
async fn end_of(writing: &mut Option<Writing<'_>>) {
    match writing {
        Some(writing) => writing.await,
        None => pending().await,
    }
}
