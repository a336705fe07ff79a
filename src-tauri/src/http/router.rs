//! The whole route table. A route says what it needs, or it does not compile.

use std::convert::Infallible;

use axum::Router;
use axum::extract::Request;
use axum::middleware::from_fn_with_state;
use axum::middleware::future::FromFnResponseFuture;
use axum::response::Response;
use drydock_core::project::{AuthMethod, Service};
use drydock_core::scope::Scope;
use tower::Layer;

use super::appwrite::{
    account, account_sessions, executions, functions, health, keys, memberships, platforms, projects,
    runtimes, tags, teams, users, webhooks,
};
use super::console;
use super::middleware::{around, guard};
use super::realtime;
use super::routes::{HOUR, MINUTE, Needs, Routes};
use super::state::Shared;

/// Everything the server answers.
pub(crate) fn router(shared: Shared) -> impl Answers {
    let routes = Router::new()
        .merge(appwrite().into_router(&shared))
        .merge(live().into_router(&shared))
        .merge(console_api().into_router(&shared))
        // A path with another method is no route either.
        .method_not_allowed_fallback(guard::no_route)
        .fallback(console::shell::serve);
    surrounded(routes, shared)
}

/// What containers get: the Appwrite API, and nothing of the console.
pub(crate) fn router_for_containers(shared: Shared) -> impl Answers {
    let routes = Router::new()
        .merge(appwrite().into_router(&shared))
        .merge(live().into_router(&shared))
        .method_not_allowed_fallback(guard::no_route)
        .fallback(guard::no_route);
    surrounded(routes, shared)
}

/// What a web server needs.
pub(crate) trait Answers:
    tower::Service<Request, Response = Response, Error = Infallible, Future = FromFnResponseFuture> + Clone + Send
{
}

impl<S> Answers for S where
    S: tower::Service<Request, Response = Response, Error = Infallible, Future = FromFnResponseFuture>
        + Clone
        + Send
{
}

/// Around the table, not a layer of every route in it: see there.
fn surrounded(routes: Router<Shared>, shared: Shared) -> impl Answers {
    from_fn_with_state(shared.clone(), around).layer(routes.with_state(shared))
}

