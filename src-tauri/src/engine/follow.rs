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
use super::entry::entry_notice;
use super::links::Phase;
use super::pause::{self, resumed};
use super::watching::Beside;

/// How often it is looked whether the folder is still the one that is watched: it may have been moved or replaced.
const HEARTBEAT: Duration = Duration::from_secs(1);
/// How often a folder that is not there is looked for.
const LOOK_FOR: Duration = Duration::from_millis(250);
/// Polling: at least this between two looks, and never more than a tenth of the time looking.
const POLL: Duration = Duration::from_millis(500);
const POLL_SHARE: u32 = 10;
/// While files change under the reader it looks again after this, for so long; then it takes what there is.
const SETTLE: Duration = Duration::from_millis(20);
const LONGEST_SETTLING: Duration = Duration::from_secs(1);
/// After a failure (a full disk, a folder that cannot be read); after each more in a row twice as long, up to 32 s: what a
/// disk has no room for is written again each time.
const AGAIN: Duration = Duration::from_secs(2);
const MAX_DOUBLINGS: u32 = 4;

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
    /// Why it is looked at again and again though nobody asked for that.
    polled: Option<String>,
    /// Looks in a row whose result could not be taken.
    failures: u32,
    /// What the user is to know of the file that the command names, as of the last look.
    pub(super) entry_notice: Option<String>,
    /// Whether nothing became of what the folder holds yet.
    is_first: bool,
}

/// What came of a look.
#[derive(Debug, PartialEq, Eq)]
enum Taken {
    /// It is live, if it can be.
    Done,
    /// The function's layouts are others now.
    Changed,
    /// The folder cannot be read, or is too large.
    Unreadable,
    /// The folder is not there.
    Gone,
    /// Nobody follows it any more.
    Stopped,
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
            let mut following = Following::new(self.clone(), link.clone(), stop.clone(), root, tree).await;
            let over = following.run().await;
            tree = following.tree;
            // To end thousands of watches takes a while.
            let _ = tokio::task::spawn_blocking(move || drop(following)).await;
            if over == Over::Stop {
                return;
            }
        }
    }
}

impl Following {
    async fn new(
        engine: Engine,
        link: Link,
        stop: CancellationToken,
        root: PathBuf,
        tree: Option<[u8; 32]>,
    ) -> Self {
        let (ours, looked_at) = (engine.data_folder(), root.clone());
        let look = move || {
            let apart = std::fs::canonicalize(&ours).unwrap_or(ours);
            (apart, drydock_code::watch::silent_mount(&looked_at))
        };
        let (apart, silent) = tokio::task::spawn_blocking(look)
            .await
            .unwrap_or_else(|_| (engine.data_folder(), None));
        let polled = silent.filter(|_| !link.polling);
        let watched =
            (!link.polling && polled.is_none()).then(|| engine.0.linked.watcher.watch(root.clone()));
        engine.know(&link, &stop, |state| {
            state.phase = Phase::Starting;
            state.notice.clone_from(&polled);
        });
        Self {
            named: PathBuf::from(&link.folder),
            folder: Some(Folder::new(
                root,
                link.ignore.clone(),
                Some(apart),
                engine.folder_limits(),
            )),
            engine,
            link,
            stop,
            watched,
            tree,
            look: Duration::ZERO,
            polled,
            failures: 0,
            entry_notice: None,
            is_first: true,
        }
    }

    async fn run(&mut self) -> Over {
        let mut place = Where::everywhere();
        let mut since = Instant::now();
        // A new link is what somebody wants now; a folder that is back is a save like others.
        if self.tree.is_some() && !self.while_paused().await {
            return Over::Stop;
        }
        loop {
            let taken = self.take(&place, since).await;
            self.failures = if taken.is_ok() { 0 } else { self.failures + 1 };
            let again = match taken {
                Ok(Taken::Stopped) => return Over::Stop,
                Ok(Taken::Gone) => return Over::Another,
                Ok(Taken::Done) => None,
                Ok(Taken::Changed) => {
                    self.renew_spare().await;
                    None
                }
                // What is too much may go where nobody tells of it, since not all of it was looked at.
                Ok(Taken::Unreadable) => Some(AGAIN.max(self.look * POLL_SHARE)),
                Err(error) => {
                    tracing::error!(folder = %self.link.folder, error = format!("{error:?}"), "a change of a linked folder is not taken yet");
                    let why = match &error {
                        // Told to nobody but the owner of the folder.
                        Error::Internal(cause) => format!("{cause:#}"),
                        error => error.to_string(),
                    };
                    let notice = format!("a change could not be taken, and is tried again: {why}");
                    let phase = self.phase();
                    self.is_first = false;
                    self.know(|state| {
                        state.phase = phase;
                        state.notice = Some(notice);
                    });
                    Some(AGAIN * 2_u32.pow(self.failures.min(MAX_DOUBLINGS)))
                }
            };
            let again = again.map(|pause| tokio::time::Instant::now() + pause);
            (place, since) = match self.next(again).await {
                Ok(next) => next,
                Err(over) => return over,
            };
        }
    }

