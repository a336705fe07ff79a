//! The command line against a real server: what it prints, what it exits with, and what it says when there is
//! nobody to talk to.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::format_collect)]

mod cancel;
mod dev;
mod dev_terminal;
mod exec;
mod folders;
mod link;
mod local;
mod resources;
mod stays;
mod watched;

use drydock_tests::{Dock, Finished, run};

/// A command for that server's data folder, run to its end.
async fn drydock(dock: &Dock, arguments: &[&str]) -> Finished {
    run(dock.command().args(arguments)).await
}
