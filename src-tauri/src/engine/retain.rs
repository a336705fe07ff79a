//! Retention: executions that ended long ago go with their output; so do the oldest beyond a size; so do variables
//! that only they ran with, events, and deliveries of events.
//!
//! Owns: when that happens and in what steps. What waits or runs stays, and so does what somebody pinned.
//! Must not: hold a writer for long, or fail anything: a round that cannot end is logged, the next tries again.
//!
//! The row goes first, together with a note that output is left; then the output, then the note. A server that
//! dies in between finds the note, and nobody ever sees an execution whose output is gone.

use std::time::Duration;

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_store::Database;
use drydock_store::table::removals::{self, Removable};
use drydock_store::table::{deliveries, events, notes, outputs, space, variable_sets};

use super::Engine;

/// Between two rounds. One without work costs a look into an index and two headers, and what a function in a loop
/// writes in a minute a disk can hold.
const EVERY: Duration = Duration::from_secs(60);
/// Executions in one transaction. Each is a dozen pages here and there, so 50 take some 10 ms of the writer.
const BATCH: i64 = 50;
/// Events, or deliveries, in one transaction; most are a row of half a kilobyte.
const EVENTS_BATCH: usize = 200;
/// Notes of the activity that are kept, in all projects together: some 5 MB, and weeks of a person who saves all day.
const MAX_NOTES: usize = 20_000;
/// Output in one transaction, for the same reason.
const BATCH_BYTES: i64 = 16_000_000;
/// Pages given back in one transaction: 2 MB.
const BATCH_PAGES: u32 = 500;
/// Free pages that are left for the next writes: 1 MB.
const SPARE_PAGES: u64 = 256;
/// Between two transactions, so that others get their turn.
const BREATH: Duration = Duration::from_millis(10);
/// Tries to shorten a file while somebody reads; SQLite does it by itself with a later write.
const CHECKPOINTS: usize = 10;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// What is kept of executions that ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Retention {
    /// For how long.
    pub(crate) days: u32,
    /// How much at most, in both databases together.
    pub(crate) max_bytes: u64,
}

impl Engine {
    /// Removes old executions, now and then, until the server drains.
    pub(super) async fn retain(&self) {
        loop {
            match self.retain_once().await {
                Ok(0) => {}
                Ok(removed) => tracing::info!(removed, "old executions were removed"),
                Err(_) if self.0.draining.is_cancelled() => {}
                Err(error) => tracing::error!(
                    error = format!("{error:?}"),
                    "old executions could not be removed; tried again in {} s",
                    EVERY.as_secs()
                ),
            }
            if !self.rest(EVERY).await {
                return;
            }
        }
    }

