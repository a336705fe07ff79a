//! What a look at a file tells without reading it: enough to know that it is still the file that was read.

use std::fs::Metadata;
use std::time::{Duration, SystemTime};

/// The clock of files ticks every 4 to 15 ms; of two writes within one tick the second may not show. So a file that was
/// written less than this before it was read is not known by its look.
const TICK: Duration = Duration::from_millis(20);

/// A look at a file or directory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stat {
    identity: (u64, u64),
    size_bytes: u64,
    modified: Option<SystemTime>,
    changed: (i64, i64),
    executable: bool,
}

impl Stat {
    #[cfg(unix)]
    pub(super) fn of(metadata: &Metadata) -> Self {
        use std::os::unix::fs::MetadataExt as _;
        Self {
            identity: (metadata.dev(), metadata.ino()),
            size_bytes: metadata.len(),
            modified: metadata.modified().ok(),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
            executable: metadata.mode() & 0o111 != 0,
        }
    }

    /// Without such a bit every file may be run.
    #[cfg(not(unix))]
    pub(super) fn of(metadata: &Metadata) -> Self {
        Self {
            identity: (0, 0),
            size_bytes: metadata.len(),
            modified: metadata.modified().ok(),
            changed: (0, 0),
            executable: true,
        }
    }

    pub(super) fn size_bytes(&self) -> u64 {
        self.size_bytes
    }

    pub(super) fn is_executable(&self) -> bool {
        self.executable
    }

    /// Which file it is, whatever it is called.
    pub(super) fn identity(&self) -> (u64, u64) {
        self.identity
    }

    /// Whether the same look at a later time means the same content; `read_at` is when its reading began.
    pub(super) fn is_telling(&self, read_at: SystemTime) -> bool {
        let quiet_since = |at: SystemTime| read_at.duration_since(at).is_ok_and(|quiet| quiet > TICK);
        let changed = u64::try_from(self.changed.0)
            .ok()
            .map(|secs| SystemTime::UNIX_EPOCH + Duration::new(secs, self.changed.1 as u32));
        self.modified.is_some_and(quiet_since) && changed.is_some_and(quiet_since)
    }
}
