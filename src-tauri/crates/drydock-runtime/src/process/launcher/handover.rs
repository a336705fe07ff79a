//! A command that stands by, as its launcher sees it: a socket to the preload in its interpreter.
//!
//! Owns: saying when the interpreter is there, waiting for the server's handover, passing it on. Must not: wait
//! without looking at the lifeline.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::UnixStream;
use std::process::Command;

use nix::errno::Errno;
use nix::fcntl::{FcntlArg, FdFlag, fcntl};
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use super::super::protocol::{self, Handover, Report};
use super::send;
use crate::standby::preload::{Ear, VARIABLE};

/// Our end of it, and the command's until that has been started.
pub(super) struct Socket {
    ours: UnixStream,
    theirs: Option<OwnedFd>,
}

impl Socket {
    /// Gives `command` its end of a new socket.
    pub(super) fn give(command: &mut Command, ear: Ear) -> io::Result<Self> {
        let (ours, theirs) = UnixStream::pair()?;
        // What is handed over fits into the socket's buffer: see `prepare`.
        ours.set_nonblocking(true)?;
        let theirs = OwnedFd::from(theirs);
        match ear {
            Ear::Stdin => {
                command.env(VARIABLE, "0").stdin(theirs);
                Ok(Self { ours, theirs: None })
            }
            Ear::Descriptor => {
                // This process starts nothing else, so nobody else inherits it.
                fcntl(&theirs, FcntlArg::F_SETFD(FdFlag::empty()))?;
                command.env(VARIABLE, theirs.as_raw_fd().to_string());
                let theirs = Some(theirs);
                Ok(Self { ours, theirs })
            }
        }
    }

    /// To be called once the command was started, so that its end tells of its end.
    pub(super) fn started(&mut self, command: &mut Command) {
        self.theirs = None;
        command.stdin(std::process::Stdio::null());
    }

    /// Says to the server when the interpreter is there, with what `memory_bytes` finds, waits until it hands over,
    /// and passes that on. `None` where the command ended before it had heard of it, or the server wants it no more
    /// or is gone: nothing of an execution has run.
    pub(super) fn wait(
        self,
        control: &UnixStream,
        memory_bytes: impl Fn() -> u64,
    ) -> io::Result<Option<Handover>> {
        if !self.hears_a_byte(control)? {
            return Ok(None);
        }
        let memory_bytes = memory_bytes();
        send(control, &Report::Ready { memory_bytes })?;
        // A byte more would be one too early; the preload's end is what there may be to hear.
        if self.next_of(control)? == Next::Preload {
            return Ok(None);
        }
        let Ok(handover) = protocol::read(control) else {
            return Ok(None);
        };
        if self.pass_on(&handover).is_err() || !self.hears_a_byte(control)? {
            return Ok(None);
        }
        Ok(Some(handover))
    }

    /// Waits for a byte of the preload; `false` where it or the server is gone first.
    fn hears_a_byte(&self, control: &UnixStream) -> io::Result<bool> {
        Ok(self.next_of(control)? == Next::Preload && matches!((&self.ours).read(&mut [0]), Ok(1)))
    }

    /// Waits until one of them says something or ends; the preload, if both do.
    fn next_of(&self, control: &UnixStream) -> io::Result<Next> {
        loop {
            let mut watched = [
                PollFd::new(control.as_fd(), PollFlags::POLLIN),
                PollFd::new(self.ours.as_fd(), PollFlags::POLLIN),
            ];
            match poll(&mut watched, PollTimeout::NONE) {
                Ok(_) | Err(Errno::EINTR) => {}
                Err(error) => return Err(error.into()),
            }
            let [server, preload] = watched.map(|watched| watched.any().unwrap_or(true));
            if preload {
                return Ok(Next::Preload);
            }
            if server {
                return Ok(Next::Server);
            }
        }
    }

    /// Passes what was handed over on: `NAME=value` each, with a zero behind it. The end of the stream is the
    /// sign to go on.
    fn pass_on(&self, handover: &Handover) -> io::Result<()> {
        let mut bytes = Vec::new();
        for (name, value) in &handover.environment {
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(b'=');
            bytes.extend_from_slice(value.as_bytes());
            bytes.push(0);
        }
        (&self.ours).write_all(&bytes)?;
        self.ours.shutdown(Shutdown::Write)
    }
}

/// Who has something to say.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Next {
    Server,
    Preload,
}
