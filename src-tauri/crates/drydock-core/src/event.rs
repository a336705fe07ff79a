//! An event: something that happened in a project, as functions and webhooks are told of it.
//!
//! Owns: which functions an event may start, so that none feeds itself for ever.

use crate::clock::Timestamp;
use crate::event_name::EventName;
use crate::id::{EventId, ExecutionId, FunctionId, ProjectId, UserId};

/// How many executions, each started by an event that the one before made happen, may follow each other: more than any
/// design needs, and few enough that a mistake ends within a second or two.
pub const MAX_CHAIN: usize = 16;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// The project in which it happened.
    pub project: ProjectId,
    /// Its id.
    pub id: EventId,
    /// What happened.
    pub name: EventName,
    /// When.
    pub at: Timestamp,
    /// JSON: what the call that did it answered. `None` of an execution's event that nobody listened to: it is made of
    /// the execution.
    pub payload: Option<String>,
    /// The execution that it is about, of `functions.executions.*`.
    pub execution: Option<ExecutionId>,
    /// Who did it, such as `key:ID`.
    pub caller: String,
    /// The user who did it.
    pub user: Option<UserId>,
    /// The execution whose call of the API did it, in the same project.
    pub made_by: Option<ExecutionId>,
    /// The functions whose executions led to it, the first one first. Noted where something listens to it.
    pub chain: Vec<FunctionId>,
    /// Whether what listens to it has been started, or is not to be.
    pub is_handled: bool,
    /// Whether somebody emitted it by hand, so that nothing else happened.
    pub is_by_hand: bool,
}

impl Event {
    /// Whether it goes on too long already for anything to be started by it.
    pub fn is_cut(&self) -> bool {
        self.chain.len() > MAX_CHAIN
    }

    /// Why it is cut, for a person, if it is.
    pub fn cut_because(&self) -> Option<String> {
        let mut functions: Vec<_> = self.chain.iter().map(FunctionId::as_str).collect();
        functions.sort_unstable();
        functions.dedup();
        self.is_cut().then(|| {
            format!(
                "{} executions in a row were each started by an event that the one before made happen (functions: {}); \
                 at most {MAX_CHAIN} may. Have a function look at the event's payload and do nothing where it is its own \
                 doing",
                self.chain.len(),
                functions.join(", ")
            )
        })
    }

    /// Whether it may start `function`: of the events about executions none that led to it, since each execution has
    /// such events.
    pub fn may_start(&self, function: &FunctionId) -> bool {
        !self.is_cut() && (self.execution.is_none() || !self.chain.contains(function))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn event(name: &str, chain: &[&str]) -> Event {
        Event {
            project: ProjectId::trusted("p"),
            id: EventId::trusted("e"),
            name: EventName::parse("event", name).unwrap(),
            at: Timestamp(0),
            payload: None,
            execution: name.contains("executions").then(|| ExecutionId::trusted("x")),
            caller: String::new(),
            user: None,
            made_by: None,
            chain: chain.iter().map(|id| FunctionId::trusted(*id)).collect(),
            is_handled: false,
            is_by_hand: false,
        }
    }

    #[test]
    fn an_execution_starts_no_function_that_led_to_it() {
        let (f, g) = (FunctionId::trusted("f"), FunctionId::trusted("g"));
        let update = |chain: &[&str]| event("functions.executions.update", chain);
        assert!(update(&[]).may_start(&f));
        assert!(!update(&["f"]).may_start(&f) && update(&["f"]).may_start(&g));
        // Nor does a pair feed each other.
        assert!(!update(&["f", "g"]).may_start(&f));
        // What is no execution may be wanted again: a user that makes a user.
        assert!(event("users.create", &["f"]).may_start(&f));
    }

    #[test]
    fn a_chain_has_an_end() {
        let chain = vec!["f"; MAX_CHAIN];
        assert!(event("users.create", &chain).may_start(&FunctionId::trusted("f")));
        let chain = vec!["f"; MAX_CHAIN + 1];
        let cut = event("users.create", &chain);
        assert!(cut.is_cut() && !cut.may_start(&FunctionId::trusted("g")));
        let why = cut.cut_because().unwrap();
        assert!(
            why.starts_with("17 executions") && why.contains("functions: f)"),
            "{why}"
        );
    }
}
