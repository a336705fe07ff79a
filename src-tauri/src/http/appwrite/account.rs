//! The caller's own account: made, read, changed and closed. What needs e-mail is refused: there is no mail
//! server.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use drydock_core::Error;
use drydock_core::id::{MAX_ID_LENGTH, UNIQUE, UserId};
use drydock_core::user::MAX_NAME_LENGTH;
use serde_json::{Map, Value};

use super::wire;
use crate::engine::{AccountChange, NewUser, account};
use crate::http::cookies::SetCookies;
use crate::http::error::Result;
use crate::http::extract::{CalledBy, From, InProject, Params, log_page};
use crate::http::middleware::headers::no_content;
use crate::http::middleware::host;
use crate::http::state::Shared;

/// Longest secret of a link that e-mail would have carried.
const MAX_SECRET_LENGTH: usize = 256;

pub(in crate::http) async fn create(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    From(client): From,
    params: Params,
) -> Result<impl IntoResponse> {
    let user = shared.engine.sign_up(&caller, new_user(&params)?, client).await?;
    Ok((StatusCode::CREATED, Json(wire::User::from(user))))
}

/// What makes a user, by sign-up and by an administrator alike.
pub(super) fn new_user(params: &Params) -> drydock_core::Result<NewUser> {
    Ok(NewUser {
        id: params.required_text("userId", MAX_ID_LENGTH)?,
        email: params.email("email")?,
        password: params.password("password")?,
        name: params.text("name", MAX_NAME_LENGTH)?.unwrap_or_default(),
    })
}

pub(in crate::http) async fn get(CalledBy(caller): CalledBy) -> Result<Json<wire::User>> {
    Ok(Json(account(&caller)?.user.clone().into()))
}

pub(in crate::http) async fn delete(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    From(client): From,
    headers: HeaderMap,
) -> Result<impl IntoResponse> {
    shared.engine.close_account(&caller, client).await?;
    let project = &account(&caller)?.user.project;
    Ok((SetCookies::sign_out(&headers, project), no_content()))
}

pub(in crate::http) async fn prefs(CalledBy(caller): CalledBy) -> Result<Json<Map<String, Value>>> {
    Ok(Json(account(&caller)?.user.prefs.clone()))
}

pub(in crate::http) async fn update_prefs(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    From(client): From,
    params: Params,
) -> Result<Json<wire::User>> {
    let change = AccountChange::Prefs(params.prefs("prefs")?);
    let user = shared.engine.change_account(&caller, change, client).await?;
    Ok(Json(user.into()))
}

pub(in crate::http) async fn update_name(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    From(client): From,
    params: Params,
) -> Result<Json<wire::User>> {
    let change = AccountChange::Name(params.required_text("name", MAX_NAME_LENGTH)?);
    let user = shared.engine.change_account(&caller, change, client).await?;
    Ok(Json(user.into()))
}

pub(in crate::http) async fn update_email(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    From(client): From,
    params: Params,
) -> Result<Json<wire::User>> {
    let (email, password) = (params.email("email")?, params.password("password")?);
    let user = shared
        .engine
        .change_email(&caller, email, &password, client)
        .await?;
    Ok(Json(user.into()))
}

pub(in crate::http) async fn update_password(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    From(client): From,
    params: Params,
) -> Result<Json<wire::User>> {
    let password = params.password("password")?;
    let old = params.optional_password("oldPassword")?.unwrap_or_default();
    let user = shared
        .engine
        .change_password(&caller, &password, &old, client)
        .await?;
    Ok(Json(user.into()))
}

pub(in crate::http) async fn logs(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    params: Params,
) -> Result<Json<wire::LogList>> {
    let (limit, offset) = log_page(&params)?;
    let user = account(&caller)?.user;
    let (user, page) = shared
        .engine
        .user_log(&user.project, &user.id, limit, offset)
        .await?;
    Ok(Json(wire::LogList::new(&user, page)))
}

pub(in crate::http) async fn create_magic_url(
    InProject(project): InProject,
    headers: HeaderMap,
    params: Params,
) -> Result<()> {
    let id = params.required_text("userId", MAX_ID_LENGTH)?;
    if id != UNIQUE {
        UserId::parse("userId", &id)?;
    }
    params.email("email")?;
    if params.text("url", usize::MAX)?.is_some() {
        params.page_of("url", &project, host::called(&headers))?;
    }
    Err(Error::SmtpDisabled.into())
}

pub(in crate::http) async fn create_recovery(
    InProject(project): InProject,
    headers: HeaderMap,
    params: Params,
) -> Result<()> {
    params.email("email")?;
    params.page_of("url", &project, host::called(&headers))?;
    Err(Error::SmtpDisabled.into())
}

pub(in crate::http) async fn create_verification(
    InProject(project): InProject,
    headers: HeaderMap,
    params: Params,
) -> Result<()> {
    params.page_of("url", &project, host::called(&headers))?;
    Err(Error::SmtpDisabled.into())
}

pub(in crate::http) async fn confirm_recovery(params: Params) -> Result<()> {
    link(&params)?;
    params.password("password")?;
    params.password("passwordAgain")?;
    Err(Error::SmtpDisabled.into())
}

/// Verification and magic URL: the answer to a link that nobody was sent.
pub(in crate::http) async fn confirm_by_mail(params: Params) -> Result<()> {
    link(&params)?;
    Err(Error::SmtpDisabled.into())
}

fn link(params: &Params) -> drydock_core::Result<()> {
    UserId::parse("userId", &params.required_text("userId", MAX_ID_LENGTH)?)?;
    params.required_text("secret", MAX_SECRET_LENGTH).map(drop)
}
