//! Health on the wire.

use std::time::Duration;

use serde::Serialize;

/// That something answers; `ping` is how long it took, in milliseconds.
#[derive(Debug, Serialize)]
pub(in crate::http) struct HealthStatus {
    ping: u64,
    status: &'static str,
}

impl HealthStatus {
    /// It answered after that time.
    pub(in crate::http) fn pass(took: Duration) -> Self {
        Self {
            ping: took.as_millis().try_into().unwrap_or(u64::MAX),
            status: "pass",
        }
    }
}

/// How much waits.
#[derive(Debug, Serialize)]
pub(in crate::http) struct HealthQueue {
    pub(in crate::http) size: usize,
}

/// Clocks, in Unix seconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct HealthTime {
    pub(in crate::http) remote_time: i64,
    pub(in crate::http) local_time: i64,
    pub(in crate::http) diff: i64,
}
