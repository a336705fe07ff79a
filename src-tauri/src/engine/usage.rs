//! Usage: how often a function ran, failed, and how long it computed, over a range of time.

use drydock_core::clock::Timestamp;
use drydock_core::id::{FunctionId, ProjectId};
use drydock_core::{Error, Result};
use drydock_store::table::executions::{self, Bucket};
use drydock_store::table::functions;

use super::Engine;

const HALF_HOUR_MS: i64 = 30 * 60 * 1000;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// A range of time that ends now, in equal spans.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum UsageRange {
    Day,
    Week,
    Month,
    Quarter,
}

impl UsageRange {
    /// From the name on the wire.
    ///
    /// # Errors
    /// `InvalidParam` with the names there are.
    pub(crate) fn parse(name: &str) -> Result<Self> {
        match name {
            "24h" => Ok(Self::Day),
            "7d" => Ok(Self::Week),
            "30d" => Ok(Self::Month),
            "90d" => Ok(Self::Quarter),
            _ => Err(Error::invalid("range", "one of 24h, 7d, 30d, 90d")),
        }
    }

    /// The name on the wire.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Day => "24h",
            Self::Week => "7d",
            Self::Month => "30d",
            Self::Quarter => "90d",
        }
    }

    /// How many spans, and how long each.
    const fn spans(self) -> (i64, i64) {
        match self {
            Self::Day => (48, HALF_HOUR_MS),
            Self::Week => (7, DAY_MS),
            Self::Month => (30, DAY_MS),
            Self::Quarter => (90, DAY_MS),
        }
    }
}

/// The spans of a range, oldest first, without gaps.
#[derive(Debug, Clone)]
pub(crate) struct Usage {
    pub(crate) range: UsageRange,
    /// When each span begins, and what happened in it.
    pub(crate) spans: Vec<(Timestamp, Bucket)>,
}

impl Engine {
    /// How the function was used.
    ///
    /// # Errors
    /// `FunctionNotFound`.
    pub(crate) async fn usage(
        &self,
        project: &ProjectId,
        function: &FunctionId,
        range: UsageRange,
    ) -> Result<Usage> {
        let (count, span_ms) = range.spans();
        let since = since(self.now(), count, span_ms);
        let (project, function) = (project.clone(), function.clone());
        let buckets = self
            .0
            .store
            .read(move |tx| {
                functions::get(tx, &project, &function)?.ok_or(Error::FunctionNotFound)?;
                executions::histogram(tx, &project, &function, (since, count, span_ms))
            })
            .await?;
        Ok(Usage {
            range,
            spans: fill(&buckets, since, count, span_ms),
        })
    }
}

/// When the first of `count` spans begins, if the last is the one that `now` lies in. Spans begin at whole
/// multiples of their length, so that days are days of UTC.
pub(super) fn since(now: Timestamp, count: i64, span_ms: i64) -> Timestamp {
    Timestamp((now.millis().div_euclid(span_ms) - count + 1) * span_ms)
}

/// Every span, those without an execution with zeros.
pub(super) fn fill(
    buckets: &[Bucket],
    since: Timestamp,
    count: i64,
    span_ms: i64,
) -> Vec<(Timestamp, Bucket)> {
    (0..count)
        .map(|number| {
            let bucket = buckets
                .iter()
                .find(|bucket| bucket.number == number)
                .copied()
                .unwrap_or_default();
            (Timestamp(since.millis() + number * span_ms), bucket)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_span_holds_now_and_gaps_are_zeros() {
        let now = Timestamp(10 * DAY_MS + 5);
        let since = since(now, 7, DAY_MS);
        assert_eq!(since, Timestamp(4 * DAY_MS));
        let some = Bucket {
            number: 6,
            total: 3,
            failed: 1,
            compute_ms: 20,
        };
        let spans = fill(&[some], since, 7, DAY_MS);
        assert_eq!(spans.len(), 7);
        assert_eq!(spans[6], (Timestamp(10 * DAY_MS), some));
        assert!(spans[..6].iter().all(|(_, bucket)| bucket.total == 0));
    }
}
