//! The zygote: what the server executes once, and what every launcher is forked from.
//!
//! Owns: entering what all executions share, and making launchers. Must not: run a command, have threads, or hold
//! anything of a launcher after it was forked. It ends with its socket, and so with the server; its launchers have
//! sockets of their own.

use std::io::{self, IoSliceMut};
use std::os::fd::{AsFd, AsRawFd, OwnedFd};
use std::os::unix::net::UnixStream;

use nix::cmsg_space;
use nix::sys::socket::{ControlMessageOwned, MsgFlags, recvmsg};
use nix::unistd::{Pid, dup2_stderr, dup2_stdin, dup2_stdout, setsid};

use super::super::protocol::{self, Setup, ZygoteReport};
use super::{raw, send, tree};
use crate::open_files;

/// A wish for a launcher.
struct Wish {
    /// What it is given: the socket to the server, and the command's outputs.
    descriptors: [OwnedFd; 3],
    /// The folder of the control group that it is to be in.
    group: Option<OwnedFd>,
}

/// Serves until the server is gone; returns `true` in every launcher that it forks.
pub(super) fn serve() -> io::Result<bool> {
    raw::close_inherited();
    raw::heed_all_signals();
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    // Away from the server's terminal: Ctrl-C is for the server, which then decides. It fails only where
    // we lead a session already.
    let _ = setsid();
    tree::be_deaf()?;
    let setup: Setup = protocol::read(&socket)?;
    if let Some(number) = setup.open_files {
        open_files::lower_to(number)?;
    }
    let mut shared = match tree::enter_shared(&setup) {
        Ok(shared) => shared,
        Err(error) => {
            let why = error.to_string();
            send(&socket, &ZygoteReport::Unconfined { why })?;
            return Ok(false);
        }
    };
    // Nobody asks how they ended: the kernel need not keep them.
    raw::forget_children(true)?;
    send(&socket, &ZygoteReport::Ready)?;
    while let Some(Wish { descriptors, group }) = receive(&socket)? {
        if !shared.is_up_to_date() {
            send(&socket, &ZygoteReport::Outdated)?;
            return Ok(false);
        }
        let (forked, is_in_group) = fork(group.as_ref())?;
        drop(group);
        match forked {
            Some(launcher) => {
                let pid = launcher.as_raw();
                drop(descriptors);
                send(&socket, &ZygoteReport::Launched { pid, is_in_group })?;
            }
            None => {
                drop(socket);
                become_launcher(&descriptors)?;
                return Ok(true);
            }
        }
    }
    Ok(false)
}

/// Forks into the group where that can be had (Linux 5.7; some containers forbid it), and says whether it was. A child
/// elsewhere is moved by the server, which takes longer.
fn fork(group: Option<&OwnedFd>) -> io::Result<(Option<Pid>, bool)> {
    #[cfg(target_os = "linux")]
    if let Some(Ok(forked)) = group.map(raw::fork_into) {
        return Ok((forked, true));
    }
    let _ = group;
    Ok((raw::fork()?, false))
}

/// In the fork, which has closed what was the zygote's.
fn become_launcher([control, stdout, stderr]: &[OwnedFd; 3]) -> io::Result<()> {
    raw::forget_children(false)?;
    dup2_stdin(control)?;
    dup2_stdout(stdout)?;
    dup2_stderr(stderr)?;
    // It leads no session: its leader is the zygote.
    setsid()?;
    Ok(())
}

/// So that no command inherits them. Where the system does not know it, a launcher starts its command with all else
/// closed anyway.
#[cfg(target_os = "linux")]
const CLOSE_ON_EXEC: MsgFlags = MsgFlags::MSG_CMSG_CLOEXEC;
#[cfg(not(target_os = "linux"))]
const CLOSE_ON_EXEC: MsgFlags = MsgFlags::empty();

/// The next wish for a launcher; `None` when the server is gone.
fn receive(socket: &UnixStream) -> io::Result<Option<Wish>> {
    let mut byte = [0];
    let mut buffer = [IoSliceMut::new(&mut byte)];
    let mut space = cmsg_space!([std::os::fd::RawFd; 4]);
    let message = recvmsg::<()>(socket.as_raw_fd(), &mut buffer, Some(&mut space), CLOSE_ON_EXEC)?;
    if message.bytes == 0 {
        return Ok(None);
    }
    let received = message.cmsgs()?.find_map(|part| match part {
        ControlMessageOwned::ScmRights(descriptors) => Some(descriptors),
        _ => None,
    });
    let mut owned: Vec<OwnedFd> = received.into_iter().flatten().map(raw::own).collect();
    let group = (owned.len() == 4).then(|| owned.pop()).flatten();
    match <[OwnedFd; 3]>::try_from(owned) {
        Ok(descriptors) => Ok(Some(Wish { descriptors, group })),
        Err(_) => Err(io::Error::other("a wish without its descriptors")),
    }
}
