//! Everything that descends from the launcher, on Linux.
//!
//! Owns: entering the command's world, waiting for the command, looking after its limits, and ending all that
//! it started. Must not: signal a process that is not a descendant. In a namespace of its own everybody else is
//! one; else the launcher, as sub-reaper, inherits every orphan below it, so a daemon that forked twice and
//! called setsid is still found. SIGKILL until there is no child left is then exact.

use std::io;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::process::Command;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::prctl;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::{SigSet, Signal, kill, killpg};
use nix::sys::signalfd::{SfdFlags, SignalFd};
use nix::sys::wait::{WaitPidFlag, WaitStatus, waitpid};
use nix::unistd::{Pid, getpid, getppid, setsid};

use super::super::process_table::{self, ProcessTable};
use super::super::protocol::{Cause, Setup, Status};
use super::{Place, raw};
pub(super) use crate::sandbox::linux::Restrictions;
use crate::sandbox::linux::root_folder::Root;
use crate::sandbox::linux::watchdog::{LOOK_EVERY, LOOK_EVERY_OUTSIDE, Look};
use crate::sandbox::linux::{namespaces, step};
use crate::sandbox::{Confinement, Level, LimitHit, Limits};

/// The unit of `ru_maxrss`.
pub(super) const MAX_RSS_UNIT_BYTES: u64 = 1024;

/// How long killing may take: a process in an uninterruptible wait (a hung network disk) may never go, and
/// the server's own patience ends a second later.
const END_LIMIT: Duration = Duration::from_secs(4);

/// How long to wait for a killed process before looking again: normally its SIGCHLD comes at once, but a
/// process that forked while the table was being read needs a second look.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Blocks every signal: a SIGTERM to every process of a service is the server's to answer, which then closes
/// our lifeline.
pub(super) fn be_deaf() -> io::Result<()> {
    Ok(SigSet::all().thread_block()?)
}

/// Enters what all executions share.
pub(super) fn enter_shared(setup: &Setup) -> io::Result<Shared> {
    let root = match setup.level {
        Level::Full => Some(namespaces::share_root(&setup.readable)?),
        _ => None,
    };
    Ok(Shared { root })
}

/// What all executions share.
pub(super) struct Shared {
    root: Option<Root>,
}

impl Shared {
    /// Whether it still is as it would be made now.
    pub(super) fn is_up_to_date(&mut self) -> bool {
        self.root.as_mut().is_none_or(Root::is_up_to_date)
    }
}

/// Goes where the command will run. At the full level that is a child in new namespaces, in which this returns
/// a second time; outside it returns when the child has ended.
pub(super) fn enter(confinement: &Confinement) -> io::Result<Place> {
    if confinement.level != Level::Full {
        return Ok(Place::Here);
    }
    namespaces::leave(confinement.network)?;
    match step("starting a process in new namespaces", raw::fork())? {
        Some(child) => {
            while waitpid(child, None) == Err(Errno::EINTR) {}
            Ok(Place::Outside)
        }
        None => {
            namespaces::settle(confinement)?;
            Ok(Place::Here)
        }
    }
}

/// What is to be put on the command; as a `probe` it is put on this process, to see that it can be.
pub(super) fn restrictions(confinement: &Confinement, probe: bool) -> io::Result<Restrictions> {
    let mut restrictions = Restrictions::prepare(confinement)?;
    if probe {
        restrictions.apply()?;
    }
    Ok(restrictions)
}

/// The memory that a process has of its own.
pub(super) fn memory_of(process: Pid) -> u64 {
    Look::at(&[process], 0).memory_bytes
}

/// The launcher's descendants.
pub(super) struct Tree {
    child_signals: SignalFd,
    level: Level,
    limits: Limits,
    peak_memory_bytes: u64,
}

impl Tree {
    /// Becomes the parent of every orphan below.
    pub(super) fn adopt(confinement: &Confinement) -> io::Result<Self> {
        prctl::set_child_subreaper(true)?;
        // With it no set-user-id program can become one that we may not kill.
        prctl::set_no_new_privs()?;
        let mut children = SigSet::empty();
        children.add(Signal::SIGCHLD);
        let child_signals = SignalFd::with_flags(&children, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK)?;
        Ok(Self {
            child_signals,
            level: confinement.level,
            limits: confinement.limits,
            peak_memory_bytes: 0,
        })
    }

    /// Has the command die with the launcher, start without our blocked signals, and be restricted.
    ///
    /// In a namespace it begins a session, which Linux gives a share of the processors of its own: the launcher, in
    /// another, has its turn however many processes the command starts. Outside it keeps the launcher's, by which it is
    /// found when the launcher is killed, and has a group of its own in it.
    pub(super) fn bind(&self, command: &mut Command, mut restrictions: Restrictions) {
        let launcher = getpid();
        let begins_session = self.inside();
        if !begins_session {
            command.process_group(0);
        }
        raw::before_exec(command, move || {
            prctl::set_pdeathsig(Signal::SIGKILL)?;
            // Killed before the line above: nobody would tell us any more.
            if getppid() != launcher {
                return Err(Errno::ESRCH.into());
            }
            if begins_session {
                setsid()?;
            }
            SigSet::empty().thread_set_mask()?;
            restrictions.apply()
        });
    }

