//! Projects: made, listed, changed and removed, with everything that is in them.

use drydock_core::activity::Noted;
use drydock_core::caller::Caller;
use drydock_core::id::{ProjectId, TeamId};
use drydock_core::list::{ListQuery, Page};
use drydock_core::project::{AuthMethod, CONSOLE_PROJECT, Details, Project, Service};
use drydock_core::{Error, Result};
use drydock_store::ReadTx;
use drydock_store::table::{functions, projects, teams, users};

use super::Engine;
use super::accounts::unchanged_since;
use super::news::{Change, Thing};
use super::sessions::account;

/// A project that is not there, or is none of the caller's.
pub(super) const NO_PROJECT: Error = Error::ProjectNotFound;

/// A project that somebody wants.
pub(crate) struct NewProject {
    /// A custom id or `unique()`.
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) team: TeamId,
    pub(crate) details: Details,
}

/// What can be changed about a project.
pub(crate) enum ProjectChange {
    About { name: String, details: Box<Details> },
    AuthLimit(i64),
    AuthMethod(AuthMethod, bool),
    Service(Service, bool),
}

impl ProjectChange {
    /// What the activity tells of it.
    fn noted(&self) -> Noted {
        let (setting, on) = match self {
            Self::About { .. } => ("name", None),
            Self::AuthLimit(_) => ("auth-limit", None),
            Self::AuthMethod(method, on) => (method.as_str(), Some(*on)),
            Self::Service(service, on) => (service.as_str(), Some(*on)),
        };
        let setting = setting.to_owned();
        Noted::ProjectChanged { setting, on }
    }
}

impl Engine {
    /// Makes a project for a team of project `console`.
    ///
    /// # Errors
    /// `NotFound` for a team that is none of the caller's, `InvalidParam` for the id, `AlreadyExists`.
    pub(crate) async fn create_project(&self, caller: &Caller, new: NewProject) -> Result<Project> {
        let id = self.0.ids.resolve("projectId", &new.id, ProjectId::parse)?;
        if !caller.sees_team(&new.team) {
            return Err(super::teams::NO_TEAM);
        }
        let mut project = Project::new(id, new.name, new.team, self.now());
        project.details = new.details;
        let stored = project.clone();
        self.0
            .store
            .write(move |tx| {
                let console = ProjectId::trusted(CONSOLE_PROJECT);
                teams::get(tx, &console, &stored.team)?.ok_or(super::teams::NO_TEAM)?;
                projects::insert(tx, &stored)
            })
            .await?;
        self.tell_project(&project.id, Change::Created);
        Ok(project)
    }

    /// One page of the projects that the caller's teams own; all, for the owner of the machine.
    ///
    /// # Errors
    /// `CursorNotFound`.
    pub(crate) async fn project_list(&self, caller: &Caller, query: ListQuery) -> Result<Page<Project>> {
        let teams = caller.teams_it_sees();
        self.0
            .store
            .read(move |tx| projects::list(tx, teams.as_deref(), &query))
            .await
    }

    /// The project of that id.
    ///
    /// # Errors
    /// `ProjectNotFound`.
    pub(crate) async fn project(&self, id: &ProjectId) -> Result<Project> {
        let id = id.clone();
        self.0
            .store
            .read(move |tx| projects::get(tx, &id)?.ok_or(NO_PROJECT))
            .await
    }

    /// Every project but the console's.
    pub(crate) async fn projects(&self) -> Result<Vec<Project>> {
        self.0.store.read(projects::all).await
    }

    /// The project of that id, if the caller may see it: a member of its team, or the owner of the machine.
    ///
    /// # Errors
    /// `ProjectNotFound`.
    pub(crate) async fn own_project(&self, caller: &Caller, id: &ProjectId) -> Result<Project> {
        let (caller, id) = (caller.clone(), id.clone());
        self.0.store.read(move |tx| own(tx, &caller, &id)).await
    }

