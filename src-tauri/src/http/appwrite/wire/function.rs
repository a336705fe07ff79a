//! A function on the wire.

use drydock_core::clock::Timestamp;
use drydock_core::event_name::EventName;
use drydock_core::function::{self, FunctionStatus, Vars};
use drydock_core::schedule::Schedule;
use serde::Serialize;

/// Dates are Unix seconds; 0 and empty text stand for what is not there.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Function {
    #[serde(rename = "$id")]
    id: String,
    execute: Vec<String>,
    name: String,
    date_created: i64,
    date_updated: i64,
    status: FunctionStatus,
    runtime: &'static str,
    tag: String,
    vars: Vars,
    events: Vec<EventName>,
    schedule: String,
    schedule_next: i64,
    schedule_previous: i64,
    timeout: u16,
}

impl From<function::Function> for Function {
    fn from(function: function::Function) -> Self {
        Self {
            id: function.id.to_string(),
            execute: function.execute,
            name: function.name,
            date_created: function.created_at.secs(),
            date_updated: function.updated_at.secs(),
            status: function.status,
            runtime: function.runtime.id,
            tag: function.active_tag.map(|tag| tag.to_string()).unwrap_or_default(),
            vars: function.vars,
            events: function.events,
            schedule: function
                .schedule
                .as_ref()
                .map(Schedule::as_str)
                .unwrap_or_default()
                .to_owned(),
            schedule_next: function.schedule_next.map_or(0, Timestamp::secs),
            schedule_previous: function.schedule_previous.map_or(0, Timestamp::secs),
            timeout: function.timeout_secs,
        }
    }
}
