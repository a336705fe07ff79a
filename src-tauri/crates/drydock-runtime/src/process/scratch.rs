//! The scratch folder of one run. Owns: making it fresh, and removing it. Must not: share it with another run.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;

use crate::remove_tree;
use crate::sandbox::{Confinement, Level};

/// Makes the folder; one that exists belongs to another run and is refused.
pub(super) fn create(folder: &Path) -> io::Result<()> {
    if let Some(parent) = folder.parent() {
        fs::create_dir_all(parent)?;
    }
    DirBuilder::new().mode(0o700).create(folder)
}

/// Removes what a run had, if it had a folder at all. A daemon that escaped may write on; then it fails, and says
/// so.
pub(super) async fn remove(confinement: &Confinement) {
    if confinement.level == Level::Full {
        return;
    }
    let folder = confinement.scratch.clone();
    let removed = tokio::task::spawn_blocking(move || (remove_tree(&folder), folder)).await;
    if let Ok((Err(error), folder)) = removed {
        tracing::warn!(folder = %folder.display(), %error, "a scratch folder could not be removed");
    }
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
