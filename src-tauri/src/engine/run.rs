//! Running: whose turn it is in the queue gets the next free slot, runs, and its end is written down.
//!
//! An execution is marked `processing` and committed before its process starts, so that one whose server
//! died is never run a second time.

use std::convert::Infallible;
use std::time::Duration;

use drydock_core::event::Event;
use drydock_core::execution::{Execution, Outcome, exit_code};
use drydock_core::function::Function;
use drydock_core::output::{Frame, Stream, Tail, on_a_line_of_its_own};
use drydock_core::record::{LimitHit, Record};
use drydock_core::tag::Tag;
use drydock_runtime::{EndReason, Ended, Job};
use drydock_store::table::{events, executions, functions, outputs, tags, variable_sets};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_util::sync::CancellationToken;

use super::news::Happened;
use super::queue::Ticket;
use super::{Engine, environment, output, standby};

/// How long after a failure the store is tried again: soon enough once a disk has space, rare enough for a log.
const STORE_AGAIN: Duration = Duration::from_secs(2);
/// An execution that runs longer than this does not end in the time that starting an interpreter takes.
const RUNS_LONG: Duration = Duration::from_millis(250);

/// What an execution that is marked as processing needs to run.
struct Prepared {
    execution: Execution,
    /// With the variables of this execution, which in a replay are those of another time. Gone when those are, as
    /// in a data folder that somebody has changed.
    function: Option<Function>,
    /// Gone when it was deleted meanwhile.
    tag: Option<Tag>,
    /// What made it run, of trigger `event`; gone when it is older than what is kept.
    event: Option<Event>,
}

impl Engine {
    /// Starts waiting executions in slots as they become free, until the server drains.
    pub(super) async fn dispatch(&self) {
        let draining = self.0.draining.clone();
        loop {
            let slot = tokio::select! {
                biased;
                () = draining.cancelled() => return,
                slot = self.0.slots.clone().acquire_owned() => slot,
            };
            // The semaphore is never closed while the engine lives.
            let Ok(slot) = slot else { return };
            let (ticket, stop) = loop {
                let changed = self.0.queue_changed.notified();
                if draining.is_cancelled() {
                    return;
                }
                // A lock of its own statement: it must not be held over the wait.
                let next = self.queue().start_next();
                if let Some(next) = next {
                    break next;
                }
                tokio::select! {
                    () = draining.cancelled() => return,
                    () = changed => {}
                }
            };
            let engine = self.clone();
            self.0
                .tasks
                .spawn(async move { engine.run(ticket, stop, slot).await });
        }
    }

    /// Runs one execution from its slot to its result.
    async fn run(&self, ticket: Ticket, stop: CancellationToken, slot: OwnedSemaphorePermit) {
        // Held first, looked up second: a tag deleted in between is then seen to be gone.
        let held = self.0.code.hold(ticket.tag_key());
        match self.prepare_when_possible(&ticket).await {
            Some(prepared) => {
                let outcome = tokio::select! {
                    outcome = self.run_process(&ticket, prepared, stop) => outcome,
                    never = self.stand_by_meanwhile(&ticket) => match never {},
                };
                drop(held);
                self.finish(&ticket, outcome).await;
            }
            // Deleted while it waited, or left waiting for the next start.
            None => tracing::debug!(execution = %ticket.execution, "not started"),
        }
        self.queue().end(&ticket);
        // Where the function was at its limit, another of it may start: also if no slot was missing.
        self.0.queue_changed.notify_one();
        drop(slot);
        self.stand_by(&ticket.project, &ticket.function).await;
    }

    /// Has a process stand by for the next execution while this one still runs, if it runs long. Of one that does
    /// not, starting another would only slow down the end.
    async fn stand_by_meanwhile(&self, ticket: &Ticket) -> Infallible {
        tokio::time::sleep(RUNS_LONG).await;
        self.stand_by(&ticket.project, &ticket.function).await;
        std::future::pending().await
    }

