//! Where a request comes from: its address, and browser and system by its `User-Agent`.

use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use drydock_core::agent::{Agent, Client};
use woothee::parser::{Parser, WootheeResult};

use crate::http::error::ApiError;
use crate::http::peer;

/// Longest `User-Agent` that is looked at; real ones are below 300.
const MAX_AGENT_LENGTH: usize = 1024;
/// What the library calls what it does not know.
const UNKNOWN: &str = "UNKNOWN";

/// A handler's view of who is at the other end.
pub(in crate::http) struct From(pub(in crate::http) Client);

impl<S: Sync> FromRequestParts<S> for From {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let agent = parts
            .headers
            .get(header::USER_AGENT)
            .and_then(|agent| agent.to_str().ok())
            .map(|agent| &agent[..agent.len().min(MAX_AGENT_LENGTH)]);
        Ok(Self(Client {
            ip: client_ip(parts),
            agent: agent.map(parse).unwrap_or_default(),
        }))
    }
}

/// The address of the other end; a proxy's word for it is not taken.
pub(in crate::http) fn client_ip(parts: &Parts) -> String {
    peer::ip(&parts.extensions)
        .map(|ip| ip.to_string())
        .unwrap_or_default()
}

fn parse(text: &str) -> Agent {
    let Some(found) = Parser::new().parse(text) else {
        return Agent::default();
    };
    let known = |text: &str| {
        if text == UNKNOWN {
            String::new()
        } else {
            text.to_owned()
        }
    };
    let (engine, engine_version) = engine(&found, text);
    let is_browser = found.browser_type == "browser";
    Agent {
        os_code: os_code(found.os).to_owned(),
        os_name: known(found.os),
        os_version: known(&found.os_version),
        client_type: if is_browser {
            "browser".to_owned()
        } else {
            String::new()
        },
        client_code: client_code(found.name).to_owned(),
        client_name: known(found.name),
        client_version: known(found.version),
        client_engine: engine.to_owned(),
        client_engine_version: engine_version,
        device_name: match found.category {
            "pc" => "desktop",
            "smartphone" => "smartphone",
            "mobilephone" => "feature phone",
            "appliance" => "console",
            _ => "",
        }
        .to_owned(),
        device_brand: match found.os {
            "Mac OSX" | "iPhone" | "iPad" | "iPod" => "Apple",
            _ => "",
        }
        .to_owned(),
        device_model: match found.os {
            "iPhone" | "iPad" | "iPod" => found.os,
            _ => "",
        }
        .to_owned(),
    }
}

/// The short names that Appwrite uses for systems.
fn os_code(os: &str) -> &'static str {
    match os {
        "Mac OSX" => "MAC",
        "iPhone" | "iPad" | "iPod" | "iOS" => "IOS",
        "Android" => "AND",
        "Linux" => "LIN",
        "ChromeOS" => "COS",
        "BSD" => "BSD",
        _ if os.starts_with("Windows") => "WIN",
        _ => "",
    }
}

/// The short names that Appwrite uses for browsers.
fn client_code(name: &str) -> &'static str {
    match name {
        "Chrome" => "CH",
        "Firefox" => "FF",
        "Safari" => "SF",
        "Edge" => "PS",
        "Opera" => "OP",
        "Vivaldi" => "VI",
        "Samsung Browser" => "SB",
        "Internet Explorer" => "IE",
        _ => "",
    }
}

/// The engine behind a browser, and the version it gives in the same text.
fn engine(found: &WootheeResult<'_>, text: &str) -> (&'static str, String) {
    let (engine, product) = match found.name {
        "Chrome" | "Edge" | "Opera" | "Vivaldi" | "Samsung Browser" => ("Blink", "Chrome/"),
        "Firefox" => ("Gecko", "rv:"),
        "Safari" => ("WebKit", "AppleWebKit/"),
        "Internet Explorer" => ("Trident", "Trident/"),
        _ => return ("", String::new()),
    };
    let version = text.split_once(product).map_or("", |(_, rest)| {
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && c != '.')
            .unwrap_or(rest.len());
        &rest[..end]
    });
    (engine, version.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_known_by_its_agent() {
        let chrome = parse(
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Safari/537.36",
        );
        assert_eq!(
            (
                chrome.client_type.as_str(),
                chrome.client_name.as_str(),
                chrome.client_code.as_str(),
                chrome.client_engine.as_str(),
                chrome.os_name.as_str(),
                chrome.os_code.as_str(),
                chrome.device_name.as_str()
            ),
            ("browser", "Chrome", "CH", "Blink", "Linux", "LIN", "desktop")
        );
        assert_eq!(chrome.client_version, "120.0.0.0");
        let phone = parse(
            "Mozilla/5.0 (iPhone; CPU iPhone OS 17_2 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.2 Mobile/15E148 Safari/604.1",
        );
        assert_eq!(
            (phone.device_brand.as_str(), phone.device_model.as_str()),
            ("Apple", "iPhone")
        );
        assert_eq!(phone.client_engine_version, "605.1.15");
        assert_eq!(parse("node-fetch/1.0"), Agent::default());
    }
}
