//! A tag on the wire.

use drydock_core::tag;
use serde::Serialize;

/// `size` is in bytes.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Tag {
    #[serde(rename = "$id")]
    id: String,
    function_id: String,
    date_created: i64,
    command: String,
    size: u64,
}

impl From<tag::Tag> for Tag {
    fn from(tag: tag::Tag) -> Self {
        Self {
            id: tag.id.to_string(),
            function_id: tag.function.to_string(),
            date_created: tag.created_at.secs(),
            command: tag.command,
            size: tag.size_bytes,
        }
    }
}
