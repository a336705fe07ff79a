//! Executions as the console shows them: exact times, the whole record, and the full log page by page.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use drydock_core::Error;
use drydock_core::clock::Timestamp;
use drydock_core::event_name::EventName;
use drydock_core::execution::{Execution, ExecutionStatus, MAX_DATA_LENGTH, Trigger};
use drydock_core::id::{MAX_ID_LENGTH, TagId};
use drydock_core::output::{self, Stream};
use drydock_core::record::{Isolation, LimitHit, Record};
use drydock_store::table::outputs::Piece;
use serde::Serialize;

use super::events::MAX_NAME_LENGTH;
use super::owner_of;
use crate::engine::{MAX_PAYLOAD_LENGTH, RunAs, Trial};
use crate::http::appwrite::wire::sample;
use crate::http::error::Result;
use crate::http::extract::{
    From as CalledFrom, Params, Path, execution_id, function_id, list_query, project_id, user_id,
};
use crate::http::state::Shared;

/// Longest `as`: `user:` and an id.
const MAX_AS_LENGTH: usize = 41;
/// Longest trigger.
const MAX_TRIGGER_LENGTH: usize = 8;

#[derive(Serialize)]
pub(in crate::http) struct ExecutionRows {
    sum: i64,
    executions: Vec<ExecutionRow>,
}

/// Times are milliseconds since the Unix epoch.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct ExecutionRow {
    id: String,
    function_id: String,
    tag_id: String,
    trigger: Trigger,
    status: ExecutionStatus,
    exit_code: i32,
    caller: String,
    /// The event that started it, which may be gone by now.
    event_id: Option<String>,
    queued_at_ms: i64,
    started_at_ms: Option<i64>,
    ended_at_ms: Option<i64>,
    duration_secs: f64,
    record: RecordRow,
    pinned: bool,
    /// Whether the variables it ran with are known, so that a replay gets the same.
    variables_known: bool,
    replay_of: Option<String>,
    /// The execution whose call of the API made it.
    by: Option<String>,
    /// Of a replay: whether it runs with the variables of what it repeats, or with those of now.
    same_variables: Option<bool>,
}

/// What is null was not measured, or means nothing here.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct RecordRow {
    peak_memory_bytes: Option<u64>,
    cpu_us: Option<u64>,
    limit: Option<LimitHit>,
    standby: Option<bool>,
    isolation: Option<Isolation>,
}

impl From<Record> for RecordRow {
    fn from(record: Record) -> Self {
        let Record {
            peak_memory_bytes,
            cpu_us,
            limit,
            standby,
            isolation,
        } = record;
        Self {
            peak_memory_bytes,
            cpu_us,
            limit,
            standby,
            isolation,
        }
    }
}

