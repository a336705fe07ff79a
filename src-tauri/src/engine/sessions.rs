//! Sessions: signing in and out, and the JWTs that are made in them.

use drydock_core::agent::Client;
use drydock_core::caller::{Caller, Identity, Proof, SignedIn};
use drydock_core::clock::Timestamp;
use drydock_core::id::{ProjectId, SessionId, UserId, random_hex};
use drydock_core::project::CONSOLE_PROJECT;
use drydock_core::session::{LIFETIME_SECS, Provider, SECRET_BYTES, Session};
use drydock_core::user::{Prefs, User};
use drydock_core::{Error, Result};
use drydock_store::WriteTx;
use drydock_store::table::{memberships, sessions, users};

use super::Engine;
use super::emit::{Emitter, Subject};
use super::identify::SessionToken;
use super::news::Change;
use super::users::{Deed, NO_USER, add_user, log, require_room};
use crate::secrets;

/// What a session that is not there is called.
const NO_SESSION: Error = Error::NotFound("Session");

/// A session that has just begun, with the secret that nobody can be told again.
pub(crate) struct NewSession {
    pub(crate) session: Session,
    pub(crate) token: SessionToken,
}

/// Who calls in which session of an account.
pub(crate) struct Account<'c> {
    pub(crate) user: &'c User,
    pub(crate) session: &'c SessionId,
    pub(crate) proof: Proof,
}

/// The account that calls, in the project or, in admin mode, in the console.
///
/// # Errors
/// `NoValidSession`.
pub(crate) fn account(caller: &Caller) -> Result<Account<'_>> {
    match &caller.identity {
        Identity::User(signed_in) => Ok(Account {
            user: &signed_in.user,
            session: &signed_in.session,
            proof: signed_in.proof.clone(),
        }),
        Identity::Admin(admin) => Ok(Account {
            user: &admin.user,
            session: &admin.session,
            proof: Proof::Session,
        }),
        Identity::Guest | Identity::Key { .. } | Identity::Owner => Err(Error::NoValidSession),
    }
}

/// What it is called when somebody else ends a user's sessions.
const ENDED_BY_OTHERS: &str = "users.sessions.delete";

impl Engine {
    /// Signs a user in by address and password.
    ///
    /// # Errors
    /// `InvalidCredentials`, `UserBlocked`.
    pub(crate) async fn sign_in(
        &self,
        project: &ProjectId,
        email: String,
        password: &str,
        client: Client,
    ) -> Result<NewSession> {
        let owner = project.clone();
        let user = self
            .0
            .store
            .read(move |tx| users::by_email(tx, &owner, &email))
            .await?;
        let hash = user.as_ref().and_then(|user| user.password_hash.clone());
        let right = self.0.passwords.verify(password, hash).await?;
        let user = user.filter(|_| right).ok_or(Error::InvalidCredentials)?;
        user.require_active()?;
        let new = self.new_session(&user, Provider::Email, client.clone());
        self.store_session(&user, &new, client).await?;
        Ok(new)
    }

    /// Signs somebody in without knowing who they are; they become a user.
    ///
    /// # Errors
    /// `Denied` for who is signed in already and in project `console`; `RegistrationRestricted`.
    pub(crate) async fn sign_in_anonymously(&self, caller: &Caller, client: Client) -> Result<NewSession> {
        if caller.project.as_str() == CONSOLE_PROJECT {
            return Err(Error::Denied("Failed to create anonymous user."));
        }
        if caller.user().is_some() {
            return Err(Error::Denied("Cannot create an anonymous user when logged in."));
        }
        let user = User {
            project: caller.project.clone(),
            id: UserId::trusted(self.0.ids.unique()),
            name: String::new(),
            email: None,
            email_verified: false,
            password_hash: None,
            password_updated_at: None,
            active: true,
            prefs: Prefs::new(),
            registered_at: self.now(),
        };
        let new = self.new_session(&user, Provider::Anonymous, client.clone());
        let (stored, session, hash) = (
            user.clone(),
            new.session.clone(),
            secrets::hash(&new.token.secret),
        );
        let bypass = caller.is_admin();
        let now = self.now();
        let emitter = self.emitter();
        self.0
            .store
            .write(move |tx| {
                if !bypass {
                    require_room(tx, &stored.project)?;
                }
                add_user(tx, &stored)?;
                begin(tx, &stored, &session, &hash, client, now, emitter)
            })
            .await?;
        self.tell_user(&user, Change::Created);
        Ok(new)
    }

