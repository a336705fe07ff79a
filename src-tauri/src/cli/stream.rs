//! The console's event stream (Server-Sent Events), read line by line, and an execution's output read
//! along it.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use reqwest::Response;
use serde::de::DeserializeOwned;

use super::client::{Client, root_cause};
use super::wire::{Frame, StreamEvent};

/// An event is one execution row at most; what is longer than this is no event.
const MAX_LINE_BYTES: usize = 1_000_000;

/// Events as they come.
#[derive(Debug)]
pub(crate) struct Events {
    response: Response,
    unread: Vec<u8>,
}

impl Events {
    /// Reads the body of `response`.
    pub(crate) fn new(response: Response) -> Self {
        Self {
            response,
            unread: Vec::new(),
        }
    }

    /// The next event. Nothing is lost when the wait is given up.
    ///
    /// # Errors
    /// When the server goes away.
    pub(crate) async fn next(&mut self) -> Result<StreamEvent> {
        self.next_of().await
    }

    /// The next message of another kind of stream. Nothing is lost when the wait is given up.
    ///
    /// # Errors
    /// When the server goes away.
    pub(crate) async fn next_of<T: DeserializeOwned>(&mut self) -> Result<T> {
        loop {
            while let Some(line) = take_line(&mut self.unread) {
                if let Some(event) = parse_line(&line)? {
                    return Ok(event);
                }
            }
            if self.unread.len() > MAX_LINE_BYTES {
                bail!("the server sent a line of over {MAX_LINE_BYTES} bytes");
            }
            match self.response.chunk().await {
                Ok(Some(bytes)) => self.unread.extend_from_slice(&bytes),
                Ok(None) => bail!("the server has stopped"),
                Err(error) => bail!("the connection to the server broke: {}", root_cause(&error)),
            }
        }
    }

    /// Waits for an event that `concerns` us, at most `limit`; events that came along with it are passed over.
    pub(crate) async fn wait_for(
        &mut self,
        limit: Duration,
        mut concerns: impl FnMut(&StreamEvent) -> bool,
    ) -> Result<()> {
        let first = async {
            while !concerns(&self.next().await?) {}
            anyhow::Ok(())
        };
        // The caller looks anyway when the time is over: the limit is for events that were lost.
        let Ok(arrived) = tokio::time::timeout(limit, first).await else {
            return Ok(());
        };
        arrived?;
        // One look answers all that have arrived by now.
        while let Ok(event) = tokio::time::timeout(Duration::ZERO, self.next()).await {
            concerns(&event?);
        }
        Ok(())
    }
}

fn take_line(unread: &mut Vec<u8>) -> Option<Vec<u8>> {
    let end = unread.iter().position(|&byte| byte == b'\n')?;
    let mut line: Vec<u8> = unread.drain(..=end).collect();
    while matches!(line.last(), Some(b'\n' | b'\r')) {
        line.pop();
    }
    Some(line)
}

/// Our server sends each message as one `data:` line; comments, names and blank lines say nothing.
fn parse_line<T: DeserializeOwned>(line: &[u8]) -> Result<Option<T>> {
    let Some(data) = line.strip_prefix(b"data:") else {
        return Ok(None);
    };
    serde_json::from_slice(data)
        .map(Some)
        .context("the server sent an event that this version does not know")
}

/// Reads an execution's output from its start to wherever it is.
#[derive(Debug)]
pub(crate) struct LogReader {
    execution_id: String,
    after: i64,
}

impl LogReader {
    /// From the start.
    pub(crate) fn new(execution_id: impl Into<String>) -> Self {
        Self {
            execution_id: execution_id.into(),
            after: 0,
        }
    }

    /// Gives every piece that is new to `show`.
    pub(crate) async fn read(
        &mut self,
        client: &Client,
        mut show: impl FnMut(&Frame) -> Result<()>,
    ) -> Result<()> {
        loop {
            let page = client.log(&self.execution_id, self.after).await?;
            for frame in &page.frames {
                show(frame)?;
            }
            self.after = page.next;
            if !page.more {
                return Ok(());
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::super::wire::Change;
    use super::*;

    #[test]
    fn lines_are_taken_whole_however_the_bytes_arrive() {
        let mut unread = b"data: 1\r\n\r\ndata".to_vec();
        assert_eq!(take_line(&mut unread).unwrap(), b"data: 1");
        assert_eq!(take_line(&mut unread).unwrap(), b"");
        assert_eq!(take_line(&mut unread), None);
        unread.extend_from_slice(b": 2\n");
        assert_eq!(take_line(&mut unread).unwrap(), b"data: 2");
    }

    #[test]
    fn events_are_told_apart_and_unknown_ones_passed_over() {
        let parse = |line: &str| parse_line::<StreamEvent>(line.as_bytes()).unwrap();
        assert!(parse(": heartbeat").is_none());
        assert!(parse("event: x").is_none());
        assert!(matches!(
            parse(r#"data: {"type":"hello"}"#),
            Some(StreamEvent::Other)
        ));
        let unknown = r#"data: {"type":"weather","change":"rain"}"#;
        assert!(matches!(parse(unknown), Some(StreamEvent::Other)));
        let deleted = parse(r#"data: {"type":"function","functionId":"f","change":"deleted"}"#);
        assert!(
            matches!(deleted, Some(StreamEvent::Function { function_id, change: Change::Deleted }) if function_id == "f")
        );
        assert!(matches!(
            parse(r#"data:{"type":"resync"}"#),
            Some(StreamEvent::Resync)
        ));
        let log = parse(r#"data: {"type":"log","executionId":"e"}"#);
        assert!(matches!(log, Some(StreamEvent::Log { execution_id }) if execution_id == "e"));
        assert!(parse_line::<StreamEvent>(b"data: {").is_err());
    }
}
