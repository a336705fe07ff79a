//! The server's wall clock, moved by a test, so that an hour can pass in no time.
//!
//! Owns: a small library that is loaded before the server's C library (Linux with `LD_PRELOAD`), made by the C
//! compiler that SQLite needs anyway, and the file that says how far the clock is ahead.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use tempfile::TempDir;

use crate::dock::Launch;

/// A clock that a test moves.
#[derive(Debug)]
pub struct Clock {
    folder: TempDir,
    ahead_secs: Mutex<i64>,
}

impl Clock {
    /// A clock that is right.
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let clock = Self {
            folder,
            ahead_secs: Mutex::new(0),
        };
        let made = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(clock.library())
            .arg(crate::tests_folder().join("support/clock.c"))
            .output()
            .expect("cc makes the clock");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        clock.advance(0);
        clock
    }

    /// Moves the server's clock forward.
    pub fn advance(&self, secs: i64) {
        let mut ahead = self.ahead_secs.lock().unwrap();
        *ahead += secs;
        // In place: the server has the file mapped.
        let file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(false)
            .open(self.file())
            .unwrap();
        std::os::unix::fs::FileExt::write_all_at(&file, &ahead.to_ne_bytes(), 0).unwrap();
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("clock.so")
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ahead")
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
        self.env("LD_PRELOAD", clock.library())
            .env("TEST_CLOCK", clock.file())
    }
}