    /// Prepares, again and again where the store cannot be written (a full disk), until it can or the server
    /// stops: it has not run, so it still waits, and the next start finds it waiting.
    async fn prepare_when_possible(&self, ticket: &Ticket) -> Option<Prepared> {
        loop {
            match self.prepare(ticket).await {
                Ok(prepared) => return prepared,
                Err(error) => {
                    tracing::error!(execution = %ticket.execution, error = format!("{error:?}"), "cannot start an execution yet");
                }
            }
            if !self.rest(STORE_AGAIN).await {
                return None;
            }
        }
    }

    /// Marks it as processing and reads what it needs, in one round trip; `None` when it or its function is gone.
    async fn prepare(&self, ticket: &Ticket) -> drydock_core::Result<Option<Prepared>> {
        let (ticket, now) = (ticket.clone(), self.now());
        let started = self
            .0
            .store
            .write(move |tx| {
                let Some(execution) = executions::start(tx, &ticket.project, &ticket.execution, now)? else {
                    return Ok(None);
                };
                let Some(function) = functions::get(tx, &ticket.project, &ticket.function)? else {
                    return Ok(None);
                };
                let function = match execution.variables.filter(|_| execution.replay_of.is_some()) {
                    Some(set) => variable_sets::get(tx, &ticket.project, set)?
                        .map(|vars| Function { vars, ..function }),
                    None => Some(function),
                };
                let tag = tags::get(tx, &ticket.project, &ticket.function, &ticket.tag)?;
                let event = match &execution.event {
                    Some(event) => events::get(tx, &ticket.project, event)?,
                    None => None,
                };
                Ok(Some(Prepared {
                    execution,
                    function,
                    tag,
                    event,
                }))
            })
            .await?;
        if let Some(prepared) = &started {
            self.0
                .news
                .tell(Happened::Execution(Box::new(prepared.execution.clone())));
        }
        Ok(started)
    }

    async fn run_process(&self, ticket: &Ticket, prepared: Prepared, stop: CancellationToken) -> Outcome {
        let Prepared {
            execution,
            function,
            tag,
            event,
        } = prepared;
        let Some(tag) = tag else {
            let reason = format!(
                "Tag {} was deleted before this execution could start.\n",
                ticket.tag
            );
            return self.without_process(ticket, exit_code::NOT_FOUND, reason).await;
        };
        if let Err(error) = self.lay_out(&tag).await {
            tracing::error!(execution = %ticket.execution, error = format!("{error:?}"), "a tag's code cannot be laid out");
            let reason = format!(
                "Drydock: the code of tag {} cannot be laid out: {error}\n",
                tag.id
            );
            return self
                .without_process(ticket, exit_code::NOT_RUNNABLE, reason)
                .await;
        }
        let Some(function) = function else {
            let reason = "The variables that this replay was to run with are not kept any more.\n".to_owned();
            return self
                .without_process(ticket, exit_code::NOT_RUNNABLE, reason)
                .await;
        };
        if execution.event.is_some() && event.is_none() {
            let reason = "Drydock: the event that this execution was started by is not kept any more.\n";
            return self
                .without_process(ticket, exit_code::NOT_RUNNABLE, reason.to_owned())
                .await;
        }
        let jwt = self.jwt_for(&execution);
        let running = self.0.origins.enter(&execution);
        let job = Job {
            name: Some(running.name().to_owned()),
            owner: standby::owner(&ticket.project, &ticket.function),
            blueprint: self.blueprint(&function, &tag),
            scratch_dir: self.0.scratch.join(ticket.execution.as_str()),
            variables: environment::variables(&function, &execution, event.as_ref(), &jwt),
            timeout: Duration::from_secs(function.timeout_secs.into()),
        };
        let (frames, received) = mpsc::channel(output::FRAMES);
        let backend = self.backend().await;
        let (ended, ()) = tokio::join!(
            backend.run(job, stop, frames),
            self.keep_output(ticket.clone(), received)
        );
        drop(running);
        self.outcome(ticket, ended, function.timeout_secs).await
    }

    /// A JWT of the user who asked in a session of their own, else nothing. Made when the process starts: its
    /// quarter of an hour must not pass in the queue.
    fn jwt_for(&self, execution: &Execution) -> String {
        let (Some(user), Some(session)) = (&execution.user, &execution.session) else {
            return String::new();
        };
        match self.0.jwts.make(user, session, Some(&execution.id), self.now()) {
            Ok((token, _)) => token,
            Err(error) => {
                tracing::error!(execution = %execution.id, error = format!("{error:?}"), "no JWT for an execution");
                String::new()
            }
        }
    }

