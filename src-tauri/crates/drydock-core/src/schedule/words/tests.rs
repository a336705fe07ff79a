//! The sentences, and that they say what runs: those of the corpus are read back, and their runs compared.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;

use chrono::{Datelike, Days, NaiveDate, NaiveDateTime, Weekday};
use serde_json::Value;

use super::*;
use crate::schedule::Schedule;

const CORPUS: &str = include_str!("../../../../../../tests/fixtures/contract/cron-corpus.json");

fn said(text: &str) -> String {
    Schedule::parse("schedule", text).unwrap().words()
}

#[test]
fn everyday_schedules_are_said_as_people_say_them() {
    for (text, words) in [
        ("* * * * *", "Every minute"),
        ("*/15 * * * *", "Every 15 minutes"),
        ("@hourly", "At minute 0 of every hour"),
        ("5,35 * * * *", "At minutes 5 and 35 of every hour"),
        ("0 9 * * *", "At 09:00 UTC, every day"),
        (
            "0 9,18 * * MON-FRI",
            "At 09:00 and 18:00 UTC, on Monday to Friday",
        ),
        (
            "*/10 8-18 * * *",
            "Every 10 minutes of hours 08 to 18 UTC, every day",
        ),
        ("* 12 * * SUN", "Every minute of hour 12 UTC, on Sunday"),
        ("@weekly", "At 00:00 UTC, on Sunday"),
        ("@monthly", "At 00:00 UTC, on day 1 of the month"),
        ("@yearly", "At 00:00 UTC, in January, on day 1 of the month"),
        (
            "0 0 1 */3 *",
            "At 00:00 UTC, in January, April, July and October, on day 1 of the month",
        ),
        ("0 6 * * SAT,SUN", "At 06:00 UTC, on Saturday and Sunday"),
    ] {
        assert_eq!(said(text), words, "{text}");
    }
}

#[test]
fn odd_schedules_are_said_by_what_they_do() {
    for (text, words) in [
        // The turn of the hour is four minutes away.
        ("*/7 * * * *", "At minutes 0, 7, 14 … 56 of every hour"),
        ("*/25 * * * *", "At minutes 0, 25 and 50 of every hour"),
        ("*/60 * * * *", "At minute 0 of every hour"),
        // Either is enough.
        (
            "0 0 13 * FRI",
            "At 00:00 UTC, on day 13 of the month, and also on Friday",
        ),
        (
            "0 0 */2 * 1",
            "At 00:00 UTC, on days 1, 3, 5 … 31 of the month, and also on Monday",
        ),
        // One that names every day leaves the other without meaning.
        ("0 0 *,5 * 1", "At 00:00 UTC, every day"),
        ("0 0 1 * 0-7", "At 00:00 UTC, every day"),
        ("0 0 L * *", "At 00:00 UTC, on the last day of the month"),
        ("0 0 LW * *", "At 00:00 UTC, on the last working day of the month"),
        (
            "0 0 1,15W * *",
            "At 00:00 UTC, on day 1 of the month and the working day nearest to day 15 of the month",
        ),
        ("0 0 * * 5L", "At 00:00 UTC, on the last Friday of the month"),
        (
            "0 0 * * 1#1,3#2,SUN",
            "At 00:00 UTC, on Sunday, the first Monday of the month and the second Wednesday of the month",
        ),
        ("0 0 * * FRI-MON", "At 00:00 UTC, on Monday and Friday to Sunday"),
        ("0 0 30 2 *", "Never: no month has such a day"),
        (
            "0,1,3,4,6,7,9,10,12,13,15,16,18,19 * * * *",
            "At 14 minutes of every hour",
        ),
    ] {
        assert_eq!(said(text), words, "{text}");
    }
}

#[test]
fn what_is_said_of_the_corpus_is_what_runs() {
    let corpus: Value = serde_json::from_str(CORPUS).unwrap();
    let from = NaiveDateTime::parse_from_str(corpus["from"].as_str().unwrap(), "%Y-%m-%dT%H:%M:%SZ").unwrap();
    let mut compared = 0;
    for case in corpus["cases"].as_array().unwrap() {
        let text = case["expr"].as_str().unwrap();
        let Ok(schedule) = Schedule::parse("schedule", text) else {
            continue;
        };
        let words = schedule.words();
        let Some(said) = Said::read(&words) else {
            continue;
        };
        let wanted = case["next"].as_array().unwrap().iter();
        let wanted: Vec<_> = wanted
            .map(|at| NaiveDateTime::parse_from_str(at.as_str().unwrap(), "%Y-%m-%dT%H:%M").unwrap())
            .collect();
        assert_eq!(said.runs(from, wanted.len()), wanted, "{text}: {words}");
        compared += 1;
    }
    // All that are valid, but for those whose values are only counted.
    assert!(compared > 350, "{compared}");
}

/// A sentence, read by somebody who knows nothing of CRON.
struct Said {
    times: BTreeSet<(usize, usize)>,
    months: Option<Vec<usize>>,
    /// Either is enough; none at all is every day.
    days: Vec<String>,
}

impl Said {
    /// `None` where values are only counted.
    fn read(words: &str) -> Option<Self> {
        let (words, also) = apart(words.trim_end_matches(", every day"), ", and also on ");
        let (words, days) = apart(words, ", on ");
        let (time, months) = apart(words, ", in ");
        let time = time.trim_end_matches(" UTC");
        Some(Self {
            times: times(time)?,
            months: months.map(|months| listed(months, &MONTHS, 1)),
            days: days.into_iter().chain(also).map(str::to_owned).collect(),
        })
    }

