//! The live stream: server-sent events of the console, the fastest way for anyone to see that an execution ended.
//!
//! Owns: undoing HTTP's chunks, finding the ends of executions, and the moment at which each was read from the
//! socket. Must not: do anything slow between the socket and that moment.

use std::collections::HashSet;
use std::time::{Duration, Instant};

use anyhow::{Result, bail, ensure};
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

/// Ends that may wait to be looked at: more than a measurement ever has under way.
const KEPT: usize = 100_000;

/// How long an execution may take to end: longer than any of ours does on the slowest machine.
const LIMIT: Duration = Duration::from_secs(300);

/// Something that a measurement wants to know of.
#[derive(Debug)]
pub(crate) enum News {
    /// An execution has ended.
    Ended {
        id: String,
        completed: bool,
        /// When it was read.
        at: Instant,
        /// When it ended, as the server has it: milliseconds of the epoch.
        ended_at_ms: i64,
    },
    /// The server could not keep up telling us: ends are missing.
    Missed,
}

/// An open stream, read by a task of its own. Closed when dropped.
pub(crate) struct Live {
    news: mpsc::Receiver<News>,
    reader: JoinHandle<()>,
}

impl Live {
    /// Reads what comes through `stream`; `begun` came with the answer's head.
    pub(crate) fn read(mut stream: TcpStream, begun: Vec<u8>) -> Self {
        let (tell, news) = mpsc::channel(KEPT);
        let reader = tokio::spawn(async move {
            let mut chunks = Chunks::default();
            let mut raw = begun;
            loop {
                let at = Instant::now();
                for line in chunks.lines(&raw) {
                    if let Some(news) = understand(&line, at)
                        && tell.send(news).await.is_err()
                    {
                        return;
                    }
                }
                raw.clear();
                if !matches!(stream.read_buf(&mut raw).await, Ok(1..)) {
                    return;
                }
            }
        });
        Self { news, reader }
    }

    /// The next news, or `None` when there is none until `limit`.
    pub(crate) async fn next(&mut self, limit: Instant) -> Result<Option<News>> {
        match tokio::time::timeout_at(limit.into(), self.news.recv()).await {
            Err(_) => Ok(None),
            Ok(Some(news)) => Ok(Some(news)),
            Ok(None) => bail!("the live stream ended"),
        }
    }

    /// Waits until that execution has completed, and tells when its end was read.
    pub(crate) async fn completed(&mut self, wanted: &str) -> Result<Instant> {
        self.all_completed(&[wanted.to_owned()]).await
    }

