//! HTTP: the Appwrite API, the console's own API and the console itself, on one port.
//!
//! Owns: what a request and an answer look like. A handler extracts, asks the engine once, and shapes what
//! it says. Must not: know SQL, files of the data folder or processes.

mod appwrite;
mod console;
mod cookies;
mod error;
mod extract;
mod middleware;
mod peer;
mod realtime;
mod router;
mod routes;
mod state;

pub(crate) use appwrite::wire::render;
pub(crate) use peer::{Listening, Peer};
pub(crate) use router::{router, router_for_containers};
pub(crate) use state::{Door, Facts, Shared, VERSION, reachable};
