//! When a function runs by itself: a CRON schedule in UTC.
//!
//! Owns: what a schedule's text means and when it is due next. `normalise` holds the dialect (five Unix
//! fields and nothing more) and writes every expression out as plain numbers; croner then walks the calendar, and `words`
//! says in a sentence what they mean.
//! Must not: know which function it belongs to, or what time it is. Why croner: `docs/adr/0001-cron-engine.md`.

mod normalise;
mod words;

use std::fmt;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};

use crate::clock::Timestamp;
use crate::error::{Error, Result};

/// Longest schedule, in characters: one that lists all 60 minutes, 24 hours, 31 days, 12 months and 7
/// weekdays, which is as long as a sensible one can be, has 391.
pub const MAX_SCHEDULE_LENGTH: usize = 512;

/// A CRON schedule in UTC.
#[derive(Clone)]
pub struct Schedule {
    text: String,
    /// Shared, because croner's pattern takes 5 kB (a byte for each year) and functions are cloned freely.
    /// `None` where the calendar has no such day, as with 30 February.
    cron: Option<Arc<Cron>>,
}

impl Schedule {
    /// Parses the five-field Unix dialect or a macro such as `@hourly`. Empty text is not a schedule: a
    /// caller for whom it means "none" looks for it first.
    ///
    /// # Errors
    /// `InvalidParam` that names the field and its rule.
    pub fn parse(param: &'static str, text: &str) -> Result<Self> {
        if text.chars().count() > MAX_SCHEDULE_LENGTH {
            let rule = format!("a schedule has at most {MAX_SCHEDULE_LENGTH} characters");
            return Err(Error::invalid(param, rule));
        }
        let normal = normalise::normalise(text).map_err(|rule| Error::invalid(param, rule))?;
        // What the normaliser lets through and croner does not read would be our mistake. The tests walk the
        // whole dialect; if one slips through all the same, the user gets croner's words, not a panic.
        let cron = CronParser::builder()
            .seconds(Seconds::Disallowed)
            .year(Year::Disallowed)
            .build()
            .parse(&normal.pattern)
            .map_err(|error| Error::invalid(param, format!("'{text}' is not a CRON schedule: {error}")))?;
        Ok(Self {
            text: text.to_owned(),
            cron: normal.can_be_due.then(|| Arc::new(cron)),
        })
    }

    /// As the user wrote it.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What it means, in plain words: `At 09:00 UTC, on Monday to Friday`.
    pub fn words(&self) -> String {
        match normalise::normalise(&self.text) {
            Ok(normal) if self.cron.is_some() => words::words(&normal.pattern),
            _ => "Never: no month has such a day".to_owned(),
        }
    }

    /// The first whole minute after `now` at which it is due. `None` when there is none: the calendar has no
    /// such day, or `now` is so far away (year 5000) that no clock can mean it.
    ///
    /// The search is short: a day that exists comes again within 40 years (29 February is up to 8 away, a
    /// fifth Monday in February 40), and one that does not is known from parsing.
    pub fn next_after(&self, now: Timestamp) -> Option<Timestamp> {
        let cron = self.cron.as_ref()?;
        // A clock before 1970 is an unset clock: the search starts with the epoch's first minute.
        let now = DateTime::<Utc>::from_timestamp(now.secs().max(-1), 0)?;
        let next = cron.find_next_occurrence(&now, false).ok()?;
        Some(Timestamp::from_secs(next.timestamp()))
    }

    /// Every minute after `now` at which it is due, one after the other.
    pub fn runs_after(&self, now: Timestamp) -> impl Iterator<Item = Timestamp> {
        std::iter::successors(self.next_after(now), |last| self.next_after(*last))
    }
}

impl fmt::Debug for Schedule {
    /// The text only: the parsed pattern is 5 kB of bits.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_tuple("Schedule").field(&self.text).finish()
    }
}

impl PartialEq for Schedule {
    /// The same text has the same meaning.
    fn eq(&self, other: &Self) -> bool {
        self.text == other.text
    }
}

impl Eq for Schedule {}
