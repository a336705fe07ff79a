//! Waiting for a condition, never for a length of time.
//!
//! Owns: the bound of every wait and the pause between two looks.

use std::time::{Duration, Instant};

/// How long any condition may take. Generous: it only decides when a broken product is given up on.
pub const LIMIT: Duration = Duration::from_secs(30);

/// How long what has a bound of its own may take: a script of many waits, an execution until its timeout.
pub(crate) const WHOLE: Duration = LIMIT.saturating_mul(5);

/// Between two looks: short beside the milliseconds that a run takes, long beside the cost of a look.
const PAUSE: Duration = Duration::from_millis(15);

/// Looks until `look` finds something, and returns it; panics with `what` after [`LIMIT`].
pub async fn until<T>(what: &str, look: impl AsyncFnMut() -> Option<T>) -> T {
    within(LIMIT, what, look).await
}

/// As [`until`], with another bound.
pub(crate) async fn within<T>(limit: Duration, what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let begun = Instant::now();
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            begun.elapsed() < limit,
            "waited {} s in vain: {what}",
            limit.as_secs()
        );
        tokio::time::sleep(PAUSE).await;
    }
}
