//! Removing folders that a function wrote to.
//!
//! Owns: removing them whatever was done to them: rights taken away, folders nested by the thousand, links.
//! Must not: follow a link, also not one that appears meanwhile, so every step goes through an open folder.
//! `std::fs::remove_dir_all` keeps one file open and one call on the stack per level, and a function can make
//! more levels than there are files or stack; so here whatever is deeper than one level is moved up first.

use std::ffi::CStr;
use std::fs;
use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::path::Path;

use nix::dir::{Dir, Type};
use nix::errno::Errno;
use nix::fcntl::{AT_FDCWD, OFlag, openat, renameat};
use nix::sys::stat::{FchmodatFlags, Mode, fchmod, fchmodat};
use nix::unistd::{UnlinkatFlags, unlinkat};

/// One round takes one level off, in 0.3 to 0.7 ms where the level is a single folder; so this many end within
/// some minute. More levels, or a process that keeps making new ones, are left to a further call.
const MAX_ROUNDS: u32 = 100_000;

/// Removes `path` with all it holds. Folders without rights are opened up; links go, what they point to
/// stays, also where `path` itself is one. Blocking. A path that is not there is fine.
///
/// # Errors
/// What the system says: of a file or folder that belongs to another user, or of one that appeared
/// meanwhile. A part is gone then, and a second call goes on with the rest.
pub fn remove_tree(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(error),
        Ok(metadata) if !metadata.is_dir() => return fs::remove_file(path),
        Ok(_) => {}
    }
    let top = open(AT_FDCWD, path)?;
    let mut mover = Mover {
        top: top.as_fd(),
        moved: 0,
    };
    for _ in 0..MAX_ROUNDS {
        let moved_before = mover.moved;
        each(top.as_fd(), |name, kind| mover.remove_at_top(name, kind))?;
        if mover.moved == moved_before {
            return fs::remove_dir(path);
        }
    }
    Err(io::Error::other(format!(
        "it still holds folders after {MAX_ROUNDS} levels were removed"
    )))
}

/// Empties the top folder; everything deeper passes through it.
struct Mover<'a> {
    top: BorrowedFd<'a>,
    /// How many folders were given a new name.
    moved: u64,
}

impl Mover<'_> {
    /// Removes an entry of the top folder, with its files; its folders are put beside it.
    fn remove_at_top(&mut self, name: &CStr, kind: Option<Type>) -> nix::Result<()> {
        if removed_as_file(self.top, name, kind)? {
            return Ok(());
        }
        let folder = open(self.top, name)?;
        each(folder.as_fd(), |name, kind| {
            if removed_as_file(folder.as_fd(), name, kind)? {
                return Ok(());
            }
            match unlinkat(&folder, name, UnlinkatFlags::RemoveDir) {
                Err(Errno::ENOTEMPTY | Errno::EEXIST) => self.move_up(folder.as_fd(), name),
                other => gone(other),
            }
        })?;
        gone(unlinkat(self.top, name, UnlinkatFlags::RemoveDir))
    }

    fn move_up(&mut self, folder: BorrowedFd<'_>, name: &CStr) -> nix::Result<()> {
        let mut opened_up = false;
        loop {
            match renameat(folder, name, self.top, format!("moved-{}", self.moved).as_str()) {
                // Moving a folder changes its `..`, for which its own rights count.
                Err(Errno::EACCES) if !opened_up => {
                    open_up(folder, name)?;
                    opened_up = true;
                }
                // The name is taken, by as many entries at most as the top folder had.
                Err(Errno::ENOTEMPTY | Errno::EEXIST | Errno::ENOTDIR) => self.moved += 1,
                other => {
                    self.moved += 1;
                    return gone(other);
                }
            }
        }
    }
}

/// Calls `act` for each entry of `folder`.
fn each(
    folder: BorrowedFd<'_>,
    mut act: impl FnMut(&CStr, Option<Type>) -> nix::Result<()>,
) -> nix::Result<()> {
    // Opened anew, since reading moves a place that copies of a descriptor share.
    for entry in Dir::from_fd(open(folder, c".")?)? {
        let entry = entry?;
        if ![c".", c".."].contains(&entry.file_name()) {
            act(entry.file_name(), entry.file_type())?;
        }
    }
    Ok(())
}

/// Removes what is no folder; false for a folder.
fn removed_as_file(folder: BorrowedFd<'_>, name: &CStr, kind: Option<Type>) -> nix::Result<bool> {
    if kind == Some(Type::Directory) {
        return Ok(false);
    }
    match unlinkat(folder, name, UnlinkatFlags::NoRemoveDir) {
        // Some file systems do not tell the type; EPERM is what macOS says of a folder.
        Err(Errno::EISDIR | Errno::EPERM) if kind.is_none() => Ok(false),
        other => gone(other).map(|()| true),
    }
}

