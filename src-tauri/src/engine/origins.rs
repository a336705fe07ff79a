//! Origins: which execution is behind a call, so that what a function does through the API is known to be its doing.
//!
//! Owns: what runs now, and what led to it. An execution is known by the connection on which it calls, or by the JWT that
//! it was given. Must not: decide what follows; the events that carry a chain do.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use drydock_core::execution::Execution;
use drydock_core::id::{ExecutionId, FunctionId, ProjectId};

use super::Engine;

/// An execution that does something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Origin {
    project: ProjectId,
    execution: ExecutionId,
    chain: Vec<FunctionId>,
}

impl Origin {
    fn of(execution: &Execution) -> Self {
        Self {
            project: execution.project.clone(),
            execution: execution.id.clone(),
            chain: execution.chain_of_deeds(),
        }
    }

    /// The functions that led to what it does, its own last. Also to what it does in another project, by that one's key:
    /// two projects could feed each other as well.
    pub(super) fn chain(&self) -> &[FunctionId] {
        &self.chain
    }

    /// The execution, for who is in `project`: elsewhere its id says nothing.
    pub(super) fn execution_in(&self, project: &ProjectId) -> Option<&ExecutionId> {
        (self.project == *project).then_some(&self.execution)
    }
}

/// The executions whose processes run.
#[derive(Debug, Default)]
pub(super) struct Origins(Mutex<HashMap<String, Arc<Origin>>>);

/// One of them, until it is dropped.
pub(super) struct Running<'o> {
    origins: &'o Origins,
    name: String,
}

impl Running<'_> {
    /// By which the connections of its processes are told.
    pub(super) fn name(&self) -> &str {
        &self.name
    }
}

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.origins.running().remove(&self.name);
    }
}

impl Origins {
    /// Adds one, before its process is started.
    pub(super) fn enter(&self, execution: &Execution) -> Running<'_> {
        let name = execution.id.to_string();
        let origin = Arc::new(Origin::of(execution));
        self.running().insert(name.clone(), origin);
        Running { origins: self, name }
    }

    fn get(&self, name: &str) -> Option<Arc<Origin>> {
        self.running().get(name).cloned()
    }

    fn running(&self) -> MutexGuard<'_, HashMap<String, Arc<Origin>>> {
        // Bookkeeping without panics in between: a poisoned lock holds a whole map.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Engine {
    /// The execution that calls `server`, an address of ours, from `client`; free of cost where none runs.
    pub(crate) async fn execution_at(&self, client: SocketAddr, server: SocketAddr) -> Option<Arc<Origin>> {
        if self.0.origins.running().is_empty() {
            return None;
        }
        let backends = &self.0.backend.get()?.backends;
        let name = backends.run_behind(client, server).await?;
        self.0.origins.get(&name)
    }

    /// The execution of that id, if it runs now: what was given to one that has ended is nobody's doing any more.
    pub(crate) fn running_execution(&self, id: &ExecutionId) -> Option<Arc<Origin>> {
        self.0.origins.get(id.as_str())
    }
}
