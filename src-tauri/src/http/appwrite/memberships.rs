//! Memberships of a team: invite, list, read, change roles, leave, accept.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use drydock_core::id::{MAX_ID_LENGTH, UserId};
use drydock_core::session::SECRET_BYTES;
use drydock_core::user::MAX_NAME_LENGTH;

use super::teams::roles;
use super::wire;
use crate::engine::Invite;
use crate::http::cookies::SetCookies;
use crate::http::error::Result;
use crate::http::extract::{CalledBy, From, InProject, Params, Path, list_query, membership_id, team_id};
use crate::http::middleware::headers::no_content;
use crate::http::middleware::host;
use crate::http::state::Shared;

pub(in crate::http) async fn create(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    InProject(project): InProject,
    Path(team): Path<String>,
    headers: HeaderMap,
    params: Params,
) -> Result<impl IntoResponse> {
    let team = team_id(&team)?;
    let invite = Invite {
        email: params.email("email")?,
        roles: roles(&params)?,
        url: params.page_of("url", &project, host::called(&headers))?,
        name: params.text("name", MAX_NAME_LENGTH)?.unwrap_or_default(),
    };
    let member = shared.engine.invite(&caller, &team, invite).await?;
    Ok((StatusCode::CREATED, Json(wire::Membership::from(member))))
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(team): Path<String>,
    params: Params,
) -> Result<Json<wire::MembershipList>> {
    let page = shared
        .engine
        .members(&caller, &team_id(&team)?, list_query(&params)?)
        .await?;
    Ok(Json(page.into()))
}

pub(in crate::http) async fn get(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((team, id)): Path<(String, String)>,
) -> Result<Json<wire::Membership>> {
    let (team, id) = (team_id(&team)?, membership_id(&id)?);
    Ok(Json(shared.engine.member(&caller, &team, &id).await?.into()))
}

pub(in crate::http) async fn update_roles(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((team, id)): Path<(String, String)>,
    params: Params,
) -> Result<Json<wire::Membership>> {
    let (team, id) = (team_id(&team)?, membership_id(&id)?);
    let member = shared
        .engine
        .set_member_roles(&caller, &team, &id, roles(&params)?)
        .await?;
    Ok(Json(member.into()))
}

pub(in crate::http) async fn delete(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((team, id)): Path<(String, String)>,
) -> Result<impl IntoResponse> {
    let (team, id) = (team_id(&team)?, membership_id(&id)?);
    shared.engine.remove_member(&caller, &team, &id).await?;
    Ok(no_content())
}

/// Accepts an invitation, and signs the invited person in.
pub(in crate::http) async fn accept(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((team, id)): Path<(String, String)>,
    From(client): From,
    headers: HeaderMap,
    params: Params,
) -> Result<impl IntoResponse> {
    let (team, id) = (team_id(&team)?, membership_id(&id)?);
    let user = UserId::parse("userId", &params.required_text("userId", MAX_ID_LENGTH)?)?;
    let secret = params.required_text("secret", SECRET_BYTES * 2)?;
    let (member, new) = shared
        .engine
        .accept_invitation(&caller, &team, &id, &user, &secret, client)
        .await?;
    let cookies = SetCookies::sign_in(&headers, &caller.project, &new.token);
    Ok((cookies, Json(wire::Membership::from(member))))
}
