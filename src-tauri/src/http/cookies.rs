//! Cookies of users' sessions, both ways, exactly as the contract has them (§2).
//!
//! The main cookie, one without `SameSite` for older browsers, and the same in the header `X-Fallback-Cookies`
//! for pages whose browser keeps no cookies of ours.

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponseParts, ResponseParts};
use base64::Engine as _;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig};
use base64::engine::{DecodePaddingMode, general_purpose::STANDARD};
use drydock_core::id::{ProjectId, UserId};
use drydock_core::session::LIFETIME_SECS;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::middleware::host;
use super::middleware::origin::Origin;
use crate::engine::SessionToken;

/// As the request and the answer call it.
const FALLBACK: HeaderName = HeaderName::from_static("x-fallback-cookies");

/// Reads base64 with or without its padding, which some cookie libraries drop.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

#[derive(Serialize, Deserialize)]
struct Content {
    id: String,
    secret: String,
}

/// The name of a project's cookie.
pub(super) fn name(project: &str) -> String {
    format!("a_session_{project}")
}

/// Cookies of one name that are looked at. A page on another port of this host can plant more of that name, which
/// the browser sends first; it keeps no more than 180 of a host in all.
const MAX_COOKIES: usize = 180;

/// The cookies of a request that have that name, as they were sent.
pub(super) fn values<'h>(headers: &'h HeaderMap, name: &str) -> impl Iterator<Item = &'h str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .filter(move |(found, _)| *found == name)
        .map(|(_, value)| value)
        .take(MAX_COOKIES)
}

/// The sessions that a request may mean for a project, the likeliest first: its cookies, the ones without `SameSite`,
/// then the fallback header. What cannot be read is left out; one that opens nothing, as a cookie of another server
/// on this host, must not hide the next.
pub(super) fn sessions(headers: &HeaderMap, project: &str, cookies_count: bool) -> Vec<SessionToken> {
    let name = name(project);
    let legacy = format!("{name}_legacy");
    let mut tokens: Vec<_> = if cookies_count {
        let cookies = values(headers, &name).chain(values(headers, &legacy));
        cookies.filter_map(decode).collect()
    } else {
        Vec::new()
    };
    tokens.extend(fallback(headers, &name));
    tokens
}

fn fallback(headers: &HeaderMap, name: &str) -> Option<SessionToken> {
    let text = headers.get(FALLBACK)?.to_str().ok()?;
    let cookies: Map<String, Value> = serde_json::from_str(text).ok()?;
    decode(cookies.get(name)?.as_str()?)
}

/// The text of a session: base64 of its JSON.
pub(super) fn encode(token: &SessionToken) -> String {
    let content = Content {
        id: token.user.to_string(),
        secret: token.secret.clone(),
    };
    STANDARD.encode(serde_json::to_string(&content).unwrap_or_default())
}

/// The session that such a text means.
pub(super) fn decode(text: &str) -> Option<SessionToken> {
    let text = percent_encoding::percent_decode_str(text).decode_utf8().ok()?;
    let json = LENIENT.decode(text.trim_matches('"')).ok()?;
    let content: Content = serde_json::from_slice(&json).ok()?;
    Some(SessionToken {
        user: UserId::parse("userId", &content.id).ok()?,
        secret: content.secret,
    })
}

/// What an answer does to the cookies of its client.
pub(super) struct SetCookies {
    project: ProjectId,
    /// Absent to sign out.
    value: Option<String>,
    domain: String,
    fallback: bool,
}

impl SetCookies {
    /// Signs the client in.
    pub(super) fn sign_in(headers: &HeaderMap, project: &ProjectId, token: &SessionToken) -> Self {
        Self::new(headers, project, Some(encode(token)))
    }

    /// Signs the client out.
    pub(super) fn sign_out(headers: &HeaderMap, project: &ProjectId) -> Self {
        Self::new(headers, project, None)
    }

    fn new(headers: &HeaderMap, project: &ProjectId, value: Option<String>) -> Self {
        let own = host::called(headers).to_ascii_lowercase();
        let origin = Origin::of(headers).and_then(|origin| origin.host);
        Self {
            project: project.clone(),
            value,
            domain: domain(&own),
            fallback: !origin.is_some_and(|origin| share_a_site(&own, &origin)),
        }
    }

    fn lines(&self) -> [String; 2] {
        let name = name(self.project.as_str());
        let (value, life) = match &self.value {
            Some(value) => (value.as_str(), LIFETIME_SECS),
            None => ("", 0),
        };
        let rest = format!("{value}; Path=/; Max-Age={life}; HttpOnly{}", self.domain);
        // We speak plain http, where browsers drop `SameSite=None`.
        [
            format!("{name}_legacy={rest}"),
            format!("{name}={rest}; SameSite=Lax"),
        ]
    }
}

impl IntoResponseParts for SetCookies {
    type Error = std::convert::Infallible;

