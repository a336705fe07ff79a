//! Functions: create, list, read, change, remove, use.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use drydock_core::event_name::EventName;
use drydock_core::function::{
    DEFAULT_TIMEOUT_SECS, MAX_NAME_LENGTH, MAX_PERMISSION_LENGTH, TIMEOUT_RANGE_SECS,
};
use drydock_core::id::{MAX_ID_LENGTH, TagId};
use drydock_core::runtime::Runtime;
use drydock_core::schedule::{MAX_SCHEDULE_LENGTH, Schedule};

use super::wire;
use crate::engine::{FunctionSettings, NewFunction, UsageRange};
use crate::http::error::Result;
use crate::http::extract::{CalledBy, Params, Path, function_id, list_query};
use crate::http::middleware::headers::no_content;
use crate::http::state::Shared;

/// An id that could never be read: its path lists the runtimes.
const RESERVED_ID: &str = "runtimes";
/// Longest id of a runtime or name of an event in the closed lists, generously.
const MAX_WORD_LENGTH: usize = 64;

pub(in crate::http) async fn create(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    params: Params,
) -> Result<impl IntoResponse> {
    let id = params.required_text("functionId", MAX_ID_LENGTH)?;
    if id == RESERVED_ID {
        let rule = format!("'{RESERVED_ID}' is taken by GET /v1/functions/{RESERVED_ID}: choose another");
        return Err(drydock_core::Error::invalid("functionId", rule).into());
    }
    let name = name(&params)?;
    let runtime = Runtime::parse("runtime", &params.required_text("runtime", MAX_WORD_LENGTH)?)?;
    let new = NewFunction {
        id,
        runtime,
        settings: settings(&params, name)?,
    };
    let function = shared.engine.create_function(&caller.project, new).await?;
    Ok((StatusCode::CREATED, Json(wire::Function::from(function))))
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    params: Params,
) -> Result<Json<wire::FunctionList>> {
    let page = shared
        .engine
        .functions(&caller.project, list_query(&params)?)
        .await?;
    Ok(Json(page.into()))
}

pub(in crate::http) async fn get(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
) -> Result<Json<wire::Function>> {
    let function = shared
        .engine
        .function(&caller.project, &function_id(&id)?)
        .await?;
    Ok(Json((*function).clone().into()))
}

pub(in crate::http) async fn update(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<wire::Function>> {
    let id = function_id(&id)?;
    let name = name(&params)?;
    let function = shared
        .engine
        .update_function(&caller.project, &id, settings(&params, name)?)
        .await?;
    Ok(Json(function.into()))
}

pub(in crate::http) async fn activate_tag(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<wire::Function>> {
    let id = function_id(&id)?;
    let tag = TagId::parse("tag", &params.required_text("tag", MAX_ID_LENGTH)?)?;
    let function = shared.engine.activate_tag(&caller.project, &id, &tag).await?;
    Ok(Json(function.into()))
}

pub(in crate::http) async fn delete(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
) -> Result<impl IntoResponse> {
    shared
        .engine
        .delete_function(&caller.project, &function_id(&id)?)
        .await?;
    Ok(no_content())
}

pub(in crate::http) async fn usage(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<wire::Usage>> {
    let id = function_id(&id)?;
    let range = params.text("range", MAX_WORD_LENGTH)?;
    let range = UsageRange::parse(range.as_deref().unwrap_or("30d"))?;
    Ok(Json(
        shared.engine.usage(&caller.project, &id, range).await?.into(),
    ))
}

/// The name, which functions read as a variable.
fn name(params: &Params) -> drydock_core::Result<String> {
    params
        .variable_text("name", MAX_NAME_LENGTH)?
        .ok_or(drydock_core::Error::MissingParam { param: "name" })
}

/// What create and update both take; an optional parameter that is left out means its default.
fn settings(params: &Params, name: String) -> drydock_core::Result<FunctionSettings> {
    let schedule = params.text("schedule", MAX_SCHEDULE_LENGTH)?;
    let timeout_secs = params.integer("timeout", TIMEOUT_RANGE_SECS, DEFAULT_TIMEOUT_SECS)?;
    Ok(FunctionSettings {
        name,
        execute: params.texts("execute", MAX_PERMISSION_LENGTH)?,
        vars: params.vars("vars")?,
        // Each once: a function that lists an event twice still runs once.
        events: params.each_once("events", MAX_WORD_LENGTH, EventName::parse)?,
        schedule: schedule
            .map(|text| Schedule::parse("schedule", &text))
            .transpose()?,
        timeout_secs: timeout_secs as u16,
    })
}
