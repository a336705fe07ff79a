//! Those who must get nothing: pages of strangers in the developer's browser, pages on other ports, names that
//! lead to this machine, thieves of half a session, readers of logs and of copies of the database,
//! functions that take what they can.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

use drydock_tests::{Dock, Launch};

/// A server for tests that both backends share: here with processes of this machine.
fn launch() -> Launch {
    Dock::launch()
}

mod door;
mod either;
mod fixtures;
mod network;
mod pages;
mod rebinding;
mod sandbox;
mod secrets;
mod start;
