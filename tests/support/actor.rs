//! Who speaks to the server, and the requests they make.
//!
//! Owns: headers of an actor, the ways a real client writes a body. Every answer is checked before a test
//! sees it: the manners that hold for all answers, then the shape of its route in the API document.

use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use reqwest::{Body, Client, Method, multipart};
use serde_json::Value;

use crate::answer::Answer;
use crate::openapi;

/// A caller with its credentials.
#[derive(Clone, Debug)]
pub struct Actor {
    client: Client,
    origin: String,
    headers: HeaderMap,
}

impl Actor {
    /// A caller of the server at `origin` who shows nothing.
    pub fn new(origin: &str) -> Self {
        let client = Client::builder()
            .no_proxy()
            .timeout(crate::LIMIT)
            .build()
            .unwrap();
        Self {
            client,
            origin: origin.to_owned(),
            headers: HeaderMap::new(),
        }
    }

    /// The same caller with one header more, or changed.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.insert(
            HeaderName::try_from(name).unwrap(),
            HeaderValue::from_str(value).unwrap(),
        );
        self
    }

    /// The same caller without a header.
    pub fn without(mut self, name: &str) -> Self {
        self.headers.remove(name);
        self
    }

    /// A request of any method; `path` begins with `/`.
    pub fn request(&self, method: &str, path: &str) -> Request {
        let method = Method::from_bytes(method.as_bytes()).unwrap();
        let builder = self
            .client
            .request(method.clone(), format!("{}{path}", self.origin))
            .headers(self.headers.clone());
        let path = path.split('?').next().unwrap_or_default().to_owned();
        Request {
            builder,
            method,
            path,
        }
    }

    /// GET.
    pub fn get(&self, path: &str) -> Request {
        self.request("GET", path)
    }

    /// POST.
    pub fn post(&self, path: &str) -> Request {
        self.request("POST", path)
    }

    /// PUT.
    pub fn put(&self, path: &str) -> Request {
        self.request("PUT", path)
    }

    /// PATCH.
    pub fn patch(&self, path: &str) -> Request {
        self.request("PATCH", path)
    }

    /// DELETE.
    pub fn delete(&self, path: &str) -> Request {
        self.request("DELETE", path)
    }
}

/// A request in the making.
#[derive(Debug)]
#[must_use = "a request is made by send, ok or refused"]
pub struct Request {
    builder: reqwest::RequestBuilder,
    method: Method,
    path: String,
}

impl Request {
    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    /// Adds query parameters, percent-encoded.
    pub fn query(mut self, pairs: &[(&str, &str)]) -> Self {
        self.builder = self.builder.query(pairs);
        self
    }

    /// A JSON body.
    pub fn json(mut self, body: &Value) -> Self {
        self.builder = self.builder.json(body);
        self
    }

    /// A body of that content type, as it is.
    pub fn body(mut self, content_type: &str, body: impl Into<Vec<u8>>) -> Self {
        self.builder = self
            .builder
            .header("content-type", content_type)
            .body(body.into());
        self
    }

    /// A body of that content type that is sent in pieces and without a length.
    pub fn chunked(mut self, content_type: &str, body: &[u8]) -> Self {
        // 1 KB, so that a small archive too comes in several pieces.
        let pieces: Vec<std::io::Result<Vec<u8>>> =
            body.chunks(1024).map(|piece| Ok(piece.to_vec())).collect();
        self.builder = self
            .builder
            .header("content-type", content_type)
            .body(Body::wrap_stream(tokio_stream::iter(pieces)));
        self
    }

    /// A form as browsers encode it.
    pub fn form(self, body: &str) -> Self {
        self.body("application/x-www-form-urlencoded", body)
    }

    /// A multipart form.
    pub fn multipart(mut self, form: multipart::Form) -> Self {
        self.builder = self.builder.multipart(form);
        self
    }

    /// Sends it; the answer keeps the manners of all answers and the shape of its route.
    pub async fn send(self) -> Answer {
        let answer = self.send_unchecked().await;
        answer.check_manners();
        openapi::check(&answer);
        answer
    }

    /// Sends it to a place that is no part of the Appwrite API, such as the console's own.
    pub async fn send_unchecked(self) -> Answer {
        let about = format!("{} {}", self.method, self.path);
        let response = self
            .builder
            .send()
            .await
            .unwrap_or_else(|error| panic!("{about}: {error:?}"));
        Answer::read(self.method, self.path, response).await
    }

    /// Sends it to a server that may die meanwhile: `None` when it answered nothing, or not to the end. What it
    /// did answer is checked as ever.
    pub async fn attempt(self) -> Option<Answer> {
        let about = format!("{} {}", self.method, self.path);
        let in_the_api = self.path.starts_with("/v1/");
        let answer = async {
            let response = self.builder.send().await?;
            Answer::try_read(self.method, self.path, response).await
        };
        match answer.await {
            Ok(answer) => {
                if in_the_api {
                    answer.check_manners();
                    openapi::check(&answer);
                }
                Some(answer)
            }
            Err(error) => {
                assert!(!error.is_timeout(), "{about} is not answered: {error:?}");
                None
            }
        }
    }

    /// Sends it and returns as soon as the head of the answer is there, whose body may have no end.
    pub async fn open(self) -> reqwest::Response {
        self.builder.send().await.unwrap()
    }

    /// Sends it, expects that status and returns the JSON.
    pub async fn ok(self, status: u16) -> Value {
        let answer = self.send().await;
        answer.expect_status(status);
        if status == 204 { Value::Null } else { answer.json() }
    }

    /// Sends it, expects that error status and returns the message.
    pub async fn refused(self, status: u16) -> String {
        let answer = self.send().await;
        answer.expect_status(status);
        answer.message()
    }
}
