//! Both ways to run a function, behind one interface.
//!
//! Owns: which backend a blueprint means. Must not: know how either runs anything.

use std::net::SocketAddr;
use std::path::PathBuf;

use drydock_core::output::Frame;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::check::{Check, Checked};
use crate::docker::DockerBackend;
use crate::job::{Backend, Blueprint, Ended, Job};
use crate::process::ProcessBackend;
use crate::standby::StandbyCounts;

/// What runs code: processes of this machine and containers of an engine.
#[derive(Debug, Clone)]
pub struct Backends {
    processes: ProcessBackend,
    docker: DockerBackend,
}

/// How often what stands by was discarded, in each backend.
#[derive(Debug, Clone, Copy)]
pub struct Changes {
    processes: u64,
    docker: u64,
}

impl Backends {
    /// Both.
    pub fn new(processes: ProcessBackend, docker: DockerBackend) -> Self {
        Self { processes, docker }
    }

    /// The containers alone.
    pub fn docker(&self) -> &DockerBackend {
        &self.docker
    }

    /// Makes ready what all runs share, so that the first need not wait for it.
    pub async fn warm_up(&self) {
        self.processes.warm_up().await;
    }

    /// Runs `job` to its end, as [`ProcessBackend::run`] does.
    pub async fn run(&self, job: Job, cancel: CancellationToken, output: mpsc::Sender<Frame>) -> Ended {
        match job.blueprint.backend {
            Backend::Process => self.processes.run(job, cancel, output).await,
            Backend::Docker => self.docker.run(job, cancel, output).await,
        }
    }

    /// The name of the run that called `server`, an address of ours, from `client`: as [`ProcessBackend::run_behind`] does
    /// of who is on this machine, and by its address of who is at the containers' bridge.
    pub async fn run_behind(&self, client: SocketAddr, server: SocketAddr) -> Option<String> {
        let (caller, ours) = (client.ip().to_canonical(), server.ip().to_canonical());
        if caller.is_loopback() || caller == ours {
            self.processes.run_behind(client, server).await
        } else if self.docker.is_called_at(ours) {
            self.docker.run_behind(client).await
        } else {
            None
        }
    }

    /// Asks whether what changed parses, as [`ProcessBackend::check`] does.
    pub async fn check(&self, check: Check) -> Checked {
        self.processes.check(check).await
    }

    /// To be asked before a blueprint is looked up for [`Self::stand_by`].
    pub fn standby_changes(&self) -> Changes {
        Changes {
            processes: self.processes.standby_changes(),
            docker: self.docker.standby_changes(),
        }
    }

    /// Has something stand by for the next run of `owner`, as [`ProcessBackend::stand_by`] does.
    pub fn stand_by(&self, owner: &str, blueprint: Blueprint, scratch_dir: PathBuf, seen: Changes) -> bool {
        match blueprint.backend {
            Backend::Process => self
                .processes
                .stand_by(owner, blueprint, scratch_dir, seen.processes),
            Backend::Docker => self.docker.stand_by(owner, &blueprint, seen.docker),
        }
    }

    /// Ends what stands by for `owner`, since what it runs has changed; whether there was something.
    pub fn end_standby(&self, owner: &str) -> bool {
        let (process, container) = (self.processes.end_standby(owner), self.docker.end_standby(owner));
        process || container
    }

    /// What stands by, and how often it helped.
    pub fn standby(&self) -> StandbyCounts {
        let (processes, containers) = (self.processes.standby(), self.docker.standby());
        StandbyCounts {
            processes: processes.processes + containers.processes,
            memory_bytes: processes.memory_bytes + containers.memory_bytes,
            hits: processes.hits + containers.hits,
            misses: processes.misses + containers.misses,
        }
    }

    /// Removes the copies of code whose names ([`Blueprint::code_id`]) begin so.
    pub fn forget_code(&self, beginning: &str) {
        self.docker.forget_code(beginning);
    }

    /// Completes when every earlier run has ended and cleaned up. For the shutdown.
    pub async fn settled(&self) {
        tokio::join!(self.processes.settled(), self.docker.settled());
    }
}
