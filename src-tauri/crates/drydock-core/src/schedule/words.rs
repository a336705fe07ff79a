//! A schedule in plain words, for who types one and wants to see whether it says what is meant.
//!
//! Owns: the sentence. It is made of what `normalise` wrote out, which is also what croner walks, so that odd
//! expressions (`*/7`, `*,5`, two steps in a list) are described by what they do. Must not: be clever: where values have no
//! short name they are listed, and where a list is too long to read it is only counted.
//!
//! Not croner's own description (4.0.3): `LW` is "the last day of the month" to it, `*/7` "every 7 minutes" though the turn of
//! the hour is 4 minutes away, and a day field that names every day is told as a restriction.

/// Values that are named one by one; of more it is said how many there are.
const MOST_NAMED: usize = 12;
/// Times of a day that are named as such.
const MOST_TIMES: usize = 4;
/// Values with equal gaps of which the middle ones are left out.
const LEAST_WITH_A_GAP: usize = 5;
/// Neighbours that are said as a range.
const LEAST_IN_A_RANGE: usize = 3;

const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Monday first, as a working week is read: a weekday's number less one, in sevens.
const WEEKDAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];
const NTH: [&str; 5] = ["first", "second", "third", "fourth", "fifth"];

/// The values of a field, each once, upwards.
struct Values {
    all: Vec<usize>,
    /// Whether that is every value there is.
    is_every: bool,
}

/// What five fields of plain numbers mean: `0 9 * * 1,2,3,4,5` is `At 09:00 UTC, on Monday to Friday`.
pub(super) fn words(pattern: &str) -> String {
    let fields: Vec<_> = pattern.split(' ').collect();
    let [minute, hour, day, month, weekday] = fields[..] else {
        // Never, of a pattern that was normalised.
        return String::new();
    };
    let (minutes, hours) = (Values::read(minute, 0, 59), Values::read(hour, 0, 23));
    let months = Values::read(month, 1, 12);
    let days = days(day, weekday);
    let mut parts = vec![time(&minutes, &hours)];
    if !months.is_every {
        parts.push(format!(
            "in {}",
            joined(&months.in_short(|month| MONTHS[month - 1].to_owned()))
        ));
    }
    match days {
        Some(days) => parts.push(format!("on {days}")),
        None if months.is_every && !hours.is_every => parts.push("every day".to_owned()),
        None => {}
    }
    parts.join(", ")
}

fn time(minutes: &Values, hours: &Values) -> String {
    if !minutes.is_every && !hours.is_every && minutes.all.len() * hours.all.len() <= MOST_TIMES {
        let times = hours.all.iter().flat_map(|hour| {
            minutes
                .all
                .iter()
                .map(move |minute| format!("{hour:02}:{minute:02}"))
        });
        return format!("At {} UTC", joined(&times.collect::<Vec<_>>()));
    }
    if minutes.is_every {
        return format!("Every minute{}", of_hours(hours));
    }
    // Only where it stays so over the turn of the hour.
    if let Some(step) = minutes.step_over(60) {
        return format!("Every {step} minutes{}", of_hours(hours));
    }
    let which = minutes.named("minute", "minutes", |minute| minute.to_string());
    let of = if hours.is_every {
        " of every hour".to_owned()
    } else {
        of_hours(hours)
    };
    format!("At {which}{of}")
}

/// Nothing where that is every hour.
fn of_hours(hours: &Values) -> String {
    if hours.is_every {
        return String::new();
    }
    format!(
        " of {} UTC",
        hours.named("hour", "hours", |hour| format!("{hour:02}"))
    )
}

/// The days; `None` where that is every day of the months.
fn days(day: &str, weekday: &str) -> Option<String> {
    // Restricted both, either is enough: then one of them that names every day leaves the other without meaning.
    let of_month = (day != "*").then(|| of_month(day));
    let of_week = (weekday != "*").then(|| of_week(weekday));
    match (of_month, of_week) {
        (Some(None), _) | (_, Some(None)) | (None, None) => None,
        (Some(Some(days)), None) | (None, Some(Some(days))) => Some(days),
        (Some(Some(month)), Some(Some(week))) => Some(format!("{month}, and also on {week}")),
    }
}

