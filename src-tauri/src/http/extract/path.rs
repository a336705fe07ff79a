//! The variable parts of a path, with our own words for what is wrong with them.

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use drydock_core::Error;
use serde::de::DeserializeOwned;

use crate::http::error::ApiError;

/// As axum's extractor of that name; what it refuses is a bad parameter of the contract.
#[derive(Debug)]
pub(in crate::http) struct Path<T>(pub(in crate::http) T);

impl<T, S> FromRequestParts<S> for Path<T>
where
    T: DeserializeOwned + Send,
    S: Send + Sync,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, ApiError> {
        match axum::extract::Path::from_request_parts(parts, state).await {
            Ok(axum::extract::Path(values)) => Ok(Self(values)),
            Err(rejection) => Err(Error::invalid("path", rejection.body_text()).into()),
        }
    }
}
