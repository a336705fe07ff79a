//! Watching the directories of a folder while it is looked at.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::mpsc;
use std::thread::{Scope, ScopedJoinHandle};

use drydock_code::folder::Observer;
use drydock_code::watch::{WatchError, Watched};

/// The way to the thread, and the thread.
type Work<'scope> = (
    mpsc::Sender<PathBuf>,
    ScopedJoinHandle<'scope, Result<(), WatchError>>,
);

/// Watches directories on a thread of its own, since that waits for the system's. Made when there is one to watch.
pub(super) struct Beside<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    watched: &'env Watched,
    work: Option<Work<'scope>>,
    /// Why the folder cannot be watched, if so.
    pub(super) failed: Option<WatchError>,
}

impl<'scope, 'env> Beside<'scope, 'env> {
    pub(super) fn new(scope: &'scope Scope<'scope, 'env>, watched: &'env Watched) -> Self {
        Self {
            scope,
            watched,
            work: None,
            failed: None,
        }
    }
}

impl Observer for Beside<'_, '_> {
    fn meet(&mut self, directory: &Path) {
        let (scope, watched) = (self.scope, self.watched);
        let (to_watch, _) = self.work.get_or_insert_with(|| {
            // As many as the folder has directories, which is bounded.
            let (to_watch, directories) = mpsc::channel::<PathBuf>();
            let watch_all = move || {
                directories
                    .iter()
                    .try_for_each(|directory| watched.observe(&directory))
            };
            (to_watch, scope.spawn(watch_all))
        });
        // Refused once one could not be watched; then none is.
        let _ = to_watch.send(directory.to_owned());
    }

    fn ignore(&mut self, directory: &Path, names: Vec<OsString>) {
        self.watched.ignore(directory, names);
    }

    fn settle(&mut self) {
        if let Some((to_watch, watching)) = self.work.take() {
            drop(to_watch);
            let watched = watching
                .join()
                .unwrap_or_else(|_| Err(WatchError::Other("the watcher broke off".to_owned())));
            self.failed = self.failed.take().or(watched.err());
        }
    }
}
