//! Platforms of a project.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::id::{PlatformId, ProjectId};
use drydock_core::platform::{Platform, PlatformKind};
use rusqlite::{Row, params};

use crate::sql::{ReadTx, WriteTx, column};

/// Adds a platform.
pub fn insert(tx: &WriteTx<'_>, project: &ProjectId, platform: &Platform) -> Result<()> {
    tx.insert(
        "Platform",
        "insert into platforms (project_id, id, kind, name, key, store, hostname, created_at_ms) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            project.as_str(),
            platform.id.as_str(),
            platform.kind.as_str(),
            platform.name,
            platform.key,
            platform.store,
            platform.hostname,
            platform.created_at.millis(),
        ],
    )
    .map(drop)
}

/// Writes back a platform that was read in the same transaction; its kind stays.
pub fn update(tx: &WriteTx<'_>, project: &ProjectId, platform: &Platform) -> Result<()> {
    tx.run(
        "update platforms set name = ?3, key = ?4, store = ?5, hostname = ?6 where project_id = ?1 and id = ?2",
        params![
            project.as_str(),
            platform.id.as_str(),
            platform.name,
            platform.key,
            platform.store,
            platform.hostname,
        ],
    )
    .map(drop)
}

/// Removes a platform; says whether there was one.
pub fn delete(tx: &WriteTx<'_>, project: &ProjectId, id: &PlatformId) -> Result<bool> {
    let sql = "delete from platforms where project_id = ?1 and id = ?2";
    Ok(tx.run(sql, [project.as_str(), id.as_str()])? > 0)
}

/// The project's platform of that id.
pub fn get(tx: &ReadTx<'_>, project: &ProjectId, id: &PlatformId) -> Result<Option<Platform>> {
    let sql = "select * from platforms where project_id = ?1 and id = ?2";
    tx.first(sql, [project.as_str(), id.as_str()], read)
}

/// Every platform of the project, oldest first.
pub fn all(tx: &ReadTx<'_>, project: &ProjectId) -> Result<Vec<Platform>> {
    let sql = "select * from platforms where project_id = ?1 order by seq";
    tx.all(sql, [project.as_str()], read)
}

fn read(row: &Row<'_>) -> Result<Platform> {
    Ok(Platform {
        id: PlatformId::trusted(column::<String>(row, "id")?),
        kind: PlatformKind::parse(&column::<String>(row, "kind")?)?,
        name: column(row, "name")?,
        key: column(row, "key")?,
        store: column(row, "store")?,
        hostname: column(row, "hostname")?,
        created_at: Timestamp(column(row, "created_at_ms")?),
    })
}
