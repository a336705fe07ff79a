//! One module for each table: its SQL beside the functions that run it.

pub mod api_keys;
pub mod console_sessions;
pub mod deliveries;
pub mod directories;
pub mod events;
pub mod executions;
pub mod functions;
pub mod links;
mod list;
pub mod memberships;
pub mod meta;
pub mod notes;
pub mod outputs;
pub mod payloads;
pub mod platforms;
pub mod projects;
pub mod removals;
pub mod schedules;
pub mod sessions;
pub mod space;
pub mod tags;
pub mod teams;
pub mod user_logs;
pub mod users;
pub mod variable_sets;
pub mod webhooks;
