//! The server as a whole: its parts are built here once, started in order and stopped in order.
//!
//! Start: lock the data folder, open what it holds, listen, put right what the last server left, say so.
//! Stop: take no more requests, let executions end for 10 s, kill the rest, write everything down.

use std::io::{IsTerminal, Write};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::ServiceExt as _;
use axum::serve::ListenerExt;
use drydock_core::clock::SystemClock;
use drydock_core::id::random_hex;
use drydock_runtime::{Cgroups, Interpreters, LimitsBy, Standing, UnpackLimits};
use drydock_store::{Database, Kind, OpenError, Options};
use serde::Serialize;
use tokio::net::TcpListener;
use tracing_subscriber::EnvFilter;

use crate::browser;
use crate::config::{LogFormat, Settings};
use crate::data_dir::DataDir;
use crate::engine::{Credentials, Engine, Folders, Jwts, Limits, Parts, Retention};
use crate::http::{Door, Facts, Shared, VERSION, reachable, router};
use crate::secrets::Seal;
use crate::server_file::{ServerFile, write_private};

/// How long open requests may take to end when the server stops; the longest is an upload.
const REQUESTS_END: Duration = Duration::from_secs(10);
/// Readers of the main database: two serve point reads while a third lists.
const MAIN_READERS: usize = 3;
/// Readers of the logs: one person follows one log.
const LOG_READERS: usize = 2;

/// What `serve` was told beside the settings.
#[derive(Debug, Clone, Default)]
pub(crate) struct ServeOptions {
    /// Written once the server listens.
    pub(crate) ready_file: Option<PathBuf>,
    /// Whether to open the console in the browser.
    pub(crate) open: bool,
}

/// The ready file: everything a script needs to use the server.
#[derive(Serialize)]
struct Ready<'a> {
    endpoint: &'a str,
    project: &'a str,
    key: &'a str,
    console: &'a str,
    pid: u32,
    version: &'a str,
}

/// Serves until told to stop.
pub(crate) fn serve(settings: Settings, data_dir: DataDir, options: ServeOptions) -> ExitCode {
    log_to_stderr(settings.log_format);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let served = runtime.context("starting the async runtime").and_then(|runtime| {
        let served = runtime.block_on(run(&settings, &data_dir, &options));
        // Whatever still blocks a thread now is not worth waiting for.
        runtime.shutdown_timeout(Duration::from_secs(1));
        served
    });
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "drydock: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: &Settings, data_dir: &DataDir, options: &ServeOptions) -> Result<()> {
    // Listened to before anything is begun, so that an early Ctrl-C is not lost.
    let mut signals = Signals::listen()?;
    data_dir.create()?;
    let _lock = data_dir.lock()?;
    let (listener, address) = bind(settings).await?;

    let launcher = own_binary()?;
    let mut standing = drydock_runtime::probe(
        &launcher,
        &Interpreters::empty(),
        settings.sandbox,
        &data_dir.code(),
    )
    .await;
    if let Some(refusal) = standing.refusal() {
        anyhow::bail!(refusal);
    }
    let cgroups = standing.take_cgroups();
    let engine = Engine::new(parts(settings, data_dir, launcher, standing, cgroups)?);
    let credentials = engine.first_start().await?;
    tokio::select! {
        started = engine.start() => started?,
        // Putting right what a large or full data folder holds may take long.
        () = signals.next() => return Ok(()),
    }

    let door = Door {
        cookie: format!("drydock_console_{}", engine.data_folder_id().await?),
        admin_token: random_hex(32),
    };
    let called = reachable(address);
    let server_file = ServerFile {
        endpoint: format!("http://{called}/v1"),
        console: format!("http://{called}"),
        pid: std::process::id(),
        version: VERSION.to_owned(),
        admin_token: door.admin_token.clone(),
    };
    let facts = Facts {
        door,
        address,
        hosts: settings.hosts.clone(),
        data_dir: data_dir.path().to_owned(),
    };
    let shared = Shared::new(engine.clone(), facts);
    let link = shared.facts.console_link(&engine.console_link_token().0);
    let mut requests = tokio::spawn({
        let (app, stopping) = (router(shared), engine.stopping());
        // Small answers go out at once.
        let listener = listener.tap_io(|stream| {
            let _ = stream.set_nodelay(true);
        });
        async move {
            axum::serve(listener, app.into_make_service_with_connect_info::<SocketAddr>())
                .with_graceful_shutdown(async move { stopping.cancelled().await })
                .await
        }
    });

    server_file.write(data_dir)?;
    announce(
        &server_file.endpoint,
        &link,
        &credentials,
        data_dir.path(),
        engine.standing(),
    );
    if !address.ip().is_loopback() {
        warn_of_other_machines(address);
    }
    if settings.console_signup {
        warn_of_console_accounts();
    }
    // Last, so that who waits for the file finds everything said.
    if let Some(path) = &options.ready_file
        && let Err(error) = write_ready(path, &server_file.endpoint, &link, &credentials)
    {
        ServerFile::remove(data_dir).context("removing server.json")?;
        return Err(error);
    }
    if options.open {
        browser::open(&link);
    }

    tokio::select! {
        () = signals.next() => {
            tracing::info!("stopping: running executions have 10 s to end; a second Ctrl-C kills them");
        }
        ended = &mut requests => {
            engine.hurry();
            anyhow::bail!("the web server ended by itself: {ended:?}");
        }
    }
    // Commands must not find a server that takes no more requests.
    ServerFile::remove(data_dir).context("removing server.json")?;
    stop(engine, requests, signals).await
}

