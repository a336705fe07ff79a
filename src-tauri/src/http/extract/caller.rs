//! The caller that the guard found out, for handlers.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use drydock_core::Error;
use drydock_core::caller::Caller;
use drydock_core::project::Project;

use crate::http::error::ApiError;

/// A handler's view of its caller.
#[derive(Debug, Clone)]
pub(in crate::http) struct CalledBy(pub(in crate::http) Caller);

impl<S: Sync> FromRequestParts<S> for CalledBy {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let caller = parts.extensions.get::<Caller>().cloned();
        caller
            .map(Self)
            .ok_or_else(|| Error::internal("a route without a scope asked who calls").into())
    }
}

/// A handler's view of the project that its request names.
#[derive(Debug, Clone)]
pub(in crate::http) struct InProject(pub(in crate::http) Arc<Project>);

impl<S: Sync> FromRequestParts<S> for InProject {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, ApiError> {
        let project = parts.extensions.get::<Arc<Project>>().cloned();
        project
            .map(Self)
            .ok_or_else(|| Error::internal("a route without a scope asked for its project").into())
    }
}
