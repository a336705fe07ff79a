//! Reading one output of a command.
//!
//! Owns: cutting it into frames at characters, and knowing when to stop. Must not: hold more than one
//! buffer of it, or wait for a pipe that some escaped process keeps open.

use std::time::Duration;

use drydock_core::clock::{Clock, SystemClock};
use drydock_core::output::{Frame, Stream, Tail, incomplete_suffix};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// As much as a pipe holds on Linux unless asked: one read empties it.
const BUFFER_BYTES: usize = 64 * 1024;

/// How long a pipe may stay open once its processes are dead. What they wrote is in the pipe already; only
/// a process that got away keeps it open.
const DRAIN_WAIT: Duration = Duration::from_secs(1);

/// How much is read once they are dead: the most that an unprivileged process can make a pipe hold. A
/// process that got away and writes without pause ends here.
const DRAIN_BYTES: usize = 1024 * 1024;

/// Where the frames go.
#[derive(Clone)]
pub(super) struct Sink {
    pub(super) frames: mpsc::Sender<Frame>,
    /// Nobody wants the run's outcome any more, so nobody has to be waited for.
    pub(super) abandoned: CancellationToken,
}

impl Sink {
    pub(super) async fn send(&self, stream: Stream, bytes: Vec<u8>) {
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
}

/// Reads `pipe` to its end and gives its tail. `dead` says that all processes of the run are.
pub(super) async fn read(
    stream: Stream,
    mut pipe: impl AsyncRead + Unpin,
    sink: Sink,
    dead: CancellationToken,
) -> String {
    let mut tail = Tail::default();
    let mut buffer = vec![0; BUFFER_BYTES];
    // The start of a character whose rest has not come yet: at most 3 bytes, at the buffer's front.
    let mut kept = 0;
    let mut drain = Drain::default();
    loop {
        let read = tokio::select! {
            biased;
            read = pipe.read(&mut buffer[kept..]) => read,
            () = drain.over(&dead) => break,
        };
        let read = match read {
            Ok(0) => break,
            Ok(read) => read,
            Err(error) => {
                tracing::warn!(%error, ?stream, "an output of a command could not be read to its end");
                break;
            }
        };
        let filled = kept + read;
        kept = incomplete_suffix(&buffer[..filled]);
        let whole = filled - kept;
        if whole > 0 {
            tail.push(&buffer[..whole]);
            sink.send(stream, buffer[..whole].to_vec()).await;
            buffer.copy_within(whole..filled, 0);
        }
        if dead.is_cancelled() && drain.exhausted_by(read) {
            break;
        }
    }
    // The output ended inside a character: its bytes count as they are.
    if kept > 0 {
        tail.push(&buffer[..kept]);
        sink.send(stream, buffer[..kept].to_vec()).await;
    }
    tail.text()
}

/// What may still be read and waited for once the processes are dead.
#[derive(Default)]
struct Drain {
    until: Option<Instant>,
    bytes: usize,
}

impl Drain {
    /// Completes when the pipe was waited for long enough. Waiting for a slow receiver does not count: a
    /// read that has something is taken first.
    async fn over(&mut self, dead: &CancellationToken) {
        dead.cancelled().await;
        let until = *self.until.get_or_insert_with(|| Instant::now() + DRAIN_WAIT);
        tokio::time::sleep_until(until).await;
    }

    fn exhausted_by(&mut self, read: usize) -> bool {
        self.bytes += read;
        self.bytes >= DRAIN_BYTES
    }
}

#[cfg(test)]
mod tests {
    use drydock_core::output::decode;
    use tokio::io::AsyncWriteExt;

    use super::*;

    fn sink() -> (Sink, mpsc::Receiver<Frame>) {
        let (frames, received) = mpsc::channel(64);
        (
            Sink {
                frames,
                abandoned: CancellationToken::new(),
            },
            received,
        )
    }

    #[tokio::test]
    async fn a_character_that_comes_in_pieces_lies_in_one_frame() {
        let (sink, mut received) = sink();
        let (mut writer, pipe) = tokio::io::duplex(64);
        let reader = tokio::spawn(read(Stream::Stdout, pipe, sink, CancellationToken::new()));
        writer.write_all(b"gr\xC3").await.unwrap();
        // Only once the first piece was read does the second one come, so they are two reads.
        assert_eq!(received.recv().await.unwrap().bytes, b"gr");
        writer.write_all(b"\xBCn \xF0\x9F").await.unwrap();
        assert_eq!(received.recv().await.unwrap().bytes, "ün ".as_bytes());
        drop(writer);
        let last = received.recv().await.unwrap();
        assert_eq!(decode(&last.bytes), "ð\u{9f}");
        assert_eq!(reader.await.unwrap(), "grün ð\u{9f}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_pipe_that_stays_open_after_the_end_is_left_with_what_it_held() {
        let (sink, mut received) = sink();
        let (mut writer, pipe) = tokio::io::duplex(64);
        let dead = CancellationToken::new();
        writer.write_all(b"last words").await.unwrap();
        dead.cancel();
        assert_eq!(read(Stream::Stderr, pipe, sink, dead).await, "last words");
        assert_eq!(received.recv().await.unwrap().bytes, b"last words");
    }

    #[tokio::test]
    async fn an_endless_writer_is_left_after_the_end() {
        let (sink, received) = sink();
        drop(received);
        let dead = CancellationToken::new();
        dead.cancel();
        let text = read(Stream::Stdout, tokio::io::repeat(b'x'), sink, dead).await;
        assert!(text.bytes().all(|byte| byte == b'x') && text.len() == 8000);
    }

    #[tokio::test]
    async fn a_receiver_that_nobody_reads_does_not_hold_an_abandoned_run() {
        let (frames, _unread) = mpsc::channel(1);
        let abandoned = CancellationToken::new();
        let sink = Sink {
            frames,
            abandoned: abandoned.clone(),
        };
        let (mut writer, pipe) = tokio::io::duplex(BUFFER_BYTES);
        let reader = tokio::spawn(read(Stream::Stdout, pipe, sink, CancellationToken::new()));
        for _ in 0..4 {
            writer.write_all(&vec![b'x'; BUFFER_BYTES / 2]).await.unwrap();
        }
        abandoned.cancel();
        drop(writer);
        assert_eq!(reader.await.unwrap().len(), 8000);
    }
}
