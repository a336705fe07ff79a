//! Events as the owner of the machine sees them: what happened and what it started; and emitting one by hand.

use drydock_core::clock::Timestamp;
use drydock_core::event::Event;
use drydock_core::event_name::EventName;
use drydock_core::execution::{Execution, ExecutionStatus};
use drydock_core::id::{EventId, ProjectId};
use drydock_core::list::{ListQuery, Page};
use drydock_core::{Error, Result};
use drydock_store::ReadTx;
use drydock_store::table::{events, executions};

use super::Engine;
use super::emit::Subject;
use super::news::Happened;

/// Longest payload of an event that is emitted by hand, in characters. What the API answers is far shorter; a variable of
/// a process may have 128 KB on Linux.
pub(crate) const MAX_PAYLOAD_LENGTH: usize = 65_536;

/// Events that are read at once for who is told of them.
const EVENTS_AT_ONCE: usize = 100;

/// An event, and what it started.
#[derive(Debug)]
pub(crate) struct Emitted {
    pub(crate) event: Event,
    pub(crate) started: Vec<Execution>,
}

impl Engine {
    /// One page of the project's events of those names, newest or oldest first.
    ///
    /// # Errors
    /// `ProjectNotFound`, `CursorNotFound`.
    pub(crate) async fn events(
        &self,
        project: &ProjectId,
        names: Vec<EventName>,
        query: ListQuery,
    ) -> Result<Page<Emitted>> {
        let project = self.project(project).await?.id;
        self.0
            .store
            .read(move |tx| {
                let page = events::list(tx, &project, &names, &query)?;
                let rows = page.rows.into_iter().map(|event| emitted(tx, event));
                Ok(Page {
                    rows: rows.collect::<Result<_>>()?,
                    sum: page.sum,
                })
            })
            .await
    }

    /// One event, with its payload.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) async fn event(&self, project: &ProjectId, id: &EventId) -> Result<Emitted> {
        let (project, id, render) = (project.clone(), id.clone(), self.0.render);
        self.0
            .store
            .read(move |tx| {
                let mut event = events::get(tx, &project, &id)?.ok_or(Error::NotFound("Event"))?;
                if let (None, Some(execution)) = (&event.payload, &event.execution) {
                    let execution = executions::find(tx, &project, execution)?;
                    let is_create = event.name.as_str().ends_with(".create");
                    event.payload = execution.map(|execution| {
                        let as_it_was = if is_create { as_made(execution) } else { execution };
                        render(Subject::Execution(Box::new(as_it_was))).to_string()
                    });
                }
                emitted(tx, event)
            })
            .await
    }

    /// The number of the last event from before `at`.
    pub(crate) async fn last_event_before(&self, at: Timestamp) -> Result<i64> {
        self.0.store.read(move |tx| events::last_before(tx, at)).await
    }

    /// The next events after that number, each with its own, in order; without those about executions, which the news of
    /// executions tell.
    pub(crate) async fn events_since(&self, number: i64) -> Result<Vec<(i64, Event)>> {
        self.0
            .store
            .read(move |tx| events::since(tx, number, EVENTS_AT_ONCE))
            .await
    }

    /// Emits an event as if a call had done it. Answers it; what listens is started soon after.
    ///
    /// # Errors
    /// `ProjectNotFound`, `InvalidParam` for a payload that is no JSON.
    pub(crate) async fn emit(&self, project: &ProjectId, name: EventName, payload: &str) -> Result<Emitted> {
        let project = self.project(project).await?.id;
        let payload: serde_json::Value = serde_json::from_str(payload)
            .map_err(|error| Error::invalid("payload", format!("JSON: {error}")))?;
        self.emit_by_hand(project, name, payload.to_string()).await
    }

    /// Emits an event once more, with the payload that it had. Answers the new one.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` where the payload is not known any more.
    pub(crate) async fn emit_again(&self, project: &ProjectId, id: &EventId) -> Result<Emitted> {
        let before = self.event(project, id).await?.event;
        let payload = before.payload.ok_or(Error::Conflict(
            "The payload of this event went with its execution: emit one with a payload of your own",
        ))?;
        self.emit_by_hand(before.project, before.name, payload).await
    }

    async fn emit_by_hand(&self, project: ProjectId, name: EventName, payload: String) -> Result<Emitted> {
        let emitter = self.emitter();
        let (id, owner) = (emitter.id().clone(), project.clone());
        self.0
            .store
            .write(move |tx| emitter.emit_payload(tx, &owner, name, payload))
            .await?;
        self.0.news.tell(Happened::Emitted {
            project: project.clone(),
        });
        self.event(&project, &id).await
    }
}

fn emitted(tx: &ReadTx<'_>, event: Event) -> Result<Emitted> {
    Ok(Emitted {
        started: executions::of_event(tx, &event.project, &event.id)?,
        event,
    })
}

/// The execution as it was answered when it was made.
fn as_made(execution: Execution) -> Execution {
    let (id, queued_at) = (execution.id.clone(), execution.queued_at);
    Execution {
        status: ExecutionStatus::Waiting,
        ..execution.again(id, queued_at)
    }
}
