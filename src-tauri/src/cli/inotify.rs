//! How many directories Linux still watches for this user, for `doctor`: the limits of inotify, and what is used of them.
//!
//! Where none is left, linked folders are looked at again and again instead. Must not: change anything, or count what
//! processes of other users have, which have limits of their own.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use super::checks::Finding;

/// A linked folder takes a watch for each directory; a node_modules of 40,000 files has about so many. With fewer left,
/// the next folder may not be watched.
const FEW_WATCHES: u64 = 5000;
/// A server takes one instance, and so does nearly every editor and development server beside it.
const FEW_INSTANCES: u64 = 8;

/// What the mend raises the limits to: enough for a hundred such folders, at about 1 kB of the kernel's memory for each
/// watch in use.
const MANY_WATCHES: u64 = 524_288;
/// The same for instances, four times what Linux begins with.
const MANY_INSTANCES: u64 = 512;

/// What a descriptor of an inotify instance leads to.
const INSTANCE: &str = "anon_inode:inotify";
/// How the description of such a descriptor begins a line for each watch.
const WATCH: &str = "inotify wd:";

/// A limit, and how much of it is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Share {
    limit: u64,
    used: u64,
}

impl Share {
    fn left(self) -> u64 {
        self.limit.saturating_sub(self.used)
    }
}

/// What one user has of both.
#[derive(Debug, PartialEq, Eq)]
struct Inotify {
    watches: Share,
    instances: Share,
}

/// What there is to say for the user of this process, by the `/proc` at `proc`; `None` where it tells of no limits.
pub(crate) fn finding(proc: &Path) -> Option<Finding> {
    look(proc, nix::unistd::geteuid().as_raw()).map(|found| judged(&found))
}

/// What the user of that number has. What cannot be read is not counted; an instance that processes share counts for
/// each, so that it is rather too many than too few.
fn look(proc: &Path, user: u32) -> Option<Inotify> {
    let limit = |name: &str| -> Option<u64> {
        let text = fs::read_to_string(proc.join("sys/fs/inotify").join(name)).ok()?;
        text.trim().parse().ok()
    };
    let mut watches = Share {
        limit: limit("max_user_watches")?,
        used: 0,
    };
    let mut instances = Share {
        limit: limit("max_user_instances")?,
        used: 0,
    };
    for process in fs::read_dir(proc).ok()?.flatten() {
        let is_process = process.file_name().to_str().is_some_and(is_number);
        let is_own = || process.metadata().is_ok_and(|metadata| metadata.uid() == user);
        if !is_process || !is_own() {
            continue;
        }
        let Ok(descriptors) = fs::read_dir(process.path().join("fd")) else {
            continue;
        };
        for descriptor in descriptors.flatten() {
            if !fs::read_link(descriptor.path()).is_ok_and(|target| target.as_os_str() == INSTANCE) {
                continue;
            }
            instances.used += 1;
            let info = process.path().join("fdinfo").join(descriptor.file_name());
            watches.used += fs::read_to_string(info).map_or(0, |info| watches_in(&info));
        }
    }
    Some(Inotify { watches, instances })
}

fn is_number(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|byte| byte.is_ascii_digit())
}

/// The watches in the description of an instance.
fn watches_in(info: &str) -> u64 {
    info.lines().filter(|line| line.starts_with(WATCH)).count() as u64
}

