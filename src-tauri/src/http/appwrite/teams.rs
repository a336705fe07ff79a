//! Teams: make, list, read, rename, remove.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use drydock_core::Error;
use drydock_core::id::MAX_ID_LENGTH;
use drydock_core::team::{MAX_NAME_LENGTH, MAX_ROLE_LENGTH, MAX_ROLES};

use super::wire;
use crate::http::error::Result;
use crate::http::extract::{CalledBy, Params, Path, list_query, team_id};
use crate::http::middleware::headers::no_content;
use crate::http::state::Shared;

pub(in crate::http) async fn create(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    params: Params,
) -> Result<impl IntoResponse> {
    let id = params.required_text("teamId", MAX_ID_LENGTH)?;
    let name = params.required_text("name", MAX_NAME_LENGTH)?;
    let roles = match params.get("roles") {
        Some(_) => roles(&params)?,
        None => Vec::new(),
    };
    let team = shared.engine.create_team(&caller, &id, name, roles).await?;
    Ok((StatusCode::CREATED, Json(wire::Team::from(team))))
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    params: Params,
) -> Result<Json<wire::TeamList>> {
    let page = shared.engine.teams(&caller, list_query(&params)?).await?;
    Ok(Json(page.into()))
}

pub(in crate::http) async fn get(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
) -> Result<Json<wire::Team>> {
    Ok(Json(shared.engine.team(&caller, &team_id(&id)?).await?.into()))
}

pub(in crate::http) async fn update(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<wire::Team>> {
    let (id, name) = (team_id(&id)?, params.required_text("name", MAX_NAME_LENGTH)?);
    Ok(Json(shared.engine.rename_team(&caller, &id, name).await?.into()))
}

pub(in crate::http) async fn delete(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
) -> Result<impl IntoResponse> {
    shared.engine.delete_team(&caller, &team_id(&id)?).await?;
    Ok(no_content())
}

/// The roles of a member, each once.
pub(super) fn roles(params: &Params) -> drydock_core::Result<Vec<String>> {
    let given = params.required_texts("roles", MAX_ROLE_LENGTH)?;
    // Before they are compared with one another.
    if given.len() > MAX_ROLES {
        return Err(Error::invalid("roles", format!("at most {MAX_ROLES} roles")));
    }
    let mut roles = Vec::with_capacity(given.len());
    for role in given {
        if role.is_empty() {
            return Err(Error::invalid("roles", "a role cannot be empty"));
        }
        if !roles.contains(&role) {
            roles.push(role);
        }
    }
    Ok(roles)
}
