//! Everything that descends from the launcher, on Linux.
//!
//! Owns: waiting for the command, and ending all that it started. Must not: signal a process that is not
//! a descendant. As sub-reaper the launcher inherits every orphan below it, so a daemon that forked twice
//! and called setsid is still found; SIGKILL until there is no child left is then exact.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::signal::{SigSet, Signal, kill, killpg};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid, getppid};

use super::super::process_table::ProcessTable;
use super::super::protocol::{Cause, Status};
use super::descriptors;

/// The unit of `ru_maxrss`.
pub(super) const MAX_RSS_UNIT_BYTES: u64 = 1024;

/// How long killing may take: a process in an uninterruptible wait (a hung network disk) may never go, and
/// the server's own patience ends a second later.
const END_LIMIT: Duration = Duration::from_secs(4);

/// How long to wait for a killed process before looking again: normally its SIGCHLD comes at once, but a
/// process that forked while the table was being read needs a second look.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// The launcher's descendants.
pub(super) struct Tree {
    child_signals: SignalFd,
}

impl Tree {
    /// Becomes the parent of every orphan below.
    pub(super) fn adopt() -> io::Result<Self> {
        prctl::set_child_subreaper(true)?;
        // With it no set-user-id program can become one that we may not kill.
        prctl::set_no_new_privs()?;
        // A SIGTERM to every process of a service is the server's to answer: it closes our lifeline.
        SigSet::all().thread_block()?;
        let mut children = SigSet::empty();
        children.add(Signal::SIGCHLD);
        let child_signals = SignalFd::with_flags(&children, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        Ok(Self { child_signals })
    }

    /// Has the command die with the launcher, and start without our blocked signals.
    #[expect(clippy::unused_self, reason = "binding makes sense only after adopting")]
    pub(super) fn bind(&self, command: &mut Command) {
        let launcher = getpid();
        descriptors::before_exec(command, move || {
            prctl::set_pdeathsig(Signal::SIGKILL)?;
            // Killed before the line above: nobody would tell us any more.
            if getppid() != launcher {
                return Err(Errno::ESRCH.into());
            }
            SigSet::empty().thread_set_mask()?;
            Ok(())
        });
    }

    /// Waits until the command ended, its time is over or the lifeline ended. An end of its own counts
    /// even when it came together with one of the others.
    pub(super) fn watch(
        &self,
        command: Pid,
        control: &UnixStream,
        deadline: Instant,
    ) -> io::Result<(Status, Cause)> {
        let mut ordered = false;
        loop {
            if let Some(status) = self.reap(command)?.command {
                return Ok((status, Cause::Own));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let killed = Status::Signal(Signal::SIGKILL as i32);
            if ordered {
                return Ok((killed, Cause::Order));
            }
            if left.is_zero() {
                return Ok((killed, Cause::Timeout));
            }
            let mut watched = [
                PollFd::new(self.child_signals.as_fd(), PollFlags::POLLIN),
                PollFd::new(control.as_fd(), PollFlags::POLLIN),
            ];
            wait_for(&mut watched, left)?;
            // The server says nothing after its spec, so whatever comes is the end of its stream.
            ordered = watched[1].any().unwrap_or(true);
        }
    }

    /// Kills everything that is left and reaps it; whether that succeeded.
    pub(super) fn end(&self, command: Pid) -> bool {
        let limit = Instant::now() + END_LIMIT;
        loop {
            match self.reap(command) {
                Ok(reaped) if !reaped.more => return true,
                Ok(_) if Instant::now() < limit => {}
                _ => return false,
            }
            // First the group, which the kernel signals as one, so that it cannot fork its way out; then
            // whoever left the group. The command's id stays its group's while a member lives.
            let _ = killpg(command, Signal::SIGKILL);
            for process in ProcessTable::read().descendants_of(getpid()) {
                let _ = kill(process, Signal::SIGKILL);
            }
            let mut watched = [PollFd::new(self.child_signals.as_fd(), PollFlags::POLLIN)];
            if wait_for(&mut watched, LOOK_AGAIN).is_err() {
                return false;
            }
        }
    }

    /// Takes every child that has ended.
    fn reap(&self, command: Pid) -> io::Result<Reaped> {
        // Emptied before looking: a child that ends afterwards makes it readable again.
        while self.child_signals.read_signal()?.is_some() {}
        let mut status = None;
        loop {
            match waitpid(None, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) if pid == command => status = Some(Status::Code(code)),
                Ok(WaitStatus::Signaled(pid, signal, _)) if pid == command => {
                    status = Some(Status::Signal(signal as i32));
                }
                Ok(WaitStatus::StillAlive) => {
                    return Ok(Reaped {
                        command: status,
                        more: true,
                    });
                }
                Ok(_) | Err(Errno::EINTR) => {}
                Err(Errno::ECHILD) => {
                    return Ok(Reaped {
                        command: status,
                        more: false,
                    });
                }
                Err(error) => return Err(error.into()),
            }
        }
    }
}

struct Reaped {
    /// The command's status, if it was among them.
    command: Option<Status>,
    /// Whether children are left.
    more: bool,
}

fn wait_for(watched: &mut [PollFd<'_>], limit: Duration) -> io::Result<()> {
    // Rounded up, so that a wait never ends just before its limit and spins.
    let limit_ms = i32::try_from(limit.as_millis())
        .unwrap_or(i32::MAX)
        .saturating_add(1);
    match poll(
        watched,
        PollTimeout::try_from(limit_ms).unwrap_or(PollTimeout::MAX),
    ) {
        Ok(_) | Err(Errno::EINTR) => Ok(()),
        Err(error) => Err(error.into()),
    }
}
