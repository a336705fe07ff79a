//! Reading on where a body was refused, so that the client sees the answer instead of a broken connection.

use std::time::Duration;

use axum::body::Bytes;
use futures_util::{Stream, StreamExt};

/// How much is still read: several uploads of the default limit.
const DRAIN_BYTES: u64 = 256_000_000;
/// For how long.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// Reads and forgets what is left of a body, within bounds; says whether that was all of it.
pub(in crate::http) async fn drain<E>(rest: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin)) -> bool {
    let read = async {
        let mut size = 0;
        while let Some(chunk) = rest.next().await {
            let Ok(chunk) = chunk else { return false };
            size += chunk.len() as u64;
            if size > DRAIN_BYTES {
                return false;
            }
        }
        true
    };
    tokio::time::timeout(DRAIN_TIME, read).await.unwrap_or(false)
}
