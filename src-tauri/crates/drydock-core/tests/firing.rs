//! Days of a function's schedule, minute by minute, while its server starts anew, sleeps, and has its clock set.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use drydock_core::clock::Timestamp;
use drydock_core::firing::{Due, LATE_MS};
use drydock_core::function::{Function, FunctionStatus, Network, Vars};
use drydock_core::id::{FunctionId, ProjectId, TagId};
use drydock_core::runtime::Runtime;
use drydock_core::schedule::Schedule;
use proptest::prelude::*;

const MINUTE_MS: i64 = 60_000;
const HOUR_MS: i64 = 60 * MINUTE_MS;
const DAY_MS: i64 = 24 * HOUR_MS;
/// 2026-02-27 00:00 UTC, so that three days cross the end of a February.
const MIDNIGHT: i64 = 1_772_150_400_000;
const SCHEDULES: [&str; 7] = [
    "* * * * *",
    "*/7 * * * *",
    "0 * * * *",
    "30 11 * * *",
    "59 23 * * *",
    "5,50 9-17 * * *",
    "0 0 L * *",
];

fn function(schedule: &str, now: Timestamp) -> Function {
    let mut function = Function {
        project: ProjectId::trusted("default"),
        id: FunctionId::trusted("f"),
        name: String::new(),
        execute: Vec::new(),
        created_at: now,
        updated_at: now,
        status: FunctionStatus::Disabled,
        runtime: Runtime::parse("runtime", "node-20.0").unwrap(),
        active_tag: Some(TagId::trusted("t")),
        vars: Vars::new(),
        events: Vec::new(),
        schedule: Some(Schedule::parse("schedule", schedule).unwrap()),
        schedule_next: None,
        schedule_previous: None,
        timeout_secs: 15,
        network: Network::Full,
        backend: None,
    };
    function.reschedule(now);
    function
}

/// Every minute of some weeks at which each schedule is due. Once for all cases: it is most of their time.
static ALL_DUE: LazyLock<HashMap<&str, BTreeSet<i64>>> = LazyLock::new(|| {
    let (first, last) = (MIDNIGHT - 7 * DAY_MS, MIDNIGHT + 21 * DAY_MS);
    let due = |text: &str| {
        let schedule = Schedule::parse("schedule", text).unwrap();
        let runs = schedule.runs_after(Timestamp(first)).map(Timestamp::millis);
        runs.take_while(|minute| *minute < last).collect()
    };
    SCHEDULES.into_iter().map(|text| (text, due(text))).collect()
});

/// A function, the clock of its machine, and what a server does with both; beside it, what should come of that.
struct Days {
    function: Function,
    due: &'static BTreeSet<i64>,
    clock_ms: i64,
    /// What the server that runs has seen of the clock last.
    seen: Option<Timestamp>,
    fired: Vec<i64>,
    /// Up to when everything is done with, by the rule: minutes behind it fire if the clock comes to them.
    done_until: i64,
    expected: Vec<i64>,
}

impl Days {
    fn of(schedule: &str, phase_ms: i64) -> Self {
        let begin = MIDNIGHT + phase_ms;
        Self {
            function: function(schedule, Timestamp(begin)),
            due: &ALL_DUE[schedule],
            clock_ms: begin,
            seen: None,
            fired: Vec::new(),
            done_until: begin,
            expected: Vec::new(),
        }
    }

    /// As the engine looks.
    fn look(&mut self) {
        let now = Timestamp(self.clock_ms);
        if self.seen.is_none_or(|seen| now < seen) {
            self.function.clock_went_back(now);
        }
        self.seen = Some(now);
        match self.function.due(now) {
            Due::NotYet => {}
            Due::Now(minute) => {
                self.function.fired(minute, now);
                self.fired.push(minute.millis());
            }
            Due::Missed(_) => self.function.reschedule(now),
        }
        self.expect();
    }

    /// The rule in other words: of what came since the last look the latest fires, if it is less than an hour old and
    /// later than all that have fired.
    fn expect(&mut self) {
        self.done_until = self.done_until.min(self.clock_ms);
        let latest = self.due.range(..=self.clock_ms).next_back().copied();
        let not_done = |minute: &i64| *minute > self.done_until;
        let newer = |minute: &i64| self.expected.last().is_none_or(|last| last < minute);
        let in_time = |minute: &i64| self.clock_ms - minute < LATE_MS;
        let fires = latest.filter(not_done).filter(newer).filter(in_time);
        self.expected.extend(fires);
        self.done_until = self.clock_ms;
    }
}

