//! Functions.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::event_name::EventName;
use drydock_core::function::{Backend, Function, VariableSet};
use drydock_core::id::{FunctionId, ProjectId, TagId};
use drydock_core::list::{ListQuery, Page};
use drydock_core::runtime::Runtime;
use drydock_core::schedule::Schedule;
use rusqlite::{Row, params};

use super::list::Listing;
use super::variable_sets;
use crate::sql::{ReadTx, WriteTx, column, json, name, to_json, to_name};

/// Adds a function.
///
/// # Errors
/// `AlreadyExists` when the id is in use.
pub fn insert(tx: &WriteTx<'_>, function: &Function) -> Result<()> {
    let vars = to_json(&function.vars)?;
    tx.insert(
        "Function",
        "insert into functions (project_id, id, name, execute, created_at_ms, updated_at_ms, status, runtime, \
         active_tag_id, vars, events, schedule, schedule_next_ms, schedule_previous_ms, timeout_secs, \
         network, backend) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)",
        params![
            function.project.as_str(),
            function.id.as_str(),
            function.name,
            to_json(&function.execute)?,
            function.created_at.millis(),
            function.updated_at.millis(),
            to_name(&function.status)?,
            function.runtime.id,
            function.active_tag.as_ref().map(TagId::as_str),
            vars,
            to_json(&function.events)?,
            schedule(function),
            function.schedule_next.map(Timestamp::millis),
            function.schedule_previous.map(Timestamp::millis),
            function.timeout_secs,
            function.network.as_str(),
            function.backend.map(Backend::as_str),
        ],
    )?;
    keep_variables(tx, function, &vars)
}

/// Writes back a function that was read in the same transaction.
pub fn update(tx: &WriteTx<'_>, function: &Function) -> Result<()> {
    let vars = to_json(&function.vars)?;
    tx.run(
        "update functions set name = ?3, execute = ?4, updated_at_ms = ?5, status = ?6, active_tag_id = ?7, \
         vars = ?8, events = ?9, schedule = ?10, schedule_next_ms = ?11, schedule_previous_ms = ?12, \
         timeout_secs = ?13, network = ?14, backend = ?15 where project_id = ?1 and id = ?2",
        params![
            function.project.as_str(),
            function.id.as_str(),
            function.name,
            to_json(&function.execute)?,
            function.updated_at.millis(),
            to_name(&function.status)?,
            function.active_tag.as_ref().map(TagId::as_str),
            vars,
            to_json(&function.events)?,
            schedule(function),
            function.schedule_next.map(Timestamp::millis),
            function.schedule_previous.map(Timestamp::millis),
            function.timeout_secs,
            function.network.as_str(),
            function.backend.map(Backend::as_str),
        ],
    )?;
    keep_variables(tx, function, &vars)
}

/// Notes the set that the function's variables are now. The one before goes, if no execution ran with it: variables
/// may be secrets.
fn keep_variables(tx: &WriteTx<'_>, function: &Function, vars: &str) -> Result<()> {
    let key = [function.project.as_str(), function.id.as_str()];
    let sql = "select variable_set from functions where project_id = ?1 and id = ?2";
    let before = tx.first(sql, key, |row| column(row, "variable_set"))?;
    let now = variable_sets::of(tx, &function.project, &function.id, vars)?;
    let Some(before) = before.filter(|before| *before != now) else {
        return Ok(());
    };
    tx.run(
        "update functions set variable_set = ?3 where project_id = ?1 and id = ?2",
        params![key[0], key[1], now],
    )?;
    variable_sets::remove_unused(tx, &[VariableSet(before)]).map(drop)
}

/// Removes a function with its tags and executions; says whether there was one.
pub fn delete(tx: &WriteTx<'_>, project: &ProjectId, id: &FunctionId) -> Result<bool> {
    let sql = "delete from functions where project_id = ?1 and id = ?2";
    Ok(tx.run(sql, [project.as_str(), id.as_str()])? > 0)
}

