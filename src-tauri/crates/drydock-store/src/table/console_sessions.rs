//! Sessions of the console's owner: only hashes of their two secrets.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use rusqlite::params;

use crate::sql::{ReadTx, WriteTx, column};

/// Adds a session and forgets those that have expired by now.
pub fn insert(
    tx: &WriteTx<'_>,
    token_hash: &[u8],
    proof_hash: &[u8],
    now: Timestamp,
    expires_at: Timestamp,
) -> Result<()> {
    tx.run(
        "delete from console_sessions where expires_at_ms <= ?1",
        [now.millis()],
    )?;
    tx.run(
        "insert into console_sessions (token_hash, proof_hash, created_at_ms, expires_at_ms) \
         values (?1, ?2, ?3, ?4)",
        params![token_hash, proof_hash, now.millis(), expires_at.millis()],
    )
    .map(drop)
}

/// Ends a session.
pub fn delete(tx: &WriteTx<'_>, token_hash: &[u8]) -> Result<()> {
    tx.run("delete from console_sessions where token_hash = ?1", [token_hash])
        .map(drop)
}

/// Whether a session of these two hashes is open at `now`.
pub fn is_open(tx: &ReadTx<'_>, token_hash: &[u8], proof_hash: &[u8], now: Timestamp) -> Result<bool> {
    let sql = "select 1 as found from console_sessions \
               where token_hash = ?1 and proof_hash = ?2 and expires_at_ms > ?3";
    let found = tx.first(sql, params![token_hash, proof_hash, now.millis()], |row| {
        column::<i64>(row, "found")
    })?;
    Ok(found.is_some())
}
