//! Data to execute a function with: what was saved under a name, and what its executions had lately.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use drydock_core::Error;
use drydock_core::execution::MAX_DATA_LENGTH;
use drydock_core::payload::{MAX_NAME_LENGTH, SavedPayload};
use drydock_store::table::executions::RecentData;
use serde::Serialize;

use crate::http::error::Result;
use crate::http::extract::{Params, Path, function_id, payload_id, project_id};
use crate::http::state::Shared;

#[derive(Serialize)]
pub(in crate::http) struct PayloadRows {
    payloads: Vec<PayloadRow>,
    recent: Vec<RecentRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct PayloadRow {
    id: String,
    name: String,
    data: String,
    saved_at_ms: i64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RecentRow {
    execution_id: String,
    at_ms: i64,
    data: String,
}

impl From<SavedPayload> for PayloadRow {
    fn from(payload: SavedPayload) -> Self {
        Self {
            id: payload.id.to_string(),
            name: payload.name,
            data: payload.data,
            saved_at_ms: payload.saved_at.millis(),
        }
    }
}

impl From<RecentData> for RecentRow {
    fn from(recent: RecentData) -> Self {
        Self {
            execution_id: recent.execution.to_string(),
            at_ms: recent.at.millis(),
            data: recent.data,
        }
    }
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    Path((project, function)): Path<(String, String)>,
) -> Result<Json<PayloadRows>> {
    let (payloads, recent) = shared
        .engine
        .payloads(&project_id(&project)?, &function_id(&function)?)
        .await?;
    Ok(Json(PayloadRows {
        payloads: payloads.into_iter().map(Into::into).collect(),
        recent: recent.into_iter().map(Into::into).collect(),
    }))
}

/// Takes `name` and `data`.
pub(in crate::http) async fn create(
    State(shared): State<Shared>,
    Path((project, function)): Path<(String, String)>,
    params: Params,
) -> Result<impl IntoResponse> {
    let (project, function) = (project_id(&project)?, function_id(&function)?);
    let saved = shared
        .engine
        .save_payload(&project, &function, said(&params)?)
        .await?;
    Ok((StatusCode::CREATED, Json(PayloadRow::from(saved))))
}

/// Takes `name` and `data`: what is not said is not kept.
pub(in crate::http) async fn update(
    State(shared): State<Shared>,
    Path((project, function, payload)): Path<(String, String, String)>,
    params: Params,
) -> Result<Json<PayloadRow>> {
    let (project, function, payload) = (
        project_id(&project)?,
        function_id(&function)?,
        payload_id(&payload)?,
    );
    let changed = shared
        .engine
        .change_payload(&project, &function, &payload, said(&params)?)
        .await?;
    Ok(Json(changed.into()))
}

pub(in crate::http) async fn delete(
    State(shared): State<Shared>,
    Path((project, function, payload)): Path<(String, String, String)>,
) -> Result<StatusCode> {
    let (project, function, payload) = (
        project_id(&project)?,
        function_id(&function)?,
        payload_id(&payload)?,
    );
    shared
        .engine
        .delete_payload(&project, &function, &payload)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}

fn said(params: &Params) -> drydock_core::Result<(String, String)> {
    let name = params.required_text("name", MAX_NAME_LENGTH)?.trim().to_owned();
    if name.is_empty() {
        return Err(Error::MissingParam { param: "name" });
    }
    let data = params.variable_text("data", MAX_DATA_LENGTH)?.unwrap_or_default();
    Ok((name, data))
}
