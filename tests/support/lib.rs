//! What every black-box test of Drydock stands on: a real server of its own, actors that speak to it, and
//! eyes on processes and folders.
//!
//! Owns: starting and ending the binary, requests whose answers are checked against the published API
//! document, people with accounts, teams, projects with keys, archives (also hostile ones), scripts run as child
//! processes.
//! Must not: depend on a crate of the product. The binary in `DRYDOCK_BIN` is all it knows.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::missing_panics_doc)]

mod actor;
mod answer;
pub mod archive;
mod chance;
mod clock;
mod console;
mod cookie;
mod databases;
mod disk;
mod dock;
mod engine;
mod engine_kinds;
mod faults;
mod functions;
mod jwt;
mod listener;
mod openapi;
mod person;
mod poll;
mod preload;
pub mod process;
mod project;
mod receiver;
mod registry;
mod script;
pub mod stage;
mod teams;
pub mod tree;
mod witness;

pub use actor::{Actor, Request};
pub use answer::Answer;
pub use chance::Chance;
pub use clock::Clock;
pub use console::{Console, Frame};
pub use cookie::{SetCookie, decoded as decoded_cookie};
pub use databases::Databases;
pub use disk::Disk;
pub use dock::{Dock, Ending, Folder, Launch, binary};
pub use engine::{Engine, Images};
pub use faults::Faults;
pub use functions::{Deployed, Draft, form_data};
pub use jwt::{claims, forged};
pub use listener::{Bytes, Dial, Listener, Message};
pub use person::Person;
pub use poll::{LIMIT, until};
pub use project::Project;
pub use receiver::{Received, Receiver, Reply};
pub use registry::Registry;
pub use script::{Finished, repository, run, tests_folder};
pub use teams::Invitation;
pub use witness::{Visitor, Witness};
