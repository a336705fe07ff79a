//! Events as the console shows them: what happened, what it started; and emitting one by hand.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use drydock_core::event::Event;
use drydock_core::event_name::EventName;
use drydock_core::execution::{Execution, ExecutionStatus};
use serde::Serialize;
use serde_json::Value;

use crate::engine::{Emitted, MAX_PAYLOAD_LENGTH};
use crate::http::appwrite::wire::sample;
use crate::http::error::Result;
use crate::http::extract::{Params, Path, event_id, list_query, project_id};
use crate::http::state::Shared;

/// Longest name of an event, generously.
pub(super) const MAX_NAME_LENGTH: usize = 64;

#[derive(Serialize)]
pub(in crate::http) struct EventRows {
    sum: i64,
    events: Vec<EventRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct EventRow {
    id: String,
    name: &'static str,
    at_ms: i64,
    caller: String,
    user_id: Option<String>,
    /// Of `functions.executions.*`.
    execution_id: Option<String>,
    /// The execution whose call did it.
    by: Option<String>,
    /// Whether what listens to it was started, or nothing does.
    handled: bool,
    /// Whether it starts nothing because too many executions led to it.
    cut: bool,
    /// The same for a person: how many, and which functions feed each other.
    cut_because: Option<String>,
    started: Vec<StartedRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StartedRow {
    execution_id: String,
    function_id: String,
    status: ExecutionStatus,
    exit_code: i32,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct EventDetail {
    #[serde(flatten)]
    row: EventRow,
    /// What the call answered; null where it cannot be told any more.
    payload: Value,
    /// Whether it can be told: a payload that is given by hand may be null.
    payload_known: bool,
}

#[derive(Serialize)]
pub(in crate::http) struct Sample {
    payload: Value,
}

impl From<Emitted> for EventRow {
    fn from(Emitted { event, started }: Emitted) -> Self {
        let (cut, cut_because) = (event.is_cut(), event.cut_because());
        let Event {
            id,
            name,
            at,
            execution,
            caller,
            user,
            made_by,
            is_handled,
            ..
        } = event;
        Self {
            id: id.to_string(),
            name: name.as_str(),
            at_ms: at.millis(),
            caller,
            user_id: user.map(|user| user.to_string()),
            execution_id: execution.map(|execution| execution.to_string()),
            by: made_by.map(|execution| execution.to_string()),
            handled: is_handled,
            cut,
            cut_because,
            started: started.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Execution> for StartedRow {
    fn from(execution: Execution) -> Self {
        Self {
            execution_id: execution.id.to_string(),
            function_id: execution.function.to_string(),
            status: execution.status,
            exit_code: execution.exit_code,
        }
    }
}

impl From<Emitted> for EventDetail {
    fn from(emitted: Emitted) -> Self {
        let payload = emitted.event.payload.as_deref().map(serde_json::from_str);
        Self {
            payload_known: payload.is_some(),
            // We wrote it.
            payload: payload.and_then(std::result::Result::ok).unwrap_or_default(),
            row: emitted.into(),
        }
    }
}

/// Takes `name`, and what every list takes; `search` looks at names alone.
pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    Path(project): Path<String>,
    params: Params,
) -> Result<Json<EventRows>> {
    let name = params.text("name", MAX_NAME_LENGTH)?;
    let name = name.map(|name| EventName::parse("name", &name)).transpose()?;
    let query = list_query(&params)?;
    let mut names = EventName::found_by(&query.search);
    names.retain(|found| name.is_none_or(|name| name == *found));
    let page = shared.engine.events(&project_id(&project)?, names, query).await?;
    Ok(Json(EventRows {
        sum: page.sum,
        events: page.rows.into_iter().map(Into::into).collect(),
    }))
}

pub(in crate::http) async fn get(
    State(shared): State<Shared>,
    Path((project, event)): Path<(String, String)>,
) -> Result<Json<EventDetail>> {
    let event = shared
        .engine
        .event(&project_id(&project)?, &event_id(&event)?)
        .await?;
    Ok(Json(event.into()))
}

/// Takes `name` and `payload`, a text with JSON; without one it is a sample.
pub(in crate::http) async fn emit(
    State(shared): State<Shared>,
    Path(project): Path<String>,
    params: Params,
) -> Result<(StatusCode, Json<EventDetail>)> {
    let project = project_id(&project)?;
    let name = EventName::parse("name", &params.required_text("name", MAX_NAME_LENGTH)?)?;
    let payload = match params.text("payload", MAX_PAYLOAD_LENGTH)? {
        Some(payload) => payload,
        None => sample(name).to_string(),
    };
    let emitted = shared.engine.emit(&project, name, &payload).await?;
    Ok((StatusCode::CREATED, Json(emitted.into())))
}

/// Emits an event as it was, once more.
pub(in crate::http) async fn emit_again(
    State(shared): State<Shared>,
    Path((project, event)): Path<(String, String)>,
) -> Result<(StatusCode, Json<EventDetail>)> {
    let emitted = shared
        .engine
        .emit_again(&project_id(&project)?, &event_id(&event)?)
        .await?;
    Ok((StatusCode::CREATED, Json(emitted.into())))
}

/// Takes `name`: what a payload of that event looks like.
pub(in crate::http) async fn sample_of(params: Params) -> Result<Json<Sample>> {
    let name = EventName::parse("name", &params.required_text("name", MAX_NAME_LENGTH)?)?;
    Ok(Json(Sample {
        payload: sample(name),
    }))
}
