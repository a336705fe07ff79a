//! What the owner of the machine can do about people beyond the Appwrite API: be one of them, and hand on
//! invitations that no mail server sends.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use drydock_core::clock::Timestamp;
use drydock_core::team::Member;
use serde::Serialize;

use super::owner_of;
use crate::http::cookies;
use crate::http::error::Result;
use crate::http::extract::{From, Params, Path, list_query, project_id, team_id, user_id};
use crate::http::state::Shared;

/// What an app shows to be that user.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct SignedIn {
    session_id: String,
    cookie_name: String,
    /// The cookie's value, which is also what realtime takes.
    session: String,
    jwt: String,
    jwt_expires_at_ms: i64,
}

pub(in crate::http) async fn sign_in_as(
    State(shared): State<Shared>,
    Path((project, user)): Path<(String, String)>,
    From(client): From,
) -> Result<impl IntoResponse> {
    let (project, user) = (project_id(&project)?, user_id(&user)?);
    let (new, jwt, ends_at) = shared.engine.sign_in_as(&project, &user, client).await?;
    let signed_in = SignedIn {
        session_id: new.session.id.to_string(),
        cookie_name: cookies::name(project.as_str()),
        session: cookies::encode(&new.token),
        jwt,
        jwt_expires_at_ms: ends_at.millis(),
    };
    Ok((StatusCode::CREATED, Json(signed_in)))
}

#[derive(Serialize)]
pub(in crate::http) struct MemberRows {
    sum: i64,
    memberships: Vec<MemberRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct MemberRow {
    id: String,
    user_id: String,
    name: String,
    email: String,
    roles: Vec<String>,
    invited_at_ms: i64,
    joined_at_ms: Option<i64>,
    confirmed: bool,
    /// The link to hand to the invited person, until it is used.
    invitation: Option<String>,
}

impl MemberRow {
    fn new(member: Member, invitation: Option<String>) -> Self {
        let place = member.membership;
        Self {
            id: place.id.to_string(),
            user_id: place.user.to_string(),
            name: member.name,
            email: member.email,
            roles: place.roles,
            invited_at_ms: place.invited_at.millis(),
            joined_at_ms: place.joined_at.map(Timestamp::millis),
            confirmed: place.confirmed,
            invitation,
        }
    }
}

pub(in crate::http) async fn memberships(
    State(shared): State<Shared>,
    Path((project, team)): Path<(String, String)>,
    params: Params,
) -> Result<Json<MemberRows>> {
    let (project, team) = (project_id(&project)?, team_id(&team)?);
    let page = shared
        .engine
        .members(&owner_of(&project), &team, list_query(&params)?)
        .await?;
    let ids = page
        .rows
        .iter()
        .map(|member| member.membership.id.clone())
        .collect();
    let links = shared.engine.invitation_links(&project, ids).await?;
    let rows = page.rows.into_iter().zip(links);
    Ok(Json(MemberRows {
        sum: page.sum,
        memberships: rows.map(|(member, link)| MemberRow::new(member, link)).collect(),
    }))
}
