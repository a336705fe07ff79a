//! The overview of functions that the console's list shows: each with its tag, last run and last day.

use drydock_core::Result;
use drydock_core::execution::Execution;
use drydock_core::function::Function;
use drydock_core::id::ProjectId;
use drydock_core::list::{ListQuery, Page};
use drydock_core::tag::Tag;
use drydock_store::table::executions::{self, Bucket};
use drydock_store::table::{functions, tags};

use super::{Engine, usage};

/// The last day in hours.
const HOURS: i64 = 24;
const HOUR_MS: i64 = 60 * 60 * 1000;

/// A function and how it is doing.
#[derive(Debug, Clone)]
pub(crate) struct FunctionOverview {
    pub(crate) function: Function,
    pub(crate) active_tag: Option<Tag>,
    pub(crate) last_execution: Option<Execution>,
    /// One bucket for each hour of the last day, oldest first.
    pub(crate) last_day: Vec<Bucket>,
}

impl Engine {
    /// One page of functions with how they are doing.
    ///
    /// # Errors
    /// `CursorNotFound`.
    pub(crate) async fn overview(
        &self,
        project: &ProjectId,
        query: ListQuery,
    ) -> Result<Page<FunctionOverview>> {
        let since = usage::since(self.now(), HOURS, HOUR_MS);
        let project = project.clone();
        self.0
            .store
            .read(move |tx| {
                let page = functions::list(tx, &project, &query)?;
                let mut rows = Vec::with_capacity(page.rows.len());
                for function in page.rows {
                    let buckets = executions::histogram(tx, &project, &function.id, since, HOUR_MS)?;
                    let active_tag = match &function.active_tag {
                        Some(tag) => tags::get(tx, &project, &function.id, tag)?,
                        None => None,
                    };
                    rows.push(FunctionOverview {
                        active_tag,
                        last_execution: executions::newest(tx, &project, &function.id)?,
                        last_day: usage::fill(&buckets, since, HOURS, HOUR_MS)
                            .into_iter()
                            .map(|(_, bucket)| bucket)
                            .collect(),
                        function,
                    });
                }
                Ok(Page { rows, sum: page.sum })
            })
            .await
    }
}
