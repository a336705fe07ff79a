//! A light HTTP/1.1 client: one connection that is kept, requests made once and sent many times.
//!
//! Owns: writing a request's bytes and reading an answer's head and body. Must not: be the thing that is measured,
//! so it looks at nothing of an answer but its status and its length. Both sides of a comparison get this client.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A request as bytes. With a body it is JSON.
pub(crate) fn request(
    method: &str,
    path: &str,
    headers: &[(String, String)],
    body: Option<&Value>,
) -> Vec<u8> {
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: localhost\r\n");
    for (name, value) in headers {
        head.extend([name, ": ", value, "\r\n"]);
    }
    let body = body.map(Value::to_string).unwrap_or_default();
    if !body.is_empty() {
        head.push_str("content-type: application/json\r\n");
    }
    if !body.is_empty() || method != "GET" {
        head.extend(["content-length: ", &body.len().to_string(), "\r\n"]);
    }
    format!("{head}\r\n{body}").into_bytes()
}

/// A connection that is kept open.
pub(crate) struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

/// An answer, in the connection's buffer until the next request.
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    head: &'a [u8],
    pub(crate) body: &'a [u8],
}

impl Answer<'_> {
    pub(crate) fn json(&self, status: u16) -> Result<Value> {
        let text = String::from_utf8_lossy(self.body);
        ensure!(
            self.status == status,
            "answered {} instead of {status}: {text}",
            self.status
        );
        serde_json::from_slice(self.body).with_context(|| format!("no JSON: {text}"))
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        header(self.head, name)
    }
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            buffer: Vec::with_capacity(64 * 1024),
        })
    }

    /// Sends a request and reads its whole answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        let head = self.read_head().await?;
        let Some(length) = head.length else {
            bail!("an answer without a length, which this client does not read");
        };
        while self.buffer.len() < head.end + length {
            self.read_more().await?;
        }
        let (head_bytes, body) = self.buffer.split_at(head.end);
        Ok(Answer {
            status: head.status,
            head: head_bytes,
            body: &body[..length],
        })
    }

    /// Sends a request whose answer never ends, and hands over the stream and what of the body has come.
    pub(crate) async fn follow(mut self, request: &[u8]) -> Result<(TcpStream, Vec<u8>)> {
        self.buffer.clear();
        self.stream.write_all(request).await?;
        let head = self.read_head().await?;
        ensure!(head.status == 200, "the stream answered {}", head.status);
        ensure!(head.length.is_none(), "a stream that has an end");
        Ok((self.stream, self.buffer.split_off(head.end)))
    }

    async fn read_head(&mut self) -> Result<Head> {
        loop {
            if let Some(head) = Head::parse(&self.buffer)? {
                return Ok(head);
            }
            self.read_more().await?;
        }
    }

    async fn read_more(&mut self) -> Result<()> {
        let read = self.stream.read_buf(&mut self.buffer).await?;
        ensure!(
            read > 0,
            "the server closed the connection in the middle of an answer"
        );
        Ok(())
    }
}

/// What must be known of an answer to read it.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    /// Absent where the body comes in chunks.
    length: Option<usize>,
    /// Where the body begins.
    end: usize,
}

impl Head {
    /// `None` while it is not whole.
    fn parse(bytes: &[u8]) -> Result<Option<Self>> {
        let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else {
            return Ok(None);
        };
        let end = end + 4;
        let status = std::str::from_utf8(bytes.get(9..12).unwrap_or_default())?;
        let status = status.parse().with_context(|| format!("no status: {status}"))?;
        let length = match header(&bytes[..end], "content-length") {
            Some(length) => Some(length.parse()?),
            None if status == 204 => Some(0),
            None => None,
        };
        Ok(Some(Self { status, length, end }))
    }
}

/// The first header of that name, which is written in small letters.
fn header<'a>(head: &'a [u8], name: &str) -> Option<&'a str> {
    head.split(|byte| *byte == b'\n').skip(1).find_map(|line| {
        let rest = line.get(name.len()..)?.strip_prefix(b":")?;
        let same = line[..name.len()].eq_ignore_ascii_case(name.as_bytes());
        same.then(|| std::str::from_utf8(rest).ok().map(str::trim))
            .flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_read_when_it_is_whole_and_not_before() {
        let bytes = b"HTTP/1.1 201 Created\r\nContent-Length: 12\r\nserver: Appwrite\r\n\r\n{";
        let head = Head {
            status: 201,
            length: Some(12),
            end: bytes.len() - 1,
        };
        assert_eq!(Head::parse(bytes).unwrap(), Some(head));
        assert_eq!(Head::parse(&bytes[..bytes.len() - 2]).unwrap(), None);
    }

    #[test]
    fn a_body_in_chunks_has_no_length_and_no_content_has_none_either() {
        let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
        assert_eq!(Head::parse(chunked).unwrap().unwrap().length, None);
        let empty = b"HTTP/1.1 204 No Content\r\n\r\n";
        assert_eq!(Head::parse(empty).unwrap().unwrap().length, Some(0));
    }

    #[test]
    fn a_header_is_found_by_its_whole_name_in_any_case() {
        let head = b"HTTP/1.1 200 OK\r\nX-Set-Cookie: no\r\nSet-Cookie: a=b; Path=/\r\n\r\n";
        assert_eq!(header(head, "set-cookie"), Some("a=b; Path=/"));
        assert_eq!(header(head, "cookie"), None);
    }

    #[test]
    fn a_request_with_a_body_says_how_long_it_is() {
        let headers = [("x-appwrite-key".to_owned(), "k".to_owned())];
        let bytes = request(
            "POST",
            "/v1/x",
            &headers,
            Some(&serde_json::json!({ "data": "é" })),
        );
        let expected = "POST /v1/x HTTP/1.1\r\nhost: localhost\r\nx-appwrite-key: k\r\n\
                        content-type: application/json\r\ncontent-length: 13\r\n\r\n{\"data\":\"é\"}";
        assert_eq!(String::from_utf8(bytes).unwrap(), expected);
        let get = request("GET", "/", &[], None);
        assert_eq!(get, b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n");
    }
}
