//! Deliveries: webhooks are told of events, each until it answers or was tried often enough.
//!
//! Owns: who is told next, and how many at once. Must not: make anything else wait. What a delivery is stands in the
//! store from the moment its event was handled (`trigger`), so that a crash loses none; one that was under way then is
//! sent once more, as it is when the server stops in the middle.

mod message;
mod post;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use drydock_core::Result;
use drydock_core::activity::Noted;
use drydock_core::clock::Timestamp;
use drydock_core::delivery::{Attempt, Delivery, DeliveryStatus, MAX_WAIT_MS};
use drydock_core::id::{DeliveryId, WebhookId};
use drydock_store::WriteTx;
use drydock_store::table::{deliveries, events, webhooks};
use tokio::task::JoinSet;

use self::message::Message;
use self::post::Clients;
use super::Engine;
use super::activity::Notebook;

/// Requests under way at once: each is a socket, of the thousand that a process has at least.
const AT_ONCE: usize = 64;
/// Of those to one webhook, so that one which does not answer leaves places for others.
const AT_ONCE_OF_ONE: usize = 4;
/// Between two looks while something waits: the clock may have been set, and no timer goes on while a laptop sleeps.
const LOOK: Duration = Duration::from_secs(1);
/// Between two looks while nothing waits, of which the trigger tells.
const SELDOM: Duration = Duration::from_secs(60 * 60);
/// Until what the store would not take is tried again.
const AGAIN: Duration = Duration::from_secs(2);
/// What a stopping server gives to requests that are under way: those that are answered at all are by then.
const GRACE: Duration = Duration::from_secs(1);

/// What is under way, by the task that does it.
type UnderWay = HashMap<tokio::task::Id, (DeliveryId, WebhookId)>;

