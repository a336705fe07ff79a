//! The hub: who listens to what, and the handing over of an event to them. Bookkeeping without I/O; nobody is waited
//! for.
//!
//! Each listener has a queue of its own. One whose queue is full has fallen behind and is let go, so that it neither
//! takes memory for ever nor holds up others. An event is made into text once, whoever listens, and not at all where
//! nobody does.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use axum::extract::ws::Utf8Bytes;
use drydock_core::caller::{Caller, Identity, SignedIn};
use drydock_core::clock::Timestamp;
use drydock_core::id::{ProjectId, SessionId, TeamId, UserId};
use drydock_core::team::permission_roles;
use tokio::sync::{mpsc, oneshot};

use super::channels;
use super::message::{self, Refusal, TRY_AGAIN};

/// Connections at once, at most: four times what was measured, a thousand of them on two cores (`bench/`, `realtime`). One
/// takes some 22 KB here, beside what the kernel keeps for who does not read.
const MAX_SOCKETS: usize = 4096;
/// A connection is an open file: of those that this process may have, the other half is for executions, the databases and
/// requests.
const SHARE_OF_FILES: u64 = 2;

/// Messages that wait for a slow listener: two seconds of a server that ends a hundred executions in each. They are
/// shared by all who wait for the same, and an execution's is below 100 KB.
pub(super) const QUEUE: usize = 256;

/// Names a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct SocketId(u64);

/// Something that happened, for those who listen to one of its channels and have one of its roles.
pub(super) struct Event<'e> {
    pub(super) project: &'e ProjectId,
    /// Such as `functions.executions.update`.
    pub(super) name: &'e str,
    pub(super) channels: &'e [String],
    pub(super) roles: &'e [String],
    pub(super) at: Timestamp,
}

/// What a connection is given: its messages, and at last why it ends.
#[derive(Debug)]
pub(super) struct Inbox {
    pub(super) id: SocketId,
    pub(super) messages: mpsc::Receiver<Utf8Bytes>,
    pub(super) end: oneshot::Receiver<Refusal>,
}

/// The connections. Clones share them.
#[derive(Debug, Clone)]
pub(super) struct Hub(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    /// Connections at once.
    most: usize,
    last: u64,
    sockets: HashMap<SocketId, Socket>,
    /// Who listens to a channel of a project: an event looks at nobody else.
    by_channel: HashMap<ProjectId, HashMap<String, HashSet<SocketId>>>,
}

#[derive(Debug)]
struct Socket {
    project: ProjectId,
    /// The channels it asked for, whoever it is.
    asked_for: Vec<String>,
    /// Those it listens to.
    channels: Vec<String>,
    roles: HashSet<String>,
    signed_in: Option<(UserId, SessionId)>,
    messages: mpsc::Sender<Utf8Bytes>,
    end: oneshot::Sender<Refusal>,
}

impl Hub {
    /// Of a process that may have so many files open.
    pub(super) fn new(open_files: u64) -> Self {
        let share = usize::try_from(open_files / SHARE_OF_FILES).unwrap_or(MAX_SOCKETS);
        Self(Arc::new(Mutex::new(State {
            most: share.min(MAX_SOCKETS),
            ..State::default()
        })))
    }

    /// Adds somebody, whose first message is that they are connected. `None` when there are too many.
    pub(super) fn join(
        &self,
        project: &ProjectId,
        asked_for: Vec<String>,
        who: Option<SignedIn>,
    ) -> Option<Inbox> {
        let (messages, received) = mpsc::channel(QUEUE);
        let (end, ended) = oneshot::channel();
        let mut state = self.state();
        if state.sockets.len() >= state.most {
            return None;
        }
        state.last += 1;
        let id = SocketId(state.last);
        let user = who.as_ref().map(|who| who.user.clone());
        let channels = channels::of(&asked_for, user.as_ref().map(|user| &user.id));
        // The first in an empty queue.
        let _ = messages.try_send(message::connected(&channels, user));
        let mut socket = Socket {
            project: project.clone(),
            asked_for,
            channels: Vec::new(),
            roles: HashSet::new(),
            signed_in: None,
            messages,
            end,
        };
        socket.become_somebody(who);
        state.add(id, socket);
        Some(Inbox {
            id,
            messages: received,
            end: ended,
        })
    }

    /// Forgets a connection that has ended.
    pub(super) fn leave(&self, id: SocketId) {
        self.state().remove(id);
    }

    /// Hands an event to those it is for. `payload`, as JSON, is asked for once and only where there are some.
    pub(super) fn publish(&self, event: &Event<'_>, payload: impl FnOnce() -> serde_json::Result<String>) {
        let listeners = self.state().listeners(event);
        if listeners.is_empty() {
            return;
        }
        let payload = match payload() {
            Ok(payload) => payload,
            Err(error) => return tracing::error!(%error, event = event.name, "an event cannot be told"),
        };
        let text = message::event(event.name, event.channels, event.at, &payload);
        let mut state = self.state();
        for id in listeners {
            state.hand(id, text.clone());
        }
    }

    /// Sends a message to one connection.
    pub(super) fn tell(&self, id: SocketId, text: Utf8Bytes) {
        self.state().hand(id, text);
    }

    /// Somebody has signed in on an open connection, and is told so before anything that only they may hear.
    pub(super) fn sign_in(&self, id: SocketId, who: SignedIn) {
        let mut state = self.state();
        state.hand(id, message::authenticated(who.user.clone()));
        state.change(id, Some(who));
    }

    /// Those of a project who are signed in, or of one user of it.
    pub(super) fn signed_in(
        &self,
        project: &ProjectId,
        only: Option<&UserId>,
    ) -> HashMap<SocketId, (UserId, SessionId)> {
        let state = self.state();
        let found = state.sockets.iter().filter(|(_, one)| one.is_of(project, only));
        found
            .filter_map(|(id, one)| Some((*id, one.signed_in.clone()?)))
            .collect()
    }

