//! A server for who stays with one (`dev`, the window): the one that runs, or one within this process.

use std::io;
use std::time::Duration;

use anyhow::{Result, bail};

use super::server::Server;
use super::stops::Stops;
use crate::config::Settings;
use crate::data_dir::{DataDir, LockError};
use crate::server_file::ServerFile;

/// How long a server that has the folder may take until it listens: what it puts right after a crash takes seconds.
const STARTING: Duration = Duration::from_secs(30);
const LOOK_AGAIN: Duration = Duration::from_millis(50);

/// Whose server it is.
pub(crate) enum Host {
    /// Another command's.
    Other,
    /// Ours.
    Own(Box<Server>),
}

/// Where a server listens whose port is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PortTaken {
    /// Nowhere: who is told the port relies on it.
    Fails,
    /// Wherever is room: who is shown the console does not read the port.
    TakesAnother,
}

impl Host {
    /// Finds the server of the data folder, or starts one with the settings that are read then. `None` when it was told
    /// to stop meanwhile.
    ///
    /// # Errors
    /// What keeps a server from starting, and wrong settings.
    pub(crate) async fn find_or_start(
        settings: &impl Fn() -> Result<Settings>,
        port_taken: PortTaken,
        data_dir: &DataDir,
        stops: &mut Stops,
    ) -> Result<Option<Self>> {
        let latest = tokio::time::Instant::now() + STARTING;
        while ServerFile::of_running_server(data_dir)?.is_none() {
            let held = match data_dir.locked_by() {
                Some(held) => held,
                None => match Self::start(settings()?, port_taken, data_dir, stops).await {
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
        mut settings: Settings,
        port_taken: PortTaken,
        data_dir: &DataDir,
        stops: &mut Stops,
    ) -> Result<Option<Self>> {
        let mut started = Server::start(&settings, data_dir, stops).await;
        if port_taken == PortTaken::TakesAnother
            && let Err(error) = &started
            && error
                .downcast_ref::<io::Error>()
                .is_some_and(|error| error.kind() == io::ErrorKind::AddrInUse)
        {
            settings.port = 0;
            started = Server::start(&settings, data_dir, stops).await;
        }
        Ok(started?.map(|server| Self::Own(Box::new(server))))
    }

    /// The one-time link to the console that our own server made when it started.
    pub(crate) fn own_link(&self) -> Option<String> {
        match self {
            Self::Other => None,
            Self::Own(server) => Some(server.link.clone()),
        }
    }

    /// Whether another command has the server, and may end it.
    pub(crate) fn is_others(&self) -> bool {
        matches!(self, Self::Other)
    }

    /// Whether our own server has executions that run.
    pub(crate) fn is_busy(&self) -> bool {
        match self {
            Self::Other => false,
            Self::Own(server) => server.is_busy(),
        }
    }

    /// What kills the executions that run on our own server instead of letting them end.
    #[cfg(feature = "desktop")]
    pub(crate) fn hurry(&self) -> impl FnOnce() + Send + 'static {
        let engine = match self {
            Self::Other => None,
            Self::Own(server) => Some(server.engine.clone()),
        };
        move || {
            if let Some(engine) = engine {
                engine.hurry();
            }
        }
    }

    /// Waits until our own server fails; another's end is seen by who talks to it.
    pub(crate) async fn failed(&mut self) -> anyhow::Error {
        match self {
            Self::Other => std::future::pending().await,
            Self::Own(server) => server.failed().await,
        }
    }

    /// Ends our own server, as `serve` ends.
    pub(crate) async fn stop(self, stops: Stops) -> Result<()> {
        match self {
            Self::Other => Ok(()),
            Self::Own(server) => server.stop(stops).await,
        }
    }
}
