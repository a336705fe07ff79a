//! Links of folders to functions.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::id::{FunctionId, ProjectId};
use drydock_core::link::Link;
use rusqlite::{Row, params};

use crate::sql::{ReadTx, WriteTx, column, json, to_json};

/// Adds a link, or replaces that of its function.
pub fn put(tx: &WriteTx<'_>, link: &Link) -> Result<()> {
    tx.insert(
        "Link",
        "insert or replace into links (project_id, function_id, folder, command, \"ignore\", polling, tree, \
         created_at_ms) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            link.project.as_str(),
            link.function.as_str(),
            link.folder,
            link.command,
            to_json(&link.ignore)?,
            link.polling,
            link.tree,
            link.created_at.millis(),
        ],
    )
    .map(drop)
}

/// Notes the last snapshot of a function's folder.
pub fn set_tree(tx: &WriteTx<'_>, project: &ProjectId, function: &FunctionId, tree: &[u8; 32]) -> Result<()> {
    tx.run(
        "update links set tree = ?3 where project_id = ?1 and function_id = ?2",
        params![project.as_str(), function.as_str(), tree],
    )
    .map(drop)
}

/// Removes a function's link; says whether there was one.
pub fn delete(tx: &WriteTx<'_>, project: &ProjectId, function: &FunctionId) -> Result<bool> {
    let sql = "delete from links where project_id = ?1 and function_id = ?2";
    Ok(tx.run(sql, [project.as_str(), function.as_str()])? > 0)
}

/// The function's link.
pub fn get(tx: &ReadTx<'_>, project: &ProjectId, function: &FunctionId) -> Result<Option<Link>> {
    let sql = "select * from links where project_id = ?1 and function_id = ?2";
    tx.first(sql, [project.as_str(), function.as_str()], read)
}

/// Every link there is.
pub fn all(tx: &ReadTx<'_>) -> Result<Vec<Link>> {
    tx.all("select * from links order by seq", [], read)
}

fn read(row: &Row<'_>) -> Result<Link> {
    Ok(Link {
        project: ProjectId::trusted(column::<String>(row, "project_id")?),
        function: FunctionId::trusted(column::<String>(row, "function_id")?),
        folder: column(row, "folder")?,
        command: column(row, "command")?,
        ignore: json(row, "ignore")?,
        polling: column(row, "polling")?,
        tree: column(row, "tree")?,
        created_at: Timestamp(column(row, "created_at_ms")?),
    })
}
