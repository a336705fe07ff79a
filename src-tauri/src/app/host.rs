//! The server that `dev` talks to: the one that runs, or one within this process.

use std::sync::Once;
use std::time::Duration;

use anyhow::{Result, bail};

use crate::app::{Server, Stops, log_to_stderr};
use crate::cli::ConfigFlag;
use crate::config::{self, Flags, Sources};
use crate::data_dir::{DataDir, LockError};
use crate::server_file::ServerFile;

/// How long a server that has the folder may take until it listens: what it puts right after a crash takes seconds.
const STARTING: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Servers may follow each other; the log is set up once.
static LOG: Once = Once::new();

/// Whose server it is.
pub(super) enum Host {
    /// Another command's.
    Other,
    /// Ours.
    Own(Box<Server>),
}

impl Host {
    /// Finds the server of the data folder, or starts one. `None` when it was told to stop meanwhile.
    ///
    /// # Errors
    /// What keeps a server from starting, and wrong settings.
    pub(super) async fn find_or_start(
        config: &ConfigFlag,
        port: Option<u16>,
        data_dir: &DataDir,
        stops: &mut Stops,
    ) -> Result<Option<Self>> {
        let latest = tokio::time::Instant::now() + STARTING;
        while ServerFile::of_running_server(data_dir)?.is_none() {
            let held = match data_dir.locked_by() {
                Some(held) => held,
                None => match Self::start(config, port, data_dir, stops).await {
                    Err(error) => match error.downcast::<LockError>()? {
                        // Another one was quicker.
                        LockError::Held(held) => held,
                        unusable @ LockError::Unusable { .. } => return Err(unusable.into()),
                    },
                    started => return started,
                },
            };
            if tokio::time::Instant::now() >= latest {
                bail!("{held}; it does not listen");
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_AGAIN) => {}
                () = stops.next() => return Ok(None),
            }
        }
        Ok(Some(Self::Other))
    }

    async fn start(
        config: &ConfigFlag,
        port: Option<u16>,
        data_dir: &DataDir,
        stops: &mut Stops,
    ) -> Result<Option<Self>> {
        let flags = Flags {
            port,
            ..Flags::default()
        };
        let sources = Sources::of_this_process(data_dir.config_file(), config.config.as_deref(), flags);
        let settings = config::load(&sources)?.settings;
        // What goes well is told by us.
        LOG.call_once(|| log_to_stderr(settings.log_format, false));
        let server = Server::start(&settings, data_dir, stops).await?;
        Ok(server.map(|server| Self::Own(Box::new(server))))
    }

    /// The one-time link to the console that our own server made when it started.
    pub(super) fn own_link(&self) -> Option<String> {
        match self {
            Self::Other => None,
            Self::Own(server) => Some(server.link.clone()),
        }
    }

    /// Whether another command has the server, and may end it.
    pub(super) fn is_others(&self) -> bool {
        matches!(self, Self::Other)
    }

    /// Whether our own server has executions that run.
    pub(super) fn is_busy(&self) -> bool {
        match self {
            Self::Other => false,
            Self::Own(server) => server.is_busy(),
        }
    }

    /// Waits until our own server fails; another's end is seen by who talks to it.
    pub(super) async fn failed(&mut self) -> anyhow::Error {
        match self {
            Self::Other => std::future::pending().await,
            Self::Own(server) => server.failed().await,
        }
    }

    /// Ends our own server, as `serve` ends.
    pub(super) async fn stop(self, stops: Stops) -> Result<()> {
        match self {
            Self::Other => Ok(()),
            Self::Own(server) => server.stop(stops).await,
        }
    }
}
