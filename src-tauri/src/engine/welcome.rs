//! The first steps in the console: which are done, found in what is there, and whether they are to be shown at all.

use drydock_core::Result;
use drydock_core::id::{FunctionId, ProjectId};
use drydock_store::table::{executions, functions, meta, tags};

use super::Engine;

/// Where the data folder keeps that the first steps are over.
const OVER: &str = "first_steps_over";

/// How far somebody is.
#[derive(Debug, Clone)]
pub(crate) struct Welcome {
    /// Done or dismissed, once and for all.
    pub(crate) is_over: bool,
    /// The newest function.
    pub(crate) function: Option<FunctionId>,
    /// Whether an execution has ended.
    pub(crate) has_executed: bool,
    /// Whether a function is linked to a folder, and a save in it became live after what was there at first.
    pub(crate) has_saved: bool,
    /// Where a sample's folder would go; absent where there is no home folder.
    pub(crate) folder: Option<String>,
}

impl Engine {
    /// How far somebody is in a project.
    ///
    /// # Errors
    /// `ProjectNotFound`.
    pub(crate) async fn welcome(&self, project: &ProjectId) -> Result<Welcome> {
        let project = self.project(project).await?.id;
        let home = std::env::home_dir().map(|home| home.join("drydock").to_string_lossy().into_owned());
        self.0
            .store
            .read(move |tx| {
                Ok(Welcome {
                    is_over: meta::get(tx, OVER)?.is_some(),
                    function: functions::newest(tx, &project)?,
                    has_executed: executions::has_ended(tx, &project)?,
                    has_saved: tags::has_live_save(tx, &project)?,
                    folder: home,
                })
            })
            .await
    }

    /// Ends the first steps for good.
    pub(crate) async fn end_welcome(&self) -> Result<()> {
        self.0.store.write(|tx| meta::set(tx, OVER, "yes")).await
    }
}
