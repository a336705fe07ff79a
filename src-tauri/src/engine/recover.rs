//! After a start: what the last server left unfinished is put right before anything new runs.
//!
//! Waiting executions wait again, in their order. Those whose process was running are failed, with the
//! output they had; their processes ended with that server.

use std::collections::HashSet;

use drydock_core::Result;
use drydock_core::execution::{Execution, Outcome, exit_code};
use drydock_core::output::{Stream, Tail};
use drydock_core::record::Record;
use drydock_store::table::outputs::{self, Piece};
use drydock_store::table::{executions, functions, tags};

use super::Engine;
use super::queue::Ticket;

impl Engine {
    pub(super) async fn recover(&self) -> Result<()> {
        let (waiting, interrupted, owned) = self
            .0
            .store
            .read(|tx| {
                let owned: HashSet<_> = tags::all_ids(tx)?.into_iter().collect();
                Ok((executions::waiting(tx)?, executions::interrupted(tx)?, owned))
            })
            .await?;

        let engine = self.clone();
        tokio::task::spawn_blocking(move || engine.sweep(&owned))
            .await
            .map_err(|error| anyhow::anyhow!("sweeping: {error}"))?
            .map_err(|error| anyhow::Error::new(error).context("sweeping the data folder"))?;

        self.forget_orphaned_output().await?;
        for execution in interrupted {
            self.fail_interrupted(&execution).await?;
        }
        if !waiting.is_empty() {
            tracing::info!(count = waiting.len(), "executions of the last server wait again");
        }
        let mut queue = self.queue();
        for waiting in waiting {
            let ticket = Ticket {
                project: waiting.project,
                function: waiting.function,
                tag: waiting.tag,
                execution: waiting.execution,
            };
            queue.restore(waiting.number, ticket);
        }
        Ok(())
    }

    /// Removes output of functions that were deleted when a server died between the two databases.
    async fn forget_orphaned_output(&self) -> Result<()> {
        let kept = self.0.logs.read(outputs::functions).await?;
        for (project, function) in kept {
            let (owner, id) = (project.clone(), function.clone());
            let exists = self
                .0
                .store
                .read(move |tx| functions::get(tx, &owner, &id))
                .await?
                .is_some();
            if !exists {
                self.0
                    .logs
                    .write(move |tx| outputs::delete_of_function(tx, &project, &function))
                    .await?;
            }
        }
        Ok(())
    }

    fn sweep(&self, owned: &HashSet<super::code::TagKey>) -> std::io::Result<()> {
        self.0.code.sweep(owned)?;
        for entry in std::fs::read_dir(&self.0.scratch)? {
            super::code::remove_any(&entry?.path());
        }
        Ok(())
    }

    async fn fail_interrupted(&self, execution: &Execution) -> Result<()> {
        let ticket = Ticket::of(execution);
        let (mut stdout, mut stderr, mut after) = (Tail::default(), Tail::default(), 0);
        loop {
            let page = self.log(&execution.project, &execution.id, after).await?;
            for piece in page.pieces {
                let Piece::Frame(frame) = piece else { continue };
                match frame.stream {
                    Stream::Stdout => stdout.push(&frame.bytes),
                    Stream::Stderr => stderr.push(&frame.bytes),
                }
            }
            after = page.next;
            if !page.more {
                break;
            }
        }
        let words = "Drydock ended while this execution ran; it was not run again.\n";
        let mut stderr = stderr.text();
        // A server that died between this and the result has said it already.
        if !stderr.ends_with(words) {
            stderr = self.note_after(&ticket, &stderr, words).await;
        }
        let outcome = Outcome {
            exit_code: exit_code::INTERRUPTED,
            stdout: stdout.text(),
            stderr,
            // When it ended is not known.
            duration_secs: 0.0,
            record: Record::default(),
        };
        tracing::info!(execution = %execution.id, "an execution was interrupted by the end of the last server");
        let (now, emitter) = (self.now(), self.emitter());
        self.0
            .store
            .write(move |tx| emitter.finish(tx, (&ticket.project, &ticket.execution), &outcome, now))
            .await?;
        Ok(())
    }
}