async fn stop(
    engine: Engine,
    mut requests: tokio::task::JoinHandle<std::io::Result<()>>,
    mut signals: Signals,
) -> Result<()> {
    engine.drain();
    let hurried = engine.clone();
    let impatience = tokio::spawn(async move {
        signals.next().await;
        hurried.hurry();
    });
    match tokio::time::timeout(REQUESTS_END, &mut requests).await {
        Ok(ended) => ended
            .context("the web server panicked")?
            .context("the web server failed")?,
        Err(_) => {
            tracing::warn!(
                "some requests did not end in {} s and are left",
                REQUESTS_END.as_secs()
            );
            requests.abort();
        }
    }
    engine.stop().await;
    impatience.abort();
    Ok(())
}

fn parts(
    settings: &Settings,
    data_dir: &DataDir,
    launcher: PathBuf,
    standing: Standing,
    cgroups: Option<Arc<Cgroups>>,
) -> Result<Parts> {
    // Beside each other: making a database waits for the disk a dozen times.
    let (store, logs) = std::thread::scope(|threads| {
        let open_logs = || {
            let readers = LOG_READERS;
            Database::open(&data_dir.logs_db(), Kind::Logs, Options { readers })
        };
        let logs = threads.spawn(open_logs);
        let readers = MAIN_READERS;
        let store = Database::open(&data_dir.main_db(), Kind::Main, Options { readers });
        (store, logs.join())
    });
    let logs = logs.map_err(|_| anyhow::anyhow!("opening logs.db panicked"))?;
    Ok(Parts {
        store: store.map_err(|error| cannot_open(&data_dir.main_db(), error))?,
        logs: logs.map_err(|error| cannot_open(&data_dir.logs_db(), error))?,
        launcher,
        standing,
        cgroups,
        clock: Arc::new(SystemClock),
        seal: Seal::load_or_create(&data_dir.secrets().join("seal.key"))?,
        jwts: Jwts::load_or_create(&data_dir.secrets().join("jwt.key"))?,
        folders: Folders {
            code: data_dir.code(),
            staging: data_dir.staging(),
            scratch: data_dir.scratch(),
            standby: data_dir.standby(),
            trash: data_dir.trash(),
            contents: data_dir.contents(),
        },
        limits: Limits {
            max_concurrent: settings.executions.max_concurrent,
            max_concurrent_per_function: settings.executions.max_concurrent_per_function,
            max_waiting: settings.executions.max_waiting,
            max_upload_bytes: settings.upload.max_bytes,
            max_output_bytes: settings.output.max_bytes,
            unpack: UnpackLimits {
                max_entries: settings.archive.max_entries,
                max_unpacked_bytes: settings.archive.max_unpacked_bytes,
                max_ratio: settings.archive.max_ratio,
            },
            run: settings.limits,
            standby: settings.standby.clone(),
            retention: Retention {
                days: settings.retention.days,
                max_bytes: settings.retention.max_bytes,
            },
            rate_limits: settings.rate_limits,
            console_signup: settings.console_signup,
        },
    })
}

fn cannot_open(path: &Path, error: OpenError) -> anyhow::Error {
    // SQLite has many words for a disk that cannot be written, such as "disk I/O error".
    let hint = match error {
        OpenError::Sqlite(_) | OpenError::Migration(_) => " (a full or read-only disk looks like this too)",
        OpenError::DiskFull | OpenError::Newer { .. } | OpenError::Io(_) => "",
    };
    anyhow::Error::new(error).context(format!("cannot open {}{hint}", path.display()))
}

