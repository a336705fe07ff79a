//! Whether this machine delegates control groups to this process.
//!
//! Owns: finding our group and looking at it. Must not: change anything; `drydock doctor` asks too.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::process;

use nix::unistd::{AccessFlags, access};

use super::{CHILDREN, PROCESSES};

/// A group that we may divide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delegated {
    /// Where it is.
    pub folder: PathBuf,
    /// Whether it can limit memory.
    pub memory: bool,
    /// Whether it can limit tasks.
    pub pids: bool,
}

impl Delegated {
    pub(super) fn controllers(&self) -> impl Iterator<Item = &'static str> + use<> {
        [("memory", self.memory), ("pids", self.pids)]
            .into_iter()
            .filter_map(|(name, there)| there.then_some(name))
    }
}

impl fmt::Display for Delegated {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<_> = self.controllers().collect();
        f.write_str(&names.join(", "))
    }
}

/// What is delegated to us, or why nothing is.
pub(crate) fn detect() -> Result<Delegated, String> {
    let read = |path| fs::read_to_string(path).map_err(|error| format!("{path}: {error}"));
    let folder = folder_of(&read("/proc/self/cgroup")?, &read("/proc/self/mountinfo")?)?;
    look_at(folder, process::id())
}

/// Where our group is, by `/proc/self/cgroup` and `/proc/self/mountinfo`.
fn folder_of(groups: &str, mounts: &str) -> Result<PathBuf, String> {
    let ours = groups
        .lines()
        .find_map(|line| line.strip_prefix("0::"))
        .ok_or("this machine has no control groups of version 2")?;
    let place = mounts
        .lines()
        .filter_map(|line| {
            let (mount, kind) = line.split_once(" - ")?;
            let mut fields = mount.split(' ').skip(3);
            let (root, point) = (fields.next()?, fields.next()?);
            let below = Path::new(ours).strip_prefix(plain(root)).ok()?;
            kind.starts_with("cgroup2 ")
                .then(|| Path::new(&plain(point)).join(below))
        })
        .next_back()
        .ok_or("control groups of version 2 are not mounted")?;
    // Without the slash that an empty rest leaves behind.
    Ok(place.components().collect())
}

/// A path of `mountinfo`, which writes blanks and backslashes as numbers.
fn plain(path: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(path.to_owned(), |path, (written, meant)| {
            path.replace(written, meant)
        })
}

/// Whether the group in `folder` can be divided by `own`, the process that asks.
fn look_at(folder: PathBuf, own: u32) -> Result<Delegated, String> {
    let read = |file: &str| {
        let path = folder.join(file);
        fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))
    };
    let controllers = read("cgroup.controllers")?;
    let has = |name| controllers.split_ascii_whitespace().any(|there| there == name);
    let (memory, pids) = (has("memory"), has("pids"));
    if !memory && !pids {
        return Err(format!(
            "the control group {} has neither the memory nor the pids controller",
            folder.display()
        ));
    }
    for path in [folder.clone(), folder.join(PROCESSES), folder.join(CHILDREN)] {
        access(&path, AccessFlags::W_OK)
            .map_err(|error| format!("{} is not ours to write: {}", path.display(), error.desc()))?;
    }
    // The root of all groups, and only that, has no type; it alone may hold processes beside groups.
    match read("cgroup.type") {
        Err(_) => {}
        Ok(kind) if kind.trim() == "domain" => {
            let processes = read(PROCESSES)?;
            if let Some(other) = processes.lines().find(|id| id.parse() != Ok(own)) {
                return Err(format!(
                    "another process ({other}) is in the control group {}, so it is not this server's alone",
                    folder.display()
                ));
            }
        }
        Ok(kind) => {
            return Err(format!(
                "the control group {} is of the type {}, which cannot limit memory",
                folder.display(),
                kind.trim()
            ));
        }
    }
    Ok(Delegated { folder, memory, pids })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