    /// One change after the other, so that nobody takes the folder of a tag that is about to be active for one that is
    /// not used.
    async fn renew_spare(&self) {
        let (project, function) = (&self.link.project, &self.link.function);
        if let Err(error) = self.engine.renew_spare(project, function).await {
            tracing::warn!(
                error = format!("{error:?}"),
                "the next save of {function} will take longer"
            );
        }
    }

    /// Waits until there is a reason to look.
    async fn next(&self, again: Option<tokio::time::Instant>) -> std::result::Result<(Where, Instant), Over> {
        let everywhere = || (Where::everywhere(), Instant::now());
        let poll = tokio::time::Instant::now() + POLL.max(self.look * POLL_SHARE);
        let mut paused = self.engine.watching_paused();
        loop {
            if *paused.borrow_and_update() {
                return if self.while_paused().await {
                    Ok(everywhere())
                } else {
                    Err(Over::Stop)
                };
            }
            tokio::select! {
                biased;
                () = self.stop.cancelled() => return Err(Over::Stop),
                // Ends with the engine, and this with it.
                Ok(()) = paused.changed() => {}
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

    /// Waits while watching is paused; `false` when nobody follows the folder any more.
    async fn while_paused(&self) -> bool {
        let mut paused = self.engine.watching_paused();
        if *paused.borrow() {
            self.know(|state| state.notice = Some(pause::NOTICE.to_owned()));
        }
        resumed(&mut paused, &self.stop).await
    }

    /// Whether the link still leads to the folder that is looked at.
    async fn is_the_same(&self) -> bool {
        let Some(folder) = &self.folder else { return false };
        let (named, root, identity) = (self.named.clone(), folder.root().to_owned(), folder.identity());
        let look = move || {
            std::fs::canonicalize(&named).is_ok_and(|real| real == root)
                // Another one may have its name, if a folder above was exchanged.
                && (identity.is_none() || drydock_code::folder::identity_of(&root) == identity)
        };
        tokio::task::spawn_blocking(look).await.unwrap_or(false)
    }

    /// Looks where something may have changed, and makes it live.
    async fn take(&mut self, place: &Where, since: Instant) -> Result<Taken> {
        let engine = self.engine.clone();
        let _keeping = engine.0.linked.keeping.read().await;
        let stop = self.stop.clone();
        let settled = tokio::select! {
            biased;
            // A look at a large folder takes longer than anybody waits at the end; it goes on alone.
            () = stop.cancelled() => {
                engine.has_loose_contents();
                return Ok(Taken::Stopped);
            }
            settled = self.settled(place) => settled?,
        };
        let snapshot = match settled {
            Ok(snapshot) => snapshot,
            Err(ScanError::Missing(_)) => return Ok(Taken::Gone),
            Err(ScanError::Store(error)) => {
                // So that a full disk is not full of what was kept for nothing.
                engine.sweep_soon();
                return Err(Error::disk(error, "keeping code"));
            }
            Err(error) => {
                self.know(|state| {
                    state.phase = Phase::Unreadable;
                    state.notice = Some(error.to_string());
                });
                return Ok(Taken::Unreadable);
            }
        };
        self.tell_snapshot(&snapshot);
        let is_known = self.tree == Some(snapshot.root.0) && self.has_live().await?;
        if self.is_first && is_known {
            self.recall(&snapshot).await?;
        }
        let taken = if is_known || snapshot.totals.files == 0 {
            Taken::Done
        } else {
            match self.make_live(&snapshot, since).await {
                Ok(has_changed) => {
                    self.tree = Some(snapshot.root.0);
                    if has_changed { Taken::Changed } else { Taken::Done }
                }
                Err(error) => {
                    // What was kept for it may be swept: everything is read again.
                    self.forget();
                    engine.has_loose_contents();
                    return Err(error);
                }
            }
        };
        // Only now it is known what the folder holds and what became of it.
        if std::mem::take(&mut self.is_first) {
            let phase = self.phase();
            self.know(|state| state.phase = phase);
        }
        Ok(taken)
    }

    /// A snapshot in which nothing changed while it was made, as far as can be had.
    async fn settled(&mut self, place: &Where) -> Result<std::result::Result<Snapshot, ScanError>> {
        let latest = tokio::time::Instant::now() + LONGEST_SETTLING;
        let mut place = place.clone();
        let mut before = None;
        loop {
            let snapshot = match self.snapshot(&place).await? {
                Ok(snapshot) => snapshot,
                Err(error) => return Ok(Err(error)),
            };
            // Without being told when a file is complete, only that nothing more changes says so.
            let is_new = Some(snapshot.root.0) != self.tree && before != Some(snapshot.root);
            // Where that is told, what has changed since the look may have been half written in it.
            let has_more = self.watched.as_ref().map_or(is_new, Watched::has_more);
            if !(snapshot.is_unsettled || has_more) || tokio::time::Instant::now() >= latest {
                return Ok(Ok(snapshot));
            }
            before = Some(snapshot.root);
            let is_all_suspect = snapshot.is_unsettled || self.watched.is_none();
            let told = tokio::select! {
                // What was read while it was written may look the same as what is there now.
                () = tokio::time::sleep(SETTLE), if is_all_suspect => Where::everywhere(),
                (place, _) = changed(self.watched.as_ref()) => place,
                () = tokio::time::sleep_until(latest) => Where::everywhere(),
            };
            // What came into a directory before it was watched is told by nobody.
            place = if is_all_suspect { Where::everywhere() } else { told };
        }
    }

    async fn snapshot(&mut self, place: &Where) -> Result<std::result::Result<Snapshot, ScanError>> {
        let Some(mut folder) = self.folder.take() else {
            return Err(Error::internal("a folder was lost while it was looked at"));
        };
        let (engine, place, watched) = (self.engine.clone(), place.clone(), self.watched.take());
        let command = self.link.command.clone();
        let work = move || {
            let begun = Instant::now();
            let (snapshot, failed) = match &watched {
                None => (folder.snapshot(Some(engine.contents()), &place, &mut ()), None),
                Some(watched) => std::thread::scope(|scope| {
                    let mut beside = Beside::new(scope, watched);
                    let snapshot = folder.snapshot(Some(engine.contents()), &place, &mut beside);
                    beside.settle();
                    watched.catch_up();
                    (snapshot, beside.failed)
                }),
            };
            let took = begun.elapsed();
            let entry_notice = entry_notice(&folder, &command);
            (folder, watched, failed, snapshot, took, entry_notice)
        };
        let (folder, watched, failed, snapshot, took, entry_notice) = tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| Error::internal(format!("looking at a folder: {error}")))?;
        self.folder = Some(folder);
        self.look = took;
        self.entry_notice = entry_notice;
        match failed {
            None => self.watched = watched,
            Some(error) => {
                let notice = unwatched(&error);
                tracing::warn!(folder = %self.link.folder, notice);
                self.polled = Some(notice);
                // Its watches are of use to other folders.
                drop(tokio::task::spawn_blocking(move || drop(watched)).await);
            }
        }
        Ok(snapshot)
    }

    fn phase(&self) -> Phase {
        if self.watched.is_some() {
            Phase::Watching
        } else {
            Phase::Polling
        }
    }

    fn tell_snapshot(&self, snapshot: &Snapshot) {
        let phase = if self.is_first {
            Phase::Starting
        } else {
            self.phase()
        };
        let notice = if snapshot.totals.files == 0 {
            Some("the folder holds no code; the last code stays live".to_owned())
        } else {
            self.polled.clone()
        };
        self.know(|state| {
            state.notice = notice;
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
