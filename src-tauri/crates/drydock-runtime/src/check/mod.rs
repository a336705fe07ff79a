//! Whether what changed in a tag's code parses, asked of the interpreter that would run it.
//!
//! Owns: which files are asked about, how each language is asked, and what its answer means. The asking is a run like
//! any other (`crate::process`), sandboxed, of one process for all files, which compiles and never executes them.
//! Must not: decide what happens to a tag, or hold one up for a failure of our own; then the answer is that nobody
//! knows.

mod answer;
mod language;
mod sources;

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use drydock_core::output::{Frame, Stream};
use drydock_core::record::LimitHit;
use drydock_core::runtime::Runtime;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::job::{Backend, Blueprint, EndReason, Ended, Job};
use crate::process::ProcessBackend;
use crate::sandbox::{Limits, Network};
use answer::Answer;
use language::Language;

/// Files at once: more than a person saves, less than what a branch's change would hold up.
const MAX_FILES: usize = 200;

/// Errors that are told: more than anybody reads before mending the first.
const MAX_ERRORS: usize = 20;

/// What an interpreter may answer: so many errors of at most 2000 characters, each of at most 6 in JSON.
const MAX_ANSWER_BYTES: usize = 512 * 1024;

/// Enough for any language to compile what people write. Nothing of it is for writing: caches that an interpreter has
/// in its home folder, which is gone afterwards.
const LIMITS: Limits = Limits {
    memory_bytes: 256_000_000,
    // One; each is allowed 8 threads, and Bun has as many as there are processors.
    processes: 32,
    // The time is limited as a whole.
    cpu_secs: 0,
    file_bytes: 1_000_000,
    open_files: 256,
    scratch_bytes: 4_000_000,
};

/// What is to be checked.
#[derive(Debug, Clone)]
pub struct Check {
    /// The function's declared runtime.
    pub runtime: &'static Runtime,
    /// The tag's command: with the runtime it says which interpreter would read the files.
    pub command: String,
    /// The tag's folder. An absolute path.
    pub code_dir: PathBuf,
    /// As in a [`Job`].
    pub scratch_dir: PathBuf,
    /// What was added or changed, as paths below `code_dir`. What is not a source of the language, or belongs to a
    /// dependency, is left aside here.
    pub changed: Vec<PathBuf>,
    /// For all of it, from the call; usually [`Check::TIMEOUT`].
    pub timeout: Duration,
}

impl Check {
    /// A person waits for the new code to be live: by then it is, checked or not.
    pub const TIMEOUT: Duration = Duration::from_secs(2);
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Checked {
    /// Nothing is wrong that can be seen without running it.
    Parses,
    /// Something is: at least one error, and not more than anybody reads.
    DoesNotParse(Vec<ParseError>),
    /// Nobody knows; a sentence for the user says why.
    Unchecked(String),
}

/// One error of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ParseError {
    /// As in [`Check::changed`].
    pub file: PathBuf,
    /// From 1, where the interpreter says it.
    pub line: Option<u32>,
    /// From 1, in characters as the interpreter counts them; of what it stumbled over, which may be behind the mistake.
    pub column: Option<u32>,
    /// The interpreter's words, on one line.
    pub message: String,
}

impl fmt::Display for ParseError {
    /// `file:line:column: message`, which terminals and editors make a link of.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        for number in [self.line, self.line.and(self.column)].into_iter().flatten() {
            write!(f, ":{number}")?;
        }
        write!(f, ": {}", self.message)
    }
}

impl ProcessBackend {
    /// Asks whether what changed parses. Where that cannot be found out, for whatever reason, it says so.
    ///
    /// Dropping the future ends the asking, as with [`Self::run`].
    pub async fn check(&self, check: Check) -> Checked {
        let Some(language) = Language::of(&check.command, check.runtime) else {
            return Checked::Parses;
        };
        let files = match sources::of(&language, &check.changed) {
            files if files.is_empty() => return Checked::Parses,
            files if files.len() > MAX_FILES => {
                return unchecked(format_args!("more than {MAX_FILES} changed at once"));
            }
            files => files,
        };
        let timeout = check.timeout;
        let job = self.asking(&check, &language, &files);
        let (output, received) = mpsc::channel(4);
        let stop = CancellationToken::new();
        let asked = async { tokio::join!(self.run(job, stop.clone(), output), read_answer(received, &stop)) };
        match tokio::time::timeout(timeout, asked).await {
            Ok((ended, answer)) if ended.reason != EndReason::Timeout => {
                judge(&language, &files, &ended, &answer)
            }
            _ => unchecked(format_args!("it took longer than {} s", timeout.as_secs_f32())),
        }
    }

    /// The run that asks.
    fn asking(&self, check: &Check, language: &Language, files: &[&str]) -> Job {
        let network = if self.standing().level.can_close_the_network() {
            Network::None
        } else {
            Network::Full
        };
        Job {
            name: None,
            // Nothing stands by for it.
            owner: String::new(),
            blueprint: Blueprint {
                runtime: check.runtime,
                command: language.words(&check.command, files),
                backend: Backend::Process,
                code_dir: check.code_dir.clone(),
                code_id: String::new(),
                variables: Vec::new(),
                limits: LIMITS,
                network,
            },
            scratch_dir: check.scratch_dir.clone(),
            variables: Vec::new(),
            timeout: check.timeout,
        }
    }
}

/// What the interpreter prints; where that is too much, it is stopped.
async fn read_answer(mut received: mpsc::Receiver<Frame>, stop: &CancellationToken) -> Vec<u8> {
    let mut answer = Vec::new();
    while let Some(frame) = received.recv().await {
        if frame.stream == Stream::Stdout {
            answer.extend(frame.bytes);
        }
        if answer.len() > MAX_ANSWER_BYTES {
            stop.cancel();
            break;
        }
    }
    answer
}

/// What a run that asked means.
fn judge(language: &Language, files: &[&str], ended: &Ended, answer: &[u8]) -> Checked {
    let title = language.family.title;
    match &ended.reason {
        EndReason::Exited => {}
        EndReason::NotFound => return unchecked(format_args!("no {title} is installed on this machine")),
        EndReason::Limit(LimitHit::Memory) => {
            return unchecked(format_args!(
                "{title} took more memory for it than {} MB",
                LIMITS.memory_bytes / 1_000_000
            ));
        }
        reason => {
            tracing::warn!(?reason, stderr = ended.stderr, "a check of changed files failed");
            return unchecked("the check itself failed; the server's log says how");
        }
    }
    match answer::read(language.says, answer, files) {
        Ok(Answer { errors, .. }) if !errors.is_empty() => Checked::DoesNotParse(errors),
        Ok(Answer { undecided, .. }) if !undecided.is_empty() => {
            unchecked(format_args!("{title} cannot tell about {}", undecided.join(", ")))
        }
        Ok(_) => Checked::Parses,
        Err(error) => {
            tracing::warn!(
                error,
                exit_code = ended.exit_code,
                stderr = ended.stderr,
                "a check of changed files gave no answer that makes sense"
            );
            unchecked(format_args!(
                "{title} gave no answer that makes sense; the server's log has it"
            ))
        }
    }
}

fn unchecked(why: impl fmt::Display) -> Checked {
    Checked::Unchecked(format!(
        "The changed files were not checked for syntax errors: {why}."
    ))
}
