//! Who is let in, and as whom: the checks of an opening, and signing in later by a message.

use axum::http::HeaderMap;
use axum::http::request::Parts;
use drydock_core::Error;
use drydock_core::caller::{Identity, SignedIn};
use drydock_core::id::ProjectId;
use drydock_core::limit::Limit;

use super::hub::{Inbox, SocketId};
use super::message::{POLICY, Refusal, TRY_AGAIN, UNSUPPORTED};
use super::{NO_PROJECT, Realtime, channels};
use crate::engine::{Engine, SessionToken, Shown};
use crate::http::cookies;
use crate::http::extract::{bracket, client_ip};
use crate::http::middleware::guard::check_page;
use crate::http::middleware::origin::Origin;
use crate::http::routes::MINUTE;
use crate::http::state::Shared;

/// Openings of one address (contract §9).
const OPENINGS: Limit = Limit {
    calls: 128,
    window_secs: MINUTE,
};
/// Messages on one connection (contract §9).
const MESSAGES: Limit = Limit {
    calls: 32,
    window_secs: MINUTE,
};

/// What a request for a connection says.
pub(super) struct Opening {
    headers: HeaderMap,
    query: String,
    ip: String,
}

impl Opening {
    pub(super) fn of(request: &Parts) -> Self {
        Self {
            headers: request.headers.clone(),
            query: request.uri.query().unwrap_or_default().to_owned(),
            ip: client_ip(request),
        }
    }

    /// Lets somebody in, as who they are.
    ///
    /// # Errors
    /// Why not.
    pub(super) async fn admit(&self, shared: &Shared) -> Result<(ProjectId, Inbox), Refusal> {
        let (engine, realtime) = (&shared.engine, &shared.realtime);
        let key = format!("realtime openings of {}", self.ip);
        let standing = engine.count_call(&[key], OPENINGS);
        if standing.is_some_and(|standing| standing.exceeded) {
            return Err(Refusal::new(TRY_AGAIN, "Too many requests"));
        }
        let name = self.project().ok_or_else(no_project)?;
        let _turn = realtime.people.lock().await;
        realtime.begin(engine);
        let shown = Shown {
            sessions: self.sessions(&name),
            ..Shown::default()
        };
        let (project, identity) = engine.identify(&name, shown).await.map_err(refusal)?;
        check_page(&self.headers, &project).map_err(refusal)?;
        let asked_for = channels::asked_for(&self.query).ok_or_else(|| {
            let most = channels::MAX_CHANNELS;
            Refusal::new(POLICY, format!("Too many channels: at most {most}"))
        })?;
        if asked_for.is_empty() {
            return Err(Refusal::new(POLICY, "Missing channels"));
        }
        let who = identity.ok().and_then(active_user);
        let inbox = realtime.hub.join(&project.id, asked_for, who);
        let inbox = inbox.ok_or_else(|| Refusal::new(TRY_AGAIN, "Too many connections"))?;
        Ok((project.id.clone(), inbox))
    }

    fn project(&self) -> Option<String> {
        let header = || {
            self.headers
                .get("x-appwrite-project")?
                .to_str()
                .ok()
                .map(str::to_owned)
        };
        let named = bracket::first(&self.query, "project").or_else(header);
        named.filter(|name| !name.is_empty())
    }

    /// What a page without an origin sends by itself proves nothing.
    fn sessions(&self, project: &str) -> Vec<SessionToken> {
        let nobodys_page = Origin::of(&self.headers).is_some_and(|origin| origin.is_opaque());
        cookies::sessions(&self.headers, project, !nobodys_page)
    }
}

impl Realtime {
    /// Takes a message of a client, and answers it on its connection.
    pub(super) async fn hear(
        &self,
        engine: &Engine,
        project: &ProjectId,
        id: SocketId,
        message: Option<&str>,
    ) {
        let standing = engine.count_call(&[format!("realtime messages of {id:?}")], MESSAGES);
        let heard = if standing.is_some_and(|standing| standing.exceeded) {
            Err(Refusal::new(TRY_AGAIN, "Too many messages"))
        } else {
            self.sign_in(engine, project, id, message).await
        };
        if let Err(refused) = heard {
            self.hub.tell(id, refused.text());
        }
    }

    async fn sign_in(
        &self,
        engine: &Engine,
        project: &ProjectId,
        id: SocketId,
        message: Option<&str>,
    ) -> Result<(), Refusal> {
        let session = super::message::session_shown(message.unwrap_or_default())?;
        let invalid = || Refusal::new(UNSUPPORTED, "Session is not valid.");
        let token = cookies::decode(&session).ok_or_else(invalid)?;
        let _turn = self.people.lock().await;
        let shown = Shown {
            sessions: vec![token],
            ..Shown::default()
        };
        let (_, identity) = engine.identify(project.as_str(), shown).await.map_err(refusal)?;
        let who = identity.ok().and_then(active_user).ok_or_else(invalid)?;
        self.hub.sign_in(id, who);
        Ok(())
    }
}

/// A user who may hear what is theirs; anybody else is a guest.
fn active_user(identity: Identity) -> Option<SignedIn> {
    match identity {
        Identity::User(who) if who.user.active => Some(*who),
        _ => None,
    }
}

fn no_project() -> Refusal {
    Refusal::new(POLICY, NO_PROJECT)
}

fn refusal(error: Error) -> Refusal {
    match error {
        Error::ProjectNotFound => no_project(),
        Error::InvalidOrigin { .. } => Refusal::new(POLICY, error.to_string()),
        error => {
            tracing::error!(
                error = format!("{error:?}"),
                "a realtime connection cannot be served"
            );
            Refusal::new(TRY_AGAIN, "Server Error")
        }
    }
}
