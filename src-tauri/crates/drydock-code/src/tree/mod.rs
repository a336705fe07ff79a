//! Trees: a snapshot of a folder as directories that name what is in them, by content.
//!
//! A directory is the list of its entries; its id is the hash of that list as written (`encoding`). So two snapshots
//! share every directory in which nothing differs, and what differs is found without looking into those (`changes`).
//! Must not: know where directories or contents are kept.

mod changes;
mod encoding;

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;

pub use changes::{Change, Side, changes};
pub use encoding::DecodeError;

use crate::content::ContentId;

/// Which directory: the hash of its list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TreeId(pub [u8; 32]);

impl fmt::Display for TreeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// What a name in a directory stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Node {
    /// A file.
    File {
        /// What is in it.
        content: ContentId,
        /// How long it is.
        size_bytes: u64,
    },
    /// Another directory.
    Directory {
        /// Which.
        tree: TreeId,
        /// What is in it and below.
        totals: Totals,
    },
    /// A symbolic link that stays inside.
    Link {
        /// Where it leads, from the directory it is in.
        target: PathBuf,
    },
}

/// What is in a directory and everywhere below.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Totals {
    /// Files, links among them.
    pub files: u64,
    /// Bytes of all files.
    pub size_bytes: u64,
}

impl Node {
    /// What it counts for.
    pub fn totals(&self) -> Totals {
        match self {
            Self::File { size_bytes, .. } => Totals {
                files: 1,
                size_bytes: *size_bytes,
            },
            Self::Directory { totals, .. } => *totals,
            Self::Link { .. } => Totals {
                files: 1,
                size_bytes: 0,
            },
        }
    }
}

/// The list of a directory, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Directory(pub BTreeMap<OsString, Node>);

impl Directory {
    /// What is in it and below.
    pub fn totals(&self) -> Totals {
        self.0
            .values()
            .map(Node::totals)
            .fold(Totals::default(), |sum, more| Totals {
                files: sum.files + more.files,
                size_bytes: sum.size_bytes + more.size_bytes,
            })
    }
}

/// Where the lists of directories are read.
pub trait Directories {
    /// Why one cannot be read.
    type Error;

    /// That directory.
    fn read(&mut self, id: &TreeId) -> Result<Directory, Self::Error>;
}

impl<E, F: FnMut(&TreeId) -> Result<Directory, E>> Directories for F {
    type Error = E;

    fn read(&mut self, id: &TreeId) -> Result<Directory, E> {
        self(id)
    }
}

/// All that is in some trees.
#[derive(Debug, Default)]
pub struct Reached {
    /// Every directory.
    pub directories: HashSet<TreeId>,
    /// Every content.
    pub contents: HashSet<ContentId>,
}

impl Reached {
    /// Adds what is in a tree.
    pub fn add<D: Directories>(&mut self, directories: &mut D, root: &TreeId) -> Result<(), D::Error> {
        let mut open = vec![*root];
        while let Some(id) = open.pop() {
            if !self.directories.insert(id) {
                continue;
            }
            for node in directories.read(&id)?.0.values() {
                match node {
                    Node::File { content, .. } => {
                        self.contents.insert(*content);
                    }
                    Node::Directory { tree, .. } => open.push(*tree),
                    Node::Link { .. } => {}
                }
            }
        }
        Ok(())
    }
}

/// What lies at a path in a tree, if something does. Links are not followed.
pub fn find<D: Directories>(
    directories: &mut D,
    root: &TreeId,
    path: &std::path::Path,
) -> Result<Option<Node>, D::Error> {
    let mut at = *root;
    let mut parts = path.components().peekable();
    while let Some(part) = parts.next() {
        let std::path::Component::Normal(name) = part else {
            return Ok(None);
        };
        let Some(node) = directories.read(&at)?.0.remove(name) else {
            return Ok(None);
        };
        match (node, parts.peek()) {
            (node, None) => return Ok(Some(node)),
            (Node::Directory { tree, .. }, Some(_)) => at = tree,
            _ => return Ok(None),
        }
    }
    Ok(None)
}