    fn into_response_parts(self, mut parts: ResponseParts) -> Result<ResponseParts, Self::Error> {
        for line in self.lines() {
            if let Ok(mut line) = HeaderValue::from_str(&line) {
                line.set_sensitive(true);
                parts.headers_mut().append(header::SET_COOKIE, line);
            }
        }
        if self.fallback {
            let cookies = match &self.value {
                Some(value) => {
                    let mut cookies = Map::new();
                    cookies.insert(name(self.project.as_str()), Value::from(value.as_str()));
                    Value::Object(cookies)
                }
                None => Value::Array(Vec::new()),
            };
            if let Ok(mut cookies) = HeaderValue::from_str(&cookies.to_string()) {
                cookies.set_sensitive(true);
                parts.headers_mut().insert(FALLBACK, cookies);
            }
        }
        Ok(parts)
    }
}

/// Browsers refuse a Domain of localhost or an address.
fn domain(own: &str) -> String {
    let is_address = own.trim_matches(['[', ']']).parse::<std::net::IpAddr>().is_ok();
    if own.is_empty() || own == "localhost" || is_address {
        String::new()
    } else {
        format!("; Domain={own}")
    }
}

/// Whether page and API lie under one registrable domain, so that the page's browser keeps our cookies: the
/// same name, or one below the other. Telling siblings from strangers would take the list of public suffixes;
/// siblings get the fallback too, which does them no harm.
fn share_a_site(own: &str, page: &str) -> bool {
    let page = page.to_ascii_lowercase();
    if domain(own).is_empty() || domain(&page).is_empty() {
        return false;
    }
    let below =
        |child: &str, parent: &str| child.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.'));
    own == page || below(own, &page) || below(&page, own)
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

    fn token() -> SessionToken {
        SessionToken {
            user: UserId::trusted("ada"),
            secret: "s3cret".into(),
        }
    }

    fn shown(pairs: &[(&'static str, &str)]) -> Option<String> {
        let tokens = sessions(&headers(pairs), "default", true);
        tokens.into_iter().next().map(|token| token.secret)
    }

    #[test]
    fn a_session_is_read_from_either_cookie_or_the_fallback() {
        let text = encode(&token());
        let escaped = text.replace('=', "%3D");
        let padded = text.trim_end_matches('=').to_owned();
        for cookie in [
            format!("a_session_default={text}"),
            format!("x=1; a_session_default={escaped}; y=2"),
            format!("a_session_default={padded}"),
            format!("a_session_default=broken; a_session_default_legacy={text}"),
        ] {
            assert_eq!(shown(&[("cookie", &cookie)]).unwrap(), "s3cret", "{cookie}");
        }
        let fallback = format!(r#"{{"a_session_default":"{text}"}}"#);
        assert!(shown(&[("x-fallback-cookies", &fallback)]).is_some());
        let garbage = [
            ("cookie", "a_session_default=garbage"),
            ("x-fallback-cookies", &fallback),
        ];
        assert!(shown(&garbage).is_some(), "used where no cookie decodes");
        let planted =
            format!("a_session_default=planted; a_session_default={text}; a_session_default={text}");
        assert_eq!(
            sessions(&headers(&[("cookie", &planted)]), "default", true).len(),
            2
        );
        let other = format!("a_session_other={text}");
        assert!(shown(&[("cookie", &other)]).is_none());
        for garbage in ["", "[]", "null", "{", "{\"a_session_default\":1}"] {
            assert!(shown(&[("x-fallback-cookies", garbage)]).is_none());
        }
    }

    #[test]
    fn cookies_do_not_count_where_they_are_not_wanted() {
        let text = encode(&token());
        let cookie = format!("a_session_default={text}");
        let fallback = format!(r#"{{"a_session_default":"{text}"}}"#);
        let headers = headers(&[("cookie", &cookie)]);
        assert!(sessions(&headers, "default", false).is_empty());
        let headers = super::tests::headers(&[("x-fallback-cookies", &fallback)]);
        assert_eq!(sessions(&headers, "default", false).len(), 1);
    }

    #[test]
    fn a_domain_is_set_for_names_alone_and_the_fallback_for_other_sites() {
        let set = |host, origin| {
            let headers = headers(&[("host", host), ("origin", origin)]);
            SetCookies::sign_out(&headers, &ProjectId::trusted("p"))
        };
        assert_eq!(set("localhost:4747", "http://localhost:3000").domain, "");
        assert_eq!(set("[::1]:4747", "http://localhost:3000").domain, "");
        assert!(set("localhost:4747", "http://localhost:3000").fallback);
        let named = set("api.dev.test:4747", "http://dev.test");
        assert_eq!(named.domain, "; Domain=api.dev.test");
        assert!(!named.fallback);
        assert!(set("dev.test", "http://other.test").fallback);
        assert!(set("dev.test", "http://notdev.test").fallback);
        assert_eq!(
            set("localhost", "null").lines()[1],
            "a_session_p=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax"
        );
    }
}
