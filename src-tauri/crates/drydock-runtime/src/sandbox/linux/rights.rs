//! Rights of root, given up.
//!
//! Owns: becoming an ordinary user where there is a root folder of its own, and being a root without
//! capabilities where there is none: there the code lies in the server's private folder, which no other user
//! could enter, and Landlock says what may be reached.

use std::io;

use nix::unistd::{Gid, Uid, geteuid, setgroups, setresgid, setresuid};

use super::super::Level;
use crate::process::launcher::raw;

/// `nobody`: owns no file on any machine.
const NOBODY: u32 = 65_534;

/// The user that processes of executions at `level` are, where this one starts them.
pub(crate) fn uid_at(level: Level) -> u32 {
    let own = geteuid();
    if own.is_root() && level == Level::Full {
        NOBODY
    } else {
        own.as_raw()
    }
}

/// Becomes nobody, if this is root.
pub(super) fn become_nobody() -> io::Result<()> {
    if !geteuid().is_root() {
        return Ok(());
    }
    let (uid, gid) = (Uid::from_raw(NOBODY), Gid::from_raw(NOBODY));
    setgroups(&[])?;
    setresgid(gid, gid, gid)?;
    setresuid(uid, uid, uid)?;
    Ok(())
}

/// Stays root by name, but without a single capability from the next exec on.
pub(super) fn renounce() -> io::Result<()> {
    if geteuid().is_root() {
        raw::no_root_by_exec()
    } else {
        Ok(())
    }
}
