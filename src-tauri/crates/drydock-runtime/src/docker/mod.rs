//! Functions in containers of an engine (Docker, or Podman by the same interface).
//!
//! Owns: one run of a command in a container of its runtime's image, containers that wait for the next run, and that
//! nothing of ours stays in the engine. Must not: know queues, projects or the database; no type of the engine's client
//! leaves this folder.
//!
//! The life of a container (docs/adr/0015): `image` and `volume` see to it that image and code are in the engine,
//! `container` makes one and waits until its interpreter waits, `keep` keeps it until a run takes it, `run` hands the
//! execution over and follows it to its end, which `watch` may bring about. It is thrown away then. `pool` counts, `sweep`
//! removes what a dead server left where `mark` says that something may be. `bridge` is the way from containers to the API.

mod bridge;
mod command;
mod container;
mod credentials;
mod engine;
mod image;
mod keep;
mod labels;
mod mark;
mod news;
mod output;
mod pool;
mod run;
mod sweep;
mod volume;
mod watch;

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bollard::models::ContainerState;
use drydock_core::output::Frame;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub use bridge::{Bridge, Door, HOST_IN_CONTAINERS};
pub use sweep::{ContainerStatus, EngineStatus, ImageStatus};

use self::bridge::Way;
use self::container::{Container, Handle, Plan};
use self::engine::{Engine, Failure};
use self::image::Images;
use self::keep::Wish;
use self::labels::Labels;
use self::mark::Mark;
use self::news::News;
use self::pool::{Pool, Wanted};
use self::volume::{Content, Volumes};
use crate::job::{Blueprint, EndReason, Ended, Job};
use crate::sandbox::Network;
use crate::sink::Sink;
use crate::standby::StandbyCounts;

/// How containers are made.
#[derive(Debug, Clone)]
pub struct DockerSettings {
    /// Containers at once that wait or run; beyond it none waits.
    pub max_containers: usize,
    /// How long one waits for its execution.
    pub idle: Duration,
    /// Processors that one may use; 0 is no limit.
    pub cpus: u64,
    /// Images other than the list's, by the runtime's id.
    pub images: HashMap<String, String>,
    /// What no other data folder has: with it this one's containers are known. Empty for who only looks, at everybody's.
    pub identity: String,
    /// What no other run of the server has.
    pub run: String,
    /// Opens the API for containers; none where there is no server.
    pub door: Option<Door>,
    /// The file that names the engines which may have something of this data folder; none where nothing is made.
    pub mark: Option<PathBuf>,
}

/// Runs jobs in containers.
#[derive(Clone)]
pub struct DockerBackend(Arc<Works>);

impl fmt::Debug for DockerBackend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DockerBackend").finish_non_exhaustive()
    }
}

/// What all runs share.
struct Works {
    settings: DockerSettings,
    engine: Arc<Engine>,
    images: Arc<Images>,
    labels: Labels,
    mark: Arc<Mark>,
    way: Way,
    volumes: Volumes,
    /// The names of runs that have one, by their containers.
    names: Mutex<HashMap<String, String>>,
    pool: Mutex<Pool<Wish>>,
    /// Containers that the engine did not remove when it was asked to.
    still_there: Mutex<Vec<String>>,
    count: AtomicU64,
    hits: AtomicU64,
    misses: AtomicU64,
    /// Whether this run has made anything that must be taken back; held while that is noted, or the note is taken back.
    is_used: tokio::sync::Mutex<bool>,
    /// The server ends: nothing is put off any more.
    closing: CancellationToken,
    /// Every run and every container that still has something to clean up.
    running: TaskTracker,
}

