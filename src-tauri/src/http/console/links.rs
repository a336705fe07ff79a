//! Linked folders: which function has which, and how it is with them.

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use drydock_code::folder::LeftOut;
use drydock_core::link::{Link, MAX_FOLDER_LENGTH};
use drydock_core::tag::{MAX_COMMAND_LENGTH, ParseError};
use serde::Serialize;

use crate::engine::news::Change;
use crate::engine::{ChangedFile, LastChange, LinkState, NewLink, Phase};
use crate::http::error::Result;
use crate::http::extract::{Params, Path, function_id, project_id};
use crate::http::state::Shared;

/// Longest pattern of what is left out, and thereby also how many: 100 in one call.
const MAX_PATTERN_LENGTH: usize = 1024;

#[derive(Serialize)]
pub(in crate::http) struct Linked {
    link: Option<LinkRow>,
}

#[derive(Serialize)]
pub(in crate::http) struct LinkRows {
    links: Vec<LinkRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct LinkRow {
    function_id: String,
    folder: String,
    command: String,
    ignore: Vec<String>,
    polling: bool,
    /// `starting`, `watching`, `polling`, `missing` or `unreadable`.
    state: &'static str,
    notice: Option<String>,
    files: u64,
    size_bytes: u64,
    left_out: Vec<LeftOutRow>,
    last: Option<LastRow>,
}

#[derive(Serialize)]
struct LeftOutRow {
    path: String,
    why: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct LastRow {
    at_ms: i64,
    tag_id: String,
    /// `active` or `does-not-parse`.
    outcome: &'static str,
    files: Vec<FileRow>,
    file_count: usize,
    took_ms: u64,
    notice: Option<String>,
    errors: Vec<ParseError>,
}

#[derive(Serialize)]
struct FileRow {
    path: String,
    change: &'static str,
}

impl From<(Link, LinkState)> for LinkRow {
    fn from((link, state): (Link, LinkState)) -> Self {
        Self {
            function_id: link.function.to_string(),
            folder: link.folder,
            command: link.command,
            ignore: link.ignore,
            polling: link.polling,
            state: match state.phase {
                Phase::Starting => "starting",
                Phase::Watching => "watching",
                Phase::Polling => "polling",
                Phase::Missing => "missing",
                Phase::Unreadable => "unreadable",
            },
            notice: state.notice,
            files: state.totals.files,
            size_bytes: state.totals.size_bytes,
            left_out: state.left_out.into_iter().map(Into::into).collect(),
            last: state.last.map(Into::into),
        }
    }
}

impl From<LeftOut> for LeftOutRow {
    fn from(left_out: LeftOut) -> Self {
        Self {
            path: left_out.path.to_string_lossy().into_owned(),
            why: left_out.why,
        }
    }
}

impl From<LastChange> for LastRow {
    fn from(last: LastChange) -> Self {
        Self {
            at_ms: last.at.millis(),
            tag_id: last.tag.to_string(),
            outcome: outcome(last.is_live),
            files: last.files.into_iter().map(Into::into).collect(),
            file_count: last.file_count,
            took_ms: last.took_ms,
            notice: last.check.notice,
            errors: last.check.errors,
        }
    }
}

impl From<ChangedFile> for FileRow {
    fn from(file: ChangedFile) -> Self {
        Self {
            path: file.path.to_string_lossy().into_owned(),
            change: match file.change {
                Change::Created => "added",
                Change::Updated => "changed",
                Change::Deleted => "removed",
            },
        }
    }
}

/// The word for what came of a tag's check.
pub(super) const fn outcome(is_live: bool) -> &'static str {
    if is_live { "active" } else { "does-not-parse" }
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    Path(project): Path<String>,
) -> Result<Json<LinkRows>> {
    let links = shared.engine.links_of(&project_id(&project)?).await?;
    Ok(Json(LinkRows {
        links: links.into_iter().map(Into::into).collect(),
    }))
}

pub(in crate::http) async fn get(
    State(shared): State<Shared>,
    Path((project, function)): Path<(String, String)>,
) -> Result<Json<Linked>> {
    let link = shared
        .engine
        .link_of(&project_id(&project)?, &function_id(&function)?)
        .await?;
    Ok(Json(Linked {
        link: link.map(Into::into),
    }))
}

/// Takes `folder`, and optionally `command`, `ignore` (patterns) and `polling`.
pub(in crate::http) async fn put(
    State(shared): State<Shared>,
    Path((project, function)): Path<(String, String)>,
    params: Params,
) -> Result<Json<LinkRow>> {
    let command = params.text("command", MAX_COMMAND_LENGTH)?;
    if let Some(command) = &command {
        drydock_runtime::command::split(command)
            .map_err(|reason| drydock_core::Error::invalid("command", reason))?;
    }
    let new = NewLink {
        folder: params.required_text("folder", MAX_FOLDER_LENGTH)?,
        command,
        ignore: params.texts("ignore", MAX_PATTERN_LENGTH)?,
        polling: params.get("polling").is_some() && params.required_boolean("polling")?,
    };
    let linked = shared
        .engine
        .link(&project_id(&project)?, &function_id(&function)?, new)
        .await?;
    Ok(Json(linked.into()))
}

pub(in crate::http) async fn delete(
    State(shared): State<Shared>,
    Path((project, function)): Path<(String, String)>,
) -> Result<StatusCode> {
    shared
        .engine
        .unlink(&project_id(&project)?, &function_id(&function)?)
        .await?;
    Ok(StatusCode::NO_CONTENT)
}
