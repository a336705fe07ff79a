//! The limits that the kernel keeps by itself.
//!
//! Owns: the resource limits of the command, which all its processes inherit. Must not: limit what only a sum
//! over processes tells; that is the watchdog's.

use std::io;

use nix::sys::resource::{Resource, getrlimit, setrlimit};

use super::super::limits::TASKS_PER_PROCESS;
use super::super::{Confinement, Level};

/// The numbers.
pub(super) struct Resources {
    file_bytes: u64,
    open_files: u64,
    /// Only where the kernel counts for this execution alone.
    tasks: Option<u64>,
}

impl Resources {
    pub(super) fn of(confinement: &Confinement) -> Self {
        let limits = &confinement.limits;
        Self {
            file_bytes: limits.file_bytes,
            open_files: limits.open_files,
            tasks: (confinement.level == Level::Full && super::namespaces::counts_tasks_alone())
                .then(|| limits.processes.saturating_mul(TASKS_PER_PROCESS)),
        }
    }

    /// Sets them on this process.
    pub(super) fn set(&self) -> io::Result<()> {
        lower(Resource::RLIMIT_FSIZE, self.file_bytes)?;
        lower(Resource::RLIMIT_NOFILE, self.open_files)?;
        // A core file would hold the function's secrets and fill the disk.
        lower(Resource::RLIMIT_CORE, 0)?;
        if let Some(tasks) = self.tasks {
            lower(Resource::RLIMIT_NPROC, tasks)?;
        }
        Ok(())
    }
}

/// Both limits, never above what the server itself has.
fn lower(resource: Resource, wanted: u64) -> io::Result<()> {
    let (_, ceiling) = getrlimit(resource)?;
    let value = wanted.min(ceiling);
    Ok(setrlimit(resource, value, value)?)
}
