//! The folders that hold code: one for each tag, written once, removed when nobody runs in it.
//!
//! `code/<project>/<function>/<tag>/` holds `archive.tar.gz` as it was uploaded and `tree/`, what it
//! unpacks to. A tag that is a snapshot has no archive, and its tree only while it is in use (`layouts`). A folder is made under another name and renamed into place whole, so that a tag's folder is
//! either complete or not there; it is removed by renaming it away first, for the same reason.

use std::collections::{HashMap, HashSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use drydock_core::id::{FunctionId, ProjectId, TagId};

use super::Folders;

/// Which tag.
pub(super) type TagKey = (ProjectId, FunctionId, TagId);

#[derive(Debug, Default)]
struct Use {
    executions: usize,
    doomed: bool,
}

#[derive(Debug)]
pub(super) struct CodeFolders {
    code: PathBuf,
    staging: PathBuf,
    trash: PathBuf,
    next: AtomicU64,
    usage: Mutex<Usage>,
}

#[derive(Debug, Default)]
struct Usage {
    in_use: HashMap<TagKey, Use>,
    /// Tags that are snapshots and whose trees are known to be there.
    laid_out: HashSet<TagKey>,
}

impl CodeFolders {
    pub(super) fn new(folders: &Folders) -> Self {
        Self {
            code: folders.code.clone(),
            staging: folders.staging.clone(),
            trash: folders.trash.clone(),
            next: AtomicU64::new(0),
            usage: Mutex::default(),
        }
    }

    /// A path in the staging folder that nothing has used since the last start.
    pub(super) fn staging(&self) -> PathBuf {
        self.staging.join(self.fresh_name())
    }

    /// Where the tag's unpacked code lies.
    pub(super) fn tree(&self, key: &TagKey) -> PathBuf {
        self.folder(key).join("tree")
    }

    /// Where the tag's archive lies.
    pub(super) fn archive(&self, key: &TagKey) -> PathBuf {
        self.folder(key).join("archive.tar.gz")
    }

    /// Puts a complete folder in its place. Blocking.
    pub(super) fn place(&self, complete: &Path, key: &TagKey) -> io::Result<()> {
        let folder = self.folder(key);
        if let Some(parent) = folder.parent() {
            std::fs::create_dir_all(parent)?;
        }
        std::fs::rename(complete, folder)
    }

    /// Whether the tree of a snapshot is known to be there.
    pub(super) fn is_laid_out(&self, key: &TagKey) -> bool {
        self.usage().laid_out.contains(key)
    }

    /// Looks for the tree of a snapshot that an earlier server may have left. Blocking.
    pub(super) fn finds(&self, key: &TagKey) -> bool {
        let found = self.tree(key).is_dir();
        if found {
            self.usage().laid_out.insert(key.clone());
        }
        found
    }

    /// Puts the folder with a snapshot's tree in its place. Blocking.
    pub(super) fn place_layout(&self, complete: &Path, key: &TagKey) -> io::Result<()> {
        self.place(complete, key)?;
        self.usage().laid_out.insert(key.clone());
        Ok(())
    }

    /// The laid out snapshots of a function.
    pub(super) fn layouts_of(&self, project: &ProjectId, function: &FunctionId) -> Vec<TagKey> {
        let usage = self.usage();
        let of_it = |key: &&TagKey| key.0 == *project && key.1 == *function;
        usage.laid_out.iter().filter(of_it).cloned().collect()
    }

    /// Takes away the folder of a laid out snapshot, to `staging`, unless an execution runs in it; whether it did. What
    /// stood by in it must have been told to go. Blocking.
    pub(super) fn take_layout(&self, key: &TagKey, staging: &Path) -> bool {
        // Under the lock, so that nobody begins to run in it meanwhile and believes it to be there.
        let mut usage = self.usage();
        if usage.in_use.contains_key(key) || !usage.laid_out.remove(key) {
            return false;
        }
        match std::fs::rename(self.folder(key), staging) {
            Ok(()) => true,
            Err(error) => {
                tracing::warn!(%error, tag = %key.2, "the folder of a tag that is not used cannot be moved");
                false
            }
        }
    }

    /// Says that an execution runs in the tag's code until the answer is dropped.
    pub(super) fn hold(&self, key: TagKey) -> Held<'_> {
        self.usage().in_use.entry(key.clone()).or_default().executions += 1;
        Held { folders: self, key }
    }

    /// How many executions run in a tag's code.
    pub(super) fn executions_in(&self, key: &TagKey) -> usize {
        self.usage().in_use.get(key).map_or(0, |usage| usage.executions)
    }

    /// Removes a tag's code, at once or when the last execution in it has ended.
    pub(super) fn remove(&self, key: &TagKey) {
        let mut usage = self.usage();
        if let Some(usage) = usage.in_use.get_mut(key) {
            usage.doomed = true;
            return;
        }
        usage.laid_out.remove(key);
        drop(usage);
        self.discard(&self.folder(key));
    }

    /// Removes the code of all tags of a function, whose executions are being stopped.
    pub(super) fn remove_function(&self, project: &ProjectId, function: &FunctionId) {
        let of_it = |key: &TagKey| key.0 == *project && key.1 == *function;
        self.usage().laid_out.retain(|key| !of_it(key));
        self.discard(&self.code.join(project.as_str()).join(function.as_str()));
    }

    /// Removes what earlier servers left: staged uploads, trash, and code that belongs to no tag. Blocking.
    pub(super) fn sweep(&self, tags: &HashSet<TagKey>) -> io::Result<()> {
        for folder in [&self.staging, &self.trash] {
            for entry in std::fs::read_dir(folder)? {
                remove_any(&entry?.path());
            }
        }
        for (project, project_path) in subfolders(&self.code)? {
            for (function, function_path) in subfolders(&project_path)? {
                for (tag, tag_path) in subfolders(&function_path)? {
                    let key = (
                        ProjectId::trusted(&*project),
                        FunctionId::trusted(&*function),
                        TagId::trusted(tag),
                    );
                    if !tags.contains(&key) {
                        tracing::info!(folder = %tag_path.display(), "code of no tag is removed");
                        remove_any(&tag_path);
                    }
                }
                // Succeeds only when empty, which is when it should.
                let _ = std::fs::remove_dir(&function_path);
            }
            let _ = std::fs::remove_dir(&project_path);
        }
        Ok(())
    }

    fn folder(&self, (project, function, tag): &TagKey) -> PathBuf {
        self.code
            .join(project.as_str())
            .join(function.as_str())
            .join(tag.as_str())
    }

    fn fresh_name(&self) -> String {
        format!(
            "{}-{}",
            std::process::id(),
            self.next.fetch_add(1, Ordering::Relaxed)
        )
    }

    /// Renames away, which is at once, then removes beside the caller, which may take long.
    fn discard(&self, path: &Path) {
        let trash = self.trash.join(self.fresh_name());
        match std::fs::rename(path, &trash) {
            Ok(()) => {
                // A few thousand files take a while; a thread that outlives its caller may be lost with the
                // process, and then the next start's sweep does it.
                std::thread::spawn(move || remove_any(&trash));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => tracing::error!(%error, path = %path.display(), "cannot remove code"),
        }
    }

    fn usage(&self) -> MutexGuard<'_, Usage> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// An execution runs in a tag's code.
#[derive(Debug)]
pub(super) struct Held<'a> {
    folders: &'a CodeFolders,
    key: TagKey,
}

impl Drop for Held<'_> {
    fn drop(&mut self) {
        let mut all = self.folders.usage();
        let Some(usage) = all.in_use.get_mut(&self.key) else {
            return;
        };
        usage.executions -= 1;
        if usage.executions == 0 && all.in_use.remove(&self.key).is_some_and(|usage| usage.doomed) {
            all.laid_out.remove(&self.key);
            drop(all);
            self.folders.discard(&self.folders.folder(&self.key));
        }
    }
}