// A line for each route, however long: this is read as a table.
#[rustfmt::skip]
fn appwrite() -> Routes {
    Routes::at("/v1")
        .service(Service::Account)
        .post("/account", Scope::Public, account::create).signs_in_by(AuthMethod::EmailPassword).limited(10, HOUR, &["url:{url},ip:{ip}"])
        .get("/account", Scope::Account, account::get)
        .delete("/account", Scope::Account, account::delete)
        .get("/account/prefs", Scope::Account, account::prefs)
        .patch("/account/prefs", Scope::Account, account::update_prefs)
        .patch("/account/name", Scope::Account, account::update_name)
        .patch("/account/email", Scope::Account, account::update_email)
        .patch("/account/password", Scope::Account, account::update_password)
        .get("/account/logs", Scope::Account, account::logs)
        .post("/account/jwt", Scope::Account, account_sessions::create_jwt).signs_in_by(AuthMethod::Jwt).limited(10, HOUR, &["url:{url},userId:{userId}"])
        .post("/account/sessions", Scope::Public, account_sessions::create).signs_in_by(AuthMethod::EmailPassword).limited(10, HOUR, &["url:{url},email:{param-email}"])
        .post("/account/sessions/anonymous", Scope::Public, account_sessions::create_anonymous).signs_in_by(AuthMethod::Anonymous).limited(50, HOUR, &["ip:{ip}"])
        .get("/account/sessions", Scope::Account, account_sessions::list)
        .delete("/account/sessions", Scope::Account, account_sessions::delete_all).limited(100, HOUR, &["url:{url},ip:{ip}"])
        .get("/account/sessions/{sessionId}", Scope::Account, account_sessions::get)
        .delete("/account/sessions/{sessionId}", Scope::Account, account_sessions::delete).limited(100, HOUR, &["url:{url},ip:{ip}"])
        .post("/account/sessions/magic-url", Scope::Public, account::create_magic_url).signs_in_by(AuthMethod::MagicUrl).limited(10, HOUR, &["url:{url},email:{param-email}"])
        .put("/account/sessions/magic-url", Scope::Public, account::confirm_by_mail).signs_in_by(AuthMethod::MagicUrl).limited(10, HOUR, &["url:{url},userId:{param-userId}"])
        .post("/account/recovery", Scope::Public, account::create_recovery).limited(10, HOUR, &["url:{url},email:{param-email}", "ip:{ip}"])
        .put("/account/recovery", Scope::Public, account::confirm_recovery).limited(10, HOUR, &["url:{url},userId:{param-userId}"])
        .post("/account/verification", Scope::Account, account::create_verification).limited(10, HOUR, &["url:{url},userId:{userId}"])
        .put("/account/verification", Scope::Public, account::confirm_by_mail).limited(10, HOUR, &["url:{url},userId:{param-userId}"])

        .service(Service::Users)
        .get("/users", Scope::UsersRead, users::list)
        .post("/users", Scope::UsersWrite, users::create)
        .get("/users/{userId}", Scope::UsersRead, users::get)
        .delete("/users/{userId}", Scope::UsersWrite, users::delete)
        .patch("/users/{userId}/status", Scope::UsersWrite, users::update_status)
        .patch("/users/{userId}/verification", Scope::UsersWrite, users::update_verification)
        .patch("/users/{userId}/name", Scope::UsersWrite, users::update_name)
        .patch("/users/{userId}/email", Scope::UsersWrite, users::update_email)
        .patch("/users/{userId}/password", Scope::UsersWrite, users::update_password)
        .get("/users/{userId}/prefs", Scope::UsersRead, users::prefs)
        .patch("/users/{userId}/prefs", Scope::UsersWrite, users::update_prefs)
        .get("/users/{userId}/sessions", Scope::UsersRead, users::sessions)
        .delete("/users/{userId}/sessions", Scope::UsersWrite, users::delete_sessions)
        .delete("/users/{userId}/sessions/{sessionId}", Scope::UsersWrite, users::delete_session)
        .get("/users/{userId}/logs", Scope::UsersRead, users::logs)

        .service(Service::Teams)
        .get("/teams", Scope::TeamsRead, teams::list)
        .post("/teams", Scope::TeamsWrite, teams::create)
        .get("/teams/{teamId}", Scope::TeamsRead, teams::get)
        .put("/teams/{teamId}", Scope::TeamsWrite, teams::update)
        .delete("/teams/{teamId}", Scope::TeamsWrite, teams::delete)
        .get("/teams/{teamId}/memberships", Scope::TeamsRead, memberships::list)
        .post("/teams/{teamId}/memberships", Scope::TeamsWrite, memberships::create).signs_in_by(AuthMethod::Invites).limited(10, HOUR, &["url:{url},ip:{ip}"])
        .get("/teams/{teamId}/memberships/{membershipId}", Scope::TeamsRead, memberships::get)
        .patch("/teams/{teamId}/memberships/{membershipId}", Scope::TeamsWrite, memberships::update_roles)
        .delete("/teams/{teamId}/memberships/{membershipId}", Scope::TeamsWrite, memberships::delete)
        .patch("/teams/{teamId}/memberships/{membershipId}/status", Scope::Public, memberships::accept)

        .service(Service::Functions)
        .get("/functions", Scope::FunctionsRead, functions::list)
        .post("/functions", Scope::FunctionsWrite, functions::create)
        .get("/functions/runtimes", Scope::FunctionsRead, runtimes::list)
        .get("/functions/{functionId}", Scope::FunctionsRead, functions::get)
        .put("/functions/{functionId}", Scope::FunctionsWrite, functions::update)
        .delete("/functions/{functionId}", Scope::FunctionsWrite, functions::delete)
        .get("/functions/{functionId}/usage", Scope::FunctionsRead, functions::usage)
        .patch("/functions/{functionId}/tag", Scope::FunctionsWrite, functions::activate_tag)
        .get("/functions/{functionId}/tags", Scope::FunctionsRead, tags::list)
        .post("/functions/{functionId}/tags", Scope::FunctionsWrite, tags::create)
        .get("/functions/{functionId}/tags/{tagId}", Scope::FunctionsRead, tags::get)
        .delete("/functions/{functionId}/tags/{tagId}", Scope::FunctionsWrite, tags::delete)
        .get("/functions/{functionId}/executions", Scope::ExecutionRead, executions::list)
        .post("/functions/{functionId}/executions", Scope::ExecutionWrite, executions::create).limited(60, MINUTE, &["url:{url},ip:{ip}"])
        .get("/functions/{functionId}/executions/{executionId}", Scope::ExecutionRead, executions::get)

        .service(Service::Health)
        .get("/health", Scope::HealthRead, health::server)
        .get("/health/db", Scope::HealthRead, health::database)
        .get("/health/queue/functions", Scope::HealthRead, health::function_queue)
        .get("/health/queue/webhooks", Scope::HealthRead, health::webhook_queue)
        .get("/health/time", Scope::HealthRead, health::time)

        .no_service()
        .get("/projects", Scope::ProjectsRead, projects::list).console_only()
        .post("/projects", Scope::ProjectsWrite, projects::create).console_only()
        .get("/projects/{projectId}", Scope::ProjectsRead, projects::get).console_only()
        .patch("/projects/{projectId}", Scope::ProjectsWrite, projects::update).console_only()
        .delete("/projects/{projectId}", Scope::ProjectsWrite, projects::delete).console_only()
        .patch("/projects/{projectId}/service", Scope::ProjectsWrite, projects::update_service).console_only()
        .patch("/projects/{projectId}/auth/limit", Scope::ProjectsWrite, projects::update_auth_limit).console_only()
        .patch("/projects/{projectId}/auth/{method}", Scope::ProjectsWrite, projects::update_auth_method).console_only()
        .get("/projects/{projectId}/keys", Scope::ProjectsRead, keys::list).console_only()
        .post("/projects/{projectId}/keys", Scope::ProjectsWrite, keys::create).console_only()
        .get("/projects/{projectId}/keys/{keyId}", Scope::ProjectsRead, keys::get).console_only()
        .put("/projects/{projectId}/keys/{keyId}", Scope::ProjectsWrite, keys::update).console_only()
        .delete("/projects/{projectId}/keys/{keyId}", Scope::ProjectsWrite, keys::delete).console_only()
        .get("/projects/{projectId}/platforms", Scope::ProjectsRead, platforms::list).console_only()
        .post("/projects/{projectId}/platforms", Scope::ProjectsWrite, platforms::create).console_only()
        .get("/projects/{projectId}/platforms/{platformId}", Scope::ProjectsRead, platforms::get).console_only()
        .put("/projects/{projectId}/platforms/{platformId}", Scope::ProjectsWrite, platforms::update).console_only()
        .delete("/projects/{projectId}/platforms/{platformId}", Scope::ProjectsWrite, platforms::delete).console_only()
        .get("/projects/{projectId}/webhooks", Scope::ProjectsRead, webhooks::list).console_only()
        .post("/projects/{projectId}/webhooks", Scope::ProjectsWrite, webhooks::create).console_only()
        .get("/projects/{projectId}/webhooks/{webhookId}", Scope::ProjectsRead, webhooks::get).console_only()
        .put("/projects/{projectId}/webhooks/{webhookId}", Scope::ProjectsWrite, webhooks::update).console_only()
        .delete("/projects/{projectId}/webhooks/{webhookId}", Scope::ProjectsWrite, webhooks::delete).console_only()
}

