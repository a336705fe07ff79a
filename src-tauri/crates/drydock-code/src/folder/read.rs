//! Reading the files that changed: many at once, where there are many.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::SystemTime;

use super::ScanError;
use super::stat::Stat;
use crate::content::{self, ContentId, Contents};

/// From so many files on, more than one thread reads.
const MANY: usize = 64;
/// More threads than this wait for the disk together and do not make it faster.
const MAX_THREADS: usize = 8;

/// What became of a file that was to be read.
#[derive(Debug, Clone)]
pub(super) enum Outcome {
    Kept {
        stat: Option<Stat>,
        content: ContentId,
        size_bytes: u64,
        changed_meanwhile: bool,
    },
    /// It was there a moment ago.
    Gone,
    /// It cannot be read, in words.
    Unreadable(String),
}

/// Reads and keeps all files.
///
/// # Errors
/// When the store cannot take one.
pub(super) fn all(contents: Option<&Contents>, jobs: Vec<PathBuf>) -> Result<Vec<Outcome>, ScanError> {
    if jobs.len() < MANY {
        return jobs.iter().map(|path| one(contents, path)).collect();
    }
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(MAX_THREADS);
    let next = AtomicUsize::new(0);
    let done: Vec<Mutex<Option<Outcome>>> = jobs.iter().map(|_| Mutex::default()).collect();
    let failed = Mutex::new(None);
    let work = || {
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(path) = jobs.get(number) else { return };
            match one(contents, path) {
                Ok(outcome) => *done[number].lock().unwrap_or_else(PoisonError::into_inner) = Some(outcome),
                Err(error) => {
                    *failed.lock().unwrap_or_else(PoisonError::into_inner) = Some(error);
                    return next.store(jobs.len(), Ordering::Relaxed);
                }
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads {
            scope.spawn(work);
        }
        work();
    });
    if let Some(error) = failed.into_inner().unwrap_or_else(PoisonError::into_inner) {
        return Err(error);
    }
    Ok(done
        .into_iter()
        .map(|outcome| {
            let outcome = outcome.into_inner().unwrap_or_else(PoisonError::into_inner);
            outcome.unwrap_or(Outcome::Gone)
        })
        .collect())
}

/// Tells a failure of the file from one of the store.
struct Source {
    file: File,
    failure: Option<io::Error>,
}

impl io::Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.file.read(buffer).map_err(|error| {
            let kind = error.kind();
            if kind != io::ErrorKind::Interrupted {
                self.failure = Some(error);
            }
            kind.into()
        })
    }
}

fn one(contents: Option<&Contents>, path: &Path) -> Result<Outcome, ScanError> {
    let read_at = SystemTime::now();
    let opened = open(path).and_then(|file| Ok((file.metadata()?, file)));
    let (metadata, file) = match opened {
        Ok(opened) => opened,
        Err(error) => return Ok(unreadable(&error)),
    };
    if !metadata.is_file() {
        return Ok(Outcome::Gone);
    }
    let before = Stat::of(&metadata);
    let mut source = Source { file, failure: None };
    let (expected_bytes, executable) = (before.size_bytes(), before.is_executable());
    let kept = match contents {
        Some(contents) => contents.keep(&mut source, expected_bytes, executable),
        None => content::name(&mut source, executable),
    };
    let (content, size_bytes) = match (kept, source.failure) {
        (_, Some(error)) => return Ok(unreadable(&error)),
        (Err(error), None) => return Err(ScanError::Store(error)),
        (Ok(kept), None) => kept,
    };
    let after = source.file.metadata().ok().map(|metadata| Stat::of(&metadata));
    let changed_meanwhile = after.as_ref() != Some(&before);
    let is_known = !changed_meanwhile && before.is_telling(read_at);
    Ok(Outcome::Kept {
        stat: is_known.then_some(before),
        content,
        size_bytes,
        changed_meanwhile,
    })
}

fn unreadable(error: &io::Error) -> Outcome {
    if error.kind() == io::ErrorKind::NotFound {
        return Outcome::Gone;
    }
    Outcome::Unreadable(format!("it cannot be read: {error}"))
}

/// Never waits: what was a file when it was looked at may be a named pipe by now, or a link to somewhere else.
#[cfg(unix)]
fn open(path: &Path) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    let flags = nix::fcntl::OFlag::O_NONBLOCK | nix::fcntl::OFlag::O_NOFOLLOW;
    File::options().read(true).custom_flags(flags.bits()).open(path)
}

#[cfg(not(unix))]
fn open(path: &Path) -> io::Result<File> {
    File::open(path)
}
