//! The overview of functions that the console's list shows: each with its tag, last run and last day.

use drydock_core::clock::Timestamp;
use drydock_core::execution::Execution;
use drydock_core::function::Function;
use drydock_core::id::{FunctionId, ProjectId};
use drydock_core::list::{ListQuery, Page};
use drydock_core::tag::Tag;
use drydock_core::{Error, Result};
use drydock_store::ReadTx;
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

impl FunctionOverview {
    /// How that function is doing.
    pub(super) fn of(tx: &ReadTx<'_>, function: Function, now: Timestamp) -> Result<Self> {
        let since = usage::since(now, HOURS, HOUR_MS);
        let buckets = executions::histogram(tx, &function.project, &function.id, (since, HOURS, HOUR_MS))?;
        let active_tag = match &function.active_tag {
            Some(tag) => tags::get(tx, &function.project, &function.id, tag)?,
            None => None,
        };
        Ok(Self {
            active_tag,
            last_execution: executions::newest(tx, &function.project, &function.id)?,
            last_day: usage::fill(&buckets, since, HOURS, HOUR_MS)
                .into_iter()
                .map(|(_, bucket)| bucket)
                .collect(),
            function,
        })
    }
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
        let (project, now) = (project.clone(), self.now());
        self.0
            .store
            .read(move |tx| {
                let page = functions::list(tx, &project, &query)?;
                let rows = page
                    .rows
                    .into_iter()
                    .map(|function| FunctionOverview::of(tx, function, now))
                    .collect::<Result<_>>()?;
                Ok(Page { rows, sum: page.sum })
            })
            .await
    }

    /// That function with how it is doing.
    ///
    /// # Errors
    /// `FunctionNotFound`.
    pub(crate) async fn function_overview(
        &self,
        project: &ProjectId,
        id: &FunctionId,
    ) -> Result<FunctionOverview> {
        let (project, id, now) = (project.clone(), id.clone(), self.now());
        self.0
            .store
            .read(move |tx| {
                let function = functions::get(tx, &project, &id)?.ok_or(Error::FunctionNotFound)?;
                FunctionOverview::of(tx, function, now)
            })
            .await
    }
}
