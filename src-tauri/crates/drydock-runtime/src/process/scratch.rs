//! The scratch folder of one run. Owns: making it fresh. Must not: share it with another run.
//! [`crate::remove_tree`] removes it.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

/// Makes the folder; one that exists belongs to another run and is refused.
pub(super) fn create(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    DirBuilder::new().mode(0o700).create(folder)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_that_exists_is_refused() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(
            create(place.path()).unwrap_err().kind(),
            io::ErrorKind::AlreadyExists
        );
    }
}
