//! API keys: found by the hash of their secret; the secret itself is stored sealed.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::id::{KeyId, ProjectId};
use drydock_core::key::Key;
use rusqlite::{Row, params};

use crate::sql::{ReadTx, WriteTx, column, json, to_json};

/// A key with its secret as it is stored, for who can open it.
pub type SealedKey = (Key, Vec<u8>);

/// Adds a key; `hash` is the SHA-256 of its secret and `sealed` the secret as encrypted by the caller.
///
/// # Errors
/// `AlreadyExists` when the id is in use.
pub fn insert(tx: &WriteTx<'_>, key: &Key, hash: &[u8], sealed: &[u8]) -> Result<()> {
    tx.insert(
        "Key",
        "insert into api_keys (project_id, id, name, scopes, secret_hash, secret_sealed, created_at_ms) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            key.project.as_str(),
            key.id.as_str(),
            key.name,
            to_json(&key.scopes)?,
            hash,
            sealed,
            key.created_at.millis(),
        ],
    )
    .map(drop)
}

/// Writes back the name and scopes of a key that was read in the same transaction.
pub fn update(tx: &WriteTx<'_>, key: &Key) -> Result<()> {
    tx.run(
        "update api_keys set name = ?3, scopes = ?4 where project_id = ?1 and id = ?2",
        params![
            key.project.as_str(),
            key.id.as_str(),
            key.name,
            to_json(&key.scopes)?
        ],
    )
    .map(drop)
}

/// Writes down that a key was used.
pub fn used(tx: &WriteTx<'_>, project: &ProjectId, id: &KeyId, now: Timestamp) -> Result<()> {
    tx.run(
        "update api_keys set last_used_at_ms = ?3 where project_id = ?1 and id = ?2",
        params![project.as_str(), id.as_str(), now.millis()],
    )
    .map(drop)
}

/// Removes a key; says whether there was one.
pub fn delete(tx: &WriteTx<'_>, project: &ProjectId, id: &KeyId) -> Result<bool> {
    let sql = "delete from api_keys where project_id = ?1 and id = ?2";
    Ok(tx.run(sql, [project.as_str(), id.as_str()])? > 0)
}

/// The project's key of that id.
pub fn get(tx: &ReadTx<'_>, project: &ProjectId, id: &KeyId) -> Result<Option<SealedKey>> {
    let sql = "select * from api_keys where project_id = ?1 and id = ?2";
    tx.first(sql, [project.as_str(), id.as_str()], read_sealed)
}

/// The project's key whose secret has that hash.
pub fn by_hash(tx: &ReadTx<'_>, project: &ProjectId, hash: &[u8]) -> Result<Option<Key>> {
    let sql = "select * from api_keys where secret_hash = ?1 and project_id = ?2";
    tx.first(sql, params![hash, project.as_str()], read)
}

/// The project's keys, oldest first.
pub fn all(tx: &ReadTx<'_>, project: &ProjectId) -> Result<Vec<SealedKey>> {
    let sql = "select * from api_keys where project_id = ?1 order by seq";
    tx.all(sql, [project.as_str()], read_sealed)
}

fn read_sealed(row: &Row<'_>) -> Result<SealedKey> {
    Ok((read(row)?, column(row, "secret_sealed")?))
}

fn read(row: &Row<'_>) -> Result<Key> {
    Ok(Key {
        id: KeyId::trusted(column::<String>(row, "id")?),
        project: ProjectId::trusted(column::<String>(row, "project_id")?),
        name: column(row, "name")?,
        scopes: json(row, "scopes")?,
        created_at: Timestamp(column(row, "created_at_ms")?),
        last_used_at: column::<Option<i64>>(row, "last_used_at_ms")?.map(Timestamp),
    })
}
