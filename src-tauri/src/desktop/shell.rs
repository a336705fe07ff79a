//! What the parts of the window share.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use tauri::Url;
use tokio::runtime::Handle;
use tokio::sync::Notify;

use super::dropped::Dropped;
use super::kept::Kept;
use crate::cli::client::Client;
use crate::data_dir::DataDir;

/// What the parts of the window share.
pub(super) struct Shell {
    pub(super) data_dir: DataDir,
    pub(super) runtime: Handle,
    pub(super) dropped: Dropped,
    client: Mutex<Arc<Client>>,
    kept: Mutex<Kept>,
    /// Asked to end; asked again, to hurry.
    quit: Notify,
    /// Whether everything has ended but this window.
    over: AtomicBool,
    /// Whether it can be brought back when it is closed.
    has_tray: AtomicBool,
    failure: Mutex<Option<anyhow::Error>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // Each holds one value that is replaced whole.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Shell {
    pub(super) fn new(data_dir: DataDir, client: Client, runtime: Handle) -> Self {
        Self {
            kept: Mutex::new(Kept::read(&data_dir.window_file())),
            data_dir,
            runtime,
            dropped: Dropped::default(),
            client: Mutex::new(Arc::new(client)),
            quit: Notify::new(),
            over: AtomicBool::new(false),
            has_tray: AtomicBool::new(false),
            failure: Mutex::new(None),
        }
    }

    /// The way to the server.
    pub(super) fn client(&self) -> Arc<Client> {
        Arc::clone(&lock(&self.client))
    }

    /// From now on it is another server.
    pub(super) fn reach(&self, client: Client) {
        *lock(&self.client) = Arc::new(client);
    }

    /// Whether an address is the server's own, to the port.
    pub(super) fn is_own(&self, url: &Url) -> bool {
        Url::parse(&self.client().server().console).is_ok_and(|own| own.origin() == url.origin())
    }

    /// What is remembered.
    pub(super) fn kept(&self) -> Kept {
        lock(&self.kept).clone()
    }

    /// Changes what is remembered; written down at once only with [`Self::write_down`].
    pub(super) fn keep(&self, change: impl FnOnce(&mut Kept)) {
        change(&mut lock(&self.kept));
    }

    /// Writes down what is remembered.
    pub(super) fn write_down(&self) {
        let kept = self.kept();
        if let Err(error) = kept.write(&self.data_dir.window_file()) {
            tracing::warn!(%error, "what the window remembers cannot be written down");
        }
    }

    /// Asks for the end; once more, for a quick one.
    pub(super) fn quit(&self) {
        self.quit.notify_one();
    }

    /// Waits until somebody asks.
    pub(super) async fn quit_asked(&self) {
        self.quit.notified().await;
    }

    /// Everything else has ended, for that reason if one is named.
    pub(super) fn end(&self, failure: Option<anyhow::Error>) {
        *lock(&self.failure) = failure;
        self.over.store(true, Ordering::Release);
    }

    /// Whether everything else has ended.
    pub(super) fn is_over(&self) -> bool {
        self.over.load(Ordering::Acquire)
    }

    /// Why it ended, unless somebody wanted that.
    pub(super) fn failure(&self) -> Option<anyhow::Error> {
        lock(&self.failure).take()
    }

    pub(super) fn set_has_tray(&self, has_tray: bool) {
        self.has_tray.store(has_tray, Ordering::Release);
    }

    pub(super) fn has_tray(&self) -> bool {
        self.has_tray.load(Ordering::Acquire)
    }
}

/// A one-time link to the console.
pub(super) async fn fresh_link(client: &Client) -> Result<Url> {
    let link = client.console_link().await?;
    let url = link["url"].as_str().context("the server's answer has no link")?;
    Url::parse(url).with_context(|| format!("the server's link '{url}' is no address"))
}
