//! Functions in containers, of an engine that these tests start themselves: all that functions experience as processes
//! of this machine, by the same tests, and what only containers have.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_lines,
    clippy::format_collect
)]

use drydock_tests::{Dock, Engine, Launch};

/// A server for tests that both backends share: here with containers.
fn launch() -> Launch {
    Dock::launch().containers(Engine::shared())
}

mod callback;
mod containers;
mod engines;
mod failures;
mod hostile;
mod pulls;
mod shown;

#[path = "../hostile/either.rs"]
mod either;
#[path = "../runtime/endings.rs"]
mod endings;
#[path = "../runtime/environment.rs"]
mod environment;
#[path = "../runtime/output.rs"]
mod output;
#[path = "../runtime/record.rs"]
mod record;
