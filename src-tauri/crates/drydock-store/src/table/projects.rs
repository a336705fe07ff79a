//! Projects. The row of project `console` is there from the start and in no list.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::id::{ProjectId, TeamId};
use drydock_core::list::{ListQuery, Page};
use drydock_core::project::Project;
use rusqlite::{Row, params};

use super::list::Listing;
use super::platforms;
use crate::sql::{ReadTx, WriteTx, column, json, to_json};

/// Adds a project.
///
/// # Errors
/// `AlreadyExists` when the id is in use.
pub fn insert(tx: &WriteTx<'_>, project: &Project) -> Result<()> {
    tx.insert(
        "Project",
        "insert into projects (id, name, team_id, details, auth_limit, auth_off, services_off, created_at_ms) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
        params![
            project.id.as_str(),
            project.name,
            project.team.as_str(),
            to_json(&project.details)?,
            project.auth_limit,
            to_json(&project.auth_off)?,
            to_json(&project.services_off)?,
            project.created_at.millis(),
        ],
    )
    .map(drop)
}

/// Writes back a project that was read in the same transaction; its platforms are rows of their own.
pub fn update(tx: &WriteTx<'_>, project: &Project) -> Result<()> {
    tx.run(
        "update projects set name = ?2, details = ?3, auth_limit = ?4, auth_off = ?5, services_off = ?6 \
         where id = ?1",
        params![
            project.id.as_str(),
            project.name,
            to_json(&project.details)?,
            project.auth_limit,
            to_json(&project.auth_off)?,
            to_json(&project.services_off)?,
        ],
    )
    .map(drop)
}

/// Removes a project with everything in it; says whether there was one.
pub fn delete(tx: &WriteTx<'_>, id: &ProjectId) -> Result<bool> {
    Ok(tx.run("delete from projects where id = ?1", [id.as_str()])? > 0)
}

/// Whether projects belong to that team of project `console`.
pub fn are_of_team(tx: &ReadTx<'_>, team: &TeamId) -> Result<bool> {
    let sql = "select 1 as found from projects where team_id = ?1";
    let found = tx.first(sql, [team.as_str()], |row| column::<i64>(row, "found"))?;
    Ok(found.is_some())
}

/// The project of that id.
pub fn get(tx: &ReadTx<'_>, id: &ProjectId) -> Result<Option<Project>> {
    let project = tx.first("select * from projects where id = ?1", [id.as_str()], read)?;
    project.map(|project| with_platforms(tx, project)).transpose()
}

/// Every project but the console's, oldest first.
pub fn all(tx: &ReadTx<'_>) -> Result<Vec<Project>> {
    let rows = tx.all(
        "select * from projects where id <> 'console' order by seq",
        [],
        read,
    )?;
    rows.into_iter()
        .map(|project| with_platforms(tx, project))
        .collect()
}

/// One page of the projects but the console's; with `teams`, only those that one of them owns.
///
/// # Errors
/// `CursorNotFound`.
pub fn list(tx: &ReadTx<'_>, teams: Option<&[TeamId]>, query: &ListQuery) -> Result<Page<Project>> {
    let all = Listing {
        table: "projects",
        what: "Project",
        filter: "id <> 'console'",
        params: &[],
    };
    let page = match teams {
        None => all.page(tx, query, read)?,
        Some(teams) => {
            let teams = to_json(&teams)?;
            Listing {
                filter: "id <> 'console' and team_id in (select value from json_each(?1))",
                params: &[&teams],
                ..all
            }
            .page(tx, query, read)?
        }
    };
    let rows = page
        .rows
        .into_iter()
        .map(|project| with_platforms(tx, project))
        .collect::<Result<_>>()?;
    Ok(Page { rows, sum: page.sum })
}

fn with_platforms(tx: &ReadTx<'_>, project: Project) -> Result<Project> {
    Ok(Project {
        platforms: platforms::all(tx, &project.id)?,
        ..project
    })
}

fn read(row: &Row<'_>) -> Result<Project> {
    Ok(Project {
        id: ProjectId::trusted(column::<String>(row, "id")?),
        name: column(row, "name")?,
        team: TeamId::trusted(column::<String>(row, "team_id")?),
        details: json(row, "details")?,
        auth_limit: column(row, "auth_limit")?,
        auth_off: json(row, "auth_off")?,
        services_off: json(row, "services_off")?,
        platforms: Vec::new(),
        created_at: Timestamp(column(row, "created_at_ms")?),
    })
}
