//! What `package.json` says of how its package is run.
//!
//! Owns: reading `main`, `module` and `scripts.start`, and which file a name in it means. Must not: run a script, or
//! follow a name out of the folder.

use std::path::{Component, Path};

use super::json::{self, At};
use super::{Guess, InspectError};

/// The file.
pub(super) const FILE: &str = "package.json";

/// What a shell would do something with: a script with one of these is more than a program and its arguments.
const SHELL: [char; 16] = [
    '$', '&', '|', ';', '<', '>', '`', '(', ')', '*', '?', '[', '#', '~', '{', '\n',
];

/// What was found in it, as written.
#[derive(Debug, Default)]
pub(super) struct Package {
    pub(super) main: Option<String>,
    pub(super) module: Option<String>,
    /// Of its scripts.
    pub(super) start: Option<String>,
}

/// Reads that of a folder; one that says nothing where there is none.
pub(super) fn read(folder: &Path) -> Result<Package, InspectError> {
    let file = folder.join(FILE);
    let Some(value) = json::read(&file)? else {
        return Ok(Package::default());
    };
    let package = At::all_of(&file, &value);
    let start = match package.get("scripts")? {
        Some(scripts) => text(&scripts, "start")?,
        None => None,
    };
    Ok(Package {
        main: text(&package, "main")?,
        module: text(&package, "module")?,
        start,
    })
}

fn text(object: &At<'_>, key: &str) -> Result<Option<String>, InspectError> {
    let value = object.get(key)?;
    value.map(|value| value.text().map(str::to_owned)).transpose()
}

/// The file of `folder` that a name means, as Node.js looks for it: as it is, with an extension, or the index of a
/// folder.
pub(super) fn file_of(folder: &Path, name: &str, extensions: &[&str]) -> Option<String> {
    let name = inside(name)?;
    let candidates = [name.clone()]
        .into_iter()
        .chain(extensions.iter().map(|extension| format!("{name}.{extension}")))
        .chain(
            extensions
                .iter()
                .map(|extension| format!("{name}/index.{extension}")),
        );
    candidates
        .into_iter()
        .find(|candidate| folder.join(candidate).is_file())
}

/// A name without what says nothing (`./`, a slash at the end); `None` for one that leads out of the folder.
pub(super) fn inside(name: &str) -> Option<String> {
    let mut parts = Vec::new();
    for component in Path::new(name).components() {
        match component {
            Component::CurDir => {}
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::ParentDir => {
                parts.pop()?;
            }
            Component::RootDir | Component::Prefix(_) => return None,
        }
    }
    (!parts.is_empty()).then(|| parts.join("/"))
}

/// The command of `scripts.start`, where it is one of `programs` (each of one word or more), a file that is there, and
/// arguments.
pub(super) fn started(folder: &Path, start: &str, programs: &[&[&str]]) -> Option<Guess> {
    if start.contains(SHELL) {
        return None;
    }
    let words = shell_words::split(start).ok()?;
    let program = programs
        .iter()
        .filter(|program| {
            words.len() > program.len() && words.iter().zip(**program).all(|(word, name)| word == name)
        })
        .max_by_key(|program| program.len())?;
    let file = inside(&words[program.len()])?;
    folder.join(file).is_file().then(|| Guess {
        value: shell_words::join(words),
        why: format!("scripts.start in {FILE}"),
    })
}
