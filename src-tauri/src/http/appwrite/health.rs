//! Health: whether the server and what it stands on answer.

use std::time::Instant;

use axum::Json;
use axum::extract::State;

use super::wire;
use crate::http::error::Result;
use crate::http::state::Shared;

/// The server answers, or nobody does.
pub(in crate::http) async fn server() -> Json<wire::HealthStatus> {
    let began = Instant::now();
    Json(wire::HealthStatus::pass(began.elapsed()))
}

pub(in crate::http) async fn database(State(shared): State<Shared>) -> Result<Json<wire::HealthStatus>> {
    let began = Instant::now();
    shared.engine.ask_databases().await?;
    Ok(Json(wire::HealthStatus::pass(began.elapsed())))
}

/// How many executions wait.
pub(in crate::http) async fn function_queue(State(shared): State<Shared>) -> Json<wire::HealthQueue> {
    let (_, waiting) = shared.engine.load();
    Json(wire::HealthQueue { size: waiting })
}

/// How many deliveries to webhooks wait.
pub(in crate::http) async fn webhook_queue(State(shared): State<Shared>) -> Result<Json<wire::HealthQueue>> {
    let waiting = shared.engine.waiting_deliveries().await?;
    Ok(Json(wire::HealthQueue {
        size: waiting as usize,
    }))
}

/// No time server is asked: the machine's own clock is both.
pub(in crate::http) async fn time(State(shared): State<Shared>) -> Json<wire::HealthTime> {
    let now = shared.engine.now().secs();
    Json(wire::HealthTime {
        remote_time: now,
        local_time: now,
        diff: 0,
    })
}
