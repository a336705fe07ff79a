//! What is counted together under a rate limit, and how an answer tells where its caller stands.

use axum::body::Body;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue};
use drydock_core::caller::Caller;
use drydock_core::limit::Standing;

use super::host;
use crate::http::extract::{Params, client_ip};
use crate::http::routes::RateLimit;

/// The keys of a call. Where one names a parameter the body is read and its parameters go along with the
/// request, so that the handler does not miss them; the body that is returned is then empty.
pub(super) async fn keys(
    rate: &RateLimit,
    path: &str,
    parts: &mut Parts,
    body: Body,
    caller: &Caller,
) -> (Vec<String>, Body) {
    let by_param = rate.keys.iter().any(|template| template.contains("{param-"));
    let (params, body) = if by_param {
        let params = Params::read_ahead(parts, body).await;
        (Some(params), Body::empty())
    } else {
        (None, body)
    };
    let url = format!("{}{path}", host::called(&parts.headers).to_ascii_lowercase());
    let user = caller.user().map_or("", |user| user.id.as_str());
    let ip = client_ip(parts);
    let keys = rate.keys.iter().map(|template| {
        let project = &caller.project;
        let key = template
            .replace("{url}", &url)
            .replace("{ip}", &ip)
            .replace("{userId}", user);
        // Each route counts for itself, also where the contract's key names none.
        format!("{project} {path} {}", with_params(key, params.as_ref()))
    });
    (keys.collect(), body)
}

/// Puts parameters in their places. Letter case and spaces around do not make another key: they do not make
/// another user either.
fn with_params(mut key: String, params: Option<&Params>) -> String {
    while let Some(start) = key.find("{param-") {
        let Some(length) = key[start..].find('}') else {
            break;
        };
        let name = key[start + "{param-".len()..start + length].to_owned();
        let value = params
            .and_then(|params| params.get(&name))
            .and_then(serde_json::Value::as_str)
            .unwrap_or_default();
        let value = value.trim().to_lowercase();
        // A value must not look like a place for another.
        let value = value.replace(['{', '}'], "");
        key.replace_range(start..=start + length, &value);
    }
    key
}

/// The headers of contract §7.
pub(super) fn tell(headers: &mut HeaderMap, standing: Standing) {
    headers.insert("x-ratelimit-limit", HeaderValue::from(standing.limit));
    headers.insert("x-ratelimit-remaining", HeaderValue::from(standing.remaining));
    headers.insert("x-ratelimit-reset", HeaderValue::from(standing.reset_secs));
}
