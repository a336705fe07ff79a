//! What `doctor` looks at, one check after another.
//!
//! Must not: change anything, or need a running server.

use std::net::{SocketAddr, TcpListener};
use std::path::Path;

use anyhow::{Context, Result};
use drydock_runtime::docker::EngineStatus;
use drydock_runtime::{Backend, Interpreters, Level as Sandbox, LimitsBy, Standing};
use serde::Serialize;

use super::{output, port_owner};
use crate::config::Settings;
use crate::data_dir::DataDir;
use crate::server_file::ServerFile;

/// Below this a server could not even take ten uploads of 30 MB, whose code may be many times larger.
const LITTLE_DISK_BYTES: u64 = 1_000_000_000;
/// Below this SQLite itself soon fails.
const NO_DISK_BYTES: u64 = 50_000_000;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Level {
    Ok,
    /// Worth knowing; everything runs.
    Notice,
    /// A server cannot run.
    Problem,
}

/// One thing that was looked at.
#[derive(Debug, Serialize)]
pub(crate) struct Finding {
    pub(crate) subject: &'static str,
    pub(crate) level: Level,
    pub(crate) found: String,
    /// What to do about it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mend: Option<String>,
}

impl Finding {
    pub(crate) fn ok(subject: &'static str, found: impl Into<String>) -> Self {
        Self {
            subject,
            level: Level::Ok,
            found: found.into(),
            mend: None,
        }
    }

    pub(crate) fn notice(subject: &'static str, found: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            subject,
            level: Level::Notice,
            found: found.into(),
            mend: Some(mend.into()),
        }
    }

    pub(crate) fn problem(subject: &'static str, found: impl Into<String>, mend: Option<String>) -> Self {
        Self {
            subject,
            level: Level::Problem,
            found: found.into(),
            mend,
        }
    }
}

pub(crate) fn server(data_dir: &DataDir) -> Finding {
    match ServerFile::of_running_server(data_dir) {
        Ok(Some(file)) => Finding::ok(
            "server",
            format!("{} runs at {} (pid {})", file.version, file.endpoint, file.pid),
        ),
        Ok(None) => match data_dir.locked_by() {
            Some(held) => Finding::ok("server", held.to_string()),
            None => Finding::ok(
                "server",
                "none runs on this data folder; `drydock serve` starts one",
            ),
        },
        Err(error) => Finding::problem("server", format!("{error:#}"), None),
    }
}

pub(crate) fn port(settings: &Settings, data_dir: &DataDir) -> Finding {
    let address = SocketAddr::new(settings.host, settings.port);
    let ours = ServerFile::of_running_server(data_dir).ok().flatten();
    if let Some(file) = ours.filter(|file| file.console.ends_with(&format!(":{}", settings.port))) {
        return Finding::ok(
            "port",
            format!(
                "{address} is served by this data folder's server (pid {})",
                file.pid
            ),
        );
    }
    match TcpListener::bind(address) {
        Ok(_) => Finding::ok("port", format!("{address} is free")),
        Err(error) if error.kind() == std::io::ErrorKind::AddrInUse => {
            let owner = port_owner::of(settings.port).unwrap_or_else(|| "another program".to_owned());
            let mend = "choose another with `drydock serve --port N`, or 0 for a free one".to_owned();
            Finding::problem("port", format!("{address} is in use by {owner}"), Some(mend))
        }
        Err(error) => {
            let mend = "choose a port above 1023, or another --host".to_owned();
            Finding::problem(
                "port",
                format!("{address} cannot be listened on: {error}"),
                Some(mend),
            )
        }
    }
}

pub(crate) fn folder(data_dir: &DataDir) -> Vec<Finding> {
    let (path, subject) = (data_dir.path(), "data folder");
    let mut findings = Vec::new();
    if path.exists() {
        match data_dir.check_permissions(false).and_then(|()| writable(path)) {
            Ok(()) => {
                let used = output::size(used_bytes(path));
                findings.push(Finding::ok(
                    subject,
                    format!("{} is yours alone; {used} used", path.display()),
                ));
            }
            Err(error) => findings.push(Finding::problem(subject, format!("{error:#}"), None)),
        }
    } else {
        findings.push(Finding::ok(
            subject,
            format!("{} is made when a server starts", path.display()),
        ));
    }
    findings.extend(disk(path));
    findings
}

