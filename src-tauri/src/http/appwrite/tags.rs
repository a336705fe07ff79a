//! Tags: upload, list, read, remove.

use axum::Json;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::IntoResponse;
use drydock_core::tag::{MAX_COMMAND_LENGTH, TagOrigin};

use super::wire;
use crate::engine::NewTag;
use crate::http::error::Result;
use crate::http::extract::{CalledBy, Params, Path, TagUpload, function_id, list_query, tag_id};
use crate::http::middleware::headers::no_content;
use crate::http::state::Shared;

/// The command line says with this that a tag is its own.
const ORIGIN_HEADER: &str = "x-drydock-origin";

pub(in crate::http) async fn create(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    headers: HeaderMap,
    upload: TagUpload,
) -> Result<impl IntoResponse> {
    let id = function_id(&id)?;
    let command = upload.params.required_text("command", MAX_COMMAND_LENGTH)?;
    drydock_runtime::command::split(&command)
        .map_err(|reason| drydock_core::Error::invalid("command", reason))?;
    let archive = upload.file()?;
    let origin = match headers.get(ORIGIN_HEADER) {
        Some(origin) if origin == "cli" => TagOrigin::Cli,
        _ => TagOrigin::Upload,
    };
    let tag = shared
        .engine
        .create_tag(
            &caller.project,
            &id,
            NewTag {
                command,
                archive,
                origin,
            },
        )
        .await?;
    Ok((StatusCode::CREATED, Json(wire::Tag::from(tag))))
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path(id): Path<String>,
    params: Params,
) -> Result<Json<wire::TagList>> {
    let page = shared
        .engine
        .tags(&caller.project, &function_id(&id)?, list_query(&params)?)
        .await?;
    Ok(Json(page.into()))
}

pub(in crate::http) async fn get(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((function, tag)): Path<(String, String)>,
) -> Result<Json<wire::Tag>> {
    let tag = shared
        .engine
        .tag(&caller.project, &function_id(&function)?, &tag_id(&tag)?)
        .await?;
    Ok(Json(tag.into()))
}

pub(in crate::http) async fn delete(
    State(shared): State<Shared>,
    CalledBy(caller): CalledBy,
    Path((function, tag)): Path<(String, String)>,
) -> Result<impl IntoResponse> {
    shared
        .engine
        .delete_tag(&caller.project, &function_id(&function)?, &tag_id(&tag)?)
        .await?;
    Ok(no_content())
}
