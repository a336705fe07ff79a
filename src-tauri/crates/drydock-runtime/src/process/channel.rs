//! The server's end of a launcher. Owns: talking to it, and the last resort when it does not answer. Must not:
//! decide why a run ends.

use std::io;

use nix::sys::signal::{Signal, kill, killpg};
use nix::unistd::Pid;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tokio::net::unix::pipe::Receiver;

use super::process_table::ProcessTable;
use super::protocol::{self, Report};
use crate::sandbox::cgroup::{Left, RunGroup};

/// A running launcher. Dropping it ends the lifeline, and the launcher then kills everything it started;
/// so there is no kill on drop, which would take the launcher before it has done that.
pub(crate) struct Channel {
    launcher: Pid,
    control: UnixStream,
    received: Vec<u8>,
    /// Its end of the socket is closed.
    is_gone: bool,
    /// The control group that it is in.
    group: Option<RunGroup>,
}

/// The command's two outputs.
pub(crate) struct Pipes {
    pub(super) stdout: Receiver,
    pub(super) stderr: Receiver,
}

/// The next message that comes; `None` at the socket's end. What was received of it stays in `received` when this is
/// dropped half-way.
pub(super) async fn next_message<T: DeserializeOwned>(
    socket: &mut UnixStream,
    received: &mut Vec<u8>,
) -> io::Result<Option<T>> {
    loop {
        if let Some(message) = protocol::take(received)? {
            return Ok(Some(message));
        }
        if socket.read_buf(received).await? == 0 {
            return Ok(None);
        }
    }
}

impl Channel {
    /// That of a launcher with this number, at the other end of `control`.
    pub(super) fn new(launcher: Pid, control: UnixStream) -> Self {
        Self {
            launcher,
            control,
            received: Vec::new(),
            is_gone: false,
            group: None,
        }
    }

    /// The launcher's number.
    pub(super) fn launcher(&self) -> Pid {
        self.launcher
    }

    /// Says which control group it is in.
    pub(super) fn belongs_to(&mut self, group: RunGroup) {
        self.group = Some(group);
    }

    /// Sends the one spec, or the one handover.
    pub(super) async fn send(&mut self, message: &impl Serialize) -> io::Result<()> {
        self.control.write_all(&protocol::encode(message)?).await
    }

    /// The next report; `None` when the launcher is gone. Loses nothing when dropped half-way.
    pub(super) async fn next(&mut self) -> io::Result<Option<Report>> {
        let report = next_message(&mut self.control, &mut self.received).await?;
        self.is_gone = report.is_none();
        Ok(report)
    }

    /// Orders the launcher to kill everything; its report still comes.
    pub(super) async fn order_end(&mut self) {
        // It fails only when the launcher is gone, which the next read tells.
        let _ = self.control.shutdown().await;
    }

    /// Waits until the launcher itself is gone, and with it all that had its end of the socket.
    pub(super) async fn gone(&mut self) {
        while !self.is_gone {
            self.received.clear();
            match self.control.read_buf(&mut self.received).await {
                Ok(0) => self.is_gone = true,
                Ok(_) => {}
                // It closed with something of ours unread.
                Err(error) => {
                    tracing::debug!(%error, "a launcher ended in the middle of something");
                    self.is_gone = true;
                }
            }
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
        if !self.is_gone {
            let _ = kill(self.launcher, Signal::SIGKILL);
        }
        if let Some(group) = group {
            let _ = killpg(group, Signal::SIGKILL);
        }
        // The kernel gives nobody else the number while a member of the session lives.
        for process in ProcessTable::read().session_of(self.launcher) {
            let _ = kill(process, Signal::SIGKILL);
        }
    }
}
