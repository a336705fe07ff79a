//! Teams; their `sum` is counted from the memberships.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::id::{ProjectId, TeamId};
use drydock_core::list::{ListQuery, Page};
use drydock_core::team::Team;
use rusqlite::{Row, params};

use super::list::Listing;
use crate::sql::{ReadTx, WriteTx, column, to_json};

/// Adds a team.
///
/// # Errors
/// `AlreadyExists` when the id is in use.
pub fn insert(tx: &WriteTx<'_>, team: &Team) -> Result<()> {
    tx.insert(
        "Team",
        "insert into teams (project_id, id, name, created_at_ms) values (?1, ?2, ?3, ?4)",
        params![
            team.project.as_str(),
            team.id.as_str(),
            team.name,
            team.created_at.millis()
        ],
    )
    .map(drop)
}

/// Gives a team another name; says whether there was one.
pub fn rename(tx: &WriteTx<'_>, project: &ProjectId, id: &TeamId, name: &str) -> Result<bool> {
    let sql = "update teams set name = ?3 where project_id = ?1 and id = ?2";
    Ok(tx.run(sql, params![project.as_str(), id.as_str(), name])? > 0)
}

/// Removes a team with its memberships; says whether there was one.
pub fn delete(tx: &WriteTx<'_>, project: &ProjectId, id: &TeamId) -> Result<bool> {
    let sql = "delete from teams where project_id = ?1 and id = ?2";
    Ok(tx.run(sql, [project.as_str(), id.as_str()])? > 0)
}

/// The project's team of that id.
pub fn get(tx: &ReadTx<'_>, project: &ProjectId, id: &TeamId) -> Result<Option<Team>> {
    let sql = "select * from teams where project_id = ?1 and id = ?2";
    let team = tx.first(sql, [project.as_str(), id.as_str()], read)?;
    team.map(|team| counted(tx, team)).transpose()
}

/// One page of the project's teams; with `only`, of those alone.
///
/// # Errors
/// `CursorNotFound`.
pub fn list(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    only: Option<&[TeamId]>,
    query: &ListQuery,
) -> Result<Page<Team>> {
    let project = project.as_str();
    let all = Listing {
        table: "teams",
        what: "Team",
        filter: "project_id = ?1",
        params: &[&project],
    };
    let page = match only {
        None => all.page(tx, query, read)?,
        Some(only) => {
            let only = to_json(&only)?;
            Listing {
                filter: "project_id = ?1 and id in (select value from json_each(?2))",
                params: &[&project, &only],
                ..all
            }
            .page(tx, query, read)?
        }
    };
    let rows = page
        .rows
        .into_iter()
        .map(|team| counted(tx, team))
        .collect::<Result<_>>()?;
    Ok(Page { rows, sum: page.sum })
}

fn counted(tx: &ReadTx<'_>, team: Team) -> Result<Team> {
    let sum = tx.first(
        "select count(*) as n from memberships where project_id = ?1 and team_id = ?2 and confirmed",
        [team.project.as_str(), team.id.as_str()],
        |row| column(row, "n"),
    )?;
    Ok(Team {
        sum: sum.unwrap_or(0),
        ..team
    })
}

fn read(row: &Row<'_>) -> Result<Team> {
    Ok(Team {
        project: ProjectId::trusted(column::<String>(row, "project_id")?),
        id: TeamId::trusted(column::<String>(row, "id")?),
        name: column(row, "name")?,
        created_at: Timestamp(column(row, "created_at_ms")?),
        sum: 0,
    })
}