impl DockerBackend {
    /// Asks nobody for anything yet.
    pub fn new(settings: DockerSettings) -> Self {
        let labels = Labels::new(settings.identity.clone(), settings.run.clone());
        Self(Arc::new(Works {
            engine: Arc::new(Engine::of_the_environment()),
            images: Arc::new(Images::new(settings.images.clone())),
            volumes: Volumes::new(labels.clone()),
            labels,
            mark: Arc::new(Mark::new(settings.mark.clone())),
            way: Way::new(settings.door.clone()),
            names: Mutex::default(),
            pool: Mutex::new(Pool::new(settings.max_containers)),
            still_there: Mutex::default(),
            count: AtomicU64::new(0),
            hits: AtomicU64::new(0),
            misses: AtomicU64::new(0),
            is_used: tokio::sync::Mutex::default(),
            closing: CancellationToken::new(),
            running: TaskTracker::new(),
            settings,
        }))
    }

    /// Runs `job` to its end, as [`crate::ProcessBackend::run`] does.
    pub async fn run(&self, job: Job, cancel: CancellationToken, output: mpsc::Sender<Frame>) -> Ended {
        let abandoned = CancellationToken::new();
        let _abandoned_when_dropped = abandoned.clone().drop_guard();
        let run = run::Execution {
            works: Arc::clone(&self.0),
            cancel,
            sink: Sink {
                frames: output,
                abandoned: abandoned.clone(),
            },
            abandoned,
        };
        self.0.running.spawn(run.run(job)).await.unwrap_or_else(|error| {
            tracing::error!(%error, "a run broke off inside the server");
            let reason = EndReason::CannotStart("the run broke off inside the server".to_owned());
            Ended::never_ran(
                reason,
                "Drydock: the run broke off inside the server; see its log.\n".to_owned(),
            )
        })
    }

    /// As [`crate::ProcessBackend::standby_changes`].
    pub fn standby_changes(&self) -> u64 {
        self.0.pool().changes()
    }

    /// As [`crate::ProcessBackend::stand_by`].
    pub fn stand_by(&self, owner: &str, blueprint: &Blueprint, seen: u64) -> bool {
        let mut keepers = Vec::new();
        let wanted = self.0.pool().want(owner, blueprint, seen, |id| {
            let (wish, wished) = keep::wish();
            keepers.push((id, wished));
            wish
        });
        for (id, wished) in keepers {
            let keeper = keep::Keeper {
                works: Arc::clone(&self.0),
                id,
                wished,
            };
            self.0.running.spawn(keeper.keep(blueprint.clone()));
        }
        wanted != Wanted::Outdated
    }

    /// Ends what waits for `owner`; whether there was something.
    pub fn end_standby(&self, owner: &str) -> bool {
        self.0.pool().discard(owner)
    }

    /// What waits, and how often it helped.
    pub fn standby(&self) -> StandbyCounts {
        StandbyCounts {
            processes: self.0.pool().counts().0,
            memory_bytes: 0,
            hits: self.0.hits.load(Ordering::Relaxed),
            misses: self.0.misses.load(Ordering::Relaxed),
        }
    }

    /// Whether an address of this server is the one at which containers call it.
    pub fn is_called_at(&self, server: IpAddr) -> bool {
        self.0.way.is_at(server)
    }

    /// The name of the run whose container has that address. The engine is asked, unless none runs.
    pub async fn run_behind(&self, client: SocketAddr) -> Option<String> {
        if self.0.names().is_empty() {
            return None;
        }
        let id = self.0.container_at(client.ip().to_canonical()).await?;
        self.0.names().get(&id).cloned()
    }

    /// Removes the code of tags whose names ([`Blueprint::code_id`]) begin so, as soon as nothing runs in it.
    pub fn forget_code(&self, beginning: &str) {
        let (works, beginning) = (Arc::clone(&self.0), beginning.to_owned());
        self.0.running.spawn(async move {
            works.volumes.forget(&beginning).await;
            works.volumes.remove_forgotten(&works.engine).await;
        });
    }

    /// Removes all containers of this server, also those that run.
    pub async fn stop_all(&self) {
        self.0.pool().empty(false);
        self.0.remove_containers().await;
    }

    /// Completes when every earlier run has ended and nothing of ours is in the engine. For the shutdown.
    pub async fn settled(&self) {
        self.0.pool().empty(true);
        self.0.closing.cancel();
        self.0.running.close();
        self.0.running.wait().await;
        if *self.0.is_used.lock().await {
            self.0.remove_all().await;
        }
    }
}

