//! A folder of the user's, followed from snapshot to snapshot.
//!
//! Owns: what was found in it last, and finding what is there now by looking only where something may have changed
//! (`scan`), what of it is code (`rules`), reading the files that changed (`read`). Must not: write there, or wait for
//! changes (`crate::watch`).

pub mod links;
mod read;
pub mod rules;
mod scan;
mod stat;

use std::collections::{BTreeMap, HashMap};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::content::{ContentId, Contents};
use crate::tree::{Directory, Node, Totals, TreeId};

use rules::Rules;
pub use scan::Where;
use stat::Stat;

/// How much a folder may hold.
#[derive(Debug, Clone, Copy)]
pub struct FolderLimits {
    /// Files and links.
    pub max_files: u64,
    /// Bytes of all files.
    pub max_bytes: u64,
}

/// Who watches directories, to be told of changes from then on.
pub trait Observer {
    /// A directory is about to be looked at for the first time.
    fn meet(&mut self, directory: &Path);

    /// What rules leave out of a directory that was listed: what it is called.
    fn ignore(&mut self, directory: &Path, names: Vec<OsString>) {
        let _ = (directory, names);
    }

    /// All directories were met: completes when they are watched. Only then files are read.
    fn settle(&mut self);
}

/// Nobody watches.
impl Observer for () {
    fn meet(&mut self, _directory: &Path) {}
    fn settle(&mut self) {}
}

/// Something that is no part of the snapshot though no rule leaves it out.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct LeftOut {
    /// Where, from the root.
    pub path: PathBuf,
    /// Why, in words.
    pub why: String,
}

/// Why something is no part of the last snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Absence {
    /// A rule leaves it out, or something that it is in.
    LeftOut(rules::Why),
    /// There is nothing of that name.
    Nowhere,
}

/// Why there is no snapshot.
#[derive(Debug, thiserror::Error)]
pub enum ScanError {
    /// The folder is not there.
    #[error("the folder {} is not there", .0.display())]
    Missing(PathBuf),
    /// It cannot be read.
    #[error("the folder {} cannot be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, std::io::Error),
    /// It holds more than a folder may.
    #[error(
        "the folder holds more than {} of code; leave out what the function does not need with a .drydockignore file",
        .0
    )]
    TooLarge(String),
    /// What is in it cannot be kept.
    #[error("the contents cannot be kept: {0}")]
    Store(std::io::Error),
}

/// The folder as it was at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// All of it.
    pub root: TreeId,
    /// How much.
    pub totals: Totals,
    /// What is no part of it, a bounded number.
    pub left_out: Vec<LeftOut>,
    /// Whether something changed while it was read, so that it is worth another look at once.
    pub is_unsettled: bool,
}

/// So many things that were left out are named; more help nobody.
const MAX_LEFT_OUT: usize = 50;

/// The folder.
#[derive(Debug)]
pub struct Folder {
    /// A real path: no part of it is a link.
    root: PathBuf,
    asked: Vec<String>,
    /// Not looked at.
    apart: Option<PathBuf>,
    limits: FolderLimits,
    /// Whether rules leave files out.
    has_rules: bool,
    found: Option<Found>,
    /// Lists that [`Self::saved`] was not called for yet.
    unsaved: HashMap<TreeId, Vec<u8>>,
}

/// A directory as it was found.
#[derive(Debug)]
struct Found {
    stat: Stat,
    rules: Arc<Rules>,
    entries: BTreeMap<OsString, Entry>,
    left_out: BTreeMap<OsString, String>,
    /// As of the last snapshot.
    id: TreeId,
    totals: Totals,
    /// Whether `id` is to be found anew.
    stale: bool,
}

#[derive(Debug)]
enum Entry {
    File {
        /// `None` where it cannot be told whether it is still the same by looking.
        stat: Option<Stat>,
        content: ContentId,
        size_bytes: u64,
    },
    /// To be read, as the job of that number.
    Unread(usize),
    Directory(Box<Found>),
    Link(PathBuf),
}

impl Folder {
    /// The folder at `root`, a real path. `asked` are patterns (as in a .gitignore) of what to leave out; `apart` is a
    /// path that is never looked at: our own data.
    pub fn new(root: PathBuf, asked: Vec<String>, apart: Option<PathBuf>, limits: FolderLimits) -> Self {
        Self {
            root,
            asked,
            apart,
            limits,
            has_rules: true,
            found: None,
            unsaved: HashMap::new(),
        }
    }

    /// A folder of which everything is code.
    pub fn without_rules(root: PathBuf, limits: FolderLimits) -> Self {
        Self {
            has_rules: false,
            ..Self::new(root, Vec::new(), None, limits)
        }
    }

    /// The real path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Which folder it was when it was looked at last, whatever it is called; see [`identity_of`].
    pub fn identity(&self) -> Option<(u64, u64)> {
        self.found.as_ref().map(|found| found.stat.identity())
    }

