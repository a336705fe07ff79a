//! The Host header must name this server: a page of another site whose name was made to resolve to
//! 127.0.0.1 (DNS rebinding) sends its own name, and gets 421.

use std::future::Future;
use std::net::IpAddr;

use axum::extract::Request;
use axum::http::uri::Authority;
use axum::http::{HeaderMap, header};
use axum::response::{IntoResponse, Response};
use drydock_core::Error;

use crate::http::error::ApiError;
use crate::http::state::Facts;

pub(super) async fn check<F>(facts: &Facts, request: Request, next: impl FnOnce(Request) -> F) -> Response
where
    F: Future<Output = Response>,
{
    let ours = |authority: Option<&str>| {
        let name = authority.and_then(name_of).map(str::to_ascii_lowercase);
        name.is_some_and(|name| is_ours(&name, facts.address.ip(), &facts.hosts))
    };
    let host = of(request.headers());
    // A target may be a whole address, which then counts; the header must be right all the same.
    let target = request.uri().authority().map(Authority::as_str);
    if ours(host) && (target.is_none() || ours(target)) {
        return next(request).await;
    }
    let host = target.or(host).unwrap_or_default().to_owned();
    ApiError::from(Error::MisdirectedHost { host }).into_response()
}

/// Whether a lower-cased name is this machine, the address we listen on, or one that the user configured. Where
/// we listen on every address, any address will do: rebinding needs a name.
fn is_ours(name: &str, bound: IpAddr, configured: &[String]) -> bool {
    if is_loopback(name) || configured.iter().any(|own| own == name) {
        return true;
    }
    let address: Option<IpAddr> = name.trim_matches(['[', ']']).parse().ok();
    address.is_some_and(|address| address == bound || bound.is_unspecified())
}

/// Whether a lower-cased name always means this machine.
pub(in crate::http) fn is_loopback(name: &str) -> bool {
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

/// The name that was called, without its port; empty where none was.
pub(in crate::http) fn called(headers: &HeaderMap) -> &str {
    of(headers).and_then(name_of).unwrap_or_default()
}

/// The Host header as text; two of them are none.
pub(super) fn of(headers: &HeaderMap) -> Option<&str> {
    let mut hosts = headers.get_all(header::HOST).iter();
    let host = hosts.next()?;
    hosts.next().is_none().then(|| host.to_str().ok()).flatten()
}

/// The host without its port; `None` where there is more than that, or less.
pub(super) fn name_of(authority: &str) -> Option<&str> {
    let end = match authority.strip_prefix('[') {
        Some(rest) => rest.find(']')? + 2,
        None => authority.find(':').unwrap_or(authority.len()),
    };
    let (name, port) = authority.split_at(end);
    let is_port = port.is_empty()
        || port
            .strip_prefix(':')
            .is_some_and(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
    (is_port && !name.is_empty() && !name.contains('@')).then_some(name)
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
        assert_eq!(name_of("localhost:4747"), Some("localhost"));
        assert_eq!(name_of("[::1]:4747"), Some("[::1]"));
        assert_eq!(name_of("[::1]"), Some("[::1]"));
        assert_eq!(name_of("evil.example"), Some("evil.example"));
        for bad in [
            "",
            ":80",
            "localhost:abc",
            "localhost:80@evil",
            "u@localhost",
            "[::1]x",
            "[::1]x:1",
            "[::1",
        ] {
            assert_eq!(name_of(bad), None, "{bad}");
        }
    }
}