#[derive(Debug, Clone, Copy)]
enum Happening {
    Restart,
    /// No server looks for so long.
    Sleep(i64),
    /// The clock is set.
    Jump(i64),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        Just(Happening::Restart),
        (0..200 * MINUTE_MS).prop_map(Happening::Sleep),
        Just(Happening::Jump(HOUR_MS)),
        Just(Happening::Jump(-HOUR_MS)),
        (-3 * HOUR_MS..3 * HOUR_MS).prop_map(Happening::Jump),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn each_minute_fires_as_the_rule_says_and_never_twice(
        schedule in prop::sample::select(SCHEDULES.to_vec()),
        phase_ms in 0..DAY_MS,
        happenings in prop::collection::btree_map(0..3 * 24 * 60usize, happening(), 0..20),
    ) {
        let mut days = Days::of(schedule, phase_ms);
        for step in 0..3 * 24 * 60 {
            days.clock_ms += MINUTE_MS;
            match happenings.get(&step) {
                Some(Happening::Restart) => days.seen = None,
                Some(Happening::Sleep(time) | Happening::Jump(time)) => days.clock_ms += time,
                None => {}
            }
            days.look();
        }
        prop_assert_eq!(&days.fired, &days.expected);
        prop_assert!(days.fired.windows(2).all(|pair| pair[0] < pair[1]), "twice: {:?}", days.fired);
    }

    #[test]
    fn without_sleep_and_jumps_each_due_minute_fires_also_when_the_server_starts_anew(
        schedule in prop::sample::select(SCHEDULES.to_vec()),
        phase_ms in 0..DAY_MS,
        restarts in prop::collection::btree_set(0..3 * 24 * 60usize, 0..50),
    ) {
        let mut days = Days::of(schedule, phase_ms);
        for step in 0..3 * 24 * 60 {
            days.clock_ms += MINUTE_MS;
            if restarts.contains(&step) {
                days.seen = None;
            }
            days.look();
        }
        let due = days.due.range(MIDNIGHT + phase_ms + 1..=days.clock_ms);
        prop_assert_eq!(days.fired, due.copied().collect::<Vec<_>>());
    }
}

#[test]
fn an_hour_later_is_too_late_and_a_moment_before_is_not() {
    let at = |ms| Timestamp(MIDNIGHT + ms);
    let daily = function("0 1 * * *", at(0));
    let due = at(HOUR_MS);
    assert_eq!(daily.due(at(HOUR_MS - 1)), Due::NotYet);
    assert_eq!(daily.due(due), Due::Now(due));
    assert_eq!(daily.due(at(2 * HOUR_MS - 1)), Due::Now(due));
    assert_eq!(daily.due(at(2 * HOUR_MS)), Due::Missed(due));
}

#[test]
fn of_many_missed_minutes_the_latest_fires() {
    let mut function = function("* * * * *", Timestamp(MIDNIGHT));
    let now = Timestamp(MIDNIGHT + 5 * HOUR_MS + 1);
    let latest = Timestamp(MIDNIGHT + 5 * HOUR_MS);
    assert_eq!(function.due(now), Due::Now(latest));
    function.fired(latest, now);
    assert_eq!(function.due(now), Due::NotYet);
    assert_eq!(
        function.schedule_next,
        Some(Timestamp(latest.millis() + MINUTE_MS))
    );
}

#[test]
fn a_minute_that_fired_is_not_the_next_one_of_another_schedule_either() {
    let (fired, now) = (Timestamp(MIDNIGHT + HOUR_MS), Timestamp(MIDNIGHT));
    let mut function = function("* * * * *", now);
    function.fired(fired, fired);
    // The clock was set back, and somebody changes the schedule.
    function.schedule = Some(Schedule::parse("schedule", "*/30 * * * *").unwrap());
    function.reschedule(now);
    assert_eq!(
        function.schedule_next,
        Some(Timestamp(fired.millis() + HOUR_MS / 2))
    );
}

#[test]
fn a_minute_that_was_given_up_fires_when_a_clock_that_was_set_back_comes_to_it() {
    let at = |ms| Timestamp(MIDNIGHT + ms);
    let mut function = function("30 0 * * *", at(0));
    // Set ahead by two hours by mistake.
    assert_eq!(function.due(at(2 * HOUR_MS)), Due::Missed(at(HOUR_MS / 2)));
    function.reschedule(at(2 * HOUR_MS));
    assert!(function.clock_went_back(at(0)));
    assert_eq!(function.due(at(HOUR_MS / 2)), Due::Now(at(HOUR_MS / 2)));
}

#[test]
fn a_clock_that_was_wrong_by_a_year_does_not_silence_a_schedule_for_a_year() {
    let at = |ms| Timestamp(MIDNIGHT + ms);
    let mut function = function("0 * * * *", at(0));
    let wrong = at(365 * DAY_MS);
    function.fired(wrong, wrong);
    assert!(function.clock_went_back(at(0)));
    assert_eq!(function.schedule_next, Some(at(HOUR_MS)));
    assert_eq!(function.due(at(HOUR_MS)), Due::Now(at(HOUR_MS)));
}

#[test]
fn without_a_schedule_or_a_tag_nothing_is_due() {
    let mut function = function("* * * * *", Timestamp(MIDNIGHT));
    function.active_tag = None;
    function.reschedule(Timestamp(MIDNIGHT));
    let later = Timestamp(MIDNIGHT + HOUR_MS);
    assert_eq!((function.schedule_next, function.due(later)), (None, Due::NotYet));
    assert!(!function.clock_went_back(Timestamp(0)));
}
