//! Projects.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::id::ProjectId;
use drydock_core::project::Project;
use rusqlite::{Row, params};

use crate::sql::{ReadTx, WriteTx, column};

/// Adds a project.
///
/// # Errors
/// `AlreadyExists` when the id is in use.
pub fn insert(tx: &WriteTx<'_>, project: &Project) -> Result<()> {
    tx.insert(
        "Project",
        "insert into projects (id, name, created_at_ms) values (?1, ?2, ?3)",
        params![project.id.as_str(), project.name, project.created_at.millis()],
    )
    .map(drop)
}

/// The project of that id.
pub fn get(tx: &ReadTx<'_>, id: &ProjectId) -> Result<Option<Project>> {
    tx.first("select * from projects where id = ?1", [id.as_str()], read)
}

/// Every project, oldest first.
pub fn all(tx: &ReadTx<'_>) -> Result<Vec<Project>> {
    tx.all("select * from projects order by seq", [], read)
}

fn read(row: &Row<'_>) -> Result<Project> {
    Ok(Project {
        id: ProjectId::trusted(column::<String>(row, "id")?),
        name: column(row, "name")?,
        created_at: Timestamp(column(row, "created_at_ms")?),
    })
}
