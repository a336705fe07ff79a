//! The sandbox: how far a function is kept from the machine it runs on.
//!
//! Owns: the levels, what each holds, what a function may see (`grants`), its limits, and on Linux the
//! system calls that make it so (`linux`), which run in the launcher and never in the server.
//! Must not: know queues or the database, or start a process; `crate::process` does.

pub(crate) mod cgroup;
pub(crate) mod grants;
pub(crate) mod limits;
#[cfg(target_os = "linux")]
pub(crate) mod linux;

use std::path::PathBuf;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

pub use cgroup::{Cgroups, Delegated};
pub use drydock_core::function::Network;
pub use drydock_core::record::{Isolation as Level, LimitHit};
pub use limits::Limits;

/// What the user asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Policy {
    /// The strongest level that the machine gives.
    #[default]
    Auto,
    /// The full one or none: executions are refused below it.
    Strict,
    /// None, for debugging.
    Off,
}

/// What the machine gives, as found out once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// The level that executions run under; below it where `refusal` says so.
    pub level: Level,
    /// For each stronger level, why this machine does not give it.
    pub missing: Vec<Missing>,
    /// The policy that was asked for.
    pub policy: Policy,
    /// Who keeps the limits of memory and processes.
    pub limits_by: LimitsBy,
}

/// Who keeps the limits of memory and processes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LimitsBy {
    /// Nobody: the sandbox is off, or this system has no way.
    Nobody,
    /// The watchdog alone, with the reason why there are no control groups.
    Watchdog(String),
    /// The watchdog, with the kernel's control groups behind it.
    Cgroup(Delegated),
}

impl LimitsBy {
    /// One word for it.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Watchdog(_) => "watchdog",
            Self::Cgroup(_) => "cgroup",
        }
    }

    /// What a server finds that is started now, without changing anything.
    pub(crate) fn detect() -> Self {
        match cgroup::detect() {
            Ok(delegated) => Self::Cgroup(delegated),
            Err(why) => Self::Watchdog(why),
        }
    }
}

/// A level that could not be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missing {
    /// Which.
    pub level: Level,
    /// What failed, in words.
    pub why: String,
}

impl Standing {
    /// Takes the control groups that the machine delegates, if it does: this process moves into one of its own, and
    /// its executions will have one each. Blocking. What fails is said here and in the standing.
    pub fn take_cgroups(&mut self) -> Option<Arc<Cgroups>> {
        let LimitsBy::Cgroup(delegated) = &self.limits_by else {
            return None;
        };
        match Cgroups::set_up(delegated.clone()) {
            Ok(groups) => Some(Arc::new(groups)),
            Err(error) => {
                tracing::warn!(%error, "control groups cannot be used, so limits are the watchdog's alone");
                self.limits_by = LimitsBy::Watchdog(error.to_string());
                None
            }
        }
    }

    /// Why nothing may run, if nothing may.
    pub fn refusal(&self) -> Option<String> {
        let why = match self.missing.first() {
            Some(missing) if self.policy == Policy::Strict => &missing.why,
            _ => return None,
        };
        Some(format!(
            "the setting sandbox = \"strict\" wants the full sandbox, which this machine does not give: {why}. \
             `drydock doctor` says what is missing; sandbox = \"auto\" runs with what there is"
        ))
    }

    /// Why a function with that network may not run, if it may not: it would run with an open one.
    pub fn refusal_of(&self, network: Network) -> Option<String> {
        if network == Network::Full || self.level.can_close_the_network() {
            return None;
        }
        let mend = match self.policy {
            Policy::Off => "Set sandbox = \"auto\"",
            Policy::Auto | Policy::Strict => "`drydock doctor` says what is missing",
        };
        Some(format!(
            "the function's network is \"none\", which cannot be had here: the sandbox's level is {}. {mend}, or give \
             the function the network \"full\"",
            self.level.as_str()
        ))
    }
}

/// How one execution is confined: what its launcher is told.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Confinement {
    pub(crate) level: Level,
    pub(crate) network: Network,
    pub(crate) limits: Limits,
    /// Where the tag's code lies on this machine.
    pub(crate) code: PathBuf,
    /// The folder of this machine that it may write to, where it has no `/tmp` of its own.
    pub(crate) scratch: PathBuf,
    /// What of the machine it may read.
    pub(crate) readable: Vec<PathBuf>,
    /// The folder of this machine with what has an interpreter stand by, if it is to.
    pub(crate) preloads: Option<PathBuf>,
}

impl Confinement {
    /// Where the function sees the tag's code.
    pub(crate) fn code_inside(&self) -> PathBuf {
        match self.level {
            Level::Full => grants::code_folder(),
            _ => self.code.clone(),
        }
    }

    /// The folder of preloads, as the function sees it.
    pub(crate) fn preloads_inside(&self) -> Option<PathBuf> {
        match self.level {
            Level::Full => self.preloads.is_some().then(grants::preload_folder),
            _ => self.preloads.clone(),
        }
    }

    /// The folder that the function may write to, as it sees it.
    pub(crate) fn scratch_inside(&self) -> PathBuf {
        match self.level {
            Level::Full => PathBuf::from("/tmp"),
            _ => self.scratch.clone(),
        }
    }
}
