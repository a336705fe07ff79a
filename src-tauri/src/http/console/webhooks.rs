//! Webhooks as the console shows them: how they do, what they were told, and telling them again.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use drydock_core::clock::Timestamp;
use drydock_core::delivery::{Attempt, Delivery, DeliveryStatus, MAX_ATTEMPTS};
use drydock_core::event_name::EventName;
use serde::Serialize;
use serde_json::Value;

use super::owner_of;
use crate::engine::{Delivered, WebhookOverview};
use crate::http::error::Result;
use crate::http::extract::{Params, Path, delivery_id, list_query, project_id, webhook_id};
use crate::http::state::Shared;

#[derive(Serialize)]
pub(in crate::http) struct WebhookRows {
    webhooks: Vec<WebhookRow>,
}

/// Its password and what signs its requests are asked for one at a time.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WebhookRow {
    id: String,
    name: String,
    url: String,
    events: Vec<&'static str>,
    security: bool,
    http_user: String,
    has_password: bool,
    created_at_ms: i64,
    waiting: i64,
    /// What became of the newest delivery that does not wait.
    last: Option<DeliveryRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Secrets {
    http_pass: String,
    signature_key: String,
}

#[derive(Serialize)]
pub(in crate::http) struct DeliveryRows {
    sum: i64,
    deliveries: Vec<DeliveryRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct DeliveryRow {
    id: String,
    event_id: String,
    event: &'static str,
    created_at_ms: i64,
    status: DeliveryStatus,
    /// While it waits.
    next_at_ms: Option<i64>,
    max_attempts: usize,
    attempts: Vec<AttemptRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct AttemptRow {
    at_ms: i64,
    took_ms: i64,
    status: Option<u16>,
    error: Option<String>,
    answer: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct DeliveryDetail {
    #[serde(flatten)]
    row: DeliveryRow,
    /// What is sent; null when it is not known any more.
    payload: Value,
    /// Whether it is: it goes with its event, or the execution that it was made of.
    payload_known: bool,
}

impl From<WebhookOverview> for WebhookRow {
    fn from(overview: WebhookOverview) -> Self {
        let webhook = overview.open.webhook;
        Self {
            id: webhook.id.to_string(),
            name: webhook.name,
            url: webhook.url,
            events: webhook.events.into_iter().map(EventName::as_str).collect(),
            security: webhook.checks_certificate,
            http_user: webhook.user,
            has_password: !overview.open.password.is_empty(),
            created_at_ms: webhook.created_at.millis(),
            waiting: overview.waiting,
            last: overview.last.map(Into::into),
        }
    }
}

impl From<Delivery> for DeliveryRow {
    fn from(delivery: Delivery) -> Self {
        Self {
            id: delivery.id.to_string(),
            event_id: delivery.event.to_string(),
            event: delivery.name.as_str(),
            created_at_ms: delivery.created_at.millis(),
            status: delivery.status,
            next_at_ms: delivery.next_at.map(Timestamp::millis),
            max_attempts: MAX_ATTEMPTS,
            attempts: delivery.attempts.into_iter().map(Into::into).collect(),
        }
    }
}

impl From<Attempt> for AttemptRow {
    fn from(attempt: Attempt) -> Self {
        Self {
            at_ms: attempt.at_ms,
            took_ms: attempt.took_ms,
            status: attempt.status,
            error: attempt.error,
            answer: attempt.answer,
        }
    }
}

impl From<Delivered> for DeliveryDetail {
    fn from(Delivered { delivery, event }: Delivered) -> Self {
        let payload = event.and_then(|event| event.payload);
        Self {
            row: delivery.into(),
            payload_known: payload.is_some(),
            // We wrote it.
            payload: payload
                .and_then(|payload| serde_json::from_str(&payload).ok())
                .unwrap_or_default(),
        }
    }
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    Path(project): Path<String>,
) -> Result<Json<WebhookRows>> {
    let project = project_id(&project)?;
    let webhooks = shared
        .engine
        .webhook_overviews(&owner_of(&project), &project)
        .await?;
    Ok(Json(WebhookRows {
        webhooks: webhooks.into_iter().map(Into::into).collect(),
    }))
}

pub(in crate::http) async fn secrets(
    State(shared): State<Shared>,
    Path((project, webhook)): Path<(String, String)>,
) -> Result<Json<Secrets>> {
    let (project, webhook) = (project_id(&project)?, webhook_id(&webhook)?);
    let open = shared
        .engine
        .webhook(&owner_of(&project), &project, &webhook)
        .await?;
    Ok(Json(Secrets {
        http_pass: open.password,
        signature_key: open.key,
    }))
}

/// Takes what every list takes; the search looks at events and status.
pub(in crate::http) async fn deliveries(
    State(shared): State<Shared>,
    Path((project, webhook)): Path<(String, String)>,
    params: Params,
) -> Result<Json<DeliveryRows>> {
    let (project, webhook) = (project_id(&project)?, webhook_id(&webhook)?);
    let page = shared
        .engine
        .deliveries(&project, &webhook, list_query(&params)?)
        .await?;
    Ok(Json(DeliveryRows {
        sum: page.sum,
        deliveries: page.rows.into_iter().map(Into::into).collect(),
    }))
}

pub(in crate::http) async fn delivery(
    State(shared): State<Shared>,
    Path((project, webhook, delivery)): Path<(String, String, String)>,
) -> Result<Json<DeliveryDetail>> {
    let (project, webhook) = (project_id(&project)?, webhook_id(&webhook)?);
    let found = shared
        .engine
        .delivery(&project, &webhook, &delivery_id(&delivery)?)
        .await?;
    Ok(Json(found.into()))
}

/// Answers the new delivery.
pub(in crate::http) async fn redeliver(
    State(shared): State<Shared>,
    Path((project, webhook, delivery)): Path<(String, String, String)>,
) -> Result<(StatusCode, Json<DeliveryDetail>)> {
    let (project, webhook) = (project_id(&project)?, webhook_id(&webhook)?);
    let again = shared
        .engine
        .redeliver(&project, &webhook, &delivery_id(&delivery)?)
        .await?;
    Ok((StatusCode::CREATED, Json(again.into())))
}
