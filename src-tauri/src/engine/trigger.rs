//! Events start the functions that listen to them: each once for each event, also across a crash.
//!
//! Owns: from the event that waits to the executions in the queue, in one transaction with the note that it waits no
//! more. Must not: emit events, or run anything.

use std::time::Duration;

use drydock_core::event::Event;
use drydock_core::execution::{Execution, ExecutionStatus, Trigger};
use drydock_core::function::Function;
use drydock_core::id::{ExecutionId, ProjectId};
use drydock_core::record::Record;
use drydock_core::{Error, Result};
use drydock_store::table::{events, executions, functions};

use super::Engine;
use super::news::Happened;
use super::queue::Ticket;

/// Events looked at in one go.
const BATCH: usize = 100;
/// How soon it is looked again where the queue of a project is full, or the store cannot be written.
const AGAIN: Duration = Duration::from_secs(1);

impl Engine {
    /// Starts what listens to events, until the server drains.
    pub(super) async fn trigger(&self) {
        // Those of the last server.
        self.0.outbox.expect();
        loop {
            let waits = self.0.outbox.may_wait();
            let has_more = match if waits {
                self.start_listeners().await
            } else {
                Ok(false)
            } {
                Ok(has_more) => has_more,
                Err(Error::ShuttingDown) => return,
                Err(error) => {
                    tracing::error!(
                        error = format!("{error:?}"),
                        "events wait to start what listens to them"
                    );
                    true
                }
            };
            tokio::select! {
                biased;
                () = self.0.draining.cancelled() => return,
                () = self.0.news.committed() => {}
                () = tokio::time::sleep(AGAIN), if has_more => {}
            }
        }
    }

    /// Starts what listens to the events that wait; whether some wait still, because a queue is full.
    async fn start_listeners(&self) -> Result<bool> {
        let mut full: Vec<ProjectId> = Vec::new();
        loop {
            let but = full.clone();
            let batch = self
                .0
                .store
                .read(move |tx| events::waiting(tx, &but, BATCH))
                .await?;
            if batch.is_empty() {
                return Ok(!full.is_empty());
            }
            for event in batch {
                if full.contains(&event.project) {
                    continue;
                }
                let project = event.project.clone();
                match self.start_listeners_of(event).await {
                    Ok(()) => self.0.outbox.note_started(1),
                    Err(Error::QueueFull { .. }) => full.push(project),
                    Err(error) => return Err(error),
                }
            }
        }
    }

    /// Queues an execution of each function that listens to the event.
    async fn start_listeners_of(&self, event: Event) -> Result<()> {
        if self.0.draining.is_cancelled() {
            return Err(Error::ShuttingDown);
        }
        let (project, name) = (event.project.clone(), event.name);
        let listeners: Vec<Function> = self
            .0
            .store
            .read(move |tx| functions::listening(tx, &project, name))
            .await?
            .into_iter()
            .filter(|function| event.may_start(&function.id))
            .collect();
        let mut admitted = 0;
        for _ in &listeners {
            if let Err(error) = self.queue().admit(&event.project) {
                self.give_back(&event.project, admitted);
                return Err(error);
            }
            admitted += 1;
        }
        let wished: Vec<_> = listeners
            .iter()
            .map(|_| (self.0.ids.unique(), self.emitter()))
            .collect();
        let (project, now) = (event.project.clone(), self.now());
        let started = self
            .0
            .store
            .write(move |tx| {
                let mut started = Vec::new();
                // Gone with its project, or started by a look before that seemed to fail.
                if !events::handle(tx, &event.project, &event.id)? {
                    return Ok(started);
                }
                // As they are by now.
                let listening = functions::listening(tx, &event.project, event.name)?;
                let still = listening
                    .into_iter()
                    .filter(|function| listeners.iter().any(|it| it.id == function.id));
                for (function, (id, emitter)) in still.zip(wished) {
                    let Some(execution) = wish(&event, function, id, now) else {
                        continue;
                    };
                    let number = executions::insert(tx, &execution)?;
                    emitter.emit_execution(tx, "functions.executions.create", &execution)?;
                    started.push((number, execution));
                }
                Ok(started)
            })
            .await;
        let started = match started {
            Ok(started) => started,
            Err(error) => {
                self.give_back(&project, admitted);
                return Err(error);
            }
        };
        self.give_back(&project, admitted - started.len());
        for (number, execution) in started {
            let ticket = Ticket::of(&execution);
            self.0.news.tell(Happened::Execution(Box::new(execution)));
            self.queue().push(number, ticket);
        }
        self.0.queue_changed.notify_one();
        Ok(())
    }

    fn give_back(&self, project: &ProjectId, count: usize) {
        for _ in 0..count {
            self.queue().give_back(project);
        }
    }
}

/// The execution of a function that listens.
fn wish(
    event: &Event,
    function: Function,
    id: String,
    now: drydock_core::clock::Timestamp,
) -> Option<Execution> {
    Some(Execution {
        project: event.project.clone(),
        id: ExecutionId::trusted(id),
        tag: function.active_tag?,
        function: function.id,
        // Of nobody: the user who did something need not see what followed from it.
        read: Vec::new(),
        trigger: Trigger::Event,
        event: Some(event.id.clone()),
        status: ExecutionStatus::Waiting,
        data: String::new(),
        caller: format!("event:{}", event.name.as_str()),
        user: event.user.clone(),
        // Events come without a session: the contract has no JWT for them.
        session: None,
        variables: None,
        replay_of: None,
        queued_at: now,
        started_at: None,
        ended_at: None,
        exit_code: 0,
        stdout: String::new(),
        stderr: String::new(),
        duration_secs: 0.0,
        record: Record::default(),
        pinned: false,
    })
}
