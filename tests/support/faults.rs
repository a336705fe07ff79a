//! A disk that refuses to be written under a running server, as when the system has made it read-only after an error:
//! no test can have that of a real one while files are open.

use nix::errno::Errno;

use crate::dock::Launch;
use crate::preload::Preload;

/// What the disk of a data folder answers.
#[derive(Debug)]
pub struct Faults(Preload);

impl Faults {
    /// A disk that works.
    pub fn none() -> Self {
        Self(Preload::of("faults.c"))
    }

    /// From now on every change fails with that error.
    pub fn begin(&self, error: Errno) {
        self.0.set(error as i64);
    }

    /// From now on everything works again.
    pub fn end(&self) {
        self.0.set(0);
    }
}

impl Launch {
    /// Starts the server on such a disk.
    pub fn faults(self, faults: &Faults) -> Self {
        let data = self.data();
        faults.0.load(self, "TEST_FAULTS").env("TEST_FAULTS_IN", data)
    }
}
