//! One run, from its job to what it left.
//!
//! Owns: the order of things, every limit of time on the server's side, and turning reports into an
//! [`Ended`]. Must not: be dropped half-way (it runs as a task of its own), or wait without a limit.

use std::ffi::OsString;
use std::fmt::Display;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use drydock_core::execution::exit_code;
use drydock_core::output::{Frame, Stream, Tail, on_a_line_of_its_own};
use nix::errno::Errno;
use nix::unistd::Pid;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::channel::{Channel, Pipes};
use super::output::{self, Sink};
use super::protocol::{Cause, End, Report, Spec, Status};
use super::resolve::{self, Unresolved};
use super::{EndReason, Ended, Job, environment, scratch};
use crate::command;
use crate::interpreters::Interpreters;
use crate::remove_tree;
use crate::sandbox::{Confinement, Level, Standing};

/// From the launcher's start to the command's: some 5 ms; this long only on a machine that is nearly dead.
const START_LIMIT: Duration = Duration::from_secs(10);

/// How long a launcher may take, beyond the command's own time or after the order, to kill everything and
/// report. It gives itself 4 s.
const END_LIMIT: Duration = Duration::from_secs(5);

/// What one run needs besides its job.
pub(super) struct Execution {
    pub(super) launcher_exe: PathBuf,
    pub(super) interpreters: Arc<Interpreters>,
    pub(super) standing: Arc<Standing>,
    pub(super) readable: Arc<Vec<PathBuf>>,
    pub(super) cancel: CancellationToken,
    /// The caller dropped the run.
    pub(super) abandoned: CancellationToken,
    pub(super) output: mpsc::Sender<Frame>,
}

impl Execution {
    pub(super) async fn run(self, job: Job) -> Ended {
        let sink = Sink {
            frames: self.output.clone(),
            abandoned: self.abandoned.clone(),
        };
        if self.cancel.is_cancelled() || self.abandoned.is_cancelled() {
            return never_ran(EndReason::Cancelled, String::new());
        }
        if let Some(why) = self.standing.refusal() {
            return tell(&sink, cannot_start(why)).await;
        }
        let scratch_dir = job.scratch_dir.clone();
        let confinement = Confinement {
            level: self.standing.level,
            network: job.network,
            limits: job.limits,
            code: job.code_dir.clone(),
            scratch: job.scratch_dir.clone(),
            readable: self.readable.to_vec(),
        };
        let interpreters = Arc::clone(&self.interpreters);
        let spec = match tokio::task::spawn_blocking(move || prepare(job, confinement, &interpreters)).await {
            Ok(Ok(spec)) => spec,
            Ok(Err(Unresolved { reason, message })) => return tell(&sink, never_ran(reason, message)).await,
            Err(error) => return tell(&sink, cannot_start(error)).await,
        };
        let ended = self.run_prepared(&spec, &sink).await;
        let ended = Ended {
            level: Some(spec.confinement.level),
            ..ended
        };
        if spec.confinement.level == Level::Full {
            return ended;
        }
        // The run's processes are dead, so nothing new appears in it any more. A daemon that escaped may
        // write on; then removing fails, and says so.
        let removed = tokio::task::spawn_blocking(move || (remove_tree(&scratch_dir), scratch_dir)).await;
        if let Ok((Err(error), folder)) = removed {
            tracing::warn!(folder = %folder.display(), %error, "a scratch folder could not be removed");
        }
        ended
    }

    async fn run_prepared(&self, spec: &Spec, sink: &Sink) -> Ended {
        let (mut channel, Pipes { stdout, stderr }) = match Channel::open(&self.launcher_exe) {
            Ok(opened) => opened,
            Err(error) => return tell(sink, cannot_start(error)).await,
        };
        let dead = CancellationToken::new();
        let stdout = tokio::spawn(output::read(Stream::Stdout, stdout, sink.clone(), dead.clone()));
        let stderr = tokio::spawn(output::read(Stream::Stderr, stderr, sink.clone(), dead.clone()));
        let ended = self.watch(&mut channel, spec).await;
        if timeout(END_LIMIT, channel.gone()).await.is_err() {
            tracing::error!("a launcher that was to end is still there");
        }
        dead.cancel();
        let (stdout, stderr) = (stdout.await.unwrap_or_default(), stderr.await.unwrap_or_default());
        // Our words about the end come after all of the command's own.
        let words = match ended.stderr.as_str() {
            "" => String::new(),
            words => on_a_line_of_its_own(&stderr, words),
        };
        let ended = tell(
            sink,
            Ended {
                stderr: words,
                ..ended
            },
        )
        .await;
        let mut tail = Tail::default();
        tail.push(stderr.as_bytes());
        tail.push(ended.stderr.as_bytes());
        Ended {
            stdout,
            stderr: tail.text(),
            ..ended
        }
    }

