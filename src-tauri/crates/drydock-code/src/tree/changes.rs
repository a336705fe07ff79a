//! What differs between two trees. Looks only into directories that differ.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::{Directories, Directory, Node, TreeId};

/// A file, link or directory that is not the same in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Where, from the root.
    pub path: PathBuf,
    /// What was there.
    pub before: Option<Side>,
    /// What is there now.
    pub after: Option<Side>,
}

/// What lies at a path. A directory's own entries are changes of their own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Side {
    /// A file or a link.
    Leaf(Node),
    /// A directory.
    Directory,
}

impl Side {
    fn of(node: &Node) -> Self {
        match node {
            Node::Directory { .. } => Self::Directory,
            leaf => Self::Leaf(leaf.clone()),
        }
    }
}

/// All that is not the same in `before` and `after`, a directory before what is in it. A directory that is in both is no
/// change itself.
pub fn changes<D: Directories>(
    directories: &mut D,
    before: Option<&TreeId>,
    after: &TreeId,
) -> Result<Vec<Change>, D::Error> {
    let mut found = Vec::new();
    let mut open = vec![(PathBuf::new(), before.copied(), Some(*after))];
    while let Some((folder, before, after)) = open.pop() {
        if before == after {
            continue;
        }
        let mut read =
            |id: Option<TreeId>| id.map_or_else(|| Ok(Directory::default()), |id| directories.read(&id));
        let (old, new) = (read(before)?.0, read(after)?.0);
        for (name, pair) in pairs(old, new) {
            compare(&folder, &name, pair, &mut found, &mut open);
        }
    }
    Ok(found)
}

/// What two directories have under each name that is in one of them.
fn pairs(
    old: BTreeMap<OsString, Node>,
    new: BTreeMap<OsString, Node>,
) -> BTreeMap<OsString, (Option<Node>, Option<Node>)> {
    let mut pairs: BTreeMap<_, _> = old
        .into_iter()
        .map(|(name, node)| (name, (Some(node), None)))
        .collect();
    for (name, node) in new {
        pairs.entry(name).or_insert((None, None)).1 = Some(node);
    }
    pairs
}

type Open = Vec<(PathBuf, Option<TreeId>, Option<TreeId>)>;

fn compare(
    folder: &Path,
    name: &OsString,
    (old, new): (Option<Node>, Option<Node>),
    found: &mut Vec<Change>,
    open: &mut Open,
) {
    let tree = |node: &Option<Node>| match node {
        Some(Node::Directory { tree, .. }) => Some(*tree),
        _ => None,
    };
    let path = folder.join(name);
    let (old_tree, new_tree) = (tree(&old), tree(&new));
    if old == new {
        return;
    }
    if old_tree.is_none() || new_tree.is_none() {
        found.push(Change {
            path: path.clone(),
            before: old.as_ref().map(Side::of),
            after: new.as_ref().map(Side::of),
        });
    }
    if old_tree.is_some() || new_tree.is_some() {
        open.push((path, old_tree, new_tree));
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use std::collections::HashMap;
    use std::convert::Infallible;

    use super::*;
    use crate::content::ContentId;

    #[derive(Default)]
    struct Kept {
        directories: HashMap<TreeId, Directory>,
        reads: usize,
    }

    impl Kept {
        fn tree(&mut self, entries: &[(&str, Node)]) -> TreeId {
            let entries = entries.iter().map(|(name, node)| (name.into(), node.clone()));
            let directory = Directory(entries.collect());
            let id = directory.encode().0;
            self.directories.insert(id, directory);
            id
        }

        fn changes(&mut self, before: Option<&TreeId>, after: &TreeId) -> Vec<String> {
            self.reads = 0;
            let mut read = |id: &TreeId| {
                self.reads += 1;
                Ok::<_, Infallible>(self.directories[id].clone())
            };
            let found = changes(&mut read, before, after).unwrap();
            let mut words: Vec<_> = found
                .iter()
                .map(|change| {
                    let side = |side: &Option<Side>| match side {
                        None => '-',
                        Some(Side::Directory) => 'd',
                        Some(Side::Leaf(Node::Link { .. })) => 'l',
                        Some(Side::Leaf(_)) => 'f',
                    };
                    format!(
                        "{}{} {}",
                        side(&change.before),
                        side(&change.after),
                        change.path.display()
                    )
                })
                .collect();
            words.sort();
            words
        }
    }

    fn file(number: u8) -> Node {
        Node::File {
            content: ContentId {
                hash: [number; 32],
                executable: false,
            },
            size_bytes: 1,
        }
    }

    fn folder(tree: TreeId) -> Node {
        Node::Directory {
            tree,
            totals: super::super::Totals::default(),
        }
    }

    #[test]
    fn only_what_differs_is_found_and_only_there_is_looked() {
        let mut kept = Kept::default();
        let library = kept.tree(&[("a", file(1)), ("b", file(2))]);
        let old = kept.tree(&[("s", file(3)), ("t", file(4))]);
        let new = kept.tree(&[("s", file(5)), ("u", file(4))]);
        let before = kept.tree(&[("lib", folder(library)), ("src", folder(old)), ("x", file(9))]);
        let after = kept.tree(&[("lib", folder(library)), ("src", folder(new)), ("x", file(9))]);
        assert_eq!(
            kept.changes(Some(&before), &after),
            ["-f src/u", "f- src/t", "ff src/s"]
        );
        assert_eq!(kept.reads, 4);
        assert!(kept.changes(Some(&after), &after).is_empty());
        assert_eq!(kept.reads, 0);
    }

    #[test]
    fn against_nothing_everything_is_new() {
        let mut kept = Kept::default();
        let empty = kept.tree(&[]);
        let library = kept.tree(&[("a", file(1))]);
        let root = kept.tree(&[("e", folder(empty)), ("lib", folder(library))]);
        assert_eq!(kept.changes(None, &root), ["-d e", "-d lib", "-f lib/a"]);
    }

    #[test]
    fn a_file_where_a_folder_was_and_the_other_way_round() {
        let mut kept = Kept::default();
        let library = kept.tree(&[("a", file(1))]);
        let before = kept.tree(&[("x", folder(library)), ("y", file(2))]);
        let link = Node::Link { target: "y".into() };
        let after = kept.tree(&[("x", link), ("y", folder(library))]);
        assert_eq!(
            kept.changes(Some(&before), &after),
            ["-f y/a", "dl x", "f- x/a", "fd y"]
        );
    }
}
