//! A tree as files on the disk, where a function is run in it.
//!
//! Owns: making a folder from what is in a tree, and from one tree the next by what differs. Must not: know which
//! folders are in use; whoever calls has this one to itself. Files are links to the contents where that is safe and
//! possible, so that a folder costs its directories alone.

use std::fs;
use std::io;
use std::path::Path;

use crate::content::{ContentId, Contents};
use crate::tree::{Change, Node, Side};

/// From so many files on, more than one thread makes them.
const MANY: usize = 500;
/// More threads than this wait for the file system together.
const MAX_THREADS: usize = 4;

/// How files come into a layout.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// Linked, for functions that cannot write to their code. A copy where the file system has no more links.
    Link,
    /// Copied, where a function could write through a link into the store. Where the file system shares blocks, so
    /// does the copy.
    Copy,
}

/// Makes `folder`, which holds the tree before `changes`, hold the one after. Blocking. After a failure it holds
/// neither.
pub fn apply(contents: &Contents, folder: &Path, changes: &[Change], sharing: Sharing) -> io::Result<()> {
    let mut sorted: Vec<&Change> = changes.iter().collect();
    sorted.sort_by(|one, another| one.path.cmp(&another.path));
    // What is in a directory goes before it.
    for change in sorted.iter().rev() {
        match change.before {
            None => {}
            Some(Side::Leaf(_)) => remove_file(&folder.join(&change.path))?,
            Some(Side::Directory) => remove_directory(&folder.join(&change.path))?,
        }
    }
    let (directories, leaves): (Vec<_>, Vec<_>) = sorted
        .into_iter()
        .partition(|change| change.after == Some(Side::Directory));
    for change in directories {
        make_directory(&folder.join(&change.path))?;
    }
    let put = |part: &[&Change]| {
        part.iter()
            .try_for_each(|change| put(contents, folder, change, sharing))
    };
    if leaves.len() < MANY {
        return put(&leaves);
    }
    // Neighbours together: threads that write into one directory wait for each other.
    let threads = std::thread::available_parallelism()
        .map_or(1, usize::from)
        .min(MAX_THREADS);
    let parts = leaves.chunks(leaves.len().div_ceil(threads));
    std::thread::scope(|scope| {
        let working: Vec<_> = parts.map(|part| scope.spawn(move || put(part))).collect();
        working.into_iter().try_for_each(|thread| match thread.join() {
            Ok(put) => put,
            Err(_) => Err(io::Error::other("laying out broke off")),
        })
    })
}

fn put(contents: &Contents, folder: &Path, change: &Change, sharing: Sharing) -> io::Result<()> {
    let path = folder.join(&change.path);
    match &change.after {
        None | Some(Side::Directory) => Ok(()),
        Some(Side::Leaf(Node::File { content, .. })) => place(contents, content, &path, sharing),
        Some(Side::Leaf(Node::Link { target })) => make_link(target, &path),
        Some(Side::Leaf(Node::Directory { .. })) => Err(io::Error::other("a directory is no file")),
    }
}

/// Makes the folder that [`apply`] starts from. Blocking.
pub fn make_directory(path: &Path) -> io::Result<()> {
    fs::create_dir(path)?;
    // Whatever this process's mask: a function may run as another user.
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        if fs::metadata(path)?.permissions().mode() & 0o777 != 0o755 {
            fs::set_permissions(path, fs::Permissions::from_mode(0o755))?;
        }
    }
    Ok(())
}

/// A function that may write to its code may have been faster.
fn remove_file(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// A function that may write to its code may have put something in.
fn remove_directory(path: &Path) -> io::Result<()> {
    match fs::remove_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::DirectoryNotEmpty => fs::remove_dir_all(path),
        removed => removed,
    }
}

fn place(contents: &Contents, content: &ContentId, path: &Path, sharing: Sharing) -> io::Result<()> {
    let source = contents.path(content);
    if sharing == Sharing::Link {
        match fs::hard_link(&source, path) {
            Ok(()) => return Ok(()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Err(error),
            // No more links to this file, or none on this file system.
            Err(_) => {}
        }
    }
    // Its mode comes along.
    fs::copy(&source, path).map(drop)
}

#[cfg(unix)]
fn make_link(target: &Path, path: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, path)
}

