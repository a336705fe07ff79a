//! News of the server, read by a task of its own, so that who prints or waits for an editor loses the connection to
//! nobody's impatience.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::{Result, anyhow};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::cli::client::Client;
use crate::cli::stream::Events;
use crate::cli::wire::StreamEvent;

/// News kept for who is busy; of more it is told that some was missed.
const KEPT: usize = 1024;

/// The server does not answer any more.
#[derive(Debug, thiserror::Error)]
#[error("{0:#}")]
pub(super) struct Gone(anyhow::Error);

/// News as it comes.
pub(super) struct Feed {
    news: mpsc::Receiver<Result<StreamEvent>>,
    has_missed: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

impl Feed {
    /// Goes on with `events`, and with new ones of the same server where the connection breaks.
    pub(super) fn of(client: Arc<Client>, events: Events) -> Self {
        let (sender, news) = mpsc::channel(KEPT);
        let has_missed = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(read(client, events, sender, Arc::clone(&has_missed)));
        Self {
            news,
            has_missed,
            task,
        }
    }

    /// The next news. Nothing is lost when the wait is given up.
    ///
    /// # Errors
    /// [`Gone`] when the server is.
    pub(super) async fn next(&mut self) -> Result<StreamEvent> {
        if self.has_missed.swap(false, Ordering::Relaxed) {
            return Ok(StreamEvent::Resync);
        }
        match self.news.recv().await {
            Some(news) => news,
            None => Err(Gone(anyhow!("the server has stopped")).into()),
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn read(
    client: Arc<Client>,
    mut events: Events,
    sender: mpsc::Sender<Result<StreamEvent>>,
    has_missed: Arc<AtomicBool>,
) {
    loop {
        let news = match events.next().await {
            Ok(event) => Ok(event),
            // It may only have been this process that was stopped for a while.
            Err(_) => match client.events().await {
                Ok(others) => {
                    events = others;
                    has_missed.store(true, Ordering::Relaxed);
                    Ok(StreamEvent::Resync)
                }
                Err(error) => Err(Gone(error).into()),
            },
        };
        let is_last = news.is_err();
        let sent = if is_last {
            sender.send(news).await.is_ok()
        } else {
            match sender.try_send(news) {
                Err(mpsc::error::TrySendError::Full(_)) => {
                    has_missed.store(true, Ordering::Relaxed);
                    true
                }
                sent => sent.is_ok(),
            }
        };
        if is_last || !sent {
            return;
        }
    }
}