/// What is kept of executions, and how much of it there is.
pub(crate) fn retention(settings: &Settings, data_dir: &DataDir) -> Finding {
    let files = [data_dir.main_db(), data_dir.logs_db()];
    let used_bytes = files
        .iter()
        .filter_map(|path| path.metadata().ok())
        .map(|file| file.len())
        .sum();
    let kept = &settings.retention;
    Finding::ok(
        "retention",
        format!(
            "executions are kept {} days, and {} at most; {} used",
            kept.days,
            output::size(kept.max_bytes),
            output::size(used_bytes)
        ),
    )
}

/// Whether a file can be made there; a folder's mode alone does not tell of a read-only disk.
fn writable(path: &Path) -> Result<()> {
    tempfile::tempfile_in(path).map(drop).with_context(|| {
        format!(
            "the data folder {} cannot be written to: name another with --data-dir",
            path.display()
        )
    })
}

/// The sum of all files; what vanishes meanwhile does not count.
fn used_bytes(path: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(path) else {
        return 0;
    };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(metadata) if metadata.is_dir() => used_bytes(&entry.path()),
            Ok(metadata) => metadata.len(),
            Err(_) => 0,
        })
        .sum()
}

fn disk(path: &Path) -> Option<Finding> {
    // The folder may not be there yet; its nearest parent is on the same disk.
    let existing = path.ancestors().find(|path| path.exists())?;
    let free_bytes = free_bytes(existing)?;
    let found = format!("{} free on the disk of the data folder", output::size(free_bytes));
    let mend = "free some space, or name a folder on another disk with --data-dir";
    Some(match free_bytes {
        bytes if bytes < NO_DISK_BYTES => Finding::problem("disk", found, Some(mend.to_owned())),
        bytes if bytes < LITTLE_DISK_BYTES => Finding::notice("disk", found, mend),
        _ => Finding::ok("disk", found),
    })
}

#[cfg(unix)]
// The widths of these numbers differ between systems.
#[allow(clippy::unnecessary_cast, clippy::useless_conversion)]
fn free_bytes(path: &Path) -> Option<u64> {
    let disk = nix::sys::statvfs::statvfs(path).ok()?;
    Some((disk.blocks_available() as u64).saturating_mul(disk.fragment_size() as u64))
}

#[cfg(not(unix))]
fn free_bytes(_path: &Path) -> Option<u64> {
    None
}

/// What the sandbox would be, found out by trying it.
pub(crate) fn sandbox(standing: &Standing) -> Finding {
    let level = standing.level;
    if let Some(refusal) = standing.refusal() {
        return Finding::problem(
            "sandbox",
            refusal,
            Some("say sandbox = \"auto\" in config.toml".to_owned()),
        );
    }
    let why: Vec<_> = standing
        .missing
        .iter()
        .map(|missing| format!("; not {}: {}", missing.level.as_str(), missing.why))
        .collect();
    let why = why.concat();
    let found = format!("{level}{why}");
    match level {
        Sandbox::Full | Sandbox::Container => Finding::ok("sandbox", &found),
        Sandbox::NoNamespaces => Finding::notice(
            "sandbox",
            found,
            "allow user namespaces (sysctl kernel.apparmor_restrict_unprivileged_userns=0 on Ubuntu, or \
             user.max_user_namespaces above 0) for the full level",
        ),
        Sandbox::ProcessGroup | Sandbox::Off => Finding::notice(
            "sandbox",
            found,
            "run only code that you trust: a function can read what you can read",
        ),
    }
}

