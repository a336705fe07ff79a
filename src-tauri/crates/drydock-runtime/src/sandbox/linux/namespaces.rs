//! Namespaces of the execution's own: processes, mounts, System V objects, and the network where it has none.
//!
//! Owns: entering them. The launcher enters, and its child becomes the first process of the new world: when
//! that one ends, for whatever reason, the kernel ends all others. Whoever is not root needs a user namespace to enter,
//! which the zygote takes once. Each execution takes one of its own at the end, so that the kernel counts its tasks
//! alone and nothing inside has a right over what the zygote made.

use std::fs;
use std::io;
use std::path::PathBuf;

use nix::sched::{CloneFlags, unshare};
use nix::sys::prctl;
use nix::sys::signal::Signal;
use nix::unistd::{getegid, geteuid};

use super::super::{Confinement, Network};
use super::root_folder::{self, Root};
use super::{rights, step};
use crate::process::launcher::raw;

/// In the zygote: a mount namespace with the root folder of all executions.
pub(crate) fn share_root(readable: &[PathBuf]) -> io::Result<Root> {
    let mut flags = CloneFlags::CLONE_NEWNS;
    let as_user = !geteuid().is_root();
    if as_user {
        flags |= CloneFlags::CLONE_NEWUSER;
    }
    let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
    let what = if as_user {
        "new namespaces (user namespaces may be switched off: sysctl user.max_user_namespaces, \
         kernel.unprivileged_userns_clone, kernel.apparmor_restrict_unprivileged_userns)"
    } else {
        "new namespaces"
    };
    step(what, unshare(flags))?;
    if as_user {
        step("mapping the user", map_myself(uid, gid))?;
    }
    Root::build(readable)
}

/// In the launcher: the next child is born in the new world.
pub(crate) fn leave(network: Network) -> io::Result<()> {
    let mut flags = CloneFlags::CLONE_NEWNS | CloneFlags::CLONE_NEWPID | CloneFlags::CLONE_NEWIPC;
    if network == Network::None {
        flags |= CloneFlags::CLONE_NEWNET;
    }
    step("new namespaces", unshare(flags))
}

/// In the first process of the new world: furnishes it and gives up every right that is left.
pub(crate) fn settle(confinement: &Confinement) -> io::Result<()> {
    root_folder::furnish(confinement)?;
    if confinement.network == Network::None {
        step("the loopback network", raw::loopback_up())?;
    }
    // Chosen first when memory runs out, before the server and the user's own programs.
    let _ = fs::write("/proc/self/oom_score_adj", "1000");
    let was_root = geteuid().is_root();
    step("becoming an ordinary user", rights::become_nobody())?;
    if was_root {
        // Changing users made our own /proc entries root's; they must be ours for the mapping.
        step("opening our own /proc entries", prctl::set_dumpable(true))?;
    }
    let (uid, gid) = (geteuid().as_raw(), getegid().as_raw());
    // A machine may forbid it even so; then only the watchdog counts.
    if unshare(CloneFlags::CLONE_NEWUSER).is_ok() {
        step("mapping the user", map_myself(uid, gid))?;
    }
    // Nobody inside can read our memory.
    step("closing our own /proc entries", prctl::set_dumpable(false))?;
    // After the last change of user, which would clear it.
    step("binding to the launcher", prctl::set_pdeathsig(Signal::SIGKILL))?;
    Ok(())
}

/// Whether this process is in a user namespace of the execution alone: exactly one user is mapped.
pub(super) fn counts_tasks_alone() -> bool {
    fs::read_to_string("/proc/self/uid_map").is_ok_and(|map| map.split_ascii_whitespace().nth(2) == Some("1"))
}

/// The same user inside as outside, and no other.
fn map_myself(uid: u32, gid: u32) -> io::Result<()> {
    fs::write("/proc/self/uid_map", format!("{uid} {uid} 1"))?;
    // Without it the kernel lets nobody map groups.
    fs::write("/proc/self/setgroups", "deny")?;
    fs::write("/proc/self/gid_map", format!("{gid} {gid} 1"))
}
