//! Executions: the queue and the history in one table.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::execution::{Execution, ExecutionStatus, Outcome, ReplayOf};
use drydock_core::function::VariableSet;
use drydock_core::id::{EventId, ExecutionId, FunctionId, ProjectId, SessionId, TagId, UserId};
use drydock_core::list::{ListQuery, Page};
use drydock_core::record::{Isolation, LimitHit, Record};
use rusqlite::{Row, params};

use super::list::Listing;
use crate::sql::{ReadTx, WriteTx, column, json, name, optional_name, to_json};

/// Adds a waiting execution; answers its place in the queue, which only grows.
pub fn insert(tx: &WriteTx<'_>, execution: &Execution) -> Result<i64> {
    let replay_of = execution.replay_of.as_ref();
    tx.insert(
        "Execution",
        "insert into executions (project_id, function_id, id, tag_id, \"read\", \"trigger\", status, data, caller, \
         user_id, session_id, queued_at_ms, variable_set, replay_of, same_variables, event_id, made_by, chain) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18)",
        params![
            execution.project.as_str(),
            execution.function.as_str(),
            execution.id.as_str(),
            execution.tag.as_str(),
            to_json(&execution.read)?,
            execution.trigger.as_str(),
            execution.status.as_str(),
            execution.data,
            execution.caller,
            execution.user.as_ref().map(UserId::as_str),
            execution.session.as_ref().map(SessionId::as_str),
            execution.queued_at.millis(),
            execution.variables.map(|set| set.0),
            replay_of.map(|replay| replay.execution.as_str()),
            replay_of.map(|replay| replay.same_variables),
            execution.event.as_ref().map(EventId::as_str),
            execution.made_by.as_ref().map(ExecutionId::as_str),
            to_json(&execution.chain)?,
        ],
    )
}

/// Marks a waiting execution as processing and notes the variables that it runs with, unless it came with some;
/// answers it, or `None` when it waits no longer (deleted).
pub fn start(
    tx: &WriteTx<'_>,
    project: &ProjectId,
    id: &ExecutionId,
    now: Timestamp,
) -> Result<Option<Execution>> {
    let changed = tx.run(
        "update executions set status = 'processing', started_at_ms = ?3, variable_set = coalesce(variable_set, \
         (select f.variable_set from functions f where f.project_id = ?1 and f.id = executions.function_id)) \
         where project_id = ?1 and id = ?2 and status = 'waiting'",
        params![project.as_str(), id.as_str(), now.millis()],
    )?;
    if changed == 0 {
        Ok(None)
    } else {
        find(tx, project, id)
    }
}

/// Writes how an unfinished execution ended; answers it, or `None` when it is gone or has ended before.
pub fn finish(
    tx: &WriteTx<'_>,
    project: &ProjectId,
    id: &ExecutionId,
    outcome: &Outcome,
    now: Timestamp,
) -> Result<Option<Execution>> {
    let record = &outcome.record;
    let changed = tx.run(
        "update executions set status = ?3, ended_at_ms = ?4, exit_code = ?5, stdout = ?6, stderr = ?7, \
         duration_secs = ?8, peak_memory_bytes = ?9, cpu_us = ?10, limit_hit = ?11, standby = ?12, isolation = ?13 \
         where project_id = ?1 and id = ?2 and status in ('waiting', 'processing')",
        params![
            project.as_str(),
            id.as_str(),
            outcome.status().as_str(),
            now.millis(),
            outcome.exit_code,
            outcome.stdout,
            outcome.stderr,
            outcome.duration_secs,
            record.peak_memory_bytes.map(saturated),
            record.cpu_us.map(saturated),
            record.limit.map(LimitHit::as_str),
            record.standby,
            record.isolation.map(Isolation::as_str),
        ],
    )?;
    if changed == 0 {
        Ok(None)
    } else {
        find(tx, project, id)
    }
}

/// Makes it stay when old ones are removed, or not; answers it, or `None` when it is gone.
pub fn pin(
    tx: &WriteTx<'_>,
    project: &ProjectId,
    id: &ExecutionId,
    pinned: bool,
) -> Result<Option<Execution>> {
    let sql = "update executions set pinned = ?3 where project_id = ?1 and id = ?2";
    tx.run(sql, params![project.as_str(), id.as_str(), pinned])?;
    find(tx, project, id)
}

/// The execution of that id, whatever its function.
pub fn find(tx: &ReadTx<'_>, project: &ProjectId, id: &ExecutionId) -> Result<Option<Execution>> {
    tx.first(
        "select * from executions where project_id = ?1 and id = ?2",
        [project.as_str(), id.as_str()],
        read,
    )
}

