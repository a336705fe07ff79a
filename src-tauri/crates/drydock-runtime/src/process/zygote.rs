//! The server's end of the zygote: one resident process from which every launcher is forked.
//!
//! Owns: starting it, asking it for launchers, starting another when it is gone or out of date. Must not: know
//! what a launcher does. Executing our own binary for each execution costs more than all that a launcher does then;
//! so it is done once, with what all executions share: at the sandbox's full level, their root folder.

use std::io::{self, IoSlice};
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use nix::unistd::Pid;
use tokio::io::{AsyncWriteExt, Interest};
use tokio::net::UnixStream;
use tokio::net::unix::pipe::{Receiver, pipe};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::channel::{Channel, Pipes, next_message};
use super::launcher::MARK;
use super::protocol::{self, Setup, ZygoteReport};
use crate::sandbox::cgroup::RunGroup;
use crate::sandbox::{Cgroups, Confinement, Level};

/// A launcher is there in less than a millisecond, a zygote in ten; this long only on a machine that is nearly dead.
const LIMIT: Duration = Duration::from_secs(10);

/// Where launchers come from.
#[derive(Debug)]
pub(crate) struct Zygote {
    exe: PathBuf,
    setup: Setup,
    /// Where each launcher is put, if this machine lets us.
    cgroups: Option<Arc<Cgroups>>,
    /// Taken out while it is asked, so that a question that was given up leaves no answer for the next one.
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    /// Kept, so that it is reaped; it ends when its socket does.
    process: Child,
    socket: UnixStream,
    received: Vec<u8>,
}

/// Why there is no launcher.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NoLauncher {
    /// What all executions share of their sandbox cannot be set up, for the reason given.
    #[error("its sandbox cannot be set up: {0}")]
    Unconfined(String),
    /// The system gives no process, or its end was not to be heard from.
    #[error(transparent)]
    Io(#[from] io::Error),
}

impl Zygote {
    /// None is started before the first launcher is asked for. `exe` is our own binary.
    pub(crate) fn new(exe: PathBuf, setup: Setup, cgroups: Option<Arc<Cgroups>>) -> Self {
        Self {
            exe,
            setup,
            cgroups,
            running: Mutex::new(None),
        }
    }

    /// Starts it, so that the first launcher need not wait for that.
    pub(crate) async fn warm_up(&self) -> Result<(), NoLauncher> {
        let mut running = self.running.lock().await;
        if running.is_none() {
            *running = Some(self.start().await?);
        }
        Ok(())
    }

    /// A new launcher for a run under `confinement`, which waits for its spec.
    pub(crate) async fn launch(&self, confinement: &Confinement) -> Result<(Channel, Pipes), NoLauncher> {
        let group = self.group(confinement).await;
        let Launched {
            mut channel,
            pipes,
            is_in_group,
        } = self.fork(group.as_ref().and_then(RunGroup::descriptor)).await?;
        if let (Some(cgroups), Some(group)) = (&self.cgroups, group) {
            if is_in_group {
                channel.belongs_to(group);
            } else {
                // Moving a process waits for the kernel, some milliseconds.
                let (cgroups, launcher) = (Arc::clone(cgroups), channel.launcher());
                let admitted = spawn_blocking(move || cgroups.admit(launcher, group)).await;
                if let Ok(Some(group)) = admitted {
                    channel.belongs_to(group);
                }
            }
        }
        Ok((channel, pipes))
    }

    /// Ends it, and lets go of the control groups.
    pub(crate) async fn end(&self) {
        if let Some(running) = self.running.lock().await.take() {
            running.end().await;
        }
        if let Some(cgroups) = self.cgroups.clone()
            && let Err(error) = spawn_blocking(move || cgroups.leave()).await
        {
            tracing::error!(%error, "leaving the control groups broke off");
        }
    }

    /// A group for a run, if it is to have one and can.
    async fn group(&self, confinement: &Confinement) -> Option<RunGroup> {
        let cgroups = self.cgroups.clone().filter(|_| confinement.level != Level::Off)?;
        let limits = confinement.limits;
        spawn_blocking(move || cgroups.group(&limits))
            .await
            .ok()
            .flatten()
    }

