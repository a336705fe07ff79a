//! The upload of a tag: a multipart body whose file goes to disk as it comes, never whole into memory.

use axum::extract::{FromRef, FromRequest, Request};
use axum::http::header;
use drydock_core::{Error, Result};
use futures_util::StreamExt;
use serde_json::Map;
use tokio::io::AsyncWriteExt;

use super::bracket;
use super::drain::drain;
use super::params::{MAX_BODY_BYTES, Params};
use crate::engine::{Engine, Upload};
use crate::http::error::ApiError;
use crate::http::state::Shared;

/// Parts of one form that are looked at; an upload has two.
const MAX_PARTS: usize = 100;

/// What was sent: the parameters, and the file or why there is none.
pub(in crate::http) struct TagUpload {
    pub(in crate::http) params: Params,
    file: Result<Upload>,
}

impl TagUpload {
    /// The received file; asked for after the parameters are checked.
    ///
    /// # Errors
    /// `NoFileSent`, `FileTypeNotAllowed`, `FileSizeNotAllowed`.
    pub(in crate::http) fn file(self) -> Result<Upload> {
        self.file
    }
}

impl<S> FromRequest<S> for TagUpload
where
    S: Send + Sync,
    Shared: FromRef<S>,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let engine = Shared::from_ref(state).engine;
        let content_type = request
            .headers()
            .get(header::CONTENT_TYPE)
            .and_then(|value| value.to_str().ok());
        let Some(boundary) = content_type.and_then(|text| multer::parse_boundary(text).ok()) else {
            // Without a file there may still be parameters, whose errors come first.
            let params = Params::from_request(request, state).await?;
            return Ok(Self {
                params,
                file: Err(Error::NoFileSent),
            });
        };
        let body = request.into_body().into_data_stream();
        Ok(receive(&engine, multer::Multipart::new(body, boundary)).await?)
    }
}

async fn receive(engine: &Engine, mut parts: multer::Multipart<'_>) -> Result<TagUpload> {
    let mut params = Map::new();
    let mut file = Err(Error::NoFileSent);
    // Names count too: a body of nothing but names must end as well.
    let mut text_bytes = 0;
    for _ in 0..MAX_PARTS {
        let Some(mut field) = parts.next_field().await.map_err(broken)? else {
            break;
        };
        let name = field.name().unwrap_or_default().to_owned();
        let file_name = field
            .file_name()
            .map(str::to_owned)
            .filter(|name| !name.is_empty());
        if let Some(file_name) = file_name {
            if name == "code" {
                file = save(engine, &file_name, &mut field).await?;
            }
            // What comes behind a part that did not end is not waited for.
            if file.is_err() && !drain(&mut field).await {
                break;
            }
            continue;
        }
        let mut text = Vec::new();
        text_bytes += name.len();
        while let Some(chunk) = field.chunk().await.map_err(broken)? {
            text_bytes += chunk.len();
            if text_bytes > MAX_BODY_BYTES {
                return Err(Error::BodyTooLarge {
                    limit_bytes: MAX_BODY_BYTES as u64,
                });
            }
            text.extend_from_slice(&chunk);
        }
        let text = String::from_utf8(text).map_err(|_| Error::invalid("command", "must be UTF-8"))?;
        bracket::insert(&mut params, &name, text);
    }
    Ok(TagUpload {
        params: Params::from_gathered(params),
        file,
    })
}

/// Writes the file to the staging folder. The outer error ends the request; the inner one waits for its turn
/// behind those of the parameters.
async fn save(engine: &Engine, file_name: &str, field: &mut multer::Field<'_>) -> Result<Result<Upload>> {
    if !file_name.to_ascii_lowercase().ends_with(".gz") {
        return Ok(Err(Error::FileTypeNotAllowed(format!(
            ": '{file_name}' does not end in .tar.gz or .gz"
        ))));
    }
    let limit_bytes = engine.limits().max_upload_bytes;
    let upload = engine.begin_upload();
    let mut target = tokio::fs::File::create(upload.path()).await.map_err(disk)?;
    let mut size = 0;
    while let Some(chunk) = field.next().await {
        let chunk = chunk.map_err(broken)?;
        size += chunk.len() as u64;
        if size > limit_bytes {
            return Ok(Err(Error::FileSizeNotAllowed { limit_bytes }));
        }
        target.write_all(&chunk).await.map_err(disk)?;
    }
    target.flush().await.map_err(disk)?;
    Ok(if size == 0 {
        Err(Error::NoFileSent)
    } else {
        Ok(upload)
    })
}

fn broken(error: multer::Error) -> Error {
    Error::BadBody(format!("multipart/form-data: {error}"))
}

fn disk(error: std::io::Error) -> Error {
    Error::disk(error, "receiving an upload")
}
