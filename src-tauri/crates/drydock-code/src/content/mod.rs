//! The store of contents: each file's bytes once, under their hash, however many snapshots hold them.
//!
//! Owns: the folder with them (`<first two digits>/<rest of the hash>`, `x` at the end where it may be run), writing,
//! finding and removing them. Must not: know who needs one; `sweep` is told. A content is read-only, complete when it has
//! its whole length, and never one file with anything of the user's: where it is run it is linked from here.

mod sweep;

use std::collections::HashSet;
use std::fmt;
use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};

pub use sweep::{Sweep, Swept};

/// Up to here a file is read whole before it is known whether it is there already; a longer one is written while it is
/// read, so that it never stands in memory.
const IN_MEMORY_BYTES: u64 = 1 << 20;

/// Which content: the hash of its bytes, and whether it may be run, which is a property of the file that is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ContentId {
    /// SHA-256 of the bytes.
    pub hash: [u8; 32],
    /// Whether the file may be run.
    pub executable: bool,
}

impl fmt::Display for ContentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = if self.executable { "x" } else { "" };
        write!(f, "{}{mark}", hex::encode(self.hash))
    }
}

/// The store.
#[derive(Debug)]
pub struct Contents {
    folder: PathBuf,
    next: AtomicU64,
    size_bytes: AtomicU64,
    /// What was kept since a sweep began; `None` while none is under way.
    kept_meanwhile: Mutex<Option<HashSet<ContentId>>>,
}

impl Contents {
    /// The store in `folder`, which is made. Blocking: what a killed server left half-written is removed.
    pub fn open(folder: PathBuf) -> io::Result<Self> {
        std::fs::create_dir_all(&folder)?;
        let contents = Self {
            folder,
            next: AtomicU64::new(0),
            size_bytes: AtomicU64::new(0),
            kept_meanwhile: Mutex::default(),
        };
        contents.remove_drafts()?;
        Ok(contents)
    }

    /// How many bytes all contents have together; those from before only once [`Self::take_stock`] has counted them.
    pub fn size_bytes(&self) -> u64 {
        self.size_bytes.load(Ordering::Relaxed)
    }

    /// Where a content lies.
    pub fn path(&self, id: &ContentId) -> PathBuf {
        let name = id.to_string();
        let (first, rest) = name.split_at(2);
        self.folder.join(first).join(rest)
    }

    /// Keeps what `source` gives; `expected_bytes` is a guess. Answers what it is and how long. Blocking.
    pub fn keep(
        &self,
        source: &mut impl Read,
        expected_bytes: u64,
        executable: bool,
    ) -> io::Result<(ContentId, u64)> {
        let mut start = Vec::with_capacity(expected_bytes.min(IN_MEMORY_BYTES) as usize + 1);
        source
            .by_ref()
            .take(IN_MEMORY_BYTES + 1)
            .read_to_end(&mut start)?;
        if start.len() as u64 <= IN_MEMORY_BYTES {
            let id = ContentId {
                hash: Sha256::digest(&start).into(),
                executable,
            };
            self.spare(&id);
            if !self.write_new(&id, &start)? && !self.has(&id, start.len() as u64) {
                // Cut off once. Somebody may be in the middle of writing it, too: who is last, wins, with the same bytes.
                let (mut file, draft) = self.draft()?;
                file.write_all(&start)?;
                self.put(&file, draft, &id, start.len() as u64)?;
            }
            return Ok((id, start.len() as u64));
        }
        let (mut file, draft) = self.draft()?;
        let mut hash = Sha256::new();
        let mut size_bytes = 0;
        while !start.is_empty() {
            hash.update(&start);
            file.write_all(&start)?;
            size_bytes += start.len() as u64;
            start.clear();
            source.by_ref().take(IN_MEMORY_BYTES).read_to_end(&mut start)?;
        }
        let id = ContentId {
            hash: hash.finalize().into(),
            executable,
        };
        self.spare(&id);
        if !self.has(&id, size_bytes) {
            self.put(&file, draft, &id, size_bytes)?;
        }
        Ok((id, size_bytes))
    }

    /// Opens a content.
    pub fn read(&self, id: &ContentId) -> io::Result<File> {
        File::open(self.path(id))
    }

    /// Has a running sweep leave it alone, whether it is there already or about to be.
    fn spare(&self, id: &ContentId) {
        if let Some(kept) = self.kept_meanwhile().as_mut() {
            kept.insert(*id);
        }
    }

