//! The checks before every handler, in the contract's order: project, origin, service, scope, blocked user,
//! rate limit, way to sign in. Parameters and the action are the handler's.
//!
//! What it finds out about the caller goes along with the request; a handler reads it as an extractor.

use std::future::Future;
use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, Method, header};
use axum::response::{IntoResponse, Response};
use drydock_core::Error;
use drydock_core::caller::{Caller, Identity};
use drydock_core::project::{CONSOLE_PROJECT, Project, Service};

use super::headers::{EchoOrigin, is_api};
use super::origin::{self, Origin};
use super::{host, rate_limit};
use crate::engine::Shown;
use crate::http::cookies;
use crate::http::error::Result;
use crate::http::extract::bracket;
use crate::http::routes::{Needs, Rules};
use crate::http::state::Shared;

/// Sent by the console's page with every request: its proof, which it keeps where no other origin reads it.
const CONSOLE_HEADER: &str = "x-drydock-console";
/// Sent by the command line, with the token of server.json.
const ADMIN_HEADER: &str = "x-drydock-admin";

/// What is said in the answer, whatever the handler says.
#[derive(Default)]
struct Notes {
    /// Whether the page that asks may read the answer.
    echo_origin: bool,
    standing: Option<drydock_core::limit::Standing>,
}

