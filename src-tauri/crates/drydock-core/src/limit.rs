//! Rate limits: fixed windows of time, counted by key; a key's window begins with its first call. Pure
//! bookkeeping; the caller brings the time.
//!
//! Memory is bounded however many keys come, and no flood of keys makes a window be forgotten: past the bound
//! further keys share windows, so that each is counted with some others.

use std::collections::{BTreeSet, HashMap};

/// Windows that keys have of their own, and as many more are shared. Each takes some 100 bytes, so all of them
/// 20 MB; a developer's machine sees a few.
pub const MAX_WINDOWS: usize = 100_000;

/// What is counted together: a hash of its text, so that each takes the same room.
pub type Key = [u8; 16];

/// A limit of one route.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limit {
    /// Most calls in a window.
    pub calls: u32,
    /// How long a window is, in seconds.
    pub window_secs: i64,
}

/// How a call stands to its limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    /// Most calls in a window.
    pub limit: u32,
    /// Calls left in this one.
    pub remaining: u32,
    /// When the next window begins, in Unix seconds.
    pub reset_secs: i64,
    /// Whether this call is one too many.
    pub exceeded: bool,
}

#[derive(Debug)]
struct Window {
    began_secs: i64,
    reset_secs: i64,
    calls: u32,
}

/// The windows of all keys.
#[derive(Debug)]
pub struct Windows {
    most: usize,
    by_key: HashMap<Key, Window>,
    by_end: BTreeSet<(i64, Key)>,
}

impl Default for Windows {
    fn default() -> Self {
        Self::bounded(MAX_WINDOWS)
    }
}

impl Windows {
    /// No windows, and never more than `most` of keys' own and as many shared.
    pub fn bounded(most: usize) -> Self {
        Self {
            most: most.max(1),
            by_key: HashMap::new(),
            by_end: BTreeSet::new(),
        }
    }

    /// Counts one call of `key` at `now_secs`.
    pub fn count(&mut self, key: Key, limit: Limit, now_secs: i64) -> Standing {
        self.forget_ended(now_secs);
        let key = self.place_of(key);
        // A clock that was set back must not stretch a window beyond its length. Its beginning tells, not the limit
        // of this call: in a shared window that may be a shorter one.
        let stale = self
            .by_key
            .get(&key)
            .is_some_and(|window| window.began_secs > now_secs);
        if stale {
            self.forget(key);
        }
        let by_end = &mut self.by_end;
        let window = self.by_key.entry(key).or_insert_with(|| {
            let reset_secs = now_secs + limit.window_secs;
            by_end.insert((reset_secs, key));
            Window {
                began_secs: now_secs,
                reset_secs,
                calls: 0,
            }
        });
        let exceeded = window.calls >= limit.calls;
        if !exceeded {
            window.calls += 1;
        }
        Standing {
            limit: limit.calls,
            // A shared window may have been counted under a higher limit.
            remaining: limit.calls.saturating_sub(window.calls),
            reset_secs: window.reset_secs,
            exceeded,
        }
    }

    /// How many windows are kept.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether none is kept.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// Under what a key is counted: its own window where it has one or there is room, else a shared one.
    fn place_of(&self, key: Key) -> Key {
        if self.by_key.contains_key(&key) || self.by_key.len() < self.most {
            return key;
        }
        let shared = u128::from_be_bytes(key) % self.most as u128;
        shared.to_be_bytes()
    }

    fn forget(&mut self, key: Key) {
        if let Some(window) = self.by_key.remove(&key) {
            self.by_end.remove(&(window.reset_secs, key));
        }
    }

    fn forget_ended(&mut self, now_secs: i64) {
        while self
            .by_end
            .first()
            .is_some_and(|(reset_secs, _)| *reset_secs <= now_secs)
        {
            if let Some((_, key)) = self.by_end.pop_first() {
                self.by_key.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit {
        calls: 3,
        window_secs: 60,
    };

    /// A key as a hash would be: spread over the whole width.
    fn key(number: u64) -> Key {
        (u128::from(number) + 1)
            .wrapping_mul(0x9E37_79B9_7F4A_7C15_F39C_C060_5CED_C835)
            .to_be_bytes()
    }

    #[test]
    fn the_call_after_the_last_is_one_too_many_until_the_next_window() {
        let mut windows = Windows::default();
        let remaining: Vec<_> = (0..3)
            .map(|second| windows.count(key(0), LIMIT, 120 + second).remaining)
            .collect();
        assert_eq!(remaining, [2, 1, 0]);
        let standing = windows.count(key(0), LIMIT, 179);
        assert!(standing.exceeded && standing.remaining == 0 && standing.reset_secs == 180);
        assert!(
            !windows.count(key(1), LIMIT, 179).exceeded,
            "another key has its own"
        );
        assert!(!windows.count(key(0), LIMIT, 180).exceeded);
    }

    #[test]
    fn windows_that_ended_are_forgotten_and_the_bound_holds() {
        let mut windows = Windows::bounded(100);
        for number in 0..10_000 {
            windows.count(key(number), LIMIT, 0);
            assert!(windows.len() <= 200);
        }
        windows.count(key(7), LIMIT, 60);
        assert_eq!(windows.len(), 1);
        assert_eq!(windows.by_end.len(), 1);
    }

    #[test]
    fn no_flood_of_keys_forgets_who_is_over_the_limit() {
        let mut windows = Windows::bounded(100);
        for _ in 0..4 {
            windows.count(key(0), LIMIT, 0);
        }
        for number in 1..10_000 {
            windows.count(key(number), LIMIT, 1);
        }
        assert!(windows.count(key(0), LIMIT, 2).exceeded);
        let late = windows.count(key(10_001), LIMIT, 2);
        assert!(late.exceeded, "so many calls share the windows that none is left");
    }

    #[test]
    fn a_window_that_a_higher_limit_filled_has_nothing_left() {
        let mut windows = Windows::default();
        for _ in 0..3 {
            windows.count(key(0), LIMIT, 0);
        }
        let lower = Limit { calls: 2, ..LIMIT };
        let standing = windows.count(key(0), lower, 0);
        assert!(standing.exceeded && standing.remaining == 0);
    }

    #[test]
    fn calls_under_a_shorter_limit_do_not_reset_a_window_that_is_shared_with_them() {
        let mut windows = Windows::bounded(1);
        windows.count(key(0), LIMIT, 0);
        let hourly = Limit {
            window_secs: 3600,
            ..LIMIT
        };
        for _ in 0..3 {
            windows.count(key(1), hourly, 1);
        }
        windows.count(key(2), LIMIT, 2);
        assert!(windows.count(key(1), hourly, 3).exceeded);
    }

    #[test]
    fn a_clock_set_back_does_not_stretch_a_window() {
        let mut windows = Windows::default();
        for _ in 0..4 {
            windows.count(key(0), LIMIT, 1_000_000);
        }
        assert!(!windows.count(key(0), LIMIT, 5000).exceeded);
    }
}
