//! What the tests of this crate re-execute: the launcher's side, and a server that can be killed.
//! Owns: nothing that ships.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use drydock_core::runtime::Runtime;
use drydock_runtime::{
    Backend, Blueprint, Interpreters, Job, Level, Limits, LimitsBy, Network, Policy, ProcessBackend,
    StandbySettings, Standing, launcher, probe,
};
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    if launcher::is_invocation() {
        return launcher::run();
    }
    match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [code_dir, scratch_dir, command] => serve(
            Level::ProcessGroup,
            LimitsBy::Nobody,
            code_dir,
            scratch_dir,
            command,
        ),
        [code_dir, scratch_dir, command, groups] if groups == "groups" => {
            let limits_by = found_limits();
            serve(Level::ProcessGroup, limits_by, code_dir, scratch_dir, command)
        }
        [code_dir, scratch_dir, command, full] if full == "full" => {
            serve(Level::Full, LimitsBy::Nobody, code_dir, scratch_dir, command)
        }
        _ => ExitCode::from(2),
    }
}

/// Who a server would find to keep limits.
fn found_limits() -> LimitsBy {
    let (Ok(exe), Ok(tokio)) = (std::env::current_exe(), tokio::runtime::Runtime::new()) else {
        return LimitsBy::Nobody;
    };
    let folder = std::env::temp_dir();
    let interpreters = Interpreters::empty();
    let standing = probe(&exe, &interpreters, Policy::Auto, &folder);
    tokio.block_on(standing).limits_by
}

/// Runs one command as a server would, until it ends or this process is killed.
fn serve(level: Level, limits_by: LimitsBy, code_dir: &str, scratch_dir: &str, command: &str) -> ExitCode {
    let (Ok(runtime), Ok(exe), Ok(tokio)) = (
        Runtime::parse("runtime", "node-20.0"),
        std::env::current_exe(),
        tokio::runtime::Runtime::new(),
    ) else {
        return ExitCode::FAILURE;
    };
    let job = Job {
        name: None,
        owner: "function".to_owned(),
        blueprint: Blueprint {
            runtime,
            command: command.to_owned(),
            backend: Backend::Process,
            code_dir: code_dir.into(),
            code_id: "the tag".to_owned(),
            variables: Vec::new(),
            limits: Limits::default(),
            network: Network::Full,
        },
        scratch_dir: scratch_dir.into(),
        variables: Vec::new(),
        timeout: Duration::from_mins(10),
    };
    let mut standing = Standing {
        level,
        missing: Vec::new(),
        policy: Policy::Auto,
        limits_by,
    };
    let cgroups = standing.take_cgroups();
    let backend = ProcessBackend::new(
        exe,
        Arc::new(Interpreters::empty()),
        standing,
        cgroups,
        StandbySettings::off(),
    );
    let (output, _) = tokio::sync::mpsc::channel(1);
    tokio.block_on(async {
        backend.run(job, CancellationToken::default(), output).await;
        backend.settled().await;
    });
    ExitCode::SUCCESS
}
