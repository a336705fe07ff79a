//! Which file a tag's command means.
//!
//! Owns: finding the program, and the words for when there is none. Must not: run anything. A name with a
//! slash is a path in the tag; the name of a known interpreter is the one that fits the declared runtime;
//! any other is looked for on the command's search path and then in the tag's own folder.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use drydock_core::runtime::Runtime;

use super::EndReason;
use super::environment;
use crate::interpreters::Interpreters;
use crate::interpreters::known::{self, Family};
use crate::standby::preload::Preload;

/// What will be executed.
#[derive(Debug)]
pub(super) struct Program {
    pub(super) path: PathBuf,
    pub(super) arguments: Vec<String>,
    /// The PATH it gets.
    pub(super) search_path: OsString,
    /// How it can stand by, if it can.
    pub(super) preload: Option<&'static Preload>,
}

/// Why nothing can be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unresolved {
    pub(super) reason: EndReason,
    pub(super) message: String,
}

/// Finds the program that `words` (at least one) name.
pub(super) fn resolve(
    words: Vec<String>,
    runtime: &Runtime,
    code_dir: &Path,
    interpreters: &Interpreters,
) -> Result<Program, Unresolved> {
    let mut words = words.into_iter();
    let name = words.next().unwrap_or_default();
    let mut arguments: Vec<String> = words.collect();
    let family = known::family_of_program(&name);
    let declared = interpreters.for_runtime(runtime);
    let interpreter = match family {
        Some(family) => interpreters.for_program(family, &name, runtime),
        None => declared,
    };
    let search_path = environment::search_path(interpreter.or(declared).map(|found| found.path.as_path()));

    let mut preload = None;
    let path = if name.contains('/') {
        runnable(&name, &code_dir.join(&name))?
    } else if let (Some(family), Some(interpreter)) = (family, interpreter) {
        preload = Preload::of(family.name, &arguments);
        interpreter.path.clone()
    } else {
        // One that was installed after the server's start is found here too.
        look_up(&name, &search_path, code_dir)
            .unwrap_or_else(|| Err(not_found(&name, family, &search_path)))?
    };
    if let Some(family) = family {
        family.add_to(&mut arguments);
    }
    Ok(Program {
        path,
        arguments,
        search_path,
        preload,
    })
}

/// The first file of that name that can be executed, else what is wrong with the first that cannot.
fn look_up(name: &str, search_path: &OsStr, code_dir: &Path) -> Option<Result<PathBuf, Unresolved>> {
    let folders = std::env::split_paths(search_path).chain([code_dir.to_owned()]);
    let mut refused = None;
    for candidate in folders.map(|folder| folder.join(name)) {
        match runnable(name, &candidate) {
            Ok(path) => return Some(Ok(path)),
            Err(unresolved) if unresolved.reason == EndReason::NotRunnable => {
                refused.get_or_insert(Err(unresolved));
            }
            Err(_) => {}
        }
    }
    refused
}

fn runnable(name: &str, path: &Path) -> Result<PathBuf, Unresolved> {
    let not_runnable = |message| Unresolved {
        reason: EndReason::NotRunnable,
        message,
    };
    match std::fs::metadata(path) {
        Ok(file) if file.is_dir() => Err(not_runnable(format!(
            "Drydock: '{name}' is a folder, not a program.\n"
        ))),
        Ok(file) if file.permissions().mode() & 0o111 == 0 => Err(not_runnable(format!(
            "Drydock: '{name}' is not executable. Run `chmod +x` on it before the code is packed, or name its \
             interpreter in the command.\n"
        ))),
        Ok(_) => Ok(path.to_owned()),
        Err(_) => Err(Unresolved {
            reason: EndReason::NotFound,
            message: format!(
                "Drydock: '{name}' was not found. A path with a slash starts in the folder of the tag's code.\n"
            ),
        }),
    }
}

fn not_found(name: &str, family: Option<&Family>, search_path: &OsStr) -> Unresolved {
    let message = match family {
        Some(family) => format!(
            "Drydock: '{name}' was not found: no {} is installed on this machine. Install it, for example with \
             `{}`, or switch to Docker (the setting backend = \"docker\").\n",
            family.title, family.install
        ),
        None => format!(
            "Drydock: '{name}' was not found, neither in {} nor in the folder of the tag's code.\n",
            search_path.display()
        ),
    };
    Unresolved {
        reason: EndReason::NotFound,
        message,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn resolved(command: &str, runtime: &str, code_dir: &Path) -> Result<Program, Unresolved> {
        let runtime = Runtime::parse("runtime", runtime).unwrap();
        resolve(
            crate::command::split(command).unwrap(),
            runtime,
            code_dir,
            &Interpreters::empty(),
        )
    }

    fn tag() -> tempfile::TempDir {
        let tag = tempfile::tempdir().unwrap();
        std::fs::create_dir(tag.path().join("folder")).unwrap();
        for (name, mode) in [("tool-of-the-tag", 0o755), ("notes.txt", 0o644), ("sh", 0o755)] {
            std::fs::write(tag.path().join(name), "#!/bin/sh\n").unwrap();
            std::fs::set_permissions(tag.path().join(name), std::fs::Permissions::from_mode(mode)).unwrap();
        }
        tag
    }

    #[test]
    fn a_bare_name_is_looked_for_in_the_system_first_and_then_in_the_tag() {
        let tag = tag();
        let path = |command| resolved(command, "node-20.0", tag.path()).unwrap().path;
        assert_eq!(path("tool-of-the-tag x"), tag.path().join("tool-of-the-tag"));
        assert_eq!(path("./tool-of-the-tag"), tag.path().join("./tool-of-the-tag"));
        assert!(["/usr/bin/sh", "/bin/sh"].contains(&path("sh -c true").to_str().unwrap()));
    }

    #[test]
    fn what_cannot_be_executed_is_126_and_what_is_not_there_127() {
        let tag = tag();
        let reason = |command| resolved(command, "node-20.0", tag.path()).unwrap_err();
        assert_eq!(reason("./notes.txt").reason, EndReason::NotRunnable);
        assert!(reason("notes.txt").message.contains("chmod +x"));
        assert!(reason("./folder").message.contains("is a folder"));
        assert_eq!(reason("./nothing").reason, EndReason::NotFound);
        assert!(reason("no-such-tool").message.contains("/usr/bin"));
    }

    #[test]
    fn a_missing_interpreter_is_named_with_what_installs_it() {
        let tag = tag();
        let missing = not_found("php", known::family_of_program("php"), OsStr::new("/bin"));
        assert_eq!(missing.reason, EndReason::NotFound);
        assert!(missing.message.contains("apt install php-cli") && missing.message.contains("Docker"));
        // No machine of ours has it, so this is the whole way.
        let swift = resolved("swift main.swift", "node-20.0", tag.path()).unwrap_err();
        assert!(swift.message.contains("no Swift is installed"));
    }
}
