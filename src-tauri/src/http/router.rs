//! The whole route table. A route says what it needs, or it does not compile.

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use drydock_core::scope::Scope;

use super::appwrite::{executions, functions, runtimes, tags};
use super::console;
use super::middleware::{headers, host};
use super::routes::{Needs, Routes, not_found};
use super::state::Shared;

/// Everything the server answers.
pub(crate) fn router(shared: Shared) -> Router {
    Router::new()
        .merge(appwrite(&shared))
        .merge(console_api(&shared))
        .method_not_allowed_fallback(not_found)
        .fallback(console::shell::serve)
        .layer(from_fn_with_state(shared.clone(), host::check))
        .layer(from_fn(headers::add))
        .with_state(shared)
}

fn appwrite(shared: &Shared) -> Router<Shared> {
    Routes::at("/v1", shared)
        .get("/functions", Scope::FunctionsRead, functions::list)
        .post("/functions", Scope::FunctionsWrite, functions::create)
        .get("/functions/runtimes", Scope::FunctionsRead, runtimes::list)
        .get("/functions/{functionId}", Scope::FunctionsRead, functions::get)
        .put(
            "/functions/{functionId}",
            Scope::FunctionsWrite,
            functions::update,
        )
        .delete(
            "/functions/{functionId}",
            Scope::FunctionsWrite,
            functions::delete,
        )
        .get(
            "/functions/{functionId}/usage",
            Scope::FunctionsRead,
            functions::usage,
        )
        .patch(
            "/functions/{functionId}/tag",
            Scope::FunctionsWrite,
            functions::activate_tag,
        )
        .get("/functions/{functionId}/tags", Scope::FunctionsRead, tags::list)
        .post(
            "/functions/{functionId}/tags",
            Scope::FunctionsWrite,
            tags::create,
        )
        .get(
            "/functions/{functionId}/tags/{tagId}",
            Scope::FunctionsRead,
            tags::get,
        )
        .delete(
            "/functions/{functionId}/tags/{tagId}",
            Scope::FunctionsWrite,
            tags::delete,
        )
        .get(
            "/functions/{functionId}/executions",
            Scope::ExecutionRead,
            executions::list,
        )
        .post(
            "/functions/{functionId}/executions",
            Scope::ExecutionWrite,
            executions::create,
        )
        .get(
            "/functions/{functionId}/executions/{executionId}",
            Scope::ExecutionRead,
            executions::get,
        )
        .into_router()
}

fn console_api(shared: &Shared) -> Router<Shared> {
    Routes::at("/console/api", shared)
        .post("/session", Needs::Nothing, console::session::create)
        .get("/session", Needs::Owner, console::session::get)
        .post("/links", Needs::Owner, console::session::create_link)
        .get("/status", Needs::Owner, console::status::get)
        .get(
            "/projects/{projectId}/functions",
            Needs::Owner,
            console::functions::list,
        )
        .get(
            "/projects/{projectId}/functions/{functionId}/executions",
            Needs::Owner,
            console::executions::list,
        )
        .get(
            "/projects/{projectId}/functions/{functionId}/tags/{tagId}/archive",
            Needs::Owner,
            console::functions::archive,
        )
        .get(
            "/projects/{projectId}/executions/{executionId}",
            Needs::Owner,
            console::executions::get,
        )
        .get(
            "/projects/{projectId}/executions/{executionId}/log",
            Needs::Owner,
            console::executions::log,
        )
        .get(
            "/projects/{projectId}/stream",
            Needs::Owner,
            console::stream::open,
        )
        .into_router()
}
