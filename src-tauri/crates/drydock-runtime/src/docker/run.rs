//! One execution in a container, from its job to what it left.
//!
//! Owns: the order of things, every limit of time, and what each end means. Must not: be dropped half-way (it runs as a
//! task of its own), or wait without a limit. What may have begun is not begun again: only where the engine or a container
//! was lost before all was handed over, another container is tried, once.

use std::sync::Arc;
use std::time::Duration;

use drydock_core::execution::exit_code;
use drydock_core::output::{Stream, Tail, on_a_line_of_its_own};
use futures_util::FutureExt;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_util::sync::CancellationToken;

use super::Works;
use super::container::{Container, Handle};
use super::engine::{Failure, lost};
use super::news::News;
use super::output::{Heard, Report};
use super::pool::Id;
use super::watch::{Look, Watch};
use crate::job::{Blueprint, EndReason, Ended, Job};
use crate::sandbox::{Level, LimitHit, Limits};
use crate::sink::Sink;

/// From the handover until the command runs: some milliseconds; this long only on a machine that is nearly dead.
const BEGIN_LIMIT: Duration = Duration::from_secs(20);

/// How long a killed container may take to end. The kernel kills at once; the engine tells it later.
const END_LIMIT: Duration = Duration::from_secs(10);

/// How long what one output says of the end waits for the other's.
const DRAIN_WAIT: Duration = Duration::from_secs(1);

/// What one run needs besides its job.
pub(super) struct Execution {
    pub(super) works: Arc<Works>,
    pub(super) cancel: CancellationToken,
    /// The caller dropped the run.
    pub(super) abandoned: CancellationToken,
    pub(super) sink: Sink,
}

/// How it went with one container.
enum Went {
    /// Through.
    Ended(Ended),
    /// It was lost before the command could begin, for the reason given.
    NotBegun(Failure),
}

impl Execution {
    pub(super) async fn run(self, job: Job) -> Ended {
        let mut again = true;
        loop {
            if self.cancel.is_cancelled() || self.abandoned.is_cancelled() {
                return Ended::never_ran(EndReason::Cancelled, String::new());
            }
            let (id, found, standby) = self.container(&job).await;
            let went = match found {
                Ok(container) => self.follow(container, &job).await,
                Err(Some(failure)) => Went::NotBegun(failure),
                Err(None) => Went::Ended(Ended::never_ran(EndReason::Cancelled, String::new())),
            };
            self.works.pool().left(id);
            match went {
                Went::Ended(ended) => {
                    self.works.count(standby);
                    return Ended {
                        level: Some(Level::Container),
                        standby: Some(standby),
                        ..ended
                    };
                }
                // Of these another container can do better.
                Went::NotBegun(Failure::Missing(why)) if again => {
                    again = false;
                    tracing::info!(
                        why,
                        "an execution had not begun and is tried in another container"
                    );
                }
                Went::NotBegun(failure) => return self.sink.tell(failure.ended()).await,
            }
        }
    }

    /// The container that waits for this job, else a new one, and whether it waited. No failure where the job was cancelled
    /// meanwhile.
    async fn container(&self, job: &Job) -> (Id, Result<Container, Option<Failure>>, bool) {
        // A statement of its own: the lock must not be held over the wait.
        let taken = self.works.pool().take(&job.owner, &job.blueprint);
        if let Some((id, wish)) = taken {
            let granted = async {
                let mut container = wish.grant(&self.sink).await?;
                // It may be gone without anybody's having noticed yet.
                match container.next().now_or_never() {
                    None => Some(container),
                    Some(_) => {
                        container.handle.remove().await;
                        None
                    }
                }
            };
            tokio::select! {
                granted = granted => match granted {
                    Some(container) => return (id, Ok(container), true),
                    None => self.works.pool().left(id),
                },
                () = self.stop() => return (id, Err(None), false),
            }
        }
        let id = self.works.pool().enter(&job.owner, &job.blueprint);
        let (news, listener) = News::new();
        let made = self.works.make(&job.blueprint, &news);
        let made = tokio::select! {
            made = listener.until(made, &self.sink) => made.map_err(Some),
            () = self.stop() => Err(None),
        };
        (id, made, false)
    }

