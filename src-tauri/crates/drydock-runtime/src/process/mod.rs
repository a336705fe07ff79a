//! Functions as processes of this machine.
//!
//! Owns: one run of a command, from its words to what it left, and that nothing of it stays.
//! Must not: know queues, projects or the database.
//!
//! At the sandbox's full level a run's processes are alone in their namespaces, which end with the run's first
//! one: nothing escapes. Below it a launcher finds all its descendants; a command that kills its own launcher
//! (`kill -9 $PPID`) is itself killed with its process group and session, but a daemon that had begun a
//! session of its own by then is nobody's descendant any more and lives on, except where the run has a control
//! group (`crate::sandbox::cgroup`), which ends with all that is in it. On other systems a daemon with
//! a session of its own always escapes. What is left in an uninterruptible wait dies when that ends.
//!
//! The life of a run: `resolve` the command,
//! [`launcher`] (our own binary, executed once and forked for each run: [`zygote`]) starts it with the `environment`
//! built from nothing,
//! `output` reads its pipes, `execution` watches over all of it.

mod behind;
mod channel;
pub(crate) mod environment;
mod execution;
pub mod launcher;
mod output;
mod prepare;
mod probe;
mod process_table;
mod protocol;
mod resolve;
mod scratch;
mod standby;
mod zygote;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use drydock_core::output::Frame;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use behind::Runs;
pub use probe::probe;
use protocol::Setup;
pub(crate) use standby::Standby;
pub(crate) use zygote::Zygote;

use crate::interpreters::Interpreters;
use crate::job::{Blueprint, EndReason, Ended, Job};
use crate::open_files;
use crate::sandbox::{Cgroups, Confinement, Standing, grants};
use crate::standby::{Keeper, Pool, StandbyCounts, StandbySettings, Wanted, preload};

/// Runs jobs as processes of this machine.
#[derive(Debug, Clone)]
pub struct ProcessBackend {
    zygote: Arc<Zygote>,
    interpreters: Arc<Interpreters>,
    standing: Arc<Standing>,
    readable: Arc<Vec<PathBuf>>,
    pool: Arc<Pool>,
    runs: Runs,
    /// Every run that still has something to clean up, also when its caller has left.
    running: TaskTracker,
}

impl ProcessBackend {
    /// `launcher_exe` is this program's own binary, whose `main` first asks [`launcher::is_invocation`].
    /// On Linux `/proc/self/exe` is the best name of it: it stays right when the file is replaced.
    /// `standing` is what [`probe`] found, and `cgroups` what [`Standing::take_cgroups`] gave. Blocking: it writes
    /// a few files for standby, and where it cannot, does without.
    pub fn new(
        launcher_exe: PathBuf,
        interpreters: Arc<Interpreters>,
        standing: Standing,
        cgroups: Option<Arc<Cgroups>>,
        mut standby: StandbySettings,
    ) -> Self {
        if standby.max_processes > 0
            && let Err(error) = preload::write(&standby.preloads)
        {
            tracing::warn!(%error, folder = %standby.preloads.display(), "standby is off: its files cannot be written");
            standby.max_processes = 0;
        }
        let readable = grants::readable(&interpreters);
        let setup = Setup {
            level: standing.level,
            readable: readable.clone(),
            open_files: open_files::before(),
        };
        Self {
            pool: Arc::new(Pool::new(standby)),
            zygote: Arc::new(Zygote::new(launcher_exe, setup, cgroups)),
            readable: Arc::new(readable),
            interpreters,
            standing: Arc::new(standing),
            runs: Runs::default(),
            running: TaskTracker::new(),
        }
    }

    /// Makes ready what all runs share, so that the first need not wait for it. What is wrong with it, each run says.
    pub async fn warm_up(&self) {
        if let Err(error) = self.zygote.warm_up().await {
            tracing::error!(%error, "executions cannot be started");
        }
    }

