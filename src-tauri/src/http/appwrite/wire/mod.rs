//! The JSON shapes of response format 0.12, apart from the domain's own types: a later format is another
//! rendering of the same domain.

mod execution;
mod function;
mod list;
mod runtime;
mod tag;
mod usage;

pub(in crate::http) use execution::Execution;
pub(in crate::http) use function::Function;
pub(in crate::http) use list::{ExecutionList, FunctionList, RuntimeList, TagList};
pub(in crate::http) use runtime::Runtime;
pub(in crate::http) use tag::Tag;
pub(in crate::http) use usage::Usage;
