//! The server's wall clock, moved by a test, so that an hour can pass in no time.

use std::sync::Mutex;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::dock::Launch;
use crate::preload::Preload;

/// A clock that a test moves.
#[derive(Debug)]
pub struct Clock {
    preload: Preload,
    ahead_secs: Mutex<i64>,
}

impl Clock {
    /// A clock that is right.
    pub fn new() -> Self {
        Self {
            preload: Preload::of("clock.c"),
            ahead_secs: Mutex::new(0),
        }
    }

    /// What the server's clock says, in seconds since the Unix epoch.
    pub fn unix_secs(&self) -> i64 {
        let real = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        real.as_secs().cast_signed() + *self.ahead_secs.lock().unwrap()
    }

    /// Moves the server's clock forward, or back.
    pub fn advance(&self, secs: i64) {
        let mut ahead = self.ahead_secs.lock().unwrap();
        *ahead += secs;
        self.preload.set(*ahead);
    }
}

impl Default for Clock {
    fn default() -> Self {
        Self::new()
    }
}

impl Launch {
    /// Starts the server with that clock.
    pub fn clock(self, clock: &Clock) -> Self {
        clock.preload.load(self, "TEST_CLOCK")
    }
}