/// The function's execution of that id.
pub fn get(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    function: &FunctionId,
    id: &ExecutionId,
) -> Result<Option<Execution>> {
    Ok(find(tx, project, id)?.filter(|execution| execution.function == *function))
}

/// Those that an event started, in the order in which they were.
pub fn of_event(tx: &ReadTx<'_>, project: &ProjectId, event: &EventId) -> Result<Vec<Execution>> {
    tx.all(
        "select * from executions where project_id = ?1 and event_id = ?2 and replay_of is null order by seq",
        [project.as_str(), event.as_str()],
        read,
    )
}

/// One page of the function's executions. With `readers`, only those whose `$read` names one of them.
///
/// # Errors
/// `CursorNotFound`.
pub fn list(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    function: &FunctionId,
    readers: Option<&[String]>,
    query: &ListQuery,
) -> Result<Page<Execution>> {
    let (project, function) = (project.as_str(), function.as_str());
    let listing = Listing {
        table: "executions",
        what: "Execution",
        filter: "project_id = ?1 and function_id = ?2",
        params: &[&project, &function],
    };
    let Some(readers) = readers else {
        return listing.page(tx, query, read);
    };
    let readers = to_json(&readers)?;
    Listing {
        filter: "project_id = ?1 and function_id = ?2 and exists \
                 (select 1 from json_each(\"read\") where value in (select value from json_each(?3)))",
        params: &[&project, &function, &readers],
        ..listing
    }
    .page(tx, query, read)
}

/// The newest execution of the function.
pub fn newest(tx: &ReadTx<'_>, project: &ProjectId, function: &FunctionId) -> Result<Option<Execution>> {
    let sql = "select * from executions where project_id = ?1 and function_id = ?2 order by seq desc limit 1";
    tx.first(sql, [project.as_str(), function.as_str()], read)
}

/// Data that an execution had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecentData {
    /// The newest execution that had it.
    pub execution: ExecutionId,
    /// When that was asked for.
    pub at: Timestamp,
    /// The data.
    pub data: String,
}

/// The data of the function's newest executions, each once, newest first: a list to choose from, so no more than one
/// looks through, and found in few enough rows to be asked whenever that list is opened.
pub fn recent_data(tx: &ReadTx<'_>, project: &ProjectId, function: &FunctionId) -> Result<Vec<RecentData>> {
    const SQL: &str = "select data, id, queued_at_ms, max(seq) as seq from \
        (select data, id, queued_at_ms, seq from executions where project_id = ?1 and function_id = ?2 \
         order by seq desc limit 500) where data <> '' group by data order by 4 desc limit 20";
    tx.all(SQL, [project.as_str(), function.as_str()], |row| {
        Ok(RecentData {
            execution: ExecutionId::trusted(column::<String>(row, "id")?),
            at: Timestamp(column(row, "queued_at_ms")?),
            data: column(row, "data")?,
        })
    })
}

/// Whether an execution of the project has ended.
pub fn has_ended(tx: &ReadTx<'_>, project: &ProjectId) -> Result<bool> {
    let sql = "select 1 from executions where project_id = ?1 and ended_at_ms is not null limit 1";
    Ok(tx.first(sql, [project.as_str()], |_| Ok(()))?.is_some())
}

/// A waiting execution and its place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// Its number: the order of the queue.
    pub number: i64,
    /// The project it belongs to.
    pub project: ProjectId,
    /// The function it runs.
    pub function: FunctionId,
    /// The tag it runs.
    pub tag: TagId,
    /// Its id.
    pub execution: ExecutionId,
}

/// Every waiting execution, in the order of the queue.
pub fn waiting(tx: &ReadTx<'_>) -> Result<Vec<Waiting>> {
    let sql = "select seq, project_id, function_id, tag_id, id from executions \
               where status in ('waiting', 'processing') and status = 'waiting' order by seq";
    tx.all(sql, [], |row| {
        Ok(Waiting {
            number: column(row, "seq")?,
            project: ProjectId::trusted(column::<String>(row, "project_id")?),
            function: FunctionId::trusted(column::<String>(row, "function_id")?),
            tag: TagId::trusted(column::<String>(row, "tag_id")?),
            execution: ExecutionId::trusted(column::<String>(row, "id")?),
        })
    })
}

