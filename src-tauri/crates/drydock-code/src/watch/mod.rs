//! Being told of changes in folders, by the system.
//!
//! Owns: one watcher for all folders, from an event to what may have changed (`pending` decides when that is worth a
//! look). Must not: read files. Where the system cannot tell, the caller looks by itself, again and again.

mod echo;
mod pending;

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Instant;

use notify::event::{AccessKind, AccessMode, CreateKind, ModifyKind, RenameMode};
use notify::{Event, EventKind, RecommendedWatcher, RecursiveMode, Watcher as _};
use tokio::sync::Notify;
use tokio::time::sleep_until;

use crate::folder::{Where, rules};
use echo::Echo;
use pending::{Happened, Pending};

/// Why the system does not tell of changes.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WatchError {
    /// It watches as much as it will.
    #[error("the system's limit of watched folders is reached")]
    Limit,
    /// Something else, in its words.
    #[error("{0}")]
    Other(String),
}

/// The watcher. Clones share it.
#[derive(Debug, Clone)]
pub struct Watcher(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    /// `None` where there is none to be had.
    system: Mutex<Result<RecommendedWatcher, WatchError>>,
    inboxes: Arc<Mutex<Vec<Weak<Inbox>>>>,
    echo: Arc<Echo>,
    /// How many folders want each directory watched.
    directories: Mutex<HashMap<PathBuf, usize>>,
}

/// What one folder is told.
#[derive(Debug)]
struct Inbox {
    root: PathBuf,
    /// Files that rules leave out, by their directory: what is written to them is no change.
    ignored: Mutex<HashMap<PathBuf, HashSet<OsString>>>,
    pending: Mutex<Pending>,
    told: Notify,
}

/// A folder that is watched, until this is dropped.
#[derive(Debug)]
pub struct Watched {
    watcher: Watcher,
    inbox: Arc<Inbox>,
    directories: Mutex<HashSet<PathBuf>>,
}

impl Watcher {
    /// A watcher of nothing. What is wrong with it, [`Watched::observe`] says. `ours` is a folder of our own, made or not
    /// yet, whose time may be changed: see [`Watched::catch_up`].
    pub fn new(ours: PathBuf) -> Self {
        let inboxes: Arc<Mutex<Vec<Weak<Inbox>>>> = Arc::default();
        let echo = Arc::new(Echo::new(ours));
        let (listeners, hearing) = (Arc::clone(&inboxes), Arc::clone(&echo));
        let system = notify::recommended_watcher(move |event| {
            if !hearing.hears(&event) {
                deliver(&listeners, event);
            }
        });
        Self(Arc::new(Shared {
            system: Mutex::new(system.map_err(failure)),
            inboxes,
            echo,
            directories: Mutex::default(),
        }))
    }

    /// Begins to watch the folder `root`, a real path: each directory from when it is observed on.
    pub fn watch(&self, root: PathBuf) -> Watched {
        let inbox = Arc::new(Inbox {
            root,
            ignored: Mutex::default(),
            pending: Mutex::default(),
            told: Notify::new(),
        });
        let mut inboxes = lock(&self.0.inboxes);
        inboxes.retain(|inbox| inbox.strong_count() > 0);
        inboxes.push(Arc::downgrade(&inbox));
        Watched {
            watcher: self.clone(),
            inbox,
            directories: Mutex::default(),
        }
    }

    fn add(&self, directory: &Path) -> Result<(), WatchError> {
        let mut system = lock(&self.0.system);
        let system = system.as_mut().map_err(|error| error.clone())?;
        match system.watch(directory, MODE) {
            Ok(()) => Ok(()),
            // Whoever looks at it finds that out.
            Err(error) if cannot_be_looked_at(&error) => Ok(()),
            Err(error) => Err(failure(error)),
        }
    }
}

/// Where the system tells of one directory, each is asked for, so that those that are no code are not; elsewhere
/// everything below the root comes at once.
const MODE: RecursiveMode = if cfg!(target_os = "linux") {
    RecursiveMode::NonRecursive
} else {
    RecursiveMode::Recursive
};

