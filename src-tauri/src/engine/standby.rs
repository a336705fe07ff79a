//! Standby: for each function that is used, a process that waits for its next execution.
//!
//! The runtime keeps them within bounds; here is said for what, and that something has changed. A change of a
//! function is committed first, then its process ends: an execution in between asks for the changed one, which the
//! old process is not. Only a tag that is being checked has its process start before it is active, so that it is there
//! when the tag is.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use drydock_core::function::{Backend, Function};
use drydock_core::id::{FunctionId, ProjectId, TagId};
use drydock_core::tag::Tag;
use drydock_core::{Error, Result};
use drydock_runtime::{Blueprint, StandbyCounts, StandbySettings};

use super::Engine;

/// Tags that are about to be active, each under the name that its function's process stands by under.
#[derive(Debug, Default)]
pub(super) struct Coming(Mutex<HashMap<String, TagId>>);

/// A tag is about to be active, until this is dropped.
#[derive(Debug)]
pub(super) struct IsComing<'a> {
    coming: &'a Coming,
    owner: String,
}

impl Coming {
    fn tags(&self) -> MutexGuard<'_, HashMap<String, TagId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for IsComing<'_> {
    fn drop(&mut self) {
        self.coming.tags().remove(&self.owner);
    }
}

/// How often a blueprint is looked up again because something changed meanwhile. After that the next execution
/// asks again.
const LOOKS: usize = 3;

impl Engine {
    /// Has a process stand by for the next execution of the function's active tag, as both are now. Not while
    /// executions wait: then it would take from them what it saves.
    pub(super) async fn stand_by(&self, project: &ProjectId, function: &FunctionId) {
        if self.0.limits.standby.max_processes == 0 {
            return;
        }
        let backend = self.backend().await;
        for _ in 0..LOOKS {
            if self.0.draining.is_cancelled() || self.queue().waiting() > 0 {
                return;
            }
            let seen = backend.standby_changes();
            let blueprint = match self.next_blueprint(project, function).await {
                Ok(Some(blueprint)) => blueprint,
                Ok(None) | Err(Error::FunctionNotFound | Error::TagNotFound) => return,
                Err(error) => {
                    return tracing::warn!(
                        error = format!("{error:?}"),
                        "no process stands by for {function}"
                    );
                }
            };
            let scratch_dir = self.0.scratch.join(self.0.ids.unique());
            if backend.stand_by(&owner(project, function), blueprint, scratch_dir, seen) {
                return;
            }
        }
    }

    /// That of the tag that is about to be active, else of the function's active one; `None` where it has none.
    async fn next_blueprint(&self, project: &ProjectId, function: &FunctionId) -> Result<Option<Blueprint>> {
        let function = self.function(project, function).await?;
        let coming = self.0.coming.tags().get(&owner(project, &function.id)).cloned();
        let Some(next) = coming.or_else(|| function.active_tag.clone()) else {
            return Ok(None);
        };
        let tag = self.tag(project, &function.id, &next).await?;
        // That of an older tag may be gone until it runs again.
        self.lay_out(&tag).await?;
        Ok(Some(self.blueprint(&function, &tag)))
    }

    /// Says that a tag, which is laid out, is about to be active, and has a process stand by for it. Until it is active
    /// executions of the one before it start cold.
    pub(super) fn expect(&self, tag: &Tag) -> IsComing<'_> {
        let owner = owner(&tag.project, &tag.function);
        self.0.coming.tags().insert(owner.clone(), tag.id.clone());
        self.stand_by_beside(&tag.project, &tag.function);
        IsComing {
            coming: &self.0.coming,
            owner,
        }
    }

    /// Has a process stand by, without the caller's waiting for it.
    pub(super) fn stand_by_beside(&self, project: &ProjectId, function: &FunctionId) {
        let (engine, project, function) = (self.clone(), project.clone(), function.clone());
        self.0
            .tasks
            .spawn(async move { engine.stand_by(&project, &function).await });
    }

    /// To be called after a change of a function was committed: what stood by for it ends, and another begins. A container
    /// takes long to make, so one begins also where none stood by.
    pub(super) fn renew_standby(&self, function: &Function) {
        let ended = self.end_standby(&function.project, &function.id);
        if ended || self.backend_of(function) == Backend::Docker {
            self.stand_by_beside(&function.project, &function.id);
        }
    }

    /// What a function's executions run as.
    fn backend_of(&self, function: &Function) -> Backend {
        function.backend.unwrap_or(self.0.limits.backend)
    }

    /// Ends what stands by for a function; whether there was something.
    pub(super) fn end_standby(&self, project: &ProjectId, function: &FunctionId) -> bool {
        // Nothing can stand by where nothing has run yet.
        self.0
            .backend
            .get()
            .is_some_and(|found| found.backends.end_standby(&owner(project, function)))
    }

    /// Has the copies of code go that an engine of containers has, of the tags whose names begin so.
    pub(super) fn forget_code(&self, beginning: &str) {
        if let Some(found) = self.0.backend.get() {
            found.backends.forget_code(beginning);
        }
    }

    /// What all executions of a tag share.
    pub(super) fn blueprint(&self, function: &Function, tag: &Tag) -> Blueprint {
        let key = (tag.project.clone(), tag.function.clone(), tag.id.clone());
        Blueprint {
            runtime: function.runtime,
            command: tag.command.clone(),
            backend: self.backend_of(function),
            code_dir: self.0.code.tree(&key),
            code_id: format!("{}/{}", owner(&key.0, &key.1), key.2),
            variables: function
                .vars
                .iter()
                .map(|(name, value)| (name.clone(), value.clone()))
                .collect(),
            limits: self.0.limits.run,
            network: function.network,
        }
    }

    /// What stands by and how often it helped; nothing before the machine's interpreters are known.
    pub(crate) fn standby(&self) -> StandbyCounts {
        let backend = self.0.backend.get();
        backend.map(|found| found.backends.standby()).unwrap_or_default()
    }

    pub(super) fn standby_settings(&self) -> StandbySettings {
        let settings = &self.0.limits.standby;
        StandbySettings {
            max_processes: settings.max_processes,
            max_memory_bytes: settings.max_memory_bytes,
            idle: Duration::from_secs(settings.idle_secs),
            preloads: self.0.preloads.clone(),
        }
    }
}

/// The name under which a function's process stands by.
pub(super) fn owner(project: &ProjectId, function: &FunctionId) -> String {
    format!("{project}/{function}")
}
