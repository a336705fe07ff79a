//! Executing: a wish becomes a stored, waiting execution; stored ones are shown to those who may see them.

use drydock_core::agent::Client;
use drydock_core::caller::{Caller, Identity, Proof};
use drydock_core::execution::{Execution, Trigger, Wish};
use drydock_core::id::{ExecutionId, FunctionId, ProjectId, TagId, UserId};
use drydock_core::list::{ListQuery, Order, Page};
use drydock_core::scope::Scope;
use drydock_core::{Error, Result};
use drydock_store::WriteTx;
use drydock_store::table::outputs::{self, LogPage, Size};
use drydock_store::table::{api_keys, executions, functions, tags};

use super::Engine;
use super::news::Happened;
use super::queue::Ticket;

/// Output in one page of a log, so that neither side holds a whole long log at once.
const LOG_PAGE_BYTES: i64 = 1_000_000;

/// In whose name the owner of the machine executes.
#[derive(Debug, Clone)]
pub(crate) enum RunAs {
    /// Their own.
    Owner,
    /// The project's oldest API key that may execute.
    Key,
    /// Nobody's.
    Guest,
    /// A user's of the project.
    User(UserId),
}

impl Engine {
    /// Queues one run as somebody else would: what they may not is refused as it would be to them.
    ///
    /// # Errors
    /// `ProjectNotFound`, `NotFound` for the user or a key, `MissingScope`, `UserBlocked`, and those of
    /// [`Engine::execute`].
    pub(crate) async fn execute_as(
        &self,
        project: &ProjectId,
        run_as: RunAs,
        client: Client,
        function: &FunctionId,
        data: String,
        tag: Option<TagId>,
    ) -> Result<Execution> {
        let project = self.project(project).await?.id;
        let identity = match run_as {
            RunAs::Owner => Identity::Owner,
            RunAs::Guest => Identity::Guest,
            RunAs::Key => self.executing_key(&project).await?,
            RunAs::User(user) => self.stand_in(&project, &user, client).await?.identity,
        };
        let caller = Caller { project, identity };
        caller.require(Scope::ExecutionWrite)?;
        caller.require_active()?;
        self.execute(&caller, function, data, tag).await
    }

    async fn executing_key(&self, project: &ProjectId) -> Result<Identity> {
        let project = project.clone();
        let keys = self.0.store.read(move |tx| api_keys::all(tx, &project)).await?;
        let key = keys
            .into_iter()
            .map(|(key, _)| key)
            .find(|key| key.scopes.contains(&Scope::ExecutionWrite))
            .ok_or(Error::NotFound("A key with the scope execution.write"))?;
        Ok(Identity::Key {
            label: key.name,
            id: key.id,
            scopes: key.scopes,
        })
    }

    /// Queues one run of the function's active tag, or of the one that was chosen, and answers before it starts.
    ///
    /// # Errors
    /// `FunctionNotFound`, `NoActiveTag`, `NoSuchTag`, `NotAllowed` (the caller's roles miss `execute`), `QueueFull`,
    /// `ShuttingDown`.
    pub(crate) async fn execute(
        &self,
        caller: &Caller,
        function_id: &FunctionId,
        data: String,
        chosen: Option<TagId>,
    ) -> Result<Execution> {
        let function = self.function(&caller.project, function_id).await?;
        let is_chosen = chosen.is_some();
        let tag = chosen
            .or_else(|| function.active_tag.clone())
            .ok_or(Error::NoActiveTag)?;
        caller.may(&function.execute)?;

        let wish = Wish {
            project: function.project.clone(),
            id: ExecutionId::trusted(self.0.ids.unique()),
            function: function.id.clone(),
            tag,
            trigger: Trigger::Http,
            caller: caller.describe(),
            queued_at: self.now(),
        };
        let signed_in = caller.signed_in();
        let execution = Execution {
            read: signed_in
                .map(|signed_in| signed_in.user.role())
                .into_iter()
                .collect(),
            data,
            user: signed_in.map(|signed_in| signed_in.user.id.clone()),
            // A JWT makes no other.
            session: signed_in
                .filter(|signed_in| signed_in.proof == Proof::Session)
                .map(|signed_in| signed_in.session.clone()),
            ..wish.waiting()
        };
        let project = execution.project.clone();
        self.enqueue(&project, move |tx| {
            // Both may have been deleted since they were read.
            functions::get(tx, &execution.project, &execution.function)?.ok_or(Error::FunctionNotFound)?;
            if tags::get(tx, &execution.project, &execution.function, &execution.tag)?.is_none() {
                return Err(if is_chosen {
                    Error::NoSuchTag { tag: execution.tag }
                } else {
                    Error::NoActiveTag
                });
            }
            Ok(execution)
        })
        .await
    }

