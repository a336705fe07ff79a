//! Finding files that look like interpreters.
//!
//! Owns: reading the folders of a search path, and the layouts of version managers. Must not: run what it
//! finds. A folder called `shims` holds a version manager's stand-ins: one per language is asked, and the
//! versions that it manages are found beside it, so that a declared version is served exactly.

use std::collections::HashSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::known::{self, FAMILIES, Family};

/// More interpreters than any machine has; a search path full of odd folders ends here.
const MAX_CANDIDATES: usize = 64;

/// A file that may be an interpreter.
#[derive(Debug, Clone)]
pub(super) struct Candidate {
    pub(super) family: &'static Family,
    pub(super) path: PathBuf,
    /// Where its place tells it: then it need not be asked, which for ten installed versions takes half a
    /// second of the start.
    pub(super) version: Option<String>,
}

/// All files worth asking, in the order of `search_path`; of several names of one file the first.
pub(super) fn candidates(search_path: &OsStr) -> Vec<Candidate> {
    let mut found = Found {
        seen: HashSet::new(),
        candidates: Vec::new(),
    };
    let mut managed = Vec::new();
    for folder in std::env::split_paths(search_path).filter(|folder| folder.is_absolute()) {
        if folder.file_name().is_some_and(|name| name == "shims") {
            found.add_shims(&folder);
            managed.extend(folder.parent().map(managed_folders).unwrap_or_default());
        } else {
            found.add_folder(&folder, None);
        }
    }
    for folder in managed {
        found.add_folder(&folder, version_of_folder(&folder).as_deref());
    }
    found.candidates.truncate(MAX_CANDIDATES);
    found.candidates
}

struct Found {
    seen: HashSet<PathBuf>,
    candidates: Vec<Candidate>,
}

impl Found {
    /// Every program of a known family, by plain names first and then by names with versions.
    fn add_folder(&mut self, folder: &Path, version: Option<&str>) {
        let Ok(entries) = fs::read_dir(folder) else { return };
        let mut programs: Vec<_> = entries
            .flatten()
            .filter_map(|entry| {
                let name = entry.file_name().into_string().ok()?;
                let family = known::family_of_program(&name)?;
                let rank = family
                    .programs
                    .iter()
                    .position(|program| *program == name)
                    .unwrap_or(usize::MAX);
                Some((rank, name, family))
            })
            .collect();
        programs.sort_by(|left, right| (left.0, &left.1).cmp(&(right.0, &right.1)));
        for (_, name, family) in programs {
            self.add(family, folder.join(name), version);
        }
    }

    fn add_shims(&mut self, folder: &Path) {
        for family in FAMILIES {
            let shim = family
                .programs
                .iter()
                .map(|program| folder.join(program))
                .find(|shim| is_program(shim));
            if let Some(shim) = shim {
                self.add(family, shim, None);
            }
        }
    }

    fn add(&mut self, family: &'static Family, path: PathBuf, version: Option<&str>) {
        let Ok(real) = fs::canonicalize(&path) else { return };
        // A manager's shims may all be links to the manager itself: those are told apart by their names.
        let same = if known_by_its_name(&real) {
            real
        } else {
            path.clone()
        };
        if is_program(&path) && self.seen.insert(same) {
            let version = version.map(str::to_owned);
            self.candidates.push(Candidate {
                family,
                path,
                version,
            });
        }
    }
}

fn known_by_its_name(path: &Path) -> bool {
    path.file_name()
        .and_then(OsStr::to_str)
        .is_some_and(|name| known::family_of_program(name).is_some())
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

/// The folders with the real binaries of the version manager in `root`: `versions/3.12.1/bin` (pyenv,
/// rbenv), `installs/node/22.1.0/bin` (asdf, mise). Newest first by name, so that a cut loses old ones.
fn managed_folders(root: &Path) -> Vec<PathBuf> {
    let versions = sub_folders(&root.join("versions"));
    let installs = sub_folders(&root.join("installs"))
        .into_iter()
        .flat_map(|tool| sub_folders(&tool));
    let mut folders: Vec<_> = versions
        .into_iter()
        .chain(installs)
        .map(|version| version.join("bin"))
        .collect();
    folders.sort();
    folders.reverse();
    folders
}

/// The version in `…/3.12.1/bin`; a manager's other names (`graalvm-22`, `3.13.0t`) tell none for sure.
fn version_of_folder(bin: &Path) -> Option<String> {
    let name = bin.parent()?.file_name()?.to_str()?;
    let numbers = name
        .split('.')
        .all(|number| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit()));
    (numbers && name.split('.').count() == 3).then(|| name.to_owned())
}

fn sub_folders(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else {
        return Vec::new();
    };
    // A link is another name of a version (`3.12` of `3.12.1`), which is listed itself.
    let folders = entries
        .flatten()
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()));
    folders.map(|entry| entry.path()).collect()
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    fn program(path: &Path) {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "#!/bin/sh\n").unwrap();
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn shims_are_asked_once_per_language_and_their_versions_are_found_beside_them() {
        let place = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(place.path()).unwrap();
        for shim in ["python", "python3", "python3.12", "pip"] {
            program(&root.join("pyenv/shims").join(shim));
        }
        program(&root.join("pyenv/versions/3.12.1/bin/python3.12"));
        symlink("python3.12", root.join("pyenv/versions/3.12.1/bin/python3")).unwrap();
        symlink("3.12.1", root.join("pyenv/versions/3.12")).unwrap();
        program(&root.join("bin/node"));
        fs::write(root.join("bin/ruby"), "not executable").unwrap();
        let search_path =
            std::env::join_paths([root.join("pyenv/shims"), root.join("bin"), "relative".into()]).unwrap();

        let found: Vec<_> = candidates(&search_path)
            .into_iter()
            .map(|found| (found.path, found.version))
            .collect();
        let expected = [
            (root.join("pyenv/shims/python3"), None),
            (root.join("bin/node"), None),
            (
                root.join("pyenv/versions/3.12.1/bin/python3"),
                Some("3.12.1".to_owned()),
            ),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn links_to_one_manager_are_different_interpreters() {
        let place = tempfile::tempdir().unwrap();
        let root = fs::canonicalize(place.path()).unwrap();
        program(&root.join("volta-shim"));
        fs::create_dir(root.join("bin")).unwrap();
        for name in ["node", "deno"] {
            symlink("../volta-shim", root.join("bin").join(name)).unwrap();
        }
        let families: Vec<_> = candidates(root.join("bin").as_os_str())
            .iter()
            .map(|found| found.family.name)
            .collect();
        assert_eq!(families.len(), 2);
    }
}
