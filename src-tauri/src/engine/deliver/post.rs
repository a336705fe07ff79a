//! Sends a request to a webhook, and says what came of it in words.
//!
//! Owns: time limits, certificates, and how much of an answer is read. Must not: know what is sent, or follow where an
//! answer points: the signature is of one address.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use axum::http::{HeaderValue, Method, Request, StatusCode, header::LOCATION};
use bytes::Bytes;
use drydock_core::delivery::MAX_ANSWER_LENGTH;
use http_body_util::{BodyExt, Full};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, SignatureScheme};

use super::message::Message;

/// Until the webhook has answered: as long as the large senders of webhooks wait.
const LIMIT: Duration = Duration::from_secs(10);
/// For the body of an answer, which is for people: its status says whether the event was taken.
const BODY_LIMIT: Duration = Duration::from_secs(1);
/// Bytes that are read of an answer: [`MAX_ANSWER_LENGTH`] characters, of four bytes at most.
const MAX_ANSWER_BYTES: usize = 4 * MAX_ANSWER_LENGTH;

type Posting = Client<HttpsConnector<HttpConnector>, Full<Bytes>>;

/// The clients, made when first wanted: reading the certificates that the system trusts takes some milliseconds.
#[derive(Debug, Default)]
pub(super) struct Clients {
    checking: OnceLock<Posting>,
    trusting: OnceLock<Posting>,
}

/// What came of a request.
#[derive(Debug)]
pub(super) struct Outcome {
    pub(super) status: Option<u16>,
    pub(super) error: Option<String>,
    pub(super) answer: String,
}

impl Outcome {
    pub(super) fn failed(reason: impl Into<String>) -> Self {
        Self {
            status: None,
            error: Some(reason.into()),
            answer: String::new(),
        }
    }
}

impl Clients {
    /// Sends it, and waits for the answer.
    pub(super) async fn post(&self, message: Message, checks_certificate: bool) -> Outcome {
        let mut request = Request::new(Full::new(message.body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = message.uri;
        *request.headers_mut() = message.headers;
        let client = match self.client(checks_certificate) {
            Ok(client) => client,
            Err(reason) => return Outcome::failed(reason),
        };
        tokio::time::timeout(LIMIT, exchange(client, request))
            .await
            .unwrap_or_else(|_| Outcome::failed(format!("No answer within {} s", LIMIT.as_secs())))
    }

    fn client(&self, checks_certificate: bool) -> Result<&Posting, String> {
        let place = if checks_certificate {
            &self.checking
        } else {
            &self.trusting
        };
        if let Some(client) = place.get() {
            return Ok(client);
        }
        let client = client(checks_certificate)?;
        Ok(place.get_or_init(|| client))
    }
}

fn client(checks_certificate: bool) -> Result<Posting, String> {
    let provider = Arc::new(ring::default_provider());
    let connector = HttpsConnectorBuilder::new();
    let connector = if checks_certificate {
        connector
            .with_provider_and_native_roots(provider)
            .map_err(|error| format!("The certificates that this system trusts cannot be read: {error}"))?
    } else {
        let config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| format!("TLS cannot be set up: {error}"))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(Trusting(provider)))
            .with_no_client_auth();
        connector.with_tls_config(config)
    };
    Ok(Client::builder(TokioExecutor::new())
        // A receiver under development is restarted all the time: a connection that was kept would fail then.
        .pool_max_idle_per_host(0)
        .build(connector.https_or_http().enable_http1().build()))
}

async fn exchange(client: &Posting, request: Request<Full<Bytes>>) -> Outcome {
    let mut response = match client.request(request).await {
        Ok(response) => response,
        Err(error) => return Outcome::failed(why(&error)),
    };
    let status = response.status();
    let mut answer = Vec::new();
    let body = response.body_mut();
    let read = async {
        while answer.len() < MAX_ANSWER_BYTES
            && let Some(Ok(frame)) = body.frame().await
        {
            let data = frame.into_data().unwrap_or_default();
            answer.extend_from_slice(&data[..data.len().min(MAX_ANSWER_BYTES - answer.len())]);
        }
    };
    // What came until then.
    let _ = tokio::time::timeout(BODY_LIMIT, read).await;
    let text = String::from_utf8_lossy(&answer);
    Outcome {
        status: Some(status.as_u16()),
        error: complaint(
            status,
            response.headers().get(LOCATION).map(HeaderValue::as_bytes),
        ),
        answer: text.chars().take(MAX_ANSWER_LENGTH).collect(),
    }
}

/// Why an answer of that status does not count as delivered.
fn complaint(status: StatusCode, location: Option<&[u8]>) -> Option<String> {
    if status.is_success() {
        return None;
    }
    if let Some(to) = location.filter(|_| status.is_redirection()) {
        let to = String::from_utf8_lossy(to);
        return Some(format!(
            "Answered {status}, which is not followed: set the URL to {to}"
        ));
    }
    Some(format!("Answered {status}"))
}

/// The last cause says it: those above it say that a request failed.
fn why(error: &hyper_util::client::legacy::Error) -> String {
    let mut cause: &dyn std::error::Error = error;
    while let Some(next) = cause.source() {
        cause = next;
    }
    let what = if error.is_connect() {
        "Cannot connect"
    } else {
        "The connection ended before an answer"
    };
    format!("{what}: {cause}")
}

/// Takes any certificate: what the user asked for, as for one that signed itself.
#[derive(Debug)]
struct Trusting(Arc<CryptoProvider>);

impl ServerCertVerifier for Trusting {
    fn verify_server_cert(
        &self,
        _: &CertificateDer<'_>,
        _: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            certificate,
            signature,
            &self.0.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.signature_verification_algorithms.supported_schemes()
    }
}
