//! Saved payloads of functions.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::id::{FunctionId, PayloadId, ProjectId};
use drydock_core::payload::SavedPayload;
use rusqlite::{Row, params};

use crate::sql::{ReadTx, WriteTx, column};

/// Adds a payload.
pub fn insert(tx: &WriteTx<'_>, payload: &SavedPayload) -> Result<()> {
    tx.insert(
        "Payload",
        "insert into payloads (project_id, function_id, id, name, saved_at_ms, data) values (?1, ?2, ?3, ?4, ?5, ?6)",
        params![
            payload.project.as_str(),
            payload.function.as_str(),
            payload.id.as_str(),
            payload.name,
            payload.saved_at.millis(),
            payload.data,
        ],
    )
    .map(drop)
}

/// Writes back a payload that was read in the same transaction.
pub fn update(tx: &WriteTx<'_>, payload: &SavedPayload) -> Result<()> {
    tx.run(
        "update payloads set name = ?3, saved_at_ms = ?4, data = ?5 where project_id = ?1 and id = ?2",
        params![
            payload.project.as_str(),
            payload.id.as_str(),
            payload.name,
            payload.saved_at.millis(),
            payload.data,
        ],
    )
    .map(drop)
}

/// Removes a payload of the function; says whether there was one.
pub fn delete(tx: &WriteTx<'_>, project: &ProjectId, function: &FunctionId, id: &PayloadId) -> Result<bool> {
    let sql = "delete from payloads where project_id = ?1 and function_id = ?2 and id = ?3";
    Ok(tx.run(sql, [project.as_str(), function.as_str(), id.as_str()])? > 0)
}

/// Every payload of the function, by name.
pub fn all(tx: &ReadTx<'_>, project: &ProjectId, function: &FunctionId) -> Result<Vec<SavedPayload>> {
    let sql = "select * from payloads where project_id = ?1 and function_id = ?2 order by name collate nocase, name";
    tx.all(sql, [project.as_str(), function.as_str()], read)
}

fn read(row: &Row<'_>) -> Result<SavedPayload> {
    Ok(SavedPayload {
        project: ProjectId::trusted(column::<String>(row, "project_id")?),
        function: FunctionId::trusted(column::<String>(row, "function_id")?),
        id: PayloadId::trusted(column::<String>(row, "id")?),
        name: column(row, "name")?,
        data: column(row, "data")?,
        saved_at: Timestamp(column(row, "saved_at_ms")?),
    })
}
