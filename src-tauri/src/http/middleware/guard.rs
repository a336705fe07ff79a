//! The checks before every handler, in the contract's order: project, origin, scope.
//!
//! What it finds out about the caller goes along with the request; a handler reads it as an extractor.

use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use drydock_core::Error;
use drydock_core::caller::{Caller, Identity};
use drydock_core::id::ProjectId;
use drydock_core::project::CONSOLE_PROJECT;

use super::host;
use super::origin::{self, Origin};
use crate::http::error::Result;
use crate::http::extract::bracket;
use crate::http::routes::Needs;
use crate::http::state::Shared;

/// Sent by the console with every change; a form or an image of another page cannot send it.
const CONSOLE_HEADER: &str = "x-drydock-console";
/// Sent by the command line, with the token of server.json.
const ADMIN_HEADER: &str = "x-drydock-admin";

pub(in crate::http) async fn check(
    State((shared, needs)): State<(Shared, Needs)>,
    request: Request,
    next: Next,
) -> Response {
    let (mut parts, body) = request.into_parts();
    match admit(&shared, needs, &parts).await {
        Ok(caller) => {
            if let Some(caller) = caller {
                parts.extensions.insert(caller);
            }
            next.run(Request::from_parts(parts, body)).await
        }
        Err(refused) => refused.into_response(),
    }
}

async fn admit(shared: &Shared, needs: Needs, request: &Parts) -> Result<Option<Caller>> {
    let headers = &request.headers;
    match needs {
        Needs::Nothing => Ok(None),
        Needs::Owner => {
            if is_owner(shared, request).await? {
                Ok(None)
            } else {
                Err(Error::NoConsoleSession.into())
            }
        }
        Needs::Scope(scope) => {
            let project = project(shared, request).await?;
            check_origin(request)?;
            let identity = if project.as_str() == CONSOLE_PROJECT {
                // It holds console accounts, no functions: here everybody is a guest.
                Identity::Guest
            } else if asks_for_owner(request) && is_owner(shared, request).await? {
                Identity::Owner
            } else {
                key_identity(shared, headers, &project).await?
            };
            let caller = Caller { project, identity };
            caller.require(scope)?;
            Ok(Some(caller))
        }
    }
}

/// The project the request names, which must exist; without a name it is the console's.
async fn project(shared: &Shared, request: &Parts) -> Result<ProjectId> {
    let named = request
        .headers
        .get("x-appwrite-project")
        // One that is no text names no project there is.
        .map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned())
        .or_else(|| bracket::first(request.uri.query().unwrap_or_default(), "project"))
        .filter(|name| !name.is_empty());
    match named.as_deref() {
        None | Some(CONSOLE_PROJECT) => Ok(ProjectId::trusted(CONSOLE_PROJECT)),
        Some(name) => Ok(shared.engine.project(name).await?.id),
    }
}

/// A page of a stranger may change nothing, unless the caller shows a key.
fn check_origin(request: &Parts) -> Result<()> {
    let headers = &request.headers;
    let changes = !matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS);
    if !changes || text(headers, "x-appwrite-key").is_some_and(|key| !key.is_empty()) {
        return Ok(());
    }
    match Origin::of(headers) {
        Some(origin) if !origin.is_allowed(headers) => Err(Error::InvalidOrigin {
            host: origin.host.unwrap_or(origin.text),
        }
        .into()),
        _ => Ok(()),
    }
}

async fn key_identity(shared: &Shared, headers: &HeaderMap, project: &ProjectId) -> Result<Identity> {
    let Some(secret) = text(headers, "x-appwrite-key").filter(|secret| !secret.is_empty()) else {
        return Ok(Identity::Guest);
    };
    let Some(key) = shared.engine.key(project, secret).await? else {
        return Ok(Identity::Guest);
    };
    let host = host::of(headers).map_or("localhost", host::name_of);
    let label = format!("app.{project}@service.{host}");
    Ok(Identity::Key {
        id: key.id,
        scopes: key.scopes,
        label,
    })
}

/// Whether the request wants to act as the owner, by token or by mode.
fn asks_for_owner(request: &Parts) -> bool {
    text(&request.headers, ADMIN_HEADER).is_some()
        || text(&request.headers, "x-appwrite-mode") == Some("admin")
        || bracket::first(request.uri.query().unwrap_or_default(), "mode").as_deref() == Some("admin")
}

/// The owner of this machine: the command line by its token, or the console by its cookie, which counts only
/// from the console's own pages and, for a change, with the console's header.
async fn is_owner(shared: &Shared, request: &Parts) -> Result<bool> {
    let headers = &request.headers;
    if let Some(token) = text(headers, ADMIN_HEADER) {
        return Ok(shared.facts.door.opens_with(token));
    }
    let changes = !matches!(request.method, Method::GET | Method::HEAD);
    if !origin::is_own(headers) || (changes && !headers.contains_key(CONSOLE_HEADER)) {
        return Ok(false);
    }
    match cookie(headers, &shared.facts.door.cookie) {
        Some(token) => Ok(shared.engine.is_console_session(token).await?),
        None => Ok(false),
    }
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn cookie<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find_map(|(found, value)| (found == name).then_some(value))
}
