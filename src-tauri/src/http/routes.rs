//! How the route table is written: each route with what it needs, checked before its handler is reached.

use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::handler::Handler;
use axum::http::Method;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use drydock_core::caller::Caller;
use drydock_core::limit::Limit;
use drydock_core::project::{AuthMethod, Service};
use drydock_core::scope::Scope;

use crate::engine::{Engine, in_the_name_of};

use super::error::ApiError;
use super::middleware::guard;
use super::peer;
use super::state::Shared;

/// Seconds in the windows of rate limits.
pub(super) const MINUTE: i64 = 60;
/// As [`MINUTE`].
pub(super) const HOUR: i64 = 60 * 60;

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

/// How often a route may be called, and what is counted together: texts with `{url}` (host and route),
/// `{ip}`, `{userId}` and `{param-NAME}` in them.
#[derive(Debug, Clone, Copy)]
pub(super) struct RateLimit {
    pub(super) limit: Limit,
    pub(super) keys: &'static [&'static str],
}

/// Everything that is checked before a route's handler.
#[derive(Debug, Clone)]
pub(super) struct Rules {
    pub(super) needs: Needs,
    /// The route as it is written, such as `/v1/functions/{functionId}`.
    pub(super) path: String,
    /// The service it belongs to, which a project can switch off.
    pub(super) service: Option<Service>,
    /// The way to sign in that it serves, which a project can switch off.
    pub(super) auth_method: Option<AuthMethod>,
    /// Whether it is there in project `console` only.
    pub(super) console_only: bool,
    pub(super) limit: Option<RateLimit>,
}

struct Route {
    /// The method as text.
    #[cfg_attr(not(test), allow(dead_code))]
    name: &'static str,
    rules: Rules,
    handler: MethodRouter<Shared>,
}

/// A part of the route table, below one path.
pub(super) struct Routes {
    prefix: &'static str,
    service: Option<Service>,
    routes: Vec<Route>,
}

impl Routes {
    pub(super) fn at(prefix: &'static str) -> Self {
        Self {
            prefix,
            service: None,
            routes: Vec::new(),
        }
    }

    /// The routes that follow belong to this service.
    pub(super) fn service(self, service: Service) -> Self {
        Self {
            service: Some(service),
            ..self
        }
    }

    /// The routes that follow belong to no service: they cannot be switched off.
    pub(super) fn no_service(self) -> Self {
        Self {
            service: None,
            ..self
        }
    }

    pub(super) fn get<H, T>(self, path: &str, needs: impl Into<Needs>, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        self.route(MethodFilter::GET, "GET", path, needs.into(), handler)
    }

    pub(super) fn post<H, T>(self, path: &str, needs: impl Into<Needs>, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        self.route(MethodFilter::POST, "POST", path, needs.into(), handler)
    }

    pub(super) fn put<H, T>(self, path: &str, needs: impl Into<Needs>, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        self.route(MethodFilter::PUT, "PUT", path, needs.into(), handler)
    }

    pub(super) fn patch<H, T>(self, path: &str, needs: impl Into<Needs>, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        self.route(MethodFilter::PATCH, "PATCH", path, needs.into(), handler)
    }

    pub(super) fn delete<H, T>(self, path: &str, needs: impl Into<Needs>, handler: H) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        self.route(MethodFilter::DELETE, "DELETE", path, needs.into(), handler)
    }

    /// The last route may be called so often in a window of so many seconds.
    pub(super) fn limited(self, calls: u32, window_secs: i64, keys: &'static [&'static str]) -> Self {
        let limit = Limit { calls, window_secs };
        self.last(|rules| rules.limit = Some(RateLimit { limit, keys }))
    }

    /// The last route serves this way to sign in.
    pub(super) fn signs_in_by(self, method: AuthMethod) -> Self {
        self.last(|rules| rules.auth_method = Some(method))
    }

    /// The last route is there in project `console` only.
    pub(super) fn console_only(self) -> Self {
        self.last(|rules| rules.console_only = true)
    }

    fn last(mut self, change: impl FnOnce(&mut Rules)) -> Self {
        if let Some(route) = self.routes.last_mut() {
            change(&mut route.rules);
        }
        self
    }

    fn route<H, T>(
        mut self,
        method: MethodFilter,
        name: &'static str,
        path: &str,
        needs: Needs,
        handler: H,
    ) -> Self
    where
        H: Handler<T, Shared>,
        T: 'static,
    {
        self.routes.push(Route {
            name,
            rules: Rules {
                needs,
                path: format!("{}{path}", self.prefix),
                service: self.service,
                auth_method: None,
                console_only: false,
                limit: None,
            },
            handler: on(method, handler),
        });
        self
    }

    /// A line for each route: method, path, what it needs, and `console` where it is there only.
    #[cfg(test)]
    pub(super) fn lines(&self) -> impl Iterator<Item = String> + '_ {
        self.routes.iter().map(|route| {
            let needs = match route.rules.needs {
                Needs::Scope(scope) => scope.as_str(),
                Needs::Owner => "owner",
                Needs::Nothing => "nothing",
            };
            let place = if route.rules.console_only { " console" } else { "" };
            format!("{} {} {needs}{place}", route.name, route.rules.path)
        })
    }

    /// The method, path and rules of each route.
    #[cfg(test)]
    pub(super) fn rules(&self) -> impl Iterator<Item = (&'static str, &Rules)> {
        self.routes.iter().map(|route| (route.name, &route.rules))
    }

    pub(super) fn into_router(self, shared: &Shared) -> Router<Shared> {
        self.routes.into_iter().fold(Router::new(), |router, route| {
            let path = route.rules.path.clone();
            let rules = (shared.clone(), Arc::new(route.rules));
            let guarded = route.handler.route_layer(from_fn_with_state(rules, check));
            router.route(&path, guarded)
        })
    }
}

impl From<Scope> for Needs {
    fn from(scope: Scope) -> Self {
        Self::Scope(scope)
    }
}

/// What is before each handler.
async fn check(
    State((shared, rules)): State<(Shared, Arc<Rules>)>,
    request: Request,
    next: Next,
) -> Response {
    guard::check(&shared, &rules, request, |request| {
        outlive_the_client(shared.engine.clone(), request, next)
    })
    .await
}

/// Lets a change that has begun end, also when the client leaves meanwhile: otherwise an execution could be
/// stored and never queued.
async fn outlive_the_client(engine: Engine, request: Request, next: Next) -> Response {
    if request.method() == Method::GET || request.method() == Method::HEAD {
        return next.run(request).await;
    }
    let caller = request.extensions().get::<Caller>().cloned();
    let peer = peer::of(request.extensions());
    let answer = async move {
        let origin = peer::execution_behind(&engine, peer, caller.as_ref()).await;
        in_the_name_of(caller, origin, next.run(request)).await
    };
    match tokio::spawn(answer).await {
        Ok(response) => response,
        Err(error) => ApiError::from(ended_early(&error)).into_response(),
    }
}

fn ended_early(error: &tokio::task::JoinError) -> drydock_core::Error {
    drydock_core::Error::internal(format!("a handler ended early: {error}"))
}
