//! Who calls: from what a request shows to an identity in a project. The one place where a credential
//! becomes somebody.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use drydock_core::caller::{Admin, AdminRole, Identity, Proof, SignedIn};
use drydock_core::clock::Timestamp;
use drydock_core::id::{KeyId, ProjectId, SessionId, UserId};
use drydock_core::key::Key;
use drydock_core::project::{CONSOLE_PROJECT, Project};
use drydock_core::{Error, Result};
use drydock_store::table::{api_keys, events, memberships, projects, sessions, users};
use drydock_store::{ReadTx, Remembered};

use super::Engine;
use super::jwt::Bearer;
use super::news::{Change, Thing};
use crate::secrets;

/// How often the last use of a key is written down: a key may be used a thousand times a second.
const USE_EVERY: Duration = Duration::from_secs(60);

/// A session as its cookie names it.
#[derive(Clone)]
pub(crate) struct SessionToken {
    pub(crate) user: UserId,
    pub(crate) secret: String,
}

/// What a request shows of who sends it.
#[derive(Clone, Default)]
pub(crate) struct Shown {
    /// Sessions in the project itself, the likeliest first.
    pub(crate) sessions: Vec<SessionToken>,
    /// Sessions in project `console`, where the request is in admin mode.
    pub(crate) admin_sessions: Vec<SessionToken>,
    pub(crate) jwt: Option<String>,
    pub(crate) key: Option<String>,
    /// The host that was called, which the contract puts into a key's name.
    pub(crate) host: String,
}

/// A project and, where one was shown that opens it, its key.
#[derive(Debug)]
pub(super) struct Opened {
    project: Arc<Project>,
    key: Option<Key>,
}

/// What was found last for a project's name and the hash of what was shown as its key. Users are not remembered:
/// their sessions end with time, not with a commit.
pub(super) type OpenedBefore = Remembered<(ProjectId, Option<[u8; 32]>), Opened>;

/// Answers in [`OpenedBefore`]: more than there are keys in use at once. One is 3 KB where a project has all
/// texts at their longest, and 250 bytes for each of its platforms.
pub(super) const OPENED_BEFORE: usize = 256;

/// When each key's last use was written down.
#[derive(Debug, Default)]
pub(super) struct KeyUses(Mutex<HashMap<(ProjectId, KeyId), Instant>>);

impl KeyUses {
    /// Whether this use is to be written down.
    fn note(&self, project: &ProjectId, key: &KeyId, now: Instant) -> bool {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // What was noted longer ago says nothing any more, so the map is as small as the keys in use.
        noted.retain(|_, at| now.duration_since(*at) < USE_EVERY);
        let of_key = (project.clone(), key.clone());
        if noted.contains_key(&of_key) {
            return false;
        }
        noted.insert(of_key, now);
        true
    }
}

impl Engine {
    /// The project of that name, and who calls it. The second has a fate of its own, because the contract
    /// looks at other things in between.
    ///
    /// # Errors
    /// `ProjectNotFound`; inside, `InvalidJwt`.
    pub(crate) async fn identify(
        &self,
        project: &str,
        shown: Shown,
    ) -> Result<(Arc<Project>, Result<Identity>)> {
        let id = ProjectId::parse("project", project).map_err(|_| Error::ProjectNotFound)?;
        let shows_a_user =
            shown.jwt.is_some() || !shown.sessions.is_empty() || !shown.admin_sessions.is_empty();
        let (project, identity) = if shows_a_user {
            self.identify_user(id, shown).await?
        } else {
            self.identify_key(id, &shown).await?
        };
        if let Ok(Identity::Key { id, .. }) = &identity {
            self.note_use(&project.id, id);
        }
        Ok((project, identity))
    }

    /// Who shows a key or nothing.
    async fn identify_key(&self, id: ProjectId, shown: &Shown) -> Result<(Arc<Project>, Result<Identity>)> {
        let hash = shown.key.as_deref().map(secrets::hash);
        let found = self.0.opened_before.get((id, hash), |tx, (id, hash)| {
            let Some(project) = projects::get(tx, id)? else {
                return Ok(None);
            };
            let key = match hash {
                Some(hash) => api_keys::by_hash(tx, id, hash)?,
                None => None,
            };
            let project = Arc::new(project);
            Ok(Some(Opened { project, key }))
        });
        let found = found.await?.ok_or(Error::ProjectNotFound)?;
        let identity = match &found.key {
            Some(key) => key_identity(key, &shown.host),
            None => Identity::Guest,
        };
        Ok((Arc::clone(&found.project), Ok(identity)))
    }

    /// Who shows what may open a user's account, and perhaps a key as well.
    async fn identify_user(&self, id: ProjectId, shown: Shown) -> Result<(Arc<Project>, Result<Identity>)> {
        let now = self.now();
        let bearer = shown
            .jwt
            .as_deref()
            .map(|token| self.0.jwts.check(token, now))
            .transpose();
        self.0
            .store
            .read(move |tx| {
                let project = projects::get(tx, &id)?.ok_or(Error::ProjectNotFound)?;
                let identity = match bearer {
                    Ok(bearer) => Ok(who(tx, &project, &shown, bearer, now)?),
                    Err(error) => Err(error),
                };
                Ok((Arc::new(project), identity))
            })
            .await
    }