    async fn fork(&self, group: Option<BorrowedFd<'_>>) -> Result<Launched, NoLauncher> {
        let mut place = self.running.lock().await;
        if let Some(mut running) = place.take() {
            match running.launch(group).await {
                Ok(Some(launched)) => {
                    *place = Some(running);
                    return Ok(launched);
                }
                Ok(None) => tracing::debug!("what executions see of this machine has changed"),
                Err(error) => tracing::warn!(%error, "the process that launchers are forked from is lost"),
            }
        }
        let mut running = self.start().await?;
        let launched = running.launch(group).await?;
        *place = Some(running);
        launched.ok_or_else(|| {
            io::Error::other("what executions see of this machine changes all the time").into()
        })
    }

    async fn start(&self) -> Result<Running, NoLauncher> {
        let (ours, theirs) = StdUnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let mut command = Command::new(&self.exe);
        // The name is what a person sees in `ps`; no environment, since a child is never to find ours.
        command.arg0("drydock").arg(MARK).env_clear();
        command
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let mut running = Running {
            process: command.spawn()?,
            socket: UnixStream::from_std(ours)?,
            received: Vec::new(),
        };
        // `command` goes here, and with it our copy of their end: only so does the end of theirs reach us.
        drop(command);
        let setup = protocol::encode(&self.setup)?;
        running.socket.write_all(&setup).await?;
        match running.answer().await? {
            ZygoteReport::Ready => Ok(running),
            ZygoteReport::Unconfined { why } => Err(NoLauncher::Unconfined(why)),
            report => Err(io::Error::other(format!("an unexpected answer: {report:?}")).into()),
        }
    }
}

/// A new launcher.
struct Launched {
    channel: Channel,
    pipes: Pipes,
    /// Whether it was born in the control group that it was to be in.
    is_in_group: bool,
}

impl Running {
    /// `None` where it is out of date, and ends.
    async fn launch(&mut self, group: Option<BorrowedFd<'_>>) -> io::Result<Option<Launched>> {
        let (ours, theirs) = StdUnixStream::pair()?;
        ours.set_nonblocking(true)?;
        let (stdout, write_stdout) = output_pipe()?;
        let (stderr, write_stderr) = output_pipe()?;
        let mut descriptors = vec![
            theirs.as_raw_fd(),
            write_stdout.as_raw_fd(),
            write_stderr.as_raw_fd(),
        ];
        descriptors.extend(group.map(|group| group.as_raw_fd()));
        let socket = &self.socket;
        let send = socket.async_io(Interest::WRITABLE, || {
            let rights = [ControlMessage::ScmRights(&descriptors)];
            let sent = sendmsg::<()>(
                socket.as_raw_fd(),
                &[IoSlice::new(&[0])],
                &rights,
                MsgFlags::empty(),
                None,
            );
            Ok(sent.map(drop)?)
        });
        timeout(LIMIT, send).await??;
        match self.answer().await? {
            ZygoteReport::Launched { pid, is_in_group } => Ok(Some(Launched {
                channel: Channel::new(Pid::from_raw(pid), UnixStream::from_std(ours)?),
                pipes: Pipes { stdout, stderr },
                is_in_group,
            })),
            ZygoteReport::Outdated => Ok(None),
            report => Err(io::Error::other(format!("an unexpected answer: {report:?}"))),
        }
    }

    /// Ends it and waits until it is gone.
    async fn end(self) {
        let Self {
            mut process, socket, ..
        } = self;
        drop(socket);
        if timeout(LIMIT, process.wait()).await.is_err() {
            tracing::error!("the process that launchers are forked from does not end");
            // It fails only where it is gone after all.
            let _ = process.start_kill();
        }
    }

    async fn answer(&mut self) -> io::Result<ZygoteReport> {
        let answer = next_message(&mut self.socket, &mut self.received);
        let answer = timeout(LIMIT, answer).await??;
        answer.ok_or_else(|| io::ErrorKind::UnexpectedEof.into())
    }
}

/// A pipe for an output: our end does not block, the command's does.
fn output_pipe() -> io::Result<(Receiver, OwnedFd)> {
    let (write, read) = pipe()?;
    Ok((read, write.into_blocking_fd()?))
}
