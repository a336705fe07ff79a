//! Who may come in: projects, API keys, the console's links and sessions, and what first start makes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use drydock_core::clock::Timestamp;
use drydock_core::id::{KeyId, ProjectId, random_hex};
use drydock_core::key::{Key, SECRET_BYTES};
use drydock_core::project::{DEFAULT_PROJECT, Project};
use drydock_core::scope::Scope;
use drydock_core::{Error, Result};
use drydock_store::table::{api_keys, console_sessions, meta, projects};

use super::Engine;
use crate::secrets;

/// How long a one-time link to the console can be used.
const CONSOLE_LINK_TTL: Duration = Duration::from_secs(10 * 60);
/// How long a console session lasts: a month of not having to ask for a link again.
pub(crate) const CONSOLE_SESSION_SECS: i64 = 30 * 24 * 60 * 60;
/// Unused links kept; the oldest goes first. More than a person opens in ten minutes.
const MAX_LINKS: usize = 100;
/// Random bytes of links and sessions.
const TOKEN_BYTES: usize = 32;

/// What a new user needs to begin: printed at start and written to the ready file.
#[derive(Debug, Clone)]
pub(crate) struct Credentials {
    pub(crate) project: ProjectId,
    /// Absent when the project's keys were all revoked.
    pub(crate) key_secret: Option<String>,
}

/// One-time links that have not been used: hashes of their tokens, and until when.
#[derive(Debug, Default)]
pub(super) struct ConsoleLinks(Mutex<HashMap<[u8; 32], Instant>>);

impl ConsoleLinks {
    fn add(&self, token: &str, now: Instant) {
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links.retain(|_, expires_at| *expires_at > now);
        if links.len() >= MAX_LINKS
            && let Some(oldest) = links
                .iter()
                .min_by_key(|(_, expires_at)| **expires_at)
                .map(|(hash, _)| *hash)
        {
            links.remove(&oldest);
        }
        links.insert(secrets::hash(token), now + CONSOLE_LINK_TTL);
    }

    /// Whether the token opens the console; it does so once.
    fn spend(&self, token: &str, now: Instant) -> bool {
        let mut links = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        links
            .remove(&secrets::hash(token))
            .is_some_and(|expires_at| expires_at > now)
    }
}

impl Engine {
    /// Makes what a fresh data folder lacks (its id, project `default`, one key with every scope) and answers
    /// what a user needs to begin.
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
                if projects::get(tx, &id)?.is_none() {
                    projects::insert(
                        tx,
                        &Project {
                            id: id.clone(),
                            name: "Default".into(),
                            created_at: now,
                        },
                    )?;
                    let key = Key {
                        id: KeyId::trusted(key_id),
                        project: id.clone(),
                        name: "Made at first start".into(),
                        scopes: Scope::KEY_SCOPES.to_vec(),
                        created_at: now,
                    };
                    api_keys::insert(tx, &key, &hash, &sealed)?;
                }
                api_keys::first(tx, &id)
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

    /// The project of that id.
    ///
    /// # Errors
    /// `ProjectNotFound`.
    pub(crate) async fn project(&self, id: &str) -> Result<Project> {
        let id = ProjectId::parse("project", id).map_err(|_| Error::ProjectNotFound)?;
        self.0
            .store
            .read(move |tx| projects::get(tx, &id)?.ok_or(Error::ProjectNotFound))
            .await
    }

    /// Every project.
    pub(crate) async fn projects(&self) -> Result<Vec<Project>> {
        self.0.store.read(projects::all).await
    }

    /// The project's key with that secret. The secret is looked up by its hash: how long that takes says
    /// nothing about 1024 random bits.
    pub(crate) async fn key(&self, project: &ProjectId, secret: &str) -> Result<Option<Key>> {
        let (project, hash) = (project.clone(), secrets::hash(secret));
        self.0
            .store
            .read(move |tx| api_keys::by_hash(tx, &project, &hash))
            .await
    }

    /// A fresh one-time token that opens the console, and until when it does.
    pub(crate) fn console_link_token(&self) -> (String, Timestamp) {
        let token = random_hex(TOKEN_BYTES);
        self.0.links.add(&token, Instant::now());
        (
            token,
            Timestamp(self.now().millis() + CONSOLE_LINK_TTL.as_millis() as i64),
        )
    }

    /// Spends a one-time token for a console session; answers the session's own token.
    ///
    /// # Errors
    /// `ConsoleLinkSpent`.
    pub(crate) async fn open_console(&self, token: &str) -> Result<String> {
        if !self.0.links.spend(token, Instant::now()) {
            return Err(Error::ConsoleLinkSpent);
        }
        let session = random_hex(TOKEN_BYTES);
        let (hash, now) = (secrets::hash(&session), self.now());
        let expires_at = Timestamp(now.millis() + CONSOLE_SESSION_SECS * 1000);
        self.0
            .store
            .write(move |tx| console_sessions::insert(tx, &hash, now, expires_at))
            .await?;
        Ok(session)
    }

    /// Whether that token is of an open console session.
    pub(crate) async fn is_console_session(&self, token: &str) -> Result<bool> {
        let (hash, now) = (secrets::hash(token), self.now());
        self.0
            .store
            .read(move |tx| console_sessions::is_open(tx, &hash, now))
            .await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_opens_once_and_not_after_ten_minutes() {
        let links = ConsoleLinks::default();
        let now = Instant::now();
        links.add("a", now);
        assert!(links.spend("a", now));
        assert!(!links.spend("a", now));
        assert!(!links.spend("never made", now));
        links.add("b", now);
        assert!(!links.spend("b", now + CONSOLE_LINK_TTL));
    }

    #[test]
    fn the_oldest_link_goes_when_there_are_too_many() {
        let links = ConsoleLinks::default();
        let now = Instant::now();
        for number in 0..=MAX_LINKS {
            links.add(&number.to_string(), now + Duration::from_millis(number as u64));
        }
        assert!(!links.spend("0", now));
        assert!(links.spend("1", now));
    }
}