impl Watched {
    /// Watches a directory of the folder, before it is looked at. Blocking, some microseconds.
    pub fn observe(&self, directory: &Path) -> Result<(), WatchError> {
        if MODE == RecursiveMode::Recursive && directory != self.inbox.root {
            return Ok(());
        }
        // Also one that is watched already: another may be there under its name.
        self.watcher.add(directory)?;
        if lock(&self.directories).insert(directory.to_owned()) {
            *lock(&self.watcher.0.directories)
                .entry(directory.to_owned())
                .or_default() += 1;
        }
        Ok(())
    }

    /// Says which files of a directory rules leave out by now.
    pub fn ignore(&self, directory: &Path, names: Vec<OsString>) {
        let mut ignored = lock(&self.inbox.ignored);
        if names.is_empty() {
            ignored.remove(directory);
        } else {
            ignored.insert(directory.to_owned(), names.into_iter().collect());
        }
    }

    /// Waits until all that has happened before this call is told, where the system tells things in their order: then
    /// [`Self::has_more`] knows of a file that was half written when it was read. Blocking, mostly some 100 µs.
    pub fn catch_up(&self) {
        let shared = &self.watcher.0;
        if tells_closing() {
            shared.echo.wait(|ours| self.watcher.add(ours));
        }
    }

    /// Whether more has changed than [`Self::changed`] has answered, or is about to.
    pub fn has_more(&self) -> bool {
        lock(&self.inbox.pending).has_more()
    }

    /// Has everything looked at with the next [`Self::changed`].
    pub fn look_everywhere(&self) {
        self.inbox.tell(|pending| pending.tell_everywhere(Instant::now()));
    }

    /// Waits for the next change that is worth a look; answers where, and when the first of it was told. Loses nothing
    /// when dropped half-way.
    pub async fn changed(&self) -> (Where, Instant) {
        loop {
            let told = self.inbox.told.notified();
            let due = {
                let mut pending = lock(&self.inbox.pending);
                if let Some(taken) = pending.take(Instant::now()) {
                    return taken;
                }
                pending.due()
            };
            match due {
                None => told.await,
                Some(due) => tokio::select! {
                    () = told => {}
                    () = sleep_until(due.into()) => {}
                },
            }
        }
    }
}

impl Drop for Watched {
    fn drop(&mut self) {
        let mut all = lock(&self.watcher.0.directories);
        let mut system = lock(&self.watcher.0.system);
        for directory in lock(&self.directories).drain() {
            let Some(wanted) = all.get_mut(&directory) else {
                continue;
            };
            *wanted -= 1;
            if *wanted == 0 {
                all.remove(&directory);
                if let Ok(system) = system.as_mut() {
                    // It fails where the directory is gone, and with it its watch.
                    let _ = system.unwatch(&directory);
                }
            }
        }
    }
}

impl Inbox {
    /// Whether the file is left out. What comes or goes under its name may be something else.
    fn ignores(&self, path: &Path, happened: Happened, is_another: bool) -> bool {
        let is_written = match happened {
            Happened::Written | Happened::Marked => true,
            Happened::Complete => !is_another,
            Happened::Made | Happened::Gone => false,
        };
        let named = || {
            let (directory, name) = (path.parent()?, path.file_name()?);
            lock(&self.ignored)
                .get(directory)
                .map(|names| names.contains(name))
        };
        is_written && named().unwrap_or(false)
    }

    fn tell(&self, what: impl FnOnce(&mut Pending)) {
        what(&mut lock(&self.pending));
        self.told.notify_one();
    }
}

/// From the system's thread to every folder that it concerns.
fn deliver(inboxes: &Mutex<Vec<Weak<Inbox>>>, event: notify::Result<Event>) {
    let now = Instant::now();
    let inboxes: Vec<_> = lock(inboxes).iter().filter_map(Weak::upgrade).collect();
    let event = match event {
        Ok(event) if !event.need_rescan() => event,
        lost => {
            tracing::debug!(?lost, "the system has lost changes");
            for inbox in inboxes {
                inbox.tell(|pending| pending.tell_everywhere(now));
            }
            return;
        }
    };
    let Some(happened) = meaning(&event.kind) else {
        return;
    };
    // Anything but the end of writing may have put another thing in its place.
    let is_another = !matches!(event.kind, EventKind::Access(_));
    for path in &event.paths {
        for inbox in &inboxes {
            let Ok(inside) = path.strip_prefix(&inbox.root) else {
                continue;
            };
            if inside.as_os_str().is_empty() {
                // The folder itself: it is gone, or another.
                inbox.tell(|pending| pending.tell_everywhere(now));
            } else if !inside.iter().any(rules::is_never) && !inbox.ignores(path, happened, is_another) {
                inbox.tell(|pending| pending.tell(inside.to_owned(), happened, now));
            }
        }
    }
}