pub(in crate::http) async fn check<F>(
    shared: &Shared,
    rules: &Rules,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response
where
    F: Future<Output = Response>,
{
    let mut notes = Notes::default();
    let mut response = match admit(shared, rules, request, &mut notes).await {
        Ok(request) => next(request).await,
        Err(refused) => refused.into_response(),
    };
    if notes.echo_origin {
        response.extensions_mut().insert(EchoOrigin);
    }
    if let Some(standing) = notes.standing {
        rate_limit::tell(response.headers_mut(), standing);
    }
    response
}

async fn admit(shared: &Shared, rules: &Rules, request: Request, notes: &mut Notes) -> Result<Request> {
    let (mut parts, body) = request.into_parts();
    match rules.needs {
        Needs::Nothing => Ok(Request::from_parts(parts, body)),
        Needs::Owner => {
            if is_owner(shared, &parts.headers).await? {
                Ok(Request::from_parts(parts, body))
            } else {
                Err(Error::NoConsoleSession.into())
            }
        }
        Needs::Scope(scope) => {
            let (project, identity) = identify(shared, &parts).await?;
            let has_key = matches!(identity, Ok(Identity::Key { .. }));
            check_origin(&parts, &project, has_key, notes)?;
            let is_admin = matches!(identity, Ok(Identity::Admin(_) | Identity::Owner));
            if rules
                .service
                .is_some_and(|service| project.services_off.contains(&service))
                && !is_admin
            {
                return Err(Error::ServiceDisabled.into());
            }
            let caller = Caller {
                project: project.id.clone(),
                identity: identity?,
            };
            caller.require(scope)?;
            if !is_there(rules, &project) {
                return Err(Error::Denied("Access to this API is forbidden.").into());
            }
            caller.require_active()?;
            let body = limit(shared, rules, &mut parts, body, &caller, notes).await?;
            check_auth_method(rules, &project, &caller)?;
            parts.extensions.insert(caller);
            parts.extensions.insert(project);
            Ok(Request::from_parts(parts, body))
        }
    }
}

/// No such route. A page that may call the project may read that, too.
pub(in crate::http) async fn no_route(State(shared): State<Shared>, request: Request) -> Response {
    let mut response = crate::http::error::ApiError::from(Error::RouteNotFound).into_response();
    let (parts, _) = request.into_parts();
    let origin = Origin::of(&parts.headers);
    if let (
        Some(Origin {
            text,
            host: Some(host),
        }),
        true,
    ) = (origin, is_api(parts.uri.path()))
    {
        let project = shared
            .engine
            .identify(&project_name(&parts), Shown::default())
            .await;
        if project.is_ok_and(|(project, _)| project.knows_origin(&text, &host)) {
            response.extensions_mut().insert(EchoOrigin);
        }
    }
    response
}

/// Projects are managed in project `console`, which has no functions of its own.
fn is_there(rules: &Rules, project: &Project) -> bool {
    if project.is_console() {
        rules.service != Some(Service::Functions)
    } else {
        !rules.console_only
    }
}

/// The project the request names, which must exist, and who calls. Without a name it is the console's.
async fn identify(
    shared: &Shared,
    request: &Parts,
) -> Result<(Arc<Project>, drydock_core::Result<Identity>)> {
    let headers = &request.headers;
    let name = project_name(request);
    if asks_for_owner(request) && is_owner(shared, &request.headers).await? {
        let (project, _) = shared.engine.identify(&name, Shown::default()).await?;
        return Ok((project, Ok(Identity::Owner)));
    }
    // A page without an origin may be anybody's frame: what its browser adds by itself proves nothing.
    let nobodys_page = Origin::of(headers).is_some_and(|origin| origin.is_opaque());
    let sessions = |of: &str| cookies::sessions(headers, of, !nobodys_page);
    let given = |name: &str| {
        text(headers, name)
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
    };
    let admin_mode = is_admin_mode(request);
    let shown = Shown {
        admin_sessions: if admin_mode {
            sessions(CONSOLE_PROJECT)
        } else {
            Vec::new()
        },
        sessions: if admin_mode { Vec::new() } else { sessions(&name) },
        jwt: given("x-appwrite-jwt"),
        key: given("x-appwrite-key"),
        host: host::called(headers).to_owned(),
    };
    Ok(shared.engine.identify(&name, shown).await?)
}

fn project_name(request: &Parts) -> String {
    request
        .headers
        .get("x-appwrite-project")
        // One that is no text names no project there is.
        .map(|name| String::from_utf8_lossy(name.as_bytes()).into_owned())
        .or_else(|| query(request, "project"))
        .filter(|name| !name.is_empty())
        .unwrap_or_else(|| CONSOLE_PROJECT.to_owned())
}

/// A page of a stranger may change nothing, unless the caller shows a key. One that opens something: any page can
/// send a header of that name along with its browser's cookies.
fn check_origin(request: &Parts, project: &Project, has_key: bool, notes: &mut Notes) -> Result<()> {
    let headers = &request.headers;
    let origin = Origin::of(headers);
    let allowed = origin
        .as_ref()
        .is_some_and(|origin| is_known(origin, headers, project));
    notes.echo_origin = allowed;
    let looks = matches!(request.method, Method::GET | Method::HEAD | Method::OPTIONS)
        && !headers.contains_key(header::UPGRADE);
    // No SDK sends forms; a page that may call us can do better.
    let is_form = origin::is_from_another_page(headers) && origin::is_no_script(headers);
    if looks || has_key || (!is_form && (allowed || origin.is_none())) {
        return Ok(());
    }
    Err(stranger(origin).into())
}

/// Refuses the page of a stranger that opens a WebSocket. A page without an origin is one: browsers do not say of a
/// WebSocket that a page is behind it, and other programs have no reason to send such an origin.
///
/// # Errors
/// `InvalidOrigin`.
pub(in crate::http) fn check_page(headers: &HeaderMap, project: &Project) -> drydock_core::Result<()> {
    match Origin::of(headers) {
        None => Ok(()),
        Some(origin) if !origin.is_opaque() && is_known(&origin, headers, project) => Ok(()),
        origin => Err(stranger(origin)),
    }
}

fn is_known(origin: &Origin, headers: &HeaderMap, project: &Project) -> bool {
    origin.is_allowed(headers)
        || project.knows_origin(&origin.text, origin.host.as_deref().unwrap_or_default())
}

fn stranger(origin: Option<Origin>) -> Error {
    let platform = origin.as_ref().map_or("Web", Origin::platform);
    let host = origin.map_or_else(
        || "unknown".to_owned(),
        |origin| origin.host.unwrap_or(origin.text),
    );
    Error::InvalidOrigin { platform, host }
}

/// Counts the call where its route is limited; keys and admins are not counted. A limit by a parameter needs
/// the body, which is read here and handed on.
async fn limit(
    shared: &Shared,
    rules: &Rules,
    parts: &mut Parts,
    body: Body,
    caller: &Caller,
    notes: &mut Notes,
) -> Result<Body> {
    let Some(rate) = rules.limit else {
        return Ok(body);
    };
    if caller.bypasses_permissions() {
        notes.standing = shared.engine.uncounted(rate.limit);
        return Ok(body);
    }
    let (keys, body) = rate_limit::keys(&rate, &rules.path, parts, body, caller).await;
    notes.standing = shared.engine.count_call(&keys, rate.limit);
    if notes.standing.is_some_and(|standing| standing.exceeded) {
        return Err(Error::TooManyRequests.into());
    }
    Ok(body)
}

fn check_auth_method(rules: &Rules, project: &Project, caller: &Caller) -> Result<()> {
    match rules.auth_method {
        Some(method) if project.auth_off.contains(&method) && !caller.bypasses_permissions() => {
            Err(Error::AuthMethodDisabled(method.as_str()).into())
        }
        _ => Ok(()),
    }
}

/// Whether the request wants to act as the owner, by token or by mode.
fn asks_for_owner(request: &Parts) -> bool {
    text(&request.headers, ADMIN_HEADER).is_some() || is_admin_mode(request)
}

fn is_admin_mode(request: &Parts) -> bool {
    text(&request.headers, "x-appwrite-mode") == Some("admin")
        || query(request, "mode").as_deref() == Some("admin")
}

/// The owner of this machine: the command line by its token, or the console by its cookie, which counts only
/// from the console's own pages and with the proof that only they have.
pub(in crate::http) async fn is_owner(shared: &Shared, headers: &HeaderMap) -> Result<bool> {
    if let Some(token) = text(headers, ADMIN_HEADER) {
        return Ok(shared.facts.door.opens_with(token));
    }
    if !origin::is_own(headers) {
        return Ok(false);
    }
    let Some(proof) = text(headers, CONSOLE_HEADER) else {
        return Ok(false);
    };
    let tokens = cookies::values(headers, &shared.facts.door.cookie).map(str::to_owned);
    Ok(shared.engine.is_console_session(tokens.collect(), proof).await?)
}

fn text<'h>(headers: &'h HeaderMap, name: &str) -> Option<&'h str> {
    headers.get(name)?.to_str().ok()
}

fn query(request: &Parts, name: &str) -> Option<String> {
    bracket::first(request.uri.query().unwrap_or_default(), name)
}
