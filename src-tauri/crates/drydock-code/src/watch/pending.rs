//! What is known to have changed and not looked at yet, and when it is worth a look.
//!
//! A file that was closed after writing, or renamed into place, is complete: it is looked at at once. A file that is
//! still written, or one that is gone, may be the middle of a save (some editors move the old file away first): a moment
//! is waited for the rest. Much at once is somebody's tool at work (a checkout, an installation): there the end is waited
//! for. Pure: told what happens and what time it is.

use std::collections::HashMap;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::folder::Where;

/// A file that was just made may be about to be renamed onto another: that takes microseconds.
const NEW_FILE: Duration = Duration::from_millis(10);
/// A file that is written or gone may be the middle of a save: editors take a few milliseconds, over slow disks tens.
const MIDDLE: Duration = Duration::from_millis(100);
/// However long it goes on, then it is looked at: a log file that a program keeps writing would delay all else.
const LONGEST: Duration = Duration::from_secs(1);

/// After a look so recent, more is coming (a formatter over many files): then a short silence is waited for.
const RECENT: Duration = Duration::from_millis(300);
const SILENCE: Duration = Duration::from_millis(30);

/// From so many paths on it is a tool at work, and its silence is the end.
const MANY: usize = 100;
const SILENCE_OF_A_TOOL: Duration = Duration::from_millis(250);
/// An installation of 20,000 files takes some 10 s; a tool that never rests is looked at this often.
const LONGEST_OF_A_TOOL: Duration = Duration::from_secs(10);

/// More paths than this are not remembered: everything is looked at instead.
const MAX_PATHS: usize = 4096;

/// What happened to a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Happened {
    /// A file came into being; it is empty as yet.
    Made,
    /// It was written to and is not closed yet, as far as is known.
    Written,
    /// It is as its writer wants it: closed, renamed into place, a directory.
    Complete,
    /// It has another mode or time, which says nothing of what is in it.
    Marked,
    /// It is not there any more.
    Gone,
}

#[derive(Debug, Clone, Copy)]
struct Path {
    last: Happened,
    at: Instant,
    /// It was made since the last look was decided on.
    is_new: bool,
}

impl Path {
    /// Made and gone again: a file for the moment, which holds up no other. The last look may have seen it all the same.
    fn is_passing(&self) -> bool {
        self.is_new && self.last == Happened::Gone
    }
}

/// What is to be looked at.
#[derive(Debug, Default)]
pub(super) struct Pending {
    paths: HashMap<PathBuf, Path>,
    everywhere: bool,
    first_at: Option<Instant>,
    last_at: Option<Instant>,
    looked_at: Option<Instant>,
}

impl Pending {
    pub(super) fn tell(&mut self, path: PathBuf, happened: Happened, now: Instant) {
        if self.everywhere {
            return self.touch(now);
        }
        let before = self.paths.get(&path);
        let is_new = before.map_or(happened == Happened::Made, |before| before.is_new);
        let last = match (happened, before.map(|before| before.last)) {
            // A mode may be set before the first byte is written.
            (Happened::Marked, Some(unfinished @ (Happened::Made | Happened::Written))) => unfinished,
            (Happened::Marked, _) => Happened::Complete,
            (happened, _) => happened,
        };
        let at = now;
        self.paths.insert(path, Path { last, at, is_new });
        if self.paths.len() > MAX_PATHS {
            self.tell_everywhere(now);
        }
        self.touch(now);
    }

    /// Nobody knows what changed.
    pub(super) fn tell_everywhere(&mut self, now: Instant) {
        self.everywhere = true;
        self.paths = HashMap::new();
        self.touch(now);
    }

    fn touch(&mut self, now: Instant) {
        self.first_at.get_or_insert(now);
        self.last_at = Some(now);
    }

    /// When to look, if at all.
    pub(super) fn due(&self) -> Option<Instant> {
        let (first, last) = (self.first_at?, self.last_at?);
        let lasting = || self.paths.values().filter(|path| !path.is_passing());
        if self.everywhere || lasting().count() > MANY {
            return Some((last + SILENCE_OF_A_TOOL).min(first + LONGEST_OF_A_TOOL));
        }
        let complete = lasting().map(|path| {
            path.at
                + match path.last {
                    Happened::Complete if path.is_new => NEW_FILE,
                    Happened::Complete | Happened::Marked => Duration::ZERO,
                    Happened::Made | Happened::Written | Happened::Gone => MIDDLE,
                }
        });
        let complete = complete.max().unwrap_or(last + MIDDLE);
        let more_is_coming = self.looked_at.is_some_and(|looked| first < looked + RECENT);
        let quiet = if more_is_coming { last + SILENCE } else { last };
        Some(complete.max(quiet).min(first + LONGEST))
    }

    /// Whether something was told that is not looked at yet: then what was just read may be half of a file.
    pub(super) fn has_more(&self) -> bool {
        self.everywhere || self.paths.values().any(|path| !path.is_passing())
    }

