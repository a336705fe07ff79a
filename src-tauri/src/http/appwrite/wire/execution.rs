//! An execution on the wire.

use drydock_core::execution::{self, ExecutionStatus, Trigger};
use serde::Serialize;

/// `time` is in seconds; stdout and stderr are the last 8000 characters.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Execution {
    #[serde(rename = "$id")]
    id: String,
    #[serde(rename = "$read")]
    read: Vec<String>,
    function_id: String,
    date_created: i64,
    trigger: Trigger,
    status: ExecutionStatus,
    exit_code: i32,
    stdout: String,
    stderr: String,
    time: f64,
}

impl From<execution::Execution> for Execution {
    fn from(execution: execution::Execution) -> Self {
        Self {
            id: execution.id.to_string(),
            read: execution.read,
            function_id: execution.function.to_string(),
            date_created: execution.queued_at.secs(),
            trigger: execution.trigger,
            status: execution.status,
            exit_code: execution.exit_code,
            stdout: execution.stdout,
            stderr: execution.stderr,
            time: execution.duration_secs,
        }
    }
}
