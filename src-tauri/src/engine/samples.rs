//! The sample functions of samples/, put into a folder of the user's, to be changed there.
//!
//! Must not: write into anything that somebody has. A folder is made, or was empty; a file is made, never opened.

use std::ffi::OsStr;
use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use drydock_core::link::MAX_FOLDER_LENGTH;
use drydock_core::{Error, Result};

use super::Engine;

/// One for each language: its name, its file and what is in it.
const SAMPLES: [(&str, &str, &str); 4] = [
    (
        "node",
        "index.js",
        include_str!("../../../samples/node-hello/index.js"),
    ),
    (
        "php",
        "index.php",
        include_str!("../../../samples/php-hello/index.php"),
    ),
    (
        "python",
        "main.py",
        include_str!("../../../samples/python-hello/main.py"),
    ),
    (
        "ruby",
        "main.rb",
        include_str!("../../../samples/ruby-hello/main.rb"),
    ),
];

impl Engine {
    /// Makes a folder with the sample of that language in it; answers its path.
    ///
    /// # Errors
    /// `InvalidParam` for a language without sample, and for a folder that is not new, not empty or ours.
    pub(crate) async fn make_sample(&self, language: &str, folder: String) -> Result<String> {
        let Some((_, file, text)) = SAMPLES.into_iter().find(|(name, ..)| *name == language) else {
            let names = SAMPLES.map(|(name, ..)| name).join(", ");
            return Err(Error::invalid("language", format!("must be one of {names}")));
        };
        let path = checked(&folder)?;
        let ours = self.data_folder();
        tokio::task::spawn_blocking(move || make(&path, &ours, file, text))
            .await
            .map_err(|error| Error::internal(format!("making a sample's folder: {error}")))??;
        Ok(folder)
    }
}

fn refused(rule: impl Into<String>) -> Error {
    Error::invalid("folder", rule)
}

/// The path, if it says where it is from the root on, without a step back up.
fn checked(folder: &str) -> Result<PathBuf> {
    let path = PathBuf::from(folder);
    let is_plain = path.components().all(|part| {
        matches!(
            part,
            Component::RootDir | Component::Prefix(_) | Component::Normal(_)
        )
    });
    if folder.len() > MAX_FOLDER_LENGTH || folder.contains('\0') || !path.is_absolute() || !is_plain {
        return Err(refused(format!(
            "an absolute path without .., of at most {MAX_FOLDER_LENGTH} bytes"
        )));
    }
    if path.parent().is_none() {
        return Err(refused(
            "a folder of its own, which the root of the machine is not",
        ));
    }
    Ok(path)
}

fn make(path: &Path, ours: &Path, file: &str, text: &str) -> Result<()> {
    let trouble = |error: io::Error| refused(format!("a folder that can be made: {error}"));
    // Where it leads, before anything is made there.
    let there = path.ancestors().find(|part| part.exists()).unwrap_or(path);
    let real = fs::canonicalize(there).map_err(trouble)?;
    let ours = fs::canonicalize(ours).unwrap_or_else(|_| ours.to_owned());
    if real.starts_with(&ours) {
        return Err(refused("a folder outside of Drydock's own data folder"));
    }
    fs::create_dir_all(path).map_err(trouble)?;
    if let Some(found) = fs::read_dir(path).map_err(trouble)?.next() {
        let found = found.map_or_else(|_| "something".into(), |entry| entry.file_name());
        let name = Path::new(<OsStr as AsRef<Path>>::as_ref(&found))
            .display()
            .to_string();
        return Err(refused(format!(
            "a new folder or an empty one: there is {name} in it. Link it as it is, or name another"
        )));
    }
    let mut made = OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path.join(file))
        .map_err(trouble)?;
    made.write_all(text.as_bytes()).map_err(trouble)
}
