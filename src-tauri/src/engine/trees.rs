//! The trees of snapshots: reading them, and the code of tags as a tree whatever it is kept as.

use std::collections::HashMap;
use std::path::{Component, Path, PathBuf};

use drydock_code::folder::{Folder, FolderLimits, Where};
use drydock_code::tree::{Change, Directory, Node, TreeId, changes, find};
use drydock_core::tag::Tag;
use drydock_core::{Error, Result};
use drydock_store::ReadTx;
use drydock_store::table::directories;

use super::Engine;
use super::code::TagKey;

/// A file of a tag is shown up to this size; a longer one says nothing to a reader.
const MAX_SHOWN_BYTES: u64 = 1_000_000;

/// How the directories of snapshots are read in a transaction.
pub(super) fn stored<'a, 'c>(tx: &'a ReadTx<'c>) -> impl FnMut(&TreeId) -> Result<Directory> + use<'a, 'c> {
    move |id: &TreeId| {
        let entries = directories::get(tx, &id.0)?
            .ok_or_else(|| Error::internal(format!("the directory {id} of a snapshot is missing")))?;
        Directory::decode(&entries).map_err(|error| Error::internal(format!("directory {id}: {error}")))
    }
}

/// A tag's code as a tree. That of an upload is made by looking at it, and stands nowhere else.
#[derive(Debug)]
struct Shown {
    root: TreeId,
    directories: HashMap<TreeId, Directory>,
}

impl Engine {
    /// What differs between the snapshots of two trees, or all of one.
    pub(super) async fn tree_changes(
        &self,
        before: Option<[u8; 32]>,
        after: [u8; 32],
    ) -> Result<Vec<Change>> {
        self.0
            .store
            .read(move |tx| changes(&mut stored(tx), before.map(TreeId).as_ref(), &TreeId(after)))
            .await
    }

    /// What differs between the code of two tags of a function.
    ///
    /// # Errors
    /// `ArchiveRefused` where one holds more than can be looked at.
    pub(crate) async fn tag_changes(&self, before: &Tag, after: &Tag) -> Result<Vec<Change>> {
        let (before, after) = (self.shown(before).await?, self.shown(after).await?);
        self.0
            .store
            .read(move |tx| {
                let mut stored = stored(tx);
                let mut read = |id: &TreeId| {
                    let own = before.directories.get(id).or_else(|| after.directories.get(id));
                    own.map_or_else(|| stored(id), |directory| Ok(directory.clone()))
                };
                changes(&mut read, Some(&before.root), &after.root)
            })
            .await
    }

    /// Where a file of a tag's code lies on this machine.
    ///
    /// # Errors
    /// `NotFound` where it is none; `BodyTooLarge` where it is too long to be shown.
    pub(crate) async fn tag_file(&self, tag: &Tag, path: &str) -> Result<PathBuf> {
        const WHAT: &str = "A file of that path in the tag";
        let inside = PathBuf::from(path);
        let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_));
        if inside.as_os_str().is_empty() || !inside.components().all(is_plain) {
            return Err(Error::NotFound(WHAT));
        }
        let place = match tag.tree {
            Some(tree) => {
                let node = self
                    .0
                    .store
                    .read(move |tx| find(&mut stored(tx), &TreeId(tree), &inside))
                    .await?;
                let Some(Node::File { content, .. }) = node else {
                    return Err(Error::NotFound(WHAT));
                };
                self.contents().path(&content)
            }
            None => {
                let tree = self.0.code.tree(&key_of(tag));
                let place = tree.join(&inside);
                let is_file = move || is_file_below(&tree, &inside);
                let found = tokio::task::spawn_blocking(is_file).await.unwrap_or(false);
                found.then_some(place).ok_or(Error::NotFound(WHAT))?
            }
        };
        let metadata = tokio::fs::metadata(&place)
            .await
            .map_err(|error| Error::disk(error, "reading code"))?;
        if metadata.len() > MAX_SHOWN_BYTES {
            return Err(Error::BodyTooLarge {
                limit_bytes: MAX_SHOWN_BYTES,
            });
        }
        Ok(place)
    }

    async fn shown(&self, tag: &Tag) -> Result<Shown> {
        if let Some(tree) = tag.tree {
            return Ok(Shown {
                root: TreeId(tree),
                directories: HashMap::new(),
            });
        }
        let root = self.0.code.tree(&key_of(tag));
        let limits = self.folder_limits();
        tokio::task::spawn_blocking(move || look_at(root, limits))
            .await
            .map_err(|error| Error::internal(format!("looking at code: {error}")))?
    }

    /// How much a folder may hold: as much as an upload may unpack to.
    pub(super) fn folder_limits(&self) -> FolderLimits {
        let unpack = &self.0.limits.unpack;
        FolderLimits {
            max_files: unpack.max_entries,
            max_bytes: unpack.max_unpacked_bytes,
        }
    }
}

pub(super) fn key_of(tag: &Tag) -> TagKey {
    (tag.project.clone(), tag.function.clone(), tag.id.clone())
}

/// Blocking.
fn look_at(root: PathBuf, limits: FolderLimits) -> Result<Shown> {
    let mut folder = Folder::without_rules(root, limits);
    let snapshot = folder
        .snapshot(None, &Where::everywhere(), &mut ())
        .map_err(|error| Error::ArchiveRefused(error.to_string()))?;
    let mut directories = HashMap::new();
    for (id, bytes) in folder.unsaved() {
        let directory = Directory::decode(bytes).map_err(|error| Error::internal(error.to_string()))?;
        directories.insert(*id, directory);
    }
    Ok(Shown {
        root: snapshot.root,
        directories,
    })
}

/// Whether a path is a file, and no part of it a link. Blocking.
fn is_file_below(tree: &Path, inside: &Path) -> bool {
    let mut at = tree.to_owned();
    let mut kind = None;
    for part in inside.components() {
        at.push(part);
        kind = std::fs::symlink_metadata(&at)
            .ok()
            .map(|metadata| metadata.file_type());
        if kind.is_none_or(|kind| kind.is_symlink()) {
            return false;
        }
    }
    kind.is_some_and(|kind| kind.is_file())
}