    /// What to look at now, if it is due, and when the first of it was told.
    pub(super) fn take(&mut self, now: Instant) -> Option<(Where, Instant)> {
        let first_at = self.first_at?;
        if self.due()? > now {
            return None;
        }
        let place = if std::mem::take(&mut self.everywhere) {
            Where::everywhere()
        } else {
            let (passed, lasting): (Vec<_>, Vec<_>) = std::mem::take(&mut self.paths)
                .into_iter()
                .partition(|(_, path)| path.is_passing());
            let mut place = Where::at(lasting.into_iter().map(|(path, _)| path));
            place.list_around(passed.into_iter().map(|(path, _)| path));
            place
        };
        (self.first_at, self.last_at) = (None, None);
        self.looked_at = Some(now);
        Some((place, first_at))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use super::Happened::{Complete, Gone, Made, Marked, Written};
    use super::*;

    /// What happens, by the millisecond, and when it is due then.
    fn due_ms(events: &[(u64, &str, Happened)]) -> Option<u64> {
        let start = Instant::now();
        let mut pending = Pending::default();
        for (at_ms, path, happened) in events {
            pending.tell(path.into(), *happened, start + Duration::from_millis(*at_ms));
        }
        pending.due().map(|due| (due - start).as_millis() as u64)
    }

    #[test]
    fn a_save_in_place_is_due_when_the_file_is_closed() {
        assert_eq!(
            due_ms(&[(0, "a", Written), (1, "a", Written), (2, "a", Complete)]),
            Some(2)
        );
        // Not closed, as far as is known.
        assert_eq!(due_ms(&[(0, "a", Written), (5, "a", Written)]), Some(105));
    }

    #[test]
    fn a_save_by_renaming_is_due_at_once_and_its_temporary_file_is_none() {
        let save = [
            (0, "a.tmp", Made),
            (1, "a.tmp", Written),
            (2, "a.tmp", Complete),
            (3, "a.tmp", Gone),
            (3, "a", Complete),
        ];
        assert_eq!(due_ms(&save), Some(3));
        // Before the rename it is not looked at.
        assert_eq!(due_ms(&save[..3]), Some(12));
    }

    #[test]
    fn a_file_that_is_moved_away_before_the_new_one_comes_is_waited_for() {
        let save = [
            (0, "a", Gone),
            (2, "a", Made),
            (3, "a", Written),
            (4, "a", Complete),
        ];
        assert_eq!(due_ms(&save[..1]), Some(100));
        assert_eq!(due_ms(&save[..3]), Some(103));
        assert_eq!(due_ms(&save), Some(4));
    }

    #[test]
    fn a_file_that_is_made_and_removed_holds_up_nobody_and_where_it_was_is_looked_at() {
        let passing = [(0, "d/tmp", Made), (1, "d/tmp", Complete), (2, "d/tmp", Gone)];
        assert_eq!(due_ms(&passing), Some(102));
        let (start, mut pending) = (Instant::now(), Pending::default());
        for (_, path, happened) in passing {
            pending.tell(path.into(), happened, start);
        }
        pending.tell("a".into(), Complete, start);
        let mut place = Where::at(["a".into()]);
        place.list_around(["d/tmp".into()]);
        assert_eq!(pending.take(start), Some((place, start)));
    }

    #[test]
    fn there_is_more_from_the_first_sign_of_a_change_until_it_is_looked_at() {
        let (start, mut pending) = (Instant::now(), Pending::default());
        assert!(!pending.has_more());
        pending.tell("tmp".into(), Made, start);
        assert!(pending.has_more());
        pending.tell("tmp".into(), Gone, start);
        assert!(!pending.has_more());
        pending.tell("a".into(), Complete, start);
        assert!(pending.has_more() && pending.take(start).is_some() && !pending.has_more());
    }

    #[test]
    fn a_mode_that_is_set_before_the_first_byte_is_not_the_end_of_a_save() {
        let save = [
            (0, "a", Written),
            (1, "a", Marked),
            (2, "a", Written),
            (3, "a", Complete),
        ];
        assert_eq!(due_ms(&save[..2]), Some(101));
        assert_eq!(due_ms(&save), Some(3));
        assert_eq!(due_ms(&[(0, "a", Marked)]), Some(0));
    }

    #[test]
    fn a_file_that_is_written_all_the_time_delays_the_others_for_a_second_at_most() {
        let mut events = vec![(0, "a", Complete)];
        events.extend((0..40).map(|number| (number * 50, "log", Written)));
        assert_eq!(due_ms(&events), Some(1000));
    }

    #[test]
    fn what_follows_a_look_closely_is_taken_together() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut pending = Pending::default();
        pending.tell("a".into(), Complete, at(0));
        assert_eq!(pending.take(at(0)), Some((Where::at(["a".into()]), at(0))));
        assert_eq!((pending.due(), pending.take(at(1))), (None, None));
        for ms in [10, 20, 30] {
            pending.tell(format!("f{ms}").into(), Complete, at(ms));
        }
        assert_eq!(pending.due(), Some(at(60)));
        assert_eq!(pending.take(at(59)), None);
        assert!(pending.take(at(60)).is_some());
        // After a rest at once again.
        pending.tell("a".into(), Complete, at(400));
        assert_eq!(pending.due(), Some(at(400)));
    }

    #[test]
    fn a_tool_at_work_is_waited_for() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let mut pending = Pending::default();
        for number in 0..5000 {
            pending.tell(format!("f{number}").into(), Complete, at(number));
        }
        assert_eq!(pending.due(), Some(at(4999 + 250)));
        assert_eq!(pending.take(at(5249)), Some((Where::everywhere(), at(0))));
        for number in 0..200 {
            pending.tell("same".into(), Complete, at(6000 + number * 100));
            pending.tell(format!("f{number}").into(), Complete, at(6000 + number * 100));
        }
        assert_eq!(pending.due(), Some(at(16_000)));
    }
}