/// Every execution whose process was running when the last server ended.
pub fn interrupted(tx: &ReadTx<'_>) -> Result<Vec<Execution>> {
    let sql = "select * from executions \
               where status in ('waiting', 'processing') and status = 'processing' order by seq";
    tx.all(sql, [], read)
}

/// Executions that began in one span of time.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Bucket {
    /// Which span since the start, from 0.
    pub number: i64,
    /// Executions.
    pub total: i64,
    /// Of these, the failed ones.
    pub failed: i64,
    /// How long their processes ran.
    pub compute_ms: i64,
}

/// The function's executions that were made in the `count` spans of `span_ms` from `since` on; spans without any are left
/// out. From each execution that begins a span over to the end of the span: where one statement counted all spans, SQLite
/// kept every execution in a tree of its own to group them.
pub fn histogram(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    function: &FunctionId,
    (since, count, span_ms): (Timestamp, i64, i64),
) -> Result<Vec<Bucket>> {
    let (project, function) = (project.as_str(), function.as_str());
    let end = since.millis() + count * span_ms;
    let mut buckets = Vec::new();
    let mut from = since.millis();
    while let Some(next) = tx.first(NEXT, params![project, function, from, end], |row| {
        column::<i64>(row, "queued_at_ms")
    })? {
        let number = (next - since.millis()) / span_ms;
        from = since.millis() + (number + 1) * span_ms;
        let bucket = tx.first(SPAN, params![project, function, next, from], |row| {
            Ok(Bucket {
                number,
                total: column(row, "total")?,
                failed: column(row, "failed")?,
                compute_ms: column(row, "compute_ms")?,
            })
        })?;
        buckets.extend(bucket);
    }
    Ok(buckets)
}

const NEXT: &str = "select queued_at_ms from executions \
                    where project_id = ?1 and function_id = ?2 and queued_at_ms >= ?3 and queued_at_ms < ?4 \
                    order by queued_at_ms limit 1";
const SPAN: &str = "select count(*) as total, sum(status = 'failed') as failed, \
                    cast(round(sum(duration_secs) * 1000) as integer) as compute_ms from executions \
                    where project_id = ?1 and function_id = ?2 and queued_at_ms >= ?3 and queued_at_ms < ?4";

fn read(row: &Row<'_>) -> Result<Execution> {
    let status: ExecutionStatus = name(row, "status")?;
    Ok(Execution {
        project: ProjectId::trusted(column::<String>(row, "project_id")?),
        id: ExecutionId::trusted(column::<String>(row, "id")?),
        function: FunctionId::trusted(column::<String>(row, "function_id")?),
        tag: TagId::trusted(column::<String>(row, "tag_id")?),
        read: json(row, "read")?,
        trigger: name(row, "trigger")?,
        event: column::<Option<String>>(row, "event_id")?.map(EventId::trusted),
        made_by: column::<Option<String>>(row, "made_by")?.map(ExecutionId::trusted),
        chain: json(row, "chain")?,
        status,
        data: column(row, "data")?,
        caller: column(row, "caller")?,
        user: column::<Option<String>>(row, "user_id")?.map(UserId::trusted),
        session: column::<Option<String>>(row, "session_id")?.map(SessionId::trusted),
        variables: column::<Option<i64>>(row, "variable_set")?.map(VariableSet),
        replay_of: replay_of(row)?,
        queued_at: Timestamp(column(row, "queued_at_ms")?),
        started_at: column::<Option<i64>>(row, "started_at_ms")?.map(Timestamp),
        ended_at: column::<Option<i64>>(row, "ended_at_ms")?.map(Timestamp),
        exit_code: column(row, "exit_code")?,
        stdout: column(row, "stdout")?,
        stderr: column(row, "stderr")?,
        duration_secs: column(row, "duration_secs")?,
        record: Record {
            peak_memory_bytes: column::<Option<i64>>(row, "peak_memory_bytes")?.map(i64::cast_unsigned),
            cpu_us: column::<Option<i64>>(row, "cpu_us")?.map(i64::cast_unsigned),
            limit: optional_name(row, "limit_hit")?,
            standby: column(row, "standby")?,
            isolation: optional_name(row, "isolation")?,
        },
        pinned: column(row, "pinned")?,
    })
}

fn replay_of(row: &Row<'_>) -> Result<Option<ReplayOf>> {
    let Some(execution) = column::<Option<String>>(row, "replay_of")? else {
        return Ok(None);
    };
    Ok(Some(ReplayOf {
        execution: ExecutionId::trusted(execution),
        same_variables: column(row, "same_variables")?,
    }))
}

/// A number as SQLite can hold it; no machine has more.
fn saturated(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}
