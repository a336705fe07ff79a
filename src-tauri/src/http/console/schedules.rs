//! Schedules: when an expression is due, before it is saved, and a run of it now.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use drydock_core::Error;
use drydock_core::clock::Timestamp;
use drydock_core::schedule::{MAX_SCHEDULE_LENGTH, Schedule};
use serde::Serialize;

use super::executions::ExecutionRow;
use crate::http::error::Result;
use crate::http::extract::{Params, Path, function_id, project_id};
use crate::http::state::Shared;

/// Runs that are shown where no number is named.
const COUNT: i64 = 5;
/// The most: a table to look at, and of the rarest days 2,000 years.
const MAX_COUNT: i64 = 50;

/// Milliseconds since the Unix epoch; fewer than were asked for where the calendar has no more.
#[derive(Serialize)]
pub(in crate::http) struct NextRuns {
    next: Vec<i64>,
}

/// Takes `expression` and `count`.
pub(in crate::http) async fn next(State(shared): State<Shared>, params: Params) -> Result<Json<NextRuns>> {
    let text = params.required_text("expression", MAX_SCHEDULE_LENGTH)?;
    let schedule = Schedule::parse("expression", &text)?;
    let count = params.integer("count", 1..=MAX_COUNT, COUNT)?;
    let now = shared.engine.now();
    let work = move || {
        let runs = schedule.runs_after(now).map(Timestamp::millis);
        runs.take(usize::try_from(count).unwrap_or_default()).collect()
    };
    // A walk of centuries through the calendar.
    let next = tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::internal(format!("walking the calendar: {error}")))?;
    Ok(Json(NextRuns { next }))
}

/// Runs the active tag as the schedule does, now.
pub(in crate::http) async fn run(
    State(shared): State<Shared>,
    Path((project, function)): Path<(String, String)>,
) -> Result<impl IntoResponse> {
    let (project, function) = (project_id(&project)?, function_id(&function)?);
    let execution = shared.engine.run_schedule(&project, &function).await?;
    Ok((StatusCode::CREATED, Json(ExecutionRow::from(execution))))
}
