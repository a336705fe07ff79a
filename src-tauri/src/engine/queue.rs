//! The queue of waiting executions and the list of running ones: pure bookkeeping, no I/O.
//!
//! Functions take turns; within a function the oldest runs first, by the number the store gave each execution.
//! A function stands in the line of turns while one of its executions could start. The store holds the truth;
//! this mirrors it so that finding the next one stays cheap with 10,000 waiting: no step looks at more than one
//! path of a tree, except where a function is deleted.

use std::collections::{BTreeMap, HashMap};

use drydock_core::execution::Execution;
use drydock_core::id::{ExecutionId, FunctionId, ProjectId, TagId};
use drydock_core::{Error, Result};
use tokio_util::sync::CancellationToken;

use super::code::TagKey;

/// An execution's place in the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) project: ProjectId,
    pub(super) function: FunctionId,
    pub(super) tag: TagId,
    pub(super) execution: ExecutionId,
}

impl Ticket {
    /// The tag it runs.
    pub(super) fn tag_key(&self) -> TagKey {
        (self.project.clone(), self.function.clone(), self.tag.clone())
    }

    /// That of a stored execution.
    pub(super) fn of(execution: &Execution) -> Self {
        Self {
            project: execution.project.clone(),
            function: execution.function.clone(),
            tag: execution.tag.clone(),
            execution: execution.id.clone(),
        }
    }
}

type FunctionKey = (ProjectId, FunctionId);
type ExecutionKey = (ProjectId, ExecutionId);

/// What waits and runs of one function; forgotten when nothing does.
#[derive(Debug, Default)]
struct Line {
    waiting: BTreeMap<i64, Ticket>,
    running: usize,
    /// Its place among the turns, while one of its own could start.
    turn: Option<u64>,
}

#[derive(Debug)]
struct Running {
    function: FunctionId,
    stop: CancellationToken,
    is_cancelled: bool,
    ended: CancellationToken,
}

/// What [`Queue::cancel`] found.
#[derive(Debug)]
pub(super) enum Cancelled {
    /// It waited and has left the queue, with its place; its number lets it come back.
    Waiting(i64, Ticket),
    /// It runs and was told to stop; the token is cancelled when its end is written down.
    Running(CancellationToken),
    /// It neither waits nor runs.
    NotHere,
}

/// The bookkeeping.
#[derive(Debug)]
pub(super) struct Queue {
    max_waiting: usize,
    max_running_per_function: usize,
    /// Stops every running execution.
    stop_all: CancellationToken,
    lines: HashMap<FunctionKey, Line>,
    /// Functions of which one could start, in the order of their turns.
    turns: BTreeMap<u64, FunctionKey>,
    /// The turn that was given last.
    last_turn: u64,
    /// Where each waiting one stands.
    waiting: HashMap<ExecutionKey, (FunctionId, i64)>,
    running: HashMap<ExecutionKey, Running>,
    /// Waiting and admitted ones of each project.
    counts: HashMap<ProjectId, usize>,
}

impl Queue {
    pub(super) fn new(
        max_waiting: usize,
        max_running_per_function: usize,
        stop_all: CancellationToken,
    ) -> Self {
        Self {
            max_waiting,
            max_running_per_function,
            stop_all,
            lines: HashMap::new(),
            turns: BTreeMap::new(),
            last_turn: 0,
            waiting: HashMap::new(),
            running: HashMap::new(),
            counts: HashMap::new(),
        }
    }

    /// Takes a place for an execution of the project that is about to be stored.
    ///
    /// # Errors
    /// `QueueFull`: nothing was taken.
    pub(super) fn admit(&mut self, project: &ProjectId) -> Result<()> {
        let count = self.counts.entry(project.clone()).or_default();
        if *count >= self.max_waiting {
            return Err(Error::QueueFull { waiting: *count });
        }
        *count += 1;
        Ok(())
    }

    /// Gives back a place whose execution could not be stored.
    pub(super) fn give_back(&mut self, project: &ProjectId) {
        if let Some(count) = self.counts.get_mut(project) {
            *count = count.saturating_sub(1);
            if *count == 0 {
                self.counts.remove(project);
            }
        }
    }

    /// Adds an admitted execution under its number.
    pub(super) fn push(&mut self, number: i64, ticket: Ticket) {
        let key = function_key(&ticket);
        self.waiting
            .insert(execution_key(&ticket), (ticket.function.clone(), number));
        self.lines
            .entry(key.clone())
            .or_default()
            .waiting
            .insert(number, ticket);
        self.settle(&key);
    }

