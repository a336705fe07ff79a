//! What the server answers about folders and links.

use drydock_core::tag::ParseError;
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

/// What a folder holds.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Found {
    /// A real path: no part of it is a link.
    pub(crate) folder: String,
    /// The `appwrite.json` that says so, where there is one.
    pub(crate) declared_in: Option<String>,
    pub(crate) functions: Vec<Wish>,
    pub(crate) notices: Vec<String>,
}

/// A function as the folder wishes it.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Wish {
    pub(crate) id: Option<String>,
    pub(crate) suggested_id: Option<String>,
    pub(crate) name: String,
    pub(crate) folder: String,
    pub(crate) runtime: Option<Guess>,
    pub(crate) command: Option<Guess>,
    /// What is missing where runtime or command is not known, and the mend.
    pub(crate) unclear: Option<String>,
    pub(crate) ignore: Vec<String>,
    pub(crate) vars: IndexMap<String, String>,
    pub(crate) execute: Option<Vec<String>>,
    pub(crate) events: Vec<String>,
    pub(crate) schedule: Option<String>,
    pub(crate) timeout: Option<i64>,
}

/// Something that was found out, and from what.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Guess {
    pub(crate) value: String,
    pub(crate) why: String,
}

/// All links of a project.
#[derive(Debug, Deserialize)]
pub(crate) struct LinkRows {
    pub(crate) links: Vec<LinkRow>,
}

/// The link of a function, if it has one.
#[derive(Debug, Deserialize)]
pub(crate) struct Linked {
    pub(crate) link: Option<LinkRow>,
}

/// A link, and how it is with its folder.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LinkRow {
    pub(crate) function_id: String,
    pub(crate) folder: String,
    pub(crate) command: String,
    pub(crate) ignore: Vec<String>,
    pub(crate) polling: bool,
    /// `starting`, `watching`, `polling`, `missing` or `unreadable`.
    pub(crate) state: String,
    pub(crate) notice: Option<String>,
    pub(crate) files: u64,
    pub(crate) size_bytes: u64,
    pub(crate) left_out: Vec<LeftOut>,
    pub(crate) last: Option<LastChange>,
}

/// Something that is no part of the code though no rule leaves it out.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, Serialize)]
pub(crate) struct LeftOut {
    pub(crate) path: String,
    pub(crate) why: String,
}

impl LinkRow {
    /// What is left out, each in words.
    pub(crate) fn left_out_in_words(&self) -> Vec<String> {
        let words = |left_out: &LeftOut| format!("{} ({})", left_out.path, left_out.why);
        self.left_out.iter().map(words).collect()
    }
}

/// What a change of a folder led to.
#[derive(Debug, Clone, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct LastChange {
    pub(crate) at_ms: i64,
    pub(crate) tag_id: String,
    /// `active` or `does-not-parse`.
    pub(crate) outcome: String,
    pub(crate) files: Vec<ChangedFile>,
    pub(crate) file_count: usize,
    pub(crate) took_ms: u64,
    pub(crate) notice: Option<String>,
    pub(crate) errors: Vec<ParseError>,
}

impl LastChange {
    /// Whether the new code is what executions run.
    pub(crate) fn is_live(&self) -> bool {
        self.outcome == "active"
    }
}

/// A file that changed.
#[derive(Debug, Clone, Deserialize, Serialize)]
pub(crate) struct ChangedFile {
    pub(crate) path: String,
    /// `added`, `changed` or `removed`.
    pub(crate) change: String,
}