/// What an event says of its paths, if it says something of theirs.
#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "it is as large as a path on some systems"
)]
fn meaning(kind: &EventKind) -> Option<Happened> {
    Some(match kind {
        EventKind::Create(CreateKind::File) => Happened::Made,
        EventKind::Modify(ModifyKind::Data(_)) if tells_closing() => Happened::Written,
        EventKind::Modify(ModifyKind::Name(RenameMode::From)) | EventKind::Remove(_) => Happened::Gone,
        EventKind::Modify(ModifyKind::Metadata(_)) => Happened::Marked,
        // Both ends of a rename come one by one too.
        EventKind::Modify(ModifyKind::Name(RenameMode::Both)) => return None,
        EventKind::Access(access) if *access != AccessKind::Close(AccessMode::Write) => return None,
        EventKind::Access(_)
        | EventKind::Create(_)
        | EventKind::Modify(_)
        | EventKind::Any
        | EventKind::Other => Happened::Complete,
    })
}

/// Whether the system tells when a file was closed after writing. Where it does not, a write is all there is.
const fn tells_closing() -> bool {
    cfg!(target_os = "linux")
}

fn failure(error: notify::Error) -> WatchError {
    match &error.kind {
        notify::ErrorKind::MaxFilesWatch => WatchError::Limit,
        // As many watchers as one user may have.
        notify::ErrorKind::Io(io) if io.raw_os_error() == Some(TOO_MANY_FILES) => WatchError::Limit,
        _ => WatchError::Other(error.to_string()),
    }
}

#[cfg(unix)]
const TOO_MANY_FILES: i32 = nix::errno::Errno::EMFILE as i32;
#[cfg(not(unix))]
const TOO_MANY_FILES: i32 = 4;

/// Whether a directory went meanwhile, or is not for us: when it comes or may be read, the one above it tells.
fn cannot_be_looked_at(error: &notify::Error) -> bool {
    use std::io::ErrorKind::{NotADirectory, NotFound, PermissionDenied};
    match &error.kind {
        notify::ErrorKind::PathNotFound => true,
        notify::ErrorKind::Io(io) => matches!(io.kind(), NotFound | NotADirectory | PermissionDenied),
        _ => false,
    }
}

/// Why changes of a folder are not told by its file system, if that is known: one of another machine, or of the host of a
/// virtual one.
pub fn silent_mount(folder: &Path) -> Option<String> {
    let kind = silent_kind(folder)?;
    Some(format!(
        "it is looked at again and again, since it lies on {kind}, which does not tell of changes"
    ))
}

#[cfg(target_os = "linux")]
fn silent_kind(folder: &Path) -> Option<&'static str> {
    // linux/magic.h and the file systems' own sources.
    const SILENT: [(i64, &str); 9] = [
        (0x6969, "a network drive (NFS)"),
        (0x517b, "a network drive (SMB)"),
        (0xff53_4d42, "a network drive (CIFS)"),
        (0xfe53_4d42, "a network drive (SMB)"),
        (0x0102_1997, "a folder of the host (9p)"),
        (0x786f_4256, "a folder of the host (VirtualBox)"),
        (0xbacb_acbc, "a folder of the host (VMware)"),
        (0x6a65_6a62, "a folder of the host (Docker)"),
        (0x6573_5546, "a drive of a program (FUSE)"),
    ];
    let kind = nix::sys::statfs::statfs(folder).ok()?.filesystem_type().0;
    SILENT
        .iter()
        .find(|(magic, _)| *magic == kind as i64)
        .map(|(_, name)| *name)
}

#[cfg(not(target_os = "linux"))]
fn silent_kind(_folder: &Path) -> Option<&'static str> {
    None
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(all(test, target_os = "linux"))]
#[path = "tests.rs"]
mod tests;
