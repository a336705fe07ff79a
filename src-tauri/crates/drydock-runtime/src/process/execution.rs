//! One run, from its job to what it left.
//!
//! Owns: the order of things, every limit of time on the server's side, and turning reports into an
//! [`Ended`]. Must not: be dropped half-way (it runs as a task of its own), or wait without a limit.

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

use super::behind::{Entry, Runs};
use super::channel::{Channel, Pipes};
use super::output;
use super::prepare;
use super::protocol::{Cause, End, Report, Spec, Status};
use super::resolve::Unresolved;
use super::standby::Standby;
use super::zygote::Zygote;
use super::{EndReason, Ended, Job, scratch};
use crate::interpreters::Interpreters;
use crate::job::could_not_start;
use crate::sandbox::cgroup::Left;
use crate::sandbox::{Confinement, LimitHit, Standing};
use crate::sink::Sink;
use crate::standby::Pool;

/// From the launcher's start to the command's: some 5 ms; this long only on a machine that is nearly dead.
const START_LIMIT: Duration = Duration::from_secs(10);

/// How long a launcher may take, beyond the command's own time or after the order, to kill everything and
/// report. It gives itself 4 s.
const END_LIMIT: Duration = Duration::from_secs(5);

/// What one run needs besides its job.
pub(super) struct Execution {
    pub(super) zygote: Arc<Zygote>,
    pub(super) interpreters: Arc<Interpreters>,
    pub(super) standing: Arc<Standing>,
    pub(super) readable: Arc<Vec<PathBuf>>,
    pub(super) pool: Arc<Pool>,
    pub(super) runs: Runs,
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
            return Ended::never_ran(EndReason::Cancelled, String::new());
        }
        if let Some(why) = self.standing.refusal() {
            return sink.tell(Ended::cannot_start(why)).await;
        }
        if let Some(why) = self.standing.refusal_of(job.blueprint.network) {
            return sink
                .tell(Ended::never_ran(EndReason::NotRunnable, could_not_start(why)))
                .await;
        }
        let (launched, standby) = match self.take_standby(&job).await {
            Some(launched) => (launched, Some(true)),
            None => match self.start(job).await {
                Ok(started) => started,
                Err(ended) => return sink.tell(ended).await,
            },
        };
        if let Some(hit) = standby {
            self.pool.count(hit);
        }
        let confinement = launched.spec.confinement.clone();
        let ended = Ended {
            level: Some(confinement.level),
            standby,
            ..self.follow(launched, &sink).await
        };
        // The run's processes are dead, so nothing new appears in it any more.
        scratch::remove(&confinement).await;
        ended
    }

    /// The process that stands by for this job, told to go on.
    async fn take_standby(&self, job: &Job) -> Option<Launched> {
        let mut standby = self.pool.take(&job.owner, &job.blueprint).await?;
        let entry = self.runs.enter(standby.channel.launcher(), job.name.clone());
        let begun = match prepare::handover(job, standby.preload()) {
            Some(handover) => standby.begin(&handover).await,
            None => false,
        };
        if !begun {
            // Whatever was wrong with it, a cold start needs nothing of it.
            standby.end().await;
            return None;
        }
        let Standby {
            channel, pipes, spec, ..
        } = standby;
        Some(Launched {
            channel,
            pipes,
            spec,
            timeout: job.timeout,
            began: Some(Instant::now()),
            _entry: entry,
        })
    }

    /// Starts a launcher for the job, and says whether a process could have stood by for it.
    async fn start(&self, job: Job) -> Result<(Launched, Option<bool>), Ended> {
        let confinement = Confinement {
            level: self.standing.level,
            network: job.blueprint.network,
            limits: job.blueprint.limits,
            code: job.blueprint.code_dir.clone(),
            scratch: job.scratch_dir.clone(),
            readable: self.readable.to_vec(),
            preloads: None,
        };
        let (interpreters, timeout) = (Arc::clone(&self.interpreters), job.timeout);
        let name = job.name.clone();
        let prepared =
            match tokio::task::spawn_blocking(move || prepare::run(&job, confinement, &interpreters)).await {
                Ok(Ok(prepared)) => prepared,
                Ok(Err(Unresolved { reason, message })) => return Err(Ended::never_ran(reason, message)),
                Err(error) => return Err(Ended::cannot_start(error)),
            };
        let spec = prepared.spec;
        let opened = async {
            let launched = self.zygote.launch(&spec.confinement).await;
            let (mut channel, pipes) = launched.map_err(Ended::cannot_start)?;
            let entry = self.runs.enter(channel.launcher(), name);
            match tokio::time::timeout(START_LIMIT, channel.send(&spec)).await {
                Ok(Ok(())) => Ok((channel, pipes, entry)),
                Ok(Err(error)) => Err(Ended::cannot_start(error)),
                Err(_) => Err(Ended::cannot_start("the launcher does not listen")),
            }
        };
        let (channel, pipes, entry) = match opened.await {
            Ok(opened) => opened,
            Err(ended) => {
                scratch::remove(&spec.confinement).await;
                return Err(ended);
            }
        };
        let launched = Launched {
            channel,
            pipes,
            spec,
            timeout,
            began: None,
            _entry: entry,
        };
        let miss = (prepared.could_stand_by && self.pool.is_on()).then_some(false);
        Ok((launched, miss))
    }

    /// Reads what the command writes, and waits until it and all it started are gone.
    async fn follow(&self, launched: Launched, sink: &Sink) -> Ended {
        let Launched {
            mut channel,
            pipes: Pipes { stdout, stderr },
            spec,
            timeout: time,
            began,
            // Until everything of it is dead.
            _entry,
        } = launched;
        let dead = CancellationToken::new();
        let stdout = tokio::spawn(output::read(Stream::Stdout, stdout, sink.clone(), dead.clone()));
        let stderr = tokio::spawn(output::read(Stream::Stderr, stderr, sink.clone(), dead.clone()));
        let ended = self.watch(&mut channel, &spec, time, began).await;
        if timeout(END_LIMIT, channel.gone()).await.is_err() {
            tracing::error!("a launcher that was to end is still there");
        }
        let ended = walled(ended, &spec, channel.end_group().await);
        dead.cancel();
        let (stdout, stderr) = (stdout.await.unwrap_or_default(), stderr.await.unwrap_or_default());
        // Our words about the end come after all of the command's own.
        let words = match ended.stderr.as_str() {
            "" => String::new(),
            words => on_a_line_of_its_own(&stderr, words),
        };
        let ended = sink
            .tell(Ended {
                stderr: words,
                ..ended
            })
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

    /// Waits for the command's end, ordering it where need be. The outputs are not in what it
    /// gives: its `stderr` holds only what there is to say about the end.
    async fn watch(
        &self,
        channel: &mut Channel,
        spec: &Spec,
        time: Duration,
        mut began: Option<Instant>,
    ) -> Ended {
        let mut limit = began.map_or_else(|| Instant::now() + START_LIMIT, |began| began + time + END_LIMIT);
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
                            limit = now + time + END_LIMIT;
                        }
                    }
                    Ok(Some(Report::Refused { errno, message })) => return refused(spec, errno, &message),
                    Ok(Some(Report::Ended(end))) => return ended(&end, spec),
                    Ok(Some(Report::Unconfined { why })) => {
                        return Ended::cannot_start(format_args!("its sandbox cannot be set up: {why}"));
                    }
                    // Only a probe and a process that stands by are answered so.
                    Ok(Some(Report::Confined | Report::Ready { .. })) => {}
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
            _ if ordered => Ended::never_ran(EndReason::Cancelled, String::new()),
            (_, None) => Ended::cannot_start("its launcher ended or hung before the command ran"),
            // Somebody stopped the launcher, which would have ended the command at its time.
            (Lost::Hangs, Some(_)) => Ended::never_ran(EndReason::Timeout, String::new()),
            (Lost::Gone, Some(_)) => Ended::never_ran(EndReason::LauncherLost, LAUNCHER_LOST.to_owned()),
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

