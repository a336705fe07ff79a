//! What a fresh data folder gets: its id, the team that owns what this machine's owner makes, project
//! `default` and one API key with every scope.

use drydock_core::id::{KeyId, ProjectId, TeamId, random_hex};
use drydock_core::key::{Key, SECRET_BYTES};
use drydock_core::project::{CONSOLE_PROJECT, DEFAULT_PROJECT, MACHINE_TEAM, Project};
use drydock_core::scope::Scope;
use drydock_core::team::Team;
use drydock_core::{Error, Result};
use drydock_store::table::{api_keys, meta, projects, teams};

use super::Engine;
use crate::secrets;

/// What a new user needs to begin: printed at start and written to the ready file.
#[derive(Clone)]
pub(crate) struct Credentials {
    pub(crate) project: ProjectId,
    /// Of a key with every scope; absent when the project has none.
    pub(crate) key_secret: Option<String>,
}

impl Engine {
    /// Makes what a data folder lacks and answers what a user needs to begin.
    pub(crate) async fn first_start(&self) -> Result<Credentials> {
        let now = self.now();
        let (key_id, secret) = (self.0.ids.unique(), random_hex(SECRET_BYTES));
        let (hash, sealed) = (secrets::hash(&secret), self.0.seal.seal(&secret)?);
        let folder_id = random_hex(8);
        let project = ProjectId::trusted(DEFAULT_PROJECT);
        let id = project.clone();
        let stored = self
            .0
            .store
            .write(move |tx| {
                if meta::get(tx, "data_folder_id")?.is_none() {
                    meta::set(tx, "data_folder_id", &folder_id)?;
                }
                let (console, team) = (ProjectId::trusted(CONSOLE_PROJECT), TeamId::trusted(MACHINE_TEAM));
                if teams::get(tx, &console, &team)?.is_none() {
                    let team = Team {
                        project: console,
                        id: team.clone(),
                        name: "Owner of this machine".into(),
                        created_at: now,
                        sum: 0,
                    };
                    teams::insert(tx, &team)?;
                }
                if projects::get(tx, &id)?.is_none() {
                    projects::insert(tx, &Project::new(id.clone(), "Default".into(), team, now))?;
                    let key = Key {
                        id: KeyId::trusted(key_id),
                        project: id.clone(),
                        name: "Made at first start".into(),
                        scopes: Scope::KEY_SCOPES.to_vec(),
                        created_at: now,
                        last_used_at: None,
                    };
                    api_keys::insert(tx, &key, &hash, &sealed)?;
                }
                // The one made here, while it is there and was not narrowed, else one like it.
                let has_all = |key: &Key| Scope::KEY_SCOPES.iter().all(|scope| key.scopes.contains(scope));
                Ok(api_keys::all(tx, &id)?.into_iter().find(|(key, _)| has_all(key)))
            })
            .await?;
        let key_secret = stored.map(|(_, sealed)| self.0.seal.open(&sealed)).transpose()?;
        Ok(Credentials { project, key_secret })
    }

    /// The random id of the data folder; names the console's cookie, so that two servers on other ports of
    /// one machine do not overwrite each other's.
    pub(crate) async fn data_folder_id(&self) -> Result<String> {
        self.0
            .store
            .read(|tx| {
                meta::get(tx, "data_folder_id")?.ok_or_else(|| Error::internal("the data folder has no id"))
            })
            .await
    }
}
