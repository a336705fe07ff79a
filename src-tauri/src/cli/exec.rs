//! `drydock exec`: executes a function, or what ran before once more; with --wait prints what it writes and ends as
//! it ends.

use std::io::{self, Write};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Args;
use drydock_core::execution::MAX_DATA_LENGTH;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::stream::{Events, LogReader};
use super::text_argument::TextArgument;
use super::wire::{ExecutionRow, Frame, OutputStream, StreamEvent};
use super::{JsonFlag, ProjectFlag, UsageError, output, parse_id};
use crate::data_dir::DataDir;

/// A look without an event, for one that was lost on the way.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// What a shell says of a command that Ctrl-C ended: 128 + SIGINT.
const INTERRUPTED: u8 = 130;

const DATA: TextArgument = TextArgument {
    flag: "--data",
    what: "data",
    most: MAX_DATA_LENGTH,
};

#[derive(Debug, Args)]
#[command(
    override_usage = "drydock exec [OPTIONS] <FUNCTION>\n       drydock exec [OPTIONS] --replay <EXECUTION>",
    after_help = "With --wait the exit code is the function's: 124 timeout, 126 not runnable, 127 not found."
)]
pub(crate) struct Arguments {
    /// The function's id
    #[arg(value_parser = parse_id, required_unless_present = "replay", conflicts_with = "replay")]
    function: Option<String>,
    /// What the function gets as APPWRITE_FUNCTION_DATA: text, @FILE, or - for stdin
    #[arg(
        long,
        value_name = "DATA",
        allow_hyphen_values = true,
        conflicts_with = "replay"
    )]
    data: Option<String>,
    /// Execute as this user, who must be allowed to: an id, or `guest`, or `key` for an API key
    #[arg(long = "as", value_name = "USER", value_parser = parse_id, conflicts_with = "replay")]
    run_as: Option<String>,
    /// Execute once more what has run before: with the data, variables and caller of this execution
    #[arg(long, value_name = "EXECUTION", value_parser = parse_id)]
    replay: Option<String>,
    /// Run this tag, not the active one; with --replay not the one that ran before
    #[arg(long, value_name = "TAG", value_parser = parse_id)]
    tag: Option<String>,
    /// Print stdout and stderr as they come, and exit with the function's exit code
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) async fn run(arguments: Arguments, data_dir: &DataDir) -> Result<ExitCode> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    let data = arguments.data.as_deref().map_or(Ok(String::new()), read_data)?;
    // Before the start, so that nothing the execution does is missed.
    let events = if arguments.wait {
        Some(client.events().await?)
    } else {
        None
    };
    let created = match (&arguments.replay, &arguments.function) {
        (Some(execution), _) => replay(&client, execution, arguments.tag.as_deref()).await?,
        (None, Some(function)) => create(&client, function, &data, &arguments).await?,
        // The definition above lets nobody come here.
        (None, None) => bail!(UsageError(
            "name a function, or an execution with --replay".to_owned()
        )),
    };
    let (id, function) = (text_of(&created, "$id")?, text_of(&created, "functionId")?);
    let path = ["functions", function, "executions", id];
    let Some(events) = events else {
        show_created(&created, id, &arguments.json)?;
        return Ok(ExitCode::SUCCESS);
    };

    let ended = tokio::select! {
        ended = follow(&client, events, id, !arguments.json.json) => ended.with_context(|| format!("execution {id} cannot be followed"))?,
        signal = tokio::signal::ctrl_c() => {
            signal.context("Ctrl-C cannot be listened for")?;
            output::note(&format!("execution {id} goes on; see it with `drydock logs {function} --execution {id}`"));
            return Ok(ExitCode::from(INTERRUPTED));
        }
    };
    if arguments.json.json {
        let mut execution: Value = client.get(&path).await?;
        // Beside the fields of the API, under a name that it does not have.
        execution["record"] = ended.row.record.clone();
        output::json(&execution)?;
    } else if !ended.wrote_anything {
        let reason = client.stderr(&ended.row).await?;
        if !reason.is_empty() {
            output::note(reason.trim_end());
        }
    }
    Ok(exit_code(&ended.row))
}