/// What the published documents do not describe: who asks is told what is wrong after the upgrade, so all checks are the
/// handler's.
fn live() -> Routes {
    Routes::at("/v1").get("/realtime", Needs::Nothing, realtime::open)
}

#[rustfmt::skip]
fn console_api() -> Routes {
    Routes::at("/console/api")
        .post("/session", Needs::Nothing, console::session::create)
        .get("/session", Needs::Owner, console::session::get)
        .delete("/session", Needs::Owner, console::session::delete)
        .post("/links", Needs::Owner, console::session::create_link)
        .get("/status", Needs::Owner, console::status::get)
        .get("/engine", Needs::Owner, console::engine::get)
        .delete("/engine/containers", Needs::Owner, console::engine::stop)
        .post("/folders/inspect", Needs::Owner, console::folders::inspected)
        .post("/folders/sample", Needs::Owner, console::folders::sample)
        .put("/watching", Needs::Owner, console::watching::put)
        .get("/window", Needs::Owner, console::window::open)
        .post("/window/focus", Needs::Owner, console::window::focus)
        .get("/schedules/next", Needs::Owner, console::schedules::next)
        .get("/projects/{projectId}/welcome", Needs::Owner, console::welcome::get)
        .delete("/welcome", Needs::Owner, console::welcome::delete)
        .get("/projects/{projectId}/functions", Needs::Owner, console::functions::list)
        .get("/projects/{projectId}/functions/{functionId}", Needs::Owner, console::functions::get)
        .patch("/projects/{projectId}/functions/{functionId}", Needs::Owner, console::functions::update)
        .get("/projects/{projectId}/functions/{functionId}/executions", Needs::Owner, console::executions::list)
        .post("/projects/{projectId}/functions/{functionId}/executions", Needs::Owner, console::executions::create)
        .get("/projects/{projectId}/functions/{functionId}/payloads", Needs::Owner, console::payloads::list)
        .post("/projects/{projectId}/functions/{functionId}/payloads", Needs::Owner, console::payloads::create)
        .put("/projects/{projectId}/functions/{functionId}/payloads/{payloadId}", Needs::Owner, console::payloads::update)
        .delete("/projects/{projectId}/functions/{functionId}/payloads/{payloadId}", Needs::Owner, console::payloads::delete)
        .post("/projects/{projectId}/functions/{functionId}/schedule/run", Needs::Owner, console::schedules::run)
        .get("/projects/{projectId}/functions/{functionId}/link", Needs::Owner, console::links::get)
        .put("/projects/{projectId}/functions/{functionId}/link", Needs::Owner, console::links::put)
        .delete("/projects/{projectId}/functions/{functionId}/link", Needs::Owner, console::links::delete)
        .get("/projects/{projectId}/links", Needs::Owner, console::links::list)
        .get("/projects/{projectId}/functions/{functionId}/tags", Needs::Owner, console::tags::list)
        .patch("/projects/{projectId}/functions/{functionId}/tags/{tagId}", Needs::Owner, console::tags::update)
        .get("/projects/{projectId}/functions/{functionId}/tags/{tagId}/archive", Needs::Owner, console::tags::archive)
        .get("/projects/{projectId}/functions/{functionId}/tags/{tagId}/changes", Needs::Owner, console::tags::changes)
        .get("/projects/{projectId}/functions/{functionId}/tags/{tagId}/file", Needs::Owner, console::tags::file)
        .get("/projects/{projectId}/executions/{executionId}", Needs::Owner, console::executions::get)
        .patch("/projects/{projectId}/executions/{executionId}", Needs::Owner, console::executions::update)
        .get("/projects/{projectId}/executions/{executionId}/log", Needs::Owner, console::executions::log)
        .get("/projects/{projectId}/executions/{executionId}/variables", Needs::Owner, console::executions::variables)
        .post("/projects/{projectId}/executions/{executionId}/cancel", Needs::Owner, console::executions::cancel)
        .post("/projects/{projectId}/executions/{executionId}/replay", Needs::Owner, console::executions::replay)
        .get("/projects/{projectId}/events", Needs::Owner, console::events::list)
        .post("/projects/{projectId}/events", Needs::Owner, console::events::emit)
        .get("/projects/{projectId}/events/{eventId}", Needs::Owner, console::events::get)
        .post("/projects/{projectId}/events/{eventId}/again", Needs::Owner, console::events::emit_again)
        .get("/projects/{projectId}/activity", Needs::Owner, console::activity::list)
        .get("/events/sample", Needs::Owner, console::events::sample_of)
        .get("/projects/{projectId}/webhooks", Needs::Owner, console::webhooks::list)
        .get("/projects/{projectId}/webhooks/{webhookId}/secrets", Needs::Owner, console::webhooks::secrets)
        .get("/projects/{projectId}/webhooks/{webhookId}/deliveries", Needs::Owner, console::webhooks::deliveries)
        .get("/projects/{projectId}/webhooks/{webhookId}/deliveries/{deliveryId}", Needs::Owner, console::webhooks::delivery)
        .post("/projects/{projectId}/webhooks/{webhookId}/deliveries/{deliveryId}/again", Needs::Owner, console::webhooks::redeliver)
        .get("/projects/{projectId}/stream", Needs::Owner, console::stream::open)
        .get("/projects/{projectId}/keys", Needs::Owner, console::keys::list)
        .get("/projects/{projectId}/keys/{keyId}/secret", Needs::Owner, console::keys::secret)
        .post("/projects/{projectId}/users/{userId}/sessions", Needs::Owner, console::people::sign_in_as)
        .get("/projects/{projectId}/teams/{teamId}/memberships", Needs::Owner, console::people::memberships)
}

#[cfg(test)]
mod tests;
