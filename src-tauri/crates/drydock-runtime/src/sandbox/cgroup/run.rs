//! The group of one execution.
//!
//! Owns: its walls, who is in it, what it tells at the end, and its end. Must not: be told of by anybody inside:
//! the function does not see it (at the full level), or may not write to it (Landlock), below that it may do what
//! its user may.

use std::fs::{self, File};
use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Delegated, PROCESSES, say};
use crate::sandbox::Limits;
use crate::sandbox::limits::TASKS_PER_PROCESS;

/// `/dev/shm`, with the same bound as the sandbox's own.
const SHM_BYTES: u64 = 64 << 20;

/// What the kernel itself and the launcher take for an execution, and is counted with it: 1 kB for each of 100,000
/// files in `/tmp`, 30 kB for each of a thousand tasks, tables of pages, buffers of sockets.
const KERNEL_BYTES: u64 = 160 << 20;

/// The launcher, outside and inside.
const OUR_TASKS: u64 = 2;

/// How long killed processes may take to be gone.
const END_LIMIT: Duration = Duration::from_secs(2);

/// What a group told at its end.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Left {
    /// Whether the kernel killed in it for memory.
    pub(crate) out_of_memory: bool,
    /// User and system time of all that was in it.
    pub(crate) cpu_time: Option<Duration>,
    /// The most memory that it counted, which is more than what the function had of its own.
    pub(crate) peak_memory_bytes: Option<u64>,
}

/// One execution's group.
#[derive(Debug)]
pub(crate) struct RunGroup {
    folder: PathBuf,
    /// To be handed to who puts a process into it; none of one that was only found.
    open: Option<File>,
    ended: bool,
}

impl RunGroup {
    /// Makes it, with walls for `limits`.
    pub(super) fn make(folder: PathBuf, delegated: &Delegated, limits: &Limits) -> io::Result<Self> {
        fs::create_dir(&folder)?;
        let mut group = Self::found(folder);
        match group
            .wall(delegated, limits)
            .and_then(|()| File::open(&group.folder))
        {
            Ok(open) => {
                group.open = Some(open);
                Ok(group)
            }
            Err(error) => {
                group.end();
                Err(error)
            }
        }
    }

    /// One that is there already.
    pub(super) fn found(folder: PathBuf) -> Self {
        Self {
            folder,
            open: None,
            ended: false,
        }
    }

    fn wall(&self, delegated: &Delegated, limits: &Limits) -> io::Result<()> {
        if delegated.memory {
            say(&self.folder, "memory.max", &memory_wall(limits).to_string())?;
            // Not everywhere: kernels may be without swap, and before 4.19 killed one process alone, whose launcher
            // then ends the rest.
            for (file, value) in [("memory.swap.max", "0"), ("memory.oom.group", "1")] {
                match say(&self.folder, file, value) {
                    Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                    _ => {}
                }
            }
        }
        if delegated.pids {
            say(&self.folder, "pids.max", &task_wall(limits).to_string())?;
        }
        Ok(())
    }

    /// Its folder, to have a process born in it.
    pub(crate) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.open.as_ref().map(AsFd::as_fd)
    }

    /// Puts a process into it.
    pub(super) fn admit(&self, id: u32) -> io::Result<()> {
        say(&self.folder, PROCESSES, &id.to_string())
    }

    /// Kills who is still in it, whatever they call themselves, and removes it. Blocking.
    pub(crate) fn end(mut self) -> Left {
        self.ended = true;
        let left = self.left();
        let limit = Instant::now() + END_LIMIT;
        let mut pause = Duration::from_millis(1);
        // Most are empty by now, and gone at once.
        while let Err(error) = fs::remove_dir(&self.folder) {
            if error.kind() == io::ErrorKind::NotFound {
                break;
            }
            if Instant::now() > limit {
                tracing::warn!(%error, folder = %self.folder.display(), "a control group stays until the server ends");
                break;
            }
            self.kill();
            sleep(pause);
            pause = (pause * 2).min(Duration::from_millis(50));
        }
        left
    }

    fn kill(&self) {
        // From kernel 5.14 on, in one step that no fork escapes.
        if say(&self.folder, "cgroup.kill", "1").is_ok() {
            return;
        }
        let ids = fs::read_to_string(self.folder.join(PROCESSES)).unwrap_or_default();
        for id in ids.lines().filter_map(|id| id.parse().ok()).filter(|id| *id > 0) {
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
        }
    }

    fn left(&self) -> Left {
        let number = |file: &str, name: &str| {
            let text = fs::read_to_string(self.folder.join(file)).ok()?;
            named(&text, name)
        };
        Left {
            out_of_memory: number("memory.events", "oom_kill").is_some_and(|killed| killed > 0),
            cpu_time: number("cpu.stat", "usage_usec").map(Duration::from_micros),
            peak_memory_bytes: peak(&self.folder),
        }
    }
}

