//! Small libraries that are loaded before the server's C library (Linux with `LD_PRELOAD`) and do what a number says
//! that a test can change while the server runs.
//!
//! Owns: making one with the C compiler that SQLite needs anyway, and the file with the number, which the server has
//! mapped.

use std::fs::OpenOptions;
use std::os::unix::fs::FileExt;
use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::dock::Launch;

/// One such library.
#[derive(Debug)]
pub(crate) struct Preload(TempDir);

impl Preload {
    /// Of a source in this folder; its number is 0.
    pub(crate) fn of(source: &str) -> Self {
        let preload = Self(TempDir::new().unwrap());
        let made = Command::new("cc")
            .args(["-shared", "-fPIC", "-O1", "-o"])
            .arg(preload.library())
            .arg(crate::tests_folder().join("support").join(source))
            .output()
            .expect("there is a C compiler");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        preload.set(0);
        preload
    }

    /// Changes its number.
    pub(crate) fn set(&self, number: i64) {
        // In place: the server has the file mapped.
        let mut options = OpenOptions::new();
        options.write(true).create(true).truncate(false);
        let file = options.open(self.file()).unwrap();
        file.write_all_at(&number.to_ne_bytes(), 0).unwrap();
    }

    /// Starts a server with it; `variable` tells it where the number is.
    pub(crate) fn load(&self, launch: Launch, variable: &str) -> Launch {
        launch
            .env("LD_PRELOAD", self.library())
            .env(variable, self.file())
    }

    fn library(&self) -> PathBuf {
        self.0.path().join("preload.so")
    }

    fn file(&self) -> PathBuf {
        self.0.path().join("number")
    }
}
