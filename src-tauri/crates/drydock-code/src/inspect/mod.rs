//! What a folder holds: which functions, and how each would be run.
//!
//! Owns: finding that out from `appwrite.json` (`declared`), or from the files alone (`guess`, `package_json`), saying
//! why for each guess and what is missing where there is none (`unclear`), and reading a `.env` file (`env_file`).
//! Must not: write, run anything, make a function, or know which interpreters are installed: whoever asks has a
//! language, and chooses among them.
//! Blocking: it asks the file system.

mod declared;
mod env_file;
mod guess;
mod json;
mod package_json;
#[cfg(test)]
mod tests;
mod unclear;

use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use drydock_core::event_name::EventName;
use drydock_core::function::Vars;
use drydock_core::id::{FunctionId, MAX_ID_LENGTH};
use drydock_core::runtime::Runtime;

pub use env_file::{EnvError, read_env};

/// The largest file that is read here; an `appwrite.json` with hundreds of collections has a tenth of that.
const MAX_FILE_BYTES: u64 = 4 << 20;

/// The file whose variables can be imported.
const ENV_FILE: &str = ".env";

/// What a folder holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// A real path: no part of it is a link.
    pub folder: PathBuf,
    /// The `appwrite.json` that says so, where there is one.
    pub declared_in: Option<PathBuf>,
    /// The Appwrite project that it is of.
    pub project_id: Option<String>,
    /// At least one: those that are declared, else the folder itself.
    pub functions: Vec<Wish>,
    /// What a user should know, a sentence each: declared things that mean nothing here.
    pub notices: Vec<String>,
}

/// A function as the folder wishes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// As declared; a folder alone has none.
    pub id: Option<FunctionId>,
    /// As declared, else the folder's.
    pub name: String,
    /// Where its code is. A real path.
    pub folder: PathBuf,
    /// The family of its runtime, such as `node`.
    pub language: Option<Guess>,
    /// The declared runtime, where it is one of ours.
    pub runtime: Option<&'static Runtime>,
    /// What runs it, split as a tag's command is.
    pub command: Option<Guess>,
    /// Where language or command is not known: what was looked for, and the mend. Sentences.
    pub unclear: Option<String>,
    /// Patterns of files that are no part of its code.
    pub ignore: Vec<String>,
    /// Its variables.
    pub vars: Vars,
    /// Who may execute it, in the words of 0.12; `None` where it is not said.
    pub execute: Option<Vec<String>>,
    /// The events that it listens to, without those that are none of ours.
    pub events: Vec<EventName>,
    /// CRON, as written.
    pub schedule: Option<String>,
    /// As declared.
    pub timeout_secs: Option<u32>,
    /// Whether a `.env` file is there, whose variables could be imported.
    pub has_env: bool,
}

impl Wish {
    /// An id that says its name, for a function that has none: its letters and digits with hyphens between. `None` where
    /// nothing is left of the name.
    pub fn suggested_id(&self) -> Option<FunctionId> {
        let words = self
            .name
            .split(|character: char| !character.is_ascii_alphanumeric());
        let words: Vec<_> = words.filter(|word| !word.is_empty()).collect();
        let id: String = words
            .join("-")
            .to_ascii_lowercase()
            .chars()
            .take(MAX_ID_LENGTH)
            .collect();
        FunctionId::parse("id", id.trim_end_matches('-')).ok()
    }
}

/// Something that was found out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Guess {
    /// What.
    pub value: String,
    /// From what, to be said aloud: `the file main.py`, `main in package.json`.
    pub why: String,
}