impl Works {
    /// Makes a container whose interpreter waits for an execution of `blueprint`; `news` says what whoever waits for it
    /// should know.
    async fn make(&self, blueprint: &Blueprint, news: &News) -> Result<Container, Failure> {
        let image = self.images.of(blueprint.runtime);
        self.note_use().await?;
        let mut tried = false;
        loop {
            self.images.ensure(&self.engine, image, news).await?;
            self.remove_what_is_still_there().await;
            match self.make_of(image, blueprint).await {
                // An image or a volume that somebody has removed since we looked.
                Err(Failure::Missing(why)) if !tried => {
                    tried = true;
                    tracing::debug!(why, "a container is made once more");
                }
                made => return made,
            }
        }
    }

    async fn make_of(&self, image: &str, blueprint: &Blueprint) -> Result<Container, Failure> {
        let code = Content::Code {
            id: blueprint.code_id.clone(),
            folder: blueprint.code_dir.clone(),
        };
        let code_volume = self.volumes.ensure(&self.engine, image, &code).await?;
        let preload_volume = self
            .volumes
            .ensure(&self.engine, image, &Content::Preloads)
            .await?;
        let api = match blueprint.network {
            Network::Full => self.way.open(&self.engine).await,
            Network::None => None,
        };
        let number = self.count.fetch_add(1, Ordering::Relaxed);
        let plan = Plan {
            image,
            name: self.labels.name(&blueprint.code_id, number),
            labels: self.labels.of(&blueprint.code_id),
            blueprint,
            code_volume: &code_volume,
            preload_volume: &preload_volume,
            api,
            word: &format!("{}-{number}", self.settings.run),
            nano_cpus: i64::try_from(self.settings.cpus.saturating_mul(1_000_000_000))
                .ok()
                .filter(|cpus| *cpus > 0),
        };
        container::make(&self.engine, &plan).await
    }

    /// How a container stands.
    async fn state_of(&self, container: &Handle) -> Result<ContainerState, Failure> {
        let inspected = container.docker.inspect_container(&container.id, None).await;
        let found = inspected.map_err(|error| self.engine.failure(error))?;
        Ok(found.state.unwrap_or_default())
    }

    /// Removes a container, without anybody's waiting for it.
    fn throw_away(self: &Arc<Self>, container: Container) {
        let (works, handle) = (Arc::clone(self), container.handle.clone());
        // With the end of its input all in it is killed, also where the engine does not answer.
        drop(container);
        self.running.spawn(async move {
            if !handle.remove().await {
                works.still_there().push(handle.id);
            }
            works.volumes.remove_forgotten(&works.engine).await;
        });
    }

    /// Removes what an engine that did not answer has kept.
    async fn remove_what_is_still_there(&self) {
        let still_there = std::mem::take(&mut *self.still_there());
        if still_there.is_empty() {
            return;
        }
        let Ok(docker) = self.engine.docker().await else {
            return self.still_there().extend(still_there);
        };
        for id in still_there {
            if !container::remove(&docker, &id).await {
                self.still_there().push(id);
            }
        }
    }

    /// Notes which run a container has; until what is answered is dropped.
    fn enter_name(self: &Arc<Self>, container: &str, name: Option<String>) -> Option<Named> {
        self.names().insert(container.to_owned(), name?);
        Some(Named {
            works: Arc::clone(self),
            container: container.to_owned(),
        })
    }

    fn names(&self) -> MutexGuard<'_, HashMap<String, String>> {
        self.names.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn still_there(&self) -> MutexGuard<'_, Vec<String>> {
        self.still_there.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn count(&self, hit: bool) {
        let counter = if hit { &self.hits } else { &self.misses };
        counter.fetch_add(1, Ordering::Relaxed);
    }

    fn pool(&self) -> MutexGuard<'_, Pool<Wish>> {
        self.pool.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A run that has a name, while its container has it.
struct Named {
    works: Arc<Works>,
    container: String,
}

impl Drop for Named {
    fn drop(&mut self) {
        self.works.names().remove(&self.container);
    }
}
