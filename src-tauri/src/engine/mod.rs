//! The engine: what Drydock does, whoever asks for it.
//!
//! Owns: the use cases (functions, deploy, execute, run, people, projects) and the order in which their rules apply. It alone
//! writes to the store. Must not: know HTTP, SQL text or how a process is made. Every change commits first
//! and is told to listeners after.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use drydock_core::clock::Clock;
use drydock_core::id::IdSource;
use drydock_runtime::docker::Door;
use drydock_runtime::{
    Backend, Backends, Cgroups, DockerBackend, DockerSettings, Interpreters, ProcessBackend, Standing,
    UnpackLimits,
};
use drydock_store::{Database, Remembered};
use tokio::sync::{Notify, OnceCell, Semaphore, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

use crate::config::StandbySettings;

mod accounts;
mod activity;
mod backlog;
mod cancel;
mod code;
mod console_door;
mod deliver;
mod deploy;
mod emit;
mod entry;
mod environment;
mod events;
mod execute;
mod first_start;
mod follow;
mod functions;
mod identify;
mod jwt;
mod keys;
mod layouts;
mod links;
mod memberships;
pub(crate) mod news;
mod origins;
mod output;
mod overview;
mod passwords;
mod pause;
mod payloads;
mod platforms;
mod projects;
mod queue;
mod rate_limits;
mod reclaim;
mod recover;
mod replay;
mod retain;
mod run;
mod samples;
mod schedules;
mod sessions;
mod snapshots;
mod sources;
mod standby;
mod teams;
mod trees;
mod trial;
mod trigger;
mod usage;
mod users;
mod watching;
mod webhooks;
mod welcome;

pub(crate) use accounts::{AccountChange, own_deed};
pub(crate) use activity::{Cursor as ActivityCursor, Named, Told};
pub(crate) use console_door::CONSOLE_SESSION_SECS;
pub(crate) use deploy::{NewTag, TagUse, Upload};
pub(crate) use emit::{Render, Subject, in_the_name_of};
pub(crate) use events::{Emitted, MAX_PAYLOAD_LENGTH};
pub(crate) use execute::RunAs;
pub(crate) use first_start::Credentials;
pub(crate) use functions::{BackendChoice, ConfinementChange, FunctionSettings, NewFunction};
pub(crate) use identify::{SessionToken, Shown};
pub(crate) use jwt::Jwts;
pub(crate) use keys::OpenKey;
pub(crate) use links::{ChangedFile, LastChange, LinkState, NewLink, Phase};
pub(crate) use memberships::Invite;
pub(crate) use origins::Origin;
pub(crate) use overview::FunctionOverview;
pub(crate) use platforms::PlatformTexts;
pub(crate) use projects::{NewProject, ProjectChange};
pub(crate) use retain::Retention;
pub(crate) use sessions::{NewSession, account};
pub(crate) use trial::Trial;
pub(crate) use usage::{Usage, UsageRange};
pub(crate) use users::{By, NewUser};
pub(crate) use webhooks::{Delivered, OpenWebhook, WebhookOverview, WebhookSettings};
pub(crate) use welcome::Welcome;

use self::code::CodeFolders;
use self::console_door::ConsoleLinks;
use self::emit::Outbox;
use self::functions::{FUNCTIONS_READ_BEFORE, FunctionsReadBefore};
use self::identify::{KeyUses, OPENED_BEFORE, OpenedBefore};
use self::layouts::Spares;
use self::links::Links;
use self::news::News;
use self::origins::Origins;
use self::passwords::Passwords;
use self::queue::Queue;
use self::rate_limits::RateWindows;
use self::standby::Coming;

/// How long a stopping server lets running executions end by themselves.
const DRAIN: Duration = Duration::from_secs(10);
/// How long it then waits for killed ones to be written down; killing takes milliseconds.
const AFTER_KILL: Duration = Duration::from_secs(5);

/// The numbers the engine works within; each comes from a setting.
#[derive(Debug, Clone)]
pub(crate) struct Limits {
    pub(crate) max_concurrent: usize,
    pub(crate) max_concurrent_per_function: usize,
    pub(crate) max_waiting: usize,
    pub(crate) max_upload_bytes: u64,
    pub(crate) max_output_bytes: u64,
    pub(crate) unpack: UnpackLimits,
    /// Of each execution.
    pub(crate) run: drydock_runtime::Limits,
    pub(crate) standby: StandbySettings,
    /// What functions run as that say nothing of it.
    pub(crate) backend: Backend,
    pub(crate) docker: DockerLimits,
    pub(crate) retention: Retention,
    /// Whether calls are counted against the routes' limits.
    pub(crate) rate_limits: bool,
    /// Whether accounts of the console can be made through the API.
    pub(crate) console_signup: bool,
}

/// How containers are made.
#[derive(Debug, Clone)]
pub(crate) struct DockerLimits {
    pub(crate) max_containers: usize,
    pub(crate) cpus: u64,
    /// Images other than the list's, by the runtime's id.
    pub(crate) images: HashMap<String, String>,
    /// Opens the API for them.
    pub(crate) door: Door,
    /// The file that names the engines which may have something of the data folder.
    pub(crate) mark: PathBuf,
}

/// The folders the engine keeps things in, all on one file system.
#[derive(Debug, Clone)]
pub(crate) struct Folders {
    /// The code of every tag.
    pub(crate) code: PathBuf,
    /// Uploads and unpacked archives that are no tag yet.
    pub(crate) staging: PathBuf,
    /// A folder for each running execution.
    pub(crate) scratch: PathBuf,
    /// What has interpreters stand by.
    pub(crate) standby: PathBuf,
    /// What is being removed.
    pub(crate) trash: PathBuf,
    /// The contents of snapshots.
    pub(crate) contents: PathBuf,
}

/// What the engine is made of.
pub(crate) struct Parts {
    pub(crate) store: Database,
    pub(crate) logs: Database,
    /// Our own binary, which is re-executed around each function.
    pub(crate) launcher: PathBuf,
    /// How far functions are kept from this machine.
    pub(crate) standing: Standing,
    /// Where executions have control groups, if this machine lets us.
    pub(crate) cgroups: Option<Arc<Cgroups>>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) seal: crate::secrets::Seal,
    pub(crate) jwts: Jwts,
    /// How things are written in the payloads of events.
    pub(crate) render: Render,
    pub(crate) folders: Folders,
    pub(crate) limits: Limits,
}

