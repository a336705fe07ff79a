//! Folders of this machine, before they are linked: what is in them, and a new one with a sample.

use std::path::PathBuf;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use drydock_code::inspect::{Found, Guess, Wish, inspect};
use drydock_core::Error;
use drydock_core::event_name::EventName;
use drydock_core::function::Vars;
use drydock_core::link::MAX_FOLDER_LENGTH;
use drydock_runtime::Interpreters;
use serde::Serialize;

use crate::http::error::Result;
use crate::http::extract::Params;
use crate::http::state::Shared;

/// Longest name of a language, generously.
const MAX_LANGUAGE_LENGTH: usize = 16;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct FoundRow {
    folder: String,
    /// The `appwrite.json` that says what is in it, where there is one.
    declared_in: Option<String>,
    functions: Vec<WishRow>,
    notices: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WishRow {
    id: Option<String>,
    suggested_id: Option<String>,
    name: String,
    folder: String,
    runtime: Option<GuessRow>,
    command: Option<GuessRow>,
    /// What is missing, where runtime or command is not known, and the mend.
    unclear: Option<String>,
    ignore: Vec<String>,
    vars: Vars,
    execute: Option<Vec<String>>,
    events: Vec<EventName>,
    schedule: Option<String>,
    timeout: Option<u32>,
    has_env: bool,
}

#[derive(Serialize)]
struct GuessRow {
    value: String,
    why: String,
}

impl From<Guess> for GuessRow {
    fn from(guess: Guess) -> Self {
        Self {
            value: guess.value,
            why: guess.why,
        }
    }
}

/// Takes `folder`, an absolute path.
pub(in crate::http) async fn inspected(
    State(shared): State<Shared>,
    params: Params,
) -> Result<Json<FoundRow>> {
    let folder = PathBuf::from(params.required_text("folder", MAX_FOLDER_LENGTH)?);
    if !folder.is_absolute() {
        return Err(Error::invalid("folder", "an absolute path").into());
    }
    let found = tokio::task::spawn_blocking(move || inspect(&folder))
        .await
        .map_err(|error| Error::internal(format!("looking at a folder: {error}")))?
        .map_err(|error| Error::invalid("folder", error.to_string()))?;
    let Found {
        folder,
        declared_in,
        functions,
        notices,
        ..
    } = found;
    let interpreters = shared.engine.interpreters().await;
    Ok(Json(FoundRow {
        folder: folder.to_string_lossy().into_owned(),
        declared_in: declared_in.map(|path| path.to_string_lossy().into_owned()),
        functions: functions
            .into_iter()
            .map(|wish| row(wish, interpreters))
            .collect(),
        notices,
    }))
}

#[derive(Serialize)]
pub(in crate::http) struct SampleFolder {
    folder: String,
}

/// Takes `folder`, an absolute path that is new or empty, and `language`: makes it, with the sample in it.
pub(in crate::http) async fn sample(
    State(shared): State<Shared>,
    params: Params,
) -> Result<(StatusCode, Json<SampleFolder>)> {
    let folder = params.required_text("folder", MAX_FOLDER_LENGTH)?;
    let language = params.required_text("language", MAX_LANGUAGE_LENGTH)?;
    let folder = shared.engine.make_sample(&language, folder).await?;
    Ok((StatusCode::CREATED, Json(SampleFolder { folder })))
}

fn row(wish: Wish, interpreters: &Interpreters) -> WishRow {
    WishRow {
        suggested_id: wish.suggested_id().map(|id| id.to_string()),
        id: wish.id.map(|id| id.to_string()),
        name: wish.name,
        folder: wish.folder.to_string_lossy().into_owned(),
        runtime: match (wish.runtime, wish.language) {
            (Some(runtime), _) => Some(GuessRow {
                value: runtime.id.to_owned(),
                why: "it is declared".to_owned(),
            }),
            (None, Some(language)) => runtime_of(&language, interpreters),
            (None, None) => None,
        },
        command: wish.command.map(Into::into),
        unclear: wish.unclear,
        ignore: wish.ignore,
        vars: wish.vars,
        execute: wish.execute,
        events: wish.events,
        schedule: wish.schedule,
        timeout: wish.timeout_secs,
        has_env: wish.has_env,
    }
}

/// The runtime of a language that is nearest to what is installed; without anything installed the newest.
fn runtime_of(language: &Guess, interpreters: &Interpreters) -> Option<GuessRow> {
    let (runtime, installed) = interpreters.runtime_for(&language.value)?;
    let why = match installed {
        Some(installed) => format!("{}; version {} is installed", language.why, installed.version),
        None => format!("{}; none is installed on this machine", language.why),
    };
    Some(GuessRow {
        value: runtime.id.to_owned(),
        why,
    })
}
