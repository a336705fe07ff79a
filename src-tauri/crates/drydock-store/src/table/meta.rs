//! Facts about the data folder itself.

use drydock_core::Result;

use crate::sql::{ReadTx, WriteTx, column};

/// The value of `name`.
pub fn get(tx: &ReadTx<'_>, name: &str) -> Result<Option<String>> {
    tx.first("select value from meta where name = ?1", [name], |row| {
        column(row, "value")
    })
}

/// Sets `name`.
pub fn set(tx: &WriteTx<'_>, name: &str, value: &str) -> Result<()> {
    tx.run(
        "insert or replace into meta (name, value) values (?1, ?2)",
        [name, value],
    )
    .map(drop)
}
