//! The queue's turns, limits and places.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use super::*;

fn ticket(function: &str, execution: &str) -> Ticket {
    Ticket {
        project: ProjectId::trusted("p"),
        function: FunctionId::trusted(function),
        tag: TagId::trusted("t"),
        execution: ExecutionId::trusted(execution),
    }
}

fn project() -> ProjectId {
    ProjectId::trusted("p")
}

/// Without a limit for each function.
fn queue(max_waiting: usize) -> Queue {
    limited(max_waiting, usize::MAX)
}

fn limited(max_waiting: usize, max_running_per_function: usize) -> Queue {
    Queue::new(max_waiting, max_running_per_function, CancellationToken::new())
}

fn push(queue: &mut Queue, number: i64, ticket: Ticket) {
    queue.admit(&ticket.project).unwrap();
    queue.push(number, ticket);
}

/// `a1 b2` is execution `a1` of function `a` with number 1, then `b2`.
fn push_all(queue: &mut Queue, executions: &str) {
    for name in executions.split(' ') {
        let (function, number) = name.split_at(1);
        push(queue, number.parse().unwrap(), ticket(function, name));
    }
}

/// Starts what can start and names it, in order.
fn start_all(queue: &mut Queue) -> String {
    let started = std::iter::from_fn(|| queue.start_next());
    let names: Vec<_> = started.map(|(ticket, _)| ticket.execution.to_string()).collect();
    names.join(" ")
}

fn end(queue: &mut Queue, name: &str) {
    queue.end(&ticket(&name[..1], name));
}

fn cancel(queue: &mut Queue, name: &str) -> Cancelled {
    queue.cancel(&project(), &ExecutionId::trusted(name))
}

fn nothing_is_kept(queue: &Queue) -> bool {
    queue.lines.is_empty()
        && queue.turns.is_empty()
        && queue.waiting.is_empty()
        && queue.running.is_empty()
        && queue.counts.is_empty()
}

#[test]
fn within_a_function_the_oldest_runs_first_whatever_order_they_arrived_in() {
    let mut queue = queue(10);
    push_all(&mut queue, "f3 f1 f2");
    assert_eq!(start_all(&mut queue), "f1 f2 f3");
    assert_eq!((queue.waiting(), queue.running()), (0, 3));
}

#[test]
fn functions_take_turns_while_several_have_something_waiting() {
    let mut queue = queue(10);
    push_all(&mut queue, "a1 a2 a3 a4 b5 b6 c7");
    assert_eq!(start_all(&mut queue), "a1 b5 c7 a2 b6 a3 a4");
}

#[test]
fn five_thousand_of_one_function_delay_the_single_one_of_another_by_one_turn() {
    let mut queue = queue(10_000);
    for number in 1..=5000 {
        push(&mut queue, number, ticket("a", &format!("a{number}")));
    }
    for _ in 0..7 {
        queue.start_next().unwrap();
    }
    push(&mut queue, 5001, ticket("b", "b5001"));
    let next: Vec<_> = (0..3)
        .map(|_| queue.start_next().unwrap().0.execution.to_string())
        .collect();
    assert_eq!(next, ["a8", "b5001", "a9"]);
}

#[test]
fn the_same_function_id_in_two_projects_is_two_functions() {
    let mut queue = limited(10, 1);
    push_all(&mut queue, "a1 a2");
    let elsewhere = Ticket {
        project: ProjectId::trusted("q"),
        ..ticket("a", "a1")
    };
    push(&mut queue, 3, elsewhere.clone());
    assert_eq!(queue.start_next().unwrap().0, ticket("a", "a1"));
    assert_eq!(queue.start_next().unwrap().0, elsewhere);
    queue.end(&elsewhere);
    assert!(queue.start_next().is_none(), "a1 of project p runs still");
    end(&mut queue, "a1");
    assert_eq!(start_all(&mut queue), "a2");
}

#[test]
fn a_function_at_its_limit_is_passed_over_until_one_of_its_own_ends() {
    let mut queue = limited(10, 2);
    push_all(&mut queue, "a1 a2 a3 a4 b5 b6 b7");
    assert_eq!(start_all(&mut queue), "a1 b5 a2 b6");
    end(&mut queue, "b5");
    assert_eq!(start_all(&mut queue), "b7");
    end(&mut queue, "a2");
    end(&mut queue, "a1");
    assert_eq!(start_all(&mut queue), "a3 a4");
    for name in ["a3", "a4", "b6", "b7"] {
        end(&mut queue, name);
    }
    assert!(nothing_is_kept(&queue), "{queue:?}");
}

