//! Looking at directories: what is in them by now, and which files are to be read for it.

use std::collections::{BTreeMap, HashSet};
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::rules::{Rules, is_rule_file};
use super::stat::Stat;
use super::{Entry, Folder, FolderLimits, Found, Observer, ScanError, links};
use crate::tree::{Totals, TreeId};

/// Folders inside each other, and bytes of a path from the root: as in an upload. Whatever is done with a tree goes from
/// folder to folder on the stack, and lays it out below a path of ours.
const MAX_DEPTH: usize = 64;
const MAX_PATH_BYTES: usize = 1024;

/// Files in one directory that rules leave out and that are remembered, so that writing to them is no change: a log file or
/// a few, not what a tool leaves by the thousand.
const MAX_IGNORED: usize = 100;

/// Where something may have changed. Paths are from the root.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Where {
    everywhere: bool,
    /// Directories whose lists may be others.
    directories: HashSet<PathBuf>,
    /// Files that are read and directories that are looked at with all below, whatever they look like.
    touched: HashSet<PathBuf>,
    /// All directories above those.
    above: HashSet<PathBuf>,
}

impl Where {
    /// Anywhere: every directory is looked at, and every file that looks different is read.
    pub fn everywhere() -> Self {
        Self {
            everywhere: true,
            ..Self::default()
        }
    }

    /// At those paths, which are files or directories that came, went or changed.
    pub fn at(paths: impl IntoIterator<Item = PathBuf>) -> Self {
        let mut place = Self::default();
        for path in paths {
            place.list_around([path.clone()]);
            place.touched.insert(path);
        }
        // The root itself changed.
        place.everywhere |= place.touched.contains(Path::new(""));
        place
    }

    /// And at the lists of the directories that those paths are in.
    pub(crate) fn list_around(&mut self, paths: impl IntoIterator<Item = PathBuf>) {
        for path in paths {
            let folder = path.parent().unwrap_or(Path::new("")).to_owned();
            for above in folder.ancestors() {
                if !self.above.insert(above.to_owned()) {
                    break;
                }
            }
            self.directories.insert(folder);
        }
    }

    fn has_something_below(&self, directory: &Path) -> bool {
        self.everywhere || self.above.contains(directory)
    }

    fn lists(&self, directory: &Path) -> bool {
        self.everywhere || self.directories.contains(directory)
    }
}

/// What comes of a look beside what was found.
pub(super) struct Jobs {
    /// The files to be read.
    pub(super) jobs: Vec<PathBuf>,
    /// The directories that were looked at for the first time.
    pub(super) met: Vec<Met>,
    /// What rules left out, by the directory that was listed.
    pub(super) ignored: Vec<(PathBuf, Vec<OsString>)>,
}

/// One look at a folder.
pub(super) struct Scan<'a> {
    root: PathBuf,
    asked: &'a [String],
    apart: Option<&'a Path>,
    limits: FolderLimits,
    has_rules: bool,
    place: &'a Where,
    observer: &'a mut dyn Observer,
    jobs: Vec<PathBuf>,
    /// Directories that were looked at for the first time.
    met_directories: Vec<Met>,
    /// What rules left out, by the directory that was listed.
    ignored: Vec<(PathBuf, Vec<OsString>)>,
    /// What was met so far, read or not.
    met: Totals,
}

impl<'a> Scan<'a> {
    pub(super) fn new(folder: &'a Folder, place: &'a Where, observer: &'a mut dyn Observer) -> Self {
        Self {
            root: folder.root.clone(),
            asked: &folder.asked,
            apart: folder.apart.as_deref(),
            limits: folder.limits,
            has_rules: folder.has_rules,
            place,
            observer,
            jobs: Vec::new(),
            met_directories: Vec::new(),
            ignored: Vec::new(),
            met: Totals::default(),
        }
    }

    /// What came of it beside what was found.
    pub(super) fn into_jobs(self) -> Jobs {
        Jobs {
            jobs: self.jobs,
            met: self.met_directories,
            ignored: self.ignored,
        }
    }

    fn meet(&mut self, path: &Path, stat: &Stat) {
        self.observer.meet(path);
        self.met_directories.push(Met {
            path: path.to_owned(),
            stat: stat.clone(),
        });
    }

