//! Following: what changes in a linked folder becomes a tag, is checked, and is live.
//!
//! Owns: one task for each link, from a sign of change to the activation, one change after the other; so two saves never
//! become live in the other order. Must not: know how a folder is read or watched (`drydock_code`), or how a tag is made
//! (`snapshots`).

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use drydock_code::folder::{Folder, Observer as _, ScanError, Snapshot, Where};
use drydock_code::watch::{WatchError, Watched};
use drydock_core::link::Link;
use drydock_core::{Error, Result};
use tokio_util::sync::CancellationToken;

use super::Engine;
use super::links::Phase;
use super::watching::Beside;

/// How often it is looked whether the folder is still the one that is watched: it may have been moved or replaced.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// How often a folder that is not there is looked for.
const LOOK_FOR: Duration = Duration::from_millis(250);
/// Polling: at least this between two looks, and never more than a tenth of the time looking.
const POLL: Duration = Duration::from_millis(500);
const POLL_SHARE: u32 = 10;
/// While files change under the reader it looks again after this, so often; then it takes what there is.
const SETTLE: Duration = Duration::from_millis(20);
const SETTLE_ROUNDS: usize = 50;
/// After a failure (a full disk, a folder that cannot be read).
const AGAIN: Duration = Duration::from_secs(2);

/// Why one does not go on with a folder.
#[derive(Debug, PartialEq, Eq)]
enum Over {
    /// Nobody follows it any more.
    Stop,
    /// It is not there, or another one is.
    Another,
}

/// One folder that is followed, as long as it is the same one.
pub(super) struct Following {
    pub(super) engine: Engine,
    pub(super) link: Link,
    pub(super) stop: CancellationToken,
    /// As the link names it, which may lead to another one later.
    named: PathBuf,
    /// `None` only while it is being looked at.
    folder: Option<Folder>,
    watched: Option<Watched>,
    /// The last snapshot that became a tag, or needed none.
    tree: Option<[u8; 32]>,
    /// How long a look at everything takes.
    look: Duration,
}

impl Engine {
    /// Follows a link until it is stopped.
    pub(super) async fn follow(&self, link: Link, stop: CancellationToken) {
        let named = PathBuf::from(&link.folder);
        let mut tree = link.tree;
        loop {
            let Some(root) = real(&named).await else {
                self.know(&link, &stop, |state| {
                    state.phase = Phase::Missing;
                    state.notice = Some("the folder is not there; its last code stays live".to_owned());
                });
                if !rest(&stop, LOOK_FOR).await {
                    return;
                }
                continue;
            };
            let mut following = Following::new(self.clone(), link.clone(), stop.clone(), root, tree);
            let over = following.run().await;
            tree = following.tree;
            if over == Over::Stop {
                return;
            }
        }
    }
}

impl Following {
    fn new(
        engine: Engine,
        link: Link,
        stop: CancellationToken,
        root: PathBuf,
        tree: Option<[u8; 32]>,
    ) -> Self {
        let ours = engine.data_folder();
        let apart = std::fs::canonicalize(&ours).unwrap_or(ours);
        let limits = engine.folder_limits();
        let mut notice = None;
        let polling = link.polling || {
            notice = drydock_code::watch::silent_mount(&root);
            notice.is_some()
        };
        let watched = (!polling).then(|| engine.0.linked.watcher.watch(root.clone()));
        engine.know(&link, &stop, |state| {
            state.phase = Phase::Starting;
            state.notice = notice;
        });
        Self {
            named: PathBuf::from(&link.folder),
            folder: Some(Folder::new(root, link.ignore.clone(), Some(apart), limits)),
            engine,
            link,
            stop,
            watched,
            tree,
            look: Duration::ZERO,
        }
    }

    async fn run(&mut self) -> Over {
        let mut place = Where::everywhere();
        let mut since = Instant::now();
        loop {
            let again = match self.take(&place, since).await {
                Ok(true) => None,
                Ok(false) => return Over::Another,
                Err(error) => {
                    tracing::error!(folder = %self.link.folder, error = format!("{error:?}"), "a change of a linked folder is not taken yet");
                    let notice = format!("a change could not be taken, and is tried again: {error}");
                    self.know(|state| state.notice = Some(notice));
                    Some(tokio::time::Instant::now() + AGAIN)
                }
            };
            (place, since) = match self.next(again).await {
                Ok(next) => next,
                Err(over) => return over,
            };
        }
    }

