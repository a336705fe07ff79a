//! Filling the database of a stopped server with executions that have ended.
//!
//! Owns: their rows, by named columns, so that a schema with more of them is filled as well. Must not: touch a
//! database that a server has open.

use std::path::Path;

use anyhow::Result;
use rusqlite::{Connection, OptionalExtension, params};

/// 2026-01-01, when the first was queued.
const FIRST_MS: u64 = 1_767_225_600_000;

/// The id of the execution of that number: 13 digits of time and 7 more, like the server's own.
pub(crate) fn id(number: u64) -> String {
    format!("{:013x}{number:07x}", (FIRST_MS + number * 1000) * 1000)
}

/// Adds that many executions, a second apart, to the function, oldest first.
pub(crate) fn executions(database: &Path, function: &str, count: u64) -> Result<()> {
    let mut connection = Connection::open(database)?;
    // Nobody waits for the disk here: a crash means filling again.
    connection.pragma_update(None, "synchronous", "off")?;
    let (project, tag): (String, String) = connection.query_row(
        "select project_id, active_tag_id from functions where id = ?1",
        [function],
        |row| Ok((row.get(0)?, row.get(1)?)),
    )?;
    let tx = connection.transaction()?;
    {
        let mut insert = tx.prepare(
            "insert into executions (project_id, function_id, id, tag_id, \"read\", \"trigger\", status, caller, \
             queued_at_ms, started_at_ms, ended_at_ms, exit_code, duration_secs, data, stdout) \
             values (?1, ?2, ?3, ?4, '[]', 'http', 'completed', 'key', ?5, ?5 + 1, ?5 + 41, 0, 0.04, 'x', ?6)",
        )?;
        for number in 0..count {
            let queued_at_ms = (FIRST_MS + number * 1000).cast_signed();
            let stdout = format!("Hello, number {number}\n");
            insert.execute(params![project, function, id(number), tag, queued_at_ms, stdout])?;
        }
    }
    tx.commit()?;
    // As a server leaves it that has run for long: nothing in the journal.
    connection
        .query_row("pragma wal_checkpoint(truncate)", [], |_| Ok(()))
        .optional()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_have_twenty_digits_and_the_order_of_time() {
        let ids: Vec<_> = [0, 1, 999_999].map(id).into();
        assert!(ids.iter().all(|id| id.len() == 20));
        assert!(ids.is_sorted());
    }
}