    /// Stores a waiting execution, which `make` answers where it may run, tells of it and queues it.
    ///
    /// # Errors
    /// `QueueFull`, `ShuttingDown`, and what `make` answers: nothing was stored then.
    pub(super) async fn enqueue<F>(&self, project: &ProjectId, make: F) -> Result<Execution>
    where
        F: FnOnce(&WriteTx<'_>) -> Result<Execution> + Send + 'static,
    {
        if self.0.draining.is_cancelled() {
            return Err(Error::ShuttingDown);
        }
        self.queue().admit(project)?;
        let emitter = self.emitter();
        let stored = self
            .0
            .store
            .write(move |tx| {
                let mut execution = make(tx)?;
                emitter.sign(&mut execution);
                Ok((emitter.begin(tx, &execution)?, execution))
            })
            .await;
        let (number, execution) = match stored {
            Ok(stored) => stored,
            Err(error) => {
                self.queue().give_back(project);
                return Err(error);
            }
        };
        self.queue_up(number, &execution);
        Ok(execution)
    }

    /// Tells of an execution that was stored under that number, and puts it into the queue.
    pub(super) fn queue_up(&self, number: i64, execution: &Execution) {
        self.0.news.tell(Happened::Execution(Box::new(execution.clone())));
        self.queue().push(number, Ticket::of(execution));
        self.0.queue_changed.notify_one();
    }

    /// The function's execution of that id, if the caller may see it.
    ///
    /// # Errors
    /// `FunctionNotFound`, `ExecutionNotFound` (also for one the caller may not see).
    pub(crate) async fn execution(
        &self,
        caller: &Caller,
        function: &FunctionId,
        id: &ExecutionId,
    ) -> Result<Execution> {
        let (project, function, id, caller) = (
            caller.project.clone(),
            function.clone(),
            id.clone(),
            caller.clone(),
        );
        self.0
            .store
            .read(move |tx| {
                functions::get(tx, &project, &function)?.ok_or(Error::FunctionNotFound)?;
                executions::get(tx, &project, &function, &id)?
                    .filter(|execution| caller.may(&execution.read).is_ok())
                    .ok_or(Error::ExecutionNotFound)
            })
            .await
    }

    /// One page of the function's executions that the caller may see, newest first.
    ///
    /// # Errors
    /// `FunctionNotFound`, `CursorNotFound`.
    pub(crate) async fn executions(
        &self,
        caller: &Caller,
        function: &FunctionId,
        query: ListQuery,
    ) -> Result<Page<Execution>> {
        let query = ListQuery {
            order: Order::Descending,
            ..query
        };
        let readers = (!caller.bypasses_permissions()).then(|| caller.roles());
        let (project, function) = (caller.project.clone(), function.clone());
        self.0
            .store
            .read(move |tx| {
                functions::get(tx, &project, &function)?.ok_or(Error::FunctionNotFound)?;
                executions::list(tx, &project, &function, readers.as_deref(), &query)
            })
            .await
    }

    /// The execution of that id, whatever its function: for the owner of the machine.
    ///
    /// # Errors
    /// `ExecutionNotFound`.
    pub(crate) async fn any_execution(&self, project: &ProjectId, id: &ExecutionId) -> Result<Execution> {
        let (project, id) = (project.clone(), id.clone());
        self.0
            .store
            .read(move |tx| executions::find(tx, &project, &id)?.ok_or(Error::ExecutionNotFound))
            .await
    }

    /// Makes an execution stay when old ones are removed, or not.
    ///
    /// # Errors
    /// `ExecutionNotFound`.
    pub(crate) async fn pin_execution(
        &self,
        project: &ProjectId,
        id: &ExecutionId,
        pinned: bool,
    ) -> Result<Execution> {
        let (project, id) = (project.clone(), id.clone());
        let execution = self
            .0
            .store
            .write(move |tx| executions::pin(tx, &project, &id, pinned)?.ok_or(Error::ExecutionNotFound))
            .await?;
        self.0.news.tell(Happened::Pin(Box::new(execution.clone())));
        Ok(execution)
    }

    /// The full output of an execution from `after` on, a page of it.
    pub(crate) async fn log(&self, project: &ProjectId, id: &ExecutionId, after: i64) -> Result<LogPage> {
        let (project, id) = (project.clone(), id.clone());
        self.0
            .logs
            .read(move |tx| outputs::read(tx, &project, &id, after, LOG_PAGE_BYTES))
            .await
    }

    /// How much an execution has written.
    pub(crate) async fn log_size(&self, project: &ProjectId, id: &ExecutionId) -> Result<Size> {
        let (project, id) = (project.clone(), id.clone());
        self.0.logs.read(move |tx| outputs::size(tx, &project, &id)).await
    }

    /// How many executions run and how many wait, in all projects.
    pub(crate) fn load(&self) -> (usize, usize) {
        let queue = self.queue();
        (queue.running(), queue.waiting())
    }
}
