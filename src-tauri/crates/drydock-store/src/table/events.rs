//! Events: their history, and which of them have not started yet what listens to them.

use drydock_core::activity::ActivityKind;
use drydock_core::clock::Timestamp;
use drydock_core::event::Event;
use drydock_core::event_name::EventName;
use drydock_core::id::{EventId, ExecutionId, ProjectId, UserId};
use drydock_core::list::{CursorDirection, ListQuery, MAX_SUM, Order, Page};
use drydock_core::{Error, Result};
use rusqlite::{Row, params};

use crate::sql::{ReadTx, WriteTx, column, json, to_json};

/// Adds an event.
pub fn insert(tx: &WriteTx<'_>, event: &Event) -> Result<()> {
    tx.insert(
        "Event",
        "insert into events (project_id, id, name, at_ms, payload, execution_id, caller, user_id, made_by, chain, handled, \
         by_hand) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
        params![
            event.project.as_str(),
            event.id.as_str(),
            event.name.as_str(),
            event.at.millis(),
            event.payload,
            event.execution.as_ref().map(ExecutionId::as_str),
            event.caller,
            event.user.as_ref().map(UserId::as_str),
            event.made_by.as_ref().map(ExecutionId::as_str),
            to_json(&event.chain)?,
            event.is_handled,
            event.is_by_hand,
        ],
    )
    .map(drop)
}

/// The oldest that have not started what listens to them, at most `limit`, but for those of projects in `but`.
pub fn waiting(tx: &ReadTx<'_>, but: &[ProjectId], limit: usize) -> Result<Vec<Event>> {
    tx.all(
        "select * from events where handled = 0 and project_id not in (select value from json_each(?1)) \
         order by seq limit ?2",
        params![to_json(&but)?, limit as i64],
        read,
    )
}

/// Notes that what listens to it has been started; `false` when it was before, or is gone.
pub fn handle(tx: &WriteTx<'_>, project: &ProjectId, id: &EventId) -> Result<bool> {
    let sql = "update events set handled = 1 where project_id = ?1 and id = ?2 and handled = 0";
    Ok(tx.run(sql, [project.as_str(), id.as_str()])? > 0)
}

/// The event of that id.
pub fn get(tx: &ReadTx<'_>, project: &ProjectId, id: &EventId) -> Result<Option<Event>> {
    tx.first(
        "select * from events where project_id = ?1 and id = ?2",
        [project.as_str(), id.as_str()],
        read,
    )
}

/// One page of the project's events of those names.
///
/// The newest of each name are looked up by the index of names, and of those the newest in all are read: what a page costs
/// grows with names and offset, not with the history, also where one project or one name is nearly all of it.
///
/// # Errors
/// `CursorNotFound`.
pub fn list(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    names: &[EventName],
    query: &ListQuery,
) -> Result<Page<Event>> {
    let names = to_json(&names)?;
    let sum = tx.first(
        "select count(*) as n from (select 1 from events where project_id = ?1 \
         and name in (select value from json_each(?2)) limit ?3)",
        params![project.as_str(), names, MAX_SUM],
        |row| column(row, "n"),
    )?;

    // A page before the cursor is read backwards from it and turned round.
    let backwards = query.direction == CursorDirection::Before;
    let ascending = (query.order == Order::Ascending) != backwards;
    let cursor = match query.cursor.as_ref() {
        Some(id) => cursor(tx, project, id)?,
        None if ascending => 0,
        None => i64::MAX,
    };
    let sql = format!(
        "select * from events where seq in (select e.seq from json_each(?2) n cross join events e where e.seq in \
         (select seq from events where project_id = ?1 and name = n.value and seq {side} ?3 \
         order by seq {direction} limit ?4) order by e.seq {direction} limit ?5 offset ?6) order by seq {direction}",
        side = if ascending { '>' } else { '<' },
        direction = if ascending { "asc" } else { "desc" },
    );
    let (limit, offset) = (query.limit, query.offset);
    let mut rows = tx.all(
        &sql,
        params![project.as_str(), names, cursor, limit + offset, limit, offset],
        read,
    )?;
    if backwards {
        rows.reverse();
    }
    Ok(Page {
        rows,
        sum: sum.unwrap_or(0),
    })
}

fn cursor(tx: &ReadTx<'_>, project: &ProjectId, id: &str) -> Result<i64> {
    let sql = "select seq from events where project_id = ?1 and id = ?2";
    let seq = tx.first(sql, [project.as_str(), id], |row| column(row, "seq"))?;
    seq.ok_or_else(|| Error::CursorNotFound {
        what: "Event",
        id: id.to_owned(),
    })
}

