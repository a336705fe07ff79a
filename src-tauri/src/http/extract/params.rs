//! A request's parameters, wherever they came from, read one by one under the contract's rules.
//!
//! GET and DELETE take them from the query (their bodies are ignored: the SDKs send some); the others from a
//! JSON, urlencoded or multipart body. `''` and null count as absent. A numeric string is a number.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use axum::http::request::Parts;
use axum::http::{Method, header};
use bytes::BytesMut;
use drydock_core::function::{MAX_VARS_BYTES, Vars};
use drydock_core::{Error, Result};
use futures_util::StreamExt;
use serde_json::{Map, Value};

use super::bracket;
use crate::http::error::ApiError;

/// Largest body that is no upload: `vars` (64 KB), `events` and `execute` fit many times over.
pub(super) const MAX_BODY_BYTES: usize = 1_000_000;

/// The parameters of one request.
#[derive(Default)]
pub(in crate::http) struct Params(Map<String, Value>);

/// Their names alone: a value may be a password.
impl fmt::Debug for Params {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Parameters that a check before the handler has read already, whatever became of them.
#[derive(Clone)]
struct ReadAhead(Arc<Mutex<Option<Result<Params>>>>);

impl<S: Sync> FromRequest<S> for Params {
    type Rejection = ApiError;

