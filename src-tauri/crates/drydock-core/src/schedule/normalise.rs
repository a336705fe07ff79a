//! The dialect of schedules: which expressions are allowed and what they stand for.
//!
//! Owns: splitting, macros, names, ranges, steps, the rules of `L`, `W`, `#` and `?`, and the words of every
//! refusal. Writes each field out as `*`, plain numbers and single `L`/`W`/`#` items, so that no leniency of
//! croner (empty list items, a `+` prefix, names inside numbers) reaches a user. Must not: know dates.
//!
//! Day-of-month and day-of-week: a field is unrestricted only as `*` or `?`. When both are restricted, a day
//! that fits either is due, and `*/2` or `*,5` count as restrictions even if they name every day.

/// A field of the expression: its name in messages and its values.
struct Field {
    name: &'static str,
    min: u32,
    max: u32,
    /// Names of the values from `min` on.
    names: &'static [&'static str],
    /// Whether the last value is the first once more, so that a range may run over it.
    circular: bool,
}

const MINUTE: Field = Field {
    name: "minute",
    min: 0,
    max: 59,
    names: &[],
    circular: false,
};
const HOUR: Field = Field {
    name: "hour",
    min: 0,
    max: 23,
    names: &[],
    circular: false,
};
const DAY_OF_MONTH: Field = Field {
    name: "day of month",
    min: 1,
    max: 31,
    names: &[],
    circular: false,
};
const MONTH: Field = Field {
    name: "month",
    min: 1,
    max: 12,
    names: &[
        "JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC",
    ],
    circular: false,
};
/// Sunday is 0 and 7.
const DAY_OF_WEEK: Field = Field {
    name: "day of week",
    min: 0,
    max: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"],
    circular: true,
};

const MACROS: [(&str, &str); 7] = [
    ("@YEARLY", "0 0 1 1 *"),
    ("@ANNUALLY", "0 0 1 1 *"),
    ("@MONTHLY", "0 0 1 * *"),
    ("@WEEKLY", "0 0 * * 0"),
    ("@DAILY", "0 0 * * *"),
    ("@MIDNIGHT", "0 0 * * *"),
    ("@HOURLY", "0 * * * *"),
];

/// Days of the longest year's months, January first.
const MONTH_LENGTHS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// An expression in words that every CRON reader understands alike.
pub(super) struct Normal {
    /// Five fields for croner.
    pub(super) pattern: String,
    /// Whether the calendar has a day that fits.
    pub(super) can_be_due: bool,
}

/// Reads an expression of the dialect; the error is the rule that it breaks.
pub(super) fn normalise(text: &str) -> Result<Normal, String> {
    let upper = text.trim_ascii().to_ascii_uppercase();
    let plain = if upper.starts_with('@') {
        expand_macro(&upper)?
    } else {
        &upper
    };
    let fields: Vec<_> = plain.split_ascii_whitespace().collect();
    let [minute, hour, day_of_month, month, day_of_week] = fields[..] else {
        return Err(format!(
            "a CRON schedule has 5 fields (minute, hour, day of month, month, day of week; no seconds, no \
             year), this one has {}",
            fields.len()
        ));
    };
    let minute = MINUTE.read(minute)?;
    let hour = HOUR.read(hour)?;
    let days = read_days_of_month(day_of_month)?;
    let month = MONTH.read(month)?;
    let weekday = read_days_of_week(day_of_week)?;
    let can_be_due = weekday != "*" || days.earliest <= longest_month(&month);
    Ok(Normal {
        pattern: format!("{minute} {hour} {} {month} {weekday}", days.written),
        can_be_due,
    })
}

fn expand_macro(upper: &str) -> Result<&'static str, String> {
    MACROS
        .iter()
        .find(|(name, _)| *name == upper)
        .map(|(_, meaning)| *meaning)
        .ok_or_else(|| {
            let known = MACROS.map(|(name, _)| name.to_ascii_lowercase()).join(", ");
            format!("'{}' is none of the macros {known}", upper.to_ascii_lowercase())
        })
}

/// Length of the longest month of a written month field.
fn longest_month(written: &str) -> u32 {
    let listed = written.split(',').filter_map(|month| month.parse::<usize>().ok());
    listed
        .filter_map(|month| MONTH_LENGTHS.get(month - 1))
        .copied()
        .max()
        .unwrap_or(31)
}

struct DaysOfMonth {
    written: String,
    /// The smallest length that a month must have for one of the days to exist.
    earliest: u32,
}

fn read_days_of_month(text: &str) -> Result<DaysOfMonth, String> {
    if matches!(text, "*" | "?") {
        return Ok(DaysOfMonth {
            written: "*".to_owned(),
            earliest: 1,
        });
    }
    let mut written = Vec::new();
    let mut earliest = DAY_OF_MONTH.max;
    for item in text.split(',') {
        if matches!(item, "L" | "LW") {
            written.push(item.to_owned());
            earliest = 1;
        } else if let Some(day) = item.strip_suffix('W') {
            let day = DAY_OF_MONTH.value(day, item)?;
            written.push(format!("{day}W"));
            earliest = earliest.min(day);
        } else {
            let days = DAY_OF_MONTH.item(item)?;
            earliest = days.first().map_or(earliest, |day| earliest.min(*day));
            written.push(join(&days));
        }
    }
    let has = |wanted: &str| written.iter().any(|item| item == wanted);
    if has("L") && has("LW") {
        return Err(DAY_OF_MONTH.refuse(text, "L (last day) and LW (last working day) exclude each other"));
    }
    Ok(DaysOfMonth {
        written: written.join(","),
        earliest,
    })
}

