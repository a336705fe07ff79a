//! Deliveries of events to webhooks: which wait, and what became of the others.

use drydock_core::clock::Timestamp;
use drydock_core::delivery::Delivery;
use drydock_core::event_name::EventName;
use drydock_core::id::{DeliveryId, EventId, ProjectId, WebhookId};
use drydock_core::list::{ListQuery, Page};
use drydock_core::{Error, Result};
use rusqlite::{Row, params};

use super::list::Listing;
use crate::sql::{ReadTx, WriteTx, column, json, name, to_json, to_name};

/// Adds a delivery.
pub fn insert(tx: &WriteTx<'_>, delivery: &Delivery) -> Result<()> {
    tx.insert(
        "Delivery",
        "insert into deliveries (project_id, id, webhook_id, event_id, event_name, created_at_ms, status, attempts, \
         next_at_ms) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
        params![
            delivery.project.as_str(),
            delivery.id.as_str(),
            delivery.webhook.as_str(),
            delivery.event.as_str(),
            delivery.name.as_str(),
            delivery.created_at.millis(),
            to_name(&delivery.status)?,
            to_json(&delivery.attempts)?,
            delivery.next_at.map(Timestamp::millis),
        ],
    )
    .map(drop)
}

/// Writes back what became of a delivery; `false` when it is gone with its webhook.
pub fn update(tx: &WriteTx<'_>, delivery: &Delivery) -> Result<bool> {
    let changed = tx.run(
        "update deliveries set status = ?3, attempts = ?4, next_at_ms = ?5 where project_id = ?1 and id = ?2",
        params![
            delivery.project.as_str(),
            delivery.id.as_str(),
            to_name(&delivery.status)?,
            to_json(&delivery.attempts)?,
            delivery.next_at.map(Timestamp::millis),
        ],
    )?;
    Ok(changed > 0)
}

/// How many wait for a webhook, counted up to `limit`.
pub fn waiting_for(tx: &ReadTx<'_>, project: &ProjectId, webhook: &WebhookId, limit: i64) -> Result<i64> {
    let sql = "select count(*) as n from (select 1 from deliveries where project_id = ?1 and webhook_id = ?2 \
               and status = 'waiting' limit ?3)";
    let key = params![project.as_str(), webhook.as_str(), limit];
    Ok(tx.first(sql, key, |row| column(row, "n"))?.unwrap_or(0))
}

/// How many wait, for all webhooks.
pub fn waiting(tx: &ReadTx<'_>) -> Result<i64> {
    let sql = "select count(*) as n from deliveries where status = 'waiting'";
    Ok(tx.first(sql, [], |row| column(row, "n"))?.unwrap_or(0))
}

/// The one that has been due longest, but for those that are `under_way` and those of webhooks that are `busy`. Due is
/// also what would wait longer than anything does, until after `too_late`: the clock was set back.
pub fn due(
    tx: &ReadTx<'_>,
    now: Timestamp,
    too_late: Timestamp,
    under_way: &[DeliveryId],
    busy: &[WebhookId],
) -> Result<Option<Delivery>> {
    let sql = "select * from deliveries where status = 'waiting' and (next_at_ms <= ?1 or next_at_ms > ?2) \
               and id not in (select value from json_each(?3)) \
               and webhook_id not in (select value from json_each(?4)) order by next_at_ms limit 1";
    tx.first(
        sql,
        params![
            now.millis(),
            too_late.millis(),
            to_json(&under_way)?,
            to_json(&busy)?
        ],
        read,
    )
}

/// When the next one of those that wait is due, after `now`.
pub fn next_due(tx: &ReadTx<'_>, now: Timestamp) -> Result<Option<Timestamp>> {
    let sql = "select min(next_at_ms) as next from deliveries where status = 'waiting' and next_at_ms > ?1";
    let next = tx.first(sql, [now.millis()], |row| column::<Option<i64>>(row, "next"))?;
    Ok(next.flatten().map(Timestamp))
}