    async fn from_request(request: Request, _: &S) -> Result<Self, ApiError> {
        let (mut parts, body) = request.into_parts();
        if let Some(ReadAhead(read)) = parts.extensions.remove::<ReadAhead>()
            && let Some(read) = read.lock().unwrap_or_else(PoisonError::into_inner).take()
        {
            return Ok(read?);
        }
        Ok(Self::read(&parts, body).await?)
    }
}

async fn collect(body: Body) -> Result<Bytes> {
    let mut stream = body.into_data_stream();
    let mut body = BytesMut::new();
    while let Some(chunk) = stream.next().await {
        let chunk = chunk.map_err(|error| Error::BadBody(format!("The request body broke off: {error}")))?;
        if body.len() + chunk.len() > MAX_BODY_BYTES {
            return Err(Error::BodyTooLarge {
                limit_bytes: MAX_BODY_BYTES as u64,
            });
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body.freeze())
}

impl Params {
    async fn read(parts: &Parts, body: Body) -> Result<Self> {
        if matches!(parts.method, Method::GET | Method::HEAD | Method::DELETE) {
            return Self::of_query(parts);
        }
        Self::of_body(parts, body).await
    }

    /// Those of the query, whatever the method.
    pub(in crate::http) fn of_query(parts: &Parts) -> Result<Self> {
        Self::urlencoded(parts.uri.query().unwrap_or_default(), "query")
    }

    /// Those of the body, whatever the method.
    pub(in crate::http) async fn of_body(parts: &Parts, body: Body) -> Result<Self> {
        let content_type = parts.headers.get(header::CONTENT_TYPE);
        let content_type = content_type
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        Self::from_body(content_type, collect(body).await?).await
    }

    /// Reads them for a check before the handler, and leaves them for the handler. Those that cannot be read
    /// are none here; the handler answers why.
    pub(in crate::http) async fn read_ahead(parts: &mut Parts, body: Body) -> Self {
        let read = Self::read(parts, body).await;
        let copy = read.as_ref().map(|params| Self(params.0.clone()));
        let copy = copy.unwrap_or_default();
        parts
            .extensions
            .insert(ReadAhead(Arc::new(Mutex::new(Some(read)))));
        copy
    }

    /// From what [`bracket::insert`] gathered.
    pub(super) fn from_gathered(params: Map<String, Value>) -> Self {
        Self(bracket::with_lists(params))
    }

    async fn from_body(content_type: &str, body: Bytes) -> Result<Self> {
        if body.is_empty() {
            return Ok(Self::default());
        }
        match content_type
            .split(';')
            .next()
            .unwrap_or_default()
            .trim()
            .to_ascii_lowercase()
            .as_str()
        {
            "application/json" => Self::json(&body),
            "application/x-www-form-urlencoded" => {
                let text = std::str::from_utf8(&body)
                    .map_err(|_| Error::BadBody("The form in the request body is not UTF-8".into()))?;
                Self::urlencoded(text, "form")
            }
            "multipart/form-data" => {
                let boundary = multer::parse_boundary(content_type)
                    .map_err(|error| Error::BadBody(format!("multipart/form-data: {error}")))?;
                let stream = futures_util::stream::once(async { Ok::<_, std::convert::Infallible>(body) });
                Self::multipart(multer::Multipart::new(stream, boundary)).await
            }
            _ => Err(Error::UnsupportedContentType(content_type.to_owned())),
        }
    }

    fn json(body: &[u8]) -> Result<Self> {
        match serde_json::from_slice(body) {
            Ok(Value::Object(params)) => Ok(Self(params)),
            // How PHP writes an empty object.
            Ok(Value::Array(empty)) if empty.is_empty() => Ok(Self::default()),
            Ok(_) => Err(Error::BadBody(
                "The JSON of the request body must be an object".into(),
            )),
            Err(error) => Err(Error::BadBody(format!("The request body is not JSON: {error}"))),
        }
    }

    fn urlencoded(text: &str, place: &str) -> Result<Self> {
        bracket::parse(text)
            .map(Self)
            .ok_or_else(|| Error::BadBody(format!("The {place} has too many values or is nested too deep")))
    }

    async fn multipart(mut parts: multer::Multipart<'_>) -> Result<Self> {
        let bad = |error: multer::Error| Error::BadBody(format!("multipart/form-data: {error}"));
        let mut params = Map::new();
        while let Some(field) = parts.next_field().await.map_err(bad)? {
            let Some(name) = field.name().map(str::to_owned) else {
                continue;
            };
            let value = field.text().await.map_err(bad)?;
            bracket::insert(&mut params, &name, value);
        }
        Ok(Self::from_gathered(params))
    }

    /// The value, unless it counts as absent.
    pub(in crate::http) fn get(&self, name: &str) -> Option<&Value> {
        self.0
            .get(name)
            .filter(|value| !value.is_null() && value.as_str() != Some(""))
    }

    /// A text of at most `max` characters.
    pub(in crate::http) fn text(&self, name: &'static str, max: usize) -> Result<Option<String>> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let text = scalar(value)
            .filter(|_| !value.is_boolean())
            .ok_or_else(|| Error::invalid(name, "must be a string"))?;
        let length = text.chars().count();
        if length > max {
            return Err(Error::invalid(
                name,
                format!("at most {max} characters, this has {length}"),
            ));
        }
        Ok(Some(text))
    }

    /// A text that must be there.
    pub(in crate::http) fn required_text(&self, name: &'static str, max: usize) -> Result<String> {
        self.text(name, max)?.ok_or(Error::MissingParam { param: name })
    }

    /// A text that functions read as an environment variable.
    pub(in crate::http) fn variable_text(&self, name: &'static str, max: usize) -> Result<Option<String>> {
        let text = self.text(name, max)?;
        if text.as_ref().is_some_and(|text| text.contains('\0')) {
            let rule = "cannot hold NUL: it becomes an environment variable";
            return Err(Error::invalid(name, rule));
        }
        Ok(text)
    }

    /// A whole number within a range; a numeric string will do.
    pub(in crate::http) fn integer(
        &self,
        name: &'static str,
        range: std::ops::RangeInclusive<i64>,
        default: i64,
    ) -> Result<i64> {
        match self.get(name) {
            Some(value) => whole(name, value, range),
            None => Ok(default),
        }
    }

    /// As [`Params::integer`], of one that must be there.
    pub(in crate::http) fn required_integer(
        &self,
        name: &'static str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Result<i64> {
        whole(name, self.require(name)?, range)
    }

    /// A list of texts of at most `max` characters each.
    pub(in crate::http) fn texts(&self, name: &'static str, max: usize) -> Result<Vec<String>> {
        let Some(value) = self.get(name) else {
            return Ok(Vec::new());
        };
        let wrong = || {
            Error::invalid(
                name,
                format!("must be an array of strings of at most {max} characters"),
            )
        };
        let Value::Array(values) = value else {
            return Err(wrong());
        };
        values
            .iter()
            .map(|value| {
                value
                    .as_str()
                    .filter(|text| text.chars().count() <= max)
                    .map(str::to_owned)
            })
            .collect::<Option<_>>()
            .ok_or_else(wrong)
    }

    /// A list of texts that must be there; an empty list will do.
    pub(in crate::http) fn required_texts(&self, name: &'static str, max: usize) -> Result<Vec<String>> {
        self.require(name)?;
        self.texts(name, max)
    }

    /// As [`Params::texts`], of names that `parse` knows; each once, however often it is listed.
    pub(in crate::http) fn each_once<T: PartialEq>(
        &self,
        name: &'static str,
        max: usize,
        parse: impl Fn(&'static str, &str) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut all = Vec::new();
        for text in self.texts(name, max)? {
            let one = parse(name, &text)?;
            if !all.contains(&one) {
                all.push(one);
            }
        }
        Ok(all)
    }

    /// As [`Params::each_once`], of a list that must be there.
    pub(in crate::http) fn required_each_once<T: PartialEq>(
        &self,
        name: &'static str,
        max: usize,
        parse: impl Fn(&'static str, &str) -> Result<T>,
    ) -> Result<Vec<T>> {
        self.require(name)?;
        self.each_once(name, max, parse)
    }

    /// Yes or no, also as a number or in words, as forms and queries have it.
    pub(in crate::http) fn required_boolean(&self, name: &'static str) -> Result<bool> {
        let value = self.require(name)?;
        match scalar(value).as_deref() {
            Some("true" | "1") => Ok(true),
            Some("false" | "0") => Ok(false),
            _ => Err(Error::invalid(name, "must be true or false")),
        }
    }

    /// The value of a parameter that must be there.
    pub(super) fn require(&self, name: &'static str) -> Result<&Value> {
        self.get(name).ok_or(Error::MissingParam { param: name })
    }

    /// The members of an object, or of an empty array, of at most `max` bytes as JSON; `None` where it is absent.
    pub(super) fn object(&self, name: &'static str, max: usize) -> Result<Option<Map<String, Value>>> {
        let Some(value) = self.get(name) else {
            return Ok(None);
        };
        let members = match value {
            Value::Object(members) => members,
            Value::Array(empty) if empty.is_empty() => return Ok(Some(Map::new())),
            _ => return Err(Error::invalid(name, "must be an object of names and values")),
        };
        let size = value.to_string().len();
        if size > max {
            let rule = format!("at most {max} bytes as JSON, this has {size}");
            return Err(Error::invalid(name, rule));
        }
        Ok(Some(members.clone()))
    }

    /// Environment variables: an object of scalars, which become strings, or an empty array.
    pub(in crate::http) fn vars(&self, name: &'static str) -> Result<Vars> {
        let members = self.object(name, MAX_VARS_BYTES)?.unwrap_or_default();
        members
            .iter()
            .map(|(key, value)| variable(name, key, value))
            .collect()
    }
}

/// What an environment can hold: a name without `=`, and no NUL anywhere.
fn variable(param: &'static str, name: &str, value: &Value) -> Result<(String, String)> {
    if name.is_empty() || name.contains(['=', '\0']) {
        return Err(Error::invalid(
            param,
            format!("the name {name:?} is empty or holds '=' or NUL"),
        ));
    }
    let text = if value.is_null() {
        Some(String::new())
    } else {
        scalar(value)
    };
    match text {
        Some(text) if text.contains('\0') => {
            Err(Error::invalid(param, format!("the value of {name} holds NUL")))
        }
        Some(text) => Ok((name.to_owned(), text)),
        None => Err(Error::invalid(
            param,
            format!("the value of {name} must be a string, a number or a boolean"),
        )),
    }
}

fn whole(name: &'static str, value: &Value, range: std::ops::RangeInclusive<i64>) -> Result<i64> {
    let number = match value {
        Value::Number(number) => number
            .as_i64()
            .or_else(|| number.as_f64().filter(|f| f.fract() == 0.0).map(|f| f as i64)),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    number.filter(|number| range.contains(number)).ok_or_else(|| {
        Error::invalid(
            name,
            format!("must be a whole number from {} to {}", range.start(), range.end()),
        )
    })
}

fn scalar(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn params(value: Value) -> Params {
        let Value::Object(params) = value else {
            unreachable!("tests write objects")
        };
        Params(params)
    }

    #[test]
    fn empty_and_null_are_absent() {
        let params = params(json!({"name": "", "timeout": null}));
        assert!(matches!(
            params.required_text("name", 10),
            Err(Error::MissingParam { param: "name" })
        ));
        assert_eq!(params.integer("timeout", 1..=900, 15).unwrap(), 15);
    }

    #[test]
    fn numbers_may_be_written_as_text_but_not_otherwise() {
        let params = params(json!({"a": "7", "b": 7.0, "c": "7.5", "d": true, "e": 901, "f": [7]}));
        assert_eq!(params.integer("a", 1..=900, 0).unwrap(), 7);
        assert_eq!(params.integer("b", 1..=900, 0).unwrap(), 7);
        for name in ["c", "d", "e", "f"] {
            assert!(params.integer(name, 1..=900, 0).is_err(), "{name}");
        }
    }

    #[test]
    fn vars_take_scalars_and_keep_their_order() {
        let good = params(json!({"vars": {"Z": 1, "A": true, "N": null, "S": "x"}}))
            .vars("vars")
            .unwrap();
        let pairs: Vec<_> = good
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(pairs, [("Z", "1"), ("A", "true"), ("N", ""), ("S", "x")]);
        assert!(params(json!({"vars": []})).vars("vars").unwrap().is_empty());
        for bad in [
            json!("x"),
            json!(["x"]),
            json!({"A=B": "x"}),
            json!({"A": {"B": 1}}),
            json!({"A": "\0"}),
        ] {
            assert!(params(json!({ "vars": bad })).vars("vars").is_err());
        }
        assert!(
            params(json!({"vars": {"A": "x".repeat(MAX_VARS_BYTES)}}))
                .vars("vars")
                .is_err()
        );
    }
}
