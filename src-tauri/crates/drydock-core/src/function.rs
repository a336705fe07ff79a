//! A function: what is declared about a piece of code that runs on demand.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::event_name::EventName;
use crate::id::{FunctionId, ProjectId, TagId};
use crate::runtime::Runtime;
use crate::schedule::Schedule;

/// Longest name, in characters.
pub const MAX_NAME_LENGTH: usize = 128;
/// Longest entry of `execute`, in characters.
pub const MAX_PERMISSION_LENGTH: usize = 64;
/// Shortest and longest timeout, in seconds.
pub const TIMEOUT_RANGE_SECS: std::ops::RangeInclusive<i64> = 1..=900;
/// Timeout where none is given, in seconds.
pub const DEFAULT_TIMEOUT_SECS: i64 = 15;
/// Largest `vars` as JSON, in bytes.
pub const MAX_VARS_BYTES: usize = 65_535;

/// Environment variables in the order in which the user wrote them.
pub type Vars = IndexMap<String, String>;

/// Whether the function is marked as enabled. 0.12 always says `disabled` on creation and never acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FunctionStatus {
    /// The state a function is created in.
    Disabled,
    /// Marked as enabled.
    Enabled,
}

/// A function.
#[derive(Debug, Clone)]
pub struct Function {
    /// The project it belongs to.
    pub project: ProjectId,
    /// Its id.
    pub id: FunctionId,
    /// What people call it.
    pub name: String,
    /// Roles that may execute it, as the user wrote them.
    pub execute: Vec<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last changed.
    pub updated_at: Timestamp,
    /// Its mark.
    pub status: FunctionStatus,
    /// The declared runtime.
    pub runtime: &'static Runtime,
    /// The tag that executions run.
    pub active_tag: Option<TagId>,
    /// Its variables.
    pub vars: Vars,
    /// The events it listens to.
    pub events: Vec<EventName>,
    /// When it runs by itself.
    pub schedule: Option<Schedule>,
    /// The next run by schedule, where a schedule and an active tag both exist.
    pub schedule_next: Option<Timestamp>,
    /// The last run by schedule.
    pub schedule_previous: Option<Timestamp>,
    /// How long an execution may take.
    pub timeout_secs: u16,
}

impl Function {
    /// Sets `schedule_next` to what the schedule and the active tag now say.
    pub fn reschedule(&mut self, now: Timestamp) {
        self.schedule_next = match (&self.schedule, &self.active_tag) {
            (Some(schedule), Some(_)) => schedule.next_after(now),
            _ => None,
        };
    }
}