/// Opens a folder, and has it ours to change.
fn open<P: ?Sized + nix::NixPath>(at: BorrowedFd<'_>, name: &P) -> nix::Result<OwnedFd> {
    let open = || {
        let flags = OFlag::O_RDONLY | OFlag::O_DIRECTORY | OFlag::O_NOFOLLOW | OFlag::O_CLOEXEC;
        openat(at, name, flags, Mode::empty())
    };
    let folder = match open() {
        Err(Errno::EACCES) => {
            open_up(at, name)?;
            open()?
        }
        other => other?,
    };
    // Fails for a folder of another user's; whether it may be changed all the same, the next step tells.
    let _ = fchmod(&folder, Mode::S_IRWXU);
    Ok(folder)
}

fn open_up<P: ?Sized + nix::NixPath>(at: BorrowedFd<'_>, name: &P) -> nix::Result<()> {
    fchmodat(at, name, Mode::S_IRWXU, FchmodatFlags::NoFollowSymlink)
}

/// What is not there need not be removed.
fn gone(result: nix::Result<()>) -> nix::Result<()> {
    match result {
        Err(Errno::ENOENT) => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::{PermissionsExt, symlink};

    use super::*;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    #[test]
    fn folders_without_rights_go_and_what_links_point_to_stays_as_it_is() {
        let place = tempfile::tempdir().unwrap();
        let (tree, outside) = (place.path().join("tree"), place.path().join("outside"));
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("file"), "theirs").unwrap();
        fs::set_permissions(&outside, Permissions::from_mode(0o755)).unwrap();
        fs::create_dir_all(tree.join("a/b/c/d")).unwrap();
        fs::create_dir_all(tree.join("a/empty")).unwrap();
        fs::write(tree.join("a/b/c/file"), "x").unwrap();
        for folder in [&tree, &tree.join("a"), &tree.join("a/b/c")] {
            symlink(&outside, folder.join("folder-link")).unwrap();
            symlink(outside.join("file"), folder.join("file-link")).unwrap();
        }
        for folder in ["a/empty", "a/b/c/d", "a/b/c", "a/b", "a", ""] {
            fs::set_permissions(tree.join(folder), Permissions::from_mode(0o000)).unwrap();
        }
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
        assert_eq!(fs::read_to_string(outside.join("file")).unwrap(), "theirs");
        assert_eq!(mode(&outside), 0o755);
    }

    #[test]
    fn a_closed_folder_is_opened_up_and_a_link_to_one_is_not() {
        let place = tempfile::tempdir().unwrap();
        let (closed, outside, link) = (
            place.path().join("closed"),
            place.path().join("outside"),
            place.path().join("link"),
        );
        fs::create_dir(&closed).unwrap();
        fs::create_dir(&outside).unwrap();
        symlink(&outside, &link).unwrap();
        for folder in [&closed, &outside] {
            fs::set_permissions(folder, Permissions::from_mode(0o050)).unwrap();
        }
        // Also where the tests' user may do everything, and nothing is ever refused.
        open_up(AT_FDCWD, &closed).unwrap();
        assert_eq!(mode(&closed), 0o700);
        open_up(AT_FDCWD, &link).unwrap_err();
        open(AT_FDCWD, &link).unwrap_err();
        assert_eq!(mode(&outside), 0o050);
    }

    #[test]
    fn a_link_goes_itself_and_a_path_that_is_not_there_is_fine() {
        let place = tempfile::tempdir().unwrap();
        let (link, outside) = (place.path().join("link"), place.path().join("outside"));
        fs::create_dir(&outside).unwrap();
        fs::write(outside.join("file"), "theirs").unwrap();
        symlink(&outside, &link).unwrap();
        remove_tree(&link).unwrap();
        assert!(fs::symlink_metadata(&link).is_err() && outside.join("file").exists());
        remove_tree(&link).unwrap();
        remove_tree(&place.path().join("no/such/folder")).unwrap();
    }

    #[test]
    fn names_that_are_taken_at_the_top_do_not_stop_it() {
        let place = tempfile::tempdir().unwrap();
        let tree = place.path().join("tree");
        for folder in ["a/b/c", "moved-0/x/y", "moved-1/x/y", "z/moved-3/x/y"] {
            fs::create_dir_all(tree.join(folder)).unwrap();
        }
        fs::write(tree.join("moved-2"), "x").unwrap();
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
    }

    #[test]
    fn folders_nested_deeper_than_any_path_files_or_stack_go() {
        // Beyond the longest path (4096 bytes) and the usual limit of open files (1024).
        const LEVELS: usize = 3000;
        let place = tempfile::tempdir().unwrap();
        let tree = place.path().join("tree");
        fs::create_dir(&tree).unwrap();
        let mut here = open(AT_FDCWD, &tree).unwrap();
        for _ in 0..LEVELS {
            nix::sys::stat::mkdirat(&here, "a", Mode::S_IRWXU).unwrap();
            here = open(here.as_fd(), "a").unwrap();
        }
        drop(here);
        remove_tree(&tree).unwrap();
        assert!(!tree.exists());
    }
}
