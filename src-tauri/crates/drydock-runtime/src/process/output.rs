//! Reading one output of a command.
//!
//! Owns: cutting it into frames at characters, and knowing when to stop. Must not: hold more than one
//! buffer of it, or wait for a pipe that some escaped process keeps open.

use std::os::fd::AsFd;
use std::time::Duration;

use drydock_core::output::{Stream, Tail, incomplete_suffix};
use tokio::io::{AsyncRead, AsyncReadExt};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::sink::Sink;

/// As much as a pipe holds on Linux unless asked: one read empties it, and it stays in the processor's cache.
const BUFFER_BYTES: usize = 64 * 1024;

/// From here on a buffer is handed over as a frame instead of being copied: less would hold too much that is empty.
const HAND_OVER_BYTES: usize = BUFFER_BYTES / 4 * 3;

/// How long a pipe may stay open once its processes are dead. What they wrote is in the pipe already; only
/// a process that got away keeps it open.
const DRAIN_WAIT: Duration = Duration::from_secs(1);

/// The most that an unprivileged process can make a pipe hold.
const PIPE_BYTES: usize = 1024 * 1024;

/// How much is read once they are dead: all that a pipe can hold. A process that got away and writes without pause ends
/// here.
const DRAIN_BYTES: usize = PIPE_BYTES;

/// Reads `pipe` to its end and gives its tail. `dead` says that all processes of the run are.
pub(super) async fn read(
    stream: Stream,
    pipe: impl AsyncRead + AsFd + Unpin,
    sink: Sink,
    dead: CancellationToken,
) -> String {
    read_with(stream, pipe, widen, sink, dead).await
}

/// Lets the writer of a pipe be as far ahead as it may: it fills the pipe while we read, instead of in turns with us.
fn widen(pipe: &impl AsFd) {
    #[cfg(target_os = "linux")]
    {
        use nix::fcntl::{FcntlArg, fcntl};
        // Refused where the pipes of this user hold too much already. Then it stays as it is.
        let _ = fcntl(pipe, FcntlArg::F_SETPIPE_SZ(PIPE_BYTES as i32));
    }
    #[cfg(not(target_os = "linux"))]
    let _ = pipe;
}