/// Asks for the execution, in the caller's own name or in another.
async fn create(client: &Client, function: &str, data: &str, arguments: &Arguments) -> Result<Value> {
    let path = ["functions", function, "executions"];
    if arguments.run_as.is_none() && arguments.tag.is_none() {
        return client.send(Method::POST, &path, &json!({ "data": data })).await;
    }
    let run_as = match arguments.run_as.as_deref() {
        None => "owner".to_owned(),
        Some(word @ ("guest" | "key")) => word.to_owned(),
        Some(user) => format!("user:{user}"),
    };
    let body = json!({ "data": data, "as": run_as, "tag": arguments.tag });
    let made: ExecutionRow = client.console_send(Method::POST, &path, &body).await?;
    client.get(&["functions", function, "executions", &made.id]).await
}

/// Asks for what has run before once more.
async fn replay(client: &Client, execution: &str, tag: Option<&str>) -> Result<Value> {
    let made = client.replay(execution, tag).await?;
    if made.same_variables == Some(false) {
        output::note(&format!(
            "the variables that execution {execution} ran with are not known: this one runs with those that the function has now"
        ));
    }
    client
        .get(&["functions", &made.function_id, "executions", &made.id])
        .await
}

fn text_of<'a>(created: &'a Value, field: &str) -> Result<&'a str> {
    created[field]
        .as_str()
        .with_context(|| format!("the server's answer has no {field}"))
}

fn show_created(created: &Value, id: &str, json: &JsonFlag) -> Result<()> {
    if json.json {
        return output::json(created);
    }
    output::line(&format!(
        "{id} {}",
        created["status"].as_str().unwrap_or("waiting")
    ))
}

struct Finished {
    row: ExecutionRow,
    wrote_anything: bool,
}

/// Prints the output as it comes, until the execution is over and all is printed.
async fn follow(client: &Client, mut events: Events, id: &str, print: bool) -> Result<Finished> {
    let mut log = LogReader::new(id);
    let mut screen = Screen::default();
    loop {
        // The state first, then the output: what an execution wrote before its end is then all there.
        let row = client.execution(id).await?;
        if print {
            log.read(client, |frame| screen.show(frame)).await?;
        }
        if row.is_over() {
            return Ok(Finished {
                row,
                wrote_anything: screen.wrote_anything,
            });
        }
        events.wait_for(LOOK_AGAIN, |event| concerns(event, id)).await?;
    }
}

fn concerns(event: &StreamEvent, id: &str) -> bool {
    match event {
        StreamEvent::Execution { execution } => execution.id == id,
        StreamEvent::Log { execution_id } => execution_id == id,
        StreamEvent::Resync => true,
        _ => false,
    }
}

/// The two outputs of this process, standing for the function's.
#[derive(Default)]
struct Screen {
    wrote_anything: bool,
    is_closed: bool,
}

impl Screen {
    fn show(&mut self, frame: &Frame) -> Result<()> {
        self.wrote_anything = true;
        if self.is_closed {
            return Ok(());
        }
        let bytes = frame.text.as_bytes();
        let written = match frame.stream {
            OutputStream::Stdout => write_now(&mut io::stdout().lock(), bytes),
            OutputStream::Stderr => write_now(&mut io::stderr().lock(), bytes),
        };
        match written {
            // The exit code is still wanted when nobody reads any more.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => self.is_closed = true,
            other => other?,
        }
        Ok(())
    }
}

fn write_now(to: &mut impl Write, bytes: &[u8]) -> io::Result<()> {
    to.write_all(bytes)?;
    to.flush()
}

/// The function's own; 1 for a failure whose code no process can have.
fn exit_code(row: &ExecutionRow) -> ExitCode {
    ExitCode::from(code_number(&row.status, row.exit_code))
}

fn code_number(status: &str, exit_code: i32) -> u8 {
    match u8::try_from(exit_code) {
        Ok(0) if status != "completed" => 1,
        Ok(code) => code,
        Err(_) => 1,
    }
}

/// The data that `argument` stands for.
pub(crate) fn read_data(argument: &str) -> Result<String> {
    DATA.read(argument)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_is_the_functions_own() {
        assert_eq!(code_number("completed", 0), 0);
        assert_eq!(code_number("failed", 42), 42);
        assert_eq!(code_number("failed", 124), 124);
        assert_eq!(code_number("failed", 0), 1);
        assert_eq!(code_number("failed", -1), 1);
        assert_eq!(code_number("failed", 256), 1);
    }
}
