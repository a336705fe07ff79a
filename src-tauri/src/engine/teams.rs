//! Teams: made, listed, renamed and removed by those who may.

use drydock_core::caller::Caller;
use drydock_core::id::{MembershipId, ProjectId, TeamId};
use drydock_core::list::{ListQuery, Page};
use drydock_core::project::{CONSOLE_PROJECT, MACHINE_TEAM};
use drydock_core::team::{Membership, OWNER, Team};
use drydock_core::{Error, Result};
use drydock_store::ReadTx;
use drydock_store::table::{memberships, projects, teams};

use super::Engine;
use super::emit::Subject;
use super::news::{Change, Thing};

/// What a team that is not there, or is none of the caller's, is called.
pub(super) const NO_TEAM: Error = Error::NotFound("Team");

impl Engine {
    /// Makes a team. A user who makes it is its first member, with `roles` and as its owner: a team without one
    /// could never be changed by its members.
    ///
    /// # Errors
    /// `InvalidParam` for the id, `AlreadyExists`.
    pub(crate) async fn create_team(
        &self,
        caller: &Caller,
        id: &str,
        name: String,
        mut roles: Vec<String>,
    ) -> Result<Team> {
        if !roles.iter().any(|role| role == OWNER) {
            roles.insert(0, OWNER.to_owned());
        }
        let id = self.0.ids.resolve("teamId", id, TeamId::parse)?;
        let now = self.now();
        let team = Team {
            project: caller.project.clone(),
            id,
            name,
            created_at: now,
            sum: 0,
        };
        let founder = caller.signed_in().map(|signed_in| Membership {
            project: caller.project.clone(),
            id: MembershipId::trusted(self.0.ids.unique()),
            team: team.id.clone(),
            user: signed_in.user.id.clone(),
            roles,
            invited_at: now,
            joined_at: Some(now),
            confirmed: true,
        });
        let (stored, emitter) = (team.clone(), self.emitter());
        let team = self
            .0
            .store
            .write(move |tx| {
                teams::insert(tx, &stored)?;
                if let Some(founder) = &founder {
                    memberships::insert(tx, founder, None)?;
                }
                let team = team_in(tx, &stored.project, &stored.id)?;
                emitter.emit(tx, &stored.project, "teams.create", Subject::Team(team.clone()))?;
                Ok(team)
            })
            .await?;
        self.tell_team(&team.project, &team.id, Change::Created);
        Ok(team)
    }

    /// One page of the teams that the caller may see.
    ///
    /// # Errors
    /// `CursorNotFound`.
    pub(crate) async fn teams(&self, caller: &Caller, query: ListQuery) -> Result<Page<Team>> {
        let only = caller.teams_it_sees();
        let project = caller.project.clone();
        self.0
            .store
            .read(move |tx| teams::list(tx, &project, only.as_deref(), &query))
            .await
    }

    /// The team of that id, if the caller may see it.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) async fn team(&self, caller: &Caller, id: &TeamId) -> Result<Team> {
        if !caller.sees_team(id) {
            return Err(NO_TEAM);
        }
        let (project, id) = (caller.project.clone(), id.clone());
        self.0.store.read(move |tx| team_in(tx, &project, &id)).await
    }

    /// Gives a team another name.
    ///
    /// # Errors
    /// `NotFound`; `Denied` for a member who is no owner.
    pub(crate) async fn rename_team(&self, caller: &Caller, id: &TeamId, name: String) -> Result<Team> {
        require_owner(caller, id)?;
        let (project, id) = (caller.project.clone(), id.clone());
        let emitter = self.emitter();
        let team = self
            .0
            .store
            .write(move |tx| {
                teams::rename(tx, &project, &id, &name)?;
                let team = team_in(tx, &project, &id)?;
                emitter.emit(tx, &project, "teams.update", Subject::Team(team.clone()))?;
                Ok(team)
            })
            .await?;
        self.tell_team(&team.project, &team.id, Change::Updated);
        Ok(team)
    }

    /// Removes a team with its memberships.
    ///
    /// # Errors
    /// `NotFound`; `Denied` for a member who is no owner; `Conflict` while projects belong to it.
    pub(crate) async fn delete_team(&self, caller: &Caller, id: &TeamId) -> Result<()> {
        require_owner(caller, id)?;
        if caller.project.as_str() == CONSOLE_PROJECT && id.as_str() == MACHINE_TEAM {
            return Err(Error::Denied(
                "The team of this machine's owner cannot be deleted: projects belong to it",
            ));
        }
        let (project, row_id) = (caller.project.clone(), id.clone());
        let emitter = self.emitter();
        self.0
            .store
            .write(move |tx| {
                // Who made a team of that id again would own them.
                if project.as_str() == CONSOLE_PROJECT && projects::are_of_team(tx, &row_id)? {
                    return Err(Error::Conflict("Projects belong to this team: delete them first"));
                }
                let team = team_in(tx, &project, &row_id)?;
                teams::delete(tx, &project, &row_id)?;
                emitter.emit(tx, &project, "teams.delete", Subject::Team(team))
            })
            .await?;
        self.tell_team(&caller.project, id, Change::Deleted);
        Ok(())
    }

    pub(super) fn tell_team(&self, project: &ProjectId, id: &TeamId, change: Change) {
        self.tell_thing(project, Thing::Team(id.clone()), change);
    }
}

pub(super) fn team_in(tx: &ReadTx<'_>, project: &ProjectId, id: &TeamId) -> Result<Team> {
    teams::get(tx, project, id)?.ok_or(NO_TEAM)
}

/// A member who is no owner sees the team and may not change it; for anybody else it is not there.
fn require_owner(caller: &Caller, id: &TeamId) -> Result<()> {
    if caller.owns_team(id) {
        Ok(())
    } else if caller.sees_team(id) {
        Err(Error::Denied("User is not allowed to change this team"))
    } else {
        Err(NO_TEAM)
    }
}