/// The number of the last one from before `at`.
pub fn last_before(tx: &ReadTx<'_>, at: Timestamp) -> Result<i64> {
    let sql = "select seq from events where at_ms < ?1 order by at_ms desc, seq desc limit 1";
    let last = tx.first(sql, [at.millis()], |row| column(row, "seq"))?;
    Ok(last.unwrap_or(0))
}

/// Those after that number which are about no execution, in order, each with its number.
pub fn since(tx: &ReadTx<'_>, number: i64, limit: usize) -> Result<Vec<(i64, Event)>> {
    tx.all(
        "select * from events where seq > ?1 and execution_id is null order by seq limit ?2",
        [number, limit as i64],
        |row| Ok((column(row, "seq")?, read(row)?)),
    )
}

/// The newest that the feed tells, before the one of that number, each with its own: all, or those of one kind. Each name
/// is looked up by itself, so that a busy one hides none of the others behind a hundred thousand rows.
pub fn feed(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    kind: Option<ActivityKind>,
    before: i64,
    limit: usize,
) -> Result<Vec<(i64, Event)>> {
    let (project, limit_rows) = (project.as_str(), limit as i64);
    let mut numbers: Vec<i64> = Vec::new();
    for event in EventName::all() {
        let is_wanted = ActivityKind::of(event).is_some_and(|of| kind.is_none_or(|kind| kind == of));
        if is_wanted {
            numbers.extend(tx.all(
                OF_NAME,
                params![project, before, limit_rows, event.as_str()],
                |row| column::<i64>(row, "seq"),
            )?);
        }
    }
    let others = match kind {
        None | Some(ActivityKind::Events) => BY_HAND,
        Some(ActivityKind::Schedules) => OF_SCHEDULES,
        Some(_) => "",
    };
    if !others.is_empty() {
        numbers.extend(tx.all(others, params![project, before, limit_rows], |row| {
            column::<i64>(row, "seq")
        })?);
    }
    numbers.sort_unstable_by_key(|number| -number);
    numbers.truncate(limit);
    let one = |number: i64| {
        let event = tx.first("select * from events where seq = ?1", [number], read)?;
        Ok(event.map(|event| (number, event)))
    };
    numbers
        .into_iter()
        .filter_map(|number| one(number).transpose())
        .collect()
}

const OF_NAME: &str = "select seq from events where project_id = ?1 and name = ?4 and seq < ?2 and by_hand = 0 \
                       order by seq desc limit ?3";
const BY_HAND: &str = "select seq from events where project_id = ?1 and by_hand = 1 and seq < ?2 \
                       order by seq desc limit ?3";
const OF_SCHEDULES: &str = "select seq from events where project_id = ?1 and caller = 'schedule' \
                            and name = 'functions.executions.create' and seq < ?2 order by seq desc limit ?3";

/// Of those from before a time, which are over: what listens to it was started, no execution that it started is still to
/// end, and no webhook is still to be told of it.
const OVER: &str = "from events where at_ms < ?1 and handled = 1 and not exists (select 1 from executions x \
                    where x.project_id = events.project_id and x.event_id = events.id \
                    and x.status in ('waiting', 'processing')) and not exists (select 1 from deliveries d \
                    where d.project_id = events.project_id and d.event_id = events.id and d.status = 'waiting')";

/// Removes those from before `before` that are over, at most `limit`; how many.
pub fn remove_before(tx: &WriteTx<'_>, before: Timestamp, limit: usize) -> Result<usize> {
    let sql = format!("delete from events where seq in (select seq {OVER} order by at_ms limit ?2)");
    tx.run(&sql, params![before.millis(), limit as i64])
}

/// Whether [`remove_before`] would remove some.
pub fn are_before(tx: &ReadTx<'_>, before: Timestamp) -> Result<bool> {
    let sql = format!("select 1 {OVER} limit 1");
    Ok(tx.first(&sql, [before.millis()], |_| Ok(()))?.is_some())
}

fn read(row: &Row<'_>) -> Result<Event> {
    Ok(Event {
        project: ProjectId::trusted(column::<String>(row, "project_id")?),
        id: EventId::trusted(column::<String>(row, "id")?),
        name: EventName::parse("event", &column::<String>(row, "name")?).map_err(unknown)?,
        at: Timestamp(column(row, "at_ms")?),
        payload: column(row, "payload")?,
        execution: column::<Option<String>>(row, "execution_id")?.map(ExecutionId::trusted),
        caller: column(row, "caller")?,
        user: column::<Option<String>>(row, "user_id")?.map(UserId::trusted),
        made_by: column::<Option<String>>(row, "made_by")?.map(ExecutionId::trusted),
        chain: json(row, "chain")?,
        is_handled: column(row, "handled")?,
        is_by_hand: column(row, "by_hand")?,
    })
}

/// The list of names is closed, and only we write here.
fn unknown(error: Error) -> Error {
    Error::internal(format!("the stored event cannot be read: {error}"))
}
