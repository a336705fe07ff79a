//! Tags as the console shows them: who made them, whether they parse, what is in them, what differs.

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use drydock_code::tree::{Change, Node, Side};
use drydock_core::tag::{ParseError, TagOrigin};
use serde::Serialize;
use tokio_util::io::ReaderStream;

use super::links::outcome;
use crate::engine::TagUse;
use crate::http::error::Result;
use crate::http::extract::{Params, Path, function_id, list_query, project_id, tag_id};
use crate::http::state::Shared;

/// Files that differ and are listed; more are counted.
const MAX_LISTED: usize = 1000;

/// Longest path of a file in a tag.
const MAX_PATH_LENGTH: usize = 4096;

#[derive(Serialize)]
pub(in crate::http) struct TagRows {
    sum: i64,
    tags: Vec<TagRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct TagRow {
    #[serde(rename = "$id")]
    id: String,
    function_id: String,
    date_created: i64,
    created_at_ms: i64,
    command: String,
    size: u64,
    origin: TagOrigin,
    pinned: bool,
    /// Of a snapshot.
    files: Option<u64>,
    /// Of a snapshot: `active` (once it was) or `does-not-parse`.
    outcome: Option<&'static str>,
    errors: Vec<ParseError>,
    notice: Option<String>,
    /// Executions that run its code now.
    in_use: usize,
}

impl From<TagUse> for TagRow {
    fn from(TagUse { tag, executions }: TagUse) -> Self {
        let outcome = tag.check.as_ref().map(|check| outcome(check.errors.is_empty()));
        let check = tag.check.unwrap_or_default();
        Self {
            id: tag.id.to_string(),
            function_id: tag.function.to_string(),
            date_created: tag.created_at.secs(),
            created_at_ms: tag.created_at.millis(),
            command: tag.command,
            size: tag.size_bytes,
            origin: tag.origin,
            pinned: tag.pinned,
            files: tag.files,
            outcome,
            errors: check.errors,
            notice: check.notice,
            in_use: executions,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Changes {
    from: String,
    to: String,
    files: Vec<ChangeRow>,
    file_count: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ChangeRow {
    path: String,
    change: &'static str,
    /// Of a file that is there.
    size_bytes: Option<u64>,
    /// Of a file that was there.
    from_size_bytes: Option<u64>,
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    Path((project, function)): Path<(String, String)>,
    params: Params,
) -> Result<Json<TagRows>> {
    let page = shared
        .engine
        .tag_uses(
            &project_id(&project)?,
            &function_id(&function)?,
            list_query(&params)?,
        )
        .await?;
    Ok(Json(TagRows {
        sum: page.sum,
        tags: page.rows.into_iter().map(Into::into).collect(),
    }))
}

/// Takes `pinned`.
pub(in crate::http) async fn update(
    State(shared): State<Shared>,
    Path((project, function, tag)): Path<(String, String, String)>,
    params: Params,
) -> Result<Json<TagRow>> {
    let pinned = params.required_boolean("pinned")?;
    let pinned = shared
        .engine
        .pin_tag(
            &project_id(&project)?,
            &function_id(&function)?,
            &tag_id(&tag)?,
            pinned,
        )
        .await?;
    Ok(Json(pinned.into()))
}

/// Takes `from`, another tag of the function.
pub(in crate::http) async fn changes(
    State(shared): State<Shared>,
    Path((project, function, tag)): Path<(String, String, String)>,
    params: Params,
) -> Result<Json<Changes>> {
    let (project, function) = (project_id(&project)?, function_id(&function)?);
    let from = tag_id(&params.required_text("from", MAX_PATH_LENGTH)?)?;
    let to = shared.engine.tag(&project, &function, &tag_id(&tag)?).await?;
    let from = shared.engine.tag(&project, &function, &from).await?;
    let mut changes = shared.engine.tag_changes(&from, &to).await?;
    changes.sort_by(|one, another| one.path.cmp(&another.path));
    let files: Vec<_> = changes.iter().filter_map(row).collect();
    Ok(Json(Changes {
        from: from.id.to_string(),
        to: to.id.to_string(),
        file_count: files.len(),
        files: files.into_iter().take(MAX_LISTED).collect(),
    }))
}

fn row(change: &Change) -> Option<ChangeRow> {
    let size = |side: &Option<Side>| match side {
        Some(Side::Leaf(Node::File { size_bytes, .. })) => Some(Some(*size_bytes)),
        Some(Side::Leaf(_)) => Some(None),
        Some(Side::Directory) | None => None,
    };
    let (before, after) = (size(&change.before), size(&change.after));
    let word = match (before.is_some(), after.is_some()) {
        (false, false) => return None,
        (false, true) => "added",
        (true, false) => "removed",
        (true, true) => "changed",
    };
    Some(ChangeRow {
        path: change.path.to_string_lossy().into_owned(),
        change: word,
        size_bytes: after.flatten(),
        from_size_bytes: before.flatten(),
    })
}

/// Takes `path`; answers the file's bytes.
pub(in crate::http) async fn file(
    State(shared): State<Shared>,
    Path((project, function, tag)): Path<(String, String, String)>,
    params: Params,
) -> Result<impl IntoResponse> {
    let path = params.required_text("path", MAX_PATH_LENGTH)?;
    let tag = shared
        .engine
        .tag(&project_id(&project)?, &function_id(&function)?, &tag_id(&tag)?)
        .await?;
    let place = shared.engine.tag_file(&tag, &path).await?;
    let bytes = tokio::fs::read(&place)
        .await
        .map_err(|error| drydock_core::Error::disk(error, "reading a file of a tag"))?;
    // Whatever it is, no browser is to make a page of it.
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], bytes))
}

/// The archive that an upload of the tag is or would be.
pub(in crate::http) async fn archive(
    State(shared): State<Shared>,
    Path((project, function, tag)): Path<(String, String, String)>,
) -> Result<impl IntoResponse> {
    let (project, function, tag) = (project_id(&project)?, function_id(&function)?, tag_id(&tag)?);
    let file = shared.engine.tag_archive(&project, &function, &tag).await?;
    let disposition = format!("attachment; filename=\"{function}-{tag}.tar.gz\"");
    Ok((
        [
            (header::CONTENT_TYPE, "application/gzip".to_owned()),
            (header::CONTENT_DISPOSITION, disposition),
        ],
        Body::from_stream(ReaderStream::new(file)),
    ))
}
