//! Emitting events: what happened is written down in the transaction that did it, so that neither is there without the
//! other. What listens is started after the commit, by `trigger`.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use drydock_core::caller::Caller;
use drydock_core::clock::Timestamp;
use drydock_core::event::Event;
use drydock_core::event_name::EventName;
use drydock_core::execution::{Execution, Outcome};
use drydock_core::function::Function;
use drydock_core::id::{EventId, ExecutionId, ProjectId, UserId};
use drydock_core::session::Session;
use drydock_core::tag::Tag;
use drydock_core::team::{Member, Team};
use drydock_core::user::User;
use drydock_core::{Error, Result};
use drydock_store::table::{events, executions, functions, webhooks};
use drydock_store::{ReadTx, WriteTx};
use serde_json::Value;

use super::Engine;
use super::origins::Origin;

/// What an event tells of.
pub(crate) enum Subject {
    User(User),
    /// One that was begun (and then is the current one), or was ended.
    Session {
        session: Box<Session>,
        is_current: bool,
    },
    /// All that were ended at once.
    Sessions(Vec<Session>),
    Team(Team),
    Member(Member),
    Function(Box<Function>),
    Tag(Tag),
    Execution(Box<Execution>),
}

/// Writes it as the API answers it: the engine knows no wire format.
pub(crate) type Render = fn(Subject) -> Value;

tokio::task_local! {
    /// Who calls, while a call is answered.
    static DOER: Doer;
}

/// Who does something.
#[derive(Debug, Clone)]
pub(super) struct Doer {
    pub(super) caller: String,
    pub(super) user: Option<UserId>,
    /// The execution that does it.
    origin: Option<Arc<Origin>>,
}

/// Who calls, or this server itself.
pub(super) fn doer() -> Doer {
    DOER.try_with(Clone::clone).unwrap_or_else(|_| Doer {
        caller: "drydock".to_owned(),
        user: None,
        origin: None,
    })
}

/// Answers a call as one of `caller`, made by the execution `origin`: what is emitted meanwhile is theirs. Without a caller
/// it is a call of the console, which only the owner of the machine may make.
pub(crate) async fn in_the_name_of<T>(
    caller: Option<Caller>,
    origin: Option<Arc<Origin>>,
    answer: impl Future<Output = T>,
) -> T {
    let user = caller.as_ref().and_then(Caller::signed_in);
    let doer = Doer {
        user: user.map(|signed_in| signed_in.user.id.clone()),
        caller: caller.map_or_else(|| "owner".to_owned(), |caller| caller.describe()),
        origin,
    };
    DOER.scope(doer, answer).await
}

/// How many events were emitted that something listens to, with those of transactions that are not committed yet or
/// failed: who sees another number than before finds them by asking the one writer, whose turn is after theirs.
#[derive(Debug, Default)]
pub(super) struct Outbox(AtomicU64);

