//! The JSON shapes of response format 0.12, apart from the domain's own types: a later format is another
//! rendering of the same domain.

mod execution;
mod function;
mod health;
mod key;
mod list;
mod project;
mod render;
mod runtime;
mod sample;
mod session;
mod tag;
mod team;
mod usage;
mod user;
mod webhook;

pub(in crate::http) use execution::Execution;
pub(in crate::http) use function::Function;
pub(in crate::http) use health::{HealthQueue, HealthStatus, HealthTime};
pub(in crate::http) use key::{Key, KeyList, Platform, PlatformList};
pub(in crate::http) use list::{
    ExecutionList, FunctionList, MembershipList, RuntimeList, TagList, TeamList, UserList,
};
pub(in crate::http) use project::{Project, ProjectList};
pub(crate) use render::render;
pub(in crate::http) use runtime::Runtime;
pub(in crate::http) use sample::sample;
pub(in crate::http) use session::{Jwt, LogList, Session, SessionList};
pub(in crate::http) use tag::Tag;
pub(in crate::http) use team::{Membership, Team};
pub(in crate::http) use usage::Usage;
pub(in crate::http) use user::User;
pub(in crate::http) use webhook::{Webhook, WebhookList};
