//! What every black-box test of Drydock stands on: a real server of its own, actors that speak to it, and
//! eyes on processes and folders.
//!
//! Owns: starting and ending the binary, requests whose answers are checked against the published API
//! document, archives (also hostile ones), scripts run as child processes.
//! Must not: depend on a crate of the product. The binary in `DRYDOCK_BIN` is all it knows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc)]

mod actor;
mod answer;
pub mod archive;
mod console;
mod dock;
mod functions;
mod openapi;
mod poll;
pub mod process;
mod script;
pub mod tree;
mod witness;

pub use actor::{Actor, Request};
pub use answer::Answer;
pub use console::{Console, Frame};
pub use dock::{Dock, Ending, Folder, Launch, binary};
pub use functions::{Deployed, Draft, form_data};
pub use poll::{LIMIT, until};
pub use script::{Finished, repository, run, tests_folder};
pub use witness::{Visitor, Witness};
