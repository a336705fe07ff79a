//! Code as it lies in a folder or in a tag's archive, to be compared.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use flate2::read::GzDecoder;
use tar::EntryType;

/// What lies at a path.
#[derive(Clone, PartialEq, Eq)]
pub(crate) enum Thing {
    File { bytes: Vec<u8>, executable: bool },
    Folder,
    Link(PathBuf),
}

impl Thing {
    /// A file that nobody runs.
    pub(crate) fn text(text: &str) -> Self {
        Self::File {
            bytes: text.into(),
            executable: false,
        }
    }
}

impl fmt::Debug for Thing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { bytes, executable } => {
                let start = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
                let mark = if *executable { "program" } else { "file" };
                write!(f, "{mark} of {} bytes {start:?}", bytes.len())
            }
            Self::Folder => f.write_str("folder"),
            Self::Link(target) => write!(f, "link to {}", target.display()),
        }
    }
}

/// All of it, by path.
pub(crate) type Code = BTreeMap<PathBuf, Thing>;

/// What lies in a folder, without what `is_left_out` names by its path from there.
pub(crate) fn in_folder(folder: &Path, is_left_out: &dyn Fn(&Path) -> bool) -> Code {
    let mut code = Code::new();
    walk(folder, Path::new(""), is_left_out, &mut code);
    code
}

fn walk(root: &Path, inside: &Path, is_left_out: &dyn Fn(&Path) -> bool, code: &mut Code) {
    for entry in fs::read_dir(root.join(inside)).unwrap() {
        let entry = entry.unwrap();
        let inside = inside.join(entry.file_name());
        if is_left_out(&inside) {
            continue;
        }
        let metadata = entry.metadata().unwrap();
        let thing = if metadata.is_dir() {
            walk(root, &inside, is_left_out, code);
            Thing::Folder
        } else if metadata.is_symlink() {
            Thing::Link(fs::read_link(entry.path()).unwrap())
        } else {
            Thing::File {
                bytes: fs::read(entry.path()).unwrap(),
                executable: metadata.permissions().mode() & 0o111 != 0,
            }
        };
        code.insert(inside, thing);
    }
}

/// What an archive unpacks to, without the one folder that holds everything.
pub(crate) fn in_archive(bytes: &[u8]) -> Code {
    let mut archive = tar::Archive::new(GzDecoder::new(bytes));
    let mut code = Code::new();
    for entry in archive.entries().unwrap() {
        let mut entry = entry.unwrap();
        let path: PathBuf = entry.path().unwrap().components().skip(1).collect();
        let thing = match entry.header().entry_type() {
            EntryType::Directory => Thing::Folder,
            EntryType::Symlink => Thing::Link(entry.link_name().unwrap().unwrap().into_owned()),
            EntryType::Regular => {
                let mut bytes = Vec::new();
                entry.read_to_end(&mut bytes).unwrap();
                Thing::File {
                    bytes,
                    executable: entry.header().mode().unwrap() & 0o111 != 0,
                }
            }
            other => panic!("{other:?} in an archive"),
        };
        assert!(
            code.insert(path, thing).is_none(),
            "an archive names nothing twice"
        );
    }
    code
}

/// What differs, in words; nothing where nothing does.
pub(crate) fn difference(expected: &Code, found: &Code) -> Vec<String> {
    let paths = expected.keys().chain(found.keys());
    let mut differing: Vec<&PathBuf> = paths
        .filter(|path| expected.get(*path) != found.get(*path))
        .collect();
    differing.sort();
    differing.dedup();
    differing
        .into_iter()
        .map(|path| {
            let (expected, found) = (expected.get(path), found.get(path));
            format!("{}: expected {expected:?}, found {found:?}", path.display())
        })
        .collect()
}

/// A name that is no UTF-8.
pub(crate) fn raw_name(bytes: &[u8]) -> OsString {
    std::os::unix::ffi::OsStringExt::from_vec(bytes.to_vec())
}
