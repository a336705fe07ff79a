//! Snapshots become tags: stored, laid out, checked, activated.
//!
//! A tag whose changed sources do not parse stays, with what is wrong with it, and the code that was live stays live.

use std::time::Instant;

use drydock_code::folder::Snapshot;
use drydock_code::tree::{self, Side};
use drydock_core::function::Function;
use drydock_core::id::TagId;
use drydock_core::tag::{Check, Tag, TagOrigin};
use drydock_core::{Error, Result};
use drydock_store::table::{directories, functions, links, tags};

use super::follow::Following;
use super::links::{ChangedFile, LastChange};
use super::news::Change;

/// So many changed files are named; a checkout may change thousands.
const MAX_NAMED: usize = 50;

impl Following {
    /// Makes a snapshot what executions run, if its sources parse.
    pub(super) async fn make_live(&mut self, snapshot: &Snapshot, since: Instant) -> Result<()> {
        let engine = self.engine.clone();
        let function = match engine.function(&self.link.project, &self.link.function).await {
            Ok(function) => function,
            // Deleted meanwhile: whoever did that ends this.
            Err(Error::FunctionNotFound) => return Ok(()),
            Err(error) => return Err(error),
        };
        let live = self.live(&function).await?;
        if let Some(live) = &live
            && live.tree == Some(snapshot.root.0)
            && live.command == self.link.command
        {
            // Back to what is live: no new tag.
            return self.note_tree(snapshot).await;
        }
        let tag = self.store(snapshot).await?;
        engine.lay_out(&tag).await?;
        let before = live.as_ref().and_then(|live| live.tree);
        let changes = engine.tree_changes(before, snapshot.root.0).await?;
        let check = engine.check(&function, &tag, &changes).await;
        let is_live = check.errors.is_empty();
        if is_live {
            engine.activate_checked(&tag, check.clone()).await?;
        } else {
            engine.note_check(&tag, check.clone()).await?;
        }
        let took_ms = since.elapsed().as_millis() as u64;
        let files: Vec<_> = changes.iter().filter_map(changed_file).collect();
        let last = LastChange {
            at: engine.now(),
            tag: tag.id.clone(),
            is_live,
            file_count: files.len(),
            files: files.into_iter().take(MAX_NAMED).collect(),
            took_ms,
            check,
        };
        self.know(|state| state.last = Some(last));
        if is_live {
            let (project, function) = (tag.project, tag.function);
            engine.clone().0.tasks.spawn(async move {
                if let Err(error) = engine.renew_spare(&project, &function).await {
                    tracing::warn!(
                        error = format!("{error:?}"),
                        "the next save of {function} will take longer"
                    );
                }
            });
        }
        Ok(())
    }

    /// The tag that is live, if one is.
    async fn live(&self, function: &Function) -> Result<Option<Tag>> {
        let Some(active) = &function.active_tag else {
            return Ok(None);
        };
        match self.engine.tag(&function.project, &function.id, active).await {
            Ok(tag) => Ok(Some(tag)),
            Err(Error::TagNotFound) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Stores the tag of a snapshot, with the directories that no snapshot had before.
    async fn store(&mut self, snapshot: &Snapshot) -> Result<Tag> {
        let tag = Tag {
            project: self.link.project.clone(),
            function: self.link.function.clone(),
            id: TagId::trusted(self.engine.0.ids.unique()),
            created_at: self.engine.now(),
            command: self.link.command.clone(),
            size_bytes: snapshot.totals.size_bytes,
            origin: TagOrigin::Watcher,
            tree: Some(snapshot.root.0),
            files: Some(snapshot.totals.files),
            check: None,
            pinned: false,
        };
        let (stored, new) = (tag.clone(), self.unsaved());
        self.engine
            .0
            .store
            .write(move |tx| {
                functions::get(tx, &stored.project, &stored.function)?.ok_or(Error::FunctionNotFound)?;
                for (id, entries) in &new {
                    directories::keep(tx, id, entries)?;
                }
                tags::insert(tx, &stored)?;
                if let Some(tree) = &stored.tree {
                    links::set_tree(tx, &stored.project, &stored.function, tree)?;
                }
                Ok(())
            })
            .await?;
        if let Some(folder) = self.folder_mut() {
            folder.saved();
        }
        self.engine
            .tell_tag(&tag.project, &tag.function, &tag.id, Change::Created);
        Ok(tag)
    }

    /// Notes that a snapshot is what is live already.
    async fn note_tree(&mut self, snapshot: &Snapshot) -> Result<()> {
        let (project, function, tree) = (
            self.link.project.clone(),
            self.link.function.clone(),
            snapshot.root.0,
        );
        let new = self.unsaved();
        self.engine
            .0
            .store
            .write(move |tx| {
                for (id, entries) in &new {
                    directories::keep(tx, id, entries)?;
                }
                links::set_tree(tx, &project, &function, &tree)
            })
            .await?;
        if let Some(folder) = self.folder_mut() {
            folder.saved();
        }
        Ok(())
    }

    fn unsaved(&mut self) -> Vec<([u8; 32], Vec<u8>)> {
        let folder = self.folder_mut();
        folder.map_or_else(Vec::new, |folder| {
            let unsaved = folder.unsaved();
            unsaved.map(|(id, entries)| (id.0, entries.to_vec())).collect()
        })
    }
}

impl super::Engine {
    /// Notes what was found in a tag's sources and makes it the one that executions run.
    async fn activate_checked(&self, tag: &Tag, check: Check) -> Result<()> {
        self.note_check(tag, check).await?;
        self.activate_tag(&tag.project, &tag.function, &tag.id)
            .await
            .map(drop)
    }

    async fn note_check(&self, tag: &Tag, check: Check) -> Result<()> {
        let (project, id) = (tag.project.clone(), tag.id.clone());
        self.0
            .store
            .write(move |tx| tags::set_check(tx, &project, &id, &check))
            .await?;
        self.tell_tag(&tag.project, &tag.function, &tag.id, Change::Updated);
        Ok(())
    }
}

/// What a change is to who reads it; a directory's own coming and going says nothing to them.
fn changed_file(change: &tree::Change) -> Option<ChangedFile> {
    let is_file = |side: &Option<Side>| matches!(side, Some(Side::Leaf(_)));
    let change_of = match (is_file(&change.before), is_file(&change.after)) {
        (false, false) => return None,
        (false, true) => Change::Created,
        (true, false) => Change::Deleted,
        (true, true) => Change::Updated,
    };
    Some(ChangedFile {
        path: change.path.clone(),
        change: change_of,
    })
}
