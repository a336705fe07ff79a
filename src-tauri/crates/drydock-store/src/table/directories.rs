//! The lists of the directories of snapshots, each once under its hash.
//!
//! What stands in a list is not known here; nor which are needed: `keep_only` is told.

use std::collections::HashSet;
use std::hash::BuildHasher;

use drydock_core::Result;
use rusqlite::params;

use crate::sql::{ReadTx, WriteTx, column};

/// Keeps a list. One that is there already is the same.
pub fn keep(tx: &WriteTx<'_>, id: &[u8; 32], entries: &[u8]) -> Result<()> {
    tx.run(
        "insert or ignore into directories (id, entries) values (?1, ?2)",
        params![id, entries],
    )
    .map(drop)
}

/// That list, if it is there.
pub fn get(tx: &ReadTx<'_>, id: &[u8; 32]) -> Result<Option<Vec<u8>>> {
    tx.first("select entries from directories where id = ?1", [id], |row| {
        column(row, "entries")
    })
}

/// The snapshots that are needed: those of tags, and the last one of each link.
pub fn roots(tx: &ReadTx<'_>) -> Result<Vec<[u8; 32]>> {
    let sql =
        "select tree from tags where tree is not null union select tree from links where tree is not null";
    tx.all(sql, [], |row| column(row, "tree"))
}

/// Every list there is, by its hash.
pub fn all_ids(tx: &ReadTx<'_>) -> Result<Vec<[u8; 32]>> {
    tx.all("select id from directories", [], |row| column(row, "id"))
}

/// Removes these lists.
pub fn remove<S: BuildHasher>(tx: &WriteTx<'_>, ids: &HashSet<[u8; 32], S>) -> Result<()> {
    for id in ids {
        tx.run("delete from directories where id = ?1", [id])?;
    }
    Ok(())
}