#[cfg(not(unix))]
fn make_link(_target: &Path, path: &Path) -> io::Result<()> {
    Err(io::Error::new(
        io::ErrorKind::Unsupported,
        format!(
            "{} is a symbolic link, which are not made on this system",
            path.display()
        ),
    ))
}

#[cfg(all(test, unix))]
#[allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use std::os::unix::fs::MetadataExt as _;
    use std::path::PathBuf;

    use super::*;

    struct Bench {
        place: tempfile::TempDir,
        contents: Contents,
    }

    impl Bench {
        fn new() -> Self {
            let place = tempfile::tempdir().unwrap();
            let contents = Contents::open(place.path().join("content")).unwrap();
            make_directory(&place.path().join("tree")).unwrap();
            Self { place, contents }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.place.path().join("tree").join(name)
        }

        #[allow(clippy::unnecessary_wraps, reason = "as it stands in a change")]
        fn file(&self, text: &str) -> Option<Side> {
            let (content, size_bytes) = self.contents.keep(&mut text.as_bytes(), 0, false).unwrap();
            Some(Side::Leaf(Node::File { content, size_bytes }))
        }

        fn apply(&self, changes: &[(&str, Option<Side>, Option<Side>)], sharing: Sharing) {
            let changes: Vec<_> = changes
                .iter()
                .map(|(path, before, after)| Change {
                    path: path.into(),
                    before: before.clone(),
                    after: after.clone(),
                })
                .collect();
            apply(&self.contents, &self.place.path().join("tree"), &changes, sharing).unwrap();
        }
    }

    #[test]
    fn a_tree_is_laid_out_and_becomes_the_next_one() {
        let bench = Bench::new();
        let (one, two) = (bench.file("one"), bench.file("two"));
        let link = Some(Side::Leaf(Node::Link { target: "a/x".into() }));
        let folder = Some(Side::Directory);
        bench.apply(
            &[
                ("a", None, folder.clone()),
                ("a/x", None, one.clone()),
                ("a/y", None, one.clone()),
                ("b", None, two.clone()),
                ("c", None, link.clone()),
            ],
            Sharing::Link,
        );
        assert_eq!(fs::read_to_string(bench.path("c")).unwrap(), "one");
        let same = [bench.path("a/x"), bench.path("a/y")].map(|path| fs::metadata(path).unwrap().ino());
        assert_eq!(same[0], same[1]);
        bench.apply(
            &[
                ("a", folder.clone(), two.clone()),
                ("a/x", one.clone(), None),
                ("a/y", one.clone(), None),
                ("b", two.clone(), folder),
                ("b/z", None, one.clone()),
                ("c", link, one),
            ],
            Sharing::Link,
        );
        assert_eq!(fs::read_to_string(bench.path("a")).unwrap(), "two");
        assert_eq!(fs::read_to_string(bench.path("b/z")).unwrap(), "one");
        assert!(fs::symlink_metadata(bench.path("c")).unwrap().is_file());
    }

    #[test]
    fn a_copy_shares_no_file_with_the_store() {
        let bench = Bench::new();
        let one = bench.file("one");
        bench.apply(&[("a", None, one.clone()), ("b", None, one)], Sharing::Copy);
        let look = |name| fs::metadata(bench.path(name)).unwrap();
        assert_ne!(look("a").ino(), look("b").ino());
        assert_eq!((look("a").nlink(), look("a").mode() & 0o777), (1, 0o444));
    }

    #[test]
    fn a_content_that_is_gone_is_an_error() {
        let bench = Bench::new();
        let Some(Side::Leaf(Node::File { content, .. })) = bench.file("one") else {
            panic!("it is a file");
        };
        fs::remove_file(bench.contents.path(&content)).unwrap();
        let change = Change {
            path: "a".into(),
            before: None,
            after: Some(Side::Leaf(Node::File {
                content,
                size_bytes: 3,
            })),
        };
        for sharing in [Sharing::Link, Sharing::Copy] {
            let failed = apply(
                &bench.contents,
                &bench.place.path().join("tree"),
                std::slice::from_ref(&change),
                sharing,
            );
            assert_eq!(failed.unwrap_err().kind(), io::ErrorKind::NotFound);
        }
    }
}
