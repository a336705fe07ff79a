//! Executions: ask for one, list, read.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use drydock_core::execution::MAX_DATA_LENGTH;

use super::wire;
use crate::http::error::Result;
use crate::http::extract::{CalledBy, Params, Path, execution_id, function_id, list_query};
use crate::http::state::Shared;

/// Answers at once, with `waiting`; `async` is not read.
pub(in crate::http) async fn create(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<impl IntoResponse> {
    let id = function_id(&id)?;
    let data = params.variable_text("data", MAX_DATA_LENGTH)?.unwrap_or_default();
    let execution = shared.engine.execute(&caller, &id, data, None).await?;
    Ok((StatusCode::CREATED, Json(wire::Execution::from(execution))))
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<wire::ExecutionList>> {
    let page = shared
        .engine
        .executions(&caller, &function_id(&id)?, list_query(&params)?)
        .await?;
    Ok(Json(page.into()))
}

pub(in crate::http) async fn get(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((function, execution)): Path<(String, String)>,
) -> Result<Json<wire::Execution>> {
    let (function, execution) = (function_id(&function)?, execution_id(&execution)?);
    Ok(Json(
        shared
            .engine
            .execution(&caller, &function, &execution)
            .await?
            .into(),
    ))
}
