//! What is recorded of a run beyond what the Appwrite API can say: what it used, what ended it, under what.
//!
//! Owns: the words for limits and levels of isolation, as they are stored and as the console's API sends them.
//! Must not: reach the Appwrite API, whose executions have the fields of 0.12 and no other.
//!
//! Everything is optional: a machine may not measure it, and executions of earlier versions have none of it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What is recorded of a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Record {
    /// The largest resident size that any one process of the run had, or what all together were seen to have
    /// of their own, if that is more.
    pub peak_memory_bytes: Option<u64>,
    /// User and system time of all its processes, in microseconds.
    pub cpu_us: Option<u64>,
    /// The limit that ended it.
    pub limit: Option<LimitHit>,
    /// Whether a standby process took it; `None` where there was none to ask.
    pub standby: Option<bool>,
    /// How far it was kept from the machine.
    pub isolation: Option<Isolation>,
}

/// A limit on a run that can end it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LimitHit {
    /// Memory of all its processes.
    Memory,
    /// How many processes it has; threads are not counted.
    Processes,
    /// Time on a processor.
    CpuTime,
    /// Size of a file it writes.
    FileSize,
    /// The function's timeout.
    Time,
}

impl LimitHit {
    /// Every limit there is.
    pub const ALL: [Self; 5] = [
        Self::Memory,
        Self::Processes,
        Self::CpuTime,
        Self::FileSize,
        Self::Time,
    ];

    /// The name as it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Memory => "memory",
            Self::Processes => "processes",
            Self::CpuTime => "cpu-time",
            Self::FileSize => "file-size",
            Self::Time => "time",
        }
    }
}

/// How far a run is kept from the machine, strongest first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Isolation {
    /// Namespaces of its own with a root folder that holds only what it may see, and all of the next level.
    Full,
    /// Landlock, a filter of system calls and limits, among the machine's processes.
    NoNamespaces,
    /// A process group and a clean environment; limits of time and size.
    ProcessGroup,
    /// As `ProcessGroup` without limits but time, because the user wants it so.
    Off,
    /// A container of an engine: no level of this machine's sandbox, and so never one that it gives.
    Container,
}

impl Isolation {
    /// Every level there is.
    pub const ALL: [Self; 5] = [
        Self::Full,
        Self::NoNamespaces,
        Self::ProcessGroup,
        Self::Off,
        Self::Container,
    ];

    /// The name as it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Full => "full",
            Self::NoNamespaces => "no-namespaces",
            Self::ProcessGroup => "process-group",
            Self::Off => "off",
            Self::Container => "container",
        }
    }

    /// Whether a run of this level can be kept from the network: by a network namespace of its own, or by a filter
    /// of system calls that gives it no socket.
    pub const fn can_close_the_network(self) -> bool {
        matches!(self, Self::Full | Self::NoNamespaces | Self::Container)
    }

    /// What it means, in a few words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Full => "own namespaces and root folder, system call filter, limits",
            Self::NoNamespaces => "file access and system call filter, limits; no namespaces",
            Self::ProcessGroup | Self::Off => "process group and clean environment",
            Self::Container => "a container of its own",
        }
    }
}

impl fmt::Display for Isolation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.as_str(), self.meaning())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_written_is_the_name_that_is_read() {
        for limit in LimitHit::ALL {
            assert_eq!(serde_json::to_value(limit).unwrap(), limit.as_str());
        }
        for isolation in Isolation::ALL {
            assert_eq!(serde_json::to_value(isolation).unwrap(), isolation.as_str());
        }
    }
}
