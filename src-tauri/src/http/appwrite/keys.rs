//! API keys of a project.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use drydock_core::key::MAX_NAME_LENGTH;
use drydock_core::scope::Scope;

use super::wire;
use crate::http::error::Result;
use crate::http::extract::{CalledBy, Params, Path, key_id, project_id};
use crate::http::middleware::headers::no_content;
use crate::http::state::Shared;

/// Longest name of a scope, generously.
const MAX_SCOPE_LENGTH: usize = 64;

pub(in crate::http) async fn create(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(project): Path<String>,
    params: Params,
) -> Result<impl IntoResponse> {
    let (name, scopes) = name_and_scopes(&params)?;
    let key = shared
        .engine
        .create_key(&caller, &project_id(&project)?, name, scopes)
        .await?;
    Ok((StatusCode::CREATED, Json(wire::Key::from(key))))
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(project): Path<String>,
) -> Result<Json<wire::KeyList>> {
    let keys = shared.engine.keys(&caller, &project_id(&project)?).await?;
    Ok(Json(keys.into()))
}

pub(in crate::http) async fn get(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((project, id)): Path<(String, String)>,
) -> Result<Json<wire::Key>> {
    let (project, id) = (project_id(&project)?, key_id(&id)?);
    Ok(Json(shared.engine.key(&caller, &project, &id).await?.into()))
}

pub(in crate::http) async fn update(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((project, id)): Path<(String, String)>,
    params: Params,
) -> Result<Json<wire::Key>> {
    let (project, id) = (project_id(&project)?, key_id(&id)?);
    let (name, scopes) = name_and_scopes(&params)?;
    let key = shared
        .engine
        .change_key(&caller, &project, &id, name, scopes)
        .await?;
    Ok(Json(key.into()))
}

pub(in crate::http) async fn delete(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((project, id)): Path<(String, String)>,
) -> Result<impl IntoResponse> {
    let (project, id) = (project_id(&project)?, key_id(&id)?);
    shared.engine.delete_key(&caller, &project, &id).await?;
    Ok(no_content())
}

/// What is said about a key.
fn name_and_scopes(params: &Params) -> drydock_core::Result<(String, Vec<Scope>)> {
    let name = params.required_text("name", MAX_NAME_LENGTH)?;
    let scopes = params.required_each_once("scopes", MAX_SCOPE_LENGTH, Scope::parse)?;
    Ok((name, scopes))
}
