//! The Host header must name this server: a page of another site whose name was made to resolve to
//! 127.0.0.1 (DNS rebinding) sends its own name, and gets 421.

use std::net::IpAddr;

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
    if name.is_some_and(|name| is_ours(&name, shared.facts.address.ip(), &shared.facts.hosts)) {
        return next.run(request).await;
    }
    let host = host.unwrap_or_default().to_owned();
    ApiError::from(Error::MisdirectedHost { host }).into_response()
}

/// Whether a lower-cased name is this machine, the address we listen on, or one that the user configured. Where
/// we listen on every address, any address will do: rebinding needs a name.
fn is_ours(name: &str, bound: IpAddr, configured: &[String]) -> bool {
    if matches!(name, "localhost" | "127.0.0.1" | "[::1]") || configured.iter().any(|own| own == name) {
        return true;
    }
    let address: Option<IpAddr> = name.trim_matches(['[', ']']).parse().ok();
    address.is_some_and(|address| address == bound || bound.is_unspecified())
}

/// The name that was called, without its port; empty where none was.
pub(in crate::http) fn called(headers: &HeaderMap) -> &str {
    of(headers).map_or("", name_of)
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
    fn rebinding_needs_a_name_and_finds_none() {
        let loopback = IpAddr::from([127, 0, 0, 1]);
        let everywhere = IpAddr::from([0, 0, 0, 0]);
        for own in ["localhost", "127.0.0.1", "[::1]"] {
            assert!(is_ours(own, loopback, &[]));
        }
        for foreign in [
            "evil.example",
            "localhost.evil.example",
            "192.168.1.2",
            "",
            "127.0.0.2",
        ] {
            assert!(!is_ours(foreign, loopback, &[]), "{foreign}");
        }
        assert!(is_ours("192.168.1.2", everywhere, &[]));
        assert!(is_ours("[fe80::1]", everywhere, &[]));
        assert!(!is_ours("evil.example", everywhere, &[]));
        assert!(is_ours("my.test", loopback, &["my.test".to_owned()]));
    }

    #[test]
    fn the_port_is_no_part_of_the_name() {
        assert_eq!(name_of("localhost:4747"), "localhost");
        assert_eq!(name_of("[::1]:4747"), "[::1]");
        assert_eq!(name_of("[::1]"), "[::1]");
        assert_eq!(name_of("evil.example"), "evil.example");
    }
}