    /// The account's open sessions, oldest first.
    pub(crate) async fn sessions_of(&self, project: &ProjectId, user: &UserId) -> Result<Vec<Session>> {
        let (project, user, now) = (project.clone(), user.clone(), self.now());
        self.0
            .store
            .read(move |tx| {
                users::get(tx, &project, &user)?.ok_or(NO_USER)?;
                sessions::open(tx, &project, &user, now)
            })
            .await
    }

    /// The user's session of that id.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) async fn session(
        &self,
        project: &ProjectId,
        user: &UserId,
        id: &SessionId,
    ) -> Result<Session> {
        let (project, user, id, now) = (project.clone(), user.clone(), id.clone(), self.now());
        self.0
            .store
            .read(move |tx| sessions::get(tx, &project, &user, &id, now)?.ok_or(NO_SESSION))
            .await
    }

    /// Ends a session of the user; what they did themselves goes into their log.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) async fn end_session(
        &self,
        project: &ProjectId,
        user: &UserId,
        id: &SessionId,
        deed: Option<Deed>,
    ) -> Result<()> {
        let (project, user, id, now) = (project.clone(), user.clone(), id.clone(), self.now());
        let emitter = self.emitter();
        let user = self
            .0
            .store
            .write(move |tx| {
                let user = users::get(tx, &project, &user)?.ok_or(NO_USER)?;
                let session = sessions::get(tx, &project, &user.id, &id, now)?;
                if !sessions::delete(tx, &project, &user.id, &id)? {
                    return Err(NO_SESSION);
                }
                match (&deed, session) {
                    (Some(deed), Some(session)) => {
                        let (session, is_current) = (Box::new(session), false);
                        let subject = Subject::Session { session, is_current };
                        emitter.emit(tx, &project, deed.event, subject)?;
                    }
                    (None, _) => emitter.emit(tx, &project, ENDED_BY_OTHERS, Subject::User(user.clone()))?,
                    // It had ended by itself already.
                    (Some(_), None) => {}
                }
                if let Some(deed) = deed {
                    log(tx, &user, deed, now)?;
                }
                Ok(user)
            })
            .await?;
        self.tell_user(&user, Change::Updated);
        Ok(())
    }

    /// Ends all sessions of the user.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) async fn end_sessions(
        &self,
        project: &ProjectId,
        user: &UserId,
        deed: Option<Deed>,
    ) -> Result<()> {
        let (project, user, now) = (project.clone(), user.clone(), self.now());
        let emitter = self.emitter();
        let user = self
            .0
            .store
            .write(move |tx| {
                let user = users::get(tx, &project, &user)?.ok_or(NO_USER)?;
                let ended = sessions::open(tx, &project, &user.id, now)?;
                sessions::delete_all(tx, &project, &user.id)?;
                match &deed {
                    Some(deed) => emitter.emit(tx, &project, deed.event, Subject::Sessions(ended))?,
                    None => emitter.emit(tx, &project, ENDED_BY_OTHERS, Subject::User(user.clone()))?,
                }
                if let Some(deed) = deed {
                    log(tx, &user, deed, now)?;
                }
                Ok(user)
            })
            .await?;
        self.tell_user(&user, Change::Updated);
        Ok(())
    }

    /// A JWT for who calls in a session; one JWT makes no other.
    ///
    /// # Errors
    /// `NoValidSession`.
    pub(crate) fn jwt_of(&self, caller: &Caller) -> Result<String> {
        let account = account(caller)?;
        if matches!(account.proof, Proof::Jwt { .. }) {
            return Err(Error::NoValidSession);
        }
        let (token, _) = self
            .0
            .jwts
            .make(&account.user.id, account.session, None, self.now())?;
        Ok(token)
    }

    /// Signs in as a user of the project, for the owner of the machine: a session, and a JWT with its end.
    ///
    /// # Errors
    /// `NotFound`, `UserBlocked`.
    pub(crate) async fn sign_in_as(
        &self,
        project: &ProjectId,
        user: &UserId,
        client: Client,
    ) -> Result<(NewSession, String, Timestamp)> {
        let user = self.user(project, user).await?;
        user.require_active()?;
        let new = self.new_session(&user, Provider::Console, client.clone());
        self.store_session(&user, &new, client).await?;
        let (jwt, ends_at) = self.0.jwts.make(&user.id, &new.session.id, None, self.now())?;
        Ok((new, jwt, ends_at))
    }

    /// The caller that a user of the project would be, in a session that the owner of the machine opened for
    /// them, or opens now.
    ///
    /// # Errors
    /// `NotFound`, `UserBlocked`.
    pub(super) async fn stand_in(
        &self,
        project: &ProjectId,
        user: &UserId,
        client: Client,
    ) -> Result<Caller> {
        let user = self.user(project, user).await?;
        user.require_active()?;
        let open = self.sessions_of(project, &user.id).await?;
        let own = open
            .into_iter()
            .find(|session| session.provider == Provider::Console);
        let session = match own {
            Some(session) => session,
            None => {
                let new = self.new_session(&user, Provider::Console, client.clone());
                self.store_session(&user, &new, client).await?;
                new.session
            }
        };
        let (owner, id) = (project.clone(), user.id.clone());
        let places = self
            .0
            .store
            .read(move |tx| memberships::of_user(tx, &owner, &id))
            .await?;
        Ok(Caller {
            project: project.clone(),
            identity: Identity::User(Box::new(SignedIn {
                user,
                session: session.id,
                proof: Proof::Session,
                memberships: places,
            })),
        })
    }

    /// A session for the user; not stored yet.
    pub(super) fn new_session(&self, user: &User, provider: Provider, client: Client) -> NewSession {
        let now = self.now();
        NewSession {
            session: Session {
                project: user.project.clone(),
                id: SessionId::trusted(self.0.ids.unique()),
                user: user.id.clone(),
                provider,
                provider_uid: user.email.clone().unwrap_or_default(),
                client,
                created_at: now,
                expires_at: Timestamp(now.millis() + LIFETIME_SECS * 1000),
            },
            token: SessionToken {
                user: user.id.clone(),
                secret: random_hex(SECRET_BYTES),
            },
        }
    }

    async fn store_session(&self, user: &User, new: &NewSession, client: Client) -> Result<()> {
        let (user, session) = (user.clone(), new.session.clone());
        let (hash, now) = (secrets::hash(&new.token.secret), self.now());
        let emitter = self.emitter();
        let user = self
            .0
            .store
            .write(move |tx| {
                // Deleted, blocked or given another password since it was checked, which takes its time.
                let there = users::get(tx, &user.project, &user.id)?;
                let there = there.ok_or(Error::InvalidCredentials)?;
                if session.provider == Provider::Email && there.password_hash != user.password_hash {
                    return Err(Error::InvalidCredentials);
                }
                there.require_active()?;
                begin(tx, &there, &session, &hash, client, now, emitter)?;
                Ok(there)
            })
            .await?;
        self.tell_user(&user, Change::Updated);
        Ok(())
    }
}

/// Stores a session and writes down that it began.
pub(super) fn begin(
    tx: &WriteTx<'_>,
    user: &User,
    session: &Session,
    secret_hash: &[u8],
    client: Client,
    now: Timestamp,
    emitter: Emitter,
) -> Result<()> {
    sessions::insert(tx, session, secret_hash)?;
    let event = "account.sessions.create";
    let begun = Subject::Session {
        session: Box::new(session.clone()),
        is_current: true,
    };
    emitter.by(&user.id).emit(tx, &user.project, event, begun)?;
    let deed = Deed {
        event,
        client,
        admin: session.provider == Provider::Console,
    };
    log(tx, user, deed, now)
}