21 1 8:1 / / rw - ext4 /dev/sda1 rw
30 21 0:26 / /sys/fs/cgroup rw,nosuid shared:4 - cgroup2 cgroup2 rw,nsdelegate
31 21 0:40 / /mnt/a\\040b rw - tmpfs tmpfs rw
";

    #[test]
    fn our_group_is_found_below_the_mount_that_shows_it() {
        let found = |groups: &str, mounts: &str| folder_of(groups, mounts);
        assert_eq!(
            found("0::/user.slice/user-1000.slice/run-r1.scope\n", MOUNTS).unwrap(),
            Path::new("/sys/fs/cgroup/user.slice/user-1000.slice/run-r1.scope")
        );
        // Version 1 beside it.
        let hybrid = "30 21 0:26 / /sys/fs/cgroup/unified rw - cgroup2 none rw\n";
        assert_eq!(
            found("4:memory:/a\n1:name=systemd:/\n0::/\n", hybrid).unwrap(),
            Path::new("/sys/fs/cgroup/unified")
        );
        // A container that shows its own part only, under a name with a blank.
        let part = "30 21 0:26 /docker/1 /sys/my\\040groups rw - cgroup2 none rw\n";
        assert_eq!(
            found("0::/docker/1/a\n", part).unwrap(),
            Path::new("/sys/my groups/a")
        );
        assert!(found("0::/docker/2\n", part).unwrap_err().contains("not mounted"));
        assert!(found("4:memory:/a\n", MOUNTS).unwrap_err().contains("version 2"));
        assert!(found("0::/\n", "21 1 8:1 / / rw - ext4 /dev/sda1 rw\n").is_err());
    }

    /// A folder that looks like a group with `files` in it.
    fn looks_like(files: &[(&str, &str)]) -> tempfile::TempDir {
        let place = tempfile::tempdir().unwrap();
        let usual = [
            ("cgroup.controllers", "cpu memory pids\n"),
            ("cgroup.procs", "7\n"),
            ("cgroup.subtree_control", "\n"),
            ("cgroup.type", "domain\n"),
        ];
        for (name, content) in usual.iter().chain(files) {
            fs::write(place.path().join(name), content).unwrap();
        }
        place
    }

    fn look(place: &tempfile::TempDir) -> Result<Delegated, String> {
        look_at(place.path().to_owned(), 7)
    }

    #[test]
    fn a_group_of_ours_alone_is_delegated_with_what_it_has() {
        let place = looks_like(&[]);
        assert_eq!(
            look(&place).unwrap(),
            Delegated {
                folder: place.path().to_owned(),
                memory: true,
                pids: true
            }
        );
        let tasks = look(&looks_like(&[("cgroup.controllers", "io pids\n")])).unwrap();
        assert_eq!(
            (tasks.memory, tasks.pids, tasks.to_string()),
            (false, true, "pids".to_owned())
        );
    }

    #[test]
    fn what_is_not_ours_is_left_alone_and_the_reason_named() {
        let why = |files: &[(&str, &str)]| look(&looks_like(files)).unwrap_err();
        assert!(why(&[("cgroup.controllers", "cpuset io\n")]).contains("neither"));
        assert!(why(&[("cgroup.controllers", "")]).contains("neither"));
        assert!(why(&[("cgroup.procs", "1\n7\n")]).contains("another process (1)"));
        // 0 is a process outside of what we can see.
        assert!(why(&[("cgroup.procs", "0\n7\n")]).contains("another process (0)"));
        assert!(why(&[("cgroup.type", "threaded\n")]).contains("threaded"));
        let place = looks_like(&[]);
        fs::remove_file(place.path().join("cgroup.subtree_control")).unwrap();
        assert!(look(&place).unwrap_err().contains("not ours to write"));
        // The root of all groups is shared by its nature.
        let root = looks_like(&[("cgroup.procs", "1\n2\n7\n")]);
        fs::remove_file(root.path().join("cgroup.type")).unwrap();
        assert!(look(&root).is_ok());
    }

    #[test]
    fn this_machine_can_be_asked() {
        // What it answers depends on the machine; that it answers and changes nothing does not.
        assert_eq!(detect(), detect());
    }
}