/// The engine. Clones share it.
#[derive(Clone)]
pub(crate) struct Engine(Arc<Inner>);

/// What runs code.
struct Found {
    interpreters: Arc<Interpreters>,
    backends: Backends,
}

struct Inner {
    store: Database,
    logs: Database,
    launcher: PathBuf,
    standing: Standing,
    cgroups: Option<Arc<Cgroups>>,
    backend: OnceCell<Found>,
    clock: Arc<dyn Clock>,
    ids: IdSource,
    seal: crate::secrets::Seal,
    jwts: Jwts,
    passwords: Passwords,
    links: ConsoleLinks,
    /// Told whenever a console session was ended.
    console_closed: watch::Sender<()>,
    opened_before: OpenedBefore,
    functions_read_before: FunctionsReadBefore,
    key_uses: KeyUses,
    rate_windows: RateWindows,
    code: CodeFolders,
    spares: Spares,
    linked: Links,
    coming: Coming,
    /// Whether contents may be there that no tag has any more.
    has_loose_contents: AtomicBool,
    /// Told where that cannot wait for the next round.
    sweep_wanted: Notify,
    queue: Mutex<Queue>,
    /// Told whenever one more may be startable.
    queue_changed: Notify,
    /// Told whenever a function changed, and its schedule with it perhaps.
    schedules_changed: Notify,
    /// Told whenever a webhook is to be told of something.
    deliveries_changed: Notify,
    slots: Arc<Semaphore>,
    news: News,
    outbox: Arc<Outbox>,
    origins: Origins,
    render: Render,
    limits: Limits,
    scratch: PathBuf,
    preloads: PathBuf,
    tasks: TaskTracker,
    /// No new execution is started.
    draining: CancellationToken,
    /// Running executions are killed.
    killing: CancellationToken,
}