    fn runs(&self, from: NaiveDateTime, count: usize) -> Vec<NaiveDateTime> {
        let days = (0..).filter_map(|day| from.date().checked_add_days(Days::new(day)));
        let due = days.take(366 * 60).filter(|day| self.has(*day));
        due.flat_map(|day| {
            self.times
                .iter()
                .filter_map(move |(hour, minute)| day.and_hms_opt(*hour as u32, *minute as u32, 0))
        })
        .filter(|at| *at > from)
        .take(count)
        .collect()
    }

    fn has(&self, date: NaiveDate) -> bool {
        let in_month = self
            .months
            .as_ref()
            .is_none_or(|months| months.contains(&(date.month() as usize)));
        in_month && (self.days.is_empty() || self.days.iter().any(|days| is_one_of(date, days)))
    }
}

fn apart<'a>(text: &'a str, at: &str) -> (&'a str, Option<&'a str>) {
    text.split_once(at)
        .map_or((text, None), |(before, after)| (before, Some(after)))
}

fn items(list: &str) -> Vec<&str> {
    list.split(", ")
        .flat_map(|part| part.split(" and "))
        .filter(|part| !part.is_empty())
        .collect()
}

/// `0, 7, 14 … 56`, `1, 3 to 5 and 9`, `Monday to Friday`.
fn listed(list: &str, names: &[&str], first: usize) -> Vec<usize> {
    let value = |text: &str| {
        let by_name = names.iter().position(|name| *name == text).map(|at| at + first);
        by_name.unwrap_or_else(|| text.parse().unwrap_or_else(|_| panic!("{text} of {list}")))
    };
    if let Some((begin, last)) = list.split_once(" … ") {
        let begin: Vec<_> = items(begin).into_iter().map(value).collect();
        return (begin[0]..=value(last)).step_by(begin[1] - begin[0]).collect();
    }
    let mut all = Vec::new();
    for item in items(list) {
        let (from, to) = item.split_once(" to ").unwrap_or((item, item));
        all.extend(value(from)..=value(to));
    }
    all
}

fn times(text: &str) -> Option<BTreeSet<(usize, usize)>> {
    if text.contains(':') {
        let all = items(text.strip_prefix("At ").unwrap()).into_iter();
        return Some(
            all.map(|at| (at[..2].parse().unwrap(), at[3..].parse().unwrap()))
                .collect(),
        );
    }
    let (minutes, hours) = apart(text, " of ");
    let minutes = match minutes.strip_prefix("Every ") {
        Some("minute") => (0..60).collect(),
        Some(step) => (0..60)
            .step_by(step.strip_suffix(" minutes").unwrap().parse().unwrap())
            .collect(),
        None => listed(
            minutes
                .strip_prefix("At minute")?
                .trim_start_matches('s')
                .strip_prefix(' ')?,
            &[],
            0,
        ),
    };
    let hours = match hours {
        None | Some("every hour") => (0..24).collect(),
        Some(hours) => listed(
            hours
                .strip_prefix("hour")?
                .trim_start_matches('s')
                .strip_prefix(' ')?,
            &[],
            0,
        ),
    };
    Some(
        hours
            .iter()
            .flat_map(|hour| minutes.iter().map(move |minute| (*hour, *minute)))
            .collect(),
    )
}

fn is_one_of(date: NaiveDate, days: &str) -> bool {
    let number = date.day() as usize;
    let (is_plain, special) = if let Some(list) = days.strip_prefix("day") {
        let (list, special) = list.trim_start_matches('s').split_once(" of the month").unwrap();
        (listed(list.trim(), &[], 0).contains(&number), special)
    } else {
        let (list, special) = days.find("the ").map_or((days, ""), |at| days.split_at(at));
        let list = list.trim_end_matches(", ").trim_end_matches(" and ");
        let weekday = date.weekday().num_days_from_monday() as usize;
        (listed(list, &WEEKDAYS, 0).contains(&weekday), special)
    };
    is_plain || items(special).into_iter().any(|day| is_special(date, day))
}

/// `the last Friday of the month` and the like.
fn is_special(date: NaiveDate, day: &str) -> bool {
    let days_after = |days| date.checked_add_days(Days::new(days)).unwrap();
    let is_last_week = days_after(7).month() != date.month();
    let day = day
        .strip_prefix("the ")
        .and_then(|day| day.strip_suffix(" of the month"))
        .unwrap();
    if let Some(day) = day.strip_prefix("working day nearest to day ") {
        let Some(wished) = date.with_day(day.parse().unwrap()) else {
            return false;
        };
        let first_or_last = |at: NaiveDate| at.month() != date.month();
        let before = wished.pred_opt().unwrap();
        let after = wished.succ_opt().unwrap();
        return date
            == match wished.weekday() {
                Weekday::Sat if first_or_last(before) => after.succ_opt().unwrap(),
                Weekday::Sat => before,
                Weekday::Sun if first_or_last(after) => before.pred_opt().unwrap(),
                Weekday::Sun => after,
                _ => wished,
            };
    }
    if day == "last day" {
        return days_after(1).month() != date.month();
    }
    if day == "last working day" {
        let rest = (1..7)
            .map(days_after)
            .filter(|later| later.month() == date.month());
        let is_work = |day: NaiveDate| day.weekday().num_days_from_monday() < 5;
        return is_work(date) && !rest.into_iter().any(is_work);
    }
    let (which, weekday) = day.split_once(' ').unwrap();
    let is_that_day = WEEKDAYS[date.weekday().num_days_from_monday() as usize] == weekday;
    let is_that_week = match NTH.iter().position(|nth| *nth == which) {
        Some(nth) => date.day0() as usize / 7 == nth,
        None => is_last_week,
    };
    is_that_day && is_that_week
}
