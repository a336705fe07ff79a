//! Webhooks of a project: made, changed, removed; what became of telling them, and sending again by hand.
//!
//! Must not: send anything itself, which `deliver` does.

use drydock_core::activity::Noted;
use drydock_core::caller::Caller;
use drydock_core::clock::Timestamp;
use drydock_core::delivery::{Delivery, DeliveryStatus, MAX_WAITING};
use drydock_core::event::Event;
use drydock_core::event_name::EventName;
use drydock_core::id::{DeliveryId, ProjectId, WebhookId, random_hex};
use drydock_core::list::{ListQuery, Page};
use drydock_core::webhook::{SIGNATURE_KEY_BYTES, Webhook};
use drydock_core::{Error, Result};
use drydock_store::table::webhooks::{self, SealedSecrets};
use drydock_store::table::{deliveries, events};
use drydock_store::{ReadTx, WriteTx};

use super::Engine;
use super::news::{Change, Happened, Thing};
use super::projects::{may_change, own, own_for_change};

const NO_WEBHOOK: Error = Error::NotFound("Webhook");

/// What is said about a webhook.
#[derive(Clone)]
pub(crate) struct WebhookSettings {
    pub(crate) name: String,
    pub(crate) events: Vec<EventName>,
    pub(crate) url: String,
    pub(crate) checks_certificate: bool,
    pub(crate) user: String,
    pub(crate) password: String,
}

/// A webhook with its secrets in plain, on its way to its owner.
pub(crate) struct OpenWebhook {
    pub(crate) webhook: Webhook,
    pub(crate) password: String,
    /// What signs each request.
    pub(crate) key: String,
}

/// A webhook as the console lists it.
pub(crate) struct WebhookOverview {
    pub(crate) open: OpenWebhook,
    /// How many deliveries wait.
    pub(crate) waiting: i64,
    /// What became of the newest one that does not.
    pub(crate) last: Option<Delivery>,
}

/// A delivery, and what it tells of while that is kept.
pub(crate) struct Delivered {
    pub(crate) delivery: Delivery,
    pub(crate) event: Option<Event>,
}

impl Engine {
    /// Makes a webhook.
    ///
    /// # Errors
    /// `ProjectNotFound`, `Denied`.
    pub(crate) async fn create_webhook(
        &self,
        caller: &Caller,
        project: &ProjectId,
        settings: WebhookSettings,
    ) -> Result<OpenWebhook> {
        let open = OpenWebhook {
            webhook: Webhook {
                id: WebhookId::trusted(self.0.ids.unique()),
                project: project.clone(),
                name: settings.name,
                events: settings.events,
                url: settings.url,
                checks_certificate: settings.checks_certificate,
                user: settings.user,
                created_at: self.now(),
            },
            password: settings.password,
            key: random_hex(SIGNATURE_KEY_BYTES),
        };
        let secrets = SealedSecrets {
            password: self.0.seal.seal(&open.password)?,
            key: self.0.seal.seal(&open.key)?,
        };
        let (caller, stored, book) = (caller.clone(), open.webhook.clone(), self.notebook());
        self.0
            .store
            .write(move |tx| {
                own_for_change(tx, &caller, &stored.project)?;
                webhooks::insert(tx, &stored, &secrets)?;
                let (webhook_id, name) = (stored.id, stored.name);
                book.note(
                    tx,
                    &stored.project,
                    None,
                    Noted::WebhookCreated { webhook_id, name },
                )
            })
            .await?;
        self.tell_webhook(&open.webhook, Change::Created);
        Ok(open)
    }

    /// The project's webhooks, oldest first; without their secrets for a member of its team who may only look.
    ///
    /// # Errors
    /// `ProjectNotFound`.
    pub(crate) async fn webhooks(&self, caller: &Caller, project: &ProjectId) -> Result<Vec<OpenWebhook>> {
        let (caller, project) = (caller.clone(), project.clone());
        let (shown, sealed) = self
            .0
            .store
            .read(move |tx| {
                let shown = may_change(&caller, &own(tx, &caller, &project)?);
                Ok((shown, webhooks::all(tx, &project)?))
            })
            .await?;
        sealed
            .into_iter()
            .map(|sealed| self.open_webhook(shown, sealed))
            .collect()
    }

