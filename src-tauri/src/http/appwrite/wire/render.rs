//! Payloads of events: what the call that did it answers.

use serde::Serialize;
use serde_json::Value;

use super::{Execution, Function, Membership, Session, SessionList, Tag, Team, User};
use crate::engine::Subject;

/// Writes what an event tells of, as the API answers it.
pub(crate) fn render(subject: Subject) -> Value {
    match subject {
        Subject::User(user) => json(User::from(user)),
        Subject::Session { session, is_current } => json(Session::new(*session, is_current)),
        Subject::Sessions(sessions) => json(SessionList::new(sessions, None)),
        Subject::Team(team) => json(Team::from(team)),
        Subject::Member(member) => json(Membership::from(member)),
        Subject::Function(function) => json(Function::from(*function)),
        Subject::Tag(tag) => json(Tag::from(tag)),
        Subject::Execution(execution) => json(Execution::from(*execution)),
    }
}

fn json(shape: impl Serialize) -> Value {
    // Plain structs with names for keys are always JSON.
    serde_json::to_value(shape).unwrap_or_default()
}