    /// Starts the command and waits for its end, ordering it where need be. The outputs are not in what it
    /// gives: its `stderr` holds only what there is to say about the end.
    async fn watch(&self, channel: &mut Channel, spec: &Spec) -> Ended {
        let mut limit = Instant::now() + START_LIMIT;
        match timeout(START_LIMIT, channel.send(spec)).await {
            Ok(Ok(())) => {}
            Ok(Err(error)) => return cannot_start(error),
            Err(_) => return cannot_start("the launcher does not listen"),
        }
        let mut began: Option<Instant> = None;
        let mut group = None;
        let mut ordered = false;
        let lost = loop {
            tokio::select! {
                report = channel.next() => match report {
                    Ok(Some(Report::Started { pid })) => group = pid.map(Pid::from_raw),
                    Ok(Some(Report::Starting)) => {
                        let now = Instant::now();
                        began = Some(now);
                        if !ordered {
                            limit = now + Duration::from_millis(spec.timeout_ms) + END_LIMIT;
                        }
                    }
                    Ok(Some(Report::Refused { errno, message })) => return refused(spec, errno, &message),
                    Ok(Some(Report::Ended(end))) => return ended(&end, spec),
                    Ok(Some(Report::Unconfined { why })) => {
                        return cannot_start(format_args!("its sandbox cannot be set up: {why}"));
                    }
                    // Only a probe is answered so.
                    Ok(Some(Report::Confined)) => {}
                    Ok(None) => break Lost::Gone,
                    Err(error) => {
                        tracing::warn!(%error, "a launcher could not be understood");
                        break Lost::Gone;
                    }
                },
                () = self.stop(), if !ordered => {
                    ordered = true;
                    limit = Instant::now() + END_LIMIT;
                    channel.order_end().await;
                }
                () = sleep_until(limit) => break Lost::Hangs,
            }
        };
        tracing::warn!(?lost, ordered, "a launcher was lost");
        channel.kill_what_is_left(group);
        let ended = match (lost, began) {
            _ if ordered => never_ran(EndReason::Cancelled, String::new()),
            (_, None) => cannot_start("its launcher ended or hung before the command ran"),
            // Somebody stopped the launcher, which would have ended the command at its time.
            (Lost::Hangs, Some(_)) => never_ran(EndReason::Timeout, String::new()),
            (Lost::Gone, Some(_)) => never_ran(EndReason::LauncherLost, LAUNCHER_LOST.to_owned()),
        };
        Ended {
            duration: began.map(|began| began.elapsed()).unwrap_or_default(),
            ..ended
        }
    }

    async fn stop(&self) {
        tokio::select! {
            () = self.cancel.cancelled() => {}
            () = self.abandoned.cancelled() => {}
        }
    }
}

/// How a launcher was lost.
#[derive(Debug, Clone, Copy)]
enum Lost {
    /// It ended without a report.
    Gone,
    /// It neither reports nor ends.
    Hangs,
}

const LAUNCHER_LOST: &str = "Drydock: the process that watches over this execution was killed, so the \
                             execution was ended with it.\n";

