//! The book: what was asked of the server and what it has answered, kept by those who asked.
//!
//! What was asked and not answered when the server died may have happened or not; everything else is certain.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

use serde_json::Value;

/// How far a wish has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Wish {
    /// Nobody has it.
    #[default]
    None,
    /// Asked for, and no answer yet.
    Asked,
    /// Answered: it has happened.
    Done,
}

/// A function.
#[derive(Clone, Debug, Default)]
pub(super) struct Function {
    /// The client that alone changes it.
    pub(super) owner: usize,
    pub(super) made: bool,
    pub(super) deleted: Wish,
    /// The active tag, by its number: several where an answer is missing.
    pub(super) active: Vec<Option<usize>>,
}

/// A tag. Its number stands in its command, so that it is known without an answer too.
#[derive(Clone, Debug)]
pub(super) struct Tag {
    pub(super) function: String,
    /// Known once it was answered, or seen.
    pub(super) id: Option<String>,
    pub(super) archive: Vec<u8>,
    /// What is in the archive, by its place in the tree.
    pub(super) files: Vec<(String, Vec<u8>)>,
    pub(super) deleted: Wish,
}

/// An execution, by the name that it tells the witness.
#[derive(Clone, Debug)]
pub(super) struct Execution {
    pub(super) function: String,
    pub(super) id: Option<String>,
    /// Bytes that it prints besides its last line.
    pub(super) prints: usize,
    /// The hour of the test's clock in which it was asked for.
    pub(super) hour: i64,
    pub(super) cancelled: Wish,
    pub(super) pinned: Wish,
    /// Its end as it was answered once; it stays so.
    pub(super) end: Option<End>,
    /// Whether its end was seen to have a reason.
    pub(super) checked: bool,
}

/// How an execution ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct End {
    pub(super) status: String,
    pub(super) exit_code: i64,
}

impl End {
    /// The end that a row of the API or the console tells, if it has one.
    pub(super) fn told_by(row: &Value) -> Option<Self> {
        let status = row["status"].as_str().unwrap();
        matches!(status, "completed" | "failed").then(|| Self {
            status: status.to_owned(),
            exit_code: row["exitCode"].as_i64().unwrap(),
        })
    }
}

/// All of it.
#[derive(Debug, Default)]
pub(super) struct Entries {
    pub(super) functions: BTreeMap<String, Function>,
    pub(super) tags: BTreeMap<usize, Tag>,
    pub(super) executions: BTreeMap<String, Execution>,
    /// Functions, tags and executions so far, for their names.
    pub(super) count: usize,
    /// Executions that clients may still ask for before the next crash.
    pub(super) allowance: usize,
}

impl Entries {
    /// A number that nothing else has.
    pub(super) fn number(&mut self) -> usize {
        self.count += 1;
        self.count
    }

    /// Functions that stand as their owner was told, of all owners or one.
    pub(super) fn standing(&self, owner: Option<usize>) -> Vec<String> {
        let of = |function: &Function| owner.is_none_or(|owner| function.owner == owner);
        self.functions
            .iter()
            .filter(|(_, function)| function.made && function.deleted == Wish::None && of(function))
            .map(|(id, _)| id.clone())
            .collect()
    }

    /// Tags of a function that stand, by number and id.
    pub(super) fn tags_of(&self, function: &str) -> Vec<(usize, String)> {
        self.tags
            .iter()
            .filter(|(_, tag)| tag.function == function && tag.deleted == Wish::None)
            .filter_map(|(number, tag)| Some((*number, tag.id.clone()?)))
            .collect()
    }

    /// Executions that were answered, by name and id, of functions that stand.
    pub(super) fn answered(&self) -> Vec<(String, String)> {
        self.executions
            .iter()
            .filter(|(_, execution)| self.functions[&execution.function].deleted == Wish::None)
            .filter_map(|(name, execution)| Some((name.clone(), execution.id.clone()?)))
            .collect()
    }
}

/// The book, which several clients write in.
#[derive(Clone, Debug, Default)]
pub(super) struct Book(Arc<Mutex<Entries>>);

impl Book {
    pub(super) fn open(&self) -> MutexGuard<'_, Entries> {
        self.0.lock().unwrap()
    }
}
