//! Executing a function as if an event or its schedule had started it: that function alone, on whatever tag is chosen.
//!
//! Must not: start anything else. What listens to the event is not asked, webhooks are not told; emitting it by hand is
//! `events`, running what is stored as a schedule is `schedules`.

use drydock_core::event_name::EventName;
use drydock_core::execution::{Execution, Trigger, Wish};
use drydock_core::id::{ExecutionId, FunctionId, ProjectId, TagId};
use drydock_core::{Error, Result};
use drydock_store::table::{functions, tags};

use super::Engine;

/// As if what had started it.
#[derive(Debug, Clone)]
pub(crate) enum Trial {
    /// Its schedule, which it may not even have yet.
    Schedule,
    /// An event with that payload, whether it listens to it or not.
    Event { name: EventName, payload: String },
}

impl Engine {
    /// Queues one run of the function, told of a trigger that was not there.
    ///
    /// # Errors
    /// `FunctionNotFound`, `InvalidParam` for a payload that is no JSON, `NoActiveTag`, `NoSuchTag`, `QueueFull`,
    /// `ShuttingDown`.
    pub(crate) async fn try_out(
        &self,
        project: &ProjectId,
        function: &FunctionId,
        trial: Trial,
        chosen: Option<TagId>,
    ) -> Result<Execution> {
        let trial = match trial {
            Trial::Schedule => Trial::Schedule,
            Trial::Event { name, payload } => {
                let payload: serde_json::Value = serde_json::from_str(&payload)
                    .map_err(|error| Error::invalid("payload", format!("JSON: {error}")))?;
                let payload = payload.to_string();
                Trial::Event { name, payload }
            }
        };
        let (owner, id, now) = (project.clone(), function.clone(), self.now());
        let (execution, emitter) = (ExecutionId::trusted(self.0.ids.unique()), self.emitter());
        self.enqueue(project, move |tx| {
            let function = functions::get(tx, &owner, &id)?.ok_or(Error::FunctionNotFound)?;
            let is_chosen = chosen.is_some();
            let tag = chosen
                .or_else(|| function.active_tag.clone())
                .ok_or(Error::NoActiveTag)?;
            if tags::get(tx, &owner, &id, &tag)?.is_none() {
                return Err(if is_chosen {
                    Error::NoSuchTag { tag }
                } else {
                    Error::NoActiveTag
                });
            }
            let (trigger, caller) = match &trial {
                Trial::Schedule => (Trigger::Schedule, "owner".to_owned()),
                Trial::Event { name, .. } => (Trigger::Event, format!("event:{}", name.as_str())),
            };
            let wish = Wish {
                project: owner.clone(),
                id: execution,
                function: id,
                tag,
                trigger,
                caller,
                queued_at: now,
            };
            let mut execution = wish.waiting();
            if let Trial::Event { name, payload } = trial {
                execution.event = Some(emitter.id().clone());
                emitter.note_payload(tx, &owner, name, payload)?;
            }
            Ok(execution)
        })
        .await
    }
}
