//! Keeping the window on a server: what tells it to end, and what is done when a server of another command goes.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Error, Result};
use tauri::AppHandle;

use super::shell::{Shell, fresh_link};
use super::{Wish, news, settings, window};
use crate::app::{Host, PortTaken, Stops};
use crate::cli::client::Client;

/// Between the end of another command's server, or of a connection to it, and the look for the next.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Keeps the window on a server.
pub(super) struct Keeper {
    pub(super) shell: Arc<Shell>,
    pub(super) wish: Wish,
    pub(super) port_taken: PortTaken,
}

/// Why it is over.
enum Over {
    /// Somebody wants that.
    Ended,
    /// Our own server failed.
    Failed(Error),
    /// Nothing is heard of the server any more.
    Gone(Error),
}

impl Keeper {
    /// Begins, beside the thread of GTK.
    pub(super) fn begin(self, app: AppHandle, host: Host, stops: Stops) {
        let runtime = self.shell.runtime.clone();
        runtime.spawn(async move {
            let failure = self.keep(&app, host, stops).await.err();
            if let Some(error) = &failure {
                tracing::error!("{error:#}");
            }
            self.shell.end(failure);
            app.exit(0);
        });
    }

    async fn keep(&self, app: &AppHandle, mut host: Host, mut stops: Stops) -> Result<()> {
        let shell = &self.shell;
        loop {
            let client = shell.client();
            let over = tokio::select! {
                () = stops.next() => Over::Ended,
                () = shell.quit_asked() => Over::Ended,
                error = host.failed() => Over::Failed(error),
                error = news::follow(app, shell, &client) => Over::Gone(error),
            };
            match over {
                Over::Ended => {
                    window::go(app);
                    return self.end(host, stops).await;
                }
                Over::Failed(error) => {
                    window::go(app);
                    self.end(host, stops).await?;
                    return Err(error);
                }
                Over::Gone(error) => {
                    tokio::select! {
                        () = tokio::time::sleep(LOOK_AGAIN) => {}
                        () = stops.next() => return self.end(host, stops).await,
                        () = shell.quit_asked() => return self.end(host, stops).await,
                    }
                    if host.is_others() {
                        tracing::warn!("{error:#}: looking for another server, or starting one");
                        let Some(next) = self.next(app, &mut stops).await? else {
                            return Ok(());
                        };
                        host = next;
                    }
                }
            }
        }
    }

    /// The server that the window goes on with; `None` when it is told to end meanwhile.
    async fn next(&self, app: &AppHandle, stops: &mut Stops) -> Result<Option<Host>> {
        let shell = &self.shell;
        let settings = || settings(&self.wish, &shell.data_dir);
        let found = tokio::select! {
            host = Host::find_or_start(&settings, self.port_taken, &shell.data_dir, stops) => host?,
            () = shell.quit_asked() => None,
        };
        let Some(host) = found else { return Ok(None) };
        let client = Client::connect(&shell.data_dir, drydock_core::project::DEFAULT_PROJECT)?;
        let link = fresh_link(&client).await?;
        shell.reach(client);
        window::show_console(app, shell, &link)?;
        Ok(Some(host))
    }

    /// Ends our own server as `serve` ends, and leaves that of another command alone.
    async fn end(&self, host: Host, stops: Stops) -> Result<()> {
        tracing::info!("stopping: running executions have 10 s to end; to quit once more kills them");
        let (shell, hurry) = (Arc::clone(&self.shell), host.hurry());
        let impatience = tokio::spawn(async move {
            shell.quit_asked().await;
            hurry();
        });
        let stopped = host.stop(stops).await;
        impatience.abort();
        stopped
    }
}
