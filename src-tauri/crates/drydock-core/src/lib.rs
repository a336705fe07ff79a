//! The domain of Drydock: what a function, a tag and an execution are, and the rules they obey.
//!
//! Owns: types, limits with their reasons, the meanings of errors. Must not: know HTTP, SQL, files or
//! processes. Everything else depends on this crate; it depends on none of ours.

pub mod activity;
pub mod agent;
pub mod caller;
pub mod clock;
pub mod delivery;
pub mod error;
pub mod event;
pub mod event_name;
pub mod execution;
pub mod firing;
pub mod function;
pub mod id;
pub mod key;
pub mod limit;
pub mod link;
pub mod list;
pub mod output;
pub mod payload;
pub mod platform;
pub mod project;
pub mod record;
pub mod runtime;
pub mod schedule;
pub mod scope;
pub mod session;
pub mod tag;
pub mod team;
pub mod user;
pub mod user_log;
pub mod webhook;

pub use error::{Error, Result};
