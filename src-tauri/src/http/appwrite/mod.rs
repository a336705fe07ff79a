//! The Appwrite API, one file for each resource.

pub(super) mod account;
pub(super) mod account_sessions;
pub(super) mod executions;
pub(super) mod functions;
pub(super) mod health;
pub(super) mod keys;
pub(super) mod memberships;
pub(super) mod platforms;
pub(super) mod projects;
pub(super) mod runtimes;
pub(super) mod tags;
pub(super) mod teams;
pub(super) mod users;
pub(super) mod webhooks;
pub(super) mod wire;
