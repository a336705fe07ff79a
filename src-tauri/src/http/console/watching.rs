//! Pausing and resuming the watching of all linked folders.

use axum::extract::State;
use axum::http::StatusCode;

use crate::http::error::Result;
use crate::http::extract::Params;
use crate::http::state::Shared;

/// Takes `paused`.
pub(in crate::http) async fn put(State(shared): State<Shared>, params: Params) -> Result<StatusCode> {
    shared.engine.pause_watching(params.required_boolean("paused")?);
    Ok(StatusCode::NO_CONTENT)
}
