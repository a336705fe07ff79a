//! Rate limits: fixed windows of time, counted by key; a key's window begins with its first call. Pure
//! bookkeeping; the caller brings the time.
//!
//! Memory is bounded however many keys come: past the bound the window that would end soonest is forgotten.

use std::collections::{BTreeSet, HashMap};

/// Windows kept at once. Each takes some 100 bytes, so all of them 10 MB; a developer's machine sees a few.
pub const MAX_WINDOWS: usize = 100_000;

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
    reset_secs: i64,
    calls: u32,
}

/// The windows of all keys.
#[derive(Debug)]
pub struct Windows {
    most: usize,
    by_key: HashMap<String, Window>,
    by_end: BTreeSet<(i64, String)>,
}

impl Default for Windows {
    fn default() -> Self {
        Self::bounded(MAX_WINDOWS)
    }
}

impl Windows {
    /// No windows, and never more than `most`.
    pub fn bounded(most: usize) -> Self {
        Self {
            most: most.max(1),
            by_key: HashMap::new(),
            by_end: BTreeSet::new(),
        }
    }

    /// Counts one call of `key` at `now_secs`.
    pub fn count(&mut self, key: &str, limit: Limit, now_secs: i64) -> Standing {
        self.forget_ended(now_secs);
        // A clock that was set back must not stretch a window beyond its length.
        let stale = self
            .by_key
            .get(key)
            .is_some_and(|window| window.reset_secs > now_secs + limit.window_secs);
        if stale {
            self.forget(key);
        }
        if !self.by_key.contains_key(key) {
            self.open(key, now_secs + limit.window_secs);
        }
        let reset_secs = now_secs + limit.window_secs;
        let window = self
            .by_key
            .entry(key.to_owned())
            .or_insert(Window { reset_secs, calls: 0 });
        let exceeded = window.calls >= limit.calls;
        if !exceeded {
            window.calls += 1;
        }
        Standing {
            limit: limit.calls,
            remaining: limit.calls - window.calls,
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

    fn open(&mut self, key: &str, reset_secs: i64) {
        while self.by_key.len() >= self.most {
            let Some((_, soonest)) = self.by_end.pop_first() else {
                break;
            };
            self.by_key.remove(&soonest);
        }
        self.by_end.insert((reset_secs, key.to_owned()));
        self.by_key
            .insert(key.to_owned(), Window { reset_secs, calls: 0 });
    }

    fn forget(&mut self, key: &str) {
        if let Some(window) = self.by_key.remove(key) {
            self.by_end.remove(&(window.reset_secs, key.to_owned()));
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

    #[test]
    fn the_call_after_the_last_is_one_too_many_until_the_next_window() {
        let mut windows = Windows::default();
        let remaining: Vec<_> = (0..3)
            .map(|second| windows.count("a", LIMIT, 120 + second).remaining)
            .collect();
        assert_eq!(remaining, [2, 1, 0]);
        let standing = windows.count("a", LIMIT, 179);
        assert!(standing.exceeded && standing.remaining == 0 && standing.reset_secs == 180);
        assert!(
            !windows.count("b", LIMIT, 179).exceeded,
            "another key has its own"
        );
        assert!(!windows.count("a", LIMIT, 180).exceeded);
    }

    #[test]
    fn windows_that_ended_are_forgotten_and_the_bound_holds() {
        let mut windows = Windows::bounded(100);
        for number in 0..10_000 {
            windows.count(&number.to_string(), LIMIT, 0);
            assert!(windows.len() <= 100);
        }
        windows.count("later", LIMIT, 60);
        assert_eq!(windows.len(), 1);
        assert_eq!(windows.by_end.len(), 1);
    }

    #[test]
    fn a_clock_set_back_does_not_stretch_a_window() {
        let mut windows = Windows::default();
        for _ in 0..4 {
            windows.count("a", LIMIT, 1_000_000);
        }
        assert!(!windows.count("a", LIMIT, 5000).exceeded);
    }
}
