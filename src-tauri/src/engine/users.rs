//! Users of a project: made, listed, changed and removed, by themselves or by who administers them.

use drydock_core::agent::Client;
use drydock_core::event_name::EventName;
use drydock_core::id::{ProjectId, UserId};
use drydock_core::list::{ListQuery, Page};
use drydock_core::user::{Prefs, User};
use drydock_core::user_log::LogEntry;
use drydock_core::{Error, Result};
use drydock_store::table::{projects, user_logs, users};
use drydock_store::{ReadTx, WriteTx};

use super::Engine;
use super::emit::Subject;
use super::news::{Change, Thing};

/// Said where the address of a new user is in use, or the id.
const ACCOUNT_EXISTS: &str = "Account already exists";
/// Said where an address is changed to one in use.
const EMAIL_EXISTS: &str = "Email already exists";

/// A user that somebody wants. The address is valid and lower-cased.
pub(crate) struct NewUser {
    /// A custom id or `unique()`.
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) password: String,
    pub(crate) name: String,
}

/// What a user did with their own account, for the log of such deeds.
#[derive(Debug, Clone)]
pub(crate) struct Deed {
    pub(crate) event: &'static str,
    pub(crate) client: Client,
    /// Whether it was done in admin mode.
    pub(crate) admin: bool,
}

/// Who changes a user.
#[derive(Debug, Clone)]
pub(crate) enum By {
    /// They themselves.
    Themselves(Box<Deed>),
    /// Who administers the project; the event of that, where the list has one.
    Others(Option<&'static str>),
}

impl By {
    fn event(&self) -> Option<&'static str> {
        match self {
            Self::Themselves(deed) => Some(deed.event),
            Self::Others(event) => *event,
        }
    }
}

impl Engine {
    /// Makes a user, as who administers the project: no limit of sign-ups holds.
    ///
    /// # Errors
    /// `InvalidParam` for the id, `Conflict`.
    pub(crate) async fn create_user(&self, project: &ProjectId, new: NewUser) -> Result<User> {
        let user = self.new_user(project, new).await?;
        let (stored, emitter) = (user.clone(), self.emitter());
        self.0
            .store
            .write(move |tx| {
                add_user(tx, &stored)?;
                let project = stored.project.clone();
                emitter.emit(tx, &project, "users.create", Subject::User(stored))
            })
            .await?;
        self.tell_user(&user, Change::Created);
        Ok(user)
    }

    /// One page of the project's users.
    ///
    /// # Errors
    /// `CursorNotFound`.
    pub(crate) async fn users(&self, project: &ProjectId, query: ListQuery) -> Result<Page<User>> {
        let project = project.clone();
        self.0
            .store
            .read(move |tx| users::list(tx, &project, &query))
            .await
    }