/// Why it cannot be said what a folder holds.
#[derive(Debug, thiserror::Error)]
pub enum InspectError {
    /// There is none.
    #[error("the folder {} is not there", .0.display())]
    Missing(PathBuf),
    /// It is something else.
    #[error("{} is not a folder", .0.display())]
    NotAFolder(PathBuf),
    /// It, or a file in it, cannot be read.
    #[error("{} cannot be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, io::Error),
    /// A file is no JSON.
    #[error("{} is not JSON: {}", .0.display(), .1)]
    NotJson(PathBuf, String),
    /// A key has a value that means nothing.
    #[error("{}: {} must be {}", .file.display(), .key, .rule)]
    Wrong {
        /// Where.
        file: PathBuf,
        /// As it would be written in JavaScript: `functions[1].timeout`.
        key: String,
        /// What it must be.
        rule: String,
    },
    /// A declared folder is not inside the one that declares it.
    #[error(
        "{}: {key} leads to {path:?}, which is outside of the folder of that file. A function's folder must be inside \
         of it", .file.display()
    )]
    Outside {
        /// Where.
        file: PathBuf,
        /// The key.
        key: String,
        /// Its value.
        path: String,
    },
    /// Functions are declared, and none of their folders is there.
    #[error("{} declares functions, but none of their folders is there: {}", .0.display(), .1.join(", "))]
    NoneThere(PathBuf, Vec<String>),
}

/// Says what `folder` holds.
///
/// An `appwrite.json` (or `appwrite.config.json`, as it is called today) in it says all. One in a folder above counts
/// where it declares exactly this folder; it is looked for up to the root of the repository. With none, the folder is one
/// function.
///
/// # Errors
/// Where the folder cannot be read, or what declares its functions is wrong. That nothing is found to run is no error:
/// see [`Wish::unclear`].
pub fn inspect(folder: &Path) -> Result<Found, InspectError> {
    let folder = real(folder)?;
    let mut notices = Vec::new();
    if let Some(declaration) = declared::of(&folder, &mut notices)? {
        return Ok(Found {
            folder,
            declared_in: Some(declaration.file),
            project_id: declaration.project_id,
            functions: declaration.functions,
            notices: [notices, declaration.notices].concat(),
        });
    }
    let wish = undeclared(&folder, &mut notices)?;
    Ok(Found {
        folder,
        declared_in: None,
        project_id: None,
        functions: vec![wish],
        notices,
    })
}

/// A folder of which nothing is declared.
fn undeclared(folder: &Path, notices: &mut Vec<String>) -> Result<Wish, InspectError> {
    let guessed = guess::of(folder, None, None, notices)?;
    Ok(Wish {
        id: None,
        name: name_of(folder),
        folder: folder.to_owned(),
        language: guessed.language,
        runtime: None,
        command: guessed.command,
        unclear: guessed.unclear,
        ignore: Vec::new(),
        vars: Vars::new(),
        execute: None,
        events: Vec::new(),
        schedule: None,
        timeout_secs: None,
        has_env: folder.join(ENV_FILE).is_file(),
    })
}

fn name_of(folder: &Path) -> String {
    folder.file_name().map_or_else(
        || "function".to_owned(),
        |name| name.to_string_lossy().into_owned(),
    )
}

fn real(folder: &Path) -> Result<PathBuf, InspectError> {
    match folder.canonicalize() {
        Ok(real) if real.is_dir() => Ok(real),
        Ok(_) => Err(InspectError::NotAFolder(folder.to_owned())),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Err(InspectError::Missing(folder.to_owned()))
        }
        Err(error) => Err(InspectError::Unreadable(folder.to_owned(), error)),
    }
}

/// The text of a file without its byte order mark; `None` where there is none.
fn read_text(file: &Path) -> io::Result<Option<String>> {
    // Not of a pipe, which nobody may ever write to.
    match std::fs::metadata(file) {
        Ok(found) if !found.is_file() => return Ok(None),
        Err(error)
            if matches!(
                error.kind(),
                io::ErrorKind::NotFound | io::ErrorKind::NotADirectory
            ) =>
        {
            return Ok(None);
        }
        found => found?,
    };
    let mut text = String::new();
    std::fs::File::open(file)?
        .take(MAX_FILE_BYTES + 1)
        .read_to_string(&mut text)?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(io::Error::other(format!(
            "it is larger than {} MB",
            MAX_FILE_BYTES >> 20
        )));
    }
    Ok(Some(match text.strip_prefix('\u{FEFF}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }))
}
