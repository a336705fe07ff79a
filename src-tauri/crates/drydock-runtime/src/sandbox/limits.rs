//! What one execution may take of the machine.
//!
//! Owns: the numbers, their defaults, and the words for one that was exceeded. Must not: measure or enforce; the launcher does.

use drydock_core::record::LimitHit;
use serde::{Deserialize, Serialize};

/// Threads and processes for each process that is allowed, where the kernel counts them: the watchdog counts
/// processes and is a blink late; this ends a bomb of forks or threads at once.
pub(crate) const TASKS_PER_PROCESS: u64 = 8;

/// The limits of one execution, over all its processes together where nothing else is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Memory that is not the contents of files.
    pub memory_bytes: u64,
    /// Processes at once; threads are not counted.
    pub processes: u64,
    /// User and system time; 0 is no limit.
    pub cpu_secs: u64,
    /// Size of any one file that it writes.
    pub file_bytes: u64,
    /// Open files of any one process.
    pub open_files: u64,
    /// All files in its `/tmp`, where that is a file system of its own.
    pub scratch_bytes: u64,
}

impl Limits {
    /// Those of a server that was told nothing; the settings say why.
    pub const DEFAULT: Self = Self {
        memory_bytes: 256_000_000,
        processes: 128,
        cpu_secs: 0,
        file_bytes: 100_000_000,
        open_files: 1024,
        scratch_bytes: 512_000_000,
    };
}

impl Default for Limits {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl Limits {
    /// What happened at `hit`, with the limit's value and the setting that changes it; `None` for the timeout,
    /// which is not one of these.
    pub(crate) fn explain(&self, hit: LimitHit) -> Option<String> {
        let megabytes = |bytes: u64| format!("{} MB", bytes / 1_000_000);
        let (what, value, setting) = match hit {
            LimitHit::Memory => (
                "took more memory than the limit of",
                megabytes(self.memory_bytes),
                "memory_bytes",
            ),
            LimitHit::Processes => (
                "started more processes than the limit of",
                self.processes.to_string(),
                "processes",
            ),
            LimitHit::CpuTime => (
                "used more CPU time than the limit of",
                format!("{} s", self.cpu_secs),
                "cpu_secs",
            ),
            LimitHit::FileSize => (
                "wrote a file larger than the limit of",
                megabytes(self.file_bytes),
                "file_bytes",
            ),
            LimitHit::Time => return None,
        };
        Some(format!(
            "Drydock: this execution {what} {value} and was ended (setting limits.{setting}).\n"
        ))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hit_names_the_limit_its_value_and_its_setting() {
        let words = Limits::default().explain(LimitHit::Memory).unwrap();
        assert!(
            words.contains("memory") && words.contains("256 MB") && words.contains("limits.memory_bytes")
        );
    }
}
