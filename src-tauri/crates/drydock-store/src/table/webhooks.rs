//! Webhooks; their password and the key that signs are stored sealed.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::event_name::EventName;
use drydock_core::id::{ProjectId, WebhookId};
use drydock_core::webhook::Webhook;
use rusqlite::{Row, params};

use super::functions::as_listed;
use crate::sql::{ReadTx, WriteTx, column, json, to_json};

/// The secrets of a webhook as they are stored, for who can open them.
#[derive(Debug, Clone)]
pub struct SealedSecrets {
    /// Of HTTP basic authentication.
    pub password: Vec<u8>,
    /// What signs requests.
    pub key: Vec<u8>,
}

/// Adds a webhook.
pub fn insert(tx: &WriteTx<'_>, webhook: &Webhook, secrets: &SealedSecrets) -> Result<()> {
    tx.insert(
        "Webhook",
        "insert into webhooks (project_id, id, name, events, url, checks_certificate, user, password_sealed, \
         key_sealed, created_at_ms) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            webhook.project.as_str(),
            webhook.id.as_str(),
            webhook.name,
            to_json(&webhook.events)?,
            webhook.url,
            webhook.checks_certificate,
            webhook.user,
            secrets.password,
            secrets.key,
            webhook.created_at.millis(),
        ],
    )
    .map(drop)
}

/// Writes back a webhook that was read in the same transaction, with its password; the key stays.
pub fn update(tx: &WriteTx<'_>, webhook: &Webhook, password: &[u8]) -> Result<()> {
    tx.run(
        "update webhooks set name = ?3, events = ?4, url = ?5, checks_certificate = ?6, user = ?7, \
         password_sealed = ?8 where project_id = ?1 and id = ?2",
        params![
            webhook.project.as_str(),
            webhook.id.as_str(),
            webhook.name,
            to_json(&webhook.events)?,
            webhook.url,
            webhook.checks_certificate,
            webhook.user,
            password,
        ],
    )
    .map(drop)
}

/// Removes a webhook with its deliveries; says whether there was one.
pub fn delete(tx: &WriteTx<'_>, project: &ProjectId, id: &WebhookId) -> Result<bool> {
    let sql = "delete from webhooks where project_id = ?1 and id = ?2";
    Ok(tx.run(sql, [project.as_str(), id.as_str()])? > 0)
}

/// The project's webhook of that id.
pub fn get(tx: &ReadTx<'_>, project: &ProjectId, id: &WebhookId) -> Result<Option<(Webhook, SealedSecrets)>> {
    let sql = "select * from webhooks where project_id = ?1 and id = ?2";
    tx.first(sql, [project.as_str(), id.as_str()], read_sealed)
}

/// The project's webhooks, oldest first.
pub fn all(tx: &ReadTx<'_>, project: &ProjectId) -> Result<Vec<(Webhook, SealedSecrets)>> {
    let sql = "select * from webhooks where project_id = ?1 order by seq";
    tx.all(sql, [project.as_str()], read_sealed)
}

/// Those of the project that are told of an event.
pub fn listening(tx: &ReadTx<'_>, project: &ProjectId, event: EventName) -> Result<Vec<WebhookId>> {
    let sql = format!("select id {LISTENING} order by seq");
    tx.all(&sql, [project.as_str(), &as_listed(event)], |row| {
        Ok(WebhookId::trusted(column::<String>(row, "id")?))
    })
}

/// Whether any is.
pub fn are_told_of(tx: &ReadTx<'_>, project: &ProjectId, event: EventName) -> Result<bool> {
    let sql = format!("select 1 {LISTENING} limit 1");
    let found = tx.first(&sql, [project.as_str(), &as_listed(event)], |_| Ok(()))?;
    Ok(found.is_some())
}

const LISTENING: &str = "from webhooks where project_id = ?1 and instr(events, ?2) > 0";

fn read_sealed(row: &Row<'_>) -> Result<(Webhook, SealedSecrets)> {
    let secrets = SealedSecrets {
        password: column(row, "password_sealed")?,
        key: column(row, "key_sealed")?,
    };
    Ok((read(row)?, secrets))
}

fn read(row: &Row<'_>) -> Result<Webhook> {
    Ok(Webhook {
        id: WebhookId::trusted(column::<String>(row, "id")?),
        project: ProjectId::trusted(column::<String>(row, "project_id")?),
        name: column(row, "name")?,
        events: json(row, "events")?,
        url: column(row, "url")?,
        checks_certificate: column(row, "checks_certificate")?,
        user: column(row, "user")?,
        created_at: Timestamp(column(row, "created_at_ms")?),
    })
}