impl Engine {
    /// Tells webhooks of events, until the server drains.
    pub(super) async fn deliver(&self) {
        let clients = Arc::new(Clients::default());
        let mut tries = JoinSet::new();
        let mut under_way = UnderWay::new();
        loop {
            let pause = match self.begin_due(&clients, &mut tries, &mut under_way).await {
                Ok(pause) => pause,
                Err(_) if self.0.draining.is_cancelled() => break,
                Err(error) => {
                    tracing::error!(error = format!("{error:?}"), "webhooks wait to be told of events");
                    AGAIN
                }
            };
            tokio::select! {
                biased;
                () = self.0.draining.cancelled() => break,
                Some(ended) = tries.join_next_with_id() => {
                    under_way.remove(&ended.map_or_else(|error| error.id(), |(id, ())| id));
                }
                () = self.0.deliveries_changed.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
        // What is not answered by then is sent again by the next server.
        let _ = tokio::time::timeout(GRACE, async { while tries.join_next().await.is_some() {} }).await;
    }

    /// Begins to send what is due, as far as there are places; answers when to look again.
    async fn begin_due(
        &self,
        clients: &Arc<Clients>,
        tries: &mut JoinSet<()>,
        under_way: &mut UnderWay,
    ) -> Result<Duration> {
        let now = self.now();
        while under_way.len() < AT_ONCE {
            let (ids, busy) = occupied(under_way);
            let too_late = Timestamp(now.millis() + MAX_WAIT_MS);
            let due = self
                .0
                .store
                .read(move |tx| deliveries::due(tx, now, too_late, &ids, &busy))
                .await?;
            let Some(delivery) = due else { break };
            let taken = (delivery.id.clone(), delivery.webhook.clone());
            let (engine, clients) = (self.clone(), Arc::clone(clients));
            let task = tries.spawn(async move { engine.try_once(&clients, delivery).await });
            under_way.insert(task.id(), taken);
        }
        let next = self.0.store.read(move |tx| deliveries::next_due(tx, now)).await?;
        Ok(next.map_or(SELDOM, |next| {
            let until = next.millis().saturating_sub(now.millis());
            Duration::from_millis(until.max(0).cast_unsigned()).min(LOOK)
        }))
    }

    /// Sends a delivery once and writes down what became of it.
    async fn try_once(&self, clients: &Clients, delivery: Delivery) {
        let (project, id) = (delivery.project.clone(), delivery.id.clone());
        let webhook = delivery.webhook.clone();
        let attempt = match self.attempt(clients, delivery).await {
            Ok(Some(attempt)) => attempt,
            // Removed meanwhile, with its deliveries.
            Ok(None) => return,
            Err(error) => {
                tracing::error!(error = format!("{error:?}"), "a webhook could not be told");
                let _ = self.rest(AGAIN).await;
                return;
            }
        };
        // Sent it is: until that stands in the store it is not sent again by this server.
        loop {
            let (project, id, attempt) = (project.clone(), id.clone(), attempt.clone());
            let (now, book) = (self.now(), self.notebook());
            let stored = self
                .0
                .store
                .write(move |tx| {
                    let Some(mut delivery) = deliveries::get(tx, &project, &id)? else {
                        return Ok(());
                    };
                    delivery.attempted(attempt, now);
                    deliveries::update(tx, &delivery)?;
                    match delivery.status {
                        DeliveryStatus::Failed => note_given_up(tx, book, delivery),
                        DeliveryStatus::Waiting | DeliveryStatus::Delivered => Ok(()),
                    }
                })
                .await;
            match stored {
                Ok(()) => break,
                Err(_) if self.0.draining.is_cancelled() => return,
                Err(error) => tracing::error!(
                    error = format!("{error:?}"),
                    "what became of a delivery cannot be stored; tried again in {} s",
                    AGAIN.as_secs()
                ),
            }
            if !self.rest(AGAIN).await {
                return;
            }
        }
        self.tell_delivery(&project, &webhook);
    }

    /// One try; `None` when the webhook is gone.
    async fn attempt(&self, clients: &Clients, delivery: Delivery) -> Result<Option<Attempt>> {
        let (project, webhook, event) = (delivery.project, delivery.webhook, delivery.event);
        let found = self
            .0
            .store
            .read(move |tx| {
                let webhook = webhooks::get(tx, &project, &webhook)?;
                Ok(webhook.zip(Some(events::get(tx, &project, &event)?)))
            })
            .await?;
        let Some(((webhook, secrets), event)) = found else {
            return Ok(None);
        };
        let (at, began) = (self.now(), Instant::now());
        let message = match event {
            Some(event) => Message::of(
                &event,
                &webhook,
                &self.0.seal.open(&secrets.password)?,
                &self.0.seal.open(&secrets.key)?,
            ),
            None => Err(message::NOT_KEPT.to_owned()),
        };
        let outcome = match message {
            Ok(message) => clients.post(message, webhook.checks_certificate).await,
            Err(reason) => post::Outcome::failed(reason),
        };
        Ok(Some(Attempt {
            at_ms: at.millis(),
            took_ms: began.elapsed().as_millis() as i64,
            status: outcome.status,
            error: outcome.error,
            answer: outcome.answer,
        }))
    }
}

/// Notes that a delivery was given up.
fn note_given_up(tx: &WriteTx<'_>, book: Notebook, delivery: Delivery) -> Result<()> {
    let error = delivery.attempts.into_iter().last().and_then(|last| last.error);
    let webhook = webhooks::get(tx, &delivery.project, &delivery.webhook)?;
    let (Some(error), Some((webhook, _))) = (error, webhook) else {
        return Ok(());
    };
    let noted = Noted::DeliveryGivenUp {
        webhook_id: webhook.id,
        name: webhook.name,
        delivery_id: delivery.id,
        event: delivery.name,
        error,
    };
    book.note(tx, &delivery.project, None, noted)
}

/// What is under way, and the webhooks that have no place for more.
fn occupied(under_way: &UnderWay) -> (Vec<DeliveryId>, Vec<WebhookId>) {
    let mut busy: HashMap<&WebhookId, usize> = HashMap::new();
    for (_, webhook) in under_way.values() {
        *busy.entry(webhook).or_default() += 1;
    }
    let busy = busy.into_iter().filter(|(_, count)| *count >= AT_ONCE_OF_ONE);
    (
        under_way.values().map(|(id, _)| id.clone()).collect(),
        busy.map(|(webhook, _)| webhook.clone()).collect(),
    )
}
