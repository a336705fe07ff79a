//! A function's usage on the wire.

use drydock_store::table::executions::Bucket;
use serde::Serialize;

use crate::engine;

#[derive(Debug, Serialize)]
struct Point {
    value: i64,
    date: i64,
}

/// Oldest first; compute time in milliseconds, dates in Unix seconds.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Usage {
    range: &'static str,
    functions_executions: Vec<Point>,
    functions_failures: Vec<Point>,
    functions_compute: Vec<Point>,
}

impl From<engine::Usage> for Usage {
    fn from(usage: engine::Usage) -> Self {
        let points = |value: fn(&Bucket) -> i64| {
            usage
                .spans
                .iter()
                .map(|(from, bucket)| Point {
                    value: value(bucket),
                    date: from.secs(),
                })
                .collect()
        };
        Self {
            range: usage.range.as_str(),
            functions_executions: points(|bucket| bucket.total),
            functions_failures: points(|bucket| bucket.failed),
            functions_compute: points(|bucket| bucket.compute_ms),
        }
    }
}
