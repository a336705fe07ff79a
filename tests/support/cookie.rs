//! Cookies that an answer sets, taken apart.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use crate::answer::Answer;

/// One `Set-Cookie` of an answer.
#[derive(Clone, Debug)]
pub struct SetCookie {
    /// Its name.
    pub name: String,
    /// Its value, as it is written.
    pub value: String,
    /// Name and value of each attribute; names in small letters, no value where it has none.
    attributes: Vec<(String, String)>,
}

impl SetCookie {
    fn parse(text: &str) -> Self {
        let mut parts = text.split(';').map(|part| {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            (name.trim().to_owned(), value.trim().to_owned())
        });
        let (name, value) = parts.next().unwrap();
        let attributes = parts.map(|(name, value)| (name.to_lowercase(), value)).collect();
        Self {
            name,
            value,
            attributes,
        }
    }

    /// The value of an attribute, whose name is in small letters.
    pub fn attribute(&self, name: &str) -> Option<&str> {
        let found = self.attributes.iter().find(|(known, _)| known == name)?;
        Some(&found.1)
    }

    /// The names of its attributes, in small letters and sorted.
    pub fn attributes(&self) -> Vec<&str> {
        let mut names: Vec<_> = self.attributes.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// As a browser sends it back.
    pub fn pair(&self) -> String {
        format!("{}={}", self.name, self.value)
    }

    /// Whether it takes the cookie from the browser: no value, and an end that lies in the past.
    pub fn is_removal(&self) -> bool {
        let at_once = self
            .attribute("max-age")
            .is_some_and(|secs| secs.parse::<i64>().is_ok_and(|secs| secs <= 0));
        let long_ago = self
            .attribute("expires")
            .is_some_and(|date| date.contains(" 1970 ") || date.contains("-1970 "));
        self.value.is_empty() && (at_once || long_ago)
    }
}

impl Answer {
    /// Every cookie that the answer sets.
    pub fn cookies(&self) -> Vec<SetCookie> {
        self.headers
            .get_all("set-cookie")
            .iter()
            .map(|value| SetCookie::parse(value.to_str().unwrap()))
            .collect()
    }

    /// The cookie of that name.
    pub fn cookie(&self, name: &str) -> SetCookie {
        let mut cookies = self.cookies().into_iter().filter(|cookie| cookie.name == name);
        let cookie = cookies
            .next()
            .unwrap_or_else(|| panic!("no cookie {name} in {self}"));
        assert!(cookies.next().is_none(), "two cookies {name} in {self}");
        cookie
    }

    /// The fallback cookies that the answer hands to a page, as JSON.
    pub fn fallback_cookies(&self) -> Value {
        let text = self.header("x-fallback-cookies");
        serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text:?} in {self}"))
    }
}

/// What a session's cookie says: base64 of JSON, perhaps percent-encoded.
pub fn decoded(value: &str) -> Value {
    let value = value.replace("%3D", "=").replace("%2B", "+").replace("%2F", "/");
    let bytes = STANDARD
        .decode(&value)
        .unwrap_or_else(|error| panic!("{error}: {value}"));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{error}: {value}"))
}
