//! Tags.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::id::{FunctionId, ProjectId, TagId};
use drydock_core::list::{ListQuery, Page};
use drydock_core::tag::{Check, Tag};
use rusqlite::{Row, params};

use super::list::Listing;
use crate::sql::{ReadTx, WriteTx, column, json, name, to_json, to_name};

/// Adds a tag.
pub fn insert(tx: &WriteTx<'_>, tag: &Tag) -> Result<()> {
    tx.insert(
        "Tag",
        "insert into tags (project_id, function_id, id, created_at_ms, command, size_bytes, origin, tree, files, \
         sources_check, pinned) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            tag.project.as_str(),
            tag.function.as_str(),
            tag.id.as_str(),
            tag.created_at.millis(),
            tag.command,
            tag.size_bytes as i64,
            to_name(&tag.origin)?,
            tag.tree,
            tag.files.map(|files| files as i64),
            tag.check.as_ref().map(to_json).transpose()?,
            tag.pinned,
        ],
    )
    .map(drop)
}

/// Notes what was found in a tag's sources.
pub fn set_check(tx: &WriteTx<'_>, project: &ProjectId, id: &TagId, check: &Check) -> Result<()> {
    tx.run(
        "update tags set sources_check = ?3 where project_id = ?1 and id = ?2",
        params![project.as_str(), id.as_str(), to_json(check)?],
    )
    .map(drop)
}

/// Pins a tag, or not.
pub fn set_pinned(tx: &WriteTx<'_>, project: &ProjectId, id: &TagId, pinned: bool) -> Result<()> {
    tx.run(
        "update tags set pinned = ?3 where project_id = ?1 and id = ?2",
        params![project.as_str(), id.as_str(), pinned],
    )
    .map(drop)
}

/// The function's tags of a linked folder that old age may end, newest first, without the `newest` first ones: neither
/// pinned nor active, nor of an execution that waits or runs.
pub fn outdated(tx: &ReadTx<'_>, newest: i64) -> Result<Vec<(ProjectId, FunctionId, TagId)>> {
    let sql = "select project_id, function_id, id from ( \
         select *, row_number() over (partition by project_id, function_id order by seq desc) as age \
         from tags where tree is not null) as tag \
         where age > ?1 and pinned = 0 and not exists (select 1 from functions where \
         functions.project_id = tag.project_id and functions.id = tag.function_id \
         and active_tag_id = tag.id) and not exists (select 1 from executions where \
         status in ('waiting', 'processing') and executions.project_id = tag.project_id and tag_id = tag.id)";
    tx.all(sql, [newest], key)
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

/// The function's newest tag.
pub fn newest(tx: &ReadTx<'_>, project: &ProjectId, function: &FunctionId) -> Result<Option<Tag>> {
    let sql = "select * from tags where project_id = ?1 and function_id = ?2 order by seq desc limit 1";
    tx.first(sql, [project.as_str(), function.as_str()], read)
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
    tx.all("select project_id, function_id, id from tags", [], key)
}

fn key(row: &Row<'_>) -> Result<(ProjectId, FunctionId, TagId)> {
    Ok((
        ProjectId::trusted(column::<String>(row, "project_id")?),
        FunctionId::trusted(column::<String>(row, "function_id")?),
        TagId::trusted(column::<String>(row, "id")?),
    ))
}

/// Whether a function of the project runs a tag of its linked folder that is not the first one of it: that one was saved.
pub fn has_live_save(tx: &ReadTx<'_>, project: &ProjectId) -> Result<bool> {
    let sql = "select 1 from functions f join tags t on t.project_id = f.project_id and t.id = f.active_tag_id \
               where f.project_id = ?1 and t.tree is not null and exists (select 1 from tags b \
               where b.project_id = t.project_id and b.function_id = t.function_id and b.tree is not null and b.seq < t.seq) \
               limit 1";
    Ok(tx.first(sql, [project.as_str()], |_| Ok(()))?.is_some())
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
        tree: column(row, "tree")?,
        files: column::<Option<i64>>(row, "files")?.map(|files| files as u64),
        check: match column::<Option<String>>(row, "sources_check")? {
            Some(_) => Some(json(row, "sources_check")?),
            None => None,
        },
        pinned: column(row, "pinned")?,
    })
}
