//! Schedules: the columns of functions that say when they run by themselves.
//!
//! There is no index: a look at all functions takes a millisecond for a thousand, a few times a minute.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::function::Function;
use drydock_core::id::{FunctionId, ProjectId};
use rusqlite::{Row, params};

use crate::sql::{ReadTx, WriteTx, column};

/// A function that runs by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Scheduled {
    /// The project it belongs to.
    pub project: ProjectId,
    /// Its id.
    pub function: FunctionId,
    /// Its place among them, of those that are due.
    pub place: Place,
}

/// A place among scheduled functions: the soonest first, of one minute the oldest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    next: Timestamp,
    number: i64,
}

impl Place {
    /// Before all others.
    pub const FIRST: Self = Self {
        next: Timestamp(i64::MIN),
        number: 0,
    };
}

/// A page of the functions that are due `until` then, after a place.
pub fn due(tx: &ReadTx<'_>, until: Timestamp, after: Place, limit: i64) -> Result<Vec<Scheduled>> {
    let sql = "select seq, project_id, id, schedule_next_ms from functions where schedule_next_ms <= ?1 \
               and (schedule_next_ms, seq) > (?2, ?3) order by schedule_next_ms, seq limit ?4";
    tx.all(
        sql,
        params![until.millis(), after.next.millis(), after.number, limit],
        read,
    )
}

/// When the next one is due.
pub fn next(tx: &ReadTx<'_>) -> Result<Option<Timestamp>> {
    let sql = "select min(schedule_next_ms) as next from functions";
    let next = tx.first(sql, [], |row| column::<Option<i64>>(row, "next"))?;
    Ok(next.flatten().map(Timestamp))
}

/// Writes back when a function that was read in the same transaction ran, and when it runs next.
pub fn set(tx: &WriteTx<'_>, function: &Function) -> Result<()> {
    let sql = "update functions set schedule_next_ms = ?3, schedule_previous_ms = ?4 where project_id = ?1 and id = ?2";
    tx.run(
        sql,
        params![
            function.project.as_str(),
            function.id.as_str(),
            function.schedule_next.map(Timestamp::millis),
            function.schedule_previous.map(Timestamp::millis),
        ],
    )
    .map(drop)
}

fn read(row: &Row<'_>) -> Result<Scheduled> {
    Ok(Scheduled {
        project: ProjectId::trusted(column::<String>(row, "project_id")?),
        function: FunctionId::trusted(column::<String>(row, "id")?),
        place: Place {
            next: Timestamp(column(row, "schedule_next_ms")?),
            number: column(row, "seq")?,
        },
    })
}
