//! The server's state, as the foot of the console's rail shows it.

use axum::Json;
use axum::extract::State;
use drydock_core::clock::Timestamp;
use serde::Serialize;

use crate::http::error::Result;
use crate::http::state::{Shared, VERSION};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Status {
    version: &'static str,
    address: String,
    endpoint: String,
    backend: &'static str,
    sandbox: &'static str,
    /// Who keeps memory and processes within their limits: `cgroup`, `watchdog` or `nobody`.
    limits_by: &'static str,
    /// Whether functions with network `none` can run.
    can_close_the_network: bool,
    data_dir: String,
    running_executions: usize,
    waiting_executions: usize,
    interpreters: Vec<InterpreterRow>,
    retention: RetentionRow,
    /// Bytes of code that snapshots of linked folders hold; each content counts once.
    contents_bytes: u64,
    standby: StandbyRow,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct StandbyRow {
    max_processes: usize,
    processes: usize,
    memory_bytes: u64,
    hits: u64,
    misses: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RetentionRow {
    days: u32,
    max_bytes: u64,
    used_bytes: u64,
    /// Of executions that ended later, none was removed; null when none ever was.
    removed_up_to_ms: Option<i64>,
}

#[derive(Serialize)]
struct InterpreterRow {
    family: &'static str,
    path: String,
    version: String,
}

pub(in crate::http) async fn get(State(shared): State<Shared>) -> Result<Json<Status>> {
    let (running_executions, waiting_executions) = shared.engine.load();
    let interpreters = shared
        .engine
        .interpreters()
        .await
        .all()
        .iter()
        .map(|interpreter| InterpreterRow {
            family: interpreter.family,
            path: interpreter.path.display().to_string(),
            version: interpreter.version.clone(),
        });
    let standby = shared.engine.standby();
    let (retention, used_bytes, removed_up_to) = shared.engine.retention().await?;
    Ok(Json(Status {
        version: VERSION,
        address: shared.facts.address.to_string(),
        endpoint: shared.facts.endpoint(),
        backend: shared.engine.limits().backend.as_str(),
        sandbox: shared.engine.standing().level.as_str(),
        limits_by: shared.engine.standing().limits_by.as_str(),
        can_close_the_network: shared.engine.standing().level.can_close_the_network(),
        data_dir: shared.facts.data_dir.display().to_string(),
        running_executions,
        waiting_executions,
        interpreters: interpreters.collect(),
        retention: RetentionRow {
            days: retention.days,
            max_bytes: retention.max_bytes,
            used_bytes,
            removed_up_to_ms: removed_up_to.map(Timestamp::millis),
        },
        contents_bytes: shared.engine.contents_bytes(),
        standby: StandbyRow {
            max_processes: shared.engine.limits().standby.max_processes,
            processes: standby.processes,
            memory_bytes: standby.memory_bytes,
            hits: standby.hits,
            misses: standby.misses,
        },
    }))
}
