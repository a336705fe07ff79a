//! The container engine, as the console's settings show it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use drydock_runtime::docker::EngineStatus;
use serde::Serialize;

use crate::http::error::Result;
use crate::http::state::Shared;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Engine {
    host: String,
    /// What it is; nothing where it does not answer.
    version: Option<String>,
    /// Why it does not.
    problem: Option<String>,
    images: Vec<Image>,
    containers: Vec<Container>,
    /// Where functions in containers find the API.
    endpoint: String,
    /// Why they do not, if they do not.
    endpoint_closed: Option<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Image {
    runtime: &'static str,
    image: String,
    is_present: bool,
    /// How far its pull is.
    pulling: Option<String>,
}

#[derive(Serialize)]
struct Container {
    name: String,
    image: String,
    state: String,
}

impl Engine {
    fn of(status: EngineStatus, endpoint: String) -> Self {
        let (version, problem) = match status.version {
            Ok(version) => (Some(version), None),
            Err(problem) => (None, Some(problem)),
        };
        let image = |one: drydock_runtime::docker::ImageStatus| Image {
            runtime: one.runtime,
            image: one.image,
            is_present: one.is_present,
            pulling: one.pulling,
        };
        let container = |one: drydock_runtime::docker::ContainerStatus| Container {
            name: one.name,
            image: one.image,
            state: one.state,
        };
        Self {
            host: status.host,
            version,
            problem,
            images: status.images.into_iter().map(image).collect(),
            containers: status.containers.into_iter().map(container).collect(),
            endpoint,
            endpoint_closed: status.api_closed,
        }
    }
}

pub(in crate::http) async fn get(State(shared): State<Shared>) -> Result<Json<Engine>> {
    let status = shared.engine.docker().await.status().await;
    Ok(Json(Engine::of(status, shared.facts.endpoint_in_containers())))
}

/// Removes all containers of this server: those that wait, and those that run, whose executions fail.
pub(in crate::http) async fn stop(State(shared): State<Shared>) -> Result<StatusCode> {
    shared.engine.docker().await.stop_all().await;
    Ok(StatusCode::NO_CONTENT)
}
