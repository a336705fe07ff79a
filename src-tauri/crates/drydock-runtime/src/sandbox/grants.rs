//! What of the machine a function may see.
//!
//! Owns: the list of readable paths, which is a list of grants: what is not on it is not there (or, without
//! a root folder of its own, refused). Must not: name a folder that also holds something private; `/etc` as a
//! whole would bring `/etc/shadow`, a home folder the user's keys.

use std::path::{Path, PathBuf};

use crate::interpreters::Interpreters;

/// Programs and libraries of the system. Links among them (`/lib` → `usr/lib`) stay links.
pub(crate) const SYSTEM: &[&str] = &[
    "/usr",
    "/bin",
    "/sbin",
    "/lib",
    "/lib32",
    "/lib64",
    "/libx32",
    "/opt",
    "/nix/store",
    "/gnu/store",
];

/// What programs need of `/etc`: names and addresses, certificates, time, the linker's cache, and how the
/// system's interpreters are set up.
const ETC: &[&str] = &[
    "alternatives",
    "ca-certificates",
    "crypto-policies",
    "dotnet",
    "fonts",
    "gai.conf",
    "group",
    "host.conf",
    "hosts",
    "java",
    "ld.so.cache",
    "ld.so.conf",
    "ld.so.conf.d",
    "localtime",
    "magic",
    "mime.types",
    "nsswitch.conf",
    "os-release",
    "passwd",
    "php",
    "pki",
    "protocols",
    "resolv.conf",
    "services",
    "ssl",
    "timezone",
];

/// The few devices that every program may count on.
#[cfg(target_os = "linux")]
pub(crate) const DEVICES: &[&str] = &["null", "zero", "full", "random", "urandom"];

/// Where a function of the full level sees its code: where Appwrite's own containers of that time had it, so
/// that a path in a stack trace reads the same. The folder is of the file system standard; where it is not
/// there, another name must do, since a read-only `/usr` cannot be given one.
pub(crate) fn code_folder() -> PathBuf {
    let usual = Path::new("/usr/local/src");
    if usual.is_dir() {
        usual.to_owned()
    } else {
        PathBuf::from("/code")
    }
}

/// Where a function of the full level finds what had its interpreter stand by. Nothing else is in `/run` there.
pub(crate) fn preload_folder() -> PathBuf {
    PathBuf::from("/run/drydock")
}

/// Everything of this machine that may be read, most general first; only what is there.
pub(crate) fn readable(interpreters: &Interpreters) -> Vec<PathBuf> {
    let mut granted: Vec<PathBuf> = SYSTEM.iter().map(PathBuf::from).collect();
    // `java-17-openjdk`, `python3.11`: names with versions.
    let versioned = std::fs::read_dir("/etc")
        .into_iter()
        .flatten()
        .flatten()
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let known = ["java-", "python", "ImageMagick-"]
                .iter()
                .any(|prefix| name.starts_with(prefix));
            known.then(|| entry.path())
        });
    granted.extend(ETC.iter().map(|name| Path::new("/etc").join(name)));
    granted.extend(versioned);
    let home = std::env::var_os("HOME").map(PathBuf::from);
    for interpreter in interpreters.all() {
        granted.extend(tree_of(&interpreter.path, home.as_deref()));
    }
    let mut kept: Vec<PathBuf> = Vec::new();
    for path in granted {
        if path.exists() && !kept.iter().any(|known| path.starts_with(known)) {
            kept.push(path);
        }
    }
    kept
}

/// What belongs to an interpreter: the folder that it was installed into, where it has one to itself.
fn tree_of(program: &Path, home: Option<&Path>) -> Vec<PathBuf> {
    let Some(prefix) = program.parent().and_then(Path::parent) else {
        return vec![program.to_owned()];
    };
    let in_bin = program.parent().is_some_and(|folder| folder.ends_with("bin"));
    // `~/.local` and `~` hold much else, and so do the folders above them.
    let shared = prefix.parent().is_none()
        || home.is_some_and(|home| home.starts_with(prefix) || prefix == home.join(".local"));
    if in_bin && !shared {
        return vec![prefix.to_owned()];
    }
    let mut parts = vec![program.to_owned()];
    if in_bin {
        let library = |name: &str| {
            ["python", "node_modules", "ruby", "php"]
                .iter()
                .any(|known| name.starts_with(known))
        };
        let libraries = std::fs::read_dir(prefix.join("lib"))
            .into_iter()
            .flatten()
            .flatten();
        parts.extend(
            libraries
                .filter(|entry| entry.file_name().to_str().is_some_and(library))
                .map(|entry| entry.path()),
        );
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_grant_brings_anything_private() {
        for path in readable(&Interpreters::empty()) {
            assert!(!Path::new("/etc/shadow").starts_with(&path), "{}", path.display());
            assert!(!Path::new("/home").starts_with(&path) && !Path::new("/var").starts_with(&path));
        }
    }

    #[test]
    fn an_interpreter_brings_its_own_tree_and_never_a_home_folder() {
        let home = Some(Path::new("/home/ada"));
        let tree = |program: &str| tree_of(Path::new(program), home);
        assert_eq!(
            tree("/home/ada/.pyenv/versions/3.12.1/bin/python"),
            [Path::new("/home/ada/.pyenv/versions/3.12.1")]
        );
        for program in [
            "/home/ada/bin/node",
            "/home/ada/.local/bin/node",
            "/home/bin/node",
            "/home/ada/node",
        ] {
            assert_eq!(tree(program), [Path::new(program)], "{program}");
        }
    }
}