/// Days of the month; `None` where those are all.
fn of_month(field: &str) -> Option<String> {
    let (special, plain): (Vec<_>, Vec<_>) = field.split(',').partition(|item| item.contains(['L', 'W']));
    let mut parts = Vec::new();
    if !plain.is_empty() {
        let days = Values::of(&plain, 1, 31);
        if days.is_every {
            return None;
        }
        let days = days.named("day", "days", |day| day.to_string());
        parts.push(format!("{days} of the month"));
    }
    for item in once(&special) {
        parts.push(match item.strip_suffix('W') {
            Some("L") => "the last working day of the month".to_owned(),
            Some(day) => format!("the working day nearest to day {day} of the month"),
            None => "the last day of the month".to_owned(),
        });
    }
    Some(joined(&parts))
}

/// Days of the week; `None` where those are all.
fn of_week(field: &str) -> Option<String> {
    let (special, plain): (Vec<_>, Vec<_>) = field.split(',').partition(|item| item.contains(['L', '#']));
    let mut parts = Vec::new();
    if !plain.is_empty() {
        let from_sunday = Values::of(&plain, 0, 6);
        if from_sunday.is_every {
            return None;
        }
        let mut all: Vec<_> = from_sunday.all.iter().map(|day| (day + 6) % 7).collect();
        all.sort_unstable();
        let days = Values { all, is_every: false };
        parts.push(joined(&days.in_short(|day| WEEKDAYS[day].to_owned())));
    }
    for item in once(&special) {
        let (day, which) = match item.split_once('#') {
            Some((day, nth)) => (day, nth.parse().ok().and_then(|nth: usize| NTH.get(nth - 1))),
            None => (item.trim_end_matches('L'), None),
        };
        let day = day.parse().map_or("day", |day: usize| WEEKDAYS[(day + 6) % 7]);
        parts.push(format!("the {} {day} of the month", which.unwrap_or(&"last")));
    }
    Some(joined(&parts))
}

/// Each item once, in their order.
fn once<'a>(items: &[&'a str]) -> Vec<&'a str> {
    let mut kept: Vec<&str> = Vec::new();
    for item in items {
        if !kept.contains(item) {
            kept.push(item);
        }
    }
    kept
}

/// `a`, `a and b`, `a, b and c`.
fn joined(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

impl Values {
    fn read(field: &str, min: usize, max: usize) -> Self {
        if field == "*" {
            return Self {
                all: (min..=max).collect(),
                is_every: true,
            };
        }
        Self::of(&field.split(',').collect::<Vec<_>>(), min, max)
    }

    fn of(items: &[&str], min: usize, max: usize) -> Self {
        let mut all: Vec<usize> = items.iter().filter_map(|item| item.parse().ok()).collect();
        all.sort_unstable();
        all.dedup();
        let is_every = all.len() == max - min + 1;
        Self { all, is_every }
    }

    /// The gap between any two of them, if it is the same.
    fn gap(&self) -> Option<usize> {
        let gap = self.all.get(1)? - self.all.first()?;
        let is_even = self.all.windows(2).all(|pair| pair[1] - pair[0] == gap);
        is_even.then_some(gap)
    }

    /// The gap, if it is also that from the last over the turn to the first, which is 0.
    fn step_over(&self, turn: usize) -> Option<usize> {
        let gap = self.gap().filter(|gap| gap * self.all.len() == turn)?;
        (self.all.first() == Some(&0)).then_some(gap)
    }

    /// The values behind their noun, or how many of it there are.
    fn named(&self, one: &str, many: &str, name: impl Fn(usize) -> String) -> String {
        let parts = self.in_short(name);
        match self.all.len() {
            1 => format!("{one} {}", joined(&parts)),
            count if parts.len() > MOST_NAMED => format!("{count} {many}"),
            _ => format!("{many} {}", joined(&parts)),
        }
    }

    /// `0, 7, 14 … 56` where the gaps are equal, else single values and ranges.
    fn in_short(&self, name: impl Fn(usize) -> String) -> Vec<String> {
        let all = &self.all;
        if all.len() >= LEAST_WITH_A_GAP
            && self.gap().is_some_and(|gap| gap > 1)
            && let [first, second, third, .., last] = all[..]
        {
            let [first, second, third, last] = [first, second, third, last].map(name);
            return vec![format!("{first}, {second}, {third} … {last}")];
        }
        let mut parts = Vec::new();
        let mut rest = &all[..];
        while let Some((&first, _)) = rest.split_first() {
            let run = rest
                .iter()
                .zip(first..)
                .take_while(|(value, at)| *value == at)
                .count();
            if run >= LEAST_IN_A_RANGE {
                parts.push(format!("{} to {}", name(first), name(first + run - 1)));
            } else {
                parts.extend(rest[..run].iter().map(|value| name(*value)));
            }
            rest = &rest[run..];
        }
        parts
    }
}

#[cfg(test)]
mod tests;
