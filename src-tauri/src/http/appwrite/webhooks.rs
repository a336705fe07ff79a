//! Webhooks of a project: addresses that are told of its events.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use drydock_core::event_name::EventName;
use drydock_core::webhook::{MAX_CREDENTIAL_LENGTH, MAX_NAME_LENGTH};

use super::wire;
use crate::engine::WebhookSettings;
use crate::http::error::Result;
use crate::http::extract::{CalledBy, Params, Path, project_id, webhook_id};
use crate::http::middleware::headers::no_content;
use crate::http::state::Shared;

/// Longest name of an event, generously.
const MAX_EVENT_LENGTH: usize = 64;

pub(in crate::http) async fn create(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(project): Path<String>,
    params: Params,
) -> Result<impl IntoResponse> {
    let settings = settings(&params)?;
    let webhook = shared
        .engine
        .create_webhook(&caller, &project_id(&project)?, settings)
        .await?;
    Ok((StatusCode::CREATED, Json(wire::Webhook::from(webhook))))
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(project): Path<String>,
) -> Result<Json<wire::WebhookList>> {
    let webhooks = shared.engine.webhooks(&caller, &project_id(&project)?).await?;
    Ok(Json(webhooks.into()))
}

pub(in crate::http) async fn get(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((project, id)): Path<(String, String)>,
) -> Result<Json<wire::Webhook>> {
    let (project, id) = (project_id(&project)?, webhook_id(&id)?);
    Ok(Json(shared.engine.webhook(&caller, &project, &id).await?.into()))
}

pub(in crate::http) async fn update(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((project, id)): Path<(String, String)>,
    params: Params,
) -> Result<Json<wire::Webhook>> {
    let (project, id) = (project_id(&project)?, webhook_id(&id)?);
    let webhook = shared
        .engine
        .change_webhook(&caller, &project, &id, settings(&params)?)
        .await?;
    Ok(Json(webhook.into()))
}

pub(in crate::http) async fn delete(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((project, id)): Path<(String, String)>,
) -> Result<impl IntoResponse> {
    let (project, id) = (project_id(&project)?, webhook_id(&id)?);
    shared.engine.delete_webhook(&caller, &project, &id).await?;
    Ok(no_content())
}

/// What is said about a webhook.
fn settings(params: &Params) -> drydock_core::Result<WebhookSettings> {
    let name = params.required_text("name", MAX_NAME_LENGTH)?;
    let events = params.required_each_once("events", MAX_EVENT_LENGTH, EventName::parse)?;
    let url = params.required_page("url")?;
    let credential = |name| {
        params
            .text(name, MAX_CREDENTIAL_LENGTH)
            .map(Option::unwrap_or_default)
    };
    Ok(WebhookSettings {
        name,
        events,
        url,
        checks_certificate: params.required_boolean("security")?,
        user: credential("httpUser")?,
        password: credential("httpPass")?,
    })
}
