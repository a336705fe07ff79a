//! Reading on where a body was refused, so that the client sees the answer instead of a broken connection.

use std::time::Duration;

use axum::body::Bytes;
use futures_util::{Stream, StreamExt};

/// How much is still read: several uploads of the default limit.
const DRAIN_BYTES: u64 = 256_000_000;
/// For how long.
const DRAIN_TIME: Duration = Duration::from_secs(10);

/// Reads and forgets what is left of a body, within bounds; the answer follows either way.
pub(super) async fn drain<E>(rest: &mut (impl Stream<Item = Result<Bytes, E>> + Unpin)) {
    let read = async {
        let mut size = 0;
        while let Some(Ok(chunk)) = rest.next().await {
            size += chunk.len() as u64;
            if size > DRAIN_BYTES {
                break;
            }
        }
    };
    if tokio::time::timeout(DRAIN_TIME, read).await.is_err() {
        tracing::debug!("a refused body was not read to its end");
    }
}