/// What is re-executed around each function. On Linux by the link that stays true when an upgrade replaces
/// the file while we run.
pub(crate) fn own_binary() -> Result<PathBuf> {
    if cfg!(target_os = "linux") {
        return Ok(PathBuf::from("/proc/self/exe"));
    }
    std::env::current_exe().context("finding our own binary")
}

async fn bind(settings: &Settings) -> Result<(TcpListener, SocketAddr)> {
    let wish = SocketAddr::new(settings.host, settings.port);
    let listener = TcpListener::bind(wish).await.with_context(|| {
        format!("cannot listen on {wish}: choose another port with --port N, or --port 0 for a free one")
    })?;
    let address = listener.local_addr()?;
    Ok((listener, address))
}

fn announce(endpoint: &str, link: &str, credentials: &Credentials, data_dir: &Path, standing: &Standing) {
    let sandbox = standing.level;
    let limits = match &standing.limits_by {
        LimitsBy::Nobody => "no limits".to_owned(),
        kept => format!("limits by {}", kept.as_str()),
    };
    // Nothing degrades in silence.
    let missing = standing.missing.first().map_or_else(String::new, |missing| {
        format!(
            "Sandbox   not {}: {} (`drydock doctor` says more)\n",
            missing.level.as_str(),
            missing.why
        )
    });
    let key = credentials
        .key_secret
        .as_deref()
        .unwrap_or("(none with every scope: `drydock keys create --name NAME` makes one)");
    let project = &credentials.project;
    let text = format!(
        "Drydock {VERSION}, process backend, sandbox: {sandbox}, {limits}\n{missing}\
         Data in {}\n\n\
         Console   {link}\n          (works once, for 10 minutes; `drydock console` prints a fresh one)\n\
         Endpoint  {endpoint}\n\
         Project   {project}\n\
         API key   {key}\n\n\
         With node-appwrite 4.0.2:\n\
         \x20 const sdk = require('node-appwrite');\n\
         \x20 const client = new sdk.Client().setEndpoint('{endpoint}').setProject('{project}').setKey(API_KEY);\n\
         \x20 new sdk.Functions(client).list().then(console.log);\n\n",
        data_dir.display()
    );
    // Nobody may be reading; the server serves all the same.
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// What `--allow-remote` means, said where it is in force.
fn warn_of_other_machines(address: SocketAddr) {
    let text = format!(
        "WARNING: this server listens on {address}, which other machines can reach.\n\
         \x20 Whoever has an API key or a console link can run code on this machine; anyone can sign up as a user.\n\
         \x20 Nothing is encrypted: keys, passwords and data can be read on the way.\n\
         \x20 To keep it to this machine, start it without --host.\n\n"
    );
    let _ = std::io::stdout().write_all(text.as_bytes());
}

/// What `--console-signup` means, said where it is in force.
fn warn_of_console_accounts() {
    let text = "NOTE: anyone who reaches the API can make a console account, and with it projects and functions \
                that run on this machine.\n\n";
    let _ = std::io::stdout().write_all(text.as_bytes());
}

fn write_ready(path: &Path, endpoint: &str, link: &str, credentials: &Credentials) -> Result<()> {
    let ready = Ready {
        endpoint,
        project: credentials.project.as_str(),
        key: credentials.key_secret.as_deref().unwrap_or_default(),
        console: link,
        pid: std::process::id(),
        version: VERSION,
    };
    write_private(path, &serde_json::to_vec_pretty(&ready)?)
        .with_context(|| format!("writing the ready file {}", path.display()))
}

fn log_to_stderr(format: LogFormat) {
    // RUST_LOG where it is set; our own news and other crates' warnings where not. What watches folders warns of each
    // directory that goes.
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("warn,drydock=info,notify=error"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(std::io::stderr().is_terminal());
    let set = match format {
        LogFormat::Text => log.with_target(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    if let Err(error) = set {
        let _ = writeln!(std::io::stderr(), "drydock: the log cannot be set up: {error}");
    }
}

/// What tells a server to stop: Ctrl-C, or the system.
struct Signals {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
}

impl Signals {
    #[cfg(unix)]
    fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
        })
    }

    #[cfg(unix)]
    async fn next(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
        }
    }

    #[cfg(not(unix))]
    fn listen() -> Result<Self> {
        Ok(Self {})
    }

    #[cfg(not(unix))]
    async fn next(&mut self) {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot listen for Ctrl-C");
            std::future::pending::<()>().await;
        }
    }
}
