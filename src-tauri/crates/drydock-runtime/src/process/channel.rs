//! The server's end of a launcher. Owns: starting one, talking to it, and the last resort when it does not
//! answer. Must not: decide why a run ends.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::Path;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::process::{Child, ChildStderr, ChildStdout, Command};

use super::launcher::MARK;
use super::process_table::ProcessTable;
use super::protocol::{self, Report};

/// A running launcher. Dropping it ends the lifeline, and the launcher then kills everything it started;
/// so there is no kill on drop, which would take the launcher before it has done that.
pub(super) struct Channel {
    launcher: Child,
    control: UnixStream,
    received: Vec<u8>,
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
