//! Users of the project, for keys and administrators.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use drydock_core::caller::Caller;
use drydock_core::user::{MAX_NAME_LENGTH, User};
use serde_json::{Map, Value};

use super::account::new_user;
use super::wire;
use crate::engine::By;
use crate::http::error::Result;
use crate::http::extract::{CalledBy, Params, Path, list_query, log_page, session_id, user_id};
use crate::http::middleware::headers::no_content;
use crate::http::state::Shared;

pub(in crate::http) async fn create(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    params: Params,
) -> Result<impl IntoResponse> {
    let user = shared
        .engine
        .create_user(&caller.project, new_user(&params)?)
        .await?;
    Ok((StatusCode::CREATED, Json(wire::User::from(user))))
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    params: Params,
) -> Result<Json<wire::UserList>> {
    let page = shared.engine.users(&caller.project, list_query(&params)?).await?;
    Ok(Json(page.into()))
}

pub(in crate::http) async fn get(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
) -> Result<Json<wire::User>> {
    let user = shared.engine.user(&caller.project, &user_id(&id)?).await?;
    Ok(Json(user.into()))
}

pub(in crate::http) async fn delete(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
) -> Result<impl IntoResponse> {
    shared.engine.delete_user(&caller.project, &user_id(&id)?).await?;
    Ok(no_content())
}

pub(in crate::http) async fn update_status(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<wire::User>> {
    let active = params.required_boolean("status")?;
    let user = change(&shared, &caller, &id, Some("users.update.status"), move |user| {
        user.active = active;
    })
    .await?;
    Ok(Json(user.into()))
}

pub(in crate::http) async fn update_verification(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<wire::User>> {
    let verified = params.required_boolean("emailVerification")?;
    let user = change(&shared, &caller, &id, None, move |user| {
        user.email_verified = verified;
    })
    .await?;
    Ok(Json(user.into()))
}

pub(in crate::http) async fn update_name(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<wire::User>> {
    let name = params.required_text("name", MAX_NAME_LENGTH)?;
    let user = change(&shared, &caller, &id, Some("users.update.name"), move |user| {
        user.name = name;
    })
    .await?;
    Ok(Json(user.into()))
}

pub(in crate::http) async fn update_email(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<wire::User>> {
    let email = params.email("email")?;
    let user = change(&shared, &caller, &id, Some("users.update.email"), move |user| {
        user.email = Some(email);
    })
    .await?;
    Ok(Json(user.into()))
}

async fn change(
    shared: &Shared,
    caller: &Caller,
    id: &str,
    event: Option<&'static str>,
    change: impl FnOnce(&mut User) + Send + 'static,
) -> drydock_core::Result<User> {
    shared
        .engine
        .change_user(&caller.project, &user_id(id)?, By::Others(event), change)
        .await
}

pub(in crate::http) async fn update_password(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<wire::User>> {
    let (id, password) = (user_id(&id)?, params.password("password")?);
    let user = shared
        .engine
        .set_password(&caller.project, &id, &password)
        .await?;
    Ok(Json(user.into()))
}

pub(in crate::http) async fn prefs(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
) -> Result<Json<Map<String, Value>>> {
    let user = shared.engine.user(&caller.project, &user_id(&id)?).await?;
    Ok(Json(user.prefs))
}

/// Answers the preferences alone, unlike the account's own call.
pub(in crate::http) async fn update_prefs(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<Map<String, Value>>> {
    let prefs = params.prefs("prefs")?;
    let user = change(&shared, &caller, &id, Some("users.update.prefs"), move |user| {
        user.prefs = prefs;
    })
    .await?;
    Ok(Json(user.prefs))
}

pub(in crate::http) async fn sessions(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
) -> Result<Json<wire::SessionList>> {
    let sessions = shared.engine.sessions_of(&caller.project, &user_id(&id)?).await?;
    Ok(Json(wire::SessionList::new(sessions, None)))
}

pub(in crate::http) async fn delete_session(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((user, session)): Path<(String, String)>,
) -> Result<impl IntoResponse> {
    let (user, session) = (user_id(&user)?, session_id(&session)?);
    shared
        .engine
        .end_session(&caller.project, &user, &session, None)
        .await?;
    Ok(no_content())
}

pub(in crate::http) async fn delete_sessions(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
) -> Result<impl IntoResponse> {
    shared
        .engine
        .end_sessions(&caller.project, &user_id(&id)?, None)
        .await?;
    Ok(no_content())
}

pub(in crate::http) async fn logs(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<wire::LogList>> {
    let (limit, offset) = log_page(&params)?;
    let (user, page) = shared
        .engine
        .user_log(&caller.project, &user_id(&id)?, limit, offset)
        .await?;
    Ok(Json(wire::LogList::new(&user, page)))
}
