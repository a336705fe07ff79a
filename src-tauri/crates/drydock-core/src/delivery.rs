//! Deliveries: an event on its way to a webhook.
//!
//! Owns: how often one is tried, and what an attempt makes of it.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::event_name::EventName;
use crate::id::{DeliveryId, EventId, ProjectId, WebhookId};

/// Until the second try and those after it. A receiver that is being restarted is back within the first two, one that is
/// being rebuilt within the others; later than that somebody looks, and sends again by hand.
pub const WAITS_MS: [i64; 4] = [2_000, 10_000, 60_000, 300_000];
/// Tries in all.
pub const MAX_ATTEMPTS: usize = WAITS_MS.len() + 1;
/// The longest of those waits: who finds a delivery that waits longer has a clock that went back.
pub const MAX_WAIT_MS: i64 = 300_000;
/// Deliveries that wait for one webhook: what a busy function makes in ten seconds. One more is not tried.
pub const MAX_WAITING: i64 = 2_000;
/// Characters that are kept of an answer: the message of an error is among them.
pub const MAX_ANSWER_LENGTH: usize = 1_000;

/// Where it is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryStatus {
    /// Before its first try, or its next one.
    Waiting,
    /// The webhook answered with a status of success.
    Delivered,
    /// It was tried as often as it is, or found too many waiting.
    Failed,
}

/// One try.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    /// When it began.
    pub at_ms: i64,
    /// Until the answer, or its failure.
    pub took_ms: i64,
    /// The status of the answer, where there was one.
    pub status: Option<u16>,
    /// Why it does not count as delivered.
    pub error: Option<String>,
    /// How the answer began.
    pub answer: String,
}

/// An event on its way to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The project.
    pub project: ProjectId,
    /// Its id.
    pub id: DeliveryId,
    /// Where it goes.
    pub webhook: WebhookId,
    /// What it tells of.
    pub event: EventId,
    /// The name of that.
    pub name: EventName,
    /// When it was made.
    pub created_at: Timestamp,
    /// Where it is in its life.
    pub status: DeliveryStatus,
    /// Its tries, the first one first.
    pub attempts: Vec<Attempt>,
    /// When it is tried next, while it waits.
    pub next_at: Option<Timestamp>,
}

impl Delivery {
    /// Takes the result of a try: over, or to be tried again some time after `now`.
    pub fn attempted(&mut self, attempt: Attempt, now: Timestamp) {
        self.status = match (&attempt.error, WAITS_MS.get(self.attempts.len())) {
            (None, _) => DeliveryStatus::Delivered,
            (Some(_), Some(_)) => DeliveryStatus::Waiting,
            (Some(_), None) => DeliveryStatus::Failed,
        };
        self.next_at = (self.status == DeliveryStatus::Waiting)
            .then(|| Timestamp(now.millis() + WAITS_MS[self.attempts.len()]));
        self.attempts.push(attempt);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn delivery() -> Delivery {
        Delivery {
            project: ProjectId::trusted("p"),
            id: DeliveryId::trusted("d"),
            webhook: WebhookId::trusted("w"),
            event: EventId::trusted("e"),
            name: EventName::all().next().unwrap_or_else(|| unreachable!()),
            created_at: Timestamp(0),
            status: DeliveryStatus::Waiting,
            attempts: Vec::new(),
            next_at: Some(Timestamp(0)),
        }
    }

    fn attempt(error: Option<&str>) -> Attempt {
        Attempt {
            at_ms: 0,
            took_ms: 1,
            status: None,
            error: error.map(Into::into),
            answer: String::new(),
        }
    }

    #[test]
    fn it_waits_longer_after_each_failure_and_then_gives_up() {
        let mut delivery = delivery();
        for (tries, wait) in WAITS_MS.into_iter().enumerate() {
            delivery.attempted(attempt(Some("refused")), Timestamp(7));
            assert_eq!(delivery.status, DeliveryStatus::Waiting);
            assert_eq!(delivery.next_at, Some(Timestamp(7 + wait)));
            assert_eq!(delivery.attempts.len(), tries + 1);
        }
        delivery.attempted(attempt(Some("refused")), Timestamp(7));
        assert_eq!(
            (delivery.status, delivery.next_at),
            (DeliveryStatus::Failed, None)
        );
        assert_eq!(delivery.attempts.len(), MAX_ATTEMPTS);
    }

    #[test]
    fn an_answer_of_success_ends_it() {
        let mut delivery = delivery();
        delivery.attempted(attempt(Some("refused")), Timestamp(0));
        delivery.attempted(attempt(None), Timestamp(0));
        assert_eq!(
            (delivery.status, delivery.next_at),
            (DeliveryStatus::Delivered, None)
        );
    }

    #[test]
    fn no_wait_is_longer_than_the_longest() {
        assert_eq!(WAITS_MS.into_iter().max(), Some(MAX_WAIT_MS));
    }
}
