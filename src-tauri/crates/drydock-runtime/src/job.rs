//! One run of a tag's command: what is asked for, and what it left.
//!
//! Owns: the words that both backends understand. Must not: run anything.

use std::fmt::Display;
use std::path::PathBuf;
use std::time::Duration;

use drydock_core::execution::exit_code;
pub use drydock_core::function::Backend;
use drydock_core::runtime::Runtime;

use crate::sandbox::{Level, LimitHit, Limits, Network};

/// What is the same in every run of a tag: enough to have a process stand by for the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Blueprint {
    /// The declared runtime: chooses among the interpreters found.
    pub runtime: &'static Runtime,
    /// The tag's command, as the user wrote it.
    pub command: String,
    /// Where it runs.
    pub backend: Backend,
    /// The tag's unpacked folder: where the command runs. An absolute path.
    pub code_dir: PathBuf,
    /// A name of what lies in there: the same name is the same code, for as long as the server runs.
    pub code_id: String,
    /// The function's variables: of two with one name the later wins.
    pub variables: Vec<(String, String)>,
    /// What it may take of the machine.
    pub limits: Limits,
    /// What it can reach.
    pub network: Network,
}

/// One run of a tag's command.
#[derive(Debug)]
pub struct Job {
    /// Its own name, by which [`crate::ProcessBackend::run_behind`] tells of it; none of one that calls nobody.
    pub name: Option<String>,
    /// Whose it is: the name under which a process may stand by for it.
    pub owner: String,
    /// What it shares with the tag's other runs.
    pub blueprint: Blueprint,
    /// An absolute path that does not exist yet, of this run alone: becomes HOME and TMPDIR, and is removed
    /// at the end. At the full level nothing is made there: the command has a `/tmp` of its own.
    pub scratch_dir: PathBuf,
    /// Variables of this run alone, the APPWRITE_FUNCTION_ ones: they win over the function's.
    pub variables: Vec<(String, String)>,
    /// From the command's start; at its end the whole tree is killed.
    pub timeout: Duration,
}

/// Why a run ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EndReason {
    /// The command ended by itself.
    Exited,
    /// A signal ended it.
    Signaled(i32),
    /// Its time was over.
    Timeout,
    /// It was over a limit.
    Limit(LimitHit),
    /// It was asked to end.
    Cancelled,
    /// The command names something that cannot be executed, or the function wants a sandbox that is not to be had.
    NotRunnable,
    /// The command names nothing that is there.
    NotFound,
    /// It could not be started, for the reason given.
    CannotStart(String),
    /// The launcher ended without a report (somebody killed it). The command's process group and session were
    /// killed; a daemon in a session of its own was not, unless the run had a control group.
    LauncherLost,
}

impl EndReason {
    /// The exit code of this reason; `own` is the command's.
    pub(crate) fn exit_code(&self, own: i32) -> i32 {
        match self {
            Self::Exited => own,
            Self::Signaled(signal) => exit_code::SIGNAL_BASE + signal,
            Self::Timeout => exit_code::TIMEOUT,
            Self::Limit(_) => exit_code::LIMIT,
            Self::NotRunnable => exit_code::NOT_RUNNABLE,
            Self::NotFound => exit_code::NOT_FOUND,
            Self::Cancelled => exit_code::CANCELLED,
            Self::CannotStart(_) | Self::LauncherLost => exit_code::INTERRUPTED,
        }
    }
}

/// What a run left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ended {
    /// Why.
    pub reason: EndReason,
    /// 0 to 255: the command's own, or one of [`exit_code`].
    pub exit_code: i32,
    /// The last 8000 characters.
    pub stdout: String,
    /// The last 8000 characters; where the command never ran, the reason in words.
    pub stderr: String,
    /// From the command's start to its end; zero when it never started.
    pub duration: Duration,
    /// The largest resident size that any one process of the run had, or what all together were seen to have
    /// of their own, if that is more.
    pub peak_memory_bytes: Option<u64>,
    /// User and system time of all processes of the run.
    pub cpu_time: Option<Duration>,
    /// The sandbox's level that it ran under, if it ran.
    pub level: Option<Level>,
    /// Whether a process that stood by took it; `None` where none could have.
    pub standby: Option<bool>,
}

impl Ended {
    /// A run of which there is nothing to tell but the reason.
    pub(crate) fn never_ran(reason: EndReason, stderr: String) -> Self {
        Self {
            exit_code: reason.exit_code(exit_code::INTERRUPTED),
            reason,
            stdout: String::new(),
            stderr,
            duration: Duration::ZERO,
            peak_memory_bytes: None,
            cpu_time: None,
            level: None,
            standby: None,
        }
    }

    /// A run that could not begin.
    pub(crate) fn cannot_start(why: impl Display) -> Self {
        Self::never_ran(EndReason::CannotStart(why.to_string()), could_not_start(why))
    }
}

/// The sentence for it.
pub(crate) fn could_not_start(why: impl Display) -> String {
    format!("Drydock: the command could not be started: {why}.\n")
}
