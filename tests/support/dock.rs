//! A Drydock server of the test's own: the real binary on a free port with a fresh data folder.
//!
//! Owns: its start (until the ready file is there), its ways to end, its data folder and its log, which is
//! printed when the test fails. Must not: end any process but the one it started, by its own pid.

use std::ffi::OsString;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;
use tempfile::TempDir;

use crate::actor::Actor;
use crate::console::Console;
use crate::engine::Engine;
use crate::poll::until;

/// Lines of the server's log that a failed test prints: enough for the last requests, not the whole run.
const LOG_LINES: usize = 60;

/// Variables that would change a server's behaviour when the developer has them set.
const OURS: &[&str] = &[
    "DRYDOCK_DATA_DIR",
    "DRYDOCK_PORT",
    "DRYDOCK_HOST",
    "RUST_LOG",
    "DOCKER_HOST",
    "DOCKER_TLS_VERIFY",
    "DOCKER_CERT_PATH",
];

/// The binary under test.
pub fn binary() -> PathBuf {
    std::env::var_os("DRYDOCK_BIN").map_or_else(
        || crate::tests_folder().join("../target/debug/drydock"),
        PathBuf::from,
    )
}

/// A command of the binary, without the developer's own settings.
fn command() -> Command {
    clean(Command::new(binary()))
}

fn clean(mut command: Command) -> Command {
    for name in OURS {
        command.env_remove(name);
    }
    command
}

/// A folder that holds a server's data, its ready files and its logs; gone when nobody needs it.
#[derive(Clone, Debug)]
pub struct Folder(Arc<TempDir>);

impl Folder {
    /// An empty one.
    pub fn new() -> Self {
        Self(Arc::new(
            tempfile::Builder::new()
                .prefix("drydock-test-")
                .tempdir()
                .unwrap(),
        ))
    }

    /// Where the server keeps its data; made by the server itself.
    pub fn data(&self) -> PathBuf {
        self.0.path().join("data")
    }