fn read_days_of_week(text: &str) -> Result<String, String> {
    if matches!(text, "*" | "?") {
        return Ok("*".to_owned());
    }
    let mut written = Vec::new();
    for item in text.split(',') {
        if item == "L" {
            return Err(DAY_OF_WEEK.refuse(item, "L needs a day before it, such as 5L or FRIL"));
        } else if let Some(day) = item.strip_suffix('L') {
            written.push(format!("{}L", DAY_OF_WEEK.value(day, item)? % 7));
        } else if let Some((day, nth)) = item.split_once('#') {
            let day = DAY_OF_WEEK.value(day, item)? % 7;
            if !matches!(nth, "1" | "2" | "3" | "4" | "5") {
                return Err(DAY_OF_WEEK.refuse(item, "after # stands a number from 1 to 5"));
            }
            written.push(format!("{day}#{nth}"));
        } else {
            let days = DAY_OF_WEEK.item(item)?;
            written.push(join(&days.iter().map(|day| day % 7).collect::<Vec<_>>()));
        }
    }
    Ok(written.join(","))
}

fn join(values: &[u32]) -> String {
    values.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

impl Field {
    /// A field without `L`, `W` and `#`, written out.
    fn read(&self, text: &str) -> Result<String, String> {
        if text == "*" {
            return Ok("*".to_owned());
        }
        let items: Result<Vec<_>, _> = text.split(',').map(|item| Ok(join(&self.item(item)?))).collect();
        items.map(|items| items.join(","))
    }

    /// The values of one list item, never empty: `*`, `5`, `1-5`, `*/2` or `1-31/10`.
    fn item(&self, item: &str) -> Result<Vec<u32>, String> {
        let (range, step) = match item.split_once('/') {
            Some((range, step)) => (range, Some(self.step(step, item)?)),
            None => (item, None),
        };
        let (first, last) = if range == "*" {
            (self.min, self.max)
        } else if let Some((first, last)) = range.split_once('-') {
            self.range(first, last, item)?
        } else {
            let value = self.value(range, item)?;
            if let Some(step) = step {
                let mend = format!(
                    "a step needs a range: write {value}-{}/{step} or */{step}",
                    self.max
                );
                return Err(self.refuse(item, &mend));
            }
            (value, value)
        };
        Ok((first..=last).step_by(step.unwrap_or(1)).collect())
    }

    /// First and last value of a range. A range of weekdays may run over the end of the week (`SAT-SUN`,
    /// `5-1`): its last value is then over 7, and the remainder of 7 is the day.
    fn range(&self, first: &str, last: &str, item: &str) -> Result<(u32, u32), String> {
        match (self.value(first, item)?, self.value(last, item)?) {
            // A range that begins with Sunday as 7 begins with the week.
            (7, 7) if self.circular => Ok((0, 0)),
            (7, last) if self.circular => Ok((0, last)),
            (first, last) if first <= last => Ok((first, last)),
            (first, last) if self.circular => Ok((first, last + 7)),
            (first, last) => {
                let (min, max) = (self.min, self.max);
                Err(self.refuse(
                    item,
                    &format!("a range runs upwards: write {first}-{max},{min}-{last}"),
                ))
            }
        }
    }

    fn step(&self, step: &str, item: &str) -> Result<usize, String> {
        match digits(step) {
            Some(step) if step > 0 => Ok(step as usize),
            _ => Err(self.refuse(item, "a step is a whole number of at least 1")),
        }
    }

    /// One value, by number or by name.
    fn value(&self, text: &str, item: &str) -> Result<u32, String> {
        let named = self
            .names
            .iter()
            .position(|name| *name == text)
            .and_then(|at| u32::try_from(at).ok());
        named
            .map(|at| at + self.min)
            .or_else(|| digits(text).filter(|value| (self.min..=self.max).contains(value)))
            .ok_or_else(|| self.refuse(item, &self.allowed()))
    }

    /// The rule of a single value in words.
    fn allowed(&self) -> String {
        let numbers = format!("allowed are {} to {}", self.min, self.max);
        match (self.names.first(), self.names.last()) {
            (Some(first), Some(last)) => format!("{numbers} and {first} to {last}"),
            _ => numbers,
        }
    }

    fn refuse(&self, item: &str, rule: &str) -> String {
        format!("'{item}' in the field {}: {rule}", self.name)
    }
}

/// A number in digits alone: no sign, and none that does not fit.
fn digits(text: &str) -> Option<u32> {
    text.bytes()
        .all(|byte| byte.is_ascii_digit())
        .then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests;
