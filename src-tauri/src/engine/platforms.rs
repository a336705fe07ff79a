//! Platforms of a project: the apps whose pages or devices may call it.

use drydock_core::activity::Noted;
use drydock_core::caller::Caller;
use drydock_core::id::{PlatformId, ProjectId};
use drydock_core::platform::{Platform, PlatformKind};
use drydock_core::{Error, Result};
use drydock_store::table::platforms;

use super::Engine;
use super::news::{Change, Thing};
use super::projects::own_for_change;

const NO_PLATFORM: Error = Error::NotFound("Platform");

/// What is said about an app.
#[derive(Debug, Clone)]
pub(crate) struct PlatformTexts {
    pub(crate) name: String,
    pub(crate) key: String,
    pub(crate) store: String,
    pub(crate) hostname: String,
}

impl Engine {
    /// Registers an app.
    ///
    /// # Errors
    /// `ProjectNotFound`, `Denied`.
    pub(crate) async fn create_platform(
        &self,
        caller: &Caller,
        project: &ProjectId,
        kind: PlatformKind,
        texts: PlatformTexts,
    ) -> Result<Platform> {
        let platform = Platform {
            id: PlatformId::trusted(self.0.ids.unique()),
            kind,
            name: texts.name,
            key: texts.key,
            store: texts.store,
            hostname: texts.hostname,
            created_at: self.now(),
        };
        let (caller, row_project, stored) = (caller.clone(), project.clone(), platform.clone());
        let book = self.notebook();
        self.0
            .store
            .write(move |tx| {
                own_for_change(tx, &caller, &row_project)?;
                platforms::insert(tx, &row_project, &stored)?;
                let (platform_id, name) = (stored.id, stored.name);
                book.note(
                    tx,
                    &row_project,
                    None,
                    Noted::PlatformCreated { platform_id, name },
                )
            })
            .await?;
        self.tell_platform(project, &platform.id, Change::Created);
        Ok(platform)
    }

    /// The project's app of that id.
    ///
    /// # Errors
    /// `ProjectNotFound`, `NotFound`.
    pub(crate) async fn platform(
        &self,
        caller: &Caller,
        project: &ProjectId,
        id: &PlatformId,
    ) -> Result<Platform> {
        let project = self.own_project(caller, project).await?;
        project
            .platforms
            .into_iter()
            .find(|platform| platform.id == *id)
            .ok_or(NO_PLATFORM)
    }

    /// Changes what is said about an app; its kind stays.
    ///
    /// # Errors
    /// `ProjectNotFound`, `NotFound`, `Denied`.
    pub(crate) async fn change_platform(
        &self,
        caller: &Caller,
        project: &ProjectId,
        id: &PlatformId,
        texts: PlatformTexts,
    ) -> Result<Platform> {
        let (caller, row_project, row_id) = (caller.clone(), project.clone(), id.clone());
        let book = self.notebook();
        let platform = self
            .0
            .store
            .write(move |tx| {
                own_for_change(tx, &caller, &row_project)?;
                let old = platforms::get(tx, &row_project, &row_id)?.ok_or(NO_PLATFORM)?;
                let platform = Platform {
                    name: texts.name,
                    key: texts.key,
                    store: texts.store,
                    hostname: texts.hostname,
                    ..old
                };
                platforms::update(tx, &row_project, &platform)?;
                let (platform_id, name) = (row_id, platform.name.clone());
                book.note(
                    tx,
                    &row_project,
                    None,
                    Noted::PlatformChanged { platform_id, name },
                )?;
                Ok(platform)
            })
            .await?;
        self.tell_platform(project, id, Change::Updated);
        Ok(platform)
    }

    /// Forgets an app: its pages may call the project no longer.
    ///
    /// # Errors
    /// `ProjectNotFound`, `NotFound`, `Denied`.
    pub(crate) async fn delete_platform(
        &self,
        caller: &Caller,
        project: &ProjectId,
        id: &PlatformId,
    ) -> Result<()> {
        let (caller, row_project, row_id) = (caller.clone(), project.clone(), id.clone());
        let book = self.notebook();
        self.0
            .store
            .write(move |tx| {
                own_for_change(tx, &caller, &row_project)?;
                let platform = platforms::get(tx, &row_project, &row_id)?.ok_or(NO_PLATFORM)?;
                platforms::delete(tx, &row_project, &row_id)?;
                let (platform_id, name) = (row_id, platform.name);
                book.note(
                    tx,
                    &row_project,
                    None,
                    Noted::PlatformRemoved { platform_id, name },
                )
            })
            .await?;
        self.tell_platform(project, id, Change::Deleted);
        Ok(())
    }

    fn tell_platform(&self, project: &ProjectId, id: &PlatformId, change: Change) {
        self.tell_thing(project, Thing::Platform(id.clone()), change);
    }
}
