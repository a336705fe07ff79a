//! From a request to checked values. Whatever is wrong is said by the parameter's name and its rule.

pub(super) mod bracket;
mod caller;
mod drain;
mod ids;
mod list;
mod params;
mod path;
mod upload;

pub(super) use caller::CalledBy;
pub(super) use ids::{execution_id, function_id, project_id, tag_id};
pub(super) use list::list_query;
pub(super) use params::Params;
pub(super) use path::Path;
pub(super) use upload::TagUpload;