    /// Adds one that is stored already: it has its place, whatever the limit is now.
    pub(super) fn restore(&mut self, number: i64, ticket: Ticket) {
        *self.counts.entry(ticket.project.clone()).or_default() += 1;
        self.push(number, ticket);
    }

    /// Takes the oldest waiting one of the function whose turn it is and counts it as running; the token ends it.
    pub(super) fn start_next(&mut self) -> Option<(Ticket, CancellationToken)> {
        let (_, key) = self.turns.pop_first()?;
        let line = self.lines.get_mut(&key)?;
        line.turn = None;
        let (_, ticket) = line.waiting.pop_first()?;
        line.running += 1;
        self.waiting.remove(&execution_key(&ticket));
        self.give_back(&ticket.project);
        let stop = self.stop_all.child_token();
        self.running.insert(
            execution_key(&ticket),
            Running {
                function: ticket.function.clone(),
                stop: stop.clone(),
                is_cancelled: false,
                ended: CancellationToken::new(),
            },
        );
        self.settle(&key);
        Some((ticket, stop))
    }

    /// Forgets a running one whose end is written down. Another of its function may be startable now.
    pub(super) fn end(&mut self, ticket: &Ticket) {
        let Some(running) = self.running.remove(&execution_key(ticket)) else {
            return;
        };
        running.ended.cancel();
        let key = function_key(ticket);
        if let Some(line) = self.lines.get_mut(&key) {
            line.running -= 1;
        }
        self.settle(&key);
    }

    /// Takes a waiting one out of the queue, or tells a running one to stop.
    pub(super) fn cancel(&mut self, project: &ProjectId, execution: &ExecutionId) -> Cancelled {
        let key = (project.clone(), execution.clone());
        if let Some(running) = self.running.get_mut(&key) {
            running.is_cancelled = true;
            running.stop.cancel();
            return Cancelled::Running(running.ended.clone());
        }
        let Some((function, number)) = self.waiting.remove(&key) else {
            return Cancelled::NotHere;
        };
        let function = (key.0, function);
        let Some(ticket) = self
            .lines
            .get_mut(&function)
            .and_then(|line| line.waiting.remove(&number))
        else {
            return Cancelled::NotHere;
        };
        self.give_back(&ticket.project);
        self.settle(&function);
        Cancelled::Waiting(number, ticket)
    }

    /// Whether somebody cancelled this running one; a stop of the server or of its function is none.
    pub(super) fn is_cancelled(&self, ticket: &Ticket) -> bool {
        self.running
            .get(&execution_key(ticket))
            .is_some_and(|running| running.is_cancelled)
    }

    /// Forgets what waits of a function and stops what runs of it.
    pub(super) fn drop_function(&mut self, project: &ProjectId, function: &FunctionId) {
        let key = (project.clone(), function.clone());
        let Some(line) = self.lines.get_mut(&key) else {
            return;
        };
        for ticket in std::mem::take(&mut line.waiting).into_values() {
            self.waiting.remove(&execution_key(&ticket));
            self.give_back(project);
        }
        for ((of_project, _), running) in &self.running {
            if of_project == project && running.function == *function {
                running.stop.cancel();
            }
        }
        self.settle(&key);
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many run.
    pub(super) fn running(&self) -> usize {
        self.running.len()
    }

    /// After every change of a line: it stands among the turns while one of its own could start, behind all
    /// others if it did not before, and is forgotten when nothing waits or runs of it.
    fn settle(&mut self, key: &FunctionKey) {
        let Some(line) = self.lines.get_mut(key) else {
            return;
        };
        let can_start = !line.waiting.is_empty() && line.running < self.max_running_per_function;
        match line.turn {
            None if can_start => {
                self.last_turn += 1;
                line.turn = Some(self.last_turn);
                self.turns.insert(self.last_turn, key.clone());
            }
            Some(turn) if !can_start => {
                line.turn = None;
                self.turns.remove(&turn);
            }
            _ => {}
        }
        if line.waiting.is_empty() && line.running == 0 {
            self.lines.remove(key);
        }
    }
}

fn function_key(ticket: &Ticket) -> FunctionKey {
    (ticket.project.clone(), ticket.function.clone())
}

fn execution_key(ticket: &Ticket) -> ExecutionKey {
    (ticket.project.clone(), ticket.execution.clone())
}

#[cfg(test)]
#[path = "queue_tests.rs"]
mod tests;