/// The function of that id.
pub fn get(tx: &ReadTx<'_>, project: &ProjectId, id: &FunctionId) -> Result<Option<Function>> {
    let sql = "select * from functions where project_id = ?1 and id = ?2";
    tx.first(sql, [project.as_str(), id.as_str()], read)
}

/// The function of the project that was made last.
pub fn newest(tx: &ReadTx<'_>, project: &ProjectId) -> Result<Option<FunctionId>> {
    let sql = "select id from functions where project_id = ?1 order by seq desc limit 1";
    tx.first(sql, [project.as_str()], |row| {
        Ok(FunctionId::trusted(column::<String>(row, "id")?))
    })
}

/// Those of the project that listen to an event and have code that could run.
pub fn listening(tx: &ReadTx<'_>, project: &ProjectId, event: EventName) -> Result<Vec<Function>> {
    let sql = format!("select * {LISTENING} order by seq");
    tx.all(&sql, [project.as_str(), &as_listed(event)], read)
}

/// Whether any does.
pub fn is_listened_to(tx: &ReadTx<'_>, project: &ProjectId, event: EventName) -> Result<bool> {
    let sql = format!("select 1 {LISTENING} limit 1");
    let found = tx.first(&sql, [project.as_str(), &as_listed(event)], |_| Ok(()))?;
    Ok(found.is_some())
}

const LISTENING: &str = "from functions where project_id = ?1 and events <> '[]' and instr(events, ?2) > 0 \
                         and active_tag_id is not null";

/// An event as it stands in the JSON list; no name holds a quote.
pub(super) fn as_listed(event: EventName) -> String {
    format!("\"{}\"", event.as_str())
}

/// Every function of the project.
pub fn all_ids(tx: &ReadTx<'_>, project: &ProjectId) -> Result<Vec<FunctionId>> {
    let sql = "select id from functions where project_id = ?1";
    tx.all(sql, [project.as_str()], |row| {
        Ok(FunctionId::trusted(column::<String>(row, "id")?))
    })
}

/// One page of the project's functions.
///
/// # Errors
/// `CursorNotFound`.
pub fn list(tx: &ReadTx<'_>, project: &ProjectId, query: &ListQuery) -> Result<Page<Function>> {
    Listing {
        table: "functions",
        what: "Function",
        filter: "project_id = ?1",
        params: &[&project.as_str()],
    }
    .page(tx, query, read)
}

fn read(row: &Row<'_>) -> Result<Function> {
    let schedule: String = column(row, "schedule")?;
    Ok(Function {
        project: ProjectId::trusted(column::<String>(row, "project_id")?),
        id: FunctionId::trusted(column::<String>(row, "id")?),
        name: column(row, "name")?,
        execute: json(row, "execute")?,
        created_at: Timestamp(column(row, "created_at_ms")?),
        updated_at: Timestamp(column(row, "updated_at_ms")?),
        status: name(row, "status")?,
        runtime: Runtime::parse("runtime", &column::<String>(row, "runtime")?)?,
        active_tag: column::<Option<String>>(row, "active_tag_id")?.map(TagId::trusted),
        vars: json(row, "vars")?,
        events: json(row, "events")?,
        schedule: if schedule.is_empty() {
            None
        } else {
            Some(Schedule::parse("schedule", &schedule)?)
        },
        schedule_next: column::<Option<i64>>(row, "schedule_next_ms")?.map(Timestamp),
        schedule_previous: column::<Option<i64>>(row, "schedule_previous_ms")?.map(Timestamp),
        timeout_secs: column(row, "timeout_secs")?,
        network: name(row, "network")?,
        backend: column::<Option<String>>(row, "backend")?
            .map(|name| Backend::parse("backend", &name))
            .transpose()?,
    })
}

fn schedule(function: &Function) -> &str {
    function.schedule.as_ref().map_or("", Schedule::as_str)
}
