//! A registry of images on loopback with one image, for those who know its password, and as slow as a test wants it.
//!
//! Must not: know more of the protocol than a pull needs.

use std::fs;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::archive;
use crate::chance::Chance;

/// What may go out at once, and how long the next piece waits while it is slow: a megabyte or so in a second.
const PIECE_BYTES: usize = 65_536;
const PAUSE: Duration = Duration::from_millis(50);

/// A registry, until it is dropped.
#[derive(Debug)]
pub struct Registry {
    host: String,
    is_slow: Arc<AtomicBool>,
    task: JoinHandle<()>,
}

struct Shelf {
    manifest: Vec<u8>,
    config: Vec<u8>,
    layer: Vec<u8>,
    /// What a client has to show.
    login: String,
    is_slow: Arc<AtomicBool>,
}

impl Registry {
    /// One with busybox, and 6 MB besides that take their time.
    pub async fn listen(name: &str, password: &str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let host = listener.local_addr().unwrap().to_string();
        let is_slow = Arc::new(AtomicBool::new(true));
        let (manifest, config, layer) = image();
        let shelf = Arc::new(Shelf {
            manifest,
            config,
            layer,
            login: format!("Basic {}", STANDARD.encode(format!("{name}:{password}"))),
            is_slow: Arc::clone(&is_slow),
        });
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&shelf)));
            }
        });
        Self { host, is_slow, task }
    }

    /// The name of its image.
    pub fn image(&self) -> String {
        format!("{}/team/tool:1", self.host)
    }

    /// Its own name.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// Sends the rest at once.
    pub fn hurry(&self) {
        self.is_slow.store(false, Ordering::Relaxed);
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn digest(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    let mut digits = "sha256:".to_owned();
    for byte in Sha256::digest(bytes) {
        // Cannot fail into a string.
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// Manifest, configuration and the one layer.
fn image() -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("root");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/support/image.sh");
    let filled = Command::new("sh").arg(script).arg(&root).arg("small").status();
    assert!(filled.unwrap().success());
    fs::write(root.join("ballast"), Chance::new(1).bytes(6_000_000)).unwrap();
    let tar = Command::new("tar")
        .arg("-c")
        .arg("-C")
        .arg(&root)
        .arg(".")
        .output()
        .unwrap();
    let layer = archive::gzip(&tar.stdout);
    let config = json!({
        "architecture": "amd64", "os": "linux", "config": {},
        "rootfs": { "type": "layers", "diff_ids": [digest(&tar.stdout)] }, "history": [{}]
    });
    let config = config.to_string().into_bytes();
    let of =
        |kind: &str, bytes: &[u8]| json!({ "mediaType": kind, "size": bytes.len(), "digest": digest(bytes) });
    let manifest = json!({
        "schemaVersion": 2, "mediaType": MANIFEST,
        "config": of("application/vnd.docker.container.image.v1+json", &config),
        "layers": [of("application/vnd.docker.image.rootfs.diff.tar.gzip", &layer)]
    });
    (manifest.to_string().into_bytes(), config, layer)
}

const MANIFEST: &str = "application/vnd.docker.distribution.manifest.v2+json";

/// The kind of the first record of TLS.
const TLS_HELLO: u8 = 0x16;

async fn serve(mut stream: TcpStream, shelf: Arc<Shelf>) {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") && head.len() < 10_000 {
        if !matches!(stream.read(&mut byte).await, Ok(1)) {
            return;
        }
        // A client that tries TLS first waits for an answer, which nobody would give here, for 10 seconds.
        if head.is_empty() && byte[0] == TLS_HELLO {
            return;
        }
        head.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&head).into_owned();
    let path = head.split(' ').nth(1).unwrap_or_default();
    let is_known = head.lines().any(|line| {
        let (name, value) = line.split_once(": ").unwrap_or_default();
        name.eq_ignore_ascii_case("authorization") && value == shelf.login
    });
    let (status, kind, body): (_, _, &[u8]) = match path.rsplit('/').next() {
        _ if !is_known => (
            "401 Unauthorized\r\nwww-authenticate: Basic realm=\"team\"",
            "text/plain",
            b"",
        ),
        _ if path == "/v2/" => ("200 OK", "application/json", b"{}"),
        _ if path.contains("/manifests/") => ("200 OK", MANIFEST, &shelf.manifest),
        Some(wanted) if wanted == digest(&shelf.config) => {
            ("200 OK", "application/octet-stream", &shelf.config)
        }
        Some(wanted) if wanted == digest(&shelf.layer) => {
            ("200 OK", "application/octet-stream", &shelf.layer)
        }
        _ => ("404 Not Found", "text/plain", b""),
    };
    let begin = format!(
        "HTTP/1.1 {status}\r\ncontent-type: {kind}\r\ncontent-length: {}\r\ndocker-content-digest: {}\r\nconnection: close\r\n\r\n",
        body.len(),
        digest(body)
    );
    let _ = stream.write_all(begin.as_bytes()).await;
    if !head.starts_with("HEAD ") {
        for piece in body.chunks(PIECE_BYTES) {
            if stream.write_all(piece).await.is_err() {
                return;
            }
            if shelf.is_slow.load(Ordering::Relaxed) && body.len() > 1_000_000 {
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    let _ = stream.shutdown().await;
}
