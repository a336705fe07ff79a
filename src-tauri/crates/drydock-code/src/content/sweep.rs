//! Removing contents that nobody needs.
//!
//! What is needed is found out while others go on keeping: so first all that is kept from now on is noted, then it is
//! looked what is needed, and what is neither goes. Who keeps something it has not said to need yet must not be in the
//! middle of that when the sweep begins; the caller sees to it.

use std::collections::HashSet;
use std::fs;
use std::io;
use std::sync::atomic::Ordering;

use super::{ContentId, Contents, id_of};

/// A sweep under way.
#[derive(Debug)]
pub struct Sweep<'a>(&'a Contents);

/// What a sweep removed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// How many contents.
    pub contents: u64,
    /// How many bytes.
    pub size_bytes: u64,
}

impl Contents {
    /// Begins a sweep: whatever is kept from now on stays. One at a time.
    pub fn begin_sweep(&self) -> Sweep<'_> {
        *self.kept_meanwhile() = Some(HashSet::new());
        Sweep(self)
    }

    /// Where they could not be counted, less is known than goes.
    fn subtract(&self, size_bytes: u64) {
        let less = |now: u64| Some(now.saturating_sub(size_bytes));
        let _ = self
            .size_bytes
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, less);
    }

    pub(super) fn remove_drafts(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if !entry.file_type()?.is_dir() {
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    /// Counts what was there when the store was opened. Blocking: a look at every file, which after a cold start takes
    /// seconds. Once; what is kept meanwhile may count twice.
    pub fn take_stock(&self) -> io::Result<()> {
        let mut size_bytes = 0;
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                for content in fs::read_dir(entry.path())? {
                    size_bytes += content?.metadata()?.len();
                }
            }
        }
        self.size_bytes.fetch_add(size_bytes, Ordering::Relaxed);
        Ok(())
    }
}

impl Sweep<'_> {
    /// Removes all contents that are not in `needed` and were not kept since the sweep began. Blocking.
    pub fn remove_all_but(self, needed: &HashSet<ContentId>) -> io::Result<Swept> {
        let mut swept = Swept::default();
        for first in fs::read_dir(&self.0.folder)? {
            let first = first?;
            if !first.file_type()?.is_dir() {
                continue;
            }
            for content in fs::read_dir(first.path())? {
                let content = content?;
                match id_of(&first.path(), &content.path()) {
                    Some(id) if !needed.contains(&id) => {}
                    _ => continue,
                }
                let size_bytes = content.metadata()?.len();
                if self.remove(&first.path(), &content.path())? {
                    swept.contents += 1;
                    swept.size_bytes += size_bytes;
                    self.0.subtract(size_bytes);
                }
            }
        }
        Ok(swept)
    }

    /// Removes one unless it is kept again; under the lock, so that who keeps it sees that it is gone.
    fn remove(&self, first: &std::path::Path, content: &std::path::Path) -> io::Result<bool> {
        let kept = self.0.kept_meanwhile();
        let is_kept = match (&*kept, id_of(first, content)) {
            (Some(kept), Some(id)) => kept.contains(&id),
            _ => true,
        };
        if !is_kept {
            fs::remove_file(content)?;
        }
        Ok(!is_kept)
    }
}

impl Drop for Sweep<'_> {
    fn drop(&mut self) {
        *self.0.kept_meanwhile() = None;
    }
}
