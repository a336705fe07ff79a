//! Functions as the console's list shows them.

use axum::Json;
use axum::extract::State;
use drydock_core::function::{Backend, Network};
use drydock_store::table::executions::Bucket;
use serde::Serialize;

use super::executions::ExecutionRow;
use crate::engine::{BackendChoice, ConfinementChange, FunctionOverview};
use crate::http::error::Result;
use crate::http::extract::{Params, Path, function_id, list_query, project_id};
use crate::http::state::Shared;

/// Longest word of a closed list, generously.
const MAX_WORD_LENGTH: usize = 64;

#[derive(Serialize)]
pub(in crate::http) struct FunctionRows {
    sum: i64,
    functions: Vec<FunctionRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct FunctionRow {
    id: String,
    name: String,
    runtime: &'static str,
    runtime_name: &'static str,
    runtime_version: &'static str,
    network: Network,
    /// None of its own: as the server is set.
    backend: Option<Backend>,
    active_tag: Option<ActiveTag>,
    last_execution: Option<ExecutionRow>,
    /// Hours of the last day, oldest first.
    last_day: Vec<Hour>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ActiveTag {
    id: String,
    created_at_ms: i64,
}

#[derive(Serialize)]
struct Hour {
    total: i64,
    failed: i64,
}

impl From<FunctionOverview> for FunctionRow {
    fn from(overview: FunctionOverview) -> Self {
        let hour = |bucket: &Bucket| Hour {
            total: bucket.total,
            failed: bucket.failed,
        };
        Self {
            id: overview.function.id.to_string(),
            name: overview.function.name,
            runtime: overview.function.runtime.id,
            runtime_name: overview.function.runtime.name,
            runtime_version: overview.function.runtime.version,
            network: overview.function.network,
            backend: overview.function.backend,
            active_tag: overview.active_tag.map(|tag| ActiveTag {
                id: tag.id.to_string(),
                created_at_ms: tag.created_at.millis(),
            }),
            last_execution: overview.last_execution.map(Into::into),
            last_day: overview.last_day.iter().map(hour).collect(),
        }
    }
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    Path(project): Path<String>,
    params: Params,
) -> Result<Json<FunctionRows>> {
    let page = shared
        .engine
        .overview(&project_id(&project)?, list_query(&params)?)
        .await?;
    Ok(Json(FunctionRows {
        sum: page.sum,
        functions: page.rows.into_iter().map(Into::into).collect(),
    }))
}

pub(in crate::http) async fn get(
    State(shared): State<Shared>,
    Path((project, function)): Path<(String, String)>,
) -> Result<Json<FunctionRow>> {
    let (project, function) = (project_id(&project)?, function_id(&function)?);
    let overview = shared.engine.function_overview(&project, &function).await?;
    Ok(Json(overview.into()))
}

/// Takes `network` and `backend`: what the Appwrite API has no word for, and so never changes. What is left out stays; the
/// backend `server` is the one that the server is set to.
pub(in crate::http) async fn update(
    State(shared): State<Shared>,
    Path((project, function)): Path<(String, String)>,
    params: Params,
) -> Result<Json<FunctionRow>> {
    let (project, function) = (project_id(&project)?, function_id(&function)?);
    let network = params.text("network", MAX_WORD_LENGTH)?;
    let backend = params.text("backend", MAX_WORD_LENGTH)?;
    if network.is_none() && backend.is_none() {
        params.required_text("network", MAX_WORD_LENGTH)?;
    }
    let change = ConfinementChange {
        network: network.map(|name| Network::parse("network", &name)).transpose()?,
        backend: match backend.as_deref() {
            None => None,
            Some("server") => Some(BackendChoice::Servers),
            Some(name) => Some(BackendChoice::Own(Backend::parse("backend", name)?)),
        },
    };
    let overview = shared.engine.set_confinement(&project, &function, change).await?;
    Ok(Json(overview.into()))
}