/// The delivery of that id.
pub fn get(tx: &ReadTx<'_>, project: &ProjectId, id: &DeliveryId) -> Result<Option<Delivery>> {
    tx.first(
        "select * from deliveries where project_id = ?1 and id = ?2",
        [project.as_str(), id.as_str()],
        read,
    )
}

/// What a search looks at, row by row: the newest 10,000 of the webhook, twice what pages without one reach.
const SEARCH: &str = "project_id = ?1 and webhook_id = ?2 and seq >= (select min(seq) from (select seq from deliveries \
     where project_id = ?1 and webhook_id = ?2 order by seq desc limit 10000)) and not exists \
     (select 1 from json_each(?3) where instr(event_name || ' ' || status, value) = 0)";

/// One page of a webhook's deliveries; of a search all words must be in the event's name or the status.
///
/// # Errors
/// `CursorNotFound`.
pub fn list(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    webhook: &WebhookId,
    query: &ListQuery,
) -> Result<Page<Delivery>> {
    let search = query.search.to_lowercase();
    let words: Vec<_> = search
        .split_whitespace()
        .map(|word| word.trim_end_matches('*'))
        .collect();
    let (project, webhook, words_json) = (project.as_str(), webhook.as_str(), to_json(&words)?);
    let listing = if words.is_empty() {
        Listing {
            table: "deliveries",
            what: "Delivery",
            filter: "project_id = ?1 and webhook_id = ?2",
            params: &[&project, &webhook],
        }
    } else {
        Listing {
            table: "deliveries",
            what: "Delivery",
            filter: SEARCH,
            params: &[&project, &webhook, &words_json],
        }
    };
    let all = ListQuery {
        search: String::new(),
        ..query.clone()
    };
    listing.page(tx, &all, read)
}

/// The newest of a webhook that does not wait.
pub fn last_over(tx: &ReadTx<'_>, project: &ProjectId, webhook: &WebhookId) -> Result<Option<Delivery>> {
    tx.first(
        "select * from deliveries where project_id = ?1 and webhook_id = ?2 and status <> 'waiting' \
         order by seq desc limit 1",
        [project.as_str(), webhook.as_str()],
        read,
    )
}

/// Removes those that were made before `before`, at most `limit`; how many. What waits stays.
pub fn remove_before(tx: &WriteTx<'_>, before: Timestamp, limit: usize) -> Result<usize> {
    tx.run(
        "delete from deliveries where seq in (select seq from deliveries where created_at_ms < ?1 \
         and status <> 'waiting' order by created_at_ms limit ?2)",
        params![before.millis(), limit as i64],
    )
}

/// Whether [`remove_before`] would remove some.
pub fn are_before(tx: &ReadTx<'_>, before: Timestamp) -> Result<bool> {
    let sql = "select 1 from deliveries where created_at_ms < ?1 and status <> 'waiting' limit 1";
    Ok(tx.first(sql, [before.millis()], |_| Ok(()))?.is_some())
}

fn read(row: &Row<'_>) -> Result<Delivery> {
    Ok(Delivery {
        project: ProjectId::trusted(column::<String>(row, "project_id")?),
        id: DeliveryId::trusted(column::<String>(row, "id")?),
        webhook: WebhookId::trusted(column::<String>(row, "webhook_id")?),
        event: EventId::trusted(column::<String>(row, "event_id")?),
        name: EventName::parse("event", &column::<String>(row, "event_name")?).map_err(unknown)?,
        created_at: Timestamp(column(row, "created_at_ms")?),
        status: name(row, "status")?,
        attempts: json(row, "attempts")?,
        next_at: column::<Option<i64>>(row, "next_at_ms")?.map(Timestamp),
    })
}

/// The list of names is closed, and only we write here.
fn unknown(error: Error) -> Error {
    Error::internal(format!("the stored delivery cannot be read: {error}"))
}
