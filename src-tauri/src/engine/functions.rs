//! Functions: made, changed, listed and removed.

use std::sync::Arc;

use drydock_core::activity::Noted;
use drydock_core::event_name::EventName;
use drydock_core::function::{Backend, Function, FunctionStatus, Network, Vars};
use drydock_core::id::{FunctionId, ProjectId};
use drydock_core::list::{ListQuery, Page};
use drydock_core::runtime::Runtime;
use drydock_core::schedule::Schedule;
use drydock_core::{Error, Result};
use drydock_store::Remembered;
use drydock_store::table::{functions, outputs};

use super::Engine;
use super::emit::Subject;
use super::news::{Change, Happened};
use super::overview::FunctionOverview;
use super::standby;

/// What can be said about a function again and again.
#[derive(Debug, Clone)]
pub(crate) struct FunctionSettings {
    pub(crate) name: String,
    pub(crate) execute: Vec<String>,
    pub(crate) vars: Vars,
    pub(crate) events: Vec<EventName>,
    pub(crate) schedule: Option<Schedule>,
    pub(crate) timeout_secs: u16,
}

/// A function that somebody wants; its runtime is said once.
#[derive(Debug, Clone)]
pub(crate) struct NewFunction {
    /// A custom id or `unique()`.
    pub(crate) id: String,
    pub(crate) runtime: &'static Runtime,
    pub(crate) settings: FunctionSettings,
}

/// Functions as they were read last.
pub(super) type FunctionsReadBefore = Remembered<(ProjectId, FunctionId), Function>;

/// Functions in [`FunctionsReadBefore`]: more than are called at once. One is 1 KB, and what its variables take,
/// which is 64 KB at most.
pub(super) const FUNCTIONS_READ_BEFORE: usize = 256;

/// What the Appwrite API has no word for; what is `None` stays.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ConfinementChange {
    pub(crate) network: Option<Network>,
    pub(crate) backend: Option<BackendChoice>,
}

/// What a function's executions are to run as.
#[derive(Debug, Clone, Copy)]
pub(crate) enum BackendChoice {
    /// What the server is set to, whatever that is.
    Servers,
    /// This one.
    Own(Backend),
}

impl Engine {
    /// Makes a function.
    ///
    /// # Errors
    /// `InvalidParam` for the id, `AlreadyExists`.
    pub(crate) async fn create_function(&self, project: &ProjectId, new: NewFunction) -> Result<Function> {
        let now = self.now();
        let function = Function {
            project: project.clone(),
            id: self.0.ids.resolve("functionId", &new.id, FunctionId::parse)?,
            name: new.settings.name,
            execute: new.settings.execute,
            created_at: now,
            updated_at: now,
            // As 0.12 always says; nothing reads it.
            status: FunctionStatus::Disabled,
            runtime: new.runtime,
            active_tag: None,
            vars: new.settings.vars,
            events: new.settings.events,
            schedule: new.settings.schedule,
            schedule_next: None,
            schedule_previous: None,
            timeout_secs: new.settings.timeout_secs,
            network: Network::default(),
            backend: None,
        };
        let (stored, emitter) = (function.clone(), self.emitter());
        self.0
            .store
            .write(move |tx| {
                functions::insert(tx, &stored)?;
                let project = stored.project.clone();
                emitter.emit(
                    tx,
                    &project,
                    "functions.create",
                    Subject::Function(Box::new(stored)),
                )
            })
            .await?;
        self.tell_function(&function, Change::Created);
        Ok(function)
    }

    /// Replaces everything that the Appwrite API can change about a function; network and backend stay.
    ///
    /// # Errors
    /// `FunctionNotFound`.
    pub(crate) async fn update_function(
        &self,
        project: &ProjectId,
        id: &FunctionId,
        settings: FunctionSettings,
    ) -> Result<Function> {
        let (project, id, now) = (project.clone(), id.clone(), self.now());
        let emitter = self.emitter();
        let function = self
            .0
            .store
            .write(move |tx| {
                let mut function = functions::get(tx, &project, &id)?.ok_or(Error::FunctionNotFound)?;
                function.name = settings.name;
                function.execute = settings.execute;
                function.vars = settings.vars;
                function.events = settings.events;
                function.timeout_secs = settings.timeout_secs;
                function.updated_at = now;
                // A minute of the same schedule that is due just now is not lost by a new name.
                if function.schedule != settings.schedule {
                    function.schedule = settings.schedule;
                    function.reschedule(now);
                }
                functions::update(tx, &function)?;
                let changed = Subject::Function(Box::new(function.clone()));
                emitter.emit(tx, &project, "functions.update", changed)?;
                Ok(function)
            })
            .await?;
        self.renew_standby(&function);
        self.tell_function(&function, Change::Updated);
        Ok(function)
    }