    /// Waits until those executions have completed, in whatever order, and tells when the last end was read.
    pub(crate) async fn all_completed(&mut self, wanted: &[String]) -> Result<Instant> {
        let limit = Instant::now() + LIMIT;
        let mut open: HashSet<&str> = wanted.iter().map(String::as_str).collect();
        loop {
            match self.next(limit).await? {
                Some(News::Ended {
                    id, completed, at, ..
                }) if open.remove(id.as_str()) => {
                    ensure!(completed, "execution {id} failed");
                    if open.is_empty() {
                        return Ok(at);
                    }
                }
                Some(News::Ended { .. }) => {}
                Some(News::Missed) => bail!("the live stream fell behind"),
                None => bail!(
                    "{} executions did not end within {} s",
                    open.len(),
                    LIMIT.as_secs()
                ),
            }
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// A line of the stream, where it tells of an end.
fn understand(line: &[u8], at: Instant) -> Option<News> {
    let message: Value = serde_json::from_slice(line.strip_prefix(b"data:")?).ok()?;
    match message["type"].as_str()? {
        "resync" => Some(News::Missed),
        "execution" => {
            let execution = &message["execution"];
            let completed = match execution["status"].as_str()? {
                "completed" => true,
                "failed" => false,
                _ => return None,
            };
            let id = execution["id"].as_str()?.to_owned();
            let ended_at_ms = execution["endedAtMs"].as_i64().unwrap_or_default();
            Some(News::Ended {
                id,
                completed,
                at,
                ended_at_ms,
            })
        }
        _ => None,
    }
}

/// Undoes `transfer-encoding: chunked` and cuts what was in it into lines.
#[derive(Default)]
struct Chunks {
    /// Of a size line, as far as it has come.
    size: Vec<u8>,
    /// Bytes that the open chunk still holds, with the line end behind it.
    left: usize,
    line: Vec<u8>,
}

impl Chunks {
    /// The lines that these bytes make whole.
    fn lines(&mut self, mut raw: &[u8]) -> Vec<Vec<u8>> {
        let mut lines = Vec::new();
        while let Some(&byte) = raw.first() {
            if self.left == 0 {
                raw = &raw[1..];
                self.size_byte(byte);
                continue;
            }
            let take = self.left.min(raw.len());
            let (part, rest) = raw.split_at(take);
            for (index, &byte) in part.iter().enumerate() {
                // The last two bytes are the chunk's own line end.
                if self.left - index <= 2 {
                    break;
                }
                if byte == b'\n' {
                    lines.push(std::mem::take(&mut self.line));
                } else {
                    self.line.push(byte);
                }
            }
            self.left -= take;
            raw = rest;
        }
        lines
    }

    fn size_byte(&mut self, byte: u8) {
        if byte != b'\n' {
            self.size.push(byte);
            return;
        }
        let digits: Vec<u8> = self.size.drain(..).take_while(u8::is_ascii_hexdigit).collect();
        let size = std::str::from_utf8(&digits).ok();
        let size = size.and_then(|digits| usize::from_str_radix(digits, 16).ok());
        // The last chunk is empty; nothing follows it.
        self.left = size.filter(|size| *size > 0).map_or(0, |size| size + 2);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &[u8] = b"8\r\ndata: a\n\r\n3;x=y\r\n\nda\r\nA\r\nta: bcdef\n\r\n0\r\n\r\n";

    #[test]
    fn lines_are_the_same_however_the_bytes_arrive() {
        let whole = Chunks::default().lines(RAW);
        assert_eq!(whole, [&b"data: a"[..], b"", b"data: bcdef"]);
        for size in 1..RAW.len() {
            let mut chunks = Chunks::default();
            let pieces: Vec<_> = RAW.chunks(size).flat_map(|piece| chunks.lines(piece)).collect();
            assert_eq!(pieces, whole, "in pieces of {size}");
        }
    }

    #[tokio::test]
    async fn several_ends_are_waited_for_in_whatever_order_they_come() {
        let (tell, news) = mpsc::channel(4);
        let reader = tokio::spawn(std::future::pending());
        let mut live = Live { news, reader };
        let first = Instant::now();
        let last = first + Duration::from_secs(1);
        for (id, at) in [("b", first), ("other", first), ("a", last)] {
            let news = News::Ended {
                id: id.to_owned(),
                completed: true,
                at,
                ended_at_ms: 0,
            };
            tell.send(news).await.unwrap();
        }
        let both = ["a".to_owned(), "b".to_owned()];
        assert_eq!(live.all_completed(&both).await.unwrap(), last);
    }

    #[test]
    fn only_ends_and_losses_are_news() {
        let now = Instant::now();
        let tell = |line: &str| understand(line.as_bytes(), now);
        let ended = r#"data: {"type":"execution","execution":{"id":"e1","status":"failed"}}"#;
        assert!(matches!(tell(ended), Some(News::Ended { id, completed: false, .. }) if id == "e1"));
        assert!(matches!(tell(r#"data: {"type":"resync"}"#), Some(News::Missed)));
        for line in [
            r#"data: {"type":"execution","execution":{"id":"e1","status":"processing"}}"#,
            r#"data: {"type":"hello"}"#,
            ":",
            "",
        ] {
            assert!(tell(line).is_none(), "{line}");
        }
    }
}
