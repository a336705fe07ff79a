//! The Linux side: what the launcher does to itself and to the command before the command's first step.
//!
//! `namespaces` makes the world (processes, mounts, network), `root_folder` fills its root folder, `rights`
//! drops what root could do, `landlock` and `seccomp` narrow what is left, `resources` sets the kernel's
//! limits and `watchdog` those that the kernel has no word for. Must not: run in the server.

mod landlock;
pub(crate) mod namespaces;
mod resources;
mod rights;
pub(crate) mod root_folder;
mod seccomp;
pub(crate) mod watchdog;

use std::fmt::Display;
use std::io;

pub(crate) use rights::uid_at;

use super::{Confinement, Level};

/// What failed, so that a person knows what their machine lacks.
pub(crate) fn step<T, E: Into<io::Error> + Display>(what: &str, result: Result<T, E>) -> io::Result<T> {
    result.map_err(|error| {
        let error = error.into();
        io::Error::new(error.kind(), format!("{what}: {error}"))
    })
}

/// What is put on the command itself, between fork and exec; made before, so that little is left to do then.
pub(crate) struct Restrictions {
    level: Level,
    files: Option<landlock::Files>,
    calls: Vec<seccomp::Filter>,
    resources: Option<resources::Resources>,
}

impl Restrictions {
    /// Makes them. At the full level this is called inside the new namespaces.
    pub(crate) fn prepare(confinement: &Confinement) -> io::Result<Self> {
        let confined = matches!(confinement.level, Level::Full | Level::NoNamespaces);
        let (files, calls) = if confined {
            let files = step("Landlock", landlock::Files::of(confinement))?;
            (Some(files), step("seccomp", seccomp::filters(confinement))?)
        } else {
            (None, Vec::new())
        };
        let limited = confinement.level != Level::Off;
        Ok(Self {
            level: confinement.level,
            files,
            calls,
            resources: limited.then(|| resources::Resources::of(confinement)),
        })
    }

    /// Puts them on this process, for good.
    pub(crate) fn apply(&mut self) -> io::Result<()> {
        if let Some(resources) = &self.resources {
            step("setting limits", resources.set())?;
        }
        if self.level == Level::NoNamespaces {
            step("giving up the rights of root", rights::renounce())?;
        }
        if let Some(files) = self.files.take() {
            step("Landlock", files.restrict())?;
        }
        for filter in &self.calls {
            step("seccomp", filter.install())?;
        }
        Ok(())
    }
}
