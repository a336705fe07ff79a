//! Platforms of a project: the apps whose pages or devices may call it.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::IntoResponse;
use drydock_core::Error;
use drydock_core::platform::{MAX_NAME_LENGTH, MAX_TEXT_LENGTH, PlatformKind};

use super::wire;
use crate::engine::PlatformTexts;
use crate::http::error::Result;
use crate::http::extract::{CalledBy, Params, Path, platform_id, project_id};
use crate::http::middleware::headers::no_content;
use crate::http::state::Shared;

pub(in crate::http) async fn create(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(project): Path<String>,
    params: Params,
) -> Result<impl IntoResponse> {
    let kind = PlatformKind::parse(&params.required_text("type", MAX_TEXT_LENGTH)?)?;
    let platform = shared
        .engine
        .create_platform(&caller, &project_id(&project)?, kind, texts(&params)?)
        .await?;
    Ok((StatusCode::CREATED, Json(wire::Platform::from(platform))))
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(project): Path<String>,
) -> Result<Json<wire::PlatformList>> {
    let project = shared.engine.own_project(&caller, &project_id(&project)?).await?;
    Ok(Json(project.platforms.into()))
}

pub(in crate::http) async fn get(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((project, id)): Path<(String, String)>,
) -> Result<Json<wire::Platform>> {
    let (project, id) = (project_id(&project)?, platform_id(&id)?);
    Ok(Json(shared.engine.platform(&caller, &project, &id).await?.into()))
}

pub(in crate::http) async fn update(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((project, id)): Path<(String, String)>,
    params: Params,
) -> Result<Json<wire::Platform>> {
    let (project, id) = (project_id(&project)?, platform_id(&id)?);
    let platform = shared
        .engine
        .change_platform(&caller, &project, &id, texts(&params)?)
        .await?;
    Ok(Json(platform.into()))
}

pub(in crate::http) async fn delete(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((project, id)): Path<(String, String)>,
) -> Result<impl IntoResponse> {
    let (project, id) = (project_id(&project)?, platform_id(&id)?);
    shared.engine.delete_platform(&caller, &project, &id).await?;
    Ok(no_content())
}

fn texts(params: &Params) -> drydock_core::Result<PlatformTexts> {
    let text = |name| {
        params
            .text(name, MAX_TEXT_LENGTH)
            .map(std::option::Option::unwrap_or_default)
    };
    let hostname = text("hostname")?;
    // It is compared with the host of an Origin, which has neither scheme nor port nor path.
    if hostname.contains(['/', ':', ' ']) {
        let rule = "a host name alone, such as app.example.com, without scheme, port and path";
        return Err(Error::invalid("hostname", rule));
    }
    Ok(PlatformTexts {
        name: params.required_text("name", MAX_NAME_LENGTH)?,
        key: text("key")?,
        store: text("store")?,
        hostname: hostname.to_lowercase(),
    })
}
