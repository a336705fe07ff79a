//! From a request to checked values. Whatever is wrong is said by the parameter's name and its rule.

pub(super) mod bracket;
mod caller;
mod client;
mod drain;
mod ids;
mod list;
mod params;
mod path;
mod people;
mod upload;

pub(super) use caller::{CalledBy, InProject};
pub(super) use client::{From, client_ip};
pub(super) use drain::drain;
pub(super) use ids::{
    delivery_id, event_id, execution_id, function_id, key_id, membership_id, payload_id, platform_id,
    project_id, session_id, tag_id, team_id, user_id, webhook_id,
};
pub(super) use list::{list_query, log_page};
pub(super) use params::Params;
pub(super) use path::Path;
pub(super) use upload::TagUpload;