    /// Hands the job over and reads what the command writes until it and all it started are gone.
    async fn follow(&self, mut container: Container, job: &Job) -> Went {
        // Before its command begins, so that no call of its comes earlier.
        let _named = self.works.enter_name(&container.handle.id, job.name.clone());
        let handover = container.command.handover(job);
        let handed = timeout(BEGIN_LIMIT, container.hand_over(&handover)).await;
        if !matches!(handed, Ok(Ok(()))) {
            self.works.throw_away(container);
            let why = "a container was lost before it had its execution".to_owned();
            return Went::NotBegun(Failure::Missing(why));
        }
        let mut run = Run::new(job.timeout);
        let lost = self.read(&mut container, &mut run, &job.blueprint.limits).await;
        for (stream, bytes) in container.reader.rest() {
            run.wrote(&self.sink, stream, bytes).await;
        }
        let ended = match lost {
            Ending::Told(report) => run.ended(&report, &job.blueprint),
            Ending::Ordered(reason) => run.ended_by(reason, &job.blueprint),
            Ending::Lost => {
                self.lost(&container.handle.clone(), &mut run, &job.blueprint)
                    .await
            }
        };
        self.works.throw_away(container);
        let words = match ended.stderr.as_str() {
            "" => String::new(),
            words => on_a_line_of_its_own(&run.stderr.text(), words),
        };
        run.wrote(&self.sink, Stream::Stderr, words.into_bytes()).await;
        Went::Ended(Ended {
            stdout: run.stdout.text(),
            stderr: run.stderr.text(),
            ..ended
        })
    }

    /// Until the end, which it orders where need be.
    async fn read(&self, container: &mut Container, run: &mut Run, limits: &Limits) -> Ending {
        let mut watch = Watch::new(container.handle.clone());
        let mut order: Option<EndReason> = None;
        loop {
            let heard = tokio::select! {
                heard = container.next() => heard,
                () = self.stop(), if order.is_none() => {
                    order = Some(self.kill(&container.handle, run, EndReason::Cancelled).await);
                    continue;
                }
                () = sleep_until(run.limit) => match (order, run.began, container.reader.report()) {
                    (Some(reason), ..) => break Ending::Ordered(reason),
                    (None, _, Some(report)) => break Ending::Told(report),
                    (None, None, None) => break Ending::Lost,
                    (None, Some(_), None) => {
                        order = Some(self.kill(&container.handle, run, EndReason::Timeout).await);
                        continue;
                    }
                },
                look = watch.next(), if order.is_none() && run.began.is_some() => {
                    let hit = match look {
                        Look::OutOfMemory => Some(LimitHit::Memory),
                        Look::Due => watch.over(limits).await,
                    };
                    if let Some(hit) = hit {
                        order = Some(self.kill(&container.handle, run, EndReason::Limit(hit)).await);
                    }
                    continue;
                }
            };
            let Some(heard) = heard else {
                break match (order, container.reader.report()) {
                    (Some(reason), _) => Ending::Ordered(reason),
                    (None, Some(report)) => Ending::Told(report),
                    (None, None) => Ending::Lost,
                };
            };
            for one in heard {
                match one {
                    Heard::Begun => run.begin(),
                    Heard::Wrote(stream, bytes) => run.wrote(&self.sink, stream, bytes).await,
                    Heard::Ended(report) => {
                        run.end();
                        return order.map_or(Ending::Told(report), Ending::Ordered);
                    }
                    Heard::Ready | Heard::Refused(_) | Heard::Strange => {}
                }
            }
            if order.is_none() && container.reader.report().is_some() && run.ended.is_none() {
                run.end();
                run.limit = Instant::now() + DRAIN_WAIT;
            }
        }
    }

    async fn kill(&self, container: &Handle, run: &mut Run, reason: EndReason) -> EndReason {
        run.end();
        run.limit = Instant::now() + END_LIMIT;
        // The engine may not answer any more; then the limit above holds.
        let _ = timeout(END_LIMIT, container.kill()).await;
        reason
    }

