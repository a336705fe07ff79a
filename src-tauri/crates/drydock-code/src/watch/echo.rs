//! Hearing that everything has been told: a change of our own is told after all that happened before it.

use std::path::{Path, PathBuf};
use std::sync::{Condvar, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use notify::event::ModifyKind;
use notify::{Event, EventKind};

use super::{WatchError, lock};

/// What comes takes 0.1 ms. Where it does not (the watcher is busy with a tool's thousand files, the machine nearly dead)
/// we go on without knowing, as a longer wait would be felt in each save.
const LONGEST: Duration = Duration::from_millis(50);

/// A folder of ours whose time is changed, and whether that was told.
#[derive(Debug)]
pub(super) struct Echo {
    folder: PathBuf,
    heard: Mutex<u64>,
    told: Condvar,
    /// One at a time; holds whether the folder is watched.
    calling: Mutex<bool>,
}

impl Echo {
    pub(super) fn new(folder: PathBuf) -> Self {
        Self {
            folder,
            heard: Mutex::default(),
            told: Condvar::new(),
            calling: Mutex::default(),
        }
    }

    /// Takes an event that is ours, also one of what we do in that folder: it is in nobody's code.
    pub(super) fn hears(&self, event: &notify::Result<Event>) -> bool {
        let Ok(Event { kind, paths, .. }) = event else {
            return false;
        };
        let Some(path) = paths.first().filter(|path| path.starts_with(&self.folder)) else {
            return false;
        };
        if matches!(kind, EventKind::Modify(ModifyKind::Metadata(_))) && *path == self.folder {
            *lock(&self.heard) += 1;
            self.told.notify_all();
        }
        true
    }

    /// Changes the folder's time, and waits until that is told. `watch` begins to watch it.
    pub(super) fn wait(&self, watch: impl FnOnce(&Path) -> Result<(), WatchError>) {
        let mut is_watched = lock(&self.calling);
        if !*is_watched {
            *is_watched = watch(&self.folder).is_ok();
        }
        let before = *lock(&self.heard);
        let called = std::fs::File::open(&self.folder).and_then(|it| it.set_modified(SystemTime::now()));
        if *is_watched && called.is_ok() {
            let waiting = self
                .told
                .wait_timeout_while(lock(&self.heard), LONGEST, |heard| *heard == before);
            drop(waiting.unwrap_or_else(PoisonError::into_inner));
        }
    }
}
