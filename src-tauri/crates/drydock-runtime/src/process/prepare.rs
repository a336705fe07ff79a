//! Everything that is decided before a process is started.
//!
//! Owns: turning a tag's command into what a launcher is told. Must not: start anything. Blocking: it asks the
//! file system.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use super::protocol::{Handover, Spec};
use super::resolve::{self, Program, Unresolved};
use super::{Blueprint, Ended, Job, environment, scratch};
use crate::command;
use crate::interpreters::Interpreters;
use crate::sandbox::{Confinement, Level};
use crate::standby::preload::{self, Preload};

/// The largest environment that is handed over. It lies in a socket's buffer (208 KB on Linux, of which each
/// message takes more than its length) so that the launcher never waits for a command that does not read; a
/// larger one starts cold, where the system's own limits for environments hold.
const MAX_HANDOVER_BYTES: usize = 64 * 1024;

/// A command that can be started.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) spec: Spec,
    /// Whether another of its kind could have stood by.
    pub(super) could_stand_by: bool,
}

/// What a run's launcher is told.
pub(super) fn run(
    job: &Job,
    confinement: Confinement,
    interpreters: &Interpreters,
) -> Result<Prepared, Unresolved> {
    let (program, mut spec) = prepare(&job.blueprint, confinement, interpreters)?;
    let variables: Vec<_> = [&*job.blueprint.variables, &*job.variables].concat();
    spec.environment = environment::build(
        &program.search_path,
        &spec.confinement.scratch_inside(),
        &variables,
    );
    spec.timeout_ms = millis(job.timeout);
    let could_stand_by = program
        .preload
        .is_some_and(|preload| preload.bears(&job.blueprint.variables));
    make_scratch(&spec.confinement)?;
    Ok(Prepared { spec, could_stand_by })
}

/// What the launcher of a process that stands by is told; `None` for a command that cannot.
pub(super) fn standby(
    blueprint: &Blueprint,
    confinement: Confinement,
    interpreters: &Interpreters,
) -> Result<Option<(Spec, &'static Preload)>, Unresolved> {
    let Some(folder) = confinement
        .preloads_inside()
        .filter(|folder| preload::can_be_named(folder))
    else {
        return Ok(None);
    };
    let (program, mut spec) = prepare(blueprint, confinement, interpreters)?;
    let Some(preload) = program
        .preload
        .filter(|preload| preload.bears(&blueprint.variables))
    else {
        return Ok(None);
    };
    spec.environment = environment::build(
        &program.search_path,
        &spec.confinement.scratch_inside(),
        &blueprint.variables,
    );
    preload.add_to(&folder, &mut spec.arguments, &mut spec.environment);
    spec.standby = Some(preload.ear());
    make_scratch(&spec.confinement)?;
    Ok(Some((spec, preload)))
}

/// What one that stands by needs for `job`; `None` where that is too much to hand over.
pub(super) fn handover(job: &Job, preload: &Preload) -> Option<Handover> {
    let restored = preload.restored(&job.blueprint.variables);
    let variables: Vec<_> = restored.into_iter().chain(&job.variables).cloned().collect();
    let environment = environment::of(&variables);
    let bytes: usize = environment
        .iter()
        .map(|(name, value)| name.len() + value.len() + 2)
        .sum();
    (bytes <= MAX_HANDOVER_BYTES).then(|| Handover {
        environment,
        timeout_ms: millis(job.timeout),
    })
}

/// The program and the spec without its environment.
fn prepare(
    blueprint: &Blueprint,
    confinement: Confinement,
    interpreters: &Interpreters,
) -> Result<(Program, Spec), Unresolved> {
    if !blueprint.code_dir.is_dir() {
        return Err(unresolved(format!(
            "the code of its tag is not in {}",
            blueprint.code_dir.display()
        )));
    }
    let words = command::split(&blueprint.command).map_err(unresolved)?;
    let program = resolve::resolve(words, blueprint.runtime, &blueprint.code_dir, interpreters)?;
    let code = confinement.code_inside();
    let spec = Spec {
        program: seen_inside(&program.path, &blueprint.code_dir, &code),
        arguments: program.arguments.iter().map(OsString::from).collect(),
        environment: Vec::new(),
        folder: code.into(),
        timeout_ms: 0,
        confinement,
        standby: None,
        probe: false,
    };
    Ok((program, spec))
}

/// The last step, so that nothing is left of what cannot be started: what is made here the run's end removes.
fn make_scratch(confinement: &Confinement) -> Result<(), Unresolved> {
    if confinement.level == Level::Full {
        return Ok(());
    }
    let folder = &confinement.scratch;
    scratch::create(folder)
        .map_err(|error| unresolved(format!("no scratch folder {}: {error}", folder.display())))
}

fn unresolved(why: String) -> Unresolved {
    let Ended { reason, stderr, .. } = Ended::cannot_start(why);
    Unresolved {
        reason,
        message: stderr,
    }
}

/// The program's path as the command's own world has it.
fn seen_inside(program: &Path, code_dir: &Path, code: &Path) -> OsString {
    match program.strip_prefix(code_dir) {
        Ok(of_the_tag) => code.join(of_the_tag).into(),
        Err(_) => program.into(),
    }
}

fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}
