//! The Appwrite API, one file for each resource.

pub(super) mod executions;
pub(super) mod functions;
pub(super) mod runtimes;
pub(super) mod tags;
pub(super) mod wire;