    /// Gives connections the roles that their users have now. Who is not among `now` has signed out, and hears what
    /// guests hear.
    pub(super) fn change_roles(&self, sockets: &HashMap<SocketId, (UserId, SessionId)>, now: &[SignedIn]) {
        let mut state = self.state();
        for (id, (user, session)) in sockets {
            let who = now
                .iter()
                .find(|who| who.user.id == *user && who.session == *session);
            state.change(*id, who.cloned());
        }
    }

    /// Somebody has a place in a team, with these roles and no others.
    pub(super) fn place(&self, project: &ProjectId, user: &UserId, team: &TeamId, roles: &[String]) {
        let mut state = self.state();
        for socket in state.of(project, Some(user)) {
            socket.leave_team(team);
            socket.roles.extend(permission_roles(team, roles));
        }
    }

    /// Nobody of a project, or one user of it, has a place in that team any longer.
    pub(super) fn displace(&self, project: &ProjectId, only: Option<&UserId>, team: &TeamId) {
        let mut state = self.state();
        for socket in state.of(project, only) {
            socket.leave_team(team);
        }
    }

    /// Ends these connections.
    pub(super) fn end(&self, sockets: impl IntoIterator<Item = SocketId>, why: &Refusal) {
        let mut state = self.state();
        for id in sockets {
            state.end(id, why);
        }
    }

    /// All connections to a project.
    pub(super) fn of_project(&self, project: &ProjectId) -> Vec<SocketId> {
        let state = self.state();
        let of_project = state.sockets.iter().filter(|(_, one)| one.project == *project);
        of_project.map(|(id, _)| *id).collect()
    }

    /// Projects that somebody listens to.
    pub(super) fn projects(&self) -> Vec<ProjectId> {
        self.state().by_channel.keys().cloned().collect()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Bookkeeping without panics in between: a poisoned lock holds a whole state.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn add(&mut self, id: SocketId, socket: Socket) {
        let channels = self.by_channel.entry(socket.project.clone()).or_default();
        for name in &socket.channels {
            channels.entry(name.clone()).or_default().insert(id);
        }
        self.sockets.insert(id, socket);
    }

    fn remove(&mut self, id: SocketId) -> Option<Socket> {
        let socket = self.sockets.remove(&id)?;
        if let Some(channels) = self.by_channel.get_mut(&socket.project) {
            for name in &socket.channels {
                if let Some(listeners) = channels.get_mut(name) {
                    listeners.remove(&id);
                    if listeners.is_empty() {
                        channels.remove(name);
                    }
                }
            }
            if channels.is_empty() {
                self.by_channel.remove(&socket.project);
            }
        }
        Some(socket)
    }

    fn change(&mut self, id: SocketId, who: Option<SignedIn>) {
        if let Some(mut socket) = self.remove(id) {
            socket.become_somebody(who);
            self.add(id, socket);
        }
    }

    fn end(&mut self, id: SocketId, why: &Refusal) {
        if let Some(socket) = self.remove(id) {
            // Nobody to tell when it has just ended by itself.
            let _ = socket.end.send(why.clone());
        }
    }

    /// Those of a project who are signed in, or of one user of it.
    fn of<'s>(
        &'s mut self,
        project: &'s ProjectId,
        only: Option<&'s UserId>,
    ) -> impl Iterator<Item = &'s mut Socket> {
        self.sockets
            .values_mut()
            .filter(move |one| one.is_of(project, only))
    }

    fn hand(&mut self, id: SocketId, text: Utf8Bytes) {
        let Some(socket) = self.sockets.get(&id) else {
            return;
        };
        if socket.messages.try_send(text).is_err() {
            let behind = Refusal::new(TRY_AGAIN, "Too many messages wait for this connection");
            self.end(id, &behind);
        }
    }

    /// Each once, also who listens to several of its channels.
    fn listeners(&self, event: &Event<'_>) -> Vec<SocketId> {
        let Some(channels) = self.by_channel.get(event.project) else {
            return Vec::new();
        };
        let ids = event
            .channels
            .iter()
            .filter_map(|name| channels.get(name))
            .flatten();
        let may_hear = |id: &SocketId| {
            let socket = self.sockets.get(id)?;
            let has_one = event.roles.iter().any(|role| socket.roles.contains(role));
            has_one.then_some(*id)
        };
        let mut found: Vec<_> = ids.filter_map(may_hear).collect();
        found.sort_unstable();
        found.dedup();
        found
    }
}

impl Socket {
    fn become_somebody(&mut self, who: Option<SignedIn>) {
        self.signed_in = who.as_ref().map(|who| (who.user.id.clone(), who.session.clone()));
        self.channels = channels::of(&self.asked_for, self.signed_in.as_ref().map(|(user, _)| user));
        let identity = who.map_or(Identity::Guest, |who| Identity::User(Box::new(who)));
        let caller = Caller {
            project: self.project.clone(),
            identity,
        };
        self.roles = caller.roles().into_iter().collect();
    }

    /// Whether somebody of the project is signed in on it, or that user.
    fn is_of(&self, project: &ProjectId, only: Option<&UserId>) -> bool {
        let user = self.signed_in.as_ref().map(|(user, _)| user);
        self.project == *project && user.is_some_and(|user| only.is_none_or(|only| only == user))
    }

    fn leave_team(&mut self, team: &TeamId) {
        let place = format!("team:{team}");
        self.roles.retain(|role| {
            let rest = role.strip_prefix(&place);
            !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
    }
}

#[cfg(test)]
mod tests;