/// A launcher that has its orders.
struct Launched {
    channel: Channel,
    pipes: Pipes,
    spec: Spec,
    /// From the command's start.
    timeout: Duration,
    /// When the command was started, where it was already.
    began: Option<Instant>,
    /// Among the runs that may call us.
    _entry: Option<Entry>,
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
        standby: None,
    }
}

/// The same where the kernel killed at the wall of the run's control group, its launcher with it.
fn walled(ended: Ended, spec: &Spec, left: Left) -> Ended {
    let told = matches!(
        ended.reason,
        EndReason::Cancelled | EndReason::Timeout | EndReason::Limit(_) | EndReason::CannotStart(_)
    );
    if told || !left.out_of_memory {
        return ended;
    }
    let reason = EndReason::Limit(LimitHit::Memory);
    Ended {
        exit_code: reason.exit_code(exit_code::LIMIT),
        reason,
        stderr: spec
            .confinement
            .limits
            .explain(LimitHit::Memory)
            .unwrap_or_default(),
        peak_memory_bytes: ended.peak_memory_bytes.or(left.peak_memory_bytes),
        cpu_time: ended.cpu_time.or(left.cpu_time),
        ..ended
    }
}

/// What a failed exec means.
fn refused(spec: &Spec, errno: Option<i32>, message: &str) -> Ended {
    let program = spec.program.display();
    match errno.map(Errno::from_raw) {
        Some(Errno::ENOENT | Errno::ENOTDIR) if spec.hides_the_program() => Ended::never_ran(
            EndReason::NotFound,
            format!(
                "Drydock: {program} is outside what a function may see. Put it into the tag's code, or install it \
                 under /usr/local or /opt.\n"
            ),
        ),
        Some(Errno::ENOENT | Errno::ENOTDIR) => Ended::never_ran(
            EndReason::NotFound,
            format!(
                "Drydock: {program} cannot run: the interpreter that its first line names is not there.\n"
            ),
        ),
        Some(
            Errno::EACCES | Errno::ENOEXEC | Errno::EPERM | Errno::ELOOP | Errno::ETXTBSY | Errno::EISDIR,
        ) => Ended::never_ran(
            EndReason::NotRunnable,
            format!("Drydock: {program} cannot be executed: {message}.\n"),
        ),
        Some(Errno::E2BIG) => {
            Ended::cannot_start("the variables, the data and the command together are too long")
        }
        _ => Ended::cannot_start(message),
    }
}
