//! The one module of this crate with `unsafe`: system calls of the launcher that no crate offers safely, and
//! what happens between fork and exec. Owns: these few calls. Must not: be called from the server, which has
//! threads.
#![allow(unsafe_code)]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

#[cfg(target_os = "linux")]
use nix::errno::Errno;
use nix::libc;

/// Closes everything but standard input, output and error. To be called while nothing else has an owner: first, since
/// the server marks its descriptors close-on-exec and this holds whatever somebody else forgot; and in a fork of the
/// zygote, which keeps none of its descriptors.
pub(crate) fn close_inherited() {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: takes three integers and no memory. Nothing in this process uses a descriptor of 3 or above any
        // more, by the caller's word, so none is closed that somebody goes on using.
        let closed = unsafe { libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) };
        if closed == 0 {
            return;
        }
    }
    // Kernels before 5.9 and other systems: one by one, to the usual ceiling of open files.
    for descriptor in 3..1024 {
        // SAFETY: as above; a number that is not open is answered with EBADF and nothing more.
        unsafe { libc::close(descriptor) };
    }
}

/// Has `steps` run in the child between fork and exec.
pub(crate) fn before_exec(
    command: &mut Command,
    steps: impl FnMut() -> io::Result<()> + Send + Sync + 'static,
) {
    // SAFETY: the launcher has one thread, so the forked child finds no lock held by another, and the
    // allocator whole.
    unsafe { command.pre_exec(steps) };
}

/// The owner of a descriptor that was received and has none yet.
pub(crate) fn own(descriptor: std::os::fd::RawFd) -> std::os::fd::OwnedFd {
    use std::os::fd::FromRawFd;
    // SAFETY: the kernel made it for the message it came with, which is read once; so it is open and nobody else's.
    unsafe { std::os::fd::OwnedFd::from_raw_fd(descriptor) }
}

/// Has the kernel forget how children ended, instead of keeping each until it is asked; or not.
pub(crate) fn forget_children(forget: bool) -> io::Result<()> {
    use nix::sys::signal::{SigHandler, Signal, signal};
    let handler = if forget {
        SigHandler::SigIgn
    } else {
        SigHandler::SigDfl
    };
    // SAFETY: neither runs any code of ours.
    unsafe { signal(Signal::SIGCHLD, handler) }?;
    Ok(())
}

/// Ends the inheritance of signals that who started the server ignores, as `nohup` does: a command would ignore them
/// too. Not of SIGPIPE, which is ours and ends when a command is started, nor of SIGCHLD.
pub(crate) fn heed_all_signals() {
    use nix::sys::signal::{SigHandler, Signal, signal};
    for which in Signal::iterator().filter(|which| !matches!(which, Signal::SIGPIPE | Signal::SIGCHLD)) {
        // Two cannot be ignored anyway, which is the only way to fail.
        // SAFETY: runs no code of ours.
        let _ = unsafe { signal(which, SigHandler::SigDfl) };
    }
}

/// Splits this process in two; `None` in the child.
pub(crate) fn fork() -> nix::Result<Option<nix::unistd::Pid>> {
    // SAFETY: the launcher has one thread, so the child is a whole copy of it.
    match unsafe { nix::unistd::fork() }? {
        nix::unistd::ForkResult::Parent { child } => Ok(Some(child)),
        nix::unistd::ForkResult::Child => Ok(None),
    }
}

/// The same, with the child born in the control group whose folder `group` is.
#[cfg(target_os = "linux")]
pub(crate) fn fork_into(group: &std::os::fd::OwnedFd) -> nix::Result<Option<nix::unistd::Pid>> {
    use std::os::fd::AsRawFd;

    // linux/sched.h; the crate's own constant is too narrow for it.
    const CLONE_INTO_CGROUP: u64 = 0x2_0000_0000;
    // SAFETY: a structure of numbers, for which all zeros is a value.
    let mut wanted: libc::clone_args = unsafe { std::mem::zeroed() };
    wanted.flags = CLONE_INTO_CGROUP;
    wanted.exit_signal = libc::SIGCHLD as u64;
    wanted.cgroup = group.as_raw_fd() as u64;
    // SAFETY: reads a structure of the size that is named, which outlives it. Without CLONE_VM the child is a whole
    // copy of the one thread there is, as after `fork`. The C library does not hear of it and so keeps the parent's
    // number for this thread; it looks at that only for locks between threads and processes, which a launcher has none of.
    let pid = unsafe { libc::syscall(libc::SYS_clone3, &raw const wanted, size_of::<libc::clone_args>()) };
    match Errno::result(pid)? {
        0 => Ok(None),
        pid => Ok(Some(nix::unistd::Pid::from_raw(pid as i32))),
    }
}

/// Makes everything that is mounted at or below `path` read-only, and no set-user-id program there count.
#[cfg(target_os = "linux")]
pub(crate) fn make_read_only(path: &std::ffi::CStr) -> io::Result<()> {
    let wanted = libc::mount_attr {
        attr_set: libc::MOUNT_ATTR_RDONLY | libc::MOUNT_ATTR_NOSUID,
        attr_clr: 0,
        propagation: 0,
        userns_fd: 0,
    };
    // SAFETY: reads a string that ends with a zero and a structure of the size that is named; both outlive it.
    let done = unsafe {
        libc::syscall(
            libc::SYS_mount_setattr,
            libc::AT_FDCWD,
            path.as_ptr(),
            libc::AT_RECURSIVE as libc::c_uint,
            &raw const wanted,
            size_of::<libc::mount_attr>(),
        )
    };
    Ok(Errno::result(done).map(drop)?)
}

/// Switches on the loopback device of a new network namespace.
#[cfg(target_os = "linux")]
pub(crate) fn loopback_up() -> io::Result<()> {
    use std::os::fd::AsRawFd;

    let socket = std::net::UdpSocket::bind("0.0.0.0:0")?;
    // SAFETY: a structure of numbers, for which all zeros is a value.
    let mut request: libc::ifreq = unsafe { std::mem::zeroed() };
    for (place, byte) in request.ifr_name.iter_mut().zip(b"lo") {
        *place = *byte as libc::c_char;
    }
    request.ifr_ifru.ifru_flags = libc::IFF_UP as libc::c_short;
    // SAFETY: the call reads the structure of exactly this type, which outlives it.
    let done = unsafe { libc::ioctl(socket.as_raw_fd(), libc::SIOCSIFFLAGS as _, &raw const request) };
    Ok(Errno::result(done).map(drop)?)
}

/// Has no program started from here on get capabilities for being root, nor keep any.
#[cfg(target_os = "linux")]
pub(crate) fn no_root_by_exec() -> io::Result<()> {
    // SECBIT_NOROOT and SECBIT_NO_SETUID_FIXUP, each with its lock (linux/securebits.h).
    const NO_ROOT: libc::c_ulong = 0b1111;
    // SAFETY: takes numbers only.
    let done = unsafe { libc::prctl(libc::PR_SET_SECUREBITS, NO_ROOT, 0, 0, 0) };
    Ok(Errno::result(done).map(drop)?)
}
