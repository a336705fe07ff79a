//! The command and its process group, on systems without sub-reapers.
//!
//! Owns: the same promises as on Linux, for the process group only: a daemon that starts a session of its
//! own escapes. Must not: signal anything but the group.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::sync::OnceLock;
use std::time::Instant;

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{WaitStatus, waitpid};
use nix::unistd::Pid;

use super::super::protocol::{Cause, Setup, Status};
use super::{Place, raw};
use crate::sandbox::Confinement;

/// The unit of `ru_maxrss`: bytes on macOS, kilobytes on the BSDs.
pub(super) const MAX_RSS_UNIT_BYTES: u64 = if cfg!(target_vendor = "apple") { 1 } else { 1024 };

/// What is put on the command: nothing, on these systems.
pub(super) struct Restrictions;

#[expect(clippy::unnecessary_wraps, reason = "the same shape as on Linux")]
pub(super) fn be_deaf() -> io::Result<()> {
    Ok(())
}

/// What all executions share: nothing, on these systems.
pub(super) struct Shared;

#[expect(clippy::unnecessary_wraps, reason = "the same shape as on Linux")]
pub(super) fn enter_shared(_setup: &Setup) -> io::Result<Shared> {
    Ok(Shared)
}

impl Shared {
    #[expect(
        clippy::unused_self,
        clippy::needless_pass_by_ref_mut,
        reason = "the same shape as on Linux"
    )]
    pub(super) fn is_up_to_date(&mut self) -> bool {
        true
    }
}

#[expect(clippy::unnecessary_wraps, reason = "the same shape as on Linux")]
pub(super) fn enter(_confinement: &Confinement) -> io::Result<Place> {
    Ok(Place::Here)
}

#[expect(clippy::unnecessary_wraps, reason = "the same shape as on Linux")]
pub(super) fn restrictions(_confinement: &Confinement, _probe: bool) -> io::Result<Restrictions> {
    Ok(Restrictions)
}

/// Not known here.
pub(super) fn memory_of(_process: Pid) -> u64 {
    0
}

/// The command's process group.
pub(super) struct Tree;

impl Tree {
    #[expect(clippy::unnecessary_wraps, reason = "the same shape as on Linux")]
    pub(super) fn adopt(_confinement: &Confinement) -> io::Result<Self> {
        Ok(Self)
    }

    /// Has the command lead a group of its own.
    #[expect(clippy::unused_self, reason = "the same shape as on Linux")]
    pub(super) fn bind(&self, command: &mut Command, Restrictions: Restrictions) {
        command.process_group(0);
        // Nothing to do before the exec; named, so that the one unsafe module is the same everywhere.
        raw::before_exec(command, || Ok(()));
    }

    /// Only the largest process is known here.
    #[expect(clippy::unused_self, reason = "the same shape as on Linux")]
    pub(super) fn peak_memory_bytes(&self) -> u64 {
        0
    }

    /// Waits until the command ended; kills its group when its time is over or the lifeline ended.
    #[expect(
        clippy::unused_self,
        clippy::needless_pass_by_ref_mut,
        reason = "the same shape as on Linux"
    )]
    pub(super) fn watch(
        &mut self,
        command: Pid,
        control: &UnixStream,
        deadline: Instant,
    ) -> io::Result<(Status, Cause)> {
        let cause = OnceLock::new();
        let status = std::thread::scope(|scope| {
            scope.spawn(|| {
                let seen = lifeline_or_deadline(control, deadline);
                // Only while the command is not reaped is its number surely its own.
                if cause.set(seen).is_ok() {
                    let _ = killpg(command, Signal::SIGKILL);
                }
            });
            let status = loop {
                match waitpid(command, None) {
                    Ok(WaitStatus::Exited(_, code)) => break Ok(Status::Code(code)),
                    Ok(WaitStatus::Signaled(_, signal, _)) => break Ok(Status::Signal(signal as i32)),
                    Ok(_) | Err(Errno::EINTR) => {}
                    Err(error) => break Err(error.into()),
                }
            };
            let _ = cause.set(Cause::Own);
            // Wakes the other thread; our reports still go out.
            let _ = control.shutdown(std::net::Shutdown::Read);
            status
        });
        status.map(|status| (status, cause.get().copied().unwrap_or(Cause::Own)))
    }

    /// Kills what is left of the group.
    #[expect(clippy::unused_self, reason = "the same shape as on Linux")]
    pub(super) fn end(&self, command: Pid) -> bool {
        matches!(
            killpg(command, Signal::SIGKILL),
            Ok(()) | Err(Errno::ESRCH | Errno::EPERM)
        )
    }
}

fn lifeline_or_deadline(control: &UnixStream, deadline: Instant) -> Cause {
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Cause::Timeout;
        }
        let limit_ms = i32::try_from(left.as_millis())
            .unwrap_or(i32::MAX)
            .saturating_add(1);
        let limit = PollTimeout::try_from(limit_ms).unwrap_or(PollTimeout::MAX);
        match poll(&mut [PollFd::new(control.as_fd(), PollFlags::POLLIN)], limit) {
            Ok(0) | Err(Errno::EINTR) => {}
            _ => return Cause::Order,
        }
    }
}