#[test]
fn one_that_comes_while_its_function_is_at_its_limit_waits_for_an_end() {
    let mut queue = limited(10, 1);
    push_all(&mut queue, "a1");
    assert_eq!(start_all(&mut queue), "a1");
    push_all(&mut queue, "a2");
    assert_eq!(start_all(&mut queue), "");
    end(&mut queue, "a1");
    assert_eq!(start_all(&mut queue), "a2");
}

#[test]
fn an_end_that_is_told_twice_counts_once() {
    let mut queue = limited(10, 2);
    push_all(&mut queue, "a1 a2 a3 a4");
    assert_eq!(start_all(&mut queue), "a1 a2");
    end(&mut queue, "a1");
    end(&mut queue, "a1");
    assert_eq!(start_all(&mut queue), "a3");
}

#[test]
fn a_full_queue_refuses_and_a_place_given_back_can_be_taken_again() {
    let mut queue = queue(2);
    push_all(&mut queue, "f1");
    queue.admit(&project()).unwrap();
    assert!(matches!(
        queue.admit(&project()),
        Err(Error::QueueFull { waiting: 2 })
    ));
    queue.admit(&ProjectId::trusted("another")).unwrap();
    queue.give_back(&project());
    queue.admit(&project()).unwrap();
}

#[test]
fn a_cancelled_waiting_one_leaves_the_queue_and_its_place_is_free() {
    let mut queue = queue(2);
    push_all(&mut queue, "a1 b2");
    let Cancelled::Waiting(1, gone) = cancel(&mut queue, "a1") else {
        panic!("it waited");
    };
    assert_eq!(gone, ticket("a", "a1"));
    assert!(matches!(cancel(&mut queue, "a1"), Cancelled::NotHere));
    push_all(&mut queue, "a3");
    assert_eq!(start_all(&mut queue), "b2 a3");
}

#[test]
fn a_cancelled_one_that_could_not_be_written_down_comes_back_to_its_place() {
    let mut queue = queue(2);
    push_all(&mut queue, "a1 a2");
    let Cancelled::Waiting(number, gone) = cancel(&mut queue, "a1") else {
        panic!("it waited");
    };
    queue.restore(number, gone);
    assert!(queue.admit(&project()).is_err());
    assert_eq!(start_all(&mut queue), "a1 a2");
}

#[test]
fn a_cancelled_running_one_is_stopped_alone_and_its_end_is_told() {
    let mut queue = queue(3);
    push_all(&mut queue, "a1 a2");
    let (first, stop_first) = queue.start_next().unwrap();
    let (second, stop_second) = queue.start_next().unwrap();
    let Cancelled::Running(ended) = cancel(&mut queue, "a1") else {
        panic!("it runs");
    };
    assert!(matches!(cancel(&mut queue, "a1"), Cancelled::Running(_)), "twice");
    assert!(stop_first.is_cancelled() && !stop_second.is_cancelled());
    assert!(queue.is_cancelled(&first) && !queue.is_cancelled(&second));
    assert!(!ended.is_cancelled());
    queue.end(&first);
    assert!(ended.is_cancelled());
    assert!(matches!(cancel(&mut queue, "a1"), Cancelled::NotHere));
}

#[test]
fn a_stop_of_the_server_is_no_cancel() {
    let stop_all = CancellationToken::new();
    let mut queue = Queue::new(3, 3, stop_all.clone());
    push_all(&mut queue, "a1");
    let (ticket, stop) = queue.start_next().unwrap();
    stop_all.cancel();
    assert!(stop.is_cancelled() && !queue.is_cancelled(&ticket));
}

#[test]
fn a_dropped_function_leaves_nothing_waiting_and_stops_what_runs() {
    let mut queue = queue(3);
    push_all(&mut queue, "f1");
    let (running, stop) = queue.start_next().unwrap();
    push_all(&mut queue, "f2 o3");
    queue.drop_function(&project(), &FunctionId::trusted("f"));
    assert!(stop.is_cancelled() && !queue.is_cancelled(&running));
    assert_eq!(start_all(&mut queue), "o3");
    queue.end(&running);
    assert_eq!((queue.waiting(), queue.running()), (0, 1));
    // Both places came back.
    for _ in 0..3 {
        queue.admit(&project()).unwrap();
    }
}
