//! Ids in paths: they follow the rule of all ids, and one that breaks it is a bad parameter.

use drydock_core::Result;
use drydock_core::id::{ExecutionId, FunctionId, ProjectId, TagId};

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
