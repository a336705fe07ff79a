//! Everything of Drydock that runs code.
//!
//! Owns: unpacking a tag's archive, finding the machine's interpreters, and running a tag's command as a
//! process, or in a container, that dies with its execution. Must not: know HTTP, SQL, the queue, or what an execution means.
//! User code never runs inside our process: the server re-executes its own binary once, and each run gets a fork of
//! that as its launcher ([`process::launcher`]), which is the ancestor of everything that a function starts.
// A test may fail by panicking.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used))]

pub mod archive;
#[cfg(unix)]
mod backends;
#[cfg(unix)]
pub mod check;
pub mod command;
#[cfg(unix)]
pub mod docker;
pub mod interpreters;
#[cfg(unix)]
mod job;
#[cfg(unix)]
mod open_files;
#[cfg(unix)]
pub mod process;
mod removal;
#[cfg(unix)]
pub mod sandbox;
#[cfg(unix)]
mod sink;
#[cfg(unix)]
mod standby;

pub use archive::{UnpackLimits, Unpacked, unpack};
#[cfg(unix)]
pub use backends::Backends;
#[cfg(unix)]
pub use check::{Check, Checked, ParseError};
#[cfg(unix)]
pub use docker::{DockerBackend, DockerSettings};
pub use interpreters::{Interpreter, Interpreters};
#[cfg(unix)]
pub use job::{Backend, Blueprint, EndReason, Ended, Job};
#[cfg(unix)]
pub use open_files::raise_open_files;
#[cfg(unix)]
pub use process::{ProcessBackend, launcher, probe};
pub use removal::remove_tree;
#[cfg(unix)]
pub use sandbox::{Cgroups, Delegated, Level, LimitHit, Limits, LimitsBy, Network, Policy, Standing};
#[cfg(unix)]
pub use standby::{StandbyCounts, StandbySettings};
