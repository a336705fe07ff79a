//! Who receives webhooks: a small HTTP server that keeps what it was sent and answers as it is told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, Mac};
use rcgen::CertifiedKey;
use sha1::Sha1;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};

use crate::poll::until;

/// What it was sent.
#[derive(Clone, Debug)]
pub struct Received {
    /// `POST /path`.
    pub call: String,
    /// By lower-cased name.
    pub headers: BTreeMap<String, String>,
    /// As text.
    pub body: String,
}

impl Received {
    /// Whether the signature is that of a URL and the body, by a key.
    pub fn is_signed(&self, url: &str, key: &str) -> bool {
        let mut mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(url.as_bytes());
        mac.update(self.body.as_bytes());
        let signature = STANDARD.decode(&self.headers["x-appwrite-webhook-signature"]);
        mac.verify_slice(&signature.unwrap()).is_ok()
    }
}

/// How it answers.
#[derive(Clone, Debug)]
pub enum Reply {
    /// With a status and a body.
    Status(u16, String),
    /// To somewhere else.
    Redirect(String),
    /// Not at all: the connection stays.
    Silence,
    /// Not at all: the connection ends.
    Close,
}

#[derive(Debug)]
struct State {
    reply: Reply,
    received: Vec<Received>,
    /// Requests that are not answered.
    held: usize,
}

/// The server.
#[derive(Debug)]
pub struct Receiver {
    address: SocketAddr,
    scheme: &'static str,
    state: Arc<Mutex<State>>,
    task: JoinHandle<()>,
    certificate: Option<String>,
}

impl Receiver {
    /// One that answers 200.
    pub async fn start() -> Self {
        Self::begin(None).await
    }

    /// One that speaks TLS with a certificate that it signed itself.
    pub async fn with_tls() -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        Self::begin(Some(rcgen::generate_simple_self_signed(names).unwrap())).await
    }

    async fn begin(tls: Option<CertifiedKey<rcgen::KeyPair>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State {
            reply: Reply::Status(200, String::new()),
            received: Vec::new(),
            held: 0,
        }));
        let certificate = tls.as_ref().map(|tls| tls.cert.pem());
        let scheme = if tls.is_some() { "https" } else { "http" };
        let acceptor = tls.map(acceptor);
        let shared = Arc::clone(&state);
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (state, acceptor) = (Arc::clone(&shared), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        None => serve(stream, &state).await,
                        Some(acceptor) => {
                            if let Ok(stream) = acceptor.accept(stream).await {
                                serve(stream, &state).await;
                            }
                        }
                    }
                });
            }
        });
        Self {
            address,
            scheme,
            state,
            task,
            certificate,
        }
    }

    /// Where it is.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// Its certificate, as a file holds it.
    pub fn certificate(&self) -> &str {
        self.certificate.as_deref().unwrap()
    }

    /// Answers like that from now on.
    pub fn answers(&self, reply: Reply) {
        self.state.lock().unwrap().reply = reply;
    }

    /// All it was sent.
    pub fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap().received.clone()
    }

    /// All it was sent, once that are so many.
    pub async fn received_after(&self, count: usize) -> Vec<Received> {
        until(&format!("{count} requests came"), async || {
            Some(self.received()).filter(|received| received.len() >= count)
        })
        .await
    }

    /// How many requests wait for an answer that does not come.
    pub fn held(&self) -> usize {
        self.state.lock().unwrap().held
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

fn acceptor(tls: CertifiedKey<rcgen::KeyPair>) -> TlsAcceptor {
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(tls.signing_key.serialize_der()));
    let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![tls.cert.der().clone()], key)
        .unwrap();
    TlsAcceptor::from(Arc::new(config))
}

async fn serve(mut stream: impl AsyncRead + AsyncWrite + Unpin, state: &Mutex<State>) {
    let Some(received) = read(&mut stream).await else {
        return;
    };
    let reply = {
        let mut state = state.lock().unwrap();
        state.received.push(received);
        state.reply.clone()
    };
    let answer = match reply {
        Reply::Status(status, body) => {
            format!(
                "HTTP/1.1 {status} It\r\ncontent-length: {}\r\n\r\n{body}",
                body.len()
            )
        }
        Reply::Redirect(to) => format!("HTTP/1.1 302 It\r\nlocation: {to}\r\ncontent-length: 0\r\n\r\n"),
        Reply::Close => return,
        Reply::Silence => {
            state.lock().unwrap().held += 1;
            // Until the other end has gone.
            let _ = stream.read(&mut [0; 1]).await;
            state.lock().unwrap().held -= 1;
            return;
        }
    };
    let _ = stream.write_all(answer.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn read(stream: &mut (impl AsyncRead + Unpin)) -> Option<Received> {
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        if let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
            let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
            let mut lines = head.lines();
            let call = lines.next()?.trim_end_matches(" HTTP/1.1").to_owned();
            let headers: BTreeMap<_, _> = lines
                .filter_map(|line| line.split_once(':'))
                .map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()))
                .collect();
            let length: usize = headers.get("content-length")?.parse().ok()?;
            if bytes.len() >= end + 4 + length {
                return Some(Received {
                    call,
                    headers,
                    body: String::from_utf8_lossy(&bytes[end + 4..]).into_owned(),
                });
            }
        }
        match stream.read(&mut chunk).await {
            Ok(0) | Err(_) => return None,
            Ok(count) => bytes.extend_from_slice(&chunk[..count]),
        }
    }
}
