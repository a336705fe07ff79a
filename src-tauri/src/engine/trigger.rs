//! Events start the functions that listen to them, and go to webhooks: each once for each event, also across a crash.
//!
//! Owns: from the event that waits to the executions in the queue and the deliveries that wait, in one transaction with
//! the note that it waits no more. Must not: emit events, run anything, or send anything.

use std::time::Duration;

use drydock_core::clock::Timestamp;
use drydock_core::event::Event;
use drydock_core::execution::{Execution, Trigger, Wish};
use drydock_core::function::Function;
use drydock_core::id::{DeliveryId, ExecutionId, ProjectId};
use drydock_core::{Error, Result};
use drydock_store::table::{events, functions, webhooks};

use super::Engine;
use super::news::Happened;
use super::webhooks::queue;

/// Events looked at in one go.
const BATCH: usize = 100;
/// How soon it is looked again where the queue of a project is full, or the store cannot be written.
const AGAIN: Duration = Duration::from_secs(1);

impl Engine {
    /// Starts what listens to events, until the server drains.
    pub(super) async fn trigger(&self) {
        // At first those of the last server.
        let mut looked = None;
        loop {
            let emitted = self.0.outbox.count();
            let mut has_more = false;
            if looked != Some(emitted) {
                match self.start_listeners().await {
                    Ok(all) => has_more = !all,
                    Err(Error::ShuttingDown) => return,
                    Err(error) => {
                        has_more = true;
                        tracing::error!(
                            error = format!("{error:?}"),
                            "events wait to start what listens to them"
                        );
                    }
                }
                looked = (!has_more).then_some(emitted);
            }
            tokio::select! {
                biased;
                () = self.0.draining.cancelled() => return,
                () = self.0.news.committed() => {}
                () = tokio::time::sleep(AGAIN), if has_more => {}
            }
        }
    }

    /// Starts what listens to the events that wait; whether none waits any more, which a full queue may make it.
    async fn start_listeners(&self) -> Result<bool> {
        let mut full: Vec<ProjectId> = Vec::new();
        loop {
            let but = full.clone();
            // By the writer: whatever was emitted before this call is committed by then, or never will be.
            let batch = self
                .0
                .store
                .write(move |tx| events::waiting(tx, &but, BATCH))
                .await?;
            let is_last = batch.len() < BATCH;
            let mut without: Vec<ProjectId> = Vec::new();
            for event in batch {
                if full.contains(&event.project) {
                    continue;
                }
                let project = event.project.clone();
                match self.start_listeners_of(event).await {
                    Ok(0) if !without.contains(&project) => without.push(project),
                    Ok(_) => {}
                    Err(Error::QueueFull { .. }) => full.push(project),
                    Err(error) => return Err(error),
                }
            }
            // Once for many: of those that have started something there is news.
            for project in without {
                self.0.news.tell(Happened::Emitted { project });
            }
            if is_last {
                return Ok(full.is_empty());
            }
        }
    }

    /// Queues an execution of each function that listens to the event, and a delivery to each webhook; how many executions.
    async fn start_listeners_of(&self, event: Event) -> Result<usize> {
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
        let (engine, project, now) = (self.clone(), event.project.clone(), self.now());
        let started = self
            .0
            .store
            .write(move |tx| {
                let mut started = Vec::new();
                // Gone with its project, or started by a look before that seemed to fail.
                if !events::handle(tx, &event.project, &event.id)? {
                    return Ok((started, Vec::new()));
                }
                let told = webhooks::listening(tx, &event.project, event.name)?;
                for webhook in &told {
                    let id = DeliveryId::trusted(engine.0.ids.unique());
                    queue(tx, &event, webhook.clone(), id, now)?;
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
                    started.push((emitter.begin(tx, &execution)?, execution));
                }
                Ok((started, told))
            })
            .await;
        let (started, told) = match started {
            Ok(handled) => handled,
            Err(error) => {
                self.give_back(&project, admitted);
                return Err(error);
            }
        };
        let count = started.len();
        self.give_back(&project, admitted - count);
        if !told.is_empty() {
            self.0.deliveries_changed.notify_one();
        }
        for webhook in &told {
            self.tell_delivery(&project, webhook);
        }
        for (number, execution) in started {
            self.queue_up(number, &execution);
        }
        Ok(count)
    }

    fn give_back(&self, project: &ProjectId, count: usize) {
        for _ in 0..count {
            self.queue().give_back(project);
        }
    }
}

/// The execution of a function that listens.
fn wish(event: &Event, function: Function, id: String, now: Timestamp) -> Option<Execution> {
    let wish = Wish {
        project: event.project.clone(),
        id: ExecutionId::trusted(id),
        function: function.id,
        tag: function.active_tag?,
        trigger: Trigger::Event,
        caller: format!("event:{}", event.name.as_str()),
        queued_at: now,
    };
    // Of nobody: the user who did something need not see what followed from it. And without a session: the contract has
    // no JWT for events.
    Some(Execution {
        event: Some(event.id.clone()),
        chain: event.chain.clone(),
        user: event.user.clone(),
        ..wish.waiting()
    })
}
