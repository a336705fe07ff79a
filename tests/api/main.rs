//! The Appwrite API by raw HTTP, as SDKs speak it: each endpoint with good parameters, bad ones, unknown ids
//! and no scope; lists; uploads; what holds for every request and answer.
//!
//! Every answer is also held against the published API document, in the actor's `send`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

mod archives;
mod bodies;
mod errors;
mod executions;
mod functions;
mod functions_create;
mod lists;
mod manners;
mod runtimes;
mod tags;
mod uploads;

/// An id that obeys the rule and names nothing.
const NOBODY: &str = "nobody-of-that-name";

/// What a guest is told who misses a scope.
fn missing(scope: &str) -> String {
    format!("User (role: guest) missing scope ({scope})")
}
