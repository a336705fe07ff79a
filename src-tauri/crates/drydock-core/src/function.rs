//! A function: what is declared about a piece of code that runs on demand.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::event_name::EventName;
use crate::firing::{self, Due};
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

/// Variables of a function as they were at some time, by the number under which they are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct VariableSet(pub i64);

impl VariableSet {
    /// That of no variables.
    pub const NONE: Self = Self(0);
}

/// Whether the function is marked as enabled. 0.12 always says `disabled` on creation and never acts on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FunctionStatus {
    /// The state a function is created in.
    Disabled,
    /// Marked as enabled.
    Enabled,
}

/// What a function's executions can reach over the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// Whatever this machine can.
    #[default]
    Full,
    /// Nothing but the execution itself. Where that cannot be had, it does not run.
    None,
}

impl Network {
    /// Every policy there is.
    pub const ALL: [Self; 2] = [Self::Full, Self::None];

    /// The name as it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::None => "none",
        }
    }

    /// The policy of that name.
    ///
    /// # Errors
    /// `InvalidParam`, which lists the names.
    pub fn parse(param: &'static str, name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|network| network.as_str() == name)
            .ok_or_else(|| Error::invalid(param, "must be one of full, none"))
    }
}

/// What a function's executions run as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Backend {
    /// A process of this machine's own interpreter.
    #[default]
    Process,
    /// A container of the runtime's image.
    Docker,
}

impl Backend {
    /// Every backend there is.
    pub const ALL: [Self; 2] = [Self::Process, Self::Docker];

    /// The name as it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Process => "process",
            Self::Docker => "docker",
        }
    }

    /// The backend of that name.
    ///
    /// # Errors
    /// `InvalidParam`, which lists the names.
    pub fn parse(param: &'static str, name: &str) -> Result<Self> {
        Self::ALL
            .into_iter()
            .find(|backend| backend.as_str() == name)
            .ok_or_else(|| Error::invalid(param, "must be one of process, docker"))
    }
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
    /// The last minute that ran by schedule.
    pub schedule_previous: Option<Timestamp>,
    /// How long an execution may take.
    pub timeout_secs: u16,
    /// What an execution can reach. The Appwrite API does not know of it.
    pub network: Network,
    /// What an execution runs as; `None` is what the server is set to. The Appwrite API does not know of it.
    pub backend: Option<Backend>,
}

impl Function {
    /// Sets `schedule_next` to what the schedule and the active tag now say. To be called where one of the two came, went
    /// or, of the schedule, changed: a minute that has come and not run yet is given up.
    pub fn reschedule(&mut self, now: Timestamp) {
        self.schedule_next = match (&self.schedule, &self.active_tag) {
            (Some(schedule), Some(_)) => firing::next(schedule, self.schedule_previous, now),
            _ => None,
        };
    }

    /// What is to be done about its schedule.
    pub fn due(&self, now: Timestamp) -> Due {
        let Some(schedule) = &self.schedule else {
            return Due::NotYet;
        };
        firing::due(schedule, self.schedule_next, self.schedule_previous, now)
    }

    /// Notes that a minute of its schedule runs.
    pub fn fired(&mut self, minute: Timestamp, now: Timestamp) {
        self.schedule_previous = Some(minute);
        self.reschedule(now);
    }

    /// After the clock went back: a minute that comes again, and has not run, is the next one. Whether that changed
    /// anything.
    pub fn clock_went_back(&mut self, now: Timestamp) -> bool {
        let Some((schedule, planned)) = self.schedule.as_ref().zip(self.schedule_next) else {
            return false;
        };
        let sooner = firing::next(schedule, self.schedule_previous, now).filter(|next| *next < planned);
        if sooner.is_some() {
            self.schedule_next = sooner;
        }
        sooner.is_some()
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_that_is_written_is_the_one_that_is_read() {
        for network in Network::ALL {
            assert_eq!(serde_json::to_value(network).unwrap(), network.as_str());
            assert_eq!(Network::parse("network", network.as_str()).unwrap(), network);
        }
        for backend in Backend::ALL {
            assert_eq!(serde_json::to_value(backend).unwrap(), backend.as_str());
            assert_eq!(Backend::parse("backend", backend.as_str()).unwrap(), backend);
        }
        let refused = Network::parse("network", "open").unwrap_err().to_string();
        assert!(
            Network::ALL
                .iter()
                .all(|network| refused.contains(network.as_str())),
            "{refused}"
        );
    }
}
