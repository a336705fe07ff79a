//! What the tests of this crate re-execute: the launcher's side, and a server that can be killed.
//! Owns: nothing that ships.

use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use drydock_core::runtime::Runtime;
use drydock_runtime::{
    Blueprint, Interpreters, Job, Level, Limits, Network, Policy, ProcessBackend, StandbySettings, Standing,
    launcher,
};
use tokio_util::sync::CancellationToken;

fn main() -> ExitCode {
    if launcher::is_invocation() {
        return launcher::run();
    }
    match std::env::args().skip(1).collect::<Vec<_>>().as_slice() {
        [code_dir, scratch_dir, command] => serve(Level::ProcessGroup, code_dir, scratch_dir, command),
        [code_dir, scratch_dir, command, full] if full == "full" => {
            serve(Level::Full, code_dir, scratch_dir, command)
        }
        _ => ExitCode::from(2),
    }
}

/// Runs one command as a server would, until it ends or this process is killed.
fn serve(level: Level, code_dir: &str, scratch_dir: &str, command: &str) -> ExitCode {
    let (Ok(runtime), Ok(exe), Ok(tokio)) = (
        Runtime::parse("runtime", "node-20.0"),
        std::env::current_exe(),
        tokio::runtime::Runtime::new(),
    ) else {
        return ExitCode::FAILURE;
    };
    let job = Job {
        owner: "function".to_owned(),
        blueprint: Blueprint {
            runtime,
            command: command.to_owned(),
            code_dir: code_dir.into(),
            variables: Vec::new(),
            limits: Limits::default(),
            network: Network::Full,
        },
        scratch_dir: scratch_dir.into(),
        variables: Vec::new(),
        timeout: Duration::from_mins(10),
    };
    let standing = Standing {
        level,
        missing: Vec::new(),
        policy: Policy::Auto,
    };
    let backend = ProcessBackend::new(
        exe,
        Arc::new(Interpreters::empty()),
        standing,
        StandbySettings::off(),
    );
    let (output, _) = tokio::sync::mpsc::channel(1);
    tokio.block_on(backend.run(job, CancellationToken::default(), output));
    ExitCode::SUCCESS
}
