//! The root folder of an execution: only what it may see, read-only, with a `/tmp` of its own.
//!
//! Owns: the mounts: once those that all executions share, in the zygote, then each execution's own, in a copy of
//! its namespace. Nothing is made on the machine's own disks, so that there is nothing to remove: all of it goes with
//! the last process. Must not: run outside a mount namespace.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::unistd::{chdir, pivot_root};

use super::super::Confinement;
use super::super::grants::{self, DEVICES};
use super::step;
use crate::process::launcher::raw;

/// Where the machine's root is while ours is being built.
const OUTSIDE: &str = "/.outside";

const NOTHING: Option<&str> = None;

/// The root itself holds empty folders and links only.
const ROOT_OPTIONS: &str = "size=1m,nr_inodes=4096,mode=755";

/// Shared memory of multiprocessing libraries; they ask for kilobytes.
const SHM_OPTIONS: &str = "size=64m,nr_inodes=1024,mode=1777";

/// Files in `/tmp`: each costs the kernel about 1 kB of memory.
const TMP_FILES: u64 = 100_000;

/// How often it is looked at whether the machine's files are still those that are shown. Half of what it costs to
/// start an execution would go into looking each time.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// The root folder that all executions share, as this process's own; each makes a copy of its mounts.
pub(crate) struct Root {
    shown: Vec<Shown>,
    looked: Instant,
}

/// A path of the machine, and what it named when it was shown. A file may be replaced by another of its name, as
/// `/etc/resolv.conf` is whenever the network changes; what was shown is the old one then.
struct Shown {
    path: PathBuf,
    was: Option<(u64, u64)>,
}

impl Root {
    /// Builds it, in a mount namespace of this process's own.
    pub(super) fn build(readable: &[PathBuf]) -> io::Result<Self> {
        // What we mount must not appear outside. What is unmounted outside goes here too: this lives as long as the
        // server, and would keep a disk busy that somebody wants to take out.
        let follow = MsFlags::MS_REC | MsFlags::MS_SLAVE;
        step(
            "having mounts only follow the machine's",
            mount(NOTHING, "/", NOTHING, follow, NOTHING),
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

        let mut shown = Vec::with_capacity(readable.len());
        for path in readable {
            step(&format!("showing {}", path.display()), show(path))?;
            let path = path.clone();
            let was = named_by(&path);
            shown.push(Shown { path, was });
        }
        devices()?;
        let folders = [Path::new("/proc"), Path::new("/tmp"), Path::new("/var")];
        let (code, preloads) = (grants::code_folder(), grants::preload_folder());
        step(
            "making folders",
            folders
                .into_iter()
                .chain([&*code, &*preloads])
                .try_for_each(fs::create_dir_all),
        )?;
        step("making links", stand_in_for_var_tmp())?;
        let cpus = Path::new("/sys/devices/system/cpu");
        if outside_of(cpus).exists() {
            // How many processors there are: read by the C library and by runtimes.
            step("showing the processors", show(cpus))?;
        }
        // Also the machine's own root, which each execution still sees while it is furnished.
        step("making the root read-only", raw::make_read_only(c"/"))?;
        Ok(Self {
            shown,
            looked: Instant::now(),
        })
    }

    /// Whether all that is shown is still what its path names.
    pub(crate) fn is_up_to_date(&mut self) -> bool {
        if self.looked.elapsed() < LOOK_EVERY {
            return true;
        }
        self.looked = Instant::now();
        self.shown.iter().all(|shown| named_by(&shown.path) == shown.was)
    }
}

/// The file that a path of the machine names now.
fn named_by(path: &Path) -> Option<(u64, u64)> {
    let file = fs::symlink_metadata(resolve(path).ok()?).ok()?;
    Some((file.dev(), file.ino()))
}

/// Adds to the shared root what is this execution's alone, in a mount namespace of its own.
pub(super) fn furnish(confinement: &Confinement) -> io::Result<()> {
    step(
        "showing the code",
        bind(&outside_of(&confinement.code), &confinement.code_inside()),
    )?;
    if let (Some(preloads), Some(inside)) = (&confinement.preloads, confinement.preloads_inside()) {
        step("showing the preloads", bind(&outside_of(preloads), &inside))?;
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

/// `/var/tmp` is `/tmp`, unless something below it is shown: an interpreter may have been unpacked there.
fn stand_in_for_var_tmp() -> io::Result<()> {
    match symlink("/tmp", "/var/tmp") {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        made => made,
    }
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
