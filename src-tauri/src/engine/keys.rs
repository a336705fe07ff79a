//! API keys of a project, and the secrets that its owner can be shown again.

use drydock_core::activity::Noted;
use drydock_core::caller::Caller;
use drydock_core::id::{KeyId, ProjectId, random_hex};
use drydock_core::key::{Key, SECRET_BYTES};
use drydock_core::scope::Scope;
use drydock_core::{Error, Result};
use drydock_store::table::api_keys;

use super::Engine;
use super::news::{Change, Thing};
use super::projects::{may_change, own, own_for_change};
use crate::secrets;

const NO_KEY: Error = Error::NotFound("Key");

/// A key with its secret in plain, on its way to its owner.
pub(crate) struct OpenKey {
    pub(crate) key: Key,
    pub(crate) secret: String,
}

impl Engine {
    /// Makes a key.
    ///
    /// # Errors
    /// `ProjectNotFound`, `Denied`.
    pub(crate) async fn create_key(
        &self,
        caller: &Caller,
        project: &ProjectId,
        name: String,
        scopes: Vec<Scope>,
    ) -> Result<OpenKey> {
        let key = Key {
            id: KeyId::trusted(self.0.ids.unique()),
            project: project.clone(),
            name,
            scopes,
            created_at: self.now(),
            last_used_at: None,
        };
        let secret = random_hex(SECRET_BYTES);
        let (hash, sealed) = (secrets::hash(&secret), self.0.seal.seal(&secret)?);
        let (caller, stored, book) = (caller.clone(), key.clone(), self.notebook());
        self.0
            .store
            .write(move |tx| {
                own_for_change(tx, &caller, &stored.project)?;
                api_keys::insert(tx, &stored, &hash, &sealed)?;
                let (key_id, name) = (stored.id, stored.name);
                book.note(tx, &stored.project, None, Noted::KeyCreated { key_id, name })
            })
            .await?;
        self.tell_key(&key, Change::Created);
        Ok(OpenKey { key, secret })
    }

    /// The project's keys, oldest first; without secrets for a member of its team who may only look.
    ///
    /// # Errors
    /// `ProjectNotFound`.
    pub(crate) async fn keys(&self, caller: &Caller, project: &ProjectId) -> Result<Vec<OpenKey>> {
        let (caller, project) = (caller.clone(), project.clone());
        let (shown, sealed) = self
            .0
            .store
            .read(move |tx| {
                let shown = may_change(&caller, &own(tx, &caller, &project)?);
                Ok((shown, api_keys::all(tx, &project)?))
            })
            .await?;
        sealed
            .into_iter()
            .map(|key| self.open_key_for(shown, key))
            .collect()
    }

    /// The project's keys, oldest first, without their secrets.
    ///
    /// # Errors
    /// `ProjectNotFound`.
    pub(crate) async fn key_rows(&self, caller: &Caller, project: &ProjectId) -> Result<Vec<Key>> {
        let (caller, project) = (caller.clone(), project.clone());
        self.0
            .store
            .read(move |tx| {
                own(tx, &caller, &project)?;
                let sealed = api_keys::all(tx, &project)?;
                Ok(sealed.into_iter().map(|(key, _)| key).collect())
            })
            .await
    }

    /// The project's key of that id; without its secret for a member of its team who may only look.
    ///
    /// # Errors
    /// `ProjectNotFound`, `NotFound`.
    pub(crate) async fn key(&self, caller: &Caller, project: &ProjectId, id: &KeyId) -> Result<OpenKey> {
        let (caller, project, id) = (caller.clone(), project.clone(), id.clone());
        let (shown, sealed) = self
            .0
            .store
            .read(move |tx| {
                let shown = may_change(&caller, &own(tx, &caller, &project)?);
                Ok((shown, api_keys::get(tx, &project, &id)?.ok_or(NO_KEY)?))
            })
            .await?;
        self.open_key_for(shown, sealed)
    }

    /// Gives a key another name and other scopes; its secret stays.
    ///
    /// # Errors
    /// `ProjectNotFound`, `NotFound`, `Denied`.
    pub(crate) async fn change_key(
        &self,
        caller: &Caller,
        project: &ProjectId,
        id: &KeyId,
        name: String,
        scopes: Vec<Scope>,
    ) -> Result<OpenKey> {
        let (caller, project, id) = (caller.clone(), project.clone(), id.clone());
        let book = self.notebook();
        let sealed = self
            .0
            .store
            .write(move |tx| {
                own_for_change(tx, &caller, &project)?;
                let (mut key, sealed) = api_keys::get(tx, &project, &id)?.ok_or(NO_KEY)?;
                key.name = name;
                key.scopes = scopes;
                api_keys::update(tx, &key)?;
                let (key_id, name) = (key.id.clone(), key.name.clone());
                book.note(tx, &project, None, Noted::KeyChanged { key_id, name })?;
                Ok((key, sealed))
            })
            .await?;
        self.tell_key(&sealed.0, Change::Updated);
        self.open_key(sealed)
    }

    /// Revokes a key: from now on it opens nothing.
    ///
    /// # Errors
    /// `ProjectNotFound`, `NotFound`, `Denied`.
    pub(crate) async fn delete_key(&self, caller: &Caller, project: &ProjectId, id: &KeyId) -> Result<()> {
        let (caller, row_project, row_id) = (caller.clone(), project.clone(), id.clone());
        let book = self.notebook();
        self.0
            .store
            .write(move |tx| {
                own_for_change(tx, &caller, &row_project)?;
                let (key, _) = api_keys::get(tx, &row_project, &row_id)?.ok_or(NO_KEY)?;
                api_keys::delete(tx, &row_project, &row_id)?;
                let (key_id, name) = (key.id, key.name);
                book.note(tx, &row_project, None, Noted::KeyRevoked { key_id, name })
            })
            .await?;
        self.tell_thing(project, Thing::Key(id.clone()), Change::Deleted);
        Ok(())
    }

    fn open_key_for(&self, shown: bool, sealed: api_keys::SealedKey) -> Result<OpenKey> {
        if shown {
            return self.open_key(sealed);
        }
        Ok(OpenKey {
            key: sealed.0,
            secret: String::new(),
        })
    }

    fn open_key(&self, (key, sealed): api_keys::SealedKey) -> Result<OpenKey> {
        let secret = self.0.seal.open(&sealed)?;
        Ok(OpenKey { key, secret })
    }

    fn tell_key(&self, key: &Key, change: Change) {
        self.tell_thing(&key.project, Thing::Key(key.id.clone()), change);
    }
}