    /// What is in force, how many bytes both databases hold, and up to which end executions may be missing.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn retention(&self) -> Result<(Retention, u64, Option<Timestamp>)> {
        let removed_up_to = self.0.store.read(removals::up_to).await?;
        Ok((self.0.limits.retention, self.stored_bytes().await?, removed_up_to))
    }

    async fn stored_bytes(&self) -> Result<u64> {
        let (main, logs) = tokio::try_join!(self.0.store.read(space::of), self.0.logs.read(space::of))?;
        Ok(main.used_bytes + logs.used_bytes)
    }

    /// One round; answers how many executions went. Each step ends early when the server drains.
    async fn retain_once(&self) -> Result<usize> {
        // What the last server noted and did not come to.
        self.forget_noted().await?;
        let removed = self.remove_old().await? + self.remove_surplus().await?;
        self.forget_events(self.too_old()).await?;
        self.forget_notes().await?;
        self.forget_variables().await?;
        self.shrink(&self.0.store).await?;
        self.shrink(&self.0.logs).await?;
        Ok(removed)
    }

    /// What is from before then is too old.
    fn too_old(&self) -> Timestamp {
        let age_ms = i64::from(self.0.limits.retention.days) * DAY_MS;
        Timestamp(self.now().millis().saturating_sub(age_ms))
    }

    async fn remove_old(&self) -> Result<usize> {
        let before = self.too_old();
        let mut removed = 0;
        loop {
            let found = self
                .0
                .store
                .read(move |tx| removals::oldest(tx, before, BATCH))
                .await?;
            if found.is_empty() {
                return Ok(removed);
            }
            removed += self.remove(&found).await?;
            if !self.rest(BREATH).await {
                return Ok(removed);
            }
        }
    }

    async fn remove_surplus(&self) -> Result<usize> {
        let mut removed = 0;
        loop {
            let surplus = self
                .stored_bytes()
                .await?
                .saturating_sub(self.0.limits.retention.max_bytes);
            if surplus == 0 {
                return Ok(removed);
            }
            let always = Timestamp(i64::MAX);
            let found = self
                .0
                .store
                .read(move |tx| removals::oldest(tx, always, BATCH))
                .await?;
            let Some(last) = found.last() else {
                // Events alone are too much.
                if self.forget_some_events(always).await? == 0 || !self.rest(BREATH).await {
                    return Ok(removed);
                }
                continue;
            };
            // Those from before go along.
            self.forget_events(last.ended_at).await?;
            let (found, output) = self
                .0
                .logs
                .read(move |tx| {
                    let ids = found.iter().map(|one| (&one.project, &one.execution));
                    let output = outputs::kept_bytes(tx, ids)?;
                    Ok((found, output))
                })
                .await?;
            let sizes = found.iter().zip(output).map(|(one, output)| one.bytes + output);
            removed += self.remove(&found[..enough(sizes, surplus)]).await?;
            if !self.rest(BREATH).await {
                return Ok(removed);
            }
        }
    }

    /// Removes these executions and their output.
    async fn remove(&self, executions: &[Removable]) -> Result<usize> {
        let rows: Vec<i64> = executions.iter().map(|one| one.seq).collect();
        let removed = self.0.store.write(move |tx| removals::remove(tx, &rows)).await?;
        self.forget_noted().await?;
        Ok(removed)
    }

    /// Removes events from before `before`, and deliveries of them.
    async fn forget_events(&self, before: Timestamp) -> Result<()> {
        while self.forget_some_events(before).await? > 0 && self.rest(BREATH).await {}
        Ok(())
    }

    /// Removes notes that are too old, or too many.
    async fn forget_notes(&self) -> Result<()> {
        let surplus = self.0.store.read(|tx| notes::surplus(tx, MAX_NOTES)).await?;
        let before = surplus.map_or(self.too_old(), |surplus| surplus.max(self.too_old()));
        // Looked up first: a write ends what is remembered of the store.
        while self.0.store.read(move |tx| notes::are_before(tx, before)).await? {
            self.0
                .store
                .write(move |tx| notes::remove_before(tx, before, EVENTS_BATCH))
                .await?;
            if !self.rest(BREATH).await {
                return Ok(());
            }
        }
        Ok(())
    }

    async fn forget_some_events(&self, before: Timestamp) -> Result<usize> {
        // Looked up first: a write ends what is remembered of the store.
        let are_there = self
            .0
            .store
            .read(move |tx| Ok(events::are_before(tx, before)? || deliveries::are_before(tx, before)?))
            .await?;
        if !are_there {
            return Ok(0);
        }
        self.0
            .store
            .write(move |tx| {
                let deliveries = deliveries::remove_before(tx, before, EVENTS_BATCH)?;
                Ok(deliveries + events::remove_before(tx, before, EVENTS_BATCH)?)
            })
            .await
    }

    /// Removes the output of removed executions, and the notes that say so.
    async fn forget_noted(&self) -> Result<()> {
        loop {
            let notes = self.0.store.read(|tx| removals::noted(tx, BATCH)).await?;
            if notes.is_empty() {
                return Ok(());
            }
            let (numbers, executions): (Vec<i64>, Vec<_>) = notes
                .into_iter()
                .map(|(number, project, execution)| (number, (project, execution)))
                .unzip();
            let done = self
                .0
                .logs
                .write(move |tx| outputs::delete_some(tx, &executions, BATCH_BYTES))
                .await?;
            if let Some(&last) = numbers[..done].last() {
                self.0.store.write(move |tx| removals::strike(tx, last)).await?;
            }
            if !self.rest(BREATH).await {
                return Ok(());
            }
        }
    }

    /// Removes variables that no function has and no execution ran with any more.
    async fn forget_variables(&self) -> Result<()> {
        loop {
            // Looked up first: a write ends what is remembered of the store.
            let unused = self.0.store.read(|tx| variable_sets::unused(tx, BATCH)).await?;
            if unused.is_empty() {
                return Ok(());
            }
            self.0
                .store
                .write(move |tx| variable_sets::remove_unused(tx, &unused))
                .await?;
            if !self.rest(BREATH).await {
                return Ok(());
            }
        }
    }

    /// Gives the space that nothing is in back to the disk.
    async fn shrink(&self, database: &Database) -> Result<()> {
        let free_pages = database.read(space::of).await?.free_pages;
        if free_pages < SPARE_PAGES {
            return Ok(());
        }
        // Counted once: what others free and use meanwhile is the next round's.
        for _ in 0..free_pages.div_ceil(u64::from(BATCH_PAGES)) {
            database.write(|tx| space::give_back(tx, BATCH_PAGES)).await?;
            if !self.rest(BREATH).await {
                return Ok(());
            }
        }
        for _ in 0..CHECKPOINTS {
            if database.checkpoint().await? || !self.rest(BREATH).await {
                break;
            }
        }
        Ok(())
    }
}

/// How many from the front make up `surplus` bytes: one at least.
fn enough(sizes: impl Iterator<Item = i64>, surplus: u64) -> usize {
    let mut bytes: u64 = 0;
    let before_enough = sizes.take_while(|&size| {
        let short = bytes < surplus;
        bytes = bytes.saturating_add(size.max(0).cast_unsigned());
        short
    });
    before_enough.count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_go_than_make_up_the_surplus() {
        let sizes = [10, 10, 10];
        for (surplus, count) in [(1, 1), (10, 1), (11, 2), (30, 3), (999, 3)] {
            assert_eq!(enough(sizes.into_iter(), surplus), count, "{surplus}");
        }
    }
}