    /// Looks at what may have changed, keeps the contents of what did (without `contents` they are only named), and says
    /// what there is now. Blocking. `observer` is told of each directory that is new or may be another one by now, before
    /// it is looked at.
    ///
    /// # Errors
    /// Then the next call looks at everything again.
    pub fn snapshot(
        &mut self,
        contents: Option<&Contents>,
        place: &Where,
        observer: &mut dyn Observer,
    ) -> Result<Snapshot, ScanError> {
        let before = self.found.take();
        let mut scan = scan::Scan::new(self, place, observer);
        let mut found = scan.root(before)?;
        let scan::Jobs { jobs, met, ignored } = scan.into_jobs();
        for (directory, names) in ignored {
            observer.ignore(&directory, names);
        }
        observer.settle();
        // What came into a directory between the look at it and the watch, nobody tells of.
        let mut is_unsettled = met.iter().any(scan::Met::has_changed);
        let read = read::all(contents, jobs)?;
        fill(&mut found, &read, &mut is_unsettled);
        encode(&mut found, &mut self.unsaved);
        let mut left_out = Vec::new();
        collect_left_out(&found, Path::new(""), &mut left_out);
        let snapshot = Snapshot {
            root: found.id,
            totals: found.totals,
            left_out,
            is_unsettled,
        };
        self.found = Some(found);
        Ok(snapshot)
    }

    /// Why `inside`, a path from the root, is no part of the last snapshot; `None` where it is, or nobody looked yet.
    pub fn absence(&self, inside: &Path) -> Option<Absence> {
        let mut found = self.found.as_ref()?;
        let mut path = self.root.clone();
        let mut names = inside.components().peekable();
        while let Some(name) = names.next() {
            let name = name.as_os_str();
            path.push(name);
            match found.entries.get(name) {
                Some(Entry::Directory(below)) => found = below,
                Some(_) => return names.peek().map(|_| Absence::Nowhere),
                None => {
                    let is_directory = path.is_dir();
                    let why = found.rules.why_left_out(&path, is_directory);
                    let is_there = path.symlink_metadata().is_ok();
                    return Some(match why.filter(|_| is_there) {
                        Some(why) => Absence::LeftOut(why),
                        None => Absence::Nowhere,
                    });
                }
            }
        }
        None
    }

    /// The lists of directories that are new since [`Self::saved`] was last called.
    pub fn unsaved(&self) -> impl Iterator<Item = (&TreeId, &[u8])> {
        self.unsaved.iter().map(|(id, bytes)| (id, bytes.as_slice()))
    }

    /// Says that those are kept.
    pub fn saved(&mut self) {
        self.unsaved = HashMap::new();
    }

    /// Forgets what was found, so that the next snapshot looks at everything and reads every file.
    pub fn forget(&mut self) {
        self.found = None;
        self.unsaved = HashMap::new();
    }
}

/// Which folder is there, whatever it is called; the same for all where the system does not tell. Blocking.
pub fn identity_of(folder: &Path) -> Option<(u64, u64)> {
    let metadata = std::fs::symlink_metadata(folder).ok()?;
    Some(Stat::of(&metadata).identity())
}

/// Puts what was read where it belongs.
fn fill(found: &mut Found, read: &[read::Outcome], is_unsettled: &mut bool) {
    let mut gone = Vec::new();
    for (name, entry) in &mut found.entries {
        match entry {
            Entry::Unread(job) => match &read[*job] {
                read::Outcome::Kept {
                    stat,
                    content,
                    size_bytes,
                    changed_meanwhile,
                } => {
                    *is_unsettled |= *changed_meanwhile;
                    *entry = Entry::File {
                        stat: stat.clone(),
                        content: *content,
                        size_bytes: *size_bytes,
                    };
                }
                read::Outcome::Gone => {
                    *is_unsettled = true;
                    gone.push((name.clone(), None));
                }
                read::Outcome::Unreadable(why) => gone.push((name.clone(), Some(why.clone()))),
            },
            Entry::Directory(below) => fill(below, read, is_unsettled),
            Entry::File { .. } | Entry::Link(_) => {}
        }
    }
    for (name, why) in gone {
        found.entries.remove(&name);
        if let Some(why) = why {
            found.left_out.insert(name, why);
        }
    }
}

/// Finds the ids of directories in which something changed; whether this one's changed.
fn encode(found: &mut Found, unsaved: &mut HashMap<TreeId, Vec<u8>>) -> bool {
    let mut stale = std::mem::take(&mut found.stale);
    for entry in found.entries.values_mut() {
        if let Entry::Directory(below) = entry {
            stale |= encode(below, unsaved);
        }
    }
    if !stale {
        return false;
    }
    let entries = found.entries.iter().filter_map(|(name, entry)| {
        let node = match entry {
            Entry::File {
                content, size_bytes, ..
            } => Node::File {
                content: *content,
                size_bytes: *size_bytes,
            },
            Entry::Directory(below) => Node::Directory {
                tree: below.id,
                totals: below.totals,
            },
            Entry::Link(target) => Node::Link {
                target: target.clone(),
            },
            Entry::Unread(_) => return None,
        };
        Some((name.clone(), node))
    });
    let directory = Directory(entries.collect());
    found.totals = directory.totals();
    let (id, bytes) = directory.encode();
    let is_new = id != found.id;
    if is_new {
        unsaved.insert(id, bytes);
    }
    found.id = id;
    is_new
}

fn collect_left_out(found: &Found, inside: &Path, all: &mut Vec<LeftOut>) {
    for (name, why) in &found.left_out {
        if all.len() < MAX_LEFT_OUT {
            all.push(LeftOut {
                path: inside.join(name),
                why: why.clone(),
            });
        }
    }
    for (name, entry) in &found.entries {
        if let Entry::Directory(below) = entry {
            collect_left_out(below, &inside.join(name), all);
        }
    }
}

#[cfg(all(test, unix))]
#[path = "tests.rs"]
mod tests;
