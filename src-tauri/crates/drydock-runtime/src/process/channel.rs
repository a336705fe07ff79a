//! The server's end of a launcher. Owns: starting one, talking to it, and the last resort when it does not
//! answer. Must not: decide why a run ends.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use super::launcher::MARK;
use super::process_table::ProcessTable;
use super::protocol::{self, Report};
use crate::sandbox::cgroup::{Left, RunGroup};
use crate::sandbox::{Cgroups, Confinement, Level};

/// What starts launchers.
#[derive(Debug, Clone)]
pub(crate) struct Launchers {
    /// Our own binary.
    pub(crate) exe: PathBuf,
    /// Where each is put, if this machine lets us.
    pub(crate) cgroups: Option<Arc<Cgroups>>,
}

impl Launchers {
    /// Starts one for a run under `confinement`; it waits for its spec.
    pub(super) async fn start(&self, confinement: &Confinement) -> io::Result<(Channel, Pipes)> {
        let (mut channel, pipes) = Channel::open(&self.exe)?;
        let limited = confinement.level != Level::Off;
        if let (Some(cgroups), Some(id), true) = (&self.cgroups, channel.launcher.id(), limited) {
            let (cgroups, limits) = (Arc::clone(cgroups), confinement.limits);
            // Moving a process waits for the kernel, some milliseconds: meanwhile the launcher starts.
            channel.group = tokio::task::spawn_blocking(move || cgroups.wall_in(id, &limits))
                .await
                .ok()
                .flatten();
        }
        Ok((channel, pipes))
    }
}

/// A running launcher. Dropping it ends the lifeline, and the launcher then kills everything it started;
/// so there is no kill on drop, which would take the launcher before it has done that.
pub(super) struct Channel {
    launcher: Child,
    control: UnixStream,
    received: Vec<u8>,
    /// The control group that it is in.
    group: Option<RunGroup>,
}

/// The command's two outputs.
pub(super) struct Pipes {
    pub(super) stdout: ChildStdout,
    pub(super) stderr: ChildStderr,
}

impl Channel {
    /// Starts `launcher_exe` as a launcher; it waits for its spec.
    pub(super) fn open(launcher_exe: &Path) -> io::Result<(Self, Pipes)> {
        let (ours, theirs) = StdUnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let control = UnixStream::from_std(ours)?;
        let mut command = Command::new(launcher_exe);
        // The name is what a person sees in `ps`; no environment, since a child is never to find ours.
        command.arg0("drydock").arg(MARK).env_clear();
        command
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut launcher = command.spawn()?;
        let (Some(stdout), Some(stderr)) = (launcher.stdout.take(), launcher.stderr.take()) else {
            return Err(io::Error::other("the launcher has no pipes"));
        };
        // `command` goes here, and with it our copy of their end: only so does the end of theirs reach us.
        Ok((
            Self {
                launcher,
                control,
                received: Vec::new(),
                group: None,
            },
            Pipes { stdout, stderr },
        ))
    }

    /// Sends the one spec, or the one handover.
    pub(super) async fn send(&mut self, message: &impl Serialize) -> io::Result<()> {
        self.control.write_all(&protocol::encode(message)?).await
    }

    fn launcher_id(&self) -> Option<Pid> {
        self.launcher.id().map(|id| Pid::from_raw(id as i32))
    }

    /// The next report; `None` when the launcher is gone. Loses nothing when dropped half-way.
    pub(super) async fn next(&mut self) -> io::Result<Option<Report>> {
        loop {
            if let Some(report) = protocol::take(&mut self.received)? {
                return Ok(Some(report));
            }
            if self.control.read_buf(&mut self.received).await? == 0 {
                return Ok(None);
            }
        }
    }

    /// Orders the launcher to kill everything; its report still comes.
    pub(super) async fn order_end(&mut self) {
        // It fails only when the launcher is gone, which the next read tells.
        let _ = self.control.shutdown().await;
    }

    /// Waits until the launcher itself is gone.
    pub(super) async fn gone(&mut self) {
        if let Err(error) = self.launcher.wait().await {
            tracing::warn!(%error, "waiting for a launcher failed");
        }
    }

    /// Ends its control group, when the launcher is gone or given up: kills what is still in it and says what it
    /// told. Nothing where it has none.
    pub(super) async fn end_group(&mut self) -> Left {
        match self.group.take() {
            Some(group) => tokio::task::spawn_blocking(move || group.end())
                .await
                .unwrap_or_default(),
            None => Left::default(),
        }
    }

    /// The last resort, when the launcher was killed or hangs: kills it and what can still be found of its
    /// run, which is the command's process group and the launcher's session. Who began a session of its own is not
    /// found: with the launcher its tie to the run is gone.
    pub(super) fn kill_what_is_left(&mut self, group: Option<Pid>) {
        let session = self.launcher_id();
        let _ = self.launcher.start_kill();
        if let Some(group) = group {
            let _ = killpg(group, Signal::SIGKILL);
        }
        // The launcher is not reaped yet (its id would be gone then), so its number names no other session.
        for process in session
            .map(|leader| ProcessTable::read().session_of(leader))
            .unwrap_or_default()
        {
            let _ = kill(process, Signal::SIGKILL);
        }
    }
}