    /// Changes a project.
    ///
    /// # Errors
    /// `ProjectNotFound`; `Denied` for a member of its team who may only look.
    pub(crate) async fn change_project(
        &self,
        caller: &Caller,
        id: &ProjectId,
        change: ProjectChange,
    ) -> Result<Project> {
        let (caller, id, book) = (caller.clone(), id.clone(), self.notebook());
        let noted = change.noted();
        let project = self
            .0
            .store
            .write(move |tx| {
                let mut project = own_for_change(tx, &caller, &id)?;
                match change {
                    ProjectChange::About { name, details } => {
                        project.name = name;
                        project.details = *details;
                    }
                    ProjectChange::AuthLimit(limit) => project.auth_limit = limit,
                    ProjectChange::AuthMethod(method, on) => {
                        switch(&mut project.auth_off, method, on);
                    }
                    ProjectChange::Service(service, on) => {
                        switch(&mut project.services_off, service, on);
                    }
                }
                projects::update(tx, &project)?;
                book.note(tx, &id, None, noted)?;
                Ok(project)
            })
            .await?;
        self.tell_project(&project.id, Change::Updated);
        Ok(project)
    }

    /// Removes a project with everything in it; what runs of it is stopped. A console account shows its
    /// password, the owner of the machine has none.
    ///
    /// # Errors
    /// `ProjectNotFound`, `Denied`, `MissingParam` and `InvalidCredentials` for the password.
    pub(crate) async fn delete_project(
        &self,
        caller: &Caller,
        id: &ProjectId,
        password: Option<&str>,
    ) -> Result<()> {
        let mut check = None;
        if caller.user().is_some() {
            let account = account(caller)?;
            let password = password.ok_or(Error::MissingParam { param: "password" })?;
            self.own_project(caller, id).await?;
            self.require_password(account.user, password).await?;
            let (home, user) = (account.user.project.clone(), account.user.id.clone());
            check = Some((home, user, unchanged_since(&account, self.now())));
        }
        let (row_caller, row_id) = (caller.clone(), id.clone());
        let gone = self
            .0
            .store
            .write(move |tx| {
                if let Some((home, user, unchanged)) = check {
                    let user = users::get(tx, &home, &user)?.ok_or(Error::InvalidCredentials)?;
                    unchanged(tx, &user)?;
                }
                own_for_change(tx, &row_caller, &row_id)?;
                let gone = functions::all_ids(tx, &row_id)?;
                projects::delete(tx, &row_id)?;
                Ok(gone)
            })
            .await?;
        for function in &gone {
            self.stop_function(id, function);
        }
        self.tell_project(id, Change::Deleted);
        self.forget_outputs(id, gone).await;
        Ok(())
    }

    fn tell_project(&self, id: &ProjectId, change: Change) {
        self.tell_thing(id, Thing::Project, change);
    }
}

/// A project that the caller may see.
pub(super) fn own(tx: &ReadTx<'_>, caller: &Caller, id: &ProjectId) -> Result<Project> {
    projects::get(tx, id)?
        .filter(|project| !project.is_console() && caller.sees_team(&project.team))
        .ok_or(NO_PROJECT)
}

/// A project that the caller may change: the owner of the machine may, and owners and developers of its team.
pub(super) fn own_for_change(tx: &ReadTx<'_>, caller: &Caller, id: &ProjectId) -> Result<Project> {
    let project = own(tx, caller, id)?;
    if may_change(caller, &project) {
        Ok(project)
    } else {
        Err(Error::Denied("User is not allowed to change this project"))
    }
}

/// Whether the caller may change a project, and so see the secrets of its keys, which can do as much.
pub(super) fn may_change(caller: &Caller, project: &Project) -> bool {
    let roles = caller.roles();
    let has = |role: &str| roles.contains(&format!("team:{}/{role}", project.team));
    caller.bypasses_permissions() || has("owner") || has("developer")
}

fn switch<T: Ord>(off: &mut std::collections::BTreeSet<T>, what: T, on: bool) {
    if on {
        off.remove(&what);
    } else {
        off.insert(what);
    }
}
