//! Folders to be linked, with what a test wants in them.

use std::fs;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

/// A folder named `hello`.
pub(crate) struct Code {
    place: TempDir,
}

impl Code {
    /// With these files.
    pub(crate) fn of(files: &[(&str, &str)]) -> Self {
        let code = Self {
            place: TempDir::new().unwrap(),
        };
        fs::create_dir(code.path()).unwrap();
        for (name, text) in files {
            code.write(name, text);
        }
        code
    }

    /// Where it is.
    pub(crate) fn path(&self) -> PathBuf {
        self.place.path().join("hello")
    }

    /// The same, as text.
    pub(crate) fn name(&self) -> String {
        self.path().to_str().unwrap().to_owned()
    }

    /// Something beside it.
    pub(crate) fn beside(&self, name: &str) -> PathBuf {
        self.place.path().join(name)
    }

    /// Saves a file.
    pub(crate) fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
        fs::write(path, text).unwrap();
    }
}
