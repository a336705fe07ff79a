//! Accounts: what users do with their own.

use drydock_core::agent::Client;
use drydock_core::caller::Caller;
use drydock_core::clock::Timestamp;
use drydock_core::project::CONSOLE_PROJECT;
use drydock_core::user::User;
use drydock_core::{Error, Result};
use drydock_store::ReadTx;
use drydock_store::table::{sessions, users};

use super::Engine;
use super::emit::Subject;
use super::news::Change;
use super::sessions::{Account, account};
use super::users::{By, Deed, NO_USER, NewUser, add_user, log, require_room};

/// What an account can be asked to change without a password.
#[derive(Debug, Clone)]
pub(crate) enum AccountChange {
    Name(String),
    Prefs(drydock_core::user::Prefs),
}

impl Engine {
    /// Makes an account of the project; it is not signed in by that.
    ///
    /// # Errors
    /// `ConsoleSignupOff`, `RegistrationRestricted`, `InvalidParam` for the id, `Conflict`.
    pub(crate) async fn sign_up(&self, caller: &Caller, new: NewUser, client: Client) -> Result<User> {
        let admin = caller.is_admin();
        if caller.project.as_str() == CONSOLE_PROJECT && !self.0.limits.console_signup && !admin {
            return Err(Error::ConsoleSignupOff);
        }
        let user = self.new_user(&caller.project, new).await?;
        let (stored, now) = (user.clone(), self.now());
        let emitter = self.emitter().by(&user.id);
        let deed = Deed {
            event: "account.create",
            client,
            admin,
        };
        self.0
            .store
            .write(move |tx| {
                if !admin {
                    require_room(tx, &stored.project)?;
                }
                add_user(tx, &stored)?;
                let project = stored.project.clone();
                emitter.emit(tx, &project, deed.event, Subject::User(stored.clone()))?;
                log(tx, &stored, deed, now)
            })
            .await?;
        self.tell_user(&user, Change::Created);
        Ok(user)
    }

    /// Changes the caller's account.
    pub(crate) async fn change_account(
        &self,
        caller: &Caller,
        change: AccountChange,
        client: Client,
    ) -> Result<User> {
        let user = account(caller)?.user;
        let event = match &change {
            AccountChange::Name(_) => "account.update.name",
            AccountChange::Prefs(_) => "account.update.prefs",
        };
        let deed = own_deed(caller, event, client);
        self.change_user(
            &user.project,
            &user.id,
            By::Themselves(Box::new(deed)),
            move |user| match change {
                AccountChange::Name(name) => user.name = name,
                AccountChange::Prefs(prefs) => user.prefs = prefs,
            },
        )
        .await
    }

    /// Changes the address of the caller's account, which is then not verified. An anonymous user becomes one
    /// with that address and password.
    ///
    /// # Errors
    /// `InvalidCredentials` for a wrong password, `Conflict`.
    pub(crate) async fn change_email(
        &self,
        caller: &Caller,
        email: String,
        password: &str,
        client: Client,
    ) -> Result<User> {
        let account = account(caller)?;
        let user = account.user;
        let hash = if user.is_anonymous() {
            Some(self.0.passwords.hash(password).await?)
        } else {
            self.require_password(user, password).await?;
            None
        };
        let deed = own_deed(caller, "account.update.email", client);
        let now = self.now();
        let check = unchanged_since(&account, now);
        self.change_user_if(
            &user.project,
            &user.id,
            By::Themselves(Box::new(deed)),
            check,
            move |user| {
                user.email = Some(email);
                user.email_verified = false;
                if hash.is_some() {
                    user.password_hash = hash;
                    user.password_updated_at = Some(now);
                }
            },
        )
        .await
    }

    /// Changes the password of the caller's account; the old one is asked for where the user has set one.
    ///
    /// # Errors
    /// `InvalidCredentials`.
    pub(crate) async fn change_password(
        &self,
        caller: &Caller,
        password: &str,
        old_password: &str,
        client: Client,
    ) -> Result<User> {
        let account = account(caller)?;
        let user = account.user;
        if user.password_updated_at.is_some() {
            self.require_password(user, old_password).await?;
        }
        let hash = self.0.passwords.hash(password).await?;
        let deed = own_deed(caller, "account.update.password", client);
        let now = self.now();
        let check = unchanged_since(&account, now);
        self.change_user_if(
            &user.project,
            &user.id,
            By::Themselves(Box::new(deed)),
            check,
            move |user| {
                user.password_hash = Some(hash);
                user.password_updated_at = Some(now);
            },
        )
        .await
    }

    /// Closes the caller's account: blocked for good, signed out everywhere; the address stays taken.
    pub(crate) async fn close_account(&self, caller: &Caller, client: Client) -> Result<()> {
        let user = account(caller)?.user;
        let (project, id, now) = (user.project.clone(), user.id.clone(), self.now());
        let deed = own_deed(caller, "account.delete", client);
        let emitter = self.emitter();
        let user = self
            .0
            .store
            .write(move |tx| {
                let mut user = users::get(tx, &project, &id)?.ok_or(NO_USER)?;
                user.active = false;
                users::update(tx, &user)?;
                sessions::delete_all(tx, &project, &id)?;
                emitter.emit(tx, &project, deed.event, Subject::User(user.clone()))?;
                log(tx, &user, deed, now)?;
                Ok(user)
            })
            .await?;
        self.tell_user(&user, Change::Updated);
        Ok(())
    }

    /// Refuses a password that is not the user's.
    ///
    /// # Errors
    /// `InvalidCredentials`.
    pub(super) async fn require_password(&self, user: &User, password: &str) -> Result<()> {
        if self
            .0
            .passwords
            .verify(password, user.password_hash.clone())
            .await?
        {
            Ok(())
        } else {
            Err(Error::InvalidCredentials)
        }
    }
}

/// Refuses what was allowed before the work of hashing and is not any more: meanwhile the password may have been
/// reset, the user blocked, or the session ended.
pub(super) fn unchanged_since(
    account: &Account<'_>,
    now: Timestamp,
) -> impl FnOnce(&ReadTx<'_>, &User) -> Result<()> + Send + 'static {
    let (session, hash) = (account.session.clone(), account.user.password_hash.clone());
    move |tx, user| {
        let open = sessions::get(tx, &user.project, &user.id, &session, now)?.is_some();
        if open && user.active && user.password_hash == hash {
            Ok(())
        } else {
            Err(Error::InvalidCredentials)
        }
    }
}

/// What the caller did with their own account.
pub(crate) fn own_deed(caller: &Caller, event: &'static str, client: Client) -> Deed {
    Deed {
        event,
        client,
        admin: caller.is_admin(),
    }
}