    /// Whether it is there, whole: one of another length was cut off, by a crash or a power failure.
    fn has(&self, id: &ContentId, size_bytes: u64) -> bool {
        std::fs::metadata(self.path(id)).is_ok_and(|found| found.len() == size_bytes)
    }

    /// Writes a short one under its own name, unless something has that: whether it did. One step in one directory, since
    /// a folder may bring thousands.
    fn write_new(&self, id: &ContentId, bytes: &[u8]) -> io::Result<bool> {
        let path = self.path(id);
        let mut file = match create_new(&path, id.executable) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {
                std::fs::create_dir_all(path.parent().unwrap_or(&self.folder))?;
                match create_new(&path, id.executable) {
                    Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(false),
                    created => created?,
                }
            }
            created => created?,
        };
        if let Err(error) = file
            .write_all(bytes)
            .and_then(|()| make_read_only(&file, id.executable))
        {
            let _ = std::fs::remove_file(&path);
            return Err(error);
        }
        self.size_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        Ok(true)
    }

    fn draft(&self) -> io::Result<(File, Draft)> {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = self.folder.join(format!("draft-{number}"));
        let file = File::create(&path)?;
        Ok((file, Draft { path, placed: false }))
    }

    fn put(&self, file: &File, mut draft: Draft, id: &ContentId, size_bytes: u64) -> io::Result<()> {
        make_read_only(file, id.executable)?;
        let path = self.path(id);
        if let Err(error) = std::fs::rename(&draft.path, &path) {
            let (io::ErrorKind::NotFound, Some(parent)) = (error.kind(), path.parent()) else {
                return Err(error);
            };
            std::fs::create_dir_all(parent)?;
            std::fs::rename(&draft.path, &path)?;
        }
        draft.placed = true;
        self.size_bytes.fetch_add(size_bytes, Ordering::Relaxed);
        Ok(())
    }

    fn kept_meanwhile(&self) -> MutexGuard<'_, Option<HashSet<ContentId>>> {
        self.kept_meanwhile.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What the content that `source` gives is called, and how long it is. Blocking.
pub(crate) fn name(source: &mut impl Read, executable: bool) -> io::Result<(ContentId, u64)> {
    let mut hash = Sha256::new();
    let mut piece = vec![0; 1 << 16];
    let mut size_bytes = 0;
    loop {
        match source.read(&mut piece) {
            Ok(0) => break,
            Ok(length) => {
                hash.update(&piece[..length]);
                size_bytes += length as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    let hash = hash.finalize().into();
    Ok((ContentId { hash, executable }, size_bytes))
}

/// A file that has no name as a content yet; removed unless it gets one.
struct Draft {
    path: PathBuf,
    placed: bool,
}

impl Drop for Draft {
    fn drop(&mut self) {
        if !self.placed {
            let _ = std::fs::remove_file(&self.path);
        }
    }
}

#[cfg(unix)]
fn create_new(path: &Path, executable: bool) -> io::Result<File> {
    use std::os::unix::fs::OpenOptionsExt as _;
    File::options()
        .write(true)
        .create_new(true)
        .mode(mode(executable))
        .open(path)
}

/// For everybody, since a function may run as another user; the data folder itself is closed.
#[cfg(unix)]
const fn mode(executable: bool) -> u32 {
    if executable { 0o555 } else { 0o444 }
}

/// Whatever this process's mask is; where it is the usual one, a new file has its mode already.
#[cfg(unix)]
fn make_read_only(file: &File, executable: bool) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    let wanted = mode(executable);
    if file.metadata()?.permissions().mode() & 0o777 == wanted {
        return Ok(());
    }
    file.set_permissions(std::fs::Permissions::from_mode(wanted))
}

#[cfg(not(unix))]
fn create_new(path: &Path, _executable: bool) -> io::Result<File> {
    File::options().write(true).create_new(true).open(path)
}

#[cfg(not(unix))]
fn make_read_only(file: &File, _executable: bool) -> io::Result<()> {
    let mut permissions = file.metadata()?.permissions();
    permissions.set_readonly(true);
    file.set_permissions(permissions)
}

/// The content with that name in the folder `first`.
fn id_of(first: &Path, name: &Path) -> Option<ContentId> {
    let digits = format!("{}{}", first.file_name()?.to_str()?, name.file_name()?.to_str()?);
    let (digits, executable) = match digits.strip_suffix('x') {
        Some(digits) => (digits, true),
        None => (digits.as_str(), false),
    };
    let mut hash = [0; 32];
    hex::decode_to_slice(digits, &mut hash).ok()?;
    Some(ContentId { hash, executable })
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