    /// What became of a container whose outputs ended without a word of its process 1.
    async fn lost(&self, container: &Handle, run: &mut Run, blueprint: &Blueprint) -> Ended {
        run.end();
        let why = match self.works.state_of(container).await {
            Ok(state) if state.oom_killed == Some(true) => {
                return run.ended_by(EndReason::Limit(LimitHit::Memory), blueprint);
            }
            Ok(state) if state.running == Some(true) => {
                "the connection to its container broke off".to_owned()
            }
            Ok(state) => format!(
                "its container was ended from outside (exit code {})",
                state.exit_code.unwrap_or_default()
            ),
            Err(Failure::Missing(_)) => "its container was removed from outside".to_owned(),
            Err(failure) => failure.words(),
        };
        Ended {
            duration: run.duration(),
            ..lost(&why)
        }
    }

    async fn stop(&self) {
        tokio::select! {
            () = self.cancel.cancelled() => {}
            () = self.abandoned.cancelled() => {}
        }
    }
}

/// How the reading of a container ended.
enum Ending {
    /// Its process 1 said how the command ended.
    Told(Report),
    /// We ended it.
    Ordered(EndReason),
    /// It was lost.
    Lost,
}

/// What is known of a run so far.
struct Run {
    time: Duration,
    began: Option<Instant>,
    ended: Option<Instant>,
    /// Until when what happens now may take.
    limit: Instant,
    stdout: Tail,
    stderr: Tail,
}

impl Run {
    fn new(time: Duration) -> Self {
        Self {
            time,
            began: None,
            ended: None,
            limit: Instant::now() + BEGIN_LIMIT,
            stdout: Tail::default(),
            stderr: Tail::default(),
        }
    }

    fn begin(&mut self) {
        let now = Instant::now();
        self.began = Some(now);
        self.limit = now + self.time;
    }

    fn end(&mut self) {
        self.ended = Some(Instant::now());
    }

    fn duration(&self) -> Duration {
        let (Some(began), Some(ended)) = (self.began, self.ended) else {
            return Duration::ZERO;
        };
        ended.saturating_duration_since(began)
    }

    async fn wrote(&mut self, sink: &Sink, stream: Stream, bytes: Vec<u8>) {
        if bytes.is_empty() {
            return;
        }
        match stream {
            Stream::Stdout => self.stdout.push(&bytes),
            Stream::Stderr => self.stderr.push(&bytes),
        }
        sink.send(stream, bytes).await;
    }

    /// What the report of process 1 means.
    fn ended(&self, report: &Report, blueprint: &Blueprint) -> Ended {
        let limit = match report.code {
            0 => None,
            _ if report.out_of_memory > 0 => Some(LimitHit::Memory),
            code if code == exit_code::SIGNAL_BASE + nix::libc::SIGXFSZ => Some(LimitHit::FileSize),
            code if code == exit_code::SIGNAL_BASE + nix::libc::SIGXCPU => Some(LimitHit::CpuTime),
            // One process alone had the time of all: the kernel kills it, often before the engine was asked.
            code if code == exit_code::SIGNAL_BASE + nix::libc::SIGKILL
                && has_had_its_time(report, &blueprint.limits) =>
            {
                Some(LimitHit::CpuTime)
            }
            _ if report.refused_tasks > 0 => Some(LimitHit::Processes),
            _ => None,
        };
        let reason = match (limit, report.code) {
            (Some(hit), _) => EndReason::Limit(hit),
            (None, code) if code > exit_code::SIGNAL_BASE => {
                EndReason::Signaled(code - exit_code::SIGNAL_BASE)
            }
            (None, _) => EndReason::Exited,
        };
        Ended {
            exit_code: reason.exit_code(report.code),
            peak_memory_bytes: report.peak_memory_bytes,
            cpu_time: report.cpu_time,
            ..self.ended_by(reason, blueprint)
        }
    }

    fn ended_by(&self, reason: EndReason, blueprint: &Blueprint) -> Ended {
        let stderr = match reason {
            EndReason::Limit(hit) => blueprint.limits.explain(hit).unwrap_or_default(),
            _ => String::new(),
        };
        Ended {
            duration: self.duration(),
            ..Ended::never_ran(reason, stderr)
        }
    }
}

fn has_had_its_time(report: &Report, limits: &Limits) -> bool {
    // What the kernel counts for its limit and what it counts for a group differ by some ticks.
    const DIFFERENCE: Duration = Duration::from_millis(50);
    let limit = Duration::from_secs(limits.cpu_secs);
    limits.cpu_secs > 0 && report.cpu_time.is_some_and(|time| time + DIFFERENCE >= limit)
}
