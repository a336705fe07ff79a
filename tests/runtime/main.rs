//! What functions experience: their environment, their end, their output; and what becomes of them when the
//! server ends, however it does.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_lines,
    clippy::format_collect
)]

use drydock_tests::{Dock, Launch};

/// A server for tests that both backends share: here with processes of this machine.
fn launch() -> Launch {
    Dock::launch()
}

mod as_user;
mod clock_jumps;
mod crash;
mod crash_rounds;
mod disk;
mod endings;
mod environment;
mod firing;
mod first_start;
mod interpreters;
mod open_files;
mod output;
mod queue;
mod record;
mod replay;
mod retention;
mod schedule;
mod standby;
