//! A check of files, and what it told.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]
#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a test may fail by panicking"
)]
#![allow(missing_docs, reason = "what is not said by its name is said here")]

use std::fs;
use std::path::PathBuf;

use drydock_core::runtime::Runtime;
use drydock_runtime::{Check, Checked};

use super::{Bench, LIMIT, interpreters};

/// A tag's files.
pub type Files<'a> = &'a [(&'a str, &'a [u8])];

pub fn write(bench: &Bench, files: Files<'_>) {
    for (name, content) in files {
        let path = bench.code(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }
}

pub fn asking(bench: &Bench, command: &str, changed: Vec<PathBuf>) -> Check {
    Check {
        runtime: Runtime::parse("runtime", "node-20.0").unwrap(),
        command: command.to_owned(),
        code_dir: bench.place.path().join("code"),
        scratch_dir: bench.fresh_scratch(),
        changed,
        timeout: LIMIT,
    }
}

/// Checks `files`, all of them changed, as those of a function with that command.
pub async fn checked(bench: &Bench, command: &str, files: Files<'_>) -> Checked {
    write(bench, files);
    let changed = files.iter().map(|(name, _)| PathBuf::from(name)).collect();
    bench.backend.check(asking(bench, command, changed)).await
}

/// The errors in `files`, as `file:line:column: message`.
pub async fn errors(command: &str, files: Files<'_>) -> Vec<String> {
    told(checked(&Bench::new(), command, files).await)
}

pub fn told(checked: Checked) -> Vec<String> {
    match checked {
        Checked::Parses => Vec::new(),
        Checked::DoesNotParse(errors) => errors.iter().map(ToString::to_string).collect(),
        Checked::Unchecked(why) => panic!("{why}"),
    }
}

/// That exactly these places are told of: versions of a language word an error differently.
#[track_caller]
pub fn assert_places(errors: &[String], places: &[&str]) {
    let at: Vec<_> = errors
        .iter()
        .map(|error| error.split(": ").next().unwrap())
        .collect();
    assert_eq!(at, places, "{errors:#?}");
}

pub fn has(family: &str) -> bool {
    interpreters().all().iter().any(|found| found.family == family)
}
