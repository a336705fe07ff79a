//! What happens to every request before and after its handler.

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;

use super::state::Shared;

pub(super) mod guard;
pub(super) mod headers;
pub(super) mod host;
pub(super) mod origin;
mod rate_limit;
mod read_on;

/// What is around every route and around none: one layer, since each of axum's makes a copy of all that is below it,
/// for every request.
pub(super) async fn around(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let check_host = |request| {
        host::check(&shared.facts, request, |request| {
            headers::answer_preflight(request, next)
        })
    };
    read_on::read_on(request, |request| headers::add(request, check_host)).await
}