    /// The user of that id.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) async fn user(&self, project: &ProjectId, id: &UserId) -> Result<User> {
        let (project, id) = (project.clone(), id.clone());
        self.0
            .store
            .read(move |tx| users::get(tx, &project, &id)?.ok_or(NO_USER))
            .await
    }

    /// Changes a user; what they do themselves goes into their log.
    ///
    /// # Errors
    /// `NotFound`, `Conflict` for an address in use.
    pub(crate) async fn change_user<F>(
        &self,
        project: &ProjectId,
        id: &UserId,
        by: By,
        change: F,
    ) -> Result<User>
    where
        F: FnOnce(&mut User) + Send + 'static,
    {
        self.change_user_if(project, id, by, |_, _| Ok(()), change).await
    }

    /// Changes a user who passes `check`, which sees them as they are stored when the change is.
    pub(super) async fn change_user_if<C, F>(
        &self,
        project: &ProjectId,
        id: &UserId,
        by: By,
        check: C,
        change: F,
    ) -> Result<User>
    where
        C: FnOnce(&ReadTx<'_>, &User) -> Result<()> + Send + 'static,
        F: FnOnce(&mut User) + Send + 'static,
    {
        let (project, id, now) = (project.clone(), id.clone(), self.now());
        let emitter = self.emitter();
        let user = self
            .0
            .store
            .write(move |tx| {
                let mut user = users::get(tx, &project, &id)?.ok_or(NO_USER)?;
                check(tx, &user)?;
                change(&mut user);
                if let Some(email) = &user.email
                    && users::by_email(tx, &project, email)?.is_some_and(|other| other.id != user.id)
                {
                    return Err(Error::Conflict(EMAIL_EXISTS));
                }
                users::update(tx, &user)?;
                if let Some(event) = by.event() {
                    emitter.emit(tx, &project, event, Subject::User(user.clone()))?;
                }
                if let By::Themselves(deed) = by {
                    log(tx, &user, *deed, now)?;
                }
                Ok(user)
            })
            .await?;
        self.tell_user(&user, Change::Updated);
        Ok(user)
    }

    /// Gives a user a password; its sessions stay.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) async fn set_password(
        &self,
        project: &ProjectId,
        id: &UserId,
        password: &str,
    ) -> Result<User> {
        // Before the work of hashing.
        self.user(project, id).await?;
        let (hash, now) = (self.0.passwords.hash(password).await?, self.now());
        let by = By::Others(Some("users.update.password"));
        self.change_user(project, id, by, move |user| {
            user.password_hash = Some(hash);
            user.password_updated_at = Some(now);
        })
        .await
    }

    /// Removes a user with sessions and memberships. The id stays taken, the address becomes free.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) async fn delete_user(&self, project: &ProjectId, id: &UserId) -> Result<()> {
        let (row_project, row_id, now) = (project.clone(), id.clone(), self.now());
        let emitter = self.emitter();
        self.0
            .store
            .write(move |tx| {
                let user = users::get(tx, &row_project, &row_id)?.ok_or(NO_USER)?;
                users::delete(tx, &row_project, &row_id, now)?;
                emitter.emit(tx, &row_project, "users.delete", Subject::User(user))
            })
            .await?;
        self.tell_thing(project, Thing::User(id.clone()), Change::Deleted);
        Ok(())
    }

    /// One page of what the user did with their account, newest first.
    ///
    /// # Errors
    /// `NotFound`.
    pub(crate) async fn user_log(
        &self,
        project: &ProjectId,
        id: &UserId,
        limit: i64,
        offset: i64,
    ) -> Result<(User, Page<LogEntry>)> {
        let (project, id) = (project.clone(), id.clone());
        self.0
            .store
            .read(move |tx| {
                let user = users::get(tx, &project, &id)?.ok_or(NO_USER)?;
                let page = user_logs::list(tx, &project, &id, limit, offset)?;
                Ok((user, page))
            })
            .await
    }

    /// The user that `new` wants, with the password hashed; not stored yet.
    pub(super) async fn new_user(&self, project: &ProjectId, new: NewUser) -> Result<User> {
        let id = self.0.ids.resolve("userId", &new.id, UserId::parse)?;
        let hash = self.0.passwords.hash(&new.password).await?;
        let now = self.now();
        Ok(User {
            project: project.clone(),
            id,
            name: new.name,
            email: Some(new.email),
            email_verified: false,
            password_hash: Some(hash),
            password_updated_at: Some(now),
            active: true,
            prefs: Prefs::new(),
            registered_at: now,
        })
    }

    pub(super) fn tell_user(&self, user: &User, change: Change) {
        self.tell_thing(&user.project, Thing::User(user.id.clone()), change);
    }
}

/// What a user that is not there is called.
pub(super) const NO_USER: Error = Error::NotFound("User");

/// Stores a new user.
///
/// # Errors
/// `Conflict` where the id or the address is in use.
pub(super) fn add_user(tx: &WriteTx<'_>, user: &User) -> Result<()> {
    match users::insert(tx, user) {
        Err(Error::AlreadyExists { .. }) => Err(Error::Conflict(ACCOUNT_EXISTS)),
        result => result,
    }
}

/// Refuses one more sign-up where the project has as many users as it allows.
///
/// # Errors
/// `RegistrationRestricted`.
pub(super) fn require_room(tx: &WriteTx<'_>, project: &ProjectId) -> Result<()> {
    let limit = projects::get(tx, project)?.map_or(0, |project| project.auth_limit);
    if limit > 0 && users::count(tx, project)? >= limit {
        return Err(Error::RegistrationRestricted);
    }
    Ok(())
}

/// Writes down what a user did.
pub(super) fn log(
    tx: &WriteTx<'_>,
    user: &User,
    deed: Deed,
    at: drydock_core::clock::Timestamp,
) -> Result<()> {
    let entry = LogEntry {
        user: user.id.clone(),
        event: EventName::parse("event", deed.event)?,
        admin: deed.admin,
        client: deed.client,
        at,
    };
    user_logs::insert(tx, &user.project, &entry)
}
