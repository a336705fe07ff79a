//! The console's door: a one-time link becomes a session, which is a cookie and a proof that the page keeps.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, StatusCode, header};
use axum::response::IntoResponse;
use drydock_core::Error;
use serde::Serialize;

use crate::engine::CONSOLE_SESSION_SECS;
use crate::http::cookies;
use crate::http::error::Result;
use crate::http::extract::Params;
use crate::http::middleware::headers::no_content;
use crate::http::middleware::origin;
use crate::http::state::Shared;

/// Longest token that is looked at.
const MAX_TOKEN_LENGTH: usize = 128;

#[derive(Serialize)]
pub(in crate::http) struct Session {
    projects: Vec<ProjectRow>,
}

#[derive(Serialize)]
struct ProjectRow {
    id: String,
    name: String,
}

#[derive(Serialize)]
pub(in crate::http) struct Opened {
    /// Goes with each request as `X-Drydock-Console`.
    proof: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Link {
    url: String,
    expires_at_ms: i64,
}

/// Spends a one-time token. Only the console's own page may: a page of another origin that learned the token
/// could otherwise plant a session.
pub(in crate::http) async fn create(
    State(shared): State<Shared>,
    headers: HeaderMap,
    params: Params,
) -> Result<impl IntoResponse> {
    if !origin::is_own(&headers) {
        return Err(Error::NoConsoleSession.into());
    }
    let token = params.required_text("token", MAX_TOKEN_LENGTH)?;
    let session = shared.engine.open_console(&token).await?;
    let opened = Opened { proof: session.proof };
    Ok((
        set_cookie(&shared, &session.token, CONSOLE_SESSION_SECS),
        Json(opened),
    ))
}

/// Signs this browser out.
pub(in crate::http) async fn delete(
    State(shared): State<Shared>,
    headers: HeaderMap,
) -> Result<impl IntoResponse> {
    // The command line has no session to end.
    for token in cookies::values(&headers, &shared.facts.door.cookie) {
        shared.engine.close_console(token).await?;
    }
    Ok((set_cookie(&shared, "", 0), no_content()))
}

fn set_cookie(shared: &Shared, token: &str, life_secs: i64) -> [(HeaderName, String); 1] {
    let name = &shared.facts.door.cookie;
    let cookie = format!("{name}={token}; Path=/; HttpOnly; SameSite=Strict; Max-Age={life_secs}");
    [(header::SET_COOKIE, cookie)]
}

pub(in crate::http) async fn get(State(shared): State<Shared>) -> Result<Json<Session>> {
    let projects = shared.engine.projects().await?;
    let rows = projects.into_iter().map(|project| ProjectRow {
        id: project.id.to_string(),
        name: project.name,
    });
    Ok(Json(Session {
        projects: rows.collect(),
    }))
}

pub(in crate::http) async fn create_link(State(shared): State<Shared>) -> impl IntoResponse {
    let (token, expires_at) = shared.engine.console_link_token();
    let url = shared.facts.console_link(&token);
    let expires_at_ms = expires_at.millis();
    (StatusCode::CREATED, Json(Link { url, expires_at_ms }))
}
