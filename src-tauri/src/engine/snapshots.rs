//! Snapshots become tags: stored, laid out, checked, activated.
//!
//! A tag whose changed sources do not parse stays, with what is wrong with it, and the code that was live stays live.

use std::time::Instant;

use drydock_code::folder::Snapshot;
use drydock_code::tree::{self, Side};
use drydock_core::activity::Noted;
use drydock_core::function::Function;
use drydock_core::id::TagId;
use drydock_core::link::Link;
use drydock_core::tag::{Check, Tag, TagOrigin};
use drydock_core::{Error, Result};
use drydock_store::ReadTx;
use drydock_store::table::{directories, links, tags};

use super::deploy::activate;
use super::follow::Following;
use super::links::{ChangedFile, LastChange};
use super::news::Change;
use super::trees::key_of;

/// So many changed files are named; a checkout may change thousands.
const MAX_NAMED: usize = 50;
/// And so many by the activity, in one line of it.
const MAX_NOTED_FILES: usize = 3;
/// Of an error the activity has this much: more no line shows.
const MAX_NOTED_CHARS: usize = 300;

impl Following {
    /// Makes a snapshot what executions run, if its sources parse. Whether the function's layouts are others now.
    pub(super) async fn make_live(&mut self, snapshot: &Snapshot, since: Instant) -> Result<bool> {
        let engine = self.engine.clone();
        let function = match engine.function(&self.link.project, &self.link.function).await {
            Ok(function) => function,
            // Deleted meanwhile: whoever did that ends this.
            Err(Error::FunctionNotFound) => return Ok(false),
            Err(error) => return Err(error),
        };
        let live = self.live(&function).await?;
        if let Some(live) = &live
            && live.tree == Some(snapshot.root.0)
            && live.command == self.link.command
        {
            self.note_tree(snapshot).await?;
            self.is_back(live, since);
            return Ok(false);
        }
        let tag = match self.unfinished(snapshot).await? {
            Some(tag) => tag,
            None => match self.store(snapshot).await? {
                Some(tag) => tag,
                None => return Ok(false),
            },
        };
        // So that nobody takes its folder for one that is not used, until it is active.
        let held = engine.0.code.hold(key_of(&tag));
        engine.lay_out(&tag).await?;
        let coming = engine.expect(&tag);
        let before = live.as_ref().and_then(|live| live.tree);
        let changes = engine.tree_changes(before, snapshot.root.0).await?;
        let mut check = engine.check(&function, &tag, &changes).await;
        check.notice = match (&self.entry_notice, check.notice) {
            (Some(of_entry), Some(other)) => Some(format!("{of_entry}; {other}")),
            (of_entry, other) => of_entry.clone().or(other),
        };
        let files: Vec<_> = changes.iter().filter_map(changed_file).collect();
        let is_linked = self.finish(&tag, &check, &files).await?;
        drop((coming, held));
        // Of what is active now: nothing more to do where the new one is.
        engine.stand_by_beside(&tag.project, &tag.function);
        if !is_linked {
            return Ok(false);
        }
        let last = LastChange {
            at: engine.now(),
            is_live: check.errors.is_empty(),
            tag: tag.id,
            file_count: files.len(),
            files: files.into_iter().take(MAX_NAMED).collect(),
            took_ms: since.elapsed().as_millis() as u64,
            check,
        };
        self.know(|state| state.last = Some(last));
        Ok(true)
    }

