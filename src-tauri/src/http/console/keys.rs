//! API keys as the console lists them: without their secrets, which it asks for one at a time.

use axum::Json;
use axum::extract::State;
use drydock_core::clock::Timestamp;
use drydock_core::key::Key;
use drydock_core::scope::Scope;
use serde::Serialize;

use super::owner_of;
use crate::http::error::Result;
use crate::http::extract::{Path, key_id, project_id};
use crate::http::state::Shared;

#[derive(Serialize)]
pub(in crate::http) struct KeyRows {
    keys: Vec<KeyRow>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyRow {
    id: String,
    name: String,
    scopes: Vec<&'static str>,
    created_at_ms: i64,
    /// To the minute.
    last_used_at_ms: Option<i64>,
}

impl From<Key> for KeyRow {
    fn from(key: Key) -> Self {
        Self {
            id: key.id.to_string(),
            name: key.name,
            scopes: key.scopes.into_iter().map(Scope::as_str).collect(),
            created_at_ms: key.created_at.millis(),
            last_used_at_ms: key.last_used_at.map(Timestamp::millis),
        }
    }
}

#[derive(Serialize)]
pub(in crate::http) struct Secret {
    secret: String,
}

pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    Path(project): Path<String>,
) -> Result<Json<KeyRows>> {
    let project = project_id(&project)?;
    let keys = shared.engine.key_rows(&owner_of(&project), &project).await?;
    Ok(Json(KeyRows {
        keys: keys.into_iter().map(KeyRow::from).collect(),
    }))
}

pub(in crate::http) async fn secret(
    State(shared): State<Shared>,
    Path((project, key)): Path<(String, String)>,
) -> Result<Json<Secret>> {
    let (project, key) = (project_id(&project)?, key_id(&key)?);
    let open = shared.engine.key(&owner_of(&project), &project, &key).await?;
    Ok(Json(Secret { secret: open.secret }))
}
