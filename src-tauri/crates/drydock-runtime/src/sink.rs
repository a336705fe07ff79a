//! The way of a run's output to who asked for the run.
//!
//! Owns: when a frame was read, and that nobody is waited for who has left. Must not: hold output back.

use drydock_core::clock::{Clock, SystemClock};
use drydock_core::output::{Frame, Stream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::job::Ended;

/// Where the frames go.
#[derive(Clone)]
pub(crate) struct Sink {
    pub(crate) frames: mpsc::Sender<Frame>,
    /// Nobody wants the run's outcome any more, so nobody has to be waited for.
    pub(crate) abandoned: CancellationToken,
}

impl Sink {
    pub(crate) async fn send(&self, stream: Stream, bytes: Vec<u8>) {
        let frame = Frame {
            stream,
            at_ms: SystemClock.now().millis(),
            bytes,
        };
        tokio::select! {
            // A closed receiver is one that wants no live lines.
            _ = self.frames.send(frame) => {}
            () = self.abandoned.cancelled() => {}
        }
    }

    /// Shows what `ended` says in its stderr to those who watch, too.
    pub(crate) async fn tell(&self, ended: Ended) -> Ended {
        if !ended.stderr.is_empty() {
            self.send(Stream::Stderr, ended.stderr.clone().into_bytes()).await;
        }
        ended
    }
}