fn subfolders(path: &Path) -> io::Result<Vec<(String, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.push((entry.file_name().to_string_lossy().into_owned(), entry.path()));
        }
    }
    Ok(found)
}

/// Removes a file or a folder; a failure is logged, since nobody waits for it.
pub(super) fn remove_any(path: &Path) {
    if let Err(error) = drydock_runtime::remove_tree(path) {
        tracing::error!(%error, path = %path.display(), "cannot remove");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn folders() -> (CodeFolders, tempfile::TempDir) {
        let root = tempfile::tempdir().unwrap();
        let [code, staging, scratch, standby, trash, contents] =
            ["code", "staging", "scratch", "standby", "trash", "contents"].map(|name| {
                let path = root.path().join(name);
                std::fs::create_dir(&path).unwrap();
                path
            });
        (
            CodeFolders::new(&Folders {
                code,
                staging,
                scratch,
                standby,
                trash,
                contents,
            }),
            root,
        )
    }

    fn key(tag: &str) -> TagKey {
        (
            ProjectId::trusted("p"),
            FunctionId::trusted("f"),
            TagId::trusted(tag),
        )
    }

    fn place(folders: &CodeFolders, tag: &str) -> TagKey {
        let staged = folders.staging();
        std::fs::create_dir_all(staged.join("tree")).unwrap();
        folders.place(&staged, &key(tag)).unwrap();
        key(tag)
    }

    #[test]
    fn code_in_use_stays_until_the_last_execution_ends() {
        let (folders, _root) = folders();
        let key = place(&folders, "t");
        let (first, second) = (folders.hold(key.clone()), folders.hold(key.clone()));
        folders.remove(&key);
        drop(first);
        assert!(folders.tree(&key).exists());
        drop(second);
        assert!(!folders.tree(&key).exists());
    }

    #[test]
    fn the_sweep_removes_what_no_tag_owns_and_nothing_else() {
        let (folders, root) = folders();
        let kept = place(&folders, "kept");
        let orphan = place(&folders, "orphan");
        std::fs::write(folders.staging(), b"half an upload").unwrap();
        std::fs::create_dir(root.path().join("trash/old")).unwrap();
        folders.sweep(&[kept.clone()].into()).unwrap();
        assert!(folders.tree(&kept).exists());
        assert!(!folders.tree(&orphan).exists());
        assert_eq!(std::fs::read_dir(root.path().join("staging")).unwrap().count(), 0);
        assert_eq!(std::fs::read_dir(root.path().join("trash")).unwrap().count(), 0);
    }
}
