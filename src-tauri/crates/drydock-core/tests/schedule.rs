//! Schedules against the contract's corpus, and properties that hold for every expression.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use drydock_core::clock::Timestamp;
use drydock_core::schedule::{MAX_SCHEDULE_LENGTH, Schedule};
use proptest::prelude::*;
use serde_json::Value;

const CORPUS: &str = include_str!("../../../../tests/fixtures/contract/cron-corpus.json");

/// Milliseconds of a `2026-11-23T20:01` or `2026-11-23T20:00:30Z`, by chrono.
fn moment(text: &str) -> Timestamp {
    let at = chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M")
        .or_else(|_| chrono::NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M:%SZ"))
        .unwrap_or_else(|error| panic!("{text}: {error}"));
    Timestamp(at.and_utc().timestamp_millis())
}

fn parse(text: &str) -> Schedule {
    Schedule::parse("schedule", text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// The moments at which it is due, one after the other.
fn runs(schedule: &Schedule, from: Timestamp) -> impl Iterator<Item = Timestamp> {
    std::iter::successors(schedule.next_after(from), |last| schedule.next_after(*last))
}

#[test]
fn every_case_of_the_corpus_is_read_as_two_other_crons_read_it() {
    let corpus: Value = serde_json::from_str(CORPUS).unwrap();
    let from = moment(corpus["from"].as_str().unwrap());
    let cases = corpus["cases"].as_array().unwrap();
    assert_eq!(cases.len(), 395);
    let mut wrong = Vec::new();
    for case in cases {
        let text = case["expr"].as_str().unwrap();
        let wanted = case["valid"].as_bool().unwrap().then(|| {
            let next = case["next"].as_array().unwrap().iter();
            next.map(|at| moment(at.as_str().unwrap())).collect::<Vec<_>>()
        });
        let got = Schedule::parse("schedule", text)
            .ok()
            .map(|it| runs(&it, from).take(6).collect::<Vec<_>>());
        if got != wanted {
            wrong.push(format!("{text}\n  wanted {wanted:?}\n  got    {got:?}"));
        }
    }
    assert!(
        wrong.is_empty(),
        "{} of {} cases:\n{}",
        wrong.len(),
        cases.len(),
        wrong.join("\n")
    );
}

#[test]
fn a_day_that_no_month_has_is_never_due() {
    for text in [
        "0 0 30 2 *",
        "0 0 31 2,4,6,9,11 *",
        "0 0 30W 2 *",
        "* * 30,31 FEB ?",
    ] {
        assert_eq!(parse(text).next_after(moment("2026-11-23T20:00")), None, "{text}");
    }
}

#[test]
fn a_day_that_is_rare_is_found() {
    for (text, after, wanted) in [
        // 1900 and 2100 have no 29 February.
        ("0 0 29 2 *", "2096-03-01T00:00", "2104-02-29T00:00"),
        // The fifth Monday of a February, over the same gap.
        ("0 0 * 2 1#5", "2072-03-01T00:00", "2112-02-29T00:00"),
        ("0 0 30 2 1", "2026-11-23T20:00", "2027-02-01T00:00"),
        ("0 0 LW * *", "2027-01-01T00:00", "2027-01-29T00:00"),
    ] {
        assert_eq!(
            parse(text).next_after(moment(after)),
            Some(moment(wanted)),
            "{text}"
        );
    }
}

#[test]
fn the_minute_that_has_begun_is_over() {
    let schedule = parse("* * * * *");
    let minute = moment("2026-11-23T20:00").millis();
    for since_ms in [0, 1, 999, 1000, 59_999] {
        assert_eq!(
            schedule.next_after(Timestamp(minute + since_ms)),
            Some(Timestamp(minute + 60_000))
        );
    }
}

#[test]
fn a_clock_outside_all_reason_gives_none_and_one_before_1970_the_epoch() {
    let schedule = parse("0 0 1 1 *");
    for far in [moment("5000-06-01T00:00").millis(), i64::MAX, i64::MAX / 1000] {
        assert_eq!(schedule.next_after(Timestamp(far)), None, "{far}");
    }
    for early in [i64::MIN, -1, -62_135_596_800_001] {
        assert_eq!(
            schedule.next_after(Timestamp(early)),
            Some(Timestamp(0)),
            "{early}"
        );
    }
}

#[test]
fn a_schedule_keeps_its_text_and_shows_nothing_else() {
    let schedule = parse("  0 9 * * mon-fri ");
    assert_eq!(schedule.as_str(), "  0 9 * * mon-fri ");
    assert_eq!(format!("{schedule:?}"), "Schedule(\"  0 9 * * mon-fri \")");
    assert!(schedule == schedule.clone() && schedule != parse("0 9 * * mon-fri"));
}

#[test]
fn the_longest_sensible_schedule_is_taken_and_a_longer_text_is_refused() {
    let list =
        |values: std::ops::RangeInclusive<u32>| values.map(|it| it.to_string()).collect::<Vec<_>>().join(",");
    let months = "JAN,FEB,MAR,APR,MAY,JUN,JUL,AUG,SEP,OCT,NOV,DEC";
    let weekdays = "SUN,MON,TUE,WED,THU,FRI,SAT";
    let longest = format!(
        "{} {} {} {months} {weekdays}",
        list(0..=59),
        list(0..=23),
        list(1..=31)
    );
    assert_eq!(longest.len(), 391);
    assert_eq!(parse(&longest).next_after(Timestamp(0)), Some(Timestamp(60_000)));

    let padded = format!("* * * * *{}", " ".repeat(MAX_SCHEDULE_LENGTH));
    let refused = Schedule::parse("schedule", &padded).unwrap_err().to_string();
    assert_eq!(refused, "Invalid schedule: a schedule has at most 512 characters");
}

/// Texts that look like schedules, right and wrong ones.
fn likely() -> impl Strategy<Value = String> {
    let item = prop_oneof![
        3 => Just("*".to_owned()),
        1 => Just("?".to_owned()),
        1 => Just("L".to_owned()),
        1 => Just("LW".to_owned()),
        1 => prop::sample::select(vec!["SUN", "mon", "Fri", "JAN", "feb", "FRIL", "SUN-TUE", "@daily", ""])
            .prop_map(str::to_owned),
        6 => (0_u32..13).prop_map(|value| value.to_string()),
        2 => (0_u32..70).prop_map(|value| value.to_string()),
        3 => (0_u32..32, 0_u32..32).prop_map(|(first, last)| format!("{first}-{last}")),
        3 => (0_u32..40).prop_map(|step| format!("*/{step}")),
        2 => (0_u32..8, 0_u32..24, 0_u32..9).prop_map(|(first, last, step)| format!("{first}-{last}/{step}")),
        1 => (0_u32..33).prop_map(|day| format!("{day}W")),
        1 => (0_u32..9).prop_map(|day| format!("{day}L")),
        1 => (0_u32..9, 0_u32..7).prop_map(|(day, nth)| format!("{day}#{nth}")),
    ];
    let field = prop::collection::vec(item, 1..3).prop_map(|items| items.join(","));
    prop::collection::vec(field, 5).prop_map(|fields| fields.join(" "))
}

/// Texts that are schedules.
fn valid() -> impl Strategy<Value = Schedule> {
    fn field(min: u32, max: u32, special: impl Strategy<Value = String> + 'static) -> BoxedStrategy<String> {
        let item = prop_oneof![
            3 => (min..=max).prop_map(|value| value.to_string()),
            1 => (min..=max, min..=max).prop_map(|(a, b)| format!("{}-{}", a.min(b), a.max(b))),
            1 => (1..=max).prop_map(|step| format!("*/{step}")),
            2 => special,
        ];
        prop_oneof![
            Just("*".to_owned()),
            prop::collection::vec(item, 1..3).prop_map(|items| items.join(","))
        ]
        .boxed()
    }
    let day_of_month = prop_oneof![
        Just("L".to_owned()),
        (1_u32..=31).prop_map(|day| format!("{day}W"))
    ];
    let day_of_week = prop_oneof![
        (0_u32..=7).prop_map(|day| format!("{day}L")),
        (0_u32..=7, 1_u32..=5).prop_map(|(day, nth)| format!("{day}#{nth}")),
    ];
    let star = || Just("*".to_owned());
    let fields = (
        field(0, 59, star()),
        field(0, 23, star()),
        field(1, 31, day_of_month),
        field(1, 12, Just("FEB".to_owned())),
        field(0, 7, day_of_week),
    );
    fields.prop_map(|(minute, hour, day, month, weekday)| {
        parse(&format!("{minute} {hour} {day} {month} {weekday}"))
    })
}

/// Mostly our times, and now and then anything a clock could say.
fn clock() -> impl Strategy<Value = Timestamp> {
    prop_oneof![3 => 0_i64..=4_102_444_800_000, 1 => any::<i64>()].prop_map(Timestamp)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn no_text_and_no_clock_makes_it_panic(text in prop_oneof![any::<String>(), likely()], now in clock()) {
        if let Ok(schedule) = Schedule::parse("schedule", &text) {
            schedule.next_after(now);
        }
    }

    #[test]
    fn next_is_strictly_later_on_a_whole_minute_and_nothing_lies_between(
        schedule in valid(),
        now in 0_i64..=4_102_444_800_000,
        share in 0_i64..1000,
    ) {
        if let Some(next) = schedule.next_after(Timestamp(now)) {
            prop_assert!(next.millis() > now);
            prop_assert_eq!(next.millis() % 60_000, 0);
            let between = now + (next.millis() - 1 - now) / 1000 * share;
            prop_assert_eq!(schedule.next_after(Timestamp(between)), Some(next));
        }
    }

    #[test]
    fn a_schedule_is_never_due_only_if_its_days_do_not_exist(schedule in valid(), now in 0_i64..=4_102_444_800_000) {
        if schedule.next_after(Timestamp(now)).is_none() {
            let fields: Vec<_> = schedule.as_str().split(' ').collect();
            prop_assert_eq!(fields[4], "*");
            prop_assert!(fields[2].contains("30") || fields[2].contains("31"), "{:?}", schedule);
        }
    }
}