    /// The project's webhook of that id; without its secrets for a member of its team who may only look.
    ///
    /// # Errors
    /// `ProjectNotFound`, `NotFound`.
    pub(crate) async fn webhook(
        &self,
        caller: &Caller,
        project: &ProjectId,
        id: &WebhookId,
    ) -> Result<OpenWebhook> {
        let (caller, project, id) = (caller.clone(), project.clone(), id.clone());
        let (shown, sealed) = self
            .0
            .store
            .read(move |tx| {
                let shown = may_change(&caller, &own(tx, &caller, &project)?);
                Ok((shown, webhooks::get(tx, &project, &id)?.ok_or(NO_WEBHOOK)?))
            })
            .await?;
        self.open_webhook(shown, sealed)
    }

    /// Changes a webhook; what signs its requests stays.
    ///
    /// # Errors
    /// `ProjectNotFound`, `NotFound`, `Denied`.
    pub(crate) async fn change_webhook(
        &self,
        caller: &Caller,
        project: &ProjectId,
        id: &WebhookId,
        settings: WebhookSettings,
    ) -> Result<OpenWebhook> {
        let password = self.0.seal.seal(&settings.password)?;
        let (caller, project, id) = (caller.clone(), project.clone(), id.clone());
        let book = self.notebook();
        let sealed = self
            .0
            .store
            .write(move |tx| {
                own_for_change(tx, &caller, &project)?;
                let (mut webhook, secrets) = webhooks::get(tx, &project, &id)?.ok_or(NO_WEBHOOK)?;
                webhook.name = settings.name;
                webhook.events = settings.events;
                webhook.url = settings.url;
                webhook.checks_certificate = settings.checks_certificate;
                webhook.user = settings.user;
                webhooks::update(tx, &webhook, &password)?;
                let (webhook_id, name) = (webhook.id.clone(), webhook.name.clone());
                book.note(tx, &project, None, Noted::WebhookChanged { webhook_id, name })?;
                let key = secrets.key;
                Ok((webhook, SealedSecrets { password, key }))
            })
            .await?;
        self.tell_webhook(&sealed.0, Change::Updated);
        self.open_webhook(true, sealed)
    }

    /// Removes a webhook, with what is still to be sent to it.
    ///
    /// # Errors
    /// `ProjectNotFound`, `NotFound`, `Denied`.
    pub(crate) async fn delete_webhook(
        &self,
        caller: &Caller,
        project: &ProjectId,
        id: &WebhookId,
    ) -> Result<()> {
        let (caller, row_project, row_id) = (caller.clone(), project.clone(), id.clone());
        let book = self.notebook();
        self.0
            .store
            .write(move |tx| {
                own_for_change(tx, &caller, &row_project)?;
                let (webhook, _) = webhooks::get(tx, &row_project, &row_id)?.ok_or(NO_WEBHOOK)?;
                webhooks::delete(tx, &row_project, &row_id)?;
                let (webhook_id, name) = (webhook.id, webhook.name);
                book.note(tx, &row_project, None, Noted::WebhookRemoved { webhook_id, name })
            })
            .await?;
        self.tell_thing(project, Thing::Webhook(id.clone()), Change::Deleted);
        Ok(())
    }

    /// The project's webhooks with how they do, for the owner of the machine.
    ///
    /// # Errors
    /// `ProjectNotFound`.
    pub(crate) async fn webhook_overviews(
        &self,
        caller: &Caller,
        project: &ProjectId,
    ) -> Result<Vec<WebhookOverview>> {
        let open = self.webhooks(caller, project).await?;
        let owner = project.clone();
        self.0
            .store
            .read(move |tx| {
                let overviews = open.into_iter().map(|open| {
                    let id = &open.webhook.id;
                    Ok(WebhookOverview {
                        waiting: deliveries::waiting_for(tx, &owner, id, MAX_WAITING)?,
                        last: deliveries::last_over(tx, &owner, id)?,
                        open,
                    })
                });
                overviews.collect()
            })
            .await
    }

