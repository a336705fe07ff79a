//! The root folder of an execution: only what it may see, read-only, with a `/tmp` of its own.
//!
//! Owns: the mounts, made inside the new namespaces. Nothing is made on the machine's own disks, so that there
//! is nothing to remove: all of it goes with the last process. Must not: run outside a mount namespace.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

use super::super::Confinement;
use super::super::grants::DEVICES;
use super::step;
use crate::process::launcher::raw;

/// Where the machine's root is while ours is being built.
const OUTSIDE: &str = "/.outside";

/// The root itself holds empty folders and links only.
const ROOT_OPTIONS: &str = "size=1m,nr_inodes=4096,mode=755";

/// Shared memory of multiprocessing libraries; they ask for kilobytes.
const SHM_OPTIONS: &str = "size=64m,nr_inodes=1024,mode=1777";

/// Files in `/tmp`: each costs the kernel about 1 kB of memory.
const TMP_FILES: u64 = 100_000;

/// Builds it and makes it this process's root.
pub(super) fn build(confinement: &Confinement) -> io::Result<()> {
    const NOTHING: Option<&str> = None;
    // What we mount must not appear outside.
    let private = MsFlags::MS_REC | MsFlags::MS_PRIVATE;
    step(
        "making mounts private",
        mount(NOTHING, "/", NOTHING, private, NOTHING),
    )?;
    let base = if Path::new("/tmp").is_dir() {
        "/tmp"
    } else {
        "/proc"
    };
    let no_set_user_id = MsFlags::MS_NOSUID;
    step(
        "mounting a root folder",
        mount(
            Some("drydock"),
            base,
            Some("tmpfs"),
            no_set_user_id,
            Some(ROOT_OPTIONS),
        ),
    )?;
    let outside = format!("{base}{OUTSIDE}");
    step("making folders", fs::create_dir(&outside))?;
    step("entering the root folder", pivot_root(base, outside.as_str()))?;
    chdir("/")?;

    for path in &confinement.readable {
        step(&format!("showing {}", path.display()), show(path))?;
    }
    let code = confinement.code_inside();
    step("making folders", fs::create_dir_all(&code))?;
    step("showing the code", bind(&outside_of(&confinement.code), &code))?;
    if let (Some(preloads), Some(inside)) = (&confinement.preloads, confinement.preloads_inside()) {
        step("making folders", fs::create_dir_all(&inside))?;
        step("showing the preloads", bind(&outside_of(preloads), &inside))?;
    }
    devices()?;
    step(
        "making folders",
        ["/proc", "/tmp", "/var"].iter().try_for_each(fs::create_dir_all),
    )?;
    step("making links", symlink("/tmp", "/var/tmp"))?;
    let cpus = Path::new("/sys/devices/system/cpu");
    if outside_of(cpus).exists() {
        // How many processors there are: read by the C library and by runtimes.
        step("showing the processors", show(cpus))?;
    }

    // Ours shows only the processes inside. The kernel wants the outer one in sight when it is mounted.
    let safe = MsFlags::MS_NOSUID | MsFlags::MS_NODEV | MsFlags::MS_NOEXEC;
    step(
        "mounting /proc (in a container its own /proc may be masked)",
        mount(Some("proc"), "/proc", Some("proc"), safe, NOTHING),
    )?;
    step(
        "leaving the machine's root",
        umount2(OUTSIDE, MntFlags::MNT_DETACH),
    )?;
    step("making folders", fs::remove_dir(OUTSIDE))?;
    step("making the root read-only", raw::make_read_only(c"/"))?;
    // Programs name their threads in it; what else is there the kernel guards by user.
    step("making /proc writable", raw::make_writable(c"/proc"))?;

    let limits = &confinement.limits;
    let tmp = format!("size={},nr_inodes={TMP_FILES},mode=1777", limits.scratch_bytes);
    let writable = MsFlags::MS_NOSUID | MsFlags::MS_NODEV;
    step(
        "mounting /tmp",
        mount(Some("tmp"), "/tmp", Some("tmpfs"), writable, Some(tmp.as_str())),
    )?;
    step(
        "mounting /dev/shm",
        mount(
            Some("shm"),
            "/dev/shm",
            Some("tmpfs"),
            writable,
            Some(SHM_OPTIONS),
        ),
    )?;
    Ok(())
}

/// The path of this machine, as it is named while the root is being built.
fn outside_of(path: &Path) -> PathBuf {
    Path::new(OUTSIDE).join(path.strip_prefix("/").unwrap_or(path))
}

/// Shows a path of the machine under its own name; a link stays a link where it says the same inside.
fn show(path: &Path) -> io::Result<()> {
    let from = outside_of(path);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let file = fs::symlink_metadata(&from)?;
    if file.is_symlink() && path.parent() == Some(Path::new("/")) {
        // `/lib` → `usr/lib`: what it names is shown too.
        return symlink(fs::read_link(&from)?, path);
    }
    // A link in /etc may be absolute, which would lead nowhere from here; what it names is what is shown.
    let from = if file.is_symlink() { resolve(path)? } else { from };
    if fs::metadata(&from)?.is_dir() {
        fs::create_dir_all(path)?;
    } else {
        fs::File::create(path)?;
    }
    bind(&from, path)
}

/// Follows links that are meant from the machine's root, up to as many as the kernel follows.
fn resolve(path: &Path) -> io::Result<PathBuf> {
    let mut path = path.to_owned();
    for _ in 0..40 {
        match fs::read_link(outside_of(&path)) {
            Ok(target) => path = path.parent().unwrap_or(Path::new("/")).join(target),
            Err(_) => return Ok(outside_of(&path)),
        }
    }
    Err(io::Error::other("too many links"))
}

fn devices() -> io::Result<()> {
    step("making folders", fs::create_dir_all("/dev/shm"))?;
    for name in DEVICES {
        let path = Path::new("/dev").join(name);
        step("making devices", fs::File::create(&path))?;
        step("showing devices", bind(&outside_of(&path), &path))?;
    }
    for (name, target) in [("fd", ""), ("stdin", "/0"), ("stdout", "/1"), ("stderr", "/2")] {
        step(
            "making links",
            symlink(format!("/proc/self/fd{target}"), Path::new("/dev").join(name)),
        )?;
    }
    Ok(())
}

/// With all that is mounted below: a part of a tree would show what a mount hides, so the kernel refuses it.
fn bind(from: &Path, to: &Path) -> io::Result<()> {
    Ok(mount(
        Some(from),
        to,
        None::<&str>,
        MsFlags::MS_BIND | MsFlags::MS_REC,
        None::<&str>,
    )?)
}
