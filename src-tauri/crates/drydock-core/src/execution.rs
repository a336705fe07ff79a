//! An execution: one run of a function's tag, from the wish to the result.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::function::VariableSet;
use crate::id::{EventId, ExecutionId, FunctionId, ProjectId, SessionId, TagId, UserId};
use crate::record::Record;

/// Longest `data`, in characters.
pub const MAX_DATA_LENGTH: usize = 8192;

/// Exit codes that Drydock gives where the process itself has none to give.
pub mod exit_code {
    /// Interrupted from outside: the server stopped or crashed meanwhile, or the run could not be prepared.
    pub const INTERRUPTED: i32 = 1;
    /// Over the function's timeout.
    pub const TIMEOUT: i32 = 124;
    /// The command is there but cannot be run.
    pub const NOT_RUNNABLE: i32 = 126;
    /// The command is not there.
    pub const NOT_FOUND: i32 = 127;
    /// Over a limit of memory, processes, CPU time or file size: what a process killed for its memory has.
    pub const LIMIT: i32 = 137;
    /// Added to the number of the signal that ended the process.
    pub const SIGNAL_BASE: i32 = 128;
    /// Cancelled, or its function was deleted.
    pub const CANCELLED: i32 = 130;
}

/// What made it run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Trigger {
    /// A call of the API.
    Http,
    /// The function's CRON schedule.
    Schedule,
    /// An event the function listens to.
    Event,
}

impl Trigger {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Schedule => "schedule",
            Self::Event => "event",
        }
    }
}

/// Where it is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ExecutionStatus {
    /// In the queue.
    Waiting,
    /// Its process runs.
    Processing,
    /// Ended with exit code 0.
    Completed,
    /// Ended otherwise.
    Failed,
}

impl ExecutionStatus {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Processing => "processing",
            Self::Completed => "completed",
            Self::Failed => "failed",
        }
    }

    /// Whether nothing more will happen to it.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Completed | Self::Failed)
    }
}

/// What a replay repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReplayOf {
    /// The execution, which may be gone by now.
    pub execution: ExecutionId,
    /// Whether with its variables. They are not known of one that never started, or is from before they were kept:
    /// then with those that the function has.
    pub same_variables: bool,
}

/// An execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// The project it belongs to.
    pub project: ProjectId,
    /// Its id.
    pub id: ExecutionId,
    /// The function it runs.
    pub function: FunctionId,
    /// The tag it runs: the one that was active when it was asked for, or the one that was asked for.
    pub tag: TagId,
    /// Roles that may see it.
    pub read: Vec<String>,
    /// What made it run.
    pub trigger: Trigger,
    /// The event that made it run, of trigger `event`.
    pub event: Option<EventId>,
    /// The execution whose call of the API made it, in the same project.
    pub made_by: Option<ExecutionId>,
    /// The functions that led to it, the first one first: by an event that their executions made happen, or by calling it.
    pub chain: Vec<FunctionId>,
    /// Where it is in its life.
    pub status: ExecutionStatus,
    /// The data it was given.
    pub data: String,
    /// Who asked for it, such as `key:ID` or `owner`.
    pub caller: String,
    /// The user who asked for it.
    pub user: Option<UserId>,
    /// The session in which they asked, whose JWT the function gets.
    pub session: Option<SessionId>,
    /// The variables it runs with, once it has started; of a replay, from the beginning.
    pub variables: Option<VariableSet>,
    /// What it is a replay of.
    pub replay_of: Option<ReplayOf>,
    /// When it entered the queue.
    pub queued_at: Timestamp,
    /// When its process was started.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
    /// Its exit code; 0 until it has ended.
    pub exit_code: i32,
    /// The last 8000 characters of its standard output.
    pub stdout: String,
    /// The last 8000 characters of its standard error.
    pub stderr: String,
    /// How long its process ran, in seconds.
    pub duration_secs: f64,
    /// What the Appwrite API does not tell.
    pub record: Record,
    /// Whether it stays when old ones are removed.
    pub pinned: bool,
}

impl Execution {
    /// The functions that lead to what it does, the first one first. Each start by an event counts, so that a chain of them
    /// has an end; one that is called by name counts once, since who calls itself a thousand times means it.
    pub fn chain_of_deeds(&self) -> Vec<FunctionId> {
        let mut chain = self.chain.clone();
        if self.trigger == Trigger::Event || !chain.contains(&self.function) {
            chain.push(self.function.clone());
        }
        chain
    }

    /// The functions that led to the events about it: none, where nothing led to it.
    pub fn chain_of_events(&self) -> Vec<FunctionId> {
        if self.trigger == Trigger::Event || !self.chain.is_empty() {
            self.chain_of_deeds()
        } else {
            Vec::new()
        }
    }

    /// The same wish once more, under another id: without anything that came of it.
    #[must_use]
    pub fn again(self, id: ExecutionId, queued_at: Timestamp) -> Self {
        let wish = Wish {
            project: self.project,
            id,
            function: self.function,
            tag: self.tag,
            trigger: self.trigger,
            caller: self.caller,
            queued_at,
        };
        Self {
            read: self.read,
            event: self.event,
            chain: self.chain,
            data: self.data,
            user: self.user,
            session: self.session,
            variables: self.variables,
            replay_of: self.replay_of,
            ..wish.waiting()
        }
    }
}

/// What every execution is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wish {
    /// The project it belongs to.
    pub project: ProjectId,
    /// Its id.
    pub id: ExecutionId,
    /// The function it runs.
    pub function: FunctionId,
    /// The tag it runs.
    pub tag: TagId,
    /// What makes it run.
    pub trigger: Trigger,
    /// Who asks for it.
    pub caller: String,
    /// When it enters the queue.
    pub queued_at: Timestamp,
}

impl Wish {
    /// The execution that waits: without data, of no user, for keys and the owner alone to see.
    pub fn waiting(self) -> Execution {
        Execution {
            project: self.project,
            id: self.id,
            function: self.function,
            tag: self.tag,
            read: Vec::new(),
            trigger: self.trigger,
            event: None,
            made_by: None,
            chain: Vec::new(),
            status: ExecutionStatus::Waiting,
            data: String::new(),
            caller: self.caller,
            user: None,
            session: None,
            variables: None,
            replay_of: None,
            queued_at: self.queued_at,
            started_at: None,
            ended_at: None,
            exit_code: 0,
            stdout: String::new(),
            stderr: String::new(),
            duration_secs: 0.0,
            record: Record::default(),
            pinned: false,
        }
    }
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// Its exit code.
    pub exit_code: i32,
    /// The last 8000 characters of its standard output.
    pub stdout: String,
    /// The last 8000 characters of its standard error.
    pub stderr: String,
    /// How long its process ran, in seconds.
    pub duration_secs: f64,
    /// What the Appwrite API does not tell.
    pub record: Record,
}

impl Outcome {
    /// An end without a process, with the reason as stderr.
    pub fn without_process(exit_code: i32, reason: impl Into<String>) -> Self {
        Self {
            exit_code,
            stdout: String::new(),
            stderr: reason.into(),
            duration_secs: 0.0,
            record: Record::default(),
        }
    }

    /// The status that the exit code means.
    pub const fn status(&self) -> ExecutionStatus {
        if self.exit_code == 0 {
            ExecutionStatus::Completed
        } else {
            ExecutionStatus::Failed
        }
    }
}