    /// One page of what a webhook is or was to be told.
    ///
    /// # Errors
    /// `NotFound` for the webhook, `CursorNotFound`.
    pub(crate) async fn deliveries(
        &self,
        project: &ProjectId,
        webhook: &WebhookId,
        query: ListQuery,
    ) -> Result<Page<Delivery>> {
        let (project, webhook) = (project.clone(), webhook.clone());
        self.0
            .store
            .read(move |tx| {
                webhooks::get(tx, &project, &webhook)?.ok_or(NO_WEBHOOK)?;
                deliveries::list(tx, &project, &webhook, &query)
            })
            .await
    }

    /// One delivery of a webhook, with the event.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) async fn delivery(
        &self,
        project: &ProjectId,
        webhook: &WebhookId,
        id: &DeliveryId,
    ) -> Result<Delivered> {
        let (project, webhook, id) = (project.clone(), webhook.clone(), id.clone());
        self.0
            .store
            .read(move |tx| delivered(tx, &project, &webhook, &id))
            .await
    }

    /// Sends what a delivery told once more, as a delivery of its own; to where the webhook points by now.
    ///
    /// # Errors
    /// `NotFound`, also for an event that is not kept any more.
    pub(crate) async fn redeliver(
        &self,
        project: &ProjectId,
        webhook: &WebhookId,
        id: &DeliveryId,
    ) -> Result<Delivered> {
        let new = DeliveryId::trusted(self.0.ids.unique());
        let (owner, target, id, now) = (project.clone(), webhook.clone(), id.clone(), self.now());
        let again = self
            .0
            .store
            .write(move |tx| {
                let event = delivered(tx, &owner, &target, &id)?.event;
                let event = event.ok_or(Error::NotFound("Event"))?;
                let delivery = queue(tx, &event, target, new, now)?;
                Ok(Delivered {
                    delivery,
                    event: Some(event),
                })
            })
            .await?;
        self.0.deliveries_changed.notify_one();
        self.tell_delivery(project, webhook);
        Ok(again)
    }

    /// How many deliveries wait, in all projects.
    pub(crate) async fn waiting_deliveries(&self) -> Result<i64> {
        self.0.store.read(deliveries::waiting).await
    }

    pub(super) fn tell_delivery(&self, project: &ProjectId, webhook: &WebhookId) {
        self.0.news.tell(Happened::Delivery {
            project: project.clone(),
            webhook: webhook.clone(),
        });
    }

    fn open_webhook(&self, shown: bool, (webhook, secrets): (Webhook, SealedSecrets)) -> Result<OpenWebhook> {
        let open = |sealed: &[u8]| {
            if shown {
                self.0.seal.open(sealed)
            } else {
                Ok(String::new())
            }
        };
        Ok(OpenWebhook {
            password: open(&secrets.password)?,
            key: open(&secrets.key)?,
            webhook,
        })
    }

    fn tell_webhook(&self, webhook: &Webhook, change: Change) {
        self.tell_thing(&webhook.project, Thing::Webhook(webhook.id.clone()), change);
    }
}

/// Stores that a webhook is to be told of an event. Where too many wait already that has failed at once.
pub(super) fn queue(
    tx: &WriteTx<'_>,
    event: &Event,
    webhook: WebhookId,
    id: DeliveryId,
    now: Timestamp,
) -> Result<Delivery> {
    let has_place = deliveries::waiting_for(tx, &event.project, &webhook, MAX_WAITING)? < MAX_WAITING;
    let delivery = Delivery {
        project: event.project.clone(),
        id,
        webhook,
        event: event.id.clone(),
        name: event.name,
        created_at: now,
        status: if has_place {
            DeliveryStatus::Waiting
        } else {
            DeliveryStatus::Failed
        },
        attempts: Vec::new(),
        next_at: has_place.then_some(now),
    };
    deliveries::insert(tx, &delivery)?;
    Ok(delivery)
}

fn delivered(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    webhook: &WebhookId,
    id: &DeliveryId,
) -> Result<Delivered> {
    let delivery = deliveries::get(tx, project, id)?.filter(|delivery| delivery.webhook == *webhook);
    let delivery = delivery.ok_or(Error::NotFound("Delivery"))?;
    let event = events::get(tx, project, &delivery.event)?;
    Ok(Delivered { delivery, event })
}
