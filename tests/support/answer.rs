//! An answer, read whole, and the manners that every answer of the API keeps.

use reqwest::header::HeaderMap;
use reqwest::{Method, Response};
use serde_json::Value;

/// What an error forbids caches to do.
const NEVER_CACHED: &str = "no-cache, no-store, must-revalidate";

/// What the server answered.
#[derive(Debug)]
pub struct Answer {
    /// The request's method.
    pub method: Method,
    /// The request's path, without its query.
    pub path: String,
    /// The status.
    pub status: u16,
    /// The headers.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    pub(crate) async fn read(method: Method, path: String, response: Response) -> Self {
        Self::try_read(method, path, response).await.unwrap()
    }

    pub(crate) async fn try_read(method: Method, path: String, response: Response) -> reqwest::Result<Self> {
        let status = response.status().as_u16();
        let headers = response.headers().clone();
        let body = response.bytes().await?.to_vec();
        Ok(Self {
            method,
            path,
            status,
            headers,
            body,
        })
    }

    /// A header as text; empty when absent.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The body as JSON, its fields sorted by name: their order means nothing, and snapshots need one.
    pub fn json(&self) -> Value {
        let mut body: Value =
            serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {self}"));
        body.sort_all_objects();
        body
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8(self.body.clone()).unwrap()
    }

    /// The message of an error.
    pub fn message(&self) -> String {
        self.json()["message"]
            .as_str()
            .unwrap_or_else(|| panic!("no message in {self}"))
            .to_owned()
    }

    /// Fails with the whole answer when the status is another.
    pub fn expect_status(&self, status: u16) {
        assert_eq!(self.status, status, "{self}");
    }

    /// What contract §1 says of every answer.
    pub(crate) fn check_manners(&self) {
        assert_eq!(self.header("server"), "Appwrite", "Server header of {self}");
        assert_eq!(
            self.header("x-content-type-options"),
            "nosniff",
            "nosniff of {self}"
        );
        let content_type = self.header("content-type");
        assert!(
            !content_type.is_empty(),
            "every answer carries a Content-Type: {self}"
        );
        if self.status == 204 {
            assert_eq!(content_type, "text/html; charset=UTF-8", "{self}");
            assert!(self.body.is_empty(), "{self}");
        }
        if self.status >= 400 {
            assert_eq!(self.header("cache-control"), NEVER_CACHED, "{self}");
            assert!(content_type.starts_with("application/json"), "{self}");
            if self.method != Method::HEAD {
                self.check_error();
            }
        }
    }

    fn check_error(&self) {
        let body = self.json();
        let fields: Vec<_> = body.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(fields, ["code", "message", "version"], "{self}");
        assert_eq!(body["code"], self.status, "the code is the status: {self}");
        assert!(
            body["message"].as_str().is_some_and(|text| !text.is_empty()),
            "{self}"
        );
        assert!(
            body["version"].as_str().is_some_and(|text| !text.is_empty()),
            "{self}"
        );
    }
}

impl std::fmt::Display for Answer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let body = String::from_utf8_lossy(&self.body);
        let shown: String = body.chars().take(2000).collect();
        write!(
            f,
            "{} {} -> {} {:?}\n{shown}",
            self.method, self.path, self.status, self.headers
        )
    }
}
