//! The sandbox: how far a function is kept from the machine it runs on.
//!
//! Owns: the levels, what each holds, what a function may see (`grants`), its limits, and on Linux the
//! system calls that make it so (`linux`), which run in the launcher and never in the server.
//! Must not: know queues or the database, or start a process; `crate::process` does.

pub(crate) mod grants;
mod limits;
#[cfg(target_os = "linux")]
pub(crate) mod linux;

use std::fmt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

pub use limits::{LimitHit, Limits};

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

/// What is in force, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Namespaces of its own with a root folder that holds only what it may see, and all of the next level.
    Full,
    /// Landlock, a filter of system calls and limits, among the machine's processes.
    NoNamespaces,
    /// A process group and a clean environment; limits of time and size.
    ProcessGroup,
    /// As `ProcessGroup`, because the user wants it so.
    Off,
}

impl Level {
    /// Its name in records and settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::NoNamespaces => "no-namespaces",
            Self::ProcessGroup => "process-group",
            Self::Off => "off",
        }
    }

    /// What it means, in a few words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Full => "own namespaces and root folder, system call filter, limits",
            Self::NoNamespaces => "file access and system call filter, limits; no namespaces",
            Self::ProcessGroup | Self::Off => "process group and clean environment",
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.as_str(), self.meaning())
    }
}

/// What a function can reach over the network.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Network {
    /// Whatever this machine can.
    #[default]
    Full,
    /// Nothing but itself.
    None,
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
}

impl Confinement {
    /// Where the function sees the tag's code.
    pub(crate) fn code_inside(&self) -> PathBuf {
        match self.level {
            Level::Full => grants::code_folder(),
            _ => self.code.clone(),
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
