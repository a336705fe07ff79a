//! `drydock doctor`: looks at this machine as a server would and says what is missing, with the mend.
//!
//! Must not: change anything, or need a running server.

use std::collections::HashMap;
use std::ffi::OsString;
#[cfg(target_os = "linux")]
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use drydock_runtime::docker::EngineStatus;
use drydock_runtime::{DockerBackend, DockerSettings, Interpreters, Policy, Standing};
use serde_json::json;

use super::checks::{self, Finding, Level};
#[cfg(target_os = "linux")]
use super::inotify;
use super::{ConfigFlag, JsonFlag, output};
use crate::app;
use crate::config::{self, Flags, Sources};
use crate::data_dir::DataDir;

#[derive(Debug, Args)]
#[command(after_help = "Exits with 1 when something keeps a server from running.")]
pub(crate) struct Arguments {
    #[command(flatten)]
    config: ConfigFlag,
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) fn run(arguments: &Arguments, data_dir: &DataDir) -> Result<ExitCode> {
    let interpreters = Interpreters::discover(&search_path());
    let mut findings = vec![checks::server(data_dir)];
    let file = arguments.config.config.as_deref();
    let sources = Sources::of_this_process(data_dir.config_file(), file, Flags::default());
    let mut policy = Policy::Auto;
    let mut containers = None;
    match config::load(&sources) {
        Ok(loaded) => {
            policy = loaded.settings.sandbox;
            findings.push(Finding::ok("settings", "every key and value is right"));
            findings.push(checks::port(&loaded.settings, data_dir));
            findings.push(checks::retention(&loaded.settings, data_dir));
            containers = Some((loaded.settings.backend, loaded.settings.images()));
        }
        // Each says its own mend.
        Err(error) => findings.extend(
            error
                .0
                .into_iter()
                .map(|text| Finding::problem("settings", text, None)),
        ),
    }
    findings.extend(checks::folder(data_dir));
    let standing = standing(policy)?;
    findings.push(checks::sandbox(&standing));
    findings.push(checks::limits(&standing));
    #[cfg(target_os = "linux")]
    findings.extend(inotify::finding(Path::new("/proc")));
    findings.extend(checks::runtimes(&interpreters));
    if let Some((backend, images)) = containers {
        findings.push(checks::engine(backend, &engine_status(images)?));
    }

    let stops = findings.iter().any(|finding| finding.level == Level::Problem);
    if arguments.json.json {
        let interpreters: Vec<_> = interpreters
            .all()
            .iter()
            .map(|i| json!({ "family": i.family, "path": i.path, "version": i.version }))
            .collect();
        output::json(&json!({
            "version": env!("CARGO_PKG_VERSION"),
            "dataDir": data_dir.path(),
            "healthy": !stops,
            "sandbox": standing.level.as_str(),
            "interpreters": interpreters,
            "findings": findings,
        }))?;
    } else {
        print(&findings)?;
    }
    Ok(if stops {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}

fn print(findings: &[Finding]) -> Result<()> {
    let width = findings
        .iter()
        .map(|finding| finding.subject.len())
        .max()
        .unwrap_or_default();
    for Finding {
        subject,
        level,
        found,
        mend,
    } in findings
    {
        let mark = match level {
            Level::Ok => "ok     ",
            Level::Notice => "notice ",
            Level::Problem => "PROBLEM",
        };
        output::line(&format!("{mark}  {subject:width$}  {found}"))?;
        if let Some(mend) = mend {
            output::line(&format!(
                "{:indent$}-> {mend}",
                "",
                indent = mark.len() + width + 4
            ))?;
        }
    }
    Ok(())
}

/// What a server started now would find. The folder is any one that is there.
fn standing(policy: Policy) -> Result<Standing> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let launcher = app::own_binary()?;
    let folder = std::env::temp_dir();
    Ok(runtime.block_on(drydock_runtime::probe(
        &launcher,
        &Interpreters::empty(),
        policy,
        &folder,
    )))
}

/// The container engine, as a server started now would find it.
fn engine_status(images: HashMap<String, String>) -> Result<EngineStatus> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    let nobodys = DockerSettings {
        max_containers: 1,
        idle: Duration::ZERO,
        cpus: 0,
        images,
        identity: String::new(),
        run: "doctor".to_owned(),
        door: None,
        mark: None,
    };
    Ok(runtime.block_on(DockerBackend::new(nobodys).status()))
}

fn search_path() -> OsString {
    std::env::var_os("PATH").unwrap_or_default()
}
