//! Tags.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::id::{FunctionId, ProjectId, TagId};
use drydock_core::list::{ListQuery, Page};
use drydock_core::tag::Tag;
use rusqlite::{Row, params};

use super::list::Listing;
use crate::sql::{ReadTx, WriteTx, column, name, to_name};

/// Adds a tag.
pub fn insert(tx: &WriteTx<'_>, tag: &Tag) -> Result<()> {
    tx.insert(
        "Tag",
        "insert into tags (project_id, function_id, id, created_at_ms, command, size_bytes, origin) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            tag.project.as_str(),
            tag.function.as_str(),
            tag.id.as_str(),
            tag.created_at.millis(),
            tag.command,
            tag.size_bytes as i64,
            to_name(&tag.origin)?,
        ],
    )
    .map(drop)
}

/// Removes a tag; says whether there was one.
pub fn delete(tx: &WriteTx<'_>, project: &ProjectId, function: &FunctionId, id: &TagId) -> Result<bool> {
    let sql = "delete from tags where project_id = ?1 and function_id = ?2 and id = ?3";
    Ok(tx.run(sql, [project.as_str(), function.as_str(), id.as_str()])? > 0)
}

/// The function's tag of that id; a tag of another function is none.
pub fn get(tx: &ReadTx<'_>, project: &ProjectId, function: &FunctionId, id: &TagId) -> Result<Option<Tag>> {
    let sql = "select * from tags where project_id = ?1 and function_id = ?2 and id = ?3";
    tx.first(sql, [project.as_str(), function.as_str(), id.as_str()], read)
}

/// One page of the function's tags.
///
/// # Errors
/// `CursorNotFound`.
pub fn list(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    function: &FunctionId,
    query: &ListQuery,
) -> Result<Page<Tag>> {
    Listing {
        table: "tags",
        what: "Tag",
        filter: "project_id = ?1 and function_id = ?2",
        params: &[&project.as_str(), &function.as_str()],
    }
    .page(tx, query, read)
}

/// Every tag there is, as the folders of code are named: project, function, tag.
pub fn all_ids(tx: &ReadTx<'_>) -> Result<Vec<(ProjectId, FunctionId, TagId)>> {
    tx.all("select project_id, function_id, id from tags", [], |row| {
        Ok((
            ProjectId::trusted(column::<String>(row, "project_id")?),
            FunctionId::trusted(column::<String>(row, "function_id")?),
            TagId::trusted(column::<String>(row, "id")?),
        ))
    })
}

fn read(row: &Row<'_>) -> Result<Tag> {
    Ok(Tag {
        project: ProjectId::trusted(column::<String>(row, "project_id")?),
        function: FunctionId::trusted(column::<String>(row, "function_id")?),
        id: TagId::trusted(column::<String>(row, "id")?),
        created_at: Timestamp(column(row, "created_at_ms")?),
        command: column(row, "command")?,
        size_bytes: column::<i64>(row, "size_bytes")? as u64,
        origin: name(row, "origin")?,
    })
}
