//! The watchdog: limits over all processes of an execution together, looked at several times a second.
//!
//! Owns: one look, from /proc. Must not: kill; the launcher does. What it can miss: memory that was taken and
//! given back between two looks, and memory of files without a name that no process has mapped.

use std::fs;
use std::time::Duration;

use nix::unistd::Pid;

use super::super::{LimitHit, Limits};

/// Clock ticks in a second, as /proc counts CPU time: fixed by the kernel's interface on every architecture
/// we run on.
const TICKS_PER_SEC: u64 = 100;

/// Between two looks in a namespace of processes: a look reads two small files for each process, and one that
/// takes 2 GB/s is 50 MB over its limit when it is seen.
pub(crate) const LOOK_EVERY: Duration = Duration::from_millis(25);

/// The same among all the machine's processes, where finding the right ones means reading them all.
pub(crate) const LOOK_EVERY_OUTSIDE: Duration = Duration::from_millis(200);

/// What one look saw.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Look {
    pub(crate) memory_bytes: u64,
    pub(crate) processes: u64,
    pub(crate) cpu_ticks: u64,
}

impl Look {
    /// Looks at these processes, which have used `cpu_ticks`; one that has gone meanwhile counts nothing.
    pub(crate) fn at(processes: &[Pid], cpu_ticks: u64) -> Self {
        let mut seen = Self {
            cpu_ticks,
            ..Self::default()
        };
        for process in processes {
            let Ok(status) = fs::read_to_string(format!("/proc/{process}/status")) else {
                continue;
            };
            seen.processes += 1;
            seen.memory_bytes += own_memory(&status);
        }
        seen
    }

    /// The limit that is exceeded; `earlier_cpu` is of processes that have ended.
    pub(crate) fn over(&self, limits: &Limits, earlier_cpu: Duration) -> Option<LimitHit> {
        let cpu = Duration::from_millis(self.cpu_ticks * (1000 / TICKS_PER_SEC)) + earlier_cpu;
        if self.memory_bytes > limits.memory_bytes {
            Some(LimitHit::Memory)
        } else if self.processes > limits.processes {
            Some(LimitHit::Processes)
        } else if limits.cpu_secs > 0 && cpu > Duration::from_secs(limits.cpu_secs) {
            Some(LimitHit::CpuTime)
        } else {
            None
        }
    }
}

/// Memory that is its own: without the pages of files, which the kernel can drop and processes share.
fn own_memory(status: &str) -> u64 {
    let kilobytes = |name: &str| -> u64 {
        status
            .lines()
            .find_map(|line| line.strip_prefix(name)?.strip_suffix(" kB")?.trim().parse().ok())
            .unwrap_or_default()
    };
    (kilobytes("RssAnon:") + kilobytes("RssShmem:")) * 1024
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_memory_of_its_own_counts() {
        let status = "Name:\tnode\nVmRSS:\t   45000 kB\nRssAnon:\t   10000 kB\nRssFile:\t   34000 kB\nRssShmem:\t    1000 kB\n";
        assert_eq!(own_memory(status), 11_000 * 1024);
        assert_eq!(own_memory("Name:\tkthread\n"), 0);
    }

    #[test]
    fn each_limit_is_found_and_none_is_hit_at_its_value() {
        let limits = Limits {
            memory_bytes: 100,
            processes: 2,
            cpu_secs: 1,
            ..Limits::default()
        };
        let look = |memory_bytes, processes, cpu_ticks| Look {
            memory_bytes,
            processes,
            cpu_ticks,
        };
        let over = |look: Look, earlier| look.over(&limits, Duration::from_millis(earlier));
        assert_eq!(over(look(100, 2, 100), 0), None);
        assert_eq!(over(look(101, 2, 100), 0), Some(LimitHit::Memory));
        assert_eq!(over(look(100, 3, 100), 0), Some(LimitHit::Processes));
        assert_eq!(over(look(100, 2, 100), 1), Some(LimitHit::CpuTime));
        let unlimited = Limits {
            cpu_secs: 0,
            ..limits
        };
        assert_eq!(look(1, 1, 1_000_000).over(&unlimited, Duration::ZERO), None);
    }
}