/// The engine of functions that run in containers.
pub(crate) fn engine(backend: Backend, status: &EngineStatus) -> Finding {
    let host = &status.host;
    match &status.version {
        Ok(version) => {
            let present: Vec<_> = status.images.iter().filter(|image| image.is_present).collect();
            let runtimes: Vec<_> = present.iter().map(|image| image.runtime).collect();
            let images = if runtimes.is_empty() {
                "no runtime's image is there yet; each is pulled when it is first needed".to_owned()
            } else {
                format!("images of {} are there", runtimes.join(", "))
            };
            let containers = match status.containers.len() {
                0 => String::new(),
                1 => "; 1 container of Drydock's".to_owned(),
                count => format!("; {count} containers of Drydock's"),
            };
            let found = format!("{version} at {host}; {images}{containers}");
            match &status.api_closed {
                None => Finding::ok("containers", found),
                Some(why) => Finding {
                    mend: Some(format!("functions in containers cannot call the API: {why}")),
                    ..Finding::ok("containers", found)
                },
            }
        }
        // Nobody needs one who did not ask for it.
        Err(_) if backend == Backend::Process => Finding::ok(
            "containers",
            format!("no engine at {host}, which only the Docker backend needs"),
        ),
        Err(why) => Finding::notice(
            "containers",
            why.clone(),
            "start the engine, point DOCKER_HOST to it, or set backend = \"process\" in config.toml",
        ),
    }
}

/// Who would keep the limits of memory and processes.
pub(crate) fn limits(standing: &Standing) -> Finding {
    match &standing.limits_by {
        LimitsBy::Nobody => Finding::ok("limits", "executions have a time, and no other limits"),
        LimitsBy::Cgroup(delegated) => Finding::ok(
            "limits",
            format!("kept by the watchdog, and by cgroup behind it ({delegated})"),
        ),
        // Nothing is wrong with it; the mend is for who wants more.
        LimitsBy::Watchdog(why) => Finding {
            mend: Some(
                "for the kernel's own wall behind it, have systemd delegate a cgroup: \
                 `systemd-run --user --scope -p Delegate=yes drydock serve`, or Delegate=yes in the unit"
                    .to_owned(),
            ),
            ..Finding::ok("limits", format!("kept by the watchdog; not by cgroup: {why}"))
        },
    }
}

pub(crate) fn runtimes(interpreters: &Interpreters) -> Vec<Finding> {
    let found = interpreters.all();
    if found.is_empty() {
        let mend = "install node, python3, php, ruby, deno or bun, and start the server with it in PATH";
        return vec![Finding::notice(
            "runtimes",
            "no interpreter was found in PATH",
            mend,
        )];
    }
    found
        .iter()
        .map(|i| {
            Finding::ok(
                "runtime",
                format!("{} {} ({})", i.family, i.version, i.path.display()),
            )
        })
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::config::{self, Flags, Sources};

    fn settings_with(port: u16) -> Settings {
        let sources = Sources {
            file: "/no/such/file".into(),
            file_required: false,
            variables: Vec::new(),
            flags: Flags {
                port: Some(port),
                ..Flags::default()
            },
        };
        config::load(&sources).unwrap().settings
    }

    #[test]
    fn a_port_in_use_is_a_problem_that_names_its_owner_and_a_free_one_is_not() {
        let temp = tempfile::tempdir().unwrap();
        let data_dir = DataDir::resolve(Some(temp.path().to_owned())).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let settings = settings_with(listener.local_addr().unwrap().port());
        let finding = port(&settings, &data_dir);
        assert_eq!(finding.level, Level::Problem);
        assert!(finding.mend.unwrap().contains("--port"));
        assert_eq!(port(&settings_with(0), &data_dir).level, Level::Ok);
    }

    #[test]
    fn a_folder_that_is_not_there_yet_is_no_problem_and_a_file_in_its_place_is() {
        let temp = tempfile::tempdir().unwrap();
        let new = DataDir::resolve(Some(temp.path().join("a/b"))).unwrap();
        assert_eq!(folder(&new)[0].level, Level::Ok);
        assert!(!new.path().exists());
        std::fs::write(temp.path().join("file"), "").unwrap();
        let file = DataDir::resolve(Some(temp.path().join("file"))).unwrap();
        assert_eq!(folder(&file)[0].level, Level::Problem);
    }

    #[test]
    fn used_bytes_are_the_sum_of_all_files() {
        let temp = tempfile::tempdir().unwrap();
        std::fs::create_dir(temp.path().join("a")).unwrap();
        std::fs::write(temp.path().join("a/b"), [0; 10]).unwrap();
        std::fs::write(temp.path().join("c"), [0; 5]).unwrap();
        assert_eq!(used_bytes(temp.path()), 15);
    }
}
