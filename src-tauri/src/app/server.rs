//! A server within this process: started in order, and stopped in order.
//!
//! Start: lock the data folder, open what it holds, listen, put right what the last server left.
//! Stop: take no more requests, let executions end for 10 s, kill the rest, write everything down.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::ServiceExt as _;
use drydock_core::id::random_hex;
use drydock_runtime::Interpreters;
use drydock_runtime::docker::HOST_IN_CONTAINERS;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::bridge;
use super::parts::parts;
use super::stops::Stops;
use crate::config::Settings;
use crate::data_dir::{DataDir, DataDirLock};
use crate::engine::{Credentials, Engine};
use crate::http::{Door, Facts, Listening, Peer, Shared, VERSION, reachable, router};
use crate::server_file::ServerFile;

/// How long open requests may take to end when the server stops; the longest is an upload.
const REQUESTS_END: Duration = Duration::from_secs(10);

/// A server that listens.
pub(crate) struct Server {
    /// As other commands find it.
    pub(crate) file: ServerFile,
    /// A one-time link to the console.
    pub(crate) link: String,
    /// What a client needs.
    pub(crate) credentials: Credentials,
    pub(super) address: SocketAddr,
    pub(super) engine: Engine,
    data_dir: DataDir,
    requests: JoinHandle<std::io::Result<()>>,
    _lock: DataDirLock,
}

impl Server {
    /// Starts it; `None` when it was told to stop before it was there.
    ///
    /// # Errors
    /// When the folder is in use or cannot be read, the port is taken, or the machine lacks what the settings ask for.
    pub(crate) async fn start(
        settings: &Settings,
        data_dir: &DataDir,
        stops: &mut Stops,
    ) -> Result<Option<Self>> {
        data_dir.create()?;
        let lock = data_dir.lock()?;
        let (listener, address) = bind(settings).await?;

        // Each connection is one, and the usual 1024 are few.
        let open_files = drydock_runtime::raise_open_files();
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
        let (door, for_containers) = bridge::door(address);
        let engine = Engine::new(parts(settings, data_dir, launcher, standing, cgroups, door)?);
        let credentials = engine.first_start().await?;
        tokio::select! {
            started = engine.start() => started?,
            // Putting right what a large or full data folder holds may take long.
            () = stops.next() => return Ok(None),
        }

        let door = Door {
            cookie: format!("drydock_console_{}", engine.data_folder_id().await?),
            admin_token: random_hex(32),
        };
        let called = reachable(address);
        let file = ServerFile {
            endpoint: format!("http://{called}/v1"),
            console: format!("http://{called}"),
            pid: std::process::id(),
            version: VERSION.to_owned(),
            admin_token: door.admin_token.clone(),
        };
        let mut hosts = settings.hosts.clone();
        if address.ip().is_unspecified() {
            // Containers call at this very socket then.
            hosts.push(HOST_IN_CONTAINERS.to_owned());
        }
        let facts = Facts {
            door,
            address,
            hosts,
            data_dir: data_dir.path().to_owned(),
            open_files,
        };
        let shared = Shared::new(engine.clone(), facts);
        let link = shared.facts.console_link(&engine.console_link_token().0);
        tokio::spawn(bridge::answer(
            for_containers,
            shared.for_containers(),
            engine.stopping(),
        ));
        let requests = answer(listener, shared, &engine);
        file.write(data_dir)?;
        Ok(Some(Self {
            file,
            link,
            credentials,
            address,
            engine,
            data_dir: data_dir.clone(),
            requests,
            _lock: lock,
        }))
    }

    /// Whether executions run.
    pub(crate) fn is_busy(&self) -> bool {
        self.engine.load().0 > 0
    }

    /// Waits until the web server ends by itself, which it never should.
    pub(crate) async fn failed(&mut self) -> anyhow::Error {
        let ended = (&mut self.requests).await;
        self.engine.hurry();
        anyhow::anyhow!("the web server ended by itself: {ended:?}")
    }

    /// Stops it; being told to stop again hurries it.
    ///
    /// # Errors
    /// When `server.json` cannot be removed, or the web server failed.
    pub(crate) async fn stop(mut self, mut stops: Stops) -> Result<()> {
        // Commands must not find a server that takes no more requests.
        ServerFile::remove(&self.data_dir).context("removing server.json")?;
        self.engine.drain();
        let hurried = self.engine.clone();
        let impatience = tokio::spawn(async move {
            stops.next().await;
            hurried.hurry();
        });
        match tokio::time::timeout(REQUESTS_END, &mut self.requests).await {
            Ok(ended) => ended
                .context("the web server panicked")?
                .context("the web server failed")?,
            Err(_) => {
                tracing::warn!(
                    "some requests did not end in {} s and are left",
                    REQUESTS_END.as_secs()
                );
                self.requests.abort();
            }
        }
        self.engine.stop().await;
        impatience.abort();
        Ok(())
    }
}

fn answer(listener: TcpListener, shared: Shared, engine: &Engine) -> JoinHandle<std::io::Result<()>> {
    let (app, stopping) = (router(shared), engine.stopping());
    tokio::spawn(async move {
        axum::serve(
            Listening(listener),
            app.into_make_service_with_connect_info::<Peer>(),
        )
        .with_graceful_shutdown(async move { stopping.cancelled().await })
        .await
    })
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
