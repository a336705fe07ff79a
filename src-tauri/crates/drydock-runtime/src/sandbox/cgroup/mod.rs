//! Control groups, version 2: the kernel's wall behind the watchdog, where the machine delegates them to us.
//!
//! Owns: finding out whether it does (`delegation`), the server's own folder of groups with a leaf for the server
//! in it, and one group for each execution (`run`). Must not: decide the limits that users set. Those are the
//! watchdog's, which measures what they mean; a group also counts `/tmp`, files read and the kernel's own
//! bookkeeping, so its wall stands further out and is for what the watchdog is too slow for, or cannot see.
//!
//! Nothing here is ever required: whatever fails leaves the watchdog alone, as everywhere else.
//!
//! Unlike `linux` this runs in the server. The launcher knows nothing of it: it is born in its group, or put there before
//! it is told what to start, and all that it starts is born there.

mod delegation;
mod run;

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use nix::unistd::Pid;

pub use delegation::Delegated;
pub(crate) use delegation::detect;
pub(crate) use run::{Left, RunGroup};

use super::Limits;

/// Servers' folders of groups begin with it.
const PREFIX: &str = "drydock-";
/// The leaf with the server: a group that has groups of its own may hold no process.
const SERVER: &str = "server";
/// Executions' groups begin with it.
const RUN: &str = "run-";

const PROCESSES: &str = "cgroup.procs";
const CHILDREN: &str = "cgroup.subtree_control";

/// This server's groups.
#[derive(Debug)]
pub struct Cgroups {
    delegated: Delegated,
    /// Ours alone, in what was delegated.
    own: PathBuf,
    /// What we switched on in the delegated group, to be switched off again.
    switched_on: Vec<&'static str>,
    last_run: AtomicU64,
    warned: AtomicBool,
    left: AtomicBool,
}

impl Cgroups {
    /// Moves this process into a leaf and tries a first group. Blocking. What it fails with undoes what was done.
    pub(crate) fn set_up(delegated: Delegated) -> io::Result<Self> {
        sweep(&delegated.folder);
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        // Two servers may share what was delegated, and numbers of processes come again.
        let name = format!("{PREFIX}{}-{}", process::id(), now.as_micros());
        let mut groups = Self {
            own: delegated.folder.join(name),
            delegated,
            switched_on: Vec::new(),
            last_run: AtomicU64::new(0),
            warned: AtomicBool::new(false),
            left: AtomicBool::new(false),
        };
        match groups.begin() {
            Ok(()) => Ok(groups),
            Err(error) => {
                groups.leave();
                Err(error)
            }
        }
    }

    fn begin(&mut self) -> io::Result<()> {
        let leaf = self.own.join(SERVER);
        fs::create_dir(&self.own)?;
        fs::create_dir(&leaf)?;
        say(&leaf, PROCESSES, &process::id().to_string())?;
        let folder = self.delegated.folder.clone();
        let there = fs::read_to_string(folder.join(CHILDREN))?;
        for controller in self.delegated.controllers() {
            if !there.split_ascii_whitespace().any(|on| on == controller) {
                say(&folder, CHILDREN, &format!("+{controller}"))?;
                self.switched_on.push(controller);
            }
            say(&self.own, CHILDREN, &format!("+{controller}"))?;
        }
        // What cannot be had shows here, and not with somebody's execution.
        self.make(&Limits::default())?.end();
        Ok(())
    }

    /// A group for one execution, with its walls and nobody in it.
    fn make(&self, limits: &Limits) -> io::Result<RunGroup> {
        let number = self.last_run.fetch_add(1, Ordering::Relaxed);
        RunGroup::make(self.own.join(format!("{RUN}{number}")), &self.delegated, limits)
    }

    /// A group for one execution, with nobody in it. Blocking. `None` where it cannot be had, which is said once:
    /// the watchdog is there all the same.
    pub(crate) fn group(&self, limits: &Limits) -> Option<RunGroup> {
        self.make(limits).map_err(|error| self.warn(&error)).ok()
    }

    /// The group with that process in it, which must not have started another yet; `None` as above. Blocking.
    pub(crate) fn admit(&self, process: Pid, group: RunGroup) -> Option<RunGroup> {
        if let Err(error) = group.admit(process.as_raw().unsigned_abs()) {
            self.warn(&error);
            group.end();
            return None;
        }
        Some(group)
    }

    fn warn(&self, error: &io::Error) {
        if !self.warned.swap(true, Ordering::Relaxed) {
            tracing::warn!(
                %error,
                folder = %self.own.display(),
                "an execution has no control group, so limits are the watchdog's alone (said once)"
            );
        }
    }

