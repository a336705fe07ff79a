//! What is measured: one file per measurement, each against its reference in the same run.
//!
//! Owns: their names, their goals and how long they take. A measurement starts servers of its own and leaves nothing
//! behind; it never compares figures of two runs.

mod api_rate;
mod api_under_load;
mod console_log;
mod containers;
mod long_list;
mod memory;
mod output;
mod realtime;
mod reload;
mod reload_large;
mod start;
mod sustained;

use std::path::PathBuf;

use anyhow::Result;
use clap::ValueEnum;

use crate::product::Product;
use crate::statistics::{Goal, Round};

/// Everything that can be measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Measurement {
    /// Execution to its end on the live stream, node with standby; against the bare process
    StartNode,
    /// The same with Debian's Python
    StartPython,
    /// The same with node and without standby
    StartCold,
    /// Execution in a container that waits, node; against `docker exec` of the same
    ContainerExec,
    /// The same; against `docker run --rm`
    ContainerRun,
    /// Activation of a tag and its first execution in a container; against `docker run --rm`
    ContainerFirst,
    /// Executions per second, sustained; against xargs with bare processes
    Sustained,
    /// The API's p99 beside four functions that compute; against the idle API
    ApiUnderLoad,
    /// 100 MB of output; against the bare process into a file
    Output,
    /// Requests per second; against a bare axum server
    ApiRate,
    /// A page of a list of 1,000,000 executions; against one of 1,000
    LongList,
    /// From an execution's end to its message at 1,000 realtime subscribers; against one
    Realtime,
    /// Messages that subscribers missed meanwhile
    RealtimeLost,
    /// The longest task of the console's page while 1,000 lines a second come for 10 s
    ConsoleLog,
    /// Resident memory of an idle server, in MB
    Memory,
    /// A save to the first execution that prints it; p50
    Save,
    /// The same; p99
    SaveP99,
    /// Executions that fail or are old while code is saved
    SaveAnswers,
    /// A save beside 20,000 files to its tag's activation; p50
    SaveLarge,
    /// Linking a folder of 20,000 files; against `cp -r`
    Link,
    /// 100 pinned tags of that folder on the disk; against one copy
    TagsDisk,
}

/// What all measurements of a run share.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) product: Product,
    /// Less of everything: to see that it works, not to decide by.
    pub(crate) quick: bool,
    /// A folder for the run's own files.
    pub(crate) place: PathBuf,
    pub(crate) cores: usize,
}

impl Run {
    pub(crate) const fn pick<T: Copy>(&self, full: T, quick: T) -> T {
        if self.quick { quick } else { full }
    }
}

/// How a measurement went.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// Rounds, and what a reader must know of them.
    Measured { rounds: Vec<Round>, notes: Vec<String> },
    /// Why this build or this machine cannot show it.
    NotMeasured(String),
}

impl Measurement {
    pub(crate) fn name(self) -> String {
        self.to_possible_value()
            .map(|value| value.get_name().to_owned())
            .unwrap_or_default()
    }

    /// The unit of both sides.
    pub(crate) const fn unit(self) -> &'static str {
        match self {
            Self::StartNode
            | Self::StartPython
            | Self::StartCold
            | Self::ContainerExec
            | Self::ContainerRun
            | Self::ContainerFirst
            | Self::ApiUnderLoad
            | Self::LongList
            | Self::Realtime
            | Self::ConsoleLog
            | Self::Save
            | Self::SaveP99
            | Self::SaveLarge
            | Self::Link => "ms",
            Self::SaveAnswers | Self::RealtimeLost => "",
            Self::Sustained | Self::ApiRate => "/s",
            Self::Output => "s",
            Self::Memory | Self::TagsDisk => "MB",
        }
    }

    pub(crate) const fn goal(self) -> Goal {
        let (must, aim) = match self {
            Self::StartNode => (0.6, 0.3),
            Self::StartPython => (0.9, 0.5),
            Self::StartCold => (1.5, 1.2),
            Self::ContainerExec => (0.5, 0.25),
            Self::ContainerRun => (0.15, 0.1),
            Self::ContainerFirst => (1.2, 1.0),
            Self::Sustained => return Goal::AtLeast { must: 0.8, aim: 0.95 },
            Self::ApiUnderLoad => (5.0, 2.0),
            Self::Output => (2.0, 1.2),
            Self::ApiRate => return Goal::AtLeast { must: 0.4, aim: 0.7 },
            Self::LongList => (3.0, 1.5),
            Self::Realtime => (10.0, 3.0),
            Self::ConsoleLog => (100.0, 50.0),
            Self::Memory => (40.0, 20.0),
            Self::Save => (200.0, 60.0),
            Self::SaveP99 => (400.0, 150.0),
            Self::SaveAnswers | Self::RealtimeLost => (0.0, 0.0),
            Self::SaveLarge => (500.0, 200.0),
            Self::Link => (3.0, 1.0),
            Self::TagsDisk => (1.2, 1.05),
        };
        Goal::AtMost { must, aim }
    }

    pub(crate) async fn run(self, run: &Run) -> Result<Outcome> {
        match self {
            Self::StartNode => start::node(run).await,
            Self::StartPython => start::python(run).await,
            Self::StartCold => start::cold(run).await,
            Self::ContainerExec => containers::warm(run, containers::Reference::Exec).await,
            Self::ContainerRun => containers::warm(run, containers::Reference::Run).await,
            Self::ContainerFirst => containers::first(run).await,
            Self::Sustained => sustained::measure(run).await,
            Self::ApiUnderLoad => api_under_load::measure(run).await,
            Self::Output => output::measure(run).await,
            Self::ApiRate => api_rate::measure(run).await,
            Self::LongList => long_list::measure(run).await,
            Self::Realtime => realtime::latency(run).await,
            Self::RealtimeLost => realtime::lost(run).await,
            Self::ConsoleLog => console_log::measure(run).await,
            Self::Memory => memory::measure(run).await,
            Self::Save => reload::p50(run).await,
            Self::SaveP99 => reload::p99(run).await,
            Self::SaveAnswers => reload::answers(run).await,
            Self::SaveLarge => reload_large::save(run).await,
            Self::Link => reload_large::link(run).await,
            Self::TagsDisk => reload_large::disk(run).await,
        }
    }
}
