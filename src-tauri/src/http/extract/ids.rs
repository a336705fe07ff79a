//! Ids in paths: they follow the rule of all ids, and one that breaks it is a bad parameter.

use drydock_core::Result;
use drydock_core::id::{
    ExecutionId, FunctionId, KeyId, MembershipId, PlatformId, ProjectId, SessionId, TagId, TeamId, UserId,
};

pub(in crate::http) fn project_id(text: &str) -> Result<ProjectId> {
    ProjectId::parse("projectId", text)
}

pub(in crate::http) fn function_id(text: &str) -> Result<FunctionId> {
    FunctionId::parse("functionId", text)
}

pub(in crate::http) fn tag_id(text: &str) -> Result<TagId> {
    TagId::parse("tagId", text)
}

pub(in crate::http) fn execution_id(text: &str) -> Result<ExecutionId> {
    ExecutionId::parse("executionId", text)
}

pub(in crate::http) fn user_id(text: &str) -> Result<UserId> {
    UserId::parse("userId", text)
}

pub(in crate::http) fn session_id(text: &str) -> Result<SessionId> {
    SessionId::parse("sessionId", text)
}

pub(in crate::http) fn team_id(text: &str) -> Result<TeamId> {
    TeamId::parse("teamId", text)
}

pub(in crate::http) fn membership_id(text: &str) -> Result<MembershipId> {
    MembershipId::parse("membershipId", text)
}

pub(in crate::http) fn key_id(text: &str) -> Result<KeyId> {
    KeyId::parse("keyId", text)
}

pub(in crate::http) fn platform_id(text: &str) -> Result<PlatformId> {
    PlatformId::parse("platformId", text)
}
