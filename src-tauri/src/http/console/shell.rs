//! The console's own files, from inside the binary. They are public; what they show is not.

use axum::extract::{Request, State};
use axum::http::{HeaderValue, Method, header};
use axum::response::{IntoResponse, Response};
use drydock_core::Error;
use rust_embed::{EmbeddedFile, RustEmbed};

use crate::http::error::ApiError;
use crate::http::middleware::guard;
use crate::http::state::Shared;

#[derive(RustEmbed)]
#[folder = "$OUT_DIR/ui"]
struct Files;

/// What a page may do: load its own files and talk to its own server, nothing else.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
     font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const INDEX: &str = "index.html";

/// A file of the console, or its page for every path that the page itself understands.
pub(in crate::http) async fn serve(State(shared): State<Shared>, request: Request) -> Response {
    let path = request.uri().path();
    let is_page = !path.starts_with("/v1") && !path.starts_with("/console/");
    if !is_page || !matches!(*request.method(), Method::GET | Method::HEAD) {
        return guard::no_route(State(shared), request).await;
    }
    let name = path.trim_start_matches('/');
    match Files::get(name) {
        // The build names these by their content: they never change.
        Some(file) if name.starts_with("assets/") => {
            answer(name, file, "public, max-age=31536000, immutable")
        }
        Some(file) if !name.is_empty() => answer(name, file, "no-cache"),
        _ if name.starts_with("assets/") => ApiError::from(Error::RouteNotFound).into_response(),
        _ => match Files::get(INDEX) {
            Some(file) => answer(INDEX, file, "no-cache"),
            None => {
                ApiError::from(Error::internal("the console was not built into this binary")).into_response()
            }
        },
    }
}

fn answer(name: &str, file: EmbeddedFile, cache: &'static str) -> Response {
    let kind = mime_guess::from_path(name).first_or_octet_stream();
    let mut response = file.data.into_owned().into_response();
    let headers = response.headers_mut();
    if let Ok(kind) = HeaderValue::from_str(kind.as_ref()) {
        headers.insert(header::CONTENT_TYPE, kind);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(cache));
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    );
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}
