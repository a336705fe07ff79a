//! What the server answers, as far as the command line reads it. Data that is only passed on stays JSON.

mod folders;

use drydock_core::function::{Backend, Network};
use drydock_core::tag::{ParseError, TagOrigin};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

pub(crate) use folders::{ChangedFile, Found, Guess, LastChange, LeftOut, LinkRow, LinkRows, Linked, Wish};

/// A function of the Appwrite API.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Function {
    #[serde(rename = "$id")]
    pub(crate) id: String,
    pub(crate) execute: Vec<String>,
    pub(crate) name: String,
    pub(crate) date_created: i64,
    pub(crate) date_updated: i64,
    pub(crate) status: String,
    pub(crate) runtime: String,
    pub(crate) tag: String,
    /// In the order in which the user wrote them.
    pub(crate) vars: IndexMap<String, String>,
    pub(crate) events: Vec<String>,
    pub(crate) schedule: String,
    pub(crate) schedule_next: i64,
    pub(crate) schedule_previous: i64,
    pub(crate) timeout: i64,
    /// Which only the console API tells; not known where that has not been asked.
    #[serde(default)]
    pub(crate) network: Option<Network>,
    /// The same; none is the server's.
    #[serde(default)]
    pub(crate) backend: Option<Backend>,
}

/// What PUT of a function takes: all of it, because what is left out is reset.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct FunctionChange {
    pub(crate) name: String,
    pub(crate) execute: Vec<String>,
    pub(crate) vars: IndexMap<String, String>,
    pub(crate) events: Vec<String>,
    pub(crate) schedule: String,
    pub(crate) timeout: i64,
}

impl From<Function> for FunctionChange {
    /// What changes nothing.
    fn from(function: Function) -> Self {
        Self {
            name: function.name,
            execute: function.execute,
            vars: function.vars,
            events: function.events,
            schedule: function.schedule,
            timeout: function.timeout,
        }
    }
}

/// What POST of a function takes.
#[derive(Debug, Serialize)]
pub(crate) struct NewFunction {
    #[serde(rename = "functionId")]
    pub(crate) function_id: String,
    pub(crate) runtime: String,
    #[serde(flatten)]
    pub(crate) rest: FunctionChange,
}

/// A function of the console API.
#[derive(Debug, Deserialize)]
pub(crate) struct FunctionRow {
    pub(crate) id: String,
    pub(crate) network: Network,
    pub(crate) backend: Option<Backend>,
}

/// A tag of the console API, which has all that the Appwrite API tells of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TagRow {
    #[serde(rename = "$id")]
    pub(crate) id: String,
    pub(crate) command: String,
    pub(crate) size: u64,
    pub(crate) date_created: i64,
    pub(crate) origin: TagOrigin,
    pub(crate) pinned: bool,
    pub(crate) errors: Vec<ParseError>,
}

/// An execution of the console API.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecutionRow {
    pub(crate) id: String,
    pub(crate) function_id: String,
    pub(crate) tag_id: String,
    pub(crate) trigger: String,
    pub(crate) status: String,
    pub(crate) exit_code: i32,
    pub(crate) queued_at_ms: i64,
    pub(crate) ended_at_ms: Option<i64>,
    pub(crate) duration_secs: f64,
    /// The execution that it repeats.
    pub(crate) replay_of: Option<String>,
    /// Of a replay: whether it runs with the variables of what it repeats.
    pub(crate) same_variables: Option<bool>,
    /// What the Appwrite API does not tell of it; only passed on.
    pub(crate) record: serde_json::Value,
}

impl ExecutionRow {
    /// Whether it has ended.
    pub(crate) fn is_over(&self) -> bool {
        matches!(self.status.as_str(), "completed" | "failed")
    }
}

/// Executions of the console API, newest first.
#[derive(Debug, Deserialize)]
pub(crate) struct ExecutionPage {
    pub(crate) executions: Vec<ExecutionRow>,
}

/// A page of an execution's output.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LogPage {
    pub(crate) frames: Vec<Frame>,
    pub(crate) next: i64,
    pub(crate) more: bool,
}

/// A piece of output.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Frame {
    pub(crate) stream: OutputStream,
    pub(crate) at_ms: i64,
    pub(crate) text: String,
}

/// Which output a piece is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum OutputStream {
    Stdout,
    Stderr,
}

/// A message of the console's event stream.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "camelCase", rename_all_fields = "camelCase")]
pub(crate) enum StreamEvent {
    /// An execution was made or changed.
    Execution { execution: Box<ExecutionRow> },
    /// An execution's output grew.
    Log { execution_id: String },
    /// A function was made, changed or deleted.
    Function { function_id: String, change: Change },
    /// How it is with a function's linked folder changed.
    Link { function_id: String },
    /// Some messages were missed.
    Resync,
    /// What no command waits for.
    #[serde(other)]
    Other,
}

/// What happened to a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Change {
    Created,
    Updated,
    Deleted,
}
