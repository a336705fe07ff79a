//! How many files this process may have open.
//!
//! Owns: raising that for the server, and what it was before, which is what functions begin with: programs that close or
//! `select` all they may have open expect the usual number. Must not: decide how many a function may have; its limits do.

use std::sync::OnceLock;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

/// More than a server of one machine has use for, and few enough for every system to give them.
const ENOUGH: u64 = 65_536;

/// What it was before it was raised.
static BEFORE: OnceLock<u64> = OnceLock::new();

/// Raises the number to the highest that this process may give itself, and answers what it is then. Before any function is
/// started.
pub fn raise_open_files() -> u64 {
    let Ok((now, most)) = getrlimit(Resource::RLIMIT_NOFILE) else {
        // What every system gives.
        return 256;
    };
    let before = *BEFORE.get_or_init(|| now);
    let wanted = most.min(ENOUGH);
    if wanted <= now {
        return now;
    }
    match setrlimit(Resource::RLIMIT_NOFILE, wanted, most) {
        Ok(()) => wanted,
        Err(error) => {
            tracing::debug!(%error, wanted, "the number of open files stays what it is");
            before
        }
    }
}

/// What it was before it was raised, if it was.
pub(crate) fn before() -> Option<u64> {
    BEFORE.get().copied()
}

/// Goes back to that number; one that is lower already stays.
pub(crate) fn lower_to(number: u64) -> nix::Result<()> {
    let (now, most) = getrlimit(Resource::RLIMIT_NOFILE)?;
    setrlimit(Resource::RLIMIT_NOFILE, now.min(number), most)
}