    pub(super) fn root(&mut self, before: Option<Found>) -> Result<Found, ScanError> {
        let root = self.root.clone();
        let failed = |error: io::Error| match error.kind() {
            io::ErrorKind::NotFound | io::ErrorKind::NotADirectory => ScanError::Missing(root.clone()),
            _ => ScanError::Unreadable(root.clone(), error),
        };
        let metadata = fs::symlink_metadata(&root).map_err(failed)?;
        if !metadata.is_dir() {
            return Err(ScanError::Missing(root));
        }
        let stat = Stat::of(&metadata);
        let before = before.filter(|before| before.stat.identity() == stat.identity());
        let rules = self.rules_of_root(before.as_ref());
        match self.directory(Path::new(""), stat, rules, before, false)? {
            Ok(found) => Ok(found),
            Err(error) => Err(failed(error)),
        }
    }

    fn rules_of_root(&self, before: Option<&Found>) -> Arc<Rules> {
        if let Some(before) = before.filter(|_| !self.place.lists(Path::new(""))) {
            return Arc::clone(&before.rules);
        }
        let rules = if self.has_rules {
            Rules::of_root(&self.root, self.asked)
        } else {
            Rules::none()
        };
        match before {
            // The files of the repository above are read once.
            Some(before) if rules.is_same_at_root(&before.rules) => Arc::clone(&before.rules),
            _ => Arc::new(rules),
        }
    }

    /// What is in a directory by now; the inner error is that it cannot be listed. With `all` everything below is looked
    /// at, since the rules are others or it is another directory of the same name.
    fn directory(
        &mut self,
        inside: &Path,
        stat: Stat,
        rules: Arc<Rules>,
        before: Option<Found>,
        all: bool,
    ) -> Result<io::Result<Found>, ScanError> {
        let all = all
            || before
                .as_ref()
                .is_none_or(|before| !Arc::ptr_eq(&before.rules, &rules));
        match before {
            Some(before) if !all && !self.place.lists(inside) => self.below(inside, before).map(Ok),
            before => self.list(inside, stat, rules, before, all),
        }
    }

    /// A directory whose own list is the same: looks only at what changed below.
    fn below(&mut self, inside: &Path, mut found: Found) -> Result<Found, ScanError> {
        if !self.place.has_something_below(inside) {
            self.count(found.totals)?;
            return Ok(found);
        }
        for (name, entry) in std::mem::take(&mut found.entries) {
            let entry = match entry {
                Entry::Directory(below) => {
                    let path = inside.join(&name);
                    let stat = below.stat.clone();
                    let rules = if self.place.lists(&path) {
                        rules_of(&self.root.join(&path), &found.rules, Some(&below))
                    } else {
                        Arc::clone(&below.rules)
                    };
                    match self.directory(&path, stat, rules, Some(*below), false)? {
                        Ok(below) => Entry::Directory(Box::new(below)),
                        Err(error) => {
                            found.stale = true;
                            // Where it is gone, its own directory is about to be looked at.
                            found.left_out.insert(name, cannot_be_read(&error));
                            continue;
                        }
                    }
                }
                entry => {
                    self.count(totals_of(&entry))?;
                    entry
                }
            };
            found.entries.insert(name, entry);
        }
        Ok(found)
    }

    fn list(
        &mut self,
        inside: &Path,
        stat: Stat,
        rules: Arc<Rules>,
        before: Option<Found>,
        all: bool,
    ) -> Result<io::Result<Found>, ScanError> {
        let path = self.root.join(inside);
        // Also one that looks like the one that was there: a new directory may have the number of a removed one.
        if all || self.place.everywhere || before.is_none() {
            self.meet(&path, &stat);
        }
        let names: Vec<_> = match fs::read_dir(&path).and_then(Iterator::collect) {
            Ok(names) => names,
            Err(error) => return Ok(Err(error)),
        };
        let mut found = Found {
            stat,
            rules,
            entries: BTreeMap::new(),
            left_out: BTreeMap::new(),
            id: before.as_ref().map_or(TreeId([0; 32]), |before| before.id),
            totals: Totals::default(),
            stale: true,
        };
        let mut before = before.map(|before| before.entries).unwrap_or_default();
        let mut ignored = Vec::new();
        for entry in names {
            let (name, path) = (entry.file_name(), entry.path());
            let metadata = match entry.metadata() {
                Ok(metadata) => metadata,
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => {
                    found.left_out.insert(name, cannot_be_read(&error));
                    continue;
                }
            };
            if self.apart == Some(&path) {
                continue;
            }
            if found.rules.leaves_out(&path, metadata.is_dir()) {
                if metadata.is_file() && ignored.len() < MAX_IGNORED && !is_rule_file(&name) {
                    ignored.push(name);
                }
                continue;
            }
            let known = before.remove(&name);
            let inside = inside.join(&name);
            let look = Look {
                path,
                inside,
                stat: Stat::of(&metadata),
                kind: metadata.file_type(),
            };
            match self.entry(look, &found.rules, known, all)? {
                Ok(entry) => {
                    found.entries.insert(name, entry);
                }
                Err(why) => {
                    found.left_out.insert(name, why);
                }
            }
        }
        self.ignored.push((path, ignored));
        Ok(Ok(found))
    }

