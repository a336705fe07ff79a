//! The launcher: a copy of our own binary around one command, forked from the `zygote`, which is executed once.
//!
//! Owns: starting the command, outliving it, and killing whatever it left; it is the init of the execution.
//! Must not: know the server's configuration, open files, or run more than one thread (a child's
//! parent-death signal follows the thread that forked it).
//! Its standard input is the lifeline, a socket to the server: when that ends, because the server wants it
//! or died in whatever way, the launcher kills everything below it.
//!
//! At the full level (`crate::sandbox`) the launcher's child is the first process of new namespaces and does
//! all this inside; the kernel lets nobody there signal it, and ends everybody there with it. At the lower
//! levels the command has our user's rights and may be able to kill the launcher first; what is left for the
//! server to do then, `channel` says.

mod handover;
pub(crate) mod raw;
#[cfg(target_os = "linux")]
#[path = "tree_linux.rs"]
mod tree;
#[cfg(not(target_os = "linux"))]
#[path = "tree_other.rs"]
mod tree;
mod zygote;

use std::io::{self, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::signal::Signal;
use nix::unistd::Pid;
use serde::Serialize;

use super::protocol::{self, Cause, End, Report, Spec, Status};
use crate::sandbox::Level;
use handover::Socket;
use tree::Tree;

/// The first argument of the zygote: nothing that a person would type.
pub(super) const MARK: &str = "__launch";

/// Whether this process was started as the zygote. Must be asked before anything else, above all before
/// any thread is started.
pub fn is_invocation() -> bool {
    std::env::args_os()
        .nth(1)
        .is_some_and(|argument| argument == MARK)
}

/// The whole life of the zygote, and of every launcher: each begins as a copy of it.
pub fn run() -> ExitCode {
    let lived = match zygote::serve() {
        Ok(true) => launch(),
        served => served.map(drop),
    };
    match lived {
        Ok(()) => ExitCode::SUCCESS,
        // Nobody reads our words: the server sees that the socket ended without a report, and says so.
        Err(_) => ExitCode::FAILURE,
    }
}

fn launch() -> io::Result<()> {
    let control = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    let spec: Spec = protocol::read(&control)?;
    match tree::enter(&spec.confinement) {
        Ok(Place::Here) => {}
        // The child does the rest; this process only stands between it and the server.
        Ok(Place::Outside) => return Ok(()),
        Err(error) => {
            return send(
                &control,
                &Report::Unconfined {
                    why: error.to_string(),
                },
            );
        }
    }
    let tree = Tree::adopt(&spec.confinement)?;
    match tree::restrictions(&spec.confinement, spec.probe) {
        Ok(_) if spec.probe => send(&control, &Report::Confined),
        Ok(restrictions) => run_command(spec, &control, tree, restrictions),
        Err(error) => send(
            &control,
            &Report::Unconfined {
                why: error.to_string(),
            },
        ),
    }
}

fn run_command(
    spec: Spec,
    control: &UnixStream,
    tree: Tree,
    restrictions: tree::Restrictions,
) -> io::Result<()> {
    let mut command = Command::new(&spec.program);
    command
        .args(&spec.arguments)
        .env_clear()
        .envs(spec.environment)
        .current_dir(&spec.folder);
    command.stdin(Stdio::null());
    tree.bind(&mut command, restrictions);
    let socket = spec
        .standby
        .map(|ear| Socket::give(&mut command, ear))
        .transpose()?;
    // A server that cannot be told is gone, and the lifeline will say so.
    if socket.is_none() {
        let _ = send(control, &Report::Starting);
    }
    let mut started = Instant::now();
    let child = match command.spawn() {
        Ok(child) => Pid::from_raw(child.id() as i32),
        Err(error) => {
            return send(
                control,
                &Report::Refused {
                    errno: error.raw_os_error(),
                    message: error.to_string(),
                },
            );
        }
    };
    let known_outside = spec.confinement.level != Level::Full;
    let pid = known_outside.then_some(child.as_raw());
    let _ = send(control, &Report::Started { pid });

    let mut tree = tree;
    let timeout_ms = match socket {
        None => Some(spec.timeout_ms),
        Some(mut socket) => {
            socket.started(&mut command);
            let handover = socket.wait(control, || tree::memory_of(child))?;
            if handover.is_some() {
                let _ = send(control, &Report::Starting);
                started = Instant::now();
            }
            handover.map(|handover| handover.timeout_ms)
        }
    };
    let (status, cause) = match timeout_ms {
        Some(timeout_ms) => tree.watch(child, control, started + Duration::from_millis(timeout_ms))?,
        // It stood by in vain.
        None => (Status::Signal(Signal::SIGKILL as i32), Cause::Order),
    };
    let duration = started.elapsed();
    let survivors = !tree.end(child);
    let used = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let largest_bytes = used.max_rss() as u64 * tree::MAX_RSS_UNIT_BYTES;
    send(
        control,
        &Report::Ended(End {
            status,
            cause,
            duration_us: duration.as_micros() as u64,
            cpu_us: micros(used.user_time()) + micros(used.system_time()),
            peak_memory_bytes: largest_bytes.max(tree.peak_memory_bytes()),
            survivors,
        }),
    )
}

/// Where this process finds itself once the command's world was entered.
enum Place {
    /// In it: the command is this process's child.
    Here,
    /// Outside, after all that is inside has ended.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "only Linux has an inside")
    )]
    Outside,
}

fn send(mut socket: &UnixStream, report: &impl Serialize) -> io::Result<()> {
    socket.write_all(&protocol::encode(report)?)
}

fn micros(time: nix::sys::time::TimeVal) -> u64 {
    time.tv_sec() as u64 * 1_000_000 + time.tv_usec() as u64
}