    /// The most memory that the processes had together, as far as it was looked at.
    pub(super) fn peak_memory_bytes(&self) -> u64 {
        self.peak_memory_bytes
    }

    /// Waits until the command ended, its time is over, a limit is exceeded or the lifeline ended. An end of
    /// its own counts even when it came together with one of the others.
    pub(super) fn watch(
        &mut self,
        command: Pid,
        control: &UnixStream,
        deadline: Instant,
    ) -> io::Result<(Status, Cause)> {
        let mut ordered = false;
        let every = if self.inside() {
            LOOK_EVERY
        } else {
            LOOK_EVERY_OUTSIDE
        };
        let mut next_look = (self.level != Level::Off).then(|| Instant::now() + every);
        loop {
            let reaped = self.reap(command)?;
            if let Some(status) = reaped.command {
                return Ok((status, self.cause_of(status, reaped.more)?));
            }
            let left = deadline.saturating_duration_since(Instant::now());
            let killed = Status::Signal(Signal::SIGKILL as i32);
            if ordered {
                return Ok((killed, Cause::Order));
            }
            if left.is_zero() {
                return Ok((killed, Cause::Timeout));
            }
            let mut wait = left;
            if let Some(due) = next_look {
                let now = Instant::now();
                if due <= now {
                    if let Some(hit) = self.look()? {
                        return Ok((killed, Cause::Limit(hit)));
                    }
                    next_look = Some(now + every);
                }
                wait = wait.min(next_look.unwrap_or(due).saturating_duration_since(now));
            }
            let mut watched = [
                PollFd::new(self.child_signals.as_fd(), PollFlags::POLLIN),
                PollFd::new(control.as_fd(), PollFlags::POLLIN),
            ];
            wait_for(&mut watched, wait)?;
            // The server says nothing after its spec, so whatever comes is the end of its stream.
            ordered = watched[1].any().unwrap_or(true);
        }
    }

    /// Why a command ended that nobody here ended.
    fn cause_of(&mut self, status: Status, has_left_others: bool) -> io::Result<Cause> {
        let hit = if self.level == Level::Off {
            None
        } else if status == Status::Signal(Signal::SIGXFSZ as i32) {
            Some(LimitHit::FileSize)
        } else if has_left_others && status != Status::Code(0) {
            // One that is refused a process may give up before the next look is due.
            self.look()?
        } else {
            None
        };
        Ok(hit.map_or(Cause::Own, Cause::Limit))
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
            self.kill_all(command);
            let mut watched = [PollFd::new(self.child_signals.as_fd(), PollFlags::POLLIN)];
            if wait_for(&mut watched, LOOK_AGAIN).is_err() {
                return false;
            }
        }
    }

    fn kill_all(&self, command: Pid) {
        if self.inside() {
            // Everybody in the namespace but ourselves, in one call that no fork escapes.
            let _ = kill(Pid::from_raw(-1), Signal::SIGKILL);
            return;
        }
        // First the group, which the kernel signals as one, so that it cannot fork its way out; then
        // whoever left the group. The command's id stays its group's while a member lives.
        let _ = killpg(command, Signal::SIGKILL);
        for process in ProcessTable::read().descendants_of(getpid()) {
            let _ = kill(process, Signal::SIGKILL);
        }
    }

    /// The limit that is exceeded, if one is.
    fn look(&mut self) -> io::Result<Option<LimitHit>> {
        let ids = process_table::ids();
        // First, as a bomb of forks leaves us little time, and all but ourselves are the command's.
        if self.inside() && ids.len() as u64 > self.limits.processes.saturating_add(1) {
            return Ok(Some(LimitHit::Processes));
        }
        let table = ProcessTable::of(&ids);
        let processes = if self.inside() {
            table.all_but(getpid())
        } else {
            table.descendants_of(getpid())
        };
        let look = Look::at(&processes, table.cpu_ticks_of(&processes));
        self.peak_memory_bytes = self.peak_memory_bytes.max(look.memory_bytes);
        let ended = getrusage(UsageWho::RUSAGE_CHILDREN)?;
        let earlier_us = super::micros(ended.user_time()) + super::micros(ended.system_time());
        Ok(look.over(&self.limits, Duration::from_micros(earlier_us)))
    }

    /// Whether we are the first process of a namespace.
    fn inside(&self) -> bool {
        self.level == Level::Full
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
