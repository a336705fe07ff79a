//! Laying out: the code of a tag that is a snapshot comes onto the disk when it is about to run.
//!
//! Owns: which snapshots are laid out, and the spare of each function: a layout that nobody uses any more, from which
//! the next one is made by what differs. So a save costs what was changed, however large the folder is. Must not: touch
//! what an execution runs in.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use drydock_code::layout::{self, Sharing};
use drydock_core::id::{FunctionId, ProjectId};
use drydock_core::tag::Tag;
use drydock_core::{Error, Result};
use drydock_runtime::Level;
use drydock_store::table::{functions, tags};

use super::Engine;
use super::code::TagKey;
use super::deploy::Upload;
use super::trees::key_of;

/// A folder of fewer files is laid out anew in a few milliseconds: no spare is made for it ahead.
const FEW_FILES: u64 = 200;

/// One layout that nobody uses.
#[derive(Debug)]
pub(super) struct Spare {
    folder: Upload,
    tree: [u8; 32],
}

/// A function's spare, if it has one. Held while one of the function's tags is laid out.
type Slot = Arc<tokio::sync::Mutex<Option<Spare>>>;

/// The spares.
#[derive(Debug, Default)]
pub(super) struct Spares(Mutex<HashMap<(ProjectId, FunctionId), Slot>>);

impl Spares {
    fn of(&self, project: &ProjectId, function: &FunctionId) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(slots.entry((project.clone(), function.clone())).or_default())
    }

    /// Forgets that of a function.
    pub(super) fn forget(&self, project: &ProjectId, function: &FunctionId) {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        slots.remove(&(project.clone(), function.clone()));
    }
}

impl Engine {
    /// Sees to it that a tag's code lies where it is run. Who runs in it holds it already.
    ///
    /// # Errors
    /// `DiskFull`; others are the store's.
    pub(super) async fn lay_out(&self, tag: &Tag) -> Result<()> {
        let Some(tree) = tag.tree else {
            return Ok(());
        };
        let key = key_of(tag);
        if self.0.code.is_laid_out(&key) {
            return Ok(());
        }
        let slot = self.0.spares.of(&tag.project, &tag.function);
        let mut spare = slot.lock().await;
        if self.0.code.is_laid_out(&key) || self.finds_layout(&key).await {
            return Ok(());
        }
        if let Some(spare) = spare.take() {
            match self.build(Some(spare), tree, Some(&key)).await {
                Ok(_) => return Ok(()),
                Err(error) => {
                    tracing::warn!(error = format!("{error:?}"), "a spare layout was of no use");
                }
            }
        }
        self.build(None, tree, Some(&key)).await.map(drop)
    }

    async fn finds_layout(&self, key: &TagKey) -> bool {
        let (engine, key) = (self.clone(), key.clone());
        let found = tokio::task::spawn_blocking(move || engine.0.code.finds(&key)).await;
        found.unwrap_or(false)
    }

    /// Makes a layout of a tree, and puts it in a tag's place or answers it.
    async fn build(
        &self,
        base: Option<Spare>,
        tree: [u8; 32],
        place: Option<&TagKey>,
    ) -> Result<Option<Spare>> {
        let changes = self
            .tree_changes(base.as_ref().map(|base| base.tree), tree)
            .await?;
        let (engine, place) = (self.clone(), place.cloned());
        let work = move || -> std::io::Result<Option<Spare>> {
            let folder = match base {
                Some(base) => base.folder,
                None => {
                    let folder = engine.begin_upload();
                    layout::make_directory(folder.path())?;
                    layout::make_directory(&folder.path().join("tree"))?;
                    folder
                }
            };
            layout::apply(
                engine.contents(),
                &folder.path().join("tree"),
                &changes,
                engine.sharing(),
            )?;
            match place {
                Some(key) => engine.0.code.place_layout(folder.path(), &key).map(|()| None),
                None => Ok(Some(Spare { folder, tree })),
            }
        };
        tokio::task::spawn_blocking(work)
            .await
            .map_err(|error| Error::internal(format!("laying out code: {error}")))?
            .map_err(|error| Error::disk(error, "laying out code"))
    }

    /// Where functions cannot write to their code it may be linked from the store.
    fn sharing(&self) -> Sharing {
        match self.standing().level {
            Level::Full | Level::NoNamespaces => Sharing::Link,
            Level::ProcessGroup | Level::Off | Level::Container => Sharing::Copy,
        }
    }

    /// After an activation: layouts that are not used any more become the spare, or go; where there is none, one is made
    /// for the next save.
    pub(super) async fn renew_spare(&self, project: &ProjectId, function: &FunctionId) -> Result<()> {
        let slot = self.0.spares.of(project, function);
        let mut spare = slot.lock().await;
        let Some(active) = self.active_snapshot(project, function).await? else {
            return Ok(());
        };
        for key in self.0.code.layouts_of(project, function) {
            if key.2 == active.id {
                continue;
            }
            let Ok(tag) = self.tag(project, function, &key.2).await else {
                continue;
            };
            let Some(folder) = self.take_layout(&key).await? else {
                continue;
            };
            // What a function may have written into is not what its tree says any more.
            let next = tag.tree.filter(|_| self.sharing() == Sharing::Link);
            let old = match next {
                Some(tree) => spare.replace(Spare { folder, tree }).map(|old| old.folder),
                None => Some(folder),
            };
            // Removing thousands of files takes a while.
            drop(tokio::task::spawn_blocking(move || drop(old)).await);
        }
        let (Some(tree), true) = (active.tree, active.files.unwrap_or(0) > FEW_FILES) else {
            return Ok(());
        };
        if spare.is_none() {
            *spare = self.build(None, tree, None).await?;
        }
        Ok(())
    }

    /// Takes away the layout of a tag that is not used, unless it was made active meanwhile: then a process that stands by
    /// may have begun in it.
    async fn take_layout(&self, key: &TagKey) -> Result<Option<Upload>> {
        let (engine, staged, of) = (self.clone(), self.begin_upload(), key.clone());
        let take = move || engine.0.code.take_layout(&of, staged.path()).then_some(staged);
        let taken = tokio::task::spawn_blocking(take).await.ok().flatten();
        let Some(folder) = taken else { return Ok(None) };
        let active = self.active_snapshot(&key.0, &key.1).await;
        if !matches!(&active, Ok(Some(active)) if active.id == key.2) {
            return active.map(|_| Some(folder));
        }
        let (engine, key) = (self.clone(), key.clone());
        let put_back = move || engine.0.code.place_layout(folder.path(), &key);
        tokio::task::spawn_blocking(put_back)
            .await
            .map_err(|error| Error::internal(format!("putting a layout back: {error}")))?
            .map_err(|error| Error::disk(error, "laying out code"))?;
        Ok(None)
    }

    async fn active_snapshot(&self, project: &ProjectId, function: &FunctionId) -> Result<Option<Tag>> {
        let (project, function) = (project.clone(), function.clone());
        self.0
            .store
            .read(move |tx| {
                let Some(function) = functions::get(tx, &project, &function)? else {
                    return Ok(None);
                };
                let Some(active) = &function.active_tag else {
                    return Ok(None);
                };
                let tag = tags::get(tx, &project, &function.id, active)?;
                Ok(tag.filter(|tag| tag.tree.is_some()))
            })
            .await
    }
}
