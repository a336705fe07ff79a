//! The interpreters of this machine.
//!
//! Owns: what was found at start, and which one serves a declared runtime. Must not: run anything after
//! that. `known` is the table of languages, `discover` finds files, `probe` asks each what it is.

mod discover;
pub(crate) mod known;
mod probe;

use std::ffi::OsStr;
use std::path::PathBuf;

use drydock_core::runtime::Runtime;
use known::Family;

/// An interpreter of this machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interpreter {
    /// The language family, such as `node`: the part of a runtime's id before its version.
    pub family: &'static str,
    /// The real binary; a version manager's shim is resolved.
    pub path: PathBuf,
    /// Such as `20.20.0`.
    pub version: String,
}

impl Interpreter {
    fn version_pair(&self) -> (u32, u32) {
        pair(&self.version)
    }
}

/// The interpreters that were found at start.
#[derive(Debug, Clone, Default)]
pub struct Interpreters {
    /// In the order of the search path, those of version managers that are not on it last.
    found: Vec<Interpreter>,
}

impl Interpreters {
    /// None at all.
    pub fn empty() -> Self {
        Self::default()
    }

    /// Looks through the folders of `search_path` (a PATH) and asks what it finds. Blocking: some 100 ms,
    /// at most 5 s where an interpreter hangs.
    pub fn discover(search_path: &OsStr) -> Self {
        let found = probe::all(discover::candidates(search_path), search_path);
        for Interpreter {
            family,
            path,
            version,
        } in &found
        {
            tracing::debug!(family, path = %path.display(), version, "interpreter found");
        }
        Self { found }
    }

    /// All, in the order in which they were found.
    pub fn all(&self) -> &[Interpreter] {
        &self.found
    }

    /// The one for a declared runtime: of its family, with exactly its major and minor version, else the
    /// nearest (the same major version first), and of two equally near the newer.
    pub fn for_runtime(&self, runtime: &Runtime) -> Option<&Interpreter> {
        self.nearest(runtime.family(), pair(runtime.version))
    }

    /// The runtime that a new function in `family` should declare, with the interpreter that will serve it: the nearest to
    /// the first that was found, without one the newest. `None` where no runtime is of that family.
    pub fn runtime_for(&self, family: &str) -> Option<(&'static Runtime, Option<&Interpreter>)> {
        let runtimes = || Runtime::all().filter(|runtime| runtime.family() == family);
        let Some(found) = self.found.iter().find(|found| found.family == family) else {
            return Some((runtimes().max_by_key(|runtime| pair(runtime.version))?, None));
        };
        let (major, minor) = found.version_pair();
        let nearest = runtimes().min_by_key(|runtime| {
            let declared = pair(runtime.version);
            // Of two equally near the older: what it has, a newer interpreter has too.
            let is_newer = declared > (major, minor);
            (declared.0.abs_diff(major), declared.1.abs_diff(minor), is_newer)
        });
        Some((nearest?, Some(found)))
    }

    /// The one that `program`, a name of `family`, means in a function of `runtime`.
    pub(crate) fn for_program(
        &self,
        family: &Family,
        program: &str,
        runtime: &Runtime,
    ) -> Option<&Interpreter> {
        let named = known::version_in_name(program);
        let exact = named.map(pair).and_then(|wanted| {
            self.nearest(family.name, wanted)
                .filter(|found| found.version_pair() == wanted)
        });
        exact.or_else(|| {
            if family.name == runtime.family() {
                self.for_runtime(runtime)
            } else {
                self.found
                    .iter()
                    .find(|interpreter| interpreter.family == family.name)
            }
        })
    }

    fn nearest(&self, family: &str, (major, minor): (u32, u32)) -> Option<&Interpreter> {
        let of_family = self
            .found
            .iter()
            .filter(|interpreter| interpreter.family == family);
        // The first of equals wins, which is the one that the search path puts first.
        of_family.min_by_key(|interpreter| {
            let (found_major, found_minor) = interpreter.version_pair();
            let older = (found_major, found_minor) < (major, minor);
            (found_major.abs_diff(major), found_minor.abs_diff(minor), older)
        })
    }
}

/// Major and minor number of a version; what is missing is 0.
fn pair(version: &str) -> (u32, u32) {
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_function_declares_what_is_nearest_to_what_is_installed() {
        let here = found(&[("node", "/a/node", "20.11.1"), ("python", "/a/python3", "3.11.2")]);
        let runtime = |family| {
            here.runtime_for(family)
                .map(|(runtime, found)| (runtime.id, found.is_some()))
        };
        assert_eq!(runtime("node"), Some(("node-20.0", true)));
        assert_eq!(runtime("python"), Some(("python-3.11", true)));
        assert_eq!(runtime("ruby"), Some(("ruby-3.3", false)));
        assert_eq!(runtime("cobol"), None);
    }

    fn found(list: &[(&'static str, &str, &str)]) -> Interpreters {
        let found = list.iter().map(|&(family, path, version)| Interpreter {
            family,
            path: path.into(),
            version: version.into(),
        });
        Interpreters {
            found: found.collect(),
        }
    }

    fn runtime(id: &str) -> &'static Runtime {
        Runtime::parse("runtime", id).unwrap()
    }

    #[test]
    fn the_exact_minor_version_is_best_then_the_nearest_then_the_newer() {
        let all = found(&[
            ("python", "a", "3.8.18"),
            ("python", "b", "3.12.1"),
            ("python", "c", "3.10.13"),
            ("node", "n", "20.20.0"),
        ]);
        let path = |id| all.for_runtime(runtime(id)).unwrap().path.to_str().unwrap();
        assert_eq!(path("python-3.12"), "b");
        assert_eq!(path("python-3.8"), "a");
        assert_eq!(path("python-3.9"), "c");
        assert_eq!(path("python-3.11"), "b");
        assert_eq!(path("node-16.0"), "n");
        assert!(all.for_runtime(runtime("php-8.2")).is_none());
        assert!(Interpreters::empty().for_runtime(runtime("node-16.0")).is_none());
    }

    #[test]
    fn of_two_with_one_version_the_first_on_the_path_serves() {
        let all = found(&[("node", "first", "20.1.0"), ("node", "second", "20.1.0")]);
        assert_eq!(
            all.for_runtime(runtime("node-20.0")).unwrap().path.to_str(),
            Some("first")
        );
    }

    #[test]
    fn a_version_in_the_programs_name_wins_where_it_is_installed() {
        let all = found(&[
            ("python", "new", "3.12.1"),
            ("python", "old", "3.8.18"),
            ("ruby", "r", "3.1.2"),
        ]);
        let path = |name: &str, id| {
            let family = known::family_of_program(name).unwrap();
            all.for_program(family, name, runtime(id))
                .unwrap()
                .path
                .to_str()
                .unwrap()
        };
        assert_eq!(path("python3.8", "python-3.12"), "old");
        assert_eq!(path("python3.11", "python-3.12"), "new");
        assert_eq!(path("python3", "python-3.8"), "old");
        assert_eq!(path("python", "node-20.0"), "new");
        assert_eq!(path("ruby", "node-20.0"), "r");
    }
}