    /// A place for files of the test beside the data.
    pub fn beside(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

impl Default for Folder {
    fn default() -> Self {
        Self::new()
    }
}

/// How a server is started.
#[derive(Debug)]
pub struct Launch {
    folder: Folder,
    env: Vec<(OsString, OsString)>,
    args: Vec<OsString>,
    wrapper: Vec<OsString>,
    binary: PathBuf,
}

impl Launch {
    /// Adds an environment variable.
    pub fn env(mut self, name: &str, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Has functions run in containers of an engine, where they say nothing else themselves.
    pub fn containers(self, engine: &Engine) -> Self {
        self.engine(engine).env("DRYDOCK_BACKEND", "docker")
    }

    /// Names the engine for functions that run in containers.
    pub fn engine(self, engine: &Engine) -> Self {
        self.env("DOCKER_HOST", engine.host())
    }

    /// Adds an argument after `serve`.
    pub fn arg(mut self, arg: impl Into<OsString>) -> Self {
        self.args.push(arg.into());
        self
    }

    /// Starts on a folder that was used before.
    pub fn on(mut self, folder: &Folder) -> Self {
        self.folder = folder.clone();
        self
    }

    /// Starts it through another program, which is given the server's whole command.
    pub fn within(mut self, wrapper: &[&str]) -> Self {
        self.wrapper = wrapper.iter().map(OsString::from).collect();
        self
    }

    /// Another copy of the binary.
    pub fn binary(mut self, path: &Path) -> Self {
        path.clone_into(&mut self.binary);
        self
    }

    /// The data folder.
    pub(crate) fn data(&self) -> PathBuf {
        self.folder.data()
    }

    /// Starts the server and waits until it listens.
    pub async fn start(self) -> Dock {
        self.spawn().ready().await
    }

    /// Starts the server and waits until it has ended by itself, as when it refuses to run.
    pub async fn refused(self) -> Ending {
        self.spawn().ended().await
    }

    /// Starts the server, which may listen or end by itself.
    ///
    /// # Errors
    /// How it ended.
    pub async fn start_or_end(self) -> Result<Dock, Ending> {
        self.spawn().ready_or_ended().await
    }

    /// Starts the server and kills it after that time, wherever in its start it is then.
    pub async fn killed_after(self, time: Duration) -> Folder {
        let mut started = self.spawn();
        tokio::time::sleep(time).await;
        started.child.kill().unwrap();
        started.child.wait().unwrap();
        started.folder
    }

    fn spawn(self) -> Started {
        let number = fs::read_dir(self.folder.0.path()).unwrap().count();
        let ready_file = self.folder.beside(&format!("ready-{number}.json"));
        let log = self.folder.beside(&format!("log-{number}.txt"));
        let out = File::create(&log).unwrap();
        let mut words = self.wrapper.into_iter().chain([self.binary.into_os_string()]);
        let mut command = clean(Command::new(words.next().unwrap()));
        // A machine that gives less than the full sandbox is to be seen here, not passed over.
        command.env("DRYDOCK_SANDBOX", "strict");
        command
            .args(words)
            .args(["serve", "--port", "0", "--data-dir"])
            .arg(self.folder.data())
            .arg("--ready-file")
            .arg(&ready_file)
            .args(&self.args)
            .envs(self.env)
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out);
        let child = command.spawn().unwrap_or_else(|error| {
            panic!(
                "{} does not start ({error}): build it, or name it in DRYDOCK_BIN",
                binary().display()
            )
        });
        Started {
            child,
            folder: self.folder,
            ready_file,
            log,
        }
    }
}

/// A process that may become a dock or end.
struct Started {
    child: Child,
    folder: Folder,
    ready_file: PathBuf,
    log: PathBuf,
}

impl Started {
    async fn ready(self) -> Dock {
        match self.ready_or_ended().await {
            Ok(dock) => dock,
            Err(Ending { status, log }) => panic!("the server did not get ready ({status}):\n{log}"),
        }
    }

    async fn ready_or_ended(mut self) -> Result<Dock, Ending> {
        let begun = Instant::now();
        let ready = loop {
            if let Ok(text) = fs::read(&self.ready_file) {
                break serde_json::from_slice(&text).expect("a ready file is whole as soon as it is there");
            }
            if begun.elapsed() > crate::LIMIT {
                self.child.kill().unwrap();
            }
            if let Some(status) = self.child.try_wait().unwrap() {
                let log = fs::read_to_string(&self.log).unwrap_or_default();
                return Err(Ending { status, log });
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        };
        let mut ready: Value = ready;
        ready.sort_all_objects();
        Ok(Dock {
            child: Mutex::new(self.child),
            folder: self.folder,
            ready_file: self.ready_file,
            log: self.log,
            ready,
        })
    }

    async fn ended(mut self) -> Ending {
        let child = &mut self.child;
        let status = until("the server ends by itself", async || child.try_wait().unwrap()).await;
        Ending {
            status,
            log: fs::read_to_string(&self.log).unwrap_or_default(),
        }
    }
}

/// How a server ended, and all it printed.
#[derive(Debug)]
pub struct Ending {
    /// Its exit status.
    pub status: ExitStatus,
    /// What it printed, both streams.
    pub log: String,
}

/// A running server.
#[derive(Debug)]
pub struct Dock {
    child: Mutex<Child>,
    folder: Folder,
    ready_file: PathBuf,
    log: PathBuf,
    ready: Value,
}

impl Dock {
    /// A fresh server with default settings.
    pub async fn start() -> Self {
        Self::launch().start().await
    }

    /// A fresh server with settings to be added.
    pub fn launch() -> Launch {
        Launch {
            folder: Folder::new(),
            env: Vec::new(),
            args: Vec::new(),
            wrapper: Vec::new(),
            binary: binary(),
        }
    }

    /// The API key made at first start, which has every scope.
    pub fn key(&self) -> Actor {
        self.guest().header("x-appwrite-key", self.ready("key"))
    }

    /// A caller without any credential.
    pub fn guest(&self) -> Actor {
        Actor::new(self.origin()).header("x-appwrite-project", self.ready("project"))
    }

    /// A caller that names no project and shows no credential.
    pub fn stranger(&self) -> Actor {
        Actor::new(self.origin())
    }

    /// The owner of the machine, as the command line shows itself: by the token in `server.json`.
    pub fn owner(&self) -> Actor {
        self.guest().header(
            "x-drydock-admin",
            self.server_file()["adminToken"].as_str().unwrap(),
        )
    }

    /// A console session, made by spending the one-time link of the ready file.
    pub async fn console(&self) -> Console {
        Console::open(self.origin(), self.ready("console")).await
    }

    /// A text of the ready file.
    pub fn ready(&self, field: &str) -> &str {
        self.ready[field]
            .as_str()
            .unwrap_or_else(|| panic!("the ready file has no text {field}"))
    }

    /// The whole ready file.
    pub fn ready_file(&self) -> &Value {
        &self.ready
    }

    /// Where the ready file is.
    pub fn ready_path(&self) -> &Path {
        &self.ready_file
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &str {
        self.ready("endpoint")
            .strip_suffix("/v1")
            .expect("the endpoint ends in /v1")
    }

    /// What `server.json` says now.
    pub fn server_file(&self) -> Value {
        serde_json::from_slice(&fs::read(self.data().join("server.json")).unwrap()).unwrap()
    }

    /// The folder of data and logs.
    pub fn folder(&self) -> Folder {
        self.folder.clone()
    }

    /// The data folder.
    pub fn data(&self) -> PathBuf {
        self.folder.data()
    }

    /// The server's process.
    pub fn pid(&self) -> u32 {
        self.child.lock().unwrap().id()
    }

    /// What the server has printed so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// A command of the binary for this server's data folder, to be given arguments.
    pub fn command(&self) -> Command {
        let mut command = command();
        command.env("DRYDOCK_DATA_DIR", self.data());
        command
    }

    /// Sends a signal to the server alone.
    pub fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid().cast_signed()), signal).unwrap();
    }

    /// Kills the server without warning; its folder remains.
    pub fn crash(self) -> Folder {
        let mut child = self.child.lock().unwrap();
        child.kill().unwrap();
        child.wait().unwrap();
        self.folder.clone()
    }

    /// Ends the server as Ctrl-C does, and waits for it.
    pub async fn interrupt(self) -> Ending {
        self.signal(Signal::SIGINT);
        self.ended_by_itself().await
    }

    /// Waits until a server that was told to end has done so.
    pub async fn ended_by_itself(self) -> Ending {
        let look = async || self.child.lock().unwrap().try_wait().unwrap();
        Ending {
            status: until("the server ends", look).await,
            log: self.log(),
        }
    }
}

impl Drop for Dock {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<_> = log.lines().collect();
            let shown = &lines[lines.len().saturating_sub(LOG_LINES)..];
            #[allow(clippy::print_stderr)]
            {
                eprintln!(
                    "--- the server's log, last {} lines\n{}",
                    shown.len(),
                    shown.join("\n")
                );
            }
        }
        if let Ok(mut child) = self.child.lock() {
            // Fails only when the test has ended it already.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