    async fn outcome(&self, ticket: &Ticket, ended: Ended, timeout_secs: u16) -> Outcome {
        let record = record_of(&ended);
        let mut outcome = Outcome {
            exit_code: ended.exit_code,
            stdout: ended.stdout,
            stderr: ended.stderr,
            duration_secs: ended.duration.as_secs_f64(),
            record,
        };
        let is_cancelled = self.queue().is_cancelled(ticket);
        let note = match ended.reason {
            EndReason::Timeout => {
                format!("Drydock ended this execution after its timeout of {timeout_secs} s.\n")
            }
            EndReason::Cancelled if is_cancelled => {
                outcome.exit_code = exit_code::CANCELLED;
                "Drydock: this execution was cancelled.\n".to_owned()
            }
            EndReason::Cancelled if self.0.killing.is_cancelled() => {
                outcome.exit_code = exit_code::INTERRUPTED;
                "Drydock was stopped while this execution ran.\n".to_owned()
            }
            _ => return outcome,
        };
        outcome.stderr = self.note_after(ticket, &outcome.stderr, &note).await;
        outcome
    }

    async fn without_process(&self, ticket: &Ticket, code: i32, reason: String) -> Outcome {
        self.note(ticket, &reason).await;
        Outcome::without_process(code, reason)
    }

    /// Adds words of our own, on a line of their own, behind `stderr`; answers both together.
    pub(super) async fn note_after(&self, ticket: &Ticket, stderr: &str, words: &str) -> String {
        let note = on_a_line_of_its_own(stderr, words);
        self.note(ticket, &note).await;
        let mut tail = Tail::default();
        tail.push(stderr.as_bytes());
        tail.push(note.as_bytes());
        tail.text()
    }

    /// Adds words of our own to the execution's stderr in the full log.
    pub(super) async fn note(&self, ticket: &Ticket, text: &str) {
        let frame = Frame {
            stream: Stream::Stderr,
            at_ms: self.now().millis(),
            bytes: text.as_bytes().to_vec(),
        };
        self.append_output(ticket, vec![frame]).await;
    }

    /// Writes down how it ended. Where that cannot be done (a full disk) it is tried again, in its slot, until
    /// it can or the server stops; the next start then marks it as failed.
    pub(super) async fn finish(&self, ticket: &Ticket, outcome: Outcome) {
        let now = self.now();
        loop {
            let (row, outcome, emitter) = (ticket.clone(), outcome.clone(), self.emitter());
            let finished = self
                .0
                .store
                .write(move |tx| emitter.finish(tx, (&row.project, &row.execution), &outcome, now))
                .await;
            match finished {
                Ok(Some(execution)) => {
                    return self.0.news.tell(Happened::Execution(Box::new(execution)));
                }
                Ok(None) => return self.forget_output(ticket).await,
                Err(error) => {
                    tracing::error!(execution = %ticket.execution, error = format!("{error:?}"), "cannot store a result");
                }
            }
            if !self.rest(STORE_AGAIN).await {
                return;
            }
        }
    }

    /// Removes the output of an execution that was deleted while it ran.
    async fn forget_output(&self, ticket: &Ticket) {
        let row = ticket.clone();
        let forgotten = self
            .0
            .logs
            .write(move |tx| outputs::delete(tx, &row.project, &row.execution))
            .await;
        if let Err(error) = forgotten {
            tracing::warn!(execution = %ticket.execution, error = format!("{error:?}"), "output of a deleted execution stays until the next start");
        }
    }
}

/// What the run says of itself beyond its end.
fn record_of(ended: &Ended) -> Record {
    Record {
        peak_memory_bytes: ended.peak_memory_bytes,
        cpu_us: ended.cpu_time.map(|time| time.as_micros() as u64),
        limit: match ended.reason {
            EndReason::Timeout => Some(LimitHit::Time),
            EndReason::Limit(hit) => Some(hit),
            _ => None,
        },
        standby: ended.standby,
        isolation: ended.level,
    }
}
