//! `drydock events`: what happened in a project and what it started; and emitting an event by hand.

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use drydock_core::event_name::EventName;
use reqwest::Method;
use serde::Deserialize;
use serde_json::{Value, json};

use super::client::Client;
use super::text_argument::TextArgument;
use super::{JsonFlag, ProjectFlag, output};
use crate::data_dir::DataDir;
use crate::engine::MAX_PAYLOAD_LENGTH;

const PAYLOAD: TextArgument = TextArgument {
    flag: "--payload",
    what: "payload",
    most: MAX_PAYLOAD_LENGTH,
};

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the last events and what they started, the newest last
    List(ListArguments),
    /// Emit an event as if a call of the API had done it
    Emit(EmitArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Only events of this name
    #[arg(long, value_name = "EVENT", value_parser = name_parser(), hide_possible_values = true)]
    name: Option<EventName>,
    /// How many
    #[arg(long, default_value_t = 25, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(1..=100))]
    limit: u32,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

#[derive(Debug, Args)]
pub(crate) struct EmitArguments {
    /// The event, such as users.create
    #[arg(value_name = "EVENT", value_parser = name_parser(), hide_possible_values = true)]
    name: EventName,
    /// Its payload, JSON: text, @FILE, or - for stdin [default: a sample]
    #[arg(long, value_name = "JSON")]
    payload: Option<String>,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

/// An event of the console API, as far as it is shown.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    id: String,
    name: String,
    at_ms: i64,
    caller: String,
    handled: bool,
    cut: bool,
    started: Vec<Started>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    function_id: String,
    status: String,
    exit_code: i32,
}

pub(crate) async fn run(command: Command, data_dir: &DataDir) -> Result<ExitCode> {
    match command {
        Command::List(arguments) => list(&arguments, data_dir).await?,
        Command::Emit(arguments) => emit(&arguments, data_dir).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(arguments: &ListArguments, data_dir: &DataDir) -> Result<()> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    let mut query = vec![
        ("limit", arguments.limit.to_string()),
        ("orderType", "DESC".to_owned()),
    ];
    query.extend(arguments.name.map(|name| ("name", name.as_str().to_owned())));
    let mut list: Value = client.console_get(&["events"], &query).await?;
    if let Some(events) = list["events"].as_array_mut() {
        events.reverse();
    }
    if arguments.json.json {
        return output::json(&list);
    }
    let rows: Vec<Row> = serde_json::from_value(list["events"].take())
        .context("the server's answer is not what this version of drydock expects")?;
    let rows: Vec<_> = rows.iter().map(row).collect();
    output::table(&["WHEN", "EVENT", "BY", "STARTED", "ID"], &rows)
}

fn row(event: &Row) -> Vec<String> {
    let started: Vec<_> = event.started.iter().map(started).collect();
    let started = match (event.cut, event.handled, started.as_slice()) {
        (true, ..) => "nothing: too many executions led to it".to_owned(),
        (false, false, _) => "waits".to_owned(),
        (false, true, []) => "-".to_owned(),
        (false, true, started) => started.join(", "),
    };
    vec![
        output::time_of_millis(event.at_ms),
        event.name.clone(),
        event.caller.clone(),
        started,
        event.id.clone(),
    ]
}

fn started(started: &Started) -> String {
    match started.status.as_str() {
        "failed" => format!("{} (failed, {})", started.function_id, started.exit_code),
        "completed" => started.function_id.clone(),
        status => format!("{} ({status})", started.function_id),
    }
}

async fn emit(arguments: &EmitArguments, data_dir: &DataDir) -> Result<()> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    let payload = arguments
        .payload
        .as_deref()
        .map(|payload| PAYLOAD.read(payload))
        .transpose()?;
    let body = json!({ "name": arguments.name.as_str(), "payload": payload });
    let event: Value = client.console_send(Method::POST, &["events"], &body).await?;
    let id = event["id"].as_str().unwrap_or_default().to_owned();
    arguments
        .json
        .tell(&event, &format!("{id} {}", arguments.name.as_str()))
}

fn name_parser() -> impl clap::builder::TypedValueParser<Value = EventName> {
    PossibleValuesParser::new(EventName::all().map(EventName::as_str))
        .try_map(|name| EventName::parse("event", &name))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn event(handled: bool, cut: bool, started: &Value) -> Row {
        serde_json::from_value(json!({
            "id": "e", "name": "users.create", "atMs": 0, "caller": "owner", "handled": handled, "cut": cut,
            "started": started,
        }))
        .unwrap()
    }

    #[test]
    fn what_an_event_started_is_said_in_few_words() {
        let both = json!([
            { "functionId": "f", "status": "completed", "exitCode": 0 },
            { "functionId": "g", "status": "failed", "exitCode": 3 },
            { "functionId": "h", "status": "waiting", "exitCode": 0 },
        ]);
        assert_eq!(
            row(&event(true, false, &both))[3],
            "f, g (failed, 3), h (waiting)"
        );
        assert_eq!(row(&event(true, false, &json!([])))[3], "-");
        assert_eq!(row(&event(false, false, &json!([])))[3], "waits");
        assert!(row(&event(true, true, &json!([])))[3].starts_with("nothing:"));
    }
}
