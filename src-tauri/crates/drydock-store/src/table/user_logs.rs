//! What users did with their accounts.

use drydock_core::Result;
use drydock_core::agent::Client;
use drydock_core::clock::Timestamp;
use drydock_core::event_name::EventName;
use drydock_core::id::{ProjectId, UserId};
use drydock_core::list::Page;
use drydock_core::user_log::{KEPT_SECS, LogEntry, MAX_PER_USER};
use rusqlite::params;

use crate::sql::{ReadTx, WriteTx, column, json, to_json};

/// Adds an entry; those of the user that are too old or too many go.
pub fn insert(tx: &WriteTx<'_>, project: &ProjectId, entry: &LogEntry) -> Result<()> {
    let (project, user) = (project.as_str(), entry.user.as_str());
    tx.run(
        "delete from user_logs where project_id = ?1 and user_id = ?2 and (at_ms < ?3 or seq <= \
         (select seq from user_logs where project_id = ?1 and user_id = ?2 order by seq desc limit 1 offset ?4))",
        params![
            project,
            user,
            entry.at.millis() - KEPT_SECS * 1000,
            MAX_PER_USER - 1
        ],
    )?;
    tx.run(
        "insert into user_logs (project_id, user_id, event, admin, ip, agent, at_ms) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            project,
            user,
            entry.event.as_str(),
            entry.admin,
            entry.client.ip,
            to_json(&entry.client.agent)?,
            entry.at.millis(),
        ],
    )
    .map(drop)
}

/// One page of the user's entries, newest first.
pub fn list(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    user: &UserId,
    limit: i64,
    offset: i64,
) -> Result<Page<LogEntry>> {
    let sum = tx
        .first(
            "select count(*) as n from user_logs where project_id = ?1 and user_id = ?2",
            [project.as_str(), user.as_str()],
            |row| column(row, "n"),
        )?
        .unwrap_or(0);
    let rows = tx.all(
        "select * from user_logs where project_id = ?1 and user_id = ?2 order by seq desc limit ?3 offset ?4",
        params![project.as_str(), user.as_str(), limit, offset],
        |row| {
            Ok(LogEntry {
                user: UserId::trusted(column::<String>(row, "user_id")?),
                event: EventName::parse("event", &column::<String>(row, "event")?)?,
                admin: column(row, "admin")?,
                client: Client {
                    ip: column(row, "ip")?,
                    agent: json(row, "agent")?,
                },
                at: Timestamp(column(row, "at_ms")?),
            })
        },
    )?;
    Ok(Page { rows, sum })
}
