//! `drydock logs`: what the last executions of a function wrote, each under a line that tells which.

use std::collections::HashMap;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Result, bail};
use clap::Args;
use indexmap::IndexSet;
use serde_json::{Value, json};

use super::client::Client;
use super::lines::Lines;
use super::stream::LogReader;
use super::wire::{ExecutionRow, Frame, StreamEvent};
use super::{JsonFlag, ProjectFlag, output, parse_id};
use crate::data_dir::DataDir;

/// A look without an event, for one that was lost on the way.
const LOOK_AGAIN: Duration = Duration::from_secs(2);

/// Executions looked at where events do not say which have changed: the most that a page has.
const LOOKED_AT: u32 = 100;

/// Executions remembered by -f before it looks which of them are done with; some 100 bytes each.
const MAX_SEEN: usize = 10_000;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// The function's id
    #[arg(value_parser = parse_id)]
    function: String,
    /// Stay, and print what executions write from now on
    #[arg(long, short)]
    follow: bool,
    /// Only this execution
    #[arg(long, value_name = "ID", value_parser = parse_id)]
    execution: Option<String>,
    /// How many of the last executions
    #[arg(long, default_value_t = 10, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(0..=100))]
    limit: u32,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) async fn run(arguments: Arguments, data_dir: &DataDir) -> Result<ExitCode> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    // Says that there is no such function, where an empty list would not.
    client.get::<Value>(&["functions", &arguments.function]).await?;
    let mut printer = Printer {
        json: arguments.json.json,
        ..Printer::default()
    };
    match &arguments.execution {
        Some(id) => one(&client, &arguments, id, &mut printer).await?,
        None => many(&client, &arguments, &mut printer).await?,
    }
    Ok(ExitCode::SUCCESS)
}

/// Prints one execution; with -f until it is over.
async fn one(client: &Client, arguments: &Arguments, id: &str, printer: &mut Printer) -> Result<()> {
    // Before the first look, so that nothing falls between the look and the wait.
    let mut events = if arguments.follow {
        Some(client.events().await?)
    } else {
        None
    };
    loop {
        let row = client.execution(id).await?;
        if row.function_id != arguments.function {
            bail!("execution {id} is of function {}", row.function_id);
        }
        printer.print(client, &row).await?;
        let Some(events) = events.as_mut().filter(|_| !row.is_over()) else {
            return printer.finish(&row);
        };
        let concerns = |event: &StreamEvent| match event {
            StreamEvent::Execution { execution } => execution.id == id,
            StreamEvent::Log { execution_id } => execution_id == id,
            StreamEvent::Resync => true,
            _ => false,
        };
        events.wait_for(LOOK_AGAIN, concerns).await?;
    }
}

/// Prints the last executions; with -f also those that come, for ever.
async fn many(client: &Client, arguments: &Arguments, printer: &mut Printer) -> Result<()> {
    let function = arguments.function.as_str();
    let mut events = if arguments.follow {
        Some(client.events().await?)
    } else {
        None
    };

    let newest = list(
        client,
        function,
        if arguments.follow {
            LOOKED_AT
        } else {
            arguments.limit
        },
    )
    .await?;
    let (older, shown) = newest.split_at(newest.len().saturating_sub(arguments.limit as usize));
    // A running one is followed however old it is.
    for row in older.iter().filter(|row| row.is_over()) {
        printer.pass_over(&row.id);
    }
    let mut rows = shown.to_vec();
    loop {
        for row in &rows {
            printer.print(client, row).await?;
        }
        let Some(events) = &mut events else {
            return rows.last().map_or(Ok(()), |row| printer.finish(row));
        };
        let mut touched = IndexSet::new();
        let mut look_at_all = false;
        let concerns = |event: &StreamEvent| match event {
            StreamEvent::Execution { execution: row } if row.function_id == function => {
                touched.insert(row.id.clone())
            }
            StreamEvent::Log { execution_id: id } if printer.is_open(id) => touched.insert(id.clone()),
            StreamEvent::Resync => {
                look_at_all = true;
                true
            }
            _ => false,
        };
        events.wait_for(LOOK_AGAIN, concerns).await?;
        rows.clear();
        if look_at_all || touched.is_empty() || printer.seen.len() > MAX_SEEN {
            rows = list(client, function, LOOKED_AT).await?;
            touched.extend(printer.open_ids());
            printer.forget_older_than(&rows);
        }
        touched.retain(|id| rows.iter().all(|row| row.id != *id));
        for id in touched {
            rows.push(client.execution(&id).await?);
        }
    }
}