impl Drop for RunGroup {
    /// Where nobody waited for its end: what does not go now, goes with the server's folder.
    fn drop(&mut self) {
        if !self.ended {
            self.kill();
            let _ = fs::remove_dir(&self.folder);
        }
    }
}

/// The wall of memory: all that an execution may have at once.
fn memory_wall(limits: &Limits) -> u64 {
    [limits.scratch_bytes, SHM_BYTES, KERNEL_BYTES]
        .into_iter()
        .fold(limits.memory_bytes, u64::saturating_add)
}

/// The wall of tasks, which are threads too.
fn task_wall(limits: &Limits) -> u64 {
    limits
        .processes
        .saturating_mul(TASKS_PER_PROCESS)
        .saturating_add(OUR_TASKS)
}

/// The number behind `name` on a line of its own.
fn named(text: &str, name: &str) -> Option<u64> {
    text.lines()
        .find_map(|line| line.strip_prefix(name)?.strip_prefix(' ')?.trim().parse().ok())
}

/// From kernel 5.19 on.
fn peak(folder: &Path) -> Option<u64> {
    fs::read_to_string(folder.join("memory.peak"))
        .ok()?
        .trim()
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_walls_leave_room_for_all_that_the_limits_allow() {
        let limits = Limits {
            memory_bytes: 100_000_000,
            scratch_bytes: 50_000_000,
            processes: 10,
            ..Limits::default()
        };
        assert!(memory_wall(&limits) > 100_000_000 + 50_000_000 + (64 << 20));
        assert_eq!(task_wall(&limits), 82);
        let all = Limits {
            memory_bytes: u64::MAX,
            processes: u64::MAX,
            ..limits
        };
        assert_eq!((memory_wall(&all), task_wall(&all)), (u64::MAX, u64::MAX));
    }

    #[test]
    fn a_kill_is_told_from_a_wall_that_only_held() {
        let place = tempfile::tempdir().unwrap();
        let left = |events: &str| {
            fs::write(place.path().join("memory.events"), events).unwrap();
            let group = RunGroup::found(place.path().to_owned());
            let left = group.left();
            std::mem::forget(group);
            left
        };
        let held = "low 0\nhigh 0\nmax 9\noom 0\noom_kill 0\noom_group_kill 0\n";
        assert!(!left(held).out_of_memory);
        assert!(left("max 9\noom 1\noom_kill 2\noom_group_kill 1\n").out_of_memory);
        assert!(!left("").out_of_memory);
        fs::write(place.path().join("cpu.stat"), "usage_usec 2000000\nuser_usec 1\n").unwrap();
        fs::write(place.path().join("memory.peak"), "4096\n").unwrap();
        assert_eq!(
            left(held),
            Left {
                out_of_memory: false,
                cpu_time: Some(Duration::from_secs(2)),
                peak_memory_bytes: Some(4096),
            }
        );
    }

    #[test]
    fn a_group_without_processes_is_gone_at_once() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("run-1");
        fs::create_dir(&folder).unwrap();
        assert_eq!(RunGroup::found(folder.clone()).end(), Left::default());
        assert!(!folder.exists());
    }
}