    /// What one name stands for; the inner error is why it is left out.
    fn entry(
        &mut self,
        look: Look,
        rules: &Arc<Rules>,
        known: Option<Entry>,
        all: bool,
    ) -> Result<Result<Entry, String>, ScanError> {
        let touched = self.place.touched.contains(&look.inside);
        if look.inside.as_os_str().len() > MAX_PATH_BYTES {
            return Ok(Err(format!("its path is longer than {MAX_PATH_BYTES} bytes")));
        }
        if look.kind.is_dir() {
            if look.inside.components().count() > MAX_DEPTH {
                return Ok(Err(format!("it lies more than {MAX_DEPTH} folders deep")));
            }
            return self.subdirectory(look, rules, known, all || touched);
        }
        if look.kind.is_symlink() {
            self.count(Totals {
                files: 1,
                size_bytes: 0,
            })?;
            let target = match fs::read_link(&look.path) {
                Ok(target) => target,
                Err(error) => return Ok(Err(cannot_be_read(&error))),
            };
            return Ok(links::kept(&self.root, &look.inside, &target)
                .map(Entry::Link)
                .ok_or_else(|| format!("it is a link to {}, outside of the folder", target.display())));
        }
        if !look.kind.is_file() {
            return Ok(Err("it is neither a file nor a folder nor a link".to_owned()));
        }
        self.count(Totals {
            files: 1,
            size_bytes: look.stat.size_bytes(),
        })?;
        match known {
            Some(Entry::File {
                stat: Some(stat),
                content,
                size_bytes,
            }) if stat == look.stat && !touched => Ok(Ok(Entry::File {
                stat: Some(stat),
                content,
                size_bytes,
            })),
            _ => {
                self.jobs.push(look.path);
                Ok(Ok(Entry::Unread(self.jobs.len() - 1)))
            }
        }
    }

    fn subdirectory(
        &mut self,
        look: Look,
        rules: &Arc<Rules>,
        known: Option<Entry>,
        all: bool,
    ) -> Result<Result<Entry, String>, ScanError> {
        let before = match known {
            Some(Entry::Directory(found)) if found.stat.identity() == look.stat.identity() => Some(*found),
            _ => None,
        };
        let below = rules_of(&look.path, rules, before.as_ref());
        let listed = self.directory(&look.inside, look.stat, below, before, all)?;
        Ok(listed
            .map(|found| Entry::Directory(Box::new(found)))
            .map_err(|error| cannot_be_read(&error)))
    }

    fn count(&mut self, more: Totals) -> Result<(), ScanError> {
        self.met.files += more.files;
        self.met.size_bytes += more.size_bytes;
        if self.met.files > self.limits.max_files {
            return Err(ScanError::TooLarge(format!("{} files", self.limits.max_files)));
        }
        if self.met.size_bytes > self.limits.max_bytes {
            let megabytes = self.limits.max_bytes / 1_000_000;
            return Err(ScanError::TooLarge(format!("{megabytes} MB")));
        }
        Ok(())
    }
}

/// The rules of a directory by now: the same as before where they say the same.
fn rules_of(path: &Path, above: &Arc<Rules>, before: Option<&Found>) -> Arc<Rules> {
    let rules = above.of_directory(path);
    match before {
        Some(before) if rules.is_same(&before.rules) => Arc::clone(&before.rules),
        _ => Arc::new(rules),
    }
}

/// A directory as it was when it was first looked at.
pub(super) struct Met {
    path: PathBuf,
    stat: Stat,
}

impl Met {
    /// Whether something came into it or went since.
    pub(super) fn has_changed(&self) -> bool {
        fs::symlink_metadata(&self.path).is_ok_and(|now| Stat::of(&now) != self.stat)
    }
}

/// A look at one entry.
struct Look {
    path: PathBuf,
    inside: PathBuf,
    stat: Stat,
    kind: fs::FileType,
}

fn totals_of(entry: &Entry) -> Totals {
    match entry {
        Entry::File { size_bytes, .. } => Totals {
            files: 1,
            size_bytes: *size_bytes,
        },
        Entry::Link(_) => Totals {
            files: 1,
            size_bytes: 0,
        },
        Entry::Directory(found) => found.totals,
        Entry::Unread(_) => Totals::default(),
    }
}

fn cannot_be_read(error: &io::Error) -> String {
    format!("it cannot be read: {error}")
}
