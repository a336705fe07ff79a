//! When a schedule fires: which minute does now, which has passed, and which is next.
//!
//! Owns: that a minute fires once at most, whatever the clock does and however often a server starts, and how late one
//! that was missed still fires. Must not: read a clock, or know what firing does.

use crate::clock::Timestamp;
use crate::schedule::Schedule;

/// How late a minute that was missed still fires: a laptop that slept through lunch has its run, and one that comes back
/// from a holiday does not begin with runs of days ago.
pub const LATE_MS: i64 = 60 * 60 * 1000;

/// How far ahead the minute that fired last is believed to be. A clock that is set back, also by a whole time zone, does
/// not fire its minutes again; one that was wrong by more would else keep a schedule silent for as long as it was wrong.
const BELIEVED_AHEAD_MS: i64 = 24 * 60 * 60 * 1000;

/// What is to be done about a schedule at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Nothing yet.
    NotYet,
    /// This minute fires: the latest of those that have come, so that many missed ones fire once.
    Now(Timestamp),
    /// Nothing any more: of what has come since this minute, all is too late or has fired.
    Missed(Timestamp),
}

/// What is to be done `now` about a schedule whose next minute is `next` and whose last one to fire was `previous`.
pub fn due(schedule: &Schedule, next: Option<Timestamp>, previous: Option<Timestamp>, now: Timestamp) -> Due {
    let Some(next) = next.filter(|next| *next <= now) else {
        return Due::NotYet;
    };
    // Just before it, so that it is among those that come after. An hour has 60 at most.
    let before_next = Timestamp(next.millis() - 1);
    let not_too_late = Timestamp(now.millis().saturating_sub(LATE_MS));
    let since = last_fired(previous, now).map_or(before_next, |last| last.max(before_next));
    let come = schedule
        .runs_after(since.max(not_too_late))
        .take_while(|minute| *minute <= now);
    come.last().map_or(Due::Missed(next), Due::Now)
}

/// The first minute after `now` that has not fired yet.
pub fn next(schedule: &Schedule, previous: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    schedule.next_after(last_fired(previous, now).map_or(now, |last| last.max(now)))
}

/// The minute that fired last, where it can be believed.
fn last_fired(previous: Option<Timestamp>, now: Timestamp) -> Option<Timestamp> {
    previous.filter(|last| last.millis().saturating_sub(now.millis()) <= BELIEVED_AHEAD_MS)
}
