//! The one module of this crate with `unsafe`: what the launcher does to raw descriptors, and between fork
//! and exec. Owns: these few calls. Must not: allocate or lock inside `before_exec`.
#![allow(unsafe_code)]

use std::io;
use std::os::unix::process::CommandExt;
use std::process::Command;

/// Closes everything but standard input, output and error. To be called first, while nothing of ours is
/// open: the server marks its descriptors close-on-exec, and this holds whatever somebody else forgot.
pub(super) fn close_inherited() {
    #[cfg(target_os = "linux")]
    {
        // SAFETY: takes three integers and no memory. Nothing in this process owns a descriptor of 3 or
        // above yet (it is the first call of the launcher's life), so none is closed behind an owner.
        let closed = unsafe { nix::libc::syscall(nix::libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) };
        if closed == 0 {
            return;
        }
    }
    // Kernels before 5.9 and other systems: one by one, to the usual ceiling of open files.
    for descriptor in 3..1024 {
        // SAFETY: as above; a number that is not open is answered with EBADF and nothing more.
        unsafe { nix::libc::close(descriptor) };
    }
}

/// Has `steps` run in the child between fork and exec.
pub(super) fn before_exec(
    command: &mut Command,
    steps: impl FnMut() -> io::Result<()> + Send + Sync + 'static,
) {
    // SAFETY: the launcher has one thread, so the forked child holds no lock of another; and `steps` are
    // plain system calls (see the callers in this folder), without allocation.
    unsafe { command.pre_exec(steps) };
}