/// As [`read`]; `widen` is called when the pipe was found full for the first time, since few ever are.
async fn read_with<P: AsyncRead + Unpin>(
    stream: Stream,
    mut pipe: P,
    widen: impl FnOnce(&P),
    sink: Sink,
    dead: CancellationToken,
) -> String {
    let mut tail = Tail::default();
    // Begins with the start of a character whose rest has not come yet: at most 3 bytes.
    let mut buffer = Vec::with_capacity(BUFFER_BYTES);
    let mut widen = Some(widen);
    let mut drain = Drain::default();
    loop {
        // Asked before: what was read sooner made room in the pipe for more.
        let is_draining = dead.is_cancelled();
        let read = tokio::select! {
            biased;
            read = pipe.read_buf(&mut buffer) => read,
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
        if buffer.len() == BUFFER_BYTES
            && let Some(widen) = widen.take()
        {
            widen(&pipe);
        }
        let whole = buffer.len() - incomplete_suffix(&buffer);
        if whole > 0 {
            tail.push(&buffer[..whole]);
            sink.send(stream, take_front(&mut buffer, whole)).await;
        }
        if is_draining && drain.exhausted_by(read) {
            break;
        }
    }
    // The output ended inside a character: its bytes count as they are.
    if !buffer.is_empty() {
        tail.push(&buffer);
        sink.send(stream, buffer).await;
    }
    tail.text()
}

/// The first `whole` bytes of the buffer, which keeps the rest and its room.
fn take_front(buffer: &mut Vec<u8>, whole: usize) -> Vec<u8> {
    if whole < HAND_OVER_BYTES {
        let front = buffer[..whole].to_vec();
        buffer.drain(..whole);
        return front;
    }
    let mut next = Vec::with_capacity(BUFFER_BYTES);
    next.extend_from_slice(&buffer[whole..]);
    let mut front = std::mem::replace(buffer, next);
    front.truncate(whole);
    front
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
    use drydock_core::output::{Frame, decode};
    use tokio::io::AsyncWriteExt;
    use tokio::sync::mpsc;

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

    /// Reads what is no pipe of the system's.
    async fn read(pipe: impl AsyncRead + Unpin, sink: Sink, dead: CancellationToken) -> String {
        read_with(Stream::Stdout, pipe, |_| {}, sink, dead).await
    }

    #[tokio::test]
    async fn a_character_that_comes_in_pieces_lies_in_one_frame() {
        let (sink, mut received) = sink();
        let (mut writer, pipe) = tokio::io::duplex(64);
        let reader = tokio::spawn(read(pipe, sink, CancellationToken::new()));
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
        assert_eq!(read(pipe, sink, dead).await, "last words");
        assert_eq!(received.recv().await.unwrap().bytes, b"last words");
    }

    #[tokio::test]
    async fn a_full_pipe_is_read_to_its_end_whoever_was_slow_before() {
        let (frames, mut received) = mpsc::channel(1);
        let sink = Sink {
            frames,
            abandoned: CancellationToken::new(),
        };
        let (mut writer, pipe) = tokio::io::duplex(PIPE_BYTES);
        let dead = CancellationToken::new();
        let reader = tokio::spawn(read(pipe, sink, dead.clone()));
        // Two frames of which nobody takes one yet: the reader waits, and has room made in the pipe.
        writer.write_all(&vec![b'1'; 2 * BUFFER_BYTES]).await.unwrap();
        writer
            .write_all(&[vec![b'2'; PIPE_BYTES - 1], vec![b'3']].concat())
            .await
            .unwrap();
        drop(writer);
        dead.cancel();

        let mut count = 0;
        while let Some(frame) = received.recv().await {
            count += frame.bytes.len();
        }

        assert_eq!(count, 2 * BUFFER_BYTES + PIPE_BYTES);
        assert!(reader.await.unwrap().ends_with('3'));
    }

    #[tokio::test]
    async fn an_endless_writer_is_left_after_the_end() {
        let (sink, received) = sink();
        drop(received);
        let dead = CancellationToken::new();
        dead.cancel();
        let text = read(tokio::io::repeat(b'x'), sink, dead).await;
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
        let reader = tokio::spawn(read(pipe, sink, CancellationToken::new()));
        for _ in 0..4 {
            writer.write_all(&vec![b'x'; BUFFER_BYTES / 2]).await.unwrap();
        }
        abandoned.cancel();
        drop(writer);
        assert_eq!(reader.await.unwrap().len(), 8000);
    }

    #[tokio::test]
    async fn a_pipe_is_widened_once_and_only_if_it_was_full() {
        for (written, times) in [(BUFFER_BYTES - 1, 0), (BUFFER_BYTES * 5, 1)] {
            let (sink, mut received) = sink();
            let text = "ü".repeat(written / 2);
            let (widened, mut widenings) = mpsc::unbounded_channel();
            let widen = move |_: &&[u8]| widened.send(()).unwrap();
            read_with(
                Stream::Stdout,
                text.as_bytes(),
                widen,
                sink,
                CancellationToken::new(),
            )
            .await;
            let mut bytes = Vec::new();
            while let Some(frame) = received.recv().await {
                assert!(std::str::from_utf8(&frame.bytes).is_ok());
                bytes.extend(frame.bytes);
            }
            assert_eq!(bytes, text.as_bytes());
            let mut counted = 0;
            while widenings.recv().await.is_some() {
                counted += 1;
            }
            assert_eq!(counted, times);
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_real_pipe_can_be_widened() {
        use nix::fcntl::{FcntlArg, fcntl};
        let (pipe, _writer) = nix::unistd::pipe().unwrap();
        let before = fcntl(&pipe, FcntlArg::F_GETPIPE_SZ).unwrap();
        widen(&pipe);
        let after = fcntl(&pipe, FcntlArg::F_GETPIPE_SZ).unwrap();
        assert!(after >= before, "{before} {after}");
    }
}
