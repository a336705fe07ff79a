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

    /// Takes an event that is ours.
    pub(super) fn hears(&self, event: &notify::Result<Event>) -> bool {
        let is_ours = event.as_ref().is_ok_and(|event| {
            matches!(event.kind, EventKind::Modify(ModifyKind::Metadata(_)))
                && event.paths.first().is_some_and(|path| *path == self.folder)
        });
        if is_ours {
            *lock(&self.heard) += 1;
            self.told.notify_all();
        }
        is_ours
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
