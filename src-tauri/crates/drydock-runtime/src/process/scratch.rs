//! The scratch folder of one run. Owns: making it fresh and removing it whatever a function did to it.
//! Must not: follow a link out of it.

use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::Path;

/// Makes the folder; one that exists belongs to another run and is refused.
pub(super) fn create(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    DirBuilder::new().mode(0o700).create(folder)
}

/// Removes it with all it holds.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    match fs::remove_dir_all(folder) {
        // A function may have taken its own rights to a folder away; they are ours to give back.
        Err(error) if error.kind() == io::ErrorKind::PermissionDenied => {
            open_up(folder)?;
            fs::remove_dir_all(folder)
        }
        other => other,
    }
}

/// A stack of our own: a function can nest folders deeper than a thread's stack.
fn open_up(folder: &Path) -> io::Result<()> {
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        fs::set_permissions(&folder, Permissions::from_mode(0o700))?;
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            // The type of the entry itself: a link to a folder is not one.
            if entry.file_type()?.is_dir() {
                folders.push(entry.path());
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_without_rights_is_opened_up_and_what_links_point_to_stays() {
        let place = tempfile::tempdir().unwrap();
        let (scratch, outside) = (place.path().join("scratch"), place.path().join("outside"));
        fs::create_dir(&outside).unwrap();
        fs::set_permissions(&outside, Permissions::from_mode(0o755)).unwrap();
        create(&scratch).unwrap();
        fs::create_dir_all(scratch.join("a/b")).unwrap();
        std::os::unix::fs::symlink(&outside, scratch.join("a/link")).unwrap();
        fs::set_permissions(scratch.join("a/b"), Permissions::from_mode(0o000)).unwrap();

        open_up(&scratch).unwrap();
        assert_eq!(
            fs::metadata(scratch.join("a/b")).unwrap().permissions().mode() & 0o777,
            0o700
        );
        assert_eq!(
            fs::metadata(&outside).unwrap().permissions().mode() & 0o777,
            0o755
        );

        remove(&scratch).unwrap();
        assert!(!scratch.exists() && outside.exists());
    }

    #[test]
    fn a_folder_that_exists_is_refused() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(
            create(place.path()).unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
    }
}