    /// Whether the function has code that is live; one that is gone has nothing to do with the folder any more.
    pub(super) async fn has_live(&self) -> Result<bool> {
        match self
            .engine
            .function(&self.link.project, &self.link.function)
            .await
        {
            Ok(function) => Ok(function.active_tag.is_some()),
            Err(Error::FunctionNotFound) => Ok(true),
            Err(error) => Err(error),
        }
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

    /// The folder is what is live, and what was wrong with it is not any more.
    fn is_back(&self, live: &Tag, since: Instant) {
        let at = self.engine.now();
        self.know(|state| {
            if state.last.as_ref().is_some_and(|last| !last.is_live) {
                state.last = Some(LastChange {
                    at,
                    tag: live.id.clone(),
                    is_live: true,
                    files: Vec::new(),
                    file_count: 0,
                    took_ms: since.elapsed().as_millis() as u64,
                    check: live.check.clone().unwrap_or_default(),
                });
            }
        });
    }

    /// After a start: what was wrong with the folder as it is, which its tag still knows.
    pub(super) async fn recall(&self, snapshot: &Snapshot) -> Result<()> {
        let Some(tag) = self.newest().await? else {
            return Ok(());
        };
        let of_it = tag.tree == Some(snapshot.root.0) && tag.command == self.link.command;
        let Some(check) = tag.check.filter(|check| of_it && !check.errors.is_empty()) else {
            return Ok(());
        };
        let function = self
            .engine
            .function(&self.link.project, &self.link.function)
            .await?;
        let live = self.live(&function).await?.and_then(|live| live.tree);
        let changes = self.engine.tree_changes(live, snapshot.root.0).await?;
        let files: Vec<_> = changes.iter().filter_map(changed_file).collect();
        self.know(|state| {
            state.last = Some(LastChange {
                at: tag.created_at,
                tag: tag.id,
                is_live: false,
                file_count: files.len(),
                files: files.into_iter().take(MAX_NAMED).collect(),
                // Not known any more.
                took_ms: 0,
                check,
            });
        });
        Ok(())
    }

    async fn newest(&self) -> Result<Option<Tag>> {
        let (project, function) = (self.link.project.clone(), self.link.function.clone());
        self.engine
            .0
            .store
            .read(move |tx| tags::newest(tx, &project, &function))
            .await
    }

    /// The tag of this snapshot that was stored and came no further, since the server ended or a disk was full.
    async fn unfinished(&self, snapshot: &Snapshot) -> Result<Option<Tag>> {
        Ok(self.newest().await?.filter(|tag| {
            tag.tree == Some(snapshot.root.0) && tag.command == self.link.command && tag.check.is_none()
        }))
    }

    /// Stores the tag of a snapshot, with the directories that no snapshot had before; `None` where it is linked no more.
    async fn store(&mut self, snapshot: &Snapshot) -> Result<Option<Tag>> {
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
        let (link, stored, new) = (self.link.clone(), tag.clone(), self.unsaved());
        let is_stored = self
            .engine
            .0
            .store
            .write(move |tx| {
                if !still_is(tx, &link)? {
                    return Ok(false);
                }
                for (id, entries) in &new {
                    directories::keep(tx, id, entries)?;
                }
                tags::insert(tx, &stored)?;
                Ok(true)
            })
            .await?;
        if !is_stored {
            return Ok(None);
        }
        if let Some(folder) = self.folder_mut() {
            folder.saved();
        }
        self.engine
            .tell_tag(&tag.project, &tag.function, &tag.id, Change::Created);
        Ok(Some(tag))
    }

    /// Notes what was found in a tag's sources and, if that is nothing, makes it the one that executions run, at once:
    /// a server that dies before it has not done with this snapshot. Whether the folder is still linked.
    async fn finish(&self, tag: &Tag, check: &Check, files: &[ChangedFile]) -> Result<bool> {
        let (link, stored, check, now) = (self.link.clone(), tag.clone(), check.clone(), self.engine.now());
        let (noted, book) = (noted(tag, &check, files), self.engine.notebook());
        let finished = self
            .engine
            .0
            .store
            .write(move |tx| {
                if !still_is(tx, &link)? {
                    return Ok(None);
                }
                tags::set_check(tx, &stored.project, &stored.id, &check)?;
                if let Some(tree) = &stored.tree {
                    links::set_tree(tx, &stored.project, &stored.function, tree)?;
                }
                book.note(tx, &stored.project, Some(&stored.function), noted)?;
                let activated = check.errors.is_empty().then(|| {
                    let (project, function) = (&stored.project, &stored.function);
                    activate(tx, project, function, &stored.id, now)
                });
                Ok(Some(activated.transpose()?))
            })
            .await?;
        let Some(activated) = finished else {
            return Ok(false);
        };
        self.engine
            .tell_tag(&tag.project, &tag.function, &tag.id, Change::Updated);
        if let Some(function) = activated {
            // A process stands by for it already.
            self.engine.tell_function(&function, Change::Updated);
        }
        Ok(true)
    }

    /// Notes that a snapshot is what is live already.
    async fn note_tree(&mut self, snapshot: &Snapshot) -> Result<()> {
        let (link, tree, new) = (self.link.clone(), snapshot.root.0, self.unsaved());
        self.engine
            .0
            .store
            .write(move |tx| {
                if !still_is(tx, &link)? {
                    return Ok(());
                }
                for (id, entries) in &new {
                    directories::keep(tx, id, entries)?;
                }
                links::set_tree(tx, &link.project, &link.function, &tree)
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

/// Whether a function still has this link: what was seen in a folder is not to become live after somebody ended its
/// link, or made another one.
fn still_is(tx: &ReadTx<'_>, link: &Link) -> Result<bool> {
    let now = links::get(tx, &link.project, &link.function)?;
    Ok(now.is_some_and(|now| now.is(link)))
}

/// What the activity tells of a save.
fn noted(tag: &Tag, check: &Check, files: &[ChangedFile]) -> Noted {
    let tag_id = tag.id.clone();
    match check.errors.first() {
        Some(error) => {
            let place = error.line.map_or_else(String::new, |line| format!(":{line}"));
            let message = error.message.lines().next().unwrap_or_default();
            let error: String = format!("{}{place}: {message}", error.file)
                .chars()
                .take(MAX_NOTED_CHARS)
                .collect();
            Noted::SaveBroken { tag_id, error }
        }
        None => {
            let path = |file: &ChangedFile| file.path.display().to_string();
            Noted::SaveLive {
                tag_id,
                files: files.iter().take(MAX_NOTED_FILES).map(path).collect(),
                file_count: files.len(),
            }
        }
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
