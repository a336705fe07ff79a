//! How the route table is written: each route with its scope, checked before its handler is reached.

use axum::Router;
use axum::extract::Request;
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use drydock_core::scope::Scope;

use super::error::ApiError;
use super::middleware::guard;
use super::state::Shared;

/// What a route asks of its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// A project, and this scope in it.
    Scope(Scope),
    /// The owner of this machine.
    Owner,
    /// Nothing; the handler itself lets in who may.
    Nothing,
}

/// A part of the route table, below one path.
pub(super) struct Routes {
    prefix: &'static str,
    shared: Shared,
    router: Router<Shared>,
}

impl Routes {
    pub(super) fn at(prefix: &'static str, shared: &Shared) -> Self {
        Self {
            prefix,
            shared: shared.clone(),
            router: Router::new(),
        }
    }

    pub(super) fn get<H, T>(self, path: &str, needs: impl Into<Needs>, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        self.route(MethodFilter::GET, path, needs.into(), handler)
    }

    pub(super) fn post<H, T>(self, path: &str, needs: impl Into<Needs>, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        self.route(MethodFilter::POST, path, needs.into(), handler)
    }

    pub(super) fn put<H, T>(self, path: &str, needs: impl Into<Needs>, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        self.route(MethodFilter::PUT, path, needs.into(), handler)
    }

    pub(super) fn patch<H, T>(self, path: &str, needs: impl Into<Needs>, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        self.route(MethodFilter::PATCH, path, needs.into(), handler)
    }

    pub(super) fn delete<H, T>(self, path: &str, needs: impl Into<Needs>, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        self.route(MethodFilter::DELETE, path, needs.into(), handler)
    }

    fn route<H, T>(self, method: MethodFilter, path: &str, needs: Needs, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        let checked: MethodRouter<Shared> = on(method, handler)
            .route_layer(axum::middleware::from_fn(outlive_the_client))
            .route_layer(from_fn_with_state((self.shared.clone(), needs), guard::check));
        Self {
            router: self.router.route(&format!("{}{path}", self.prefix), checked),
            ..self
        }
    }

    pub(super) fn into_router(self) -> Router<Shared> {
        self.router
    }
}

impl From<Scope> for Needs {
    fn from(scope: Scope) -> Self {
        Self::Scope(scope)
    }
}

/// No such route; a path with another method is none either.
pub(super) async fn not_found() -> ApiError {
    drydock_core::Error::RouteNotFound.into()
}

/// Lets a change that has begun end, also when the client leaves meanwhile: otherwise an execution could be
/// stored and never queued.
async fn outlive_the_client(request: Request, next: Next) -> Response {
    if request.method() == Method::GET || request.method() == Method::HEAD {
        return next.run(request).await;
    }
    match tokio::spawn(next.run(request)).await {
        Ok(response) => response,
        Err(error) => ApiError::from(ended_early(&error)).into_response(),
    }
}

fn ended_early(error: &tokio::task::JoinError) -> drydock_core::Error {
    drydock_core::Error::internal(format!("a handler ended early: {error}"))
}