    /// How far runs are kept from the machine.
    pub fn standing(&self) -> &Standing {
        &self.standing
    }

    /// Runs `job` to its end. Frames go to `output` as they are read; a full channel slows the command
    /// down, a closed one is ignored, so a receiver must be read or dropped.
    ///
    /// Dropping the future ends the job as a cancel does; [`Self::settled`] waits until that is done.
    pub async fn run(&self, job: Job, cancel: CancellationToken, output: mpsc::Sender<Frame>) -> Ended {
        let abandoned = CancellationToken::new();
        let _abandoned_when_dropped = abandoned.clone().drop_guard();
        // A task of its own, so that cleaning up goes on when the caller drops this future.
        let run = execution::Execution {
            zygote: Arc::clone(&self.zygote),
            interpreters: Arc::clone(&self.interpreters),
            standing: Arc::clone(&self.standing),
            readable: Arc::clone(&self.readable),
            pool: Arc::clone(&self.pool),
            runs: self.runs.clone(),
            cancel,
            abandoned,
            output,
        };
        self.running.spawn(run.run(job)).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a run broke off inside the server");
            let reason = EndReason::CannotStart("the run broke off inside the server".to_owned());
            Ended::never_ran(
                reason,
                "Drydock: the run broke off inside the server; see its log.\n".to_owned(),
            )
        })
    }

    /// The name of the run that called `server`, an address of ours, from `client`, if one did that is still there. On
    /// Linux, and of runs in our own network; elsewhere none is known.
    pub async fn run_behind(&self, client: SocketAddr, server: SocketAddr) -> Option<String> {
        let (runs, level) = (self.runs.clone(), self.standing.level);
        // It reads files of the system, and waits for no disk.
        tokio::task::spawn_blocking(move || runs.behind(client, server, level))
            .await
            .ok()
            .flatten()
    }

    /// How often what stands by was discarded so far: to be asked before a blueprint is looked up for
    /// [`Self::stand_by`].
    pub fn standby_changes(&self) -> u64 {
        self.pool.changes()
    }

    /// Has a process stand by for the next run of `owner`, if its command can; one of another blueprint goes.
    /// `scratch_dir` is as in a [`Job`]. Answers `false` where something was discarded since `seen`, so that the
    /// blueprint may be an old one: look it up again.
    pub fn stand_by(&self, owner: &str, blueprint: Blueprint, scratch_dir: PathBuf, seen: u64) -> bool {
        if self.standing.refusal_of(blueprint.network).is_some() {
            return true;
        }
        let place = match self.pool.want(owner, blueprint, seen) {
            Wanted::Start(place) => place,
            Wanted::Settled => return true,
            Wanted::Outdated => return false,
        };
        let confinement = Confinement {
            level: self.standing.level,
            network: place.blueprint.network,
            limits: place.blueprint.limits,
            code: place.blueprint.code_dir.clone(),
            scratch: scratch_dir,
            readable: self.readable.to_vec(),
            preloads: Some(self.pool.settings().preloads.clone()),
        };
        let keeper = Keeper {
            pool: Arc::clone(&self.pool),
            zygote: Arc::clone(&self.zygote),
            interpreters: Arc::clone(&self.interpreters),
        };
        self.running.spawn(keeper.keep(place, confinement));
        true
    }

    /// Ends what stands by for `owner`, since what it runs has changed; whether there was something.
    pub fn end_standby(&self, owner: &str) -> bool {
        self.pool.discard(owner)
    }

    /// What stands by, and how often it helped.
    pub fn standby(&self) -> StandbyCounts {
        self.pool.counts()
    }

    /// Completes when every earlier run has ended and cleaned up: its processes, as far as the module's words
    /// on that go, and its scratch folder.
    /// For the shutdown: no new run is tracked afterwards, and nothing stands by.
    pub async fn settled(&self) {
        self.pool.close();
        self.running.close();
        self.running.wait().await;
        self.zygote.end().await;
    }
}
