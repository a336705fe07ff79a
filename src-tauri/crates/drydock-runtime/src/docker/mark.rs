//! Which engines may have something of this data folder.
//!
//! Owns: a file with a line for each, written before the first container or volume is made there and taken back when
//! nothing is left, so that no engine is asked for what it never had, and none is forgotten that was named before and is
//! not now. Must not: ask an engine.

use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// The file. Its functions block, for as long as one small file takes.
#[derive(Debug)]
pub(super) struct Mark {
    /// None where nothing is ever made.
    file: Option<PathBuf>,
    /// Held while the file is changed.
    changing: Mutex<()>,
}

impl Mark {
    pub(super) fn new(file: Option<PathBuf>) -> Self {
        Self {
            file,
            changing: Mutex::new(()),
        }
    }

    /// Whether that engine may have something. What cannot be read may say so.
    pub(super) fn is_set(&self, host: &str) -> bool {
        match self.read() {
            Ok(hosts) => hosts.iter().any(|one| one == host),
            Err(error) => {
                tracing::warn!(%error, "which container engines were used is not known");
                true
            }
        }
    }

    /// Before the first thing is made there.
    pub(super) fn set(&self, host: &str) -> io::Result<()> {
        self.change(host, true)
    }

    /// When nothing is left there.
    pub(super) fn clear(&self, host: &str) -> io::Result<()> {
        self.change(host, false)
    }

    fn change(&self, host: &str, is: bool) -> io::Result<()> {
        let Some(path) = &self.file else { return Ok(()) };
        let _changing = self.changing.lock().unwrap_or_else(PoisonError::into_inner);
        let mut hosts = self.read()?;
        let before = hosts.len();
        hosts.retain(|one| one != host);
        if is {
            hosts.push(host.to_owned());
        }
        if hosts.len() == before {
            return Ok(());
        }
        if hosts.is_empty() {
            return std::fs::remove_file(path);
        }
        // By another name first, so that a crash leaves the one or the other.
        let next = path.with_extension("next");
        let mut file = std::fs::File::create(&next)?;
        for one in hosts {
            writeln!(file, "{one}")?;
        }
        file.sync_all()?;
        std::fs::rename(next, path)
    }

    fn read(&self) -> io::Result<Vec<String>> {
        let Some(path) = &self.file else {
            return Ok(Vec::new());
        };
        match std::fs::read_to_string(path) {
            Ok(text) => Ok(text.lines().map(str::to_owned).collect()),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_engine_has_its_own_mark_until_it_is_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("engines");
        let mark = || Mark::new(Some(path.clone()));
        assert!(!mark().is_set("unix:///a"));
        for host in ["unix:///a", "tcp://b:1", "unix:///a"] {
            mark().set(host).unwrap();
        }
        assert!(mark().is_set("unix:///a") && mark().is_set("tcp://b:1") && !mark().is_set("tcp://b:12"));
        mark().clear("unix:///a").unwrap();
        mark().clear("unix:///never").unwrap();
        assert!(!mark().is_set("unix:///a") && mark().is_set("tcp://b:1"));
        mark().clear("tcp://b:1").unwrap();
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }

    #[test]
    fn what_cannot_be_read_may_have_been_an_engine() {
        let folder = tempfile::tempdir().unwrap();
        assert!(Mark::new(Some(folder.path().to_owned())).is_set("unix:///a"));
    }
}
