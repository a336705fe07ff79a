//! Reclaiming: old tags of linked folders go, and so does what only they had.
//!
//! Owns: when that happens and in what steps. The newest tags of each function stay, and those that are active, pinned,
//! or of executions that wait or run. Nothing counts who holds what: what is needed is found by going through all that
//! there is, so that a crash at any moment leaves nothing wrong, only something for the next round.

use std::collections::HashSet;
use std::sync::atomic::Ordering;
use std::time::Duration;

use drydock_code::content::Swept;
use drydock_code::tree::{Reached, TreeId};
use drydock_core::{Error, Result};
use drydock_store::ReadTx;
use drydock_store::table::{directories, tags};
use tokio::sync::RwLockWriteGuard;

use super::Engine;
use super::code::TagKey;
use super::trees::stored;

/// Between two rounds.
const EVERY: Duration = Duration::from_secs(60);

/// How long a round waits for a moment in which nobody keeps contents; then the next one does.
const TRIES: usize = 600;
const BETWEEN_TRIES: Duration = Duration::from_millis(100);

/// Tags of a linked folder that stay for each function: a morning's saves to go back to.
const NEWEST: i64 = 20;

/// Whether a tag is still one that may go: it may have been pinned, activated or executed since it was looked up.
fn is_outdated(tx: &ReadTx<'_>, tag: &TagKey) -> Result<bool> {
    Ok(tags::outdated(tx, NEWEST)?.contains(tag))
}

impl Engine {
    /// Removes what is old, now and then, until the server drains.
    pub(super) async fn reclaim(&self) {
        self.count_contents().await;
        loop {
            match self.reclaim_once().await {
                Ok(swept) if swept == Swept::default() => {}
                Ok(swept) => tracing::info!(
                    contents = swept.contents,
                    bytes = swept.size_bytes,
                    "code of old tags was removed"
                ),
                Err(_) if self.0.draining.is_cancelled() => {}
                Err(error) => tracing::error!(
                    error = format!("{error:?}"),
                    "code of old tags could not be removed; tried again in {} s",
                    EVERY.as_secs()
                ),
            }
            tokio::select! {
                biased;
                () = self.0.draining.cancelled() => return,
                () = self.0.sweep_wanted.notified() => {}
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }

    /// Not before the server listens: thousands of files may have to be looked at.
    async fn count_contents(&self) {
        let engine = self.clone();
        let counted = tokio::task::spawn_blocking(move || engine.contents().take_stock()).await;
        if let Ok(Err(error)) = counted {
            tracing::warn!(%error, "the code of linked folders cannot be counted");
        }
    }

    /// One round.
    pub(super) async fn reclaim_once(&self) -> Result<Swept> {
        for (project, function, tag) in self.0.store.read(|tx| tags::outdated(tx, NEWEST)).await? {
            match self
                .delete_tag_if(&project, &function, &tag, |tx, tag| is_outdated(tx, tag))
                .await
            {
                Ok(()) | Err(Error::TagNotFound | Error::FunctionNotFound) => {}
                Err(error) => return Err(error),
            }
        }
        if !self.0.has_loose_contents.swap(false, Ordering::Relaxed) {
            return Ok(Swept::default());
        }
        self.sweep_contents()
            .await
            .inspect_err(|_| self.has_loose_contents())
    }

    /// To be called where contents may be there that nobody has any more.
    pub(super) fn has_loose_contents(&self) {
        self.0.has_loose_contents.store(true, Ordering::Relaxed);
    }

    /// The same where the disk is full of them: executions wait for its space.
    pub(super) fn sweep_soon(&self) {
        self.has_loose_contents();
        self.0.sweep_wanted.notify_one();
    }

    /// Has nobody keep contents. Tried again and again instead of queued for: behind who waits there all others wait, and
    /// the first look at a large folder takes long.
    async fn nobody_keeps(&self) -> Option<RwLockWriteGuard<'_, ()>> {
        for _ in 0..TRIES {
            if let Ok(alone) = self.0.linked.keeping.try_write() {
                return Some(alone);
            }
            if !self.rest(BETWEEN_TRIES).await {
                break;
            }
        }
        None
    }

    async fn sweep_contents(&self) -> Result<Swept> {
        // While nobody is between keeping contents and having a tag of them; a few milliseconds.
        let Some(keeping) = self.nobody_keeps().await else {
            self.has_loose_contents();
            return Ok(Swept::default());
        };
        let sweep = self.contents().begin_sweep();
        let (reached, there) = self
            .0
            .store
            .read(|tx| {
                let mut reached = Reached::default();
                for root in directories::roots(tx)? {
                    reached.add(&mut stored(tx), &TreeId(root))?;
                }
                Ok((reached, directories::all_ids(tx)?))
            })
            .await?;
        let loose: HashSet<_> = there
            .into_iter()
            .filter(|id| !reached.directories.contains(&TreeId(*id)))
            .collect();
        if !loose.is_empty() {
            self.0
                .store
                .write(move |tx| directories::remove(tx, &loose))
                .await?;
        }
        drop(keeping);
        // The sweep borrows the store, which a thread of its own cannot; thousands of files take some 100 ms.
        tokio::task::block_in_place(|| sweep.remove_all_but(&reached.contents))
            .map_err(|error| Error::disk(error, "removing code"))
    }
}
