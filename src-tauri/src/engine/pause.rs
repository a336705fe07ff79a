//! Pausing: what is saved in linked folders is left alone until watching is resumed, which looks at each of them once.
//!
//! Owns: whether it is paused, which ends with the server, so that nobody wonders days later why a save does nothing. Must
//! not: keep anyone from linking a folder or uploading code, who wants that now.

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Engine;

/// What a paused link says of itself.
pub(super) const NOTICE: &str = "watching is paused: what is saved now becomes live when it is resumed";

impl Engine {
    /// Pauses or resumes the watching of all linked folders.
    pub(crate) fn pause_watching(&self, paused: bool) {
        self.0.linked.paused.send_replace(paused);
    }

    /// Whether it is paused, now and from now on.
    pub(crate) fn watching_paused(&self) -> watch::Receiver<bool> {
        self.0.linked.paused.subscribe()
    }
}

/// Waits until watching is not paused; `false` when that is not to be awaited any more.
pub(super) async fn resumed(paused: &mut watch::Receiver<bool>, stop: &CancellationToken) -> bool {
    tokio::select! {
        biased;
        () = stop.cancelled() => false,
        resumed = paused.wait_for(|paused| !paused) => resumed.is_ok(),
    }
}