fn judged(found: &Inotify) -> Finding {
    let Inotify { watches, instances } = found;
    let used = format!(
        "{} of {} watches and {} of {} instances are used, as far as your processes show",
        watches.used, watches.limit, instances.used, instances.limit
    );
    let mut settings = Vec::new();
    if watches.left() < FEW_WATCHES {
        let raised = MANY_WATCHES.max(watches.limit.saturating_mul(2));
        settings.push(format!("fs.inotify.max_user_watches = {raised}"));
    }
    if instances.left() < FEW_INSTANCES {
        let raised = MANY_INSTANCES.max(instances.limit.saturating_mul(2));
        settings.push(format!("fs.inotify.max_user_instances = {raised}"));
    }
    if settings.is_empty() {
        return Finding::ok("inotify", used);
    }
    Finding::notice(
        "inotify",
        format!("{used}; a linked folder for which none is left is looked at again and again"),
        format!(
            "put {} into /etc/sysctl.d/60-inotify.conf, then `sudo sysctl --system`",
            settings
                .iter()
                .map(|line| format!("the line `{line}`"))
                .collect::<Vec<_>>()
                .join(" and ")
        ),
    )
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::super::checks::Level;
    use super::*;

    /// A `/proc` with these limits.
    fn proc_with(watches: &str, instances: &str) -> tempfile::TempDir {
        let proc = tempfile::tempdir().unwrap();
        write(proc.path(), "sys/fs/inotify/max_user_watches", watches);
        write(proc.path(), "sys/fs/inotify/max_user_instances", instances);
        proc
    }

    fn write(proc: &Path, name: &str, text: &str) {
        let path = proc.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A descriptor of a process, as Linux shows it.
    fn descriptor(proc: &Path, process: &str, number: u32, target: &str, watches: usize) {
        let head = "pos:\t0\nflags:\t02004000\nmnt_id:\t17\nino:\t26\n";
        let watch = "inotify wd:2 ino:13 sdev:fe00000 mask:2 ignored_mask:0 fhandle-bytes:8 fhandle-type:1 \
                     f_handle:1300000000000000\n";
        let info = format!("{head}{}", watch.repeat(watches));
        write(proc, &format!("{process}/fdinfo/{number}"), &info);
        let folder = proc.join(process).join("fd");
        fs::create_dir_all(&folder).unwrap();
        symlink(target, folder.join(number.to_string())).unwrap();
    }

    fn own() -> u32 {
        nix::unistd::geteuid().as_raw()
    }

    #[test]
    fn watches_and_instances_of_all_processes_of_the_user_are_counted() {
        let temp = proc_with("8192\n", "128\n");
        let proc = temp.path();
        descriptor(proc, "12", 4, INSTANCE, 3);
        descriptor(proc, "12", 5, INSTANCE, 0);
        descriptor(proc, "12", 6, "socket:[77]", 0);
        descriptor(proc, "3456", 9, INSTANCE, 2);
        // No processes: the link to oneself, and what is not of a number.
        descriptor(proc, "self", 4, INSTANCE, 3);
        descriptor(proc, "1a", 4, INSTANCE, 3);
        let expected = |watches, instances| Inotify {
            watches: Share {
                limit: 8192,
                used: watches,
            },
            instances: Share {
                limit: 128,
                used: instances,
            },
        };
        assert_eq!(look(proc, own()), Some(expected(5, 3)));
        assert_eq!(look(proc, own() + 1), Some(expected(0, 0)));
    }

    #[test]
    fn what_cannot_be_read_is_not_counted() {
        let temp = proc_with("8192", "128");
        let proc = temp.path();
        fs::create_dir(proc.join("7")).unwrap();
        descriptor(proc, "8", 4, INSTANCE, 1);
        fs::remove_file(proc.join("8/fdinfo/4")).unwrap();
        let found = look(proc, own()).unwrap();
        assert_eq!((found.watches.used, found.instances.used), (0, 1));
    }

    #[test]
    fn without_limits_there_is_nothing_to_say() {
        assert!(finding(tempfile::tempdir().unwrap().path()).is_none());
        assert!(finding(proc_with("many", "128").path()).is_none());
    }

    fn judged_with(watches: (u64, u64), instances: (u64, u64)) -> Finding {
        let share = |(used, limit)| Share { limit, used };
        judged(&Inotify {
            watches: share(watches),
            instances: share(instances),
        })
    }

    #[test]
    fn many_left_is_all_right() {
        let found = judged_with((3, 8192), (2, 128));
        assert_eq!((found.level, found.mend), (Level::Ok, None));
        assert!(
            found
                .found
                .starts_with("3 of 8192 watches and 2 of 128 instances"),
            "{}",
            found.found
        );
    }

    #[test]
    fn few_left_is_a_notice_with_the_line_that_gives_more() {
        let watches = judged_with((8000, 8192), (2, 128));
        assert_eq!(watches.level, Level::Notice);
        let mend = watches.mend.unwrap();
        assert!(
            mend.contains("`fs.inotify.max_user_watches = 524288`") && mend.contains("/etc/sysctl.d/"),
            "{mend}"
        );
        assert!(!mend.contains("instances"), "{mend}");

        // One that is used up altogether is no less than none left, and a high limit is raised all the same.
        let both = judged_with((2_000_001, 2_000_000), (128, 128)).mend.unwrap();
        assert!(
            both.contains("max_user_watches = 4000000`") && both.contains("max_user_instances = 512`"),
            "{both}"
        );
    }
}