impl Engine {
    /// Puts the parts together. Nothing runs yet: see [`Engine::start`].
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts {
            store,
            logs,
            launcher,
            standing,
            cgroups,
            clock,
            seal,
            jwts,
            render,
            folders,
            limits,
        } = parts;
        let killing = CancellationToken::new();
        Self(Arc::new(Inner {
            ids: IdSource::new(Arc::clone(&clock)),
            passwords: Passwords::default(),
            links: ConsoleLinks::default(),
            console_closed: watch::Sender::new(()),
            opened_before: Remembered::of(&store, OPENED_BEFORE),
            functions_read_before: Remembered::of(&store, FUNCTIONS_READ_BEFORE),
            key_uses: KeyUses::default(),
            rate_windows: RateWindows::default(),
            code: CodeFolders::new(&folders),
            spares: Spares::default(),
            coming: Coming::default(),
            linked: Links::new(folders.contents),
            // A killed server may have left some.
            has_loose_contents: AtomicBool::new(true),
            sweep_wanted: Notify::new(),
            queue: Mutex::new(Queue::new(
                limits.max_waiting,
                limits.max_concurrent_per_function,
                killing.clone(),
            )),
            queue_changed: Notify::new(),
            schedules_changed: Notify::new(),
            deliveries_changed: Notify::new(),
            slots: Arc::new(Semaphore::new(limits.max_concurrent)),
            news: News::new(),
            outbox: Arc::default(),
            origins: Origins::default(),
            render,
            scratch: folders.scratch,
            preloads: folders.standby,
            tasks: TaskTracker::new(),
            draining: CancellationToken::new(),
            killing,
            store,
            logs,
            launcher,
            standing,
            cgroups,
            backend: OnceCell::new(),
            clock,
            seal,
            jwts,
            limits,
        }))
    }

    /// Puts right what the last server left behind, then begins to run what waits.
    pub(crate) async fn start(&self) -> drydock_core::Result<()> {
        self.recover().await?;
        self.follow_all().await?;
        let engine = self.clone();
        self.0.tasks.spawn(async move {
            engine.backend().await.warm_up().await;
            engine.dispatch().await;
        });
        let engine = self.clone();
        self.0
            .tasks
            .spawn(async move { engine.docker().await.sweep().await });
        let engine = self.clone();
        self.0.tasks.spawn(async move { engine.trigger().await });
        let engine = self.clone();
        self.0.tasks.spawn(async move { engine.fire_schedules().await });
        let engine = self.clone();
        self.0.tasks.spawn(async move { engine.deliver().await });
        let engine = self.clone();
        self.0.tasks.spawn(async move { engine.retain().await });
        let engine = self.clone();
        self.0.tasks.spawn(async move { engine.reclaim().await });
        Ok(())
    }

    /// Starts no execution from now on and ends the streams of changes.
    pub(crate) fn drain(&self) {
        self.0.draining.cancel();
    }

    /// Stops: starts nothing more, lets running executions end for a while, kills the rest, writes it down.
    pub(crate) async fn stop(self) {
        self.drain();
        self.0.tasks.close();
        if tokio::time::timeout(DRAIN, self.0.tasks.wait()).await.is_err() {
            tracing::info!("executions still run after {} s and are stopped", DRAIN.as_secs());
            self.0.killing.cancel();
            if tokio::time::timeout(AFTER_KILL, self.0.tasks.wait())
                .await
                .is_err()
            {
                tracing::error!("some executions did not end; the next start marks them as failed");
            }
        }
        if let Some(found) = self.0.backend.get()
            && tokio::time::timeout(AFTER_KILL, found.backends.settled())
                .await
                .is_err()
        {
            tracing::error!("a process or scratch folder could not be removed");
        }
        let (store, logs) = (self.0.store.clone(), self.0.logs.clone());
        let closed = tokio::task::spawn_blocking(move || {
            logs.close();
            store.close();
        });
        if closed.await.is_err() {
            tracing::error!("closing the databases panicked");
        }
    }

    /// Ends as soon as possible from now on: running executions are killed instead of drained.
    pub(crate) fn hurry(&self) {
        self.0.draining.cancel();
        self.0.killing.cancel();
    }

    /// The interpreters of this machine. Finding them takes a while after the start, which this waits for.
    pub(crate) async fn interpreters(&self) -> &Interpreters {
        &self.found().await.interpreters
    }

    /// What runs executions. The server listens before the interpreters are known, since asking each for its
    /// version takes longer than the rest of the start; executions wait in the queue meanwhile.
    async fn backend(&self) -> &Backends {
        &self.found().await.backends
    }

    /// The containers of an engine.
    pub(crate) async fn docker(&self) -> &DockerBackend {
        self.backend().await.docker()
    }

    async fn found(&self) -> &Found {
        let find = || async {
            let docker = DockerBackend::new(self.docker_settings().await);
            let path = std::env::var_os("PATH").unwrap_or_default();
            let engine = self.clone();
            let found_docker = docker.clone();
            let search = move || engine.found_with(Interpreters::discover(&path), found_docker);
            tokio::task::spawn_blocking(search).await.unwrap_or_else(|error| {
                tracing::error!(%error, "looking for interpreters failed");
                self.found_with(Interpreters::empty(), docker)
            })
        };
        self.0.backend.get_or_init(find).await
    }

    /// Blocking.
    fn found_with(&self, interpreters: Interpreters, docker: DockerBackend) -> Found {
        let interpreters = Arc::new(interpreters);
        let processes = ProcessBackend::new(
            self.0.launcher.clone(),
            Arc::clone(&interpreters),
            self.0.standing.clone(),
            self.0.cgroups.clone(),
            self.standby_settings(),
        );
        Found {
            interpreters,
            backends: Backends::new(processes, docker),
        }
    }

    async fn docker_settings(&self) -> DockerSettings {
        let settings = &self.0.limits.docker;
        // Without its id a data folder cannot be told from others, and then nothing of it is found again.
        let id = self.data_folder_id().await.unwrap_or_else(|error| {
            tracing::error!(
                error = format!("{error:?}"),
                "the data folder's id cannot be read"
            );
            self.0.ids.unique()
        });
        // With its place, since a copy of the folder has the same id.
        let place = format!("{id}\0{}", self.0.scratch.display());
        DockerSettings {
            max_containers: settings.max_containers,
            idle: Duration::from_secs(self.0.limits.standby.idle_secs),
            cpus: settings.cpus,
            images: settings.images.clone(),
            identity: format!("{:016x}", first_number(&crate::secrets::hash(&place))),
            run: self.0.ids.unique(),
            door: Some(settings.door.clone()),
            mark: Some(settings.mark.clone()),
        }
    }

    /// How far functions are kept from this machine.
    pub(crate) fn standing(&self) -> &Standing {
        &self.0.standing
    }

    /// The numbers it works within.
    pub(crate) fn limits(&self) -> &Limits {
        &self.0.limits
    }

    /// Asks both databases for something, to see that they answer.
    pub(crate) async fn ask_databases(&self) -> drydock_core::Result<()> {
        self.data_folder_id().await?;
        self.0.logs.read(drydock_store::table::outputs::answers).await
    }

    /// Cancelled when the server begins to stop.
    pub(crate) fn stopping(&self) -> CancellationToken {
        self.0.draining.clone()
    }

    /// Holds up the end of a stopping server until it is dropped: for who has a goodbye to say.
    pub(crate) fn hold_up(&self) -> TaskTrackerToken {
        self.0.tasks.token()
    }

    /// Waits; `false` when the server stops.
    async fn rest(&self, time: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.0.draining.cancelled() => false,
            () = tokio::time::sleep(time) => true,
        }
    }

    fn queue(&self) -> MutexGuard<'_, Queue> {
        // Bookkeeping without panics in between: a poisoned lock holds a whole queue.
        self.0.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What time it is here.
    pub(crate) fn now(&self) -> drydock_core::clock::Timestamp {
        self.0.clock.now()
    }
}

/// The first 64 bits of a hash: data folders in one engine are few.
fn first_number(hash: &[u8; 32]) -> u64 {
    hash.iter()
        .take(8)
        .fold(0, |number, byte| number << 8 | u64::from(*byte))
}