/// The newest executions, oldest first.
async fn list(client: &Client, function: &str, limit: u32) -> Result<Vec<ExecutionRow>> {
    if limit == 0 {
        return Ok(Vec::new());
    }
    client.newest_executions(function, limit).await
}

/// Prints executions, each as far as it has come.
#[derive(Default)]
struct Printer {
    json: bool,
    /// Every execution met that is not just waiting: `None` once nothing more of it will be printed.
    seen: HashMap<String, Option<Progress>>,
    /// Whose output the last line was.
    current: Option<String>,
}

struct Progress {
    log: LogReader,
    lines: Lines,
}

impl Printer {
    fn pass_over(&mut self, id: &str) {
        self.seen.insert(id.to_owned(), None);
    }

    fn is_open(&self, id: &str) -> bool {
        self.seen.get(id).is_some_and(Option::is_some)
    }

    fn open_ids(&self) -> Vec<String> {
        self.seen.keys().filter(|id| self.is_open(id)).cloned().collect()
    }

    /// Executions that are done and no longer among the newest never come again.
    fn forget_older_than(&mut self, newest: &[ExecutionRow]) {
        self.seen
            .retain(|id, progress| progress.is_some() || newest.iter().any(|row| row.id == *id));
    }

    /// Prints what is new of `row`, which was fetched before its output is.
    async fn print(&mut self, client: &Client, row: &ExecutionRow) -> Result<()> {
        if row.status == "waiting" {
            return Ok(());
        }
        let start = || {
            Some(Progress {
                log: LogReader::new(&row.id),
                lines: Lines::default(),
            })
        };
        let Some(Progress { log, lines }) = self.seen.entry(row.id.clone()).or_insert_with(start) else {
            return Ok(());
        };
        let (json, current) = (self.json, &mut self.current);
        let mut head = || {
            if current.as_ref() == Some(&row.id) {
                return Ok(());
            }
            *current = Some(row.id.clone());
            output::line(&heading(row))
        };
        let show = |frame: &Frame| {
            if json {
                return output::json_line(&json!({
                    "executionId": row.id, "stream": frame.stream, "atMs": frame.at_ms, "text": frame.text,
                }));
            }
            head()?;
            lines.push(frame, &mut output::line)
        };
        log.read(client, show).await?;
        if row.is_over() {
            if !json {
                head()?;
            }
            self.finish(row)?;
            self.pass_over(&row.id);
        }
        Ok(())
    }

    /// Prints the ends of lines that are still held, as nothing more of `row` will be printed.
    fn finish(&mut self, row: &ExecutionRow) -> Result<()> {
        if let Some(Some(progress)) = self.seen.get_mut(&row.id).filter(|_| !self.json) {
            progress.lines.finish(&mut output::line)?;
        }
        Ok(())
    }
}

fn heading(row: &ExecutionRow) -> String {
    let end = if row.is_over() {
        format!("  exit {}  {:.3} s", row.exit_code, row.duration_secs)
    } else {
        String::new()
    };
    let queued = output::time_of_millis(row.queued_at_ms);
    format!(
        "== {}  {}{end}  {queued}  by {}  tag {}",
        row.id, row.status, row.trigger, row.tag_id
    )
}
