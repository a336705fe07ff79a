//! API keys: found by the hash of their secret; the secret itself is stored sealed.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::id::{KeyId, ProjectId};
use drydock_core::key::Key;
use rusqlite::{Row, params};

use crate::sql::{ReadTx, WriteTx, column, json, to_json};

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

/// The project's key whose secret has that hash.
pub fn by_hash(tx: &ReadTx<'_>, project: &ProjectId, hash: &[u8]) -> Result<Option<Key>> {
    let sql = "select * from api_keys where secret_hash = ?1 and project_id = ?2";
    tx.first(sql, params![hash, project.as_str()], read)
}

/// The project's oldest key and its sealed secret: the one that first start made, while it is there.
pub fn first(tx: &ReadTx<'_>, project: &ProjectId) -> Result<Option<(Key, Vec<u8>)>> {
    let sql = "select * from api_keys where project_id = ?1 order by seq limit 1";
    tx.first(sql, [project.as_str()], |row| {
        Ok((read(row)?, column(row, "secret_sealed")?))
    })
}

fn read(row: &Row<'_>) -> Result<Key> {
    Ok(Key {
        id: KeyId::trusted(column::<String>(row, "id")?),
        project: ProjectId::trusted(column::<String>(row, "project_id")?),
        name: column(row, "name")?,
        scopes: json(row, "scopes")?,
        created_at: Timestamp(column(row, "created_at_ms")?),
    })
}