    /// Those of these users who are signed in by that session and not blocked, as they are when no event came after that
    /// number; `None` where one did, about which nothing is known yet.
    pub(crate) async fn still_signed_in(
        &self,
        project: &ProjectId,
        sessions: Vec<(UserId, SessionId)>,
        last_event: i64,
    ) -> Result<Option<Vec<SignedIn>>> {
        let (project, now) = (project.clone(), self.now());
        self.0
            .store
            .read(move |tx| {
                if !events::since(tx, last_event, 1)?.is_empty() {
                    return Ok(None);
                }
                let mut found = Vec::with_capacity(sessions.len());
                for (user, session) in sessions {
                    if sessions::get(tx, &project, &user, &session, now)?.is_some() {
                        found.extend(signed_in(tx, &project, &user, session, Proof::Session)?);
                    }
                }
                found.retain(|one| one.user.active);
                Ok(Some(found))
            })
            .await
    }

    fn note_use(&self, project: &ProjectId, key: &KeyId) {
        if !self.0.key_uses.note(project, key, Instant::now()) {
            return;
        }
        let (engine, project, key, now) = (self.clone(), project.clone(), key.clone(), self.now());
        // Beside the request: nobody waits for it, and losing one loses a minute's exactness.
        self.0.tasks.spawn(async move {
            let (row_project, row_key) = (project.clone(), key.clone());
            let noted = engine
                .0
                .store
                .write(move |tx| api_keys::used(tx, &row_project, &row_key, now))
                .await;
            match noted {
                Ok(()) => engine.tell_thing(&project, Thing::Key(key), Change::Updated),
                Err(error) => tracing::debug!(
                    error = format!("{error:?}"),
                    "the last use of a key was not written down"
                ),
            }
        });
    }
}

/// In the contract's order: a JWT beats a session, and a key counts only where there is no user.
fn who(
    tx: &ReadTx<'_>,
    project: &Project,
    shown: &Shown,
    bearer: Option<Bearer>,
    now: Timestamp,
) -> Result<Identity> {
    let identity = if let Some(bearer) = bearer {
        by_jwt(tx, &project.id, bearer, now)?
    } else if let Some(account) = first_open(tx, &console(), &shown.admin_sessions, now)? {
        as_admin(project, account)
    } else {
        let signed_in = first_open(tx, &project.id, &shown.sessions, now)?;
        signed_in.map(|signed_in| Identity::User(Box::new(signed_in)))
    };
    match (identity, &shown.key) {
        (Some(identity), _) => Ok(identity),
        (None, Some(secret)) => by_key(tx, &project.id, secret, &shown.host),
        (None, None) => Ok(Identity::Guest),
    }
}

fn by_jwt(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    Bearer {
        user,
        session,
        execution,
    }: Bearer,
    now: Timestamp,
) -> Result<Option<Identity>> {
    if sessions::get(tx, project, &user, &session, now)?.is_none() {
        return Ok(None);
    }
    let signed_in = signed_in(tx, project, &user, session, Proof::Jwt { execution })?;
    Ok(signed_in.map(|signed_in| Identity::User(Box::new(signed_in))))
}

fn by_session(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    token: &SessionToken,
    now: Timestamp,
) -> Result<Option<SignedIn>> {
    // By its hash, as keys are.
    let hash = secrets::hash(&token.secret);
    match sessions::by_hash(tx, project, &token.user, &hash, now)? {
        Some(session) => signed_in(tx, project, &token.user, session, Proof::Session),
        None => Ok(None),
    }
}

fn signed_in(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    user: &UserId,
    session: SessionId,
    proof: Proof,
) -> Result<Option<SignedIn>> {
    let Some(user) = users::get(tx, project, user)? else {
        return Ok(None);
    };
    Ok(Some(SignedIn {
        memberships: memberships::of_user(tx, project, &user.id)?,
        user,
        session,
        proof,
    }))
}

/// Who shows the first session that is open.
fn first_open(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    tokens: &[SessionToken],
    now: Timestamp,
) -> Result<Option<SignedIn>> {
    for token in tokens {
        let signed_in = by_session(tx, project, token, now)?;
        if signed_in.is_some() {
            return Ok(signed_in);
        }
    }
    Ok(None)
}

/// A console account on a project; without a place in the team that owns it, it is nobody there.
fn as_admin(project: &Project, account: SignedIn) -> Option<Identity> {
    if project.is_console() {
        return Some(Identity::User(Box::new(account)));
    }
    let place = account
        .memberships
        .iter()
        .find(|place| place.team == project.team && place.confirmed)?;
    Some(Identity::Admin(Box::new(Admin {
        role: AdminRole::among(&place.roles),
        user: account.user,
        session: account.session,
    })))
}

fn console() -> ProjectId {
    ProjectId::trusted(CONSOLE_PROJECT)
}

/// A secret is looked up by its hash: how long that takes says nothing about 1024 random bits.
fn by_key(tx: &ReadTx<'_>, project: &ProjectId, secret: &str, host: &str) -> Result<Identity> {
    let key = api_keys::by_hash(tx, project, &secrets::hash(secret))?;
    Ok(key.map_or(Identity::Guest, |key| key_identity(&key, host)))
}

fn key_identity(key: &Key, host: &str) -> Identity {
    Identity::Key {
        id: key.id.clone(),
        scopes: key.scopes.clone(),
        label: format!("app.{}@service.{host}", key.project),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_use_of_a_key_is_noted_once_a_minute() {
        let uses = KeyUses::default();
        let (project, key) = (ProjectId::trusted("p"), KeyId::trusted("k"));
        let now = Instant::now();
        assert!(uses.note(&project, &key, now));
        assert!(!uses.note(&project, &key, now + USE_EVERY / 2));
        assert!(uses.note(&project, &KeyId::trusted("other"), now));
        assert!(uses.note(&project, &key, now + USE_EVERY));
    }
}
