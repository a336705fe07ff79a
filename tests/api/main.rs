//! The Appwrite API by raw HTTP, as SDKs speak it: each endpoint with good parameters, bad ones, unknown ids
//! and no scope; lists; uploads; who is calling and what they may; what holds for every request and answer.
//!
//! Every answer is also held against the published API document, in the actor's `send`.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::too_many_lines)]

mod account;
mod activity;
mod archives;
mod bodies;
mod compat;
mod console_accounts;
mod console_who_may;
mod cookies;
mod early_answers;
mod errors;
mod events;
mod executions;
mod function_identity;
mod functions;
mod functions_create;
mod health;
mod invitations;
mod jwt;
mod keys;
mod limits;
mod lists;
mod mail;
mod manners;
mod memberships;
mod order_of_checks;
mod parameters;
mod permissions;
mod platforms;
mod projects;
mod races;
mod realtime;
mod runtimes;
mod schedules;
mod secrecy;
mod sessions;
mod switches;
mod tags;
mod teams;
mod uploads;
mod usage;
mod user_changes;
mod user_logs;
mod users;
mod webhooks;
mod who_may;

use drydock_tests::Request;

/// An id that obeys the rule and names nothing.
const NOBODY: &str = "nobody-of-that-name";

/// What a guest is told who misses a scope.
fn missing(scope: &str) -> String {
    format!("User (role: guest) missing scope ({scope})")
}

/// Somebody outside a team is told that they may not, or that there is no such team; the contract leaves open which.
async fn kept_out(request: Request) {
    let answer = request.send().await;
    assert!([401, 404].contains(&answer.status), "{answer}");
}
