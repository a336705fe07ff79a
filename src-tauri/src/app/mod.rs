//! The server as a whole, and `serve`, which is nothing else. Another command has one within it by [`Server`].

mod announce;
mod bridge;
mod host;
mod parts;
mod server;
mod stops;

use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use serde::Serialize;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::MakeWriter;

pub(crate) use host::{Host, PortTaken};
pub(crate) use server::{Server, own_binary};
pub(crate) use stops::{Stop, Stops};

use crate::browser;
use crate::config::{LogFormat, Settings};
use crate::data_dir::DataDir;
use crate::http::VERSION;
use crate::server_file::{ServerFile, write_private};

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
    log_to_stderr(settings.log_format, true);
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
    let mut stops = Stops::listen()?;
    let Some(mut server) = Server::start(settings, data_dir, &mut stops).await? else {
        return Ok(());
    };
    announce::announce(&server, data_dir, settings);
    // Last, so that who waits for the file finds everything said.
    if let Some(path) = &options.ready_file
        && let Err(error) = write_ready(path, &server)
    {
        ServerFile::remove(data_dir).context("removing server.json")?;
        return Err(error);
    }
    if options.open {
        browser::open(&server.link);
    }
    tokio::select! {
        () = stops.next() => {
            tracing::info!("stopping: running executions have 10 s to end; a second Ctrl-C kills them");
        }
        error = server.failed() => return Err(error),
    }
    server.stop(stops).await
}

fn write_ready(path: &Path, server: &Server) -> Result<()> {
    let ready = Ready {
        endpoint: &server.file.endpoint,
        project: server.credentials.project.as_str(),
        key: server.credentials.key_secret.as_deref().unwrap_or_default(),
        console: &server.link,
        pid: std::process::id(),
        version: VERSION,
    };
    write_private(path, &serde_json::to_vec_pretty(&ready)?)
        .with_context(|| format!("writing the ready file {}", path.display()))
}

/// Sets up the server's own log on stderr; `news` is whether it tells what a server does, beside what goes wrong.
pub(crate) fn log_to_stderr(format: LogFormat, news: bool) {
    log_to(std::io::stderr, std::io::stderr().is_terminal(), format, news);
}

/// As [`log_to_stderr`], elsewhere.
pub(crate) fn log_to<W>(writer: W, colours: bool, format: LogFormat, news: bool)
where
    W: for<'w> MakeWriter<'w> + Send + Sync + 'static,
{
    // RUST_LOG where it is set; our own news and other crates' warnings where not. What watches folders warns of each
    // directory that goes.
    let usual = if news {
        "warn,drydock=info,notify=error"
    } else {
        "warn,notify=error"
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(usual));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(writer)
        .with_ansi(colours);
    let set = match format {
        LogFormat::Text => log.with_target(false).try_init(),
        LogFormat::Json => log.json().try_init(),
    };
    if let Err(error) = set {
        let _ = writeln!(std::io::stderr(), "drydock: the log cannot be set up: {error}");
    }
}
