//! The queue of waiting executions and the list of running ones: pure bookkeeping, no I/O.
//!
//! First in, first out by the number the store gave each execution. The store holds the truth; this mirrors
//! it so that finding the next one costs nothing.

use std::collections::{BTreeMap, HashMap};

use drydock_core::id::{ExecutionId, FunctionId, ProjectId};
use drydock_core::{Error, Result};
use tokio_util::sync::CancellationToken;

/// An execution's place in the world.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Ticket {
    pub(super) project: ProjectId,
    pub(super) function: FunctionId,
    pub(super) execution: ExecutionId,
}

#[derive(Debug)]
struct Running {
    ticket: Ticket,
    stop: CancellationToken,
}

/// The bookkeeping.
#[derive(Debug)]
pub(super) struct Queue {
    max_waiting: usize,
    /// Stops every running execution.
    stop_all: CancellationToken,
    waiting: BTreeMap<i64, Ticket>,
    /// Waiting and admitted ones of each project.
    counts: HashMap<ProjectId, usize>,
    running: Vec<Running>,
}

impl Queue {
    pub(super) fn new(max_waiting: usize, stop_all: CancellationToken) -> Self {
        Self {
            max_waiting,
            stop_all,
            waiting: BTreeMap::new(),
            counts: HashMap::new(),
            running: Vec::new(),
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
        self.waiting.insert(number, ticket);
    }

    /// Adds one that was stored by an earlier server: it has its place, whatever the limit is now.
    pub(super) fn restore(&mut self, number: i64, ticket: Ticket) {
        *self.counts.entry(ticket.project.clone()).or_default() += 1;
        self.push(number, ticket);
    }

    /// Takes the oldest waiting one and counts it as running; `stop` ends it.
    pub(super) fn start_next(&mut self) -> Option<(Ticket, CancellationToken)> {
        let (_, ticket) = self.waiting.pop_first()?;
        self.give_back(&ticket.project);
        let stop = self.stop_all.child_token();
        self.running.push(Running {
            ticket: ticket.clone(),
            stop: stop.clone(),
        });
        Some((ticket, stop))
    }

    /// Forgets a running one that has ended.
    pub(super) fn end(&mut self, ticket: &Ticket) {
        self.running.retain(|running| running.ticket != *ticket);
    }

    /// Forgets what waits of a function and stops what runs of it.
    pub(super) fn drop_function(&mut self, project: &ProjectId, function: &FunctionId) {
        let of_it = |ticket: &Ticket| ticket.project == *project && ticket.function == *function;
        let gone: Vec<i64> = self
            .waiting
            .iter()
            .filter(|(_, ticket)| of_it(ticket))
            .map(|(&number, _)| number)
            .collect();
        for number in gone {
            self.waiting.remove(&number);
            self.give_back(project);
        }
        for running in self.running.iter().filter(|running| of_it(&running.ticket)) {
            running.stop.cancel();
        }
    }

    /// How many wait.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// How many run.
    pub(super) fn running(&self) -> usize {
        self.running.len()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn ticket(function: &str, execution: &str) -> Ticket {
        Ticket {
            project: ProjectId::trusted("p"),
            function: FunctionId::trusted(function),
            execution: ExecutionId::trusted(execution),
        }
    }

    fn queue(max_waiting: usize) -> Queue {
        Queue::new(max_waiting, CancellationToken::new())
    }

    fn push(queue: &mut Queue, number: i64, ticket: Ticket) {
        queue.admit(&ticket.project).unwrap();
        queue.push(number, ticket);
    }

    #[test]
    fn the_oldest_runs_first_whatever_order_they_arrived_in() {
        let mut queue = queue(10);
        push(&mut queue, 2, ticket("f", "second"));
        push(&mut queue, 1, ticket("f", "first"));
        assert_eq!(queue.start_next().unwrap().0.execution.as_str(), "first");
        assert_eq!(queue.start_next().unwrap().0.execution.as_str(), "second");
        assert!(queue.start_next().is_none());
        assert_eq!((queue.waiting(), queue.running()), (0, 2));
    }

    #[test]
    fn a_full_queue_refuses_and_a_place_given_back_can_be_taken_again() {
        let mut queue = queue(2);
        push(&mut queue, 1, ticket("f", "a"));
        queue.admit(&ProjectId::trusted("p")).unwrap();
        assert!(matches!(
            queue.admit(&ProjectId::trusted("p")),
            Err(Error::QueueFull { waiting: 2 })
        ));
        queue.admit(&ProjectId::trusted("another")).unwrap();
        queue.give_back(&ProjectId::trusted("p"));
        queue.admit(&ProjectId::trusted("p")).unwrap();
    }

    #[test]
    fn a_dropped_function_leaves_nothing_waiting_and_stops_what_runs() {
        let mut queue = queue(3);
        push(&mut queue, 1, ticket("f", "runs"));
        let (running, stop) = queue.start_next().unwrap();
        push(&mut queue, 2, ticket("f", "waits"));
        push(&mut queue, 3, ticket("other", "stays"));
        queue.drop_function(&ProjectId::trusted("p"), &FunctionId::trusted("f"));
        assert!(stop.is_cancelled());
        assert_eq!(queue.start_next().unwrap().0, ticket("other", "stays"));
        queue.end(&running);
        assert_eq!((queue.waiting(), queue.running()), (0, 1));
        // Both places came back.
        for _ in 0..3 {
            queue.admit(&ProjectId::trusted("p")).unwrap();
        }
    }
}
