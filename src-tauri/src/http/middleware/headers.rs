//! Headers that every answer of the API carries, and the answer to a browser's preflight.

use std::future::Future;

use axum::extract::Request;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use super::origin::Origin;

/// What a page may send. Names only; the values are checked where they are used.
const ALLOW_HEADERS: &str = "Origin, Cookie, Set-Cookie, X-Requested-With, Content-Type, Cache-Control, Accept, \
     Access-Control-Allow-Origin, Access-Control-Request-Headers, Pragma, X-Fallback-Cookies, X-Appwrite-Project, \
     X-Appwrite-Key, X-Appwrite-Locale, X-Appwrite-Mode, X-Appwrite-JWT, X-Appwrite-Response-Format, X-SDK-Version, \
     Content-Range, X-Appwrite-ID";
/// On an answer whose page may read it, as the project decided.
#[derive(Debug, Clone, Copy)]
pub(super) struct EchoOrigin;

const ALLOW_METHODS: &str = "GET, POST, PUT, PATCH, DELETE, OPTIONS";

pub(super) async fn add<F>(request: Request, next: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let is_api = is_api(request.uri().path());
    let origin = Origin::of(request.headers());
    let preflight = is_api && request.method() == Method::OPTIONS;
    let of_neighbour = origin
        .as_ref()
        .is_some_and(|origin| origin.is_allowed(request.headers()));
    let is_private = is_api || request.uri().path().starts_with("/console/");
    let mut response = next(request).await;
    // A name that is not ours is not answered, preflight or not.
    let preflight = preflight && response.status() == StatusCode::NO_CONTENT;
    // A preflight is answered whoever asks. Where no project was asked (no such route), only neighbours read the
    // answer.
    let may_read = preflight || of_neighbour || response.extensions().get::<EchoOrigin>().is_some();
    let echoed = origin.filter(|_| may_read);
    let headers = response.headers_mut();
    // As many as follow, at once.
    headers.reserve(10);
    set(headers, header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    if is_private && !headers.contains_key(header::CACHE_CONTROL) {
        // Answers carry secrets, and none is right for longer than a moment.
        set(headers, header::CACHE_CONTROL, "no-store");
    }
    if is_api {
        set(headers, header::SERVER, "Appwrite");
        set(headers, header::VARY, "Origin");
        set(headers, header::ACCESS_CONTROL_ALLOW_METHODS, ALLOW_METHODS);
        set(headers, header::ACCESS_CONTROL_ALLOW_HEADERS, ALLOW_HEADERS);
        set(
            headers,
            header::ACCESS_CONTROL_EXPOSE_HEADERS,
            "X-Fallback-Cookies",
        );
        if let Some(origin) = echoed.and_then(|origin| HeaderValue::from_str(&origin.text).ok()) {
            headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
            set(headers, header::ACCESS_CONTROL_ALLOW_CREDENTIALS, "true");
        }
    }
    response
}

/// Answers a browser that asks whether it may call: the call itself is checked when it comes.
pub(super) async fn answer_preflight(request: Request, next: Next) -> Response {
    if is_api(request.uri().path()) && request.method() == Method::OPTIONS {
        no_content().into_response()
    } else {
        next.run(request).await
    }
}

/// The empty answer. The Python SDK reads a content type off every answer, so this has one too.
pub(in crate::http) fn no_content() -> impl IntoResponse {
    (
        StatusCode::NO_CONTENT,
        [(header::CONTENT_TYPE, "text/html; charset=UTF-8")],
    )
}

/// Whether a path belongs to the Appwrite API.
pub(in crate::http) fn is_api(path: &str) -> bool {
    path == "/v1" || path.starts_with("/v1/")
}

fn set(headers: &mut HeaderMap, name: HeaderName, value: &'static str) {
    headers.insert(name, HeaderValue::from_static(value));
}