/// Everything that is decided before a process is started. Blocking: it asks the file system.
fn prepare(job: Job, confinement: Confinement, interpreters: &Interpreters) -> Result<Spec, Unresolved> {
    let cannot_start = |why: String| {
        let Ended { reason, stderr, .. } = cannot_start(why);
        Unresolved {
            reason,
            message: stderr,
        }
    };
    if !job.code_dir.is_dir() {
        return Err(cannot_start(format!(
            "the code of its tag is not in {}",
            job.code_dir.display()
        )));
    }
    let words = command::split(&job.command).map_err(cannot_start)?;
    let program = resolve::resolve(words, job.runtime, &job.code_dir, interpreters)?;
    if confinement.level != Level::Full {
        scratch::create(&job.scratch_dir).map_err(|error| {
            cannot_start(format!(
                "no scratch folder {}: {error}",
                job.scratch_dir.display()
            ))
        })?;
    }
    let code = confinement.code_inside();
    let program_path = match program.path.strip_prefix(&job.code_dir) {
        Ok(of_the_tag) => code.join(of_the_tag),
        Err(_) => program.path,
    };
    Ok(Spec {
        environment: environment::build(
            &program.search_path,
            &confinement.scratch_inside(),
            &job.variables,
        ),
        program: program_path.into(),
        arguments: program.arguments.into_iter().map(OsString::from).collect(),
        folder: code.into(),
        timeout_ms: u64::try_from(job.timeout.as_millis()).unwrap_or(u64::MAX),
        confinement,
        probe: false,
    })
}

/// What the end of a launcher's report means.
fn ended(end: &End, spec: &Spec) -> Ended {
    if end.survivors {
        tracing::error!("a process of an execution could not be killed");
    }
    let reason = match (end.cause, end.status) {
        (Cause::Timeout, _) => EndReason::Timeout,
        (Cause::Limit(hit), _) => EndReason::Limit(hit),
        (Cause::Order, _) => EndReason::Cancelled,
        (Cause::Own, Status::Signal(signal)) => EndReason::Signaled(signal),
        (Cause::Own, Status::Code(_)) => EndReason::Exited,
    };
    let own = match end.status {
        Status::Code(code) => code,
        Status::Signal(signal) => exit_code::SIGNAL_BASE + signal,
    };
    let stderr = match end.cause {
        Cause::Limit(hit) => spec.confinement.limits.explain(hit).unwrap_or_default(),
        _ => String::new(),
    };
    Ended {
        exit_code: reason.exit_code(own),
        reason,
        stdout: String::new(),
        stderr,
        duration: Duration::from_micros(end.duration_us),
        peak_memory_bytes: Some(end.peak_memory_bytes),
        cpu_time: Some(Duration::from_micros(end.cpu_us)),
        level: Some(spec.confinement.level),
    }
}

/// What a failed exec means.
fn refused(spec: &Spec, errno: Option<i32>, message: &str) -> Ended {
    let program = spec.program.display();
    match errno.map(Errno::from_raw) {
        Some(Errno::ENOENT | Errno::ENOTDIR) if spec.hides_the_program() => never_ran(
            EndReason::NotFound,
            format!(
                "Drydock: {program} is outside what a function may see. Put it into the tag's code, or install it \
                 under /usr/local or /opt.\n"
            ),
        ),
        Some(Errno::ENOENT | Errno::ENOTDIR) => never_ran(
            EndReason::NotFound,
            format!(
                "Drydock: {program} cannot run: the interpreter that its first line names is not there.\n"
            ),
        ),
        Some(
            Errno::EACCES | Errno::ENOEXEC | Errno::EPERM | Errno::ELOOP | Errno::ETXTBSY | Errno::EISDIR,
        ) => never_ran(
            EndReason::NotRunnable,
            format!("Drydock: {program} cannot be executed: {message}.\n"),
        ),
        Some(Errno::E2BIG) => cannot_start("the variables, the data and the command together are too long"),
        _ => cannot_start(message),
    }
}

fn cannot_start(why: impl Display) -> Ended {
    let message = format!("Drydock: the command could not be started: {why}.\n");
    never_ran(EndReason::CannotStart(why.to_string()), message)
}

/// A run of which there is nothing to tell but the reason.
pub(super) fn never_ran(reason: EndReason, stderr: String) -> Ended {
    Ended {
        exit_code: reason.exit_code(exit_code::INTERRUPTED),
        reason,
        stdout: String::new(),
        stderr,
        duration: Duration::ZERO,
        peak_memory_bytes: None,
        cpu_time: None,
        level: None,
    }
}

/// Shows what `ended` says in its stderr to those who watch, too.
async fn tell(sink: &Sink, ended: Ended) -> Ended {
    if !ended.stderr.is_empty() {
        sink.send(Stream::Stderr, ended.stderr.clone().into_bytes()).await;
    }
    ended
}
