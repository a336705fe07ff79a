//! Where the top of an archive is.
//!
//! Owns: the contract's rule for leading folders. Must not: look at anything but names and kinds.
//! `./a` lands as `a` and nothing more is dropped; `dir/a`, where all lies in `dir`, lands as `a`; a flat
//! archive is kept as it is.

use std::os::unix::ffi::OsStrExt;
use std::path::{Component, Path, PathBuf};

use super::listing::{Kind, Listed};

/// Whether the first folder of every name is dropped (the `.` of `./a` is gone in any case).
pub(super) fn drops_top_folder(list: &[Listed]) -> bool {
    let mut top: Option<Component<'_>> = None;
    let mut something_inside = false;
    for Listed { name, kind } in list {
        if *kind == Kind::Metadata || is_apple_double(&name.path) {
            continue;
        }
        if name.dotted {
            return false;
        }
        let mut components = name.path.components();
        let first = components.next();
        let inside = components.next().is_some();
        let flat = !inside && *kind != Kind::Folder;
        if flat || top.is_some_and(|top| Some(top) != first) {
            return false;
        }
        top = first;
        something_inside |= inside;
    }
    something_inside
}

/// macOS packs the attributes of `dir` as a file `._dir` beside it: about the folder, not in the archive.
fn is_apple_double(path: &Path) -> bool {
    path.as_os_str().as_bytes().starts_with(b"._") && path.components().nth(1).is_none()
}

/// The path without its first folder; nothing is left of the top folder itself.
pub(super) fn without_top(path: &Path) -> PathBuf {
    let mut components = path.components();
    components.next();
    components.as_path().to_owned()
}

#[cfg(test)]
mod tests {
    use super::super::listing::Name;
    use super::*;

    fn drops(names: &[&str]) -> bool {
        let list: Vec<_> = names
            .iter()
            .map(|name| Listed {
                name: Name {
                    path: name.trim_start_matches("./").trim_end_matches('/').into(),
                    dotted: name.starts_with('.') && !name.starts_with("._"),
                },
                kind: if name.ends_with('/') {
                    Kind::Folder
                } else {
                    Kind::File {
                        executable: false,
                        size_bytes: 1,
                    }
                },
            })
            .collect();
        drops_top_folder(&list)
    }

    #[test]
    fn only_a_single_common_top_folder_is_dropped() {
        assert!(drops(&["dir/", "dir/a", "dir/b/c"]));
        assert!(drops(&["dir/a"]));
        assert!(drops(&["dir/a", "dir/"]));
        assert!(!drops(&["a"]));
        assert!(!drops(&["a", "b"]));
        assert!(!drops(&["dir/a", "b"]));
        assert!(!drops(&["dir/a", "other/b"]));
        assert!(!drops(&["dir/"]));
        assert!(!drops(&["dir", "dir/a"]));
        assert!(!drops(&[]));
    }

    #[test]
    fn with_a_dot_in_front_nothing_more_is_dropped() {
        assert!(!drops(&["./", "./a"]));
        assert!(!drops(&["./dir/", "./dir/a"]));
        assert!(!drops(&["dir/a", "./dir/b"]));
    }

    #[test]
    fn what_macos_adds_beside_the_top_folder_does_not_count() {
        assert!(drops(&["._dir", "dir/", "dir/._a", "dir/a"]));
    }
}
