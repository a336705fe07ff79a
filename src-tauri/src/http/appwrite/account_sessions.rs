//! The caller's own sessions, and the JWTs made in them.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use drydock_core::caller::Caller;
use drydock_core::id::SessionId;

use super::wire;
use crate::engine::{NewSession, account, own_deed};
use crate::http::cookies::SetCookies;
use crate::http::error::Result;
use crate::http::extract::{CalledBy, From, Params, Path, session_id};
use crate::http::middleware::headers::no_content;
use crate::http::state::Shared;

/// The word for the session that the request itself shows.
const CURRENT: &str = "current";

pub(in crate::http) async fn create(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    From(client): From,
    headers: HeaderMap,
    params: Params,
) -> Result<impl IntoResponse> {
    let (email, password) = (params.email("email")?, params.password("password")?);
    let new = shared
        .engine
        .sign_in(&caller.project, email, &password, client)
        .await?;
    Ok(begun(&headers, new))
}

pub(in crate::http) async fn create_anonymous(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    From(client): From,
    headers: HeaderMap,
) -> Result<impl IntoResponse> {
    let new = shared.engine.sign_in_anonymously(&caller, client).await?;
    Ok(begun(&headers, new))
}

fn begun(headers: &HeaderMap, new: NewSession) -> impl IntoResponse + use<> {
    let cookies = SetCookies::sign_in(headers, &new.session.project, &new.token);
    let session = wire::Session::new(new.session, true);
    (StatusCode::CREATED, cookies, Json(session))
}

pub(in crate::http) async fn create_jwt(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
) -> Result<impl IntoResponse> {
    let jwt = shared.engine.jwt_of(&caller)?;
    Ok((StatusCode::CREATED, Json(wire::Jwt { jwt })))
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
) -> Result<Json<wire::SessionList>> {
    let own = account(&caller)?;
    let sessions = shared.engine.sessions_of(&own.user.project, &own.user.id).await?;
    Ok(Json(wire::SessionList::new(sessions, Some(own.session))))
}

pub(in crate::http) async fn get(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
) -> Result<Json<wire::Session>> {
    let (own, id) = (account(&caller)?, named(&caller, &id)?);
    let session = shared
        .engine
        .session(&own.user.project, &own.user.id, &id)
        .await?;
    let current = session.id == *own.session;
    Ok(Json(wire::Session::new(session, current)))
}

pub(in crate::http) async fn delete(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    From(client): From,
    headers: HeaderMap,
) -> Result<impl IntoResponse> {
    let (own, id) = (account(&caller)?, named(&caller, &id)?);
    let deed = own_deed(&caller, "account.sessions.delete", client);
    shared
        .engine
        .end_session(&own.user.project, &own.user.id, &id, Some(deed))
        .await?;
    let cookies = (id == *own.session).then(|| SetCookies::sign_out(&headers, &own.user.project));
    Ok((cookies, no_content()))
}

pub(in crate::http) async fn delete_all(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    From(client): From,
    headers: HeaderMap,
) -> Result<impl IntoResponse> {
    let own = account(&caller)?;
    let deed = own_deed(&caller, "account.sessions.delete", client);
    shared
        .engine
        .end_sessions(&own.user.project, &own.user.id, Some(deed))
        .await?;
    Ok((SetCookies::sign_out(&headers, &own.user.project), no_content()))
}

fn named(caller: &Caller, id: &str) -> drydock_core::Result<SessionId> {
    if id == CURRENT {
        Ok(account(caller)?.session.clone())
    } else {
        session_id(id)
    }
}