    /// Waits until there is a reason to look.
    async fn next(&self, again: Option<tokio::time::Instant>) -> std::result::Result<(Where, Instant), Over> {
        let everywhere = || (Where::everywhere(), Instant::now());
        let poll = tokio::time::Instant::now() + POLL.max(self.look * POLL_SHARE);
        loop {
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Err(Over::Stop),
                changed = changed(self.watched.as_ref()) => return Ok(changed),
                () = sleep_until(again) => return Ok(everywhere()),
                () = tokio::time::sleep_until(poll), if self.watched.is_none() => {
                    return if self.is_the_same().await { Ok(everywhere()) } else { Err(Over::Another) };
                }
                () = tokio::time::sleep(HEARTBEAT), if self.watched.is_some() => {
                    if !self.is_the_same().await {
                        return Err(Over::Another);
                    }
                }
            }
        }
    }

    /// Whether the link still leads to the folder that is looked at.
    async fn is_the_same(&self) -> bool {
        let now = real(&self.named).await;
        now.as_deref() == self.folder.as_ref().map(Folder::root)
    }

    /// Looks where something may have changed, and makes it live; `false` where the folder is not there.
    async fn take(&mut self, place: &Where, since: Instant) -> Result<bool> {
        let engine = self.engine.clone();
        let _keeping = engine.0.linked.keeping.read().await;
        let snapshot = match self.settled(place).await? {
            Ok(snapshot) => snapshot,
            Err(ScanError::Missing(_)) => return Ok(false),
            Err(ScanError::Store(error)) => return Err(Error::disk(error, "keeping code")),
            Err(error) => {
                self.know(|state| {
                    state.phase = Phase::Unreadable;
                    state.notice = Some(error.to_string());
                });
                return Ok(true);
            }
        };
        self.tell_snapshot(&snapshot);
        if self.tree == Some(snapshot.root.0) || snapshot.totals.files == 0 {
            return Ok(true);
        }
        let taken = self.make_live(&snapshot, since).await;
        match taken {
            Ok(()) => self.tree = Some(snapshot.root.0),
            // What was kept for it may be swept: everything is read again.
            Err(_) => self.forget(),
        }
        taken.map(|()| true)
    }

    /// A snapshot in which nothing changed while it was made, as far as can be had.
    async fn settled(&mut self, place: &Where) -> Result<std::result::Result<Snapshot, ScanError>> {
        let mut place = place.clone();
        let mut before = None;
        for _ in 0..SETTLE_ROUNDS {
            let snapshot = match self.snapshot(&place).await? {
                Ok(snapshot) => snapshot,
                Err(error) => return Ok(Err(error)),
            };
            // Without being told when a file is complete, only that nothing more changes says so.
            let is_new = Some(snapshot.root.0) != self.tree && before != Some(snapshot.root);
            let wait = snapshot.is_unsettled || self.watched.is_none() && is_new;
            if !wait || !rest(&self.stop, SETTLE).await {
                return Ok(Ok(snapshot));
            }
            before = Some(snapshot.root);
            place = Where::everywhere();
        }
        self.snapshot(&place).await
    }

    async fn snapshot(&mut self, place: &Where) -> Result<std::result::Result<Snapshot, ScanError>> {
        let Some(mut folder) = self.folder.take() else {
            return Err(Error::internal("a folder was lost while it was looked at"));
        };
        let (engine, place, watched) = (self.engine.clone(), place.clone(), self.watched.take());
        let work = move || {
            let begun = Instant::now();
            let (snapshot, failed) = match &watched {
                None => (folder.snapshot(Some(engine.contents()), &place, &mut ()), None),
                Some(watched) => std::thread::scope(|scope| {
                    let mut beside = Beside::new(scope, watched);
                    let snapshot = folder.snapshot(Some(engine.contents()), &place, &mut beside);
                    beside.settle();
                    (snapshot, beside.failed)
                }),
            };
            (folder, watched, failed, snapshot, begun.elapsed())
        };
        let (folder, watched, failed, snapshot, took) = tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| Error::internal(format!("looking at a folder: {error}")))?;
        self.folder = Some(folder);
        self.look = took;
        match failed {
            None => self.watched = watched,
            Some(error) => {
                let notice = unwatched(&error);
                tracing::warn!(folder = %self.link.folder, notice);
                self.know(|state| state.notice = Some(notice));
                // Its watches are of use to other folders.
                drop(tokio::task::spawn_blocking(move || drop(watched)).await);
            }
        }
        Ok(snapshot)
    }

    fn tell_snapshot(&self, snapshot: &Snapshot) {
        let phase = if self.watched.is_some() {
            Phase::Watching
        } else {
            Phase::Polling
        };
        self.know(|state| {
            let was_wrong = matches!(state.phase, Phase::Missing | Phase::Unreadable);
            if was_wrong || phase == Phase::Watching {
                state.notice = None;
            }
            if snapshot.totals.files == 0 {
                state.notice = Some("the folder holds no code; the last code stays live".to_owned());
            }
            state.phase = phase;
            state.totals = snapshot.totals;
            state.left_out.clone_from(&snapshot.left_out);
        });
    }

    pub(super) fn know(&self, change: impl FnOnce(&mut super::links::LinkState)) {
        self.engine.know(&self.link, &self.stop, change);
    }

    pub(super) fn folder_mut(&mut self) -> Option<&mut Folder> {
        self.folder.as_mut()
    }

    fn forget(&mut self) {
        if let Some(folder) = &mut self.folder {
            folder.forget();
        }
        // Directories that are known are not observed again, but these watches stay.
    }
}

/// The next change; never where nobody tells.
async fn changed(watched: Option<&Watched>) -> (Where, Instant) {
    match watched {
        Some(watched) => watched.changed().await,
        None => std::future::pending().await,
    }
}

async fn sleep_until(at: Option<tokio::time::Instant>) {
    match at {
        Some(at) => tokio::time::sleep_until(at).await,
        None => std::future::pending().await,
    }
}

/// Waits; `false` when it is stopped.
async fn rest(stop: &CancellationToken, time: Duration) -> bool {
    tokio::select! {
        biased;
        () = stop.cancelled() => false,
        () = tokio::time::sleep(time) => true,
    }
}

/// The directory that a path leads to, if it leads to one.
async fn real(named: &Path) -> Option<PathBuf> {
    let real = tokio::fs::canonicalize(named).await.ok()?;
    let metadata = tokio::fs::metadata(&real).await.ok()?;
    metadata.is_dir().then_some(real)
}

/// Why a folder is polled, and the mend.
fn unwatched(error: &WatchError) -> String {
    match error {
        WatchError::Limit => "it is looked at again and again, since this user may watch no more folders; with \
             `sudo sysctl fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512` changes are told at once"
            .to_owned(),
        WatchError::Other(why) => {
            format!("it is looked at again and again, since the system does not tell of changes: {why}")
        }
    }
}
