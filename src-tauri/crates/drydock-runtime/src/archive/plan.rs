//! What each entry of an archive becomes.
//!
//! Owns: comparing entries with each other: doubles, a file where a folder is, anything below a link; and
//! counting what will be made, which is more than what is listed: a name makes every folder in it.
//! Must not: write, or look at the disk. Whatever passes can be written in any order without a path
//! meaning something else than it says.

use std::collections::{BTreeSet, HashMap};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use drydock_core::{Error, Result};

use super::limits::UnpackLimits;
use super::links;
use super::listing::{Kind, Listed, printable};
use super::strip;

/// Everything that will be written.
#[derive(Debug)]
pub(super) struct Plan {
    /// All folders, named in the archive or not, each after those above it.
    pub(super) folders: BTreeSet<PathBuf>,
    /// For each entry of the archive the file that it becomes.
    pub(super) files: Vec<Option<NewFile>>,
    /// The links, made after everything else.
    pub(super) symlinks: Vec<(PathBuf, PathBuf)>,
    /// Further names (the second) of files (the first).
    pub(super) hard_links: Vec<(PathBuf, PathBuf)>,
}

/// A file to write.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewFile {
    pub(super) path: PathBuf,
    pub(super) executable: bool,
    pub(super) size_bytes: u64,
}

/// What stands at a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Node {
    Folder,
    /// The number of its entry.
    File(usize),
    /// The number of its entry.
    Symlink(usize),
    HardLink,
}

impl Node {
    fn noun(self) -> &'static str {
        match self {
            Self::Folder => "a folder",
            Self::File(_) => "a file",
            Self::Symlink(_) | Self::HardLink => "a link",
        }
    }
}

/// Decides for a whole archive.
pub(super) fn plan(list: &[Listed], limits: &UnpackLimits) -> Result<Plan> {
    let drops_top = strip::drops_top_folder(list);
    let place = |path: &Path| {
        if drops_top {
            strip::without_top(path)
        } else {
            path.to_owned()
        }
    };
    let mut nodes: HashMap<PathBuf, Node> = HashMap::new();
    let mut hard_links = Vec::new();
    for (number, Listed { name, kind }) in list.iter().enumerate() {
        let path = place(&name.path);
        let node = match kind {
            Kind::Metadata => continue,
            _ if path.as_os_str().is_empty() => continue,
            Kind::Folder => Node::Folder,
            Kind::File { .. } => Node::File(number),
            Kind::Symlink { .. } => Node::Symlink(number),
            Kind::HardLink { target } => {
                hard_links.push((place(&target.path), path.clone()));
                Node::HardLink
            }
        };
        add(&mut nodes, limits, path, node)?;
    }
    if !nodes.values().any(|node| matches!(node, Node::File(_))) {
        return Err(Error::ArchiveRefused("it holds no file".to_owned()));
    }
    // A further name of a link would be a link that was never checked; of a folder no system makes one.
    for (target, path) in &hard_links {
        if !matches!(nodes.get(target), Some(Node::File(_))) {
            let reason = format!(
                "is a hard link to '{}', which is no file of the archive",
                show(target)
            );
            return Err(refused(path, &reason));
        }
    }

    let mut plan = Plan {
        folders: BTreeSet::new(),
        files: vec![None; list.len()],
        symlinks: Vec::new(),
        hard_links,
    };
    let target_of = |number: usize| match &list[number].kind {
        Kind::Symlink { target } => Some(target.as_path()),
        _ => None,
    };
    links::check(&nodes, target_of).map_err(|(path, reason)| refused(&path, &reason))?;
    for (path, node) in nodes {
        match (node, node.number().map(|number| (number, &list[number].kind))) {
            (Node::Folder, _) => {
                plan.folders.insert(path);
            }
            (
                _,
                Some((
                    number,
                    &Kind::File {
                        executable,
                        size_bytes,
                    },
                )),
            ) => {
                plan.files[number] = Some(NewFile {
                    path,
                    executable,
                    size_bytes,
                });
            }
            (_, Some((_, Kind::Symlink { target }))) => plan.symlinks.push((target.clone(), path)),
            _ => {}
        }
    }
    Ok(plan)
}

impl Node {
    fn number(self) -> Option<usize> {
        match self {
            Self::File(number) | Self::Symlink(number) => Some(number),
            Self::Folder | Self::HardLink => None,
        }
    }
}

/// Puts `node` at `path`, and folders above it.
fn add(nodes: &mut HashMap<PathBuf, Node>, limits: &UnpackLimits, path: PathBuf, node: Node) -> Result<()> {
    for above in path
        .ancestors()
        .skip(1)
        .take_while(|above| !above.as_os_str().is_empty())
    {
        match nodes.get(above) {
            // Those above a known folder are known too.
            Some(Node::Folder) => break,
            None => {
                insert(nodes, limits, above.to_owned(), Node::Folder)?;
            }
            Some(other) => {
                let reason = format!("lies below '{}', which is {}", show(above), other.noun());
                return Err(refused(&path, &reason));
            }
        }
    }
    match (nodes.get(&path).copied(), node) {
        (Some(Node::Folder), Node::Folder) => Ok(()),
        // An archive that was added to holds a file twice, and the later one counts, as with `tar x`.
        (None, _) | (Some(Node::File(_)), Node::File(_)) | (Some(Node::Symlink(_)), Node::Symlink(_)) => {
            insert(nodes, limits, path, node)
        }
        (Some(earlier), later) => {
            let reason = format!("is there twice, as {} and as {}", earlier.noun(), later.noun());
            Err(refused(&path, &reason))
        }
    }
}

/// Counts before it inserts, so that a small archive of long names fills no memory: 120 names of 500 folders
/// each stand in 2.4 KB.
fn insert(
    nodes: &mut HashMap<PathBuf, Node>,
    limits: &UnpackLimits,
    path: PathBuf,
    node: Node,
) -> Result<()> {
    if nodes.len() as u64 >= limits.max_entries && !nodes.contains_key(&path) {
        return Err(Error::ArchiveRefused(limits.too_many()));
    }
    nodes.insert(path, node);
    Ok(())
}

fn refused(path: &Path, reason: &str) -> Error {
    Error::ArchiveRefused(format!("'{}' {reason}", show(path)))
}

fn show(path: &Path) -> String {
    printable(path.as_os_str().as_bytes())
}
