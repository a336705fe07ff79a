//! Memberships of users in teams.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::id::{MembershipId, ProjectId, TeamId, UserId};
use drydock_core::list::{ListQuery, Page};
use drydock_core::team::{Member, Membership};
use rusqlite::{Row, params};

use super::list::Listing;
use super::users;
use crate::sql::{ReadTx, WriteTx, column, json, to_json};

/// What is stored of an invitation until it is accepted.
#[derive(Debug, Clone)]
pub struct Invitation {
    /// SHA-256 of its secret.
    pub secret_hash: Vec<u8>,
    /// The link to hand to the invited person, as encrypted by the caller.
    pub link_sealed: Vec<u8>,
}

/// Adds a membership, with an invitation where it must be accepted first.
///
/// # Errors
/// `AlreadyExists` when the user is in the team already.
pub fn insert(tx: &WriteTx<'_>, place: &Membership, invitation: Option<&Invitation>) -> Result<()> {
    tx.insert(
        "Membership",
        "insert into memberships (project_id, id, team_id, user_id, roles, invited_at_ms, joined_at_ms, confirmed, \
         secret_hash, link_sealed) values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        params![
            place.project.as_str(),
            place.id.as_str(),
            place.team.as_str(),
            place.user.as_str(),
            to_json(&place.roles)?,
            place.invited_at.millis(),
            place.joined_at.map(Timestamp::millis),
            place.confirmed,
            invitation.map(|one| one.secret_hash.as_slice()),
            invitation.map(|one| one.link_sealed.as_slice()),
        ],
    )
    .map(drop)
}

/// Replaces a membership's roles.
pub fn set_roles(tx: &WriteTx<'_>, project: &ProjectId, id: &MembershipId, roles: &[String]) -> Result<()> {
    tx.run(
        "update memberships set roles = ?3 where project_id = ?1 and id = ?2",
        params![project.as_str(), id.as_str(), to_json(&roles)?],
    )
    .map(drop)
}

/// Marks a membership as accepted; its invitation works no longer.
pub fn confirm(tx: &WriteTx<'_>, project: &ProjectId, id: &MembershipId, now: Timestamp) -> Result<()> {
    tx.run(
        "update memberships set confirmed = 1, joined_at_ms = ?3, secret_hash = null, link_sealed = null \
         where project_id = ?1 and id = ?2",
        params![project.as_str(), id.as_str(), now.millis()],
    )
    .map(drop)
}

/// Removes a membership.
pub fn delete(tx: &WriteTx<'_>, project: &ProjectId, id: &MembershipId) -> Result<()> {
    let sql = "delete from memberships where project_id = ?1 and id = ?2";
    tx.run(sql, [project.as_str(), id.as_str()]).map(drop)
}

/// The membership of that id, whatever its team.
pub fn get(tx: &ReadTx<'_>, project: &ProjectId, id: &MembershipId) -> Result<Option<Membership>> {
    let sql = "select * from memberships where project_id = ?1 and id = ?2";
    tx.first(sql, [project.as_str(), id.as_str()], read)
}

/// The membership's invitation, while it has not been accepted.
pub fn invitation(tx: &ReadTx<'_>, project: &ProjectId, id: &MembershipId) -> Result<Option<Invitation>> {
    let sql = "select secret_hash, link_sealed from memberships \
               where project_id = ?1 and id = ?2 and secret_hash is not null and link_sealed is not null";
    tx.first(sql, [project.as_str(), id.as_str()], |row| {
        Ok(Invitation {
            secret_hash: column(row, "secret_hash")?,
            link_sealed: column(row, "link_sealed")?,
        })
    })
}

/// Every place that a user has or is invited to, oldest first.
pub fn of_user(tx: &ReadTx<'_>, project: &ProjectId, user: &UserId) -> Result<Vec<Membership>> {
    let sql = "select * from memberships where project_id = ?1 and user_id = ?2 order by seq";
    tx.all(sql, [project.as_str(), user.as_str()], read)
}

/// The user's place in that team.
pub fn of_user_in(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    user: &UserId,
    team: &TeamId,
) -> Result<Option<Membership>> {
    let sql = "select * from memberships where project_id = ?1 and user_id = ?2 and team_id = ?3";
    tx.first(sql, [project.as_str(), user.as_str(), team.as_str()], read)
}

/// One page of the team's members, confirmed or not.
///
/// # Errors
/// `CursorNotFound`.
pub fn list(tx: &ReadTx<'_>, project: &ProjectId, team: &TeamId, query: &ListQuery) -> Result<Page<Member>> {
    let page = Listing {
        table: "memberships",
        what: "Membership",
        filter: "project_id = ?1 and team_id = ?2",
        params: &[&project.as_str(), &team.as_str()],
    }
    .page(tx, query, read)?;
    let rows = page
        .rows
        .into_iter()
        .map(|place| member(tx, place))
        .collect::<Result<_>>()?;
    Ok(Page { rows, sum: page.sum })
}

/// A membership with its user's name and address.
pub fn member(tx: &ReadTx<'_>, membership: Membership) -> Result<Member> {
    let user = users::get(tx, &membership.project, &membership.user)?;
    let (name, email) = user.map(|user| (user.name, user.email)).unwrap_or_default();
    Ok(Member {
        membership,
        name,
        email: email.unwrap_or_default(),
    })
}

fn read(row: &Row<'_>) -> Result<Membership> {
    Ok(Membership {
        project: ProjectId::trusted(column::<String>(row, "project_id")?),
        id: MembershipId::trusted(column::<String>(row, "id")?),
        team: TeamId::trusted(column::<String>(row, "team_id")?),
        user: UserId::trusted(column::<String>(row, "user_id")?),
        roles: json(row, "roles")?,
        invited_at: Timestamp(column(row, "invited_at_ms")?),
        joined_at: column::<Option<i64>>(row, "joined_at_ms")?.map(Timestamp),
        confirmed: column(row, "confirmed")?,
    })
}
