//! The Host header must name this server: a page of another site whose name was made to resolve to
//! 127.0.0.1 (DNS rebinding) sends its own name, and gets 421.

use axum::extract::{Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use drydock_core::Error;

use crate::http::error::ApiError;
use crate::http::state::Shared;

pub(in crate::http) async fn check(State(shared): State<Shared>, request: Request, next: Next) -> Response {
    let host = of(request.headers());
    let name = host.map(|host| name_of(host).to_ascii_lowercase());
    let bound = shared.facts.address.ip().to_string();
    match name.as_deref() {
        Some("localhost" | "127.0.0.1" | "[::1]") => next.run(request).await,
        Some(name) if name.trim_matches(['[', ']']) == bound => next.run(request).await,
        _ => {
            let host = host.unwrap_or_default().to_owned();
            ApiError::from(Error::MisdirectedHost { host }).into_response()
        }
    }
}

/// The Host header as text.
pub(super) fn of(headers: &HeaderMap) -> Option<&str> {
    headers.get(header::HOST)?.to_str().ok()
}

/// The host without its port.
pub(super) fn name_of(authority: &str) -> &str {
    match authority.strip_prefix('[').and_then(|rest| rest.find(']')) {
        Some(end) => &authority[..end + 2],
        None => authority.split(':').next().unwrap_or(authority),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_is_no_part_of_the_name() {
        assert_eq!(name_of("localhost:4747"), "localhost");
        assert_eq!(name_of("[::1]:4747"), "[::1]");
        assert_eq!(name_of("[::1]"), "[::1]");
        assert_eq!(name_of("evil.example"), "evil.example");
    }
}