    /// Undoes it all, as far as that is still possible; once. Blocking.
    pub(crate) fn leave(&self) {
        if self.left.swap(true, Ordering::Relaxed) {
            return;
        }
        remove_runs(&self.own);
        for controller in self.delegated.controllers() {
            let _ = say(&self.own, CHILDREN, &format!("-{controller}"));
        }
        if folders_in(&self.delegated.folder).all(|folder| folder == self.own) {
            for controller in &self.switched_on {
                let _ = say(&self.delegated.folder, CHILDREN, &format!("-{controller}"));
            }
        }
        // Refused while a group beside ours wants the controllers; then ours goes with the next start.
        let _ = say(&self.delegated.folder, PROCESSES, &process::id().to_string());
        remove_server(&self.own);
    }
}

impl Drop for Cgroups {
    fn drop(&mut self) {
        self.leave();
    }
}

/// Removes what killed servers left. Who lives has a process in its leaf; so has for a moment one that was killed while
/// it asked interpreters for their versions, and then the next start removes it.
fn sweep(folder: &Path) {
    for own in folders_in(folder) {
        let ours = own
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(PREFIX.as_bytes()));
        let lives = fs::read_to_string(own.join(SERVER).join(PROCESSES)).is_ok_and(|ids| !ids.is_empty());
        if ours && !lives {
            remove_runs(&own);
            remove_server(&own);
        }
    }
}

fn remove_runs(own: &Path) {
    for folder in folders_in(own) {
        if folder
            .file_name()
            .is_some_and(|name| name.as_encoded_bytes().starts_with(RUN.as_bytes()))
        {
            RunGroup::found(folder).end();
        }
    }
}

fn remove_server(own: &Path) {
    let removed = fs::remove_dir(own.join(SERVER)).and_then(|()| fs::remove_dir(own));
    if let Err(error) = removed
        && error.kind() != io::ErrorKind::NotFound
    {
        tracing::debug!(%error, folder = %own.display(), "a server's control groups stay");
    }
}

fn folders_in(folder: &Path) -> impl Iterator<Item = PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .map(|entry| entry.path())
}

/// Writes to a file of a group; one that this kernel does not have is not found.
fn say(group: &Path, file: &str, words: &str) -> io::Result<()> {
    let path = group.join(file);
    let written = OpenOptions::new()
        .write(true)
        .open(&path)
        .and_then(|mut file| file.write_all(words.as_bytes()));
    written.map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("writing {words} to {}: {error}", path.display()),
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A folder that looks like a delegated group. Files in it are files, so nothing with one in it can be
    /// removed as a group can.
    fn looks_delegated() -> (tempfile::TempDir, Delegated) {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().to_owned();
        for file in [PROCESSES, CHILDREN] {
            fs::write(folder.join(file), "").unwrap();
        }
        let delegated = Delegated {
            folder,
            memory: true,
            pids: true,
        };
        (place, delegated)
    }

    #[test]
    fn leftovers_of_a_killed_server_go_and_those_of_a_living_one_and_of_others_stay() {
        let (place, delegated) = looks_delegated();
        let folders = [
            "drydock-1-1/server",
            "drydock-1-1/run-0",
            "drydock-2-2/server",
            "drydock-2-2/run-7",
            "session-1.scope/server",
        ];
        for folder in folders {
            fs::create_dir_all(place.path().join(folder)).unwrap();
        }
        fs::write(place.path().join("drydock-2-2/server").join(PROCESSES), "2\n").unwrap();
        sweep(&delegated.folder);
        let there: Vec<_> = folders
            .iter()
            .map(|folder| place.path().join(folder).exists())
            .collect();
        assert_eq!(there, [false, false, true, true, true]);
        assert!(!place.path().join("drydock-1-1").exists());
    }

    #[test]
    fn what_cannot_be_set_up_is_undone_and_says_which_step_failed() {
        let (place, delegated) = looks_delegated();
        // No file appears in a new folder here, as one does in a new group.
        let error = Cgroups::set_up(delegated).unwrap_err().to_string();
        assert!(error.contains("server/cgroup.procs"), "{error}");
        assert_eq!(folders_in(place.path()).count(), 0);
    }

    #[test]
    fn a_group_that_cannot_be_had_is_no_error_and_is_said_once() {
        let (place, delegated) = looks_delegated();
        let groups = Cgroups {
            own: place.path().join("gone"),
            delegated,
            switched_on: Vec::new(),
            last_run: AtomicU64::new(0),
            warned: AtomicBool::new(false),
            left: AtomicBool::new(false),
        };
        assert!(groups.group(&Limits::default()).is_none());
        assert!(groups.warned.load(Ordering::Relaxed));
        assert!(groups.group(&Limits::default()).is_none());
    }

    #[test]
    fn a_file_that_is_not_there_is_not_made() {
        let place = tempfile::tempdir().unwrap();
        assert_eq!(
            say(place.path(), "cgroup.kill", "1").unwrap_err().kind(),
            io::ErrorKind::NotFound
        );
        assert_eq!(fs::read_dir(place.path()).unwrap().count(), 0);
    }
}
