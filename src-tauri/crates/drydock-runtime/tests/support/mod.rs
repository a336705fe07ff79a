//! A tag, a backend and a way to see that a process is gone.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]
#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test may panic"
)]
#![allow(missing_docs, reason = "what is not said by its name is said here")]

pub mod checking;

use std::fs;
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use drydock_core::output::Frame;
use drydock_core::runtime::Runtime;
use drydock_runtime::{
    Backend, Blueprint, Ended, Interpreters, Job, Level, Limits, LimitsBy, Network, Policy, ProcessBackend,
    StandbySettings, Standing, probe,
};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// Longer than anything here takes: what is not there by then never comes.
pub const LIMIT: Duration = Duration::from_mins(1);

/// The binary that is re-executed as the launcher.
pub const HOST: &str = env!("CARGO_BIN_EXE_drydock-runtime-test-host");

/// A tag with a backend that runs it.
pub struct Bench {
    pub place: tempfile::TempDir,
    pub backend: ProcessBackend,
}

impl Bench {
    pub fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        fs::create_dir(place.path().join("code")).unwrap();
        Self {
            place,
            backend: at(Level::ProcessGroup),
        }
    }

    /// A tag that runs at `level` of the sandbox, which this machine must give.
    pub async fn confined(level: Level) -> Self {
        let folder = std::env::temp_dir();
        let standing = probe(HOST.as_ref(), &interpreters(), Policy::Auto, &folder).await;
        assert!(standing.level <= level, "{standing:?}");
        Self {
            backend: at(level),
            ..Self::new()
        }
    }

    /// As [`Self::confined`], on a machine with other interpreters.
    pub async fn confined_with(level: Level, found: Interpreters) -> Self {
        let bench = Self::confined(level).await;
        Self {
            backend: backend(level, Arc::new(found), StandbySettings::off()),
            ..bench
        }
    }

    /// A tag that runs at `level`, with processes that stand by within `settings`.
    pub async fn standing_by(level: Level, settings: StandbySettings) -> Self {
        let bench = Self::confined(level).await;
        let settings = StandbySettings {
            preloads: bench.place.path().join("preloads"),
            ..settings
        };
        Self {
            backend: backend(level, interpreters(), settings),
            ..bench
        }
    }

    /// A path for a scratch folder that no other run has.
    pub fn fresh_scratch(&self) -> PathBuf {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        self.place.path().join("scratches").join(number.to_string())
    }

    /// Whether no run has left its scratch folder.
    pub fn left_nothing(&self) -> bool {
        let folder = fs::read_dir(self.place.path().join("scratches"));
        folder.is_ok_and(|mut left| left.next().is_none()) || !self.place.path().join("scratches").exists()
    }

    /// A file of the tag.
    pub fn with(self, name: &str, content: &str, mode: u32) -> Self {
        let path = self.code(name);
        fs::write(&path, content).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        self
    }

    pub fn code(&self, name: &str) -> PathBuf {
        self.place.path().join("code").join(name)
    }

    pub fn scratch(&self) -> PathBuf {
        self.place.path().join("scratch")
    }

    pub fn job(&self, runtime: &str, command: &str) -> Job {
        Job {
            name: None,
            owner: "function".to_owned(),
            blueprint: Blueprint {
                runtime: Runtime::parse("runtime", runtime).unwrap(),
                command: command.to_owned(),
                backend: Backend::Process,
                code_dir: self.place.path().join("code"),
                code_id: "the tag".to_owned(),
                variables: Vec::new(),
                limits: Limits::default(),
                network: Network::Full,
            },
            scratch_dir: self.scratch(),
            variables: Vec::new(),
            timeout: LIMIT,
        }
    }

    /// Runs it to its end, with nobody watching.
    pub async fn run(&self, job: Job) -> Ended {
        let (output, _) = mpsc::channel(1);
        self.backend.run(job, CancellationToken::new(), output).await
    }

    /// Runs `sh -c script` to its end.
    pub async fn sh(&self, script: &str) -> Ended {
        self.run(self.job("node-20.0", &sh(script))).await
    }

    /// Runs it to its end and gives all frames too.
    pub async fn run_watched(&self, job: Job) -> (Ended, Vec<Frame>) {
        let (output, mut received) = mpsc::channel(4);
        let reader = tokio::spawn(async move {
            let mut frames = Vec::new();
            while let Some(frame) = received.recv().await {
                frames.push(frame);
            }
            frames
        });
        let ended = self.backend.run(job, CancellationToken::new(), output).await;
        (ended, reader.await.unwrap())
    }

    /// A named pipe in the tag. The future reads it to its end, which comes when every process that had
    /// opened it for writing (`exec 9>pipe`) is dead; it gives what they wrote.
    pub fn fifo(&self, name: &str) -> JoinHandle<String> {
        let path = self.code(name);
        nix::unistd::mkfifo(&path, nix::sys::stat::Mode::S_IRWXU).unwrap();
        tokio::task::spawn_blocking(move || {
            let mut text = String::new();
            fs::File::open(path).unwrap().read_to_string(&mut text).unwrap();
            text
        })
    }
}

/// A command that runs `script` in a shell.
pub fn sh(script: &str) -> String {
    format!("sh -c '{}'", script.replace('\'', "'\\''"))
}

/// A backend whose runs are kept at `level`.
pub fn at(level: Level) -> ProcessBackend {
    backend(level, interpreters(), StandbySettings::off())
}

fn backend(level: Level, found: Arc<Interpreters>, standby: StandbySettings) -> ProcessBackend {
    let standing = Standing {
        level,
        missing: Vec::new(),
        policy: Policy::Auto,
        limits_by: LimitsBy::Nobody,
    };
    ProcessBackend::new(HOST.into(), found, standing, None, standby)
}

/// Room for so many processes that stand by, and more memory and time than they need here.
pub fn standing_by_at_most(max_processes: usize) -> StandbySettings {
    StandbySettings {
        max_processes,
        max_memory_bytes: 256_000_000,
        idle: Duration::from_mins(10),
        ..StandbySettings::off()
    }
}

/// Those of this machine, asked for once.
pub fn interpreters() -> Arc<Interpreters> {
    static FOUND: OnceLock<Arc<Interpreters>> = OnceLock::new();
    let found = FOUND.get_or_init(|| Arc::new(Interpreters::discover(&std::env::var_os("PATH").unwrap())));
    Arc::clone(found)
}

/// Whether there is an interpreter of `family` that a sandboxed function can see: not one below `/tmp`, where functions
/// have a folder of their own. Bun comes with this project's checkout, which may lie there.
pub fn can_be_seen(family: &str) -> bool {
    let seen = interpreters()
        .all()
        .iter()
        .any(|found| found.family == family && !found.path.starts_with("/tmp"));
    if !seen {
        let told = writeln!(io::stderr(), "skipped: no {family} outside /tmp on this machine");
        told.unwrap();
    }
    seen
}

/// Waits for something that must come.
pub async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(LIMIT, future)
        .await
        .expect("it did not happen within the limit")
}