impl From<Execution> for ExecutionRow {
    fn from(execution: Execution) -> Self {
        Self {
            id: execution.id.to_string(),
            function_id: execution.function.to_string(),
            tag_id: execution.tag.to_string(),
            trigger: execution.trigger,
            status: execution.status,
            exit_code: execution.exit_code,
            caller: execution.caller,
            event_id: execution.event.map(|event| event.to_string()),
            queued_at_ms: execution.queued_at.millis(),
            started_at_ms: execution.started_at.map(Timestamp::millis),
            ended_at_ms: execution.ended_at.map(Timestamp::millis),
            duration_secs: execution.duration_secs,
            record: execution.record.into(),
            pinned: execution.pinned,
            by: execution.made_by.map(|execution| execution.to_string()),
            variables_known: execution.variables.is_some(),
            same_variables: execution.replay_of.as_ref().map(|replay| replay.same_variables),
            replay_of: execution.replay_of.map(|replay| replay.execution.to_string()),
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct ExecutionDetail {
    #[serde(flatten)]
    row: ExecutionRow,
    data: String,
    stdout_bytes: i64,
    stderr_bytes: i64,
    dropped_bytes: i64,
}

#[derive(Serialize)]
pub(in crate::http) struct GivenVariables {
    /// The function's own; null where they are not known.
    own: Option<Vec<GivenVariable>>,
    contract: Vec<GivenVariable>,
}

#[derive(Serialize)]
struct GivenVariable {
    name: String,
    /// Null where the value is not kept.
    value: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Log {
    frames: Vec<LogFrame>,
    next: i64,
    more: bool,
    dropped_bytes: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LogFrame {
    stream: Stream,
    at_ms: i64,
    text: String,
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    Path((project, function)): Path<(String, String)>,
    params: Params,
) -> Result<Json<ExecutionRows>> {
    let page = shared
        .engine
        .executions(
            &owner_of(&project_id(&project)?),
            &function_id(&function)?,
            list_query(&params)?,
        )
        .await?;
    Ok(Json(ExecutionRows {
        sum: page.sum,
        executions: page.rows.into_iter().map(Into::into).collect(),
    }))
}

/// Executes in somebody's name: `as` is `owner`, `key`, `guest` or `user:ID`; `tag` another one than the active. With
/// `trigger` `schedule` or `event` it is as if that had started it, with nobody's name and no data: `event` is the event's
/// name and `payload` a text with JSON, without one a sample.
pub(in crate::http) async fn create(
    State(shared): State<Shared>,
    Path((project, function)): Path<(String, String)>,
    CalledFrom(client): CalledFrom,
    params: Params,
) -> Result<impl IntoResponse> {
    let (project, function) = (project_id(&project)?, function_id(&function)?);
    let tag = chosen_tag(&params)?;
    if let Some(trial) = trial(&params)? {
        let execution = shared.engine.try_out(&project, &function, trial, tag).await?;
        return Ok((StatusCode::CREATED, Json(ExecutionRow::from(execution))));
    }
    let data = params.variable_text("data", MAX_DATA_LENGTH)?.unwrap_or_default();
    let run_as = run_as(
        &params
            .text("as", MAX_AS_LENGTH)?
            .unwrap_or_else(|| "owner".into()),
    )?;
    let execution = shared
        .engine
        .execute_as(&project, run_as, client, &function, data, tag)
        .await?;
    Ok((StatusCode::CREATED, Json(ExecutionRow::from(execution))))
}

/// Executes one that has ended once more; `tag` another one than it ran.
pub(in crate::http) async fn replay(
    State(shared): State<Shared>,
    Path((project, execution)): Path<(String, String)>,
    params: Params,
) -> Result<impl IntoResponse> {
    let (project, execution) = (project_id(&project)?, execution_id(&execution)?);
    let tag = chosen_tag(&params)?;
    let replay = shared.engine.replay(&project, &execution, tag).await?;
    Ok((StatusCode::CREATED, Json(ExecutionRow::from(replay))))
}

/// What it is to be as if it had been started by; `None` for this call.
fn trial(params: &Params) -> drydock_core::Result<Option<Trial>> {
    match params.text("trigger", MAX_TRIGGER_LENGTH)?.as_deref() {
        None | Some("http") => Ok(None),
        Some("schedule") => Ok(Some(Trial::Schedule)),
        Some("event") => {
            let name = EventName::parse("event", &params.required_text("event", MAX_NAME_LENGTH)?)?;
            let payload = params.variable_text("payload", MAX_PAYLOAD_LENGTH)?;
            Ok(Some(Trial::Event {
                name,
                payload: payload.unwrap_or_else(|| sample(name).to_string()),
            }))
        }
        Some(_) => Err(Error::invalid("trigger", "must be one of http, schedule, event")),
    }
}

fn chosen_tag(params: &Params) -> drydock_core::Result<Option<TagId>> {
    let text = params.text("tag", MAX_ID_LENGTH)?;
    text.map(|text| TagId::parse("tag", &text)).transpose()
}

fn run_as(text: &str) -> drydock_core::Result<RunAs> {
    match text.split_once(':') {
        Some(("user", id)) => Ok(RunAs::User(user_id(id)?)),
        None if text == "owner" => Ok(RunAs::Owner),
        None if text == "key" => Ok(RunAs::Key),
        None if text == "guest" => Ok(RunAs::Guest),
        _ => Err(Error::invalid("as", "must be one of owner, key, guest, user:ID")),
    }
}

pub(in crate::http) async fn get(
    State(shared): State<Shared>,
    Path((project, execution)): Path<(String, String)>,
) -> Result<Json<ExecutionDetail>> {
    let (project, execution) = (project_id(&project)?, execution_id(&execution)?);
    let execution = shared.engine.any_execution(&project, &execution).await?;
    let size = shared.engine.log_size(&project, &execution.id).await?;
    Ok(Json(ExecutionDetail {
        data: execution.data.clone(),
        row: execution.into(),
        stdout_bytes: size.stdout_bytes,
        stderr_bytes: size.stderr_bytes,
        dropped_bytes: size.dropped_bytes,
    }))
}

/// The variables that it was given.
pub(in crate::http) async fn variables(
    State(shared): State<Shared>,
    Path((project, execution)): Path<(String, String)>,
) -> Result<Json<GivenVariables>> {
    let (project, execution) = (project_id(&project)?, execution_id(&execution)?);
    let given = shared.engine.given(&project, &execution).await?;
    let is_ours = |name: &str| given.contract.iter().any(|(ours, _)| ours == name);
    Ok(Json(GivenVariables {
        // Of two with one name the contract's wins.
        own: given.own.map(|own| {
            own.into_iter()
                .filter(|(name, _)| !is_ours(name))
                .map(|(name, value)| GivenVariable {
                    name,
                    value: Some(value),
                })
                .collect()
        }),
        contract: given
            .contract
            .iter()
            .map(|(name, value)| GivenVariable {
                name: name.clone(),
                value: value.clone(),
            })
            .collect(),
    }))
}

/// Takes `pinned`: whether it stays when old ones are removed.
pub(in crate::http) async fn update(
    State(shared): State<Shared>,
    Path((project, execution)): Path<(String, String)>,
    params: Params,
) -> Result<Json<ExecutionRow>> {
    let (project, execution) = (project_id(&project)?, execution_id(&execution)?);
    let pinned = params.required_boolean("pinned")?;
    let execution = shared.engine.pin_execution(&project, &execution, pinned).await?;
    Ok(Json(execution.into()))
}

/// Ends one that waits or runs; answers it as it then stands.
pub(in crate::http) async fn cancel(
    State(shared): State<Shared>,
    Path((project, execution)): Path<(String, String)>,
) -> Result<Json<ExecutionRow>> {
    let (project, execution) = (project_id(&project)?, execution_id(&execution)?);
    Ok(Json(shared.engine.cancel(&project, &execution).await?.into()))
}

pub(in crate::http) async fn log(
    State(shared): State<Shared>,
    Path((project, execution)): Path<(String, String)>,
    params: Params,
) -> Result<Json<Log>> {
    let (project, execution) = (project_id(&project)?, execution_id(&execution)?);
    let after = params.integer("after", 0..=i64::MAX, 0)?;
    shared.engine.any_execution(&project, &execution).await?;
    let page = shared.engine.log(&project, &execution, after).await?;
    let mut at_ms = 0;
    let frames = page.pieces.into_iter().map(|piece| match piece {
        Piece::Frame(frame) => {
            at_ms = frame.at_ms;
            LogFrame { stream: frame.stream, at_ms, text: output::decode(&frame.bytes) }
        }
        Piece::Gap { stream, bytes } => LogFrame {
            stream,
            at_ms,
            text: format!("\n[{bytes} bytes are left out here: over the limit of kept output, setting output.max_bytes]\n"),
        },
    });
    Ok(Json(Log {
        frames: frames.collect(),
        next: page.next,
        more: page.more,
        dropped_bytes: page.size.dropped_bytes,
    }))
}
