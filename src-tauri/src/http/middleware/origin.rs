//! Where a browser's request comes from, and what that lets it do.

use axum::http::{HeaderMap, header};

use super::host;

/// The page behind a request, as its browser tells.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::http) struct Origin {
    /// As it was sent, to be echoed.
    pub(in crate::http) text: String,
    /// Its host; absent for `null` and for schemes without one.
    pub(in crate::http) host: Option<String>,
}

impl Origin {
    /// The Origin header or, where it is missing, the Referer's origin.
    pub(in crate::http) fn of(headers: &HeaderMap) -> Option<Self> {
        let header = |name| headers.get(name).and_then(|value| value.to_str().ok());
        let text = match header(header::ORIGIN) {
            Some(origin) => origin.to_owned(),
            None => {
                let (scheme, rest) = header(header::REFERER)?.split_once("://")?;
                format!("{scheme}://{}", rest.split(['/', '?', '#']).next()?)
            }
        };
        let host = text
            .split_once("://")
            // What is no host and port is a stranger of that whole name.
            .map(|(_, authority)| host::name_of(authority).unwrap_or(authority).to_owned())
            .filter(|host| !host.is_empty());
        Some(Self { text, host })
    }

    /// Whether it names nobody: a sandboxed frame, a file, a redirect.
    pub(in crate::http) fn is_opaque(&self) -> bool {
        self.host.is_none()
    }

    /// What kind of platform its page would be registered as.
    pub(in crate::http) fn platform(&self) -> &'static str {
        match self.text.split("://").next() {
            Some("appwrite-ios") => "iOS",
            Some("appwrite-android") => "Android",
            Some("appwrite-macos") => "macOS",
            Some("appwrite-linux") => "Linux",
            Some("appwrite-windows") => "Windows",
            _ => "Web",
        }
    }

    /// Whether it may read and change things: pages of this machine, of this very server, and what has no host
    /// and is no page in a browser: that may be anybody's frame. Host names are compared, ports are not.
    pub(in crate::http) fn is_allowed(&self, headers: &HeaderMap) -> bool {
        match self.host.as_deref() {
            None => !is_from_another_page(headers),
            Some(name) => host::is_loopback(name) || host::called(headers) == name,
        }
    }
}

/// Whether a browser says that a page of another origin is behind the request.
pub(in crate::http) fn is_from_another_page(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-site")
        .is_some_and(|site| site != "same-origin" && site != "none")
}

/// Whether a browser says that no script asked: a form, a link, an image. Older browsers say nothing.
pub(in crate::http) fn is_no_script(headers: &HeaderMap) -> bool {
    headers
        .get("sec-fetch-mode")
        .is_some_and(|mode| mode == "navigate" || mode == "no-cors")
}

/// Whether a request comes from the console's own pages: same scheme, host and port. Other ports of
/// localhost are the same site to a browser, so its cookies alone prove nothing.
pub(in crate::http) fn is_own(headers: &HeaderMap) -> bool {
    if headers
        .get("sec-fetch-site")
        .is_some_and(|site| site == "same-origin")
    {
        return true;
    }
    let own = host::of(headers).map(|host| format!("http://{host}"));
    let origin = headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok());
    origin.is_some() && origin == own.as_deref()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect()
    }

    #[test]
    fn strangers_are_not_allowed_and_neighbours_are() {
        let allowed = |origin| {
            let headers = headers(&[("host", "127.0.0.1:4747"), ("origin", origin)]);
            Origin::of(&headers).unwrap().is_allowed(&headers)
        };
        assert!(allowed("http://localhost:3000"));
        assert!(allowed("http://127.0.0.1:4747"));
        assert!(allowed("null"));
        assert!(!allowed("https://evil.example"));
        assert!(!allowed("https://localhost.evil.example"));
        assert!(!allowed("http://localhost:3000.evil.example"));
        assert!(!allowed("http://[::1].evil.example"));
        let frame = headers(&[
            ("host", "localhost"),
            ("origin", "null"),
            ("sec-fetch-site", "cross-site"),
        ]);
        assert!(!Origin::of(&frame).unwrap().is_allowed(&frame));
    }

    #[test]
    fn a_referer_stands_in_for_a_missing_origin() {
        let headers = headers(&[
            ("host", "localhost"),
            ("referer", "https://evil.example/page?x=1"),
        ]);
        assert_eq!(Origin::of(&headers).unwrap().text, "https://evil.example");
    }

    #[test]
    fn another_port_is_not_our_own_origin() {
        let own = |origin| is_own(&headers(&[("host", "localhost:4747"), ("origin", origin)]));
        assert!(own("http://localhost:4747"));
        assert!(!own("http://localhost:3000"));
        assert!(!own("https://localhost:4747"));
        assert!(!is_own(&headers(&[("host", "localhost:4747")])));
        assert!(is_own(&headers(&[
            ("host", "localhost:4747"),
            ("sec-fetch-site", "same-origin")
        ])));
        assert!(!is_own(&headers(&[
            ("host", "localhost:4747"),
            ("sec-fetch-site", "same-site")
        ])));
    }
}