impl Outbox {
    fn count_one(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(super) fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// Emits one event, in a transaction.
pub(super) struct Emitter {
    outbox: Arc<Outbox>,
    render: Render,
    id: EventId,
    at: Timestamp,
    doer: Doer,
}

impl Engine {
    /// For an event of whoever calls, or of this server itself.
    pub(super) fn emitter(&self) -> Emitter {
        Emitter {
            outbox: Arc::clone(&self.0.outbox),
            render: self.0.render,
            id: EventId::trusted(self.0.ids.unique()),
            at: self.now(),
            doer: doer(),
        }
    }
}

impl Emitter {
    /// Of the event that it emits.
    pub(super) fn id(&self) -> &EventId {
        &self.id
    }

    /// Says who does it, where that is not who calls: a user who signs in was a guest when they called.
    pub(super) fn by(mut self, user: &UserId) -> Self {
        self.doer.user = Some(user.clone());
        self
    }

    /// Emits what happened to something.
    pub(super) fn emit(
        self,
        tx: &WriteTx<'_>,
        project: &ProjectId,
        name: &'static str,
        subject: Subject,
    ) -> Result<()> {
        let payload = (self.render)(subject).to_string();
        let name = event_named(name)?;
        let audience = Audience::of(tx, project, name)?;
        self.emit_one(tx, project, (name, payload), audience, false)
    }

    /// Notes on an execution that a call makes which execution calls, and what led to that.
    pub(super) fn sign(&self, execution: &mut Execution) {
        if let Some(origin) = &self.doer.origin {
            execution.made_by = origin.execution_in(&execution.project).cloned();
            execution.chain = origin.chain().to_vec();
        }
    }

    /// Stores a waiting execution, and emits that it was made; answers its place in the queue.
    pub(super) fn begin(self, tx: &WriteTx<'_>, execution: &Execution) -> Result<i64> {
        let number = executions::insert(tx, execution)?;
        self.emit_execution(tx, "functions.executions.create", execution)?;
        Ok(number)
    }

    /// Writes down how an execution ended, and emits that; `None` when it is gone or had ended before.
    pub(super) fn finish(
        self,
        tx: &WriteTx<'_>,
        (project, id): (&ProjectId, &ExecutionId),
        outcome: &Outcome,
        now: Timestamp,
    ) -> Result<Option<Execution>> {
        let ended = executions::finish(tx, project, id, outcome, now)?;
        if let Some(execution) = &ended {
            self.emit_execution(tx, "functions.executions.update", execution)?;
        }
        Ok(ended)
    }

    /// Emits an event by hand: with a payload that somebody made up.
    pub(super) fn emit_payload(
        self,
        tx: &WriteTx<'_>,
        project: &ProjectId,
        name: EventName,
        payload: String,
    ) -> Result<()> {
        let audience = Audience::of(tx, project, name)?;
        self.emit_one(tx, project, (name, payload), audience, true)
    }

    /// Writes down an event by hand that starts nothing and is sent nowhere: the one execution that is of it is stored in
    /// the same transaction.
    pub(super) fn note_payload(
        self,
        tx: &WriteTx<'_>,
        project: &ProjectId,
        name: EventName,
        payload: String,
    ) -> Result<()> {
        self.emit_one(tx, project, (name, payload), Audience::NOBODY, true)
    }

    fn emit_one(
        self,
        tx: &WriteTx<'_>,
        project: &ProjectId,
        (name, payload): (EventName, String),
        audience: Audience,
        is_by_hand: bool,
    ) -> Result<()> {
        let origin = self.doer.origin.clone();
        self.insert(tx, audience, |id, at, doer| Event {
            project: project.clone(),
            id,
            name,
            at,
            payload: Some(payload),
            execution: None,
            caller: doer.caller,
            user: doer.user,
            made_by: origin
                .as_ref()
                .and_then(|origin| origin.execution_in(project))
                .cloned(),
            chain: origin
                .filter(|_| audience.functions)
                .map(|origin| origin.chain().to_vec())
                .unwrap_or_default(),
            is_handled: true,
            is_by_hand,
        })
    }

    /// Emits that an execution was made, or has ended. These are as frequent as executions are: nothing is rendered that
    /// nobody listens to.
    fn emit_execution(self, tx: &WriteTx<'_>, name: &'static str, execution: &Execution) -> Result<()> {
        let name = event_named(name)?;
        let audience = Audience::of(tx, &execution.project, name)?;
        let chain = if audience.functions {
            execution.chain_of_events()
        } else {
            Vec::new()
        };
        let payload = (!audience.is_empty())
            .then(|| (self.render)(Subject::Execution(Box::new(execution.clone()))).to_string());
        self.insert(tx, audience, |id, at, _| Event {
            project: execution.project.clone(),
            id,
            name,
            at,
            payload,
            execution: Some(execution.id.clone()),
            caller: execution.caller.clone(),
            user: execution.user.clone(),
            made_by: execution.made_by.clone(),
            chain,
            is_handled: true,
            is_by_hand: false,
        })
    }

    fn insert(
        self,
        tx: &WriteTx<'_>,
        audience: Audience,
        event: impl FnOnce(EventId, Timestamp, Doer) -> Event,
    ) -> Result<()> {
        let mut event = event(self.id, self.at, self.doer);
        let is_cut = audience.functions && event.is_cut();
        if is_cut {
            tracing::warn!(
                project = event.project.as_str(),
                event = event.name.as_str(),
                id = event.id.as_str(),
                "an event starts nothing, since its functions feed each other: {}",
                event.cut_because().unwrap_or_default()
            );
        }
        event.is_handled = (is_cut || !audience.functions) && !audience.webhooks;
        if !event.is_handled {
            self.outbox.count_one();
        }
        events::insert(tx, &event)
    }
}

/// Who is told of an event.
#[derive(Debug, Clone, Copy)]
struct Audience {
    functions: bool,
    webhooks: bool,
}

impl Audience {
    const NOBODY: Self = Self {
        functions: false,
        webhooks: false,
    };

    fn of(tx: &ReadTx<'_>, project: &ProjectId, name: EventName) -> Result<Self> {
        Ok(Self {
            functions: functions::is_listened_to(tx, project, name)?,
            webhooks: webhooks::are_told_of(tx, project, name)?,
        })
    }

    const fn is_empty(self) -> bool {
        !self.functions && !self.webhooks
    }
}

fn event_named(name: &'static str) -> Result<EventName> {
    EventName::parse("event", name).map_err(|error| Error::internal(error.to_string()))
}