    /// Sets what its executions can reach and what they run as, from the next one that starts.
    ///
    /// # Errors
    /// `FunctionNotFound`.
    pub(crate) async fn set_confinement(
        &self,
        project: &ProjectId,
        id: &FunctionId,
        change: ConfinementChange,
    ) -> Result<FunctionOverview> {
        let (row_project, row_id, now) = (project.clone(), id.clone(), self.now());
        let book = self.notebook();
        let function = self
            .0
            .store
            .write(move |tx| {
                let mut function =
                    functions::get(tx, &row_project, &row_id)?.ok_or(Error::FunctionNotFound)?;
                function.network = change.network.unwrap_or(function.network);
                match change.backend {
                    None => {}
                    Some(BackendChoice::Servers) => function.backend = None,
                    Some(BackendChoice::Own(backend)) => function.backend = Some(backend),
                }
                function.updated_at = now;
                functions::update(tx, &function)?;
                if let Some(network) = change.network {
                    book.note(tx, &row_project, Some(&row_id), Noted::NetworkSet { network })?;
                }
                if change.backend.is_some() {
                    let backend = function.backend;
                    book.note(tx, &row_project, Some(&row_id), Noted::BackendSet { backend })?;
                }
                Ok(function)
            })
            .await?;
        self.renew_standby(&function);
        self.tell_function(&function, Change::Updated);
        self.function_overview(project, id).await
    }

    /// The function of that id.
    ///
    /// # Errors
    /// `FunctionNotFound`.
    pub(crate) async fn function(&self, project: &ProjectId, id: &FunctionId) -> Result<Arc<Function>> {
        let asked = (project.clone(), id.clone());
        let read_before = &self.0.functions_read_before;
        let found = read_before.get(asked, |tx, (project, id)| functions::get(tx, project, id));
        found.await?.ok_or(Error::FunctionNotFound)
    }

    /// One page of the project's functions.
    ///
    /// # Errors
    /// `CursorNotFound`.
    pub(crate) async fn functions(&self, project: &ProjectId, query: ListQuery) -> Result<Page<Function>> {
        let project = project.clone();
        self.0
            .store
            .read(move |tx| functions::list(tx, &project, &query))
            .await
    }

    /// Removes a function with its tags, code, executions and output; what runs of it is stopped.
    ///
    /// # Errors
    /// `FunctionNotFound`.
    pub(crate) async fn delete_function(&self, project: &ProjectId, id: &FunctionId) -> Result<()> {
        let (row_project, row_id) = (project.clone(), id.clone());
        let emitter = self.emitter();
        self.0
            .store
            .write(move |tx| {
                let function = functions::get(tx, &row_project, &row_id)?.ok_or(Error::FunctionNotFound)?;
                functions::delete(tx, &row_project, &row_id)?;
                let gone = Subject::Function(Box::new(function));
                emitter.emit(tx, &row_project, "functions.delete", gone)
            })
            .await?;
        self.stop_function(project, id);
        self.0.news.tell(Happened::Function {
            project: project.clone(),
            function: id.clone(),
            change: Change::Deleted,
        });
        self.forget_outputs(project, vec![id.clone()]).await;
        Ok(())
    }

    /// Ends what runs and waits of a function whose row is gone, and removes its code.
    pub(super) fn stop_function(&self, project: &ProjectId, id: &FunctionId) {
        self.queue().drop_function(project, id);
        self.stop_following(project, id);
        self.end_standby(project, id);
        self.0.spares.forget(project, id);
        self.0.code.remove_function(project, id);
        self.forget_code(&format!("{}/", standby::owner(project, id)));
        self.has_loose_contents();
    }

    /// Removes the output of functions whose rows are gone. What cannot be removed (a full disk), the next start
    /// removes.
    pub(super) async fn forget_outputs(&self, project: &ProjectId, functions: Vec<FunctionId>) {
        let project = project.clone();
        let removed = self
            .0
            .logs
            .write(move |tx| {
                functions
                    .iter()
                    .try_for_each(|function| outputs::delete_of_function(tx, &project, function).map(drop))
            })
            .await;
        if let Err(error) = removed {
            tracing::warn!(
                error = format!("{error:?}"),
                "output of a deleted function stays until the next start"
            );
        }
    }

    pub(super) fn tell_function(&self, function: &Function, change: Change) {
        self.0.schedules_changed.notify_one();
        self.0.news.tell(Happened::Function {
            project: function.project.clone(),
            function: function.id.clone(),
            change,
        });
    }
}
