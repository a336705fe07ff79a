//! The first steps in the console.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;

use crate::engine::Welcome;
use crate::http::error::Result;
use crate::http::extract::{Path, project_id};
use crate::http::state::Shared;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct WelcomeRow {
    /// Done or dismissed, once and for all.
    over: bool,
    /// The newest function.
    function_id: Option<String>,
    executed: bool,
    /// Whether a save became live, beyond what a folder held when it was linked.
    saved: bool,
    /// Where a sample's folder would go; null where there is no home folder.
    folder: Option<String>,
}

impl From<Welcome> for WelcomeRow {
    fn from(welcome: Welcome) -> Self {
        Self {
            over: welcome.is_over,
            function_id: welcome.function.map(|function| function.to_string()),
            executed: welcome.has_executed,
            saved: welcome.has_saved,
            folder: welcome.folder,
        }
    }
}

pub(in crate::http) async fn get(
    State(shared): State<Shared>,
    Path(project): Path<String>,
) -> Result<Json<WelcomeRow>> {
    Ok(Json(shared.engine.welcome(&project_id(&project)?).await?.into()))
}

/// Ends them for good, in every project.
pub(in crate::http) async fn delete(State(shared): State<Shared>) -> Result<StatusCode> {
    shared.engine.end_welcome().await?;
    Ok(StatusCode::NO_CONTENT)
}
