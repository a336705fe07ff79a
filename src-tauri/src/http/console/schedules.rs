//! Schedules: what an expression means and when it is due, before it is saved, and a run of it now.

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

#[derive(Serialize)]
pub(in crate::http) struct Meaning {
    /// Why it is no schedule: the item, the field and the mend.
    problem: Option<String>,
    /// What it means, in plain words.
    words: Option<String>,
    /// Milliseconds since the Unix epoch; fewer than were asked for where the calendar has no more.
    next: Vec<i64>,
}

/// Takes `expression` and `count`. What is no schedule is answered and not refused: it is asked while somebody types.
pub(in crate::http) async fn next(State(shared): State<Shared>, params: Params) -> Result<Json<Meaning>> {
    let text = params.required_text("expression", MAX_SCHEDULE_LENGTH)?;
    let count = params.integer("count", 1..=MAX_COUNT, COUNT)?;
    let schedule = match Schedule::parse("schedule", &text) {
        Ok(schedule) => schedule,
        Err(Error::InvalidParam { rule, .. }) => {
            return Ok(Json(Meaning {
                problem: Some(rule),
                words: None,
                next: Vec::new(),
            }));
        }
        Err(error) => return Err(error.into()),
    };
    let words = Some(schedule.words());
    let now = shared.engine.now();
    let work = move || {
        let runs = schedule.runs_after(now).map(Timestamp::millis);
        runs.take(usize::try_from(count).unwrap_or_default()).collect()
    };
    // A walk of centuries through the calendar.
    let next = tokio::task::spawn_blocking(work)
        .await
        .map_err(|error| Error::internal(format!("walking the calendar: {error}")))?;
    Ok(Json(Meaning {
        problem: None,
        words,
        next,
    }))
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
