//! `drydock functions`: list, show, make, change and delete functions.

use std::collections::HashMap;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use clap::{Args, Subcommand};
use drydock_core::function::{Backend, DEFAULT_TIMEOUT_SECS, Network};
use drydock_core::id::UNIQUE;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::wire::{Function, FunctionChange, FunctionRow, NewFunction};
use super::{JsonFlag, ProjectFlag, output, parse_id};
use crate::data_dir::DataDir;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the project's functions
    List(ListArguments),
    /// Show a function
    Get(OneArguments),
    /// Make a function
    Create(CreateArguments),
    /// Change a function; what is not named stays as it is
    Update(UpdateArguments),
    /// Delete a function with its tags, code and executions; asks nothing
    Delete(OneArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Only those that have one of these words in id, name or runtime
    #[arg(long, default_value = "", value_name = "WORDS", hide_default_value = true)]
    search: String,
    /// The most to list
    #[arg(long, default_value_t = 1000, value_name = "NUMBER")]
    limit: usize,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

#[derive(Debug, Args)]
pub(crate) struct OneArguments {
    /// The function's id
    #[arg(value_parser = parse_id)]
    function: String,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

#[derive(Debug, Args)]
pub(crate) struct CreateArguments {
    /// Its id; unique() makes one
    #[arg(long, default_value = UNIQUE, value_parser = parse_new_id)]
    id: String,
    /// What people call it
    #[arg(long)]
    name: String,
    /// Its runtime, such as node-20.0
    #[arg(long, value_name = "ID")]
    runtime: String,
    #[command(flatten)]
    fields: Fields,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

#[derive(Debug, Args)]
pub(crate) struct UpdateArguments {
    /// The function's id
    #[arg(value_parser = parse_id)]
    function: String,
    /// What people call it
    #[arg(long)]
    name: Option<String>,
    #[command(flatten)]
    fields: Fields,
    /// Take a variable away
    #[arg(long, value_name = "NAME", num_args = 1..)]
    unset_var: Vec<String>,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

/// What both `create` and `update` can say.
#[derive(Debug, Default, Args)]
struct Fields {
    /// Who may execute it, such as role:all or user:ID; replaces the list, '' empties it
    #[arg(long, value_name = "ROLE", num_args = 1..)]
    execute: Option<Vec<String>>,
    /// A variable of its environment; `update` leaves the others
    #[arg(long, value_name = "NAME=VALUE", num_args = 1.., value_parser = parse_var)]
    var: Vec<(String, String)>,
    /// An event that runs it, such as users.create; replaces the list, '' empties it
    #[arg(long, value_name = "EVENT", num_args = 1..)]
    event: Option<Vec<String>>,
    /// When it runs by itself, in CRON's five fields (UTC); '' ends that
    #[arg(long, value_name = "CRON")]
    schedule: Option<String>,
    /// How long an execution may take, 1 to 900 [default of a new function: 15]
    #[arg(long, value_name = "SECONDS")]
    timeout: Option<i64>,
    /// What an execution can reach: all that this machine can, or nothing but itself [default of a new function: full]
    #[arg(long, value_name = "POLICY", value_parser = network_parser())]
    network: Option<Network>,
    /// What its executions run as: processes of this machine, containers, or what the server is set to [default of a new
    /// function: server]
    #[arg(long, value_name = "BACKEND", value_parser = ["server", "process", "docker"])]
    backend: Option<String>,
}

/// What only the console API can change.
struct Confinement {
    network: Option<Network>,
    backend: Option<String>,
}

pub(crate) async fn run(command: Command, data_dir: &DataDir) -> Result<ExitCode> {
    match command {
        Command::List(arguments) => list(&arguments, data_dir).await?,
        Command::Get(one) => {
            let client = Client::connect(data_dir, &one.project.project)?;
            let function = client.get(&["functions", &one.function]).await?;
            show(with_confinement(&client, function, None).await?, &one.json)?;
        }
        Command::Create(arguments) => create(arguments, data_dir).await?,
        Command::Update(arguments) => update(arguments, data_dir).await?,
        Command::Delete(one) => {
            let client = Client::connect(data_dir, &one.project.project)?;
            client.delete(&["functions", &one.function]).await?;
            if one.json.json {
                output::json(&json!({ "deleted": one.function }))?;
            } else {
                output::line(&format!("deleted function {}", one.function))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(arguments: &ListArguments, data_dir: &DataDir) -> Result<()> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    let list = listed(&client, &arguments.search, arguments.limit).await?;
    if arguments.json.json {
        return output::json(&list);
    }
    let functions: Vec<Function> = serde_json::from_value(list["functions"].clone())?;
    let rows: Vec<_> = functions
        .into_iter()
        .map(|f| {
            vec![
                f.id,
                f.name,
                f.runtime,
                or_dash(f.tag),
                or_dash(network_name(f.network)),
                output::time_of_secs(f.date_updated),
            ]
        })
        .collect();
    output::table(
        &["ID", "NAME", "RUNTIME", "ACTIVE TAG", "NETWORK", "CHANGED"],
        &rows,
    )
}

/// The list of the Appwrite API, each function with its network and backend, which the console API tells.
async fn listed(client: &Client, search: &str, most: usize) -> Result<Value> {
    let (path, plural) = (["functions"], "functions");
    let mut list = client.list(&path, plural, search, most).await?;
    let mut told = client.console_list(&path, plural, search, most).await?;
    let told: Vec<FunctionRow> = serde_json::from_value(told[plural].take())?;
    let told: HashMap<_, _> = told
        .into_iter()
        .map(|row| (row.id, (row.network, row.backend)))
        .collect();
    for function in list[plural].as_array_mut().into_iter().flatten() {
        // Null for one that was made between the two answers.
        let row = function["$id"].as_str().and_then(|id| told.get(id));
        function["network"] = json!(row.map(|row| row.0));
        function["backend"] = json!(row.map(|row| row.1));
    }
    Ok(list)
}

async fn create(arguments: CreateArguments, data_dir: &DataDir) -> Result<()> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    let fields = arguments.fields;
    let wanted = confinement(&fields);
    let body = NewFunction {
        function_id: arguments.id,
        runtime: arguments.runtime,
        rest: FunctionChange {
            name: arguments.name,
            execute: without_empty(fields.execute.unwrap_or_default()),
            vars: fields.var.into_iter().collect(),
            events: without_empty(fields.event.unwrap_or_default()),
            schedule: fields.schedule.unwrap_or_default(),
            timeout: fields.timeout.unwrap_or(DEFAULT_TIMEOUT_SECS),
        },
    };
    let function: Function = client.send(Method::POST, &["functions"], &body).await?;
    let half_done = format!(
        "function {} is made, with the network full and the server's backend",
        function.id
    );
    let function = with_confinement(&client, function, wanted)
        .await
        .context(half_done)?;
    show(function, &arguments.json)
}

async fn update(arguments: UpdateArguments, data_dir: &DataDir) -> Result<()> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    let path = ["functions", arguments.function.as_str()];
    let old: Function = client.get(&path).await?;
    let wanted = confinement(&arguments.fields);
    let change = changed(old, arguments.name, arguments.fields, &arguments.unset_var);
    let function = client.send(Method::PUT, &path, &change).await?;
    show(
        with_confinement(&client, function, wanted).await?,
        &arguments.json,
    )
}

fn confinement(fields: &Fields) -> Option<Confinement> {
    let wanted = Confinement {
        network: fields.network,
        backend: fields.backend.clone(),
    };
    (wanted.network.is_some() || wanted.backend.is_some()).then_some(wanted)
}

/// The function with its network and backend, which become the `wanted` ones first.
async fn with_confinement(
    client: &Client,
    function: Function,
    wanted: Option<Confinement>,
) -> Result<Function> {
    let path = ["functions", function.id.as_str()];
    let row: FunctionRow = match wanted {
        Some(Confinement { network, backend }) => {
            let mut change = json!({});
            if let Some(network) = network {
                change["network"] = json!(network);
            }
            if let Some(backend) = backend {
                change["backend"] = json!(backend);
            }
            client.console_send(Method::PATCH, &path, &change).await?
        }
        None => client.console_get(&path, &[]).await?,
    };
    Ok(Function {
        network: Some(row.network),
        backend: row.backend,
        ..function
    })
}

/// The whole function after the change: PUT resets what it is not told.
fn changed(old: Function, name: Option<String>, fields: Fields, unset_var: &[String]) -> FunctionChange {
    let mut vars = old.vars;
    vars.retain(|name, _| !unset_var.contains(name));
    vars.extend(fields.var);
    FunctionChange {
        name: name.unwrap_or(old.name),
        execute: fields.execute.map_or(old.execute, without_empty),
        vars,
        events: fields.event.map_or(old.events, without_empty),
        schedule: fields.schedule.unwrap_or(old.schedule),
        timeout: fields.timeout.unwrap_or(old.timeout),
    }
}

/// A function and not JSON, which would sort the variables.
fn show(function: Function, json: &JsonFlag) -> Result<()> {
    if json.json {
        return output::json(&function);
    }
    let mut fields = vec![
        ("id", function.id),
        ("name", function.name),
        ("runtime", function.runtime),
        ("active tag", or_dash(function.tag)),
        ("execute", or_dash(function.execute.join(" "))),
        ("events", or_dash(function.events.join(" "))),
        ("schedule", or_dash(function.schedule)),
        ("next run", output::time_of_secs(function.schedule_next)),
        ("timeout", format!("{} s", function.timeout)),
        ("network", or_dash(network_name(function.network))),
        (
            "backend",
            function
                .backend
                .map_or("the server's", Backend::as_str)
                .to_owned(),
        ),
        ("created", output::time_of_secs(function.date_created)),
        ("changed", output::time_of_secs(function.date_updated)),
    ];
    fields.extend(
        function
            .vars
            .iter()
            .map(|(name, value)| ("variable", format!("{name}={value}"))),
    );
    output::fields(&fields)
}

fn network_name(network: Option<Network>) -> String {
    network.map_or("", Network::as_str).to_owned()
}

fn network_parser() -> impl clap::builder::TypedValueParser<Value = Network> {
    PossibleValuesParser::new(Network::ALL.map(Network::as_str))
        .try_map(|name| Network::parse("network", &name))
}

fn or_dash(text: String) -> String {
    if text.is_empty() { "-".to_owned() } else { text }
}

fn without_empty(words: Vec<String>) -> Vec<String> {
    words.into_iter().filter(|word| !word.is_empty()).collect()
}

fn parse_new_id(text: &str) -> Result<String, String> {
    if text == UNIQUE {
        Ok(text.to_owned())
    } else {
        parse_id(text)
    }
}

fn parse_var(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("a variable is written NAME=VALUE".to_owned()),
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn stored() -> Function {
        serde_json::from_value(json!({
            "$id": "f", "name": "old", "execute": ["role:all"], "runtime": "node-20.0", "tag": "",
            "vars": { "A": "1", "B": "2" }, "events": ["users.create"], "schedule": "* * * * *",
            "scheduleNext": 0, "schedulePrevious": 0, "timeout": 60, "dateCreated": 1, "dateUpdated": 1, "status": "disabled",
        }))
        .unwrap()
    }

    #[test]
    fn what_is_not_named_stays_as_it_is() {
        let change = changed(stored(), Some("new".into()), Fields::default(), &[]);
        assert_eq!(change.name, "new");
        assert_eq!(
            (change.execute.as_slice(), change.timeout),
            (["role:all".to_owned()].as_slice(), 60)
        );
        assert_eq!(
            (change.events.len(), change.schedule.as_str(), change.vars.len()),
            (1, "* * * * *", 2)
        );
    }

    #[test]
    fn what_is_named_changes_and_an_empty_word_empties() {
        let fields = Fields {
            execute: Some(vec![String::new()]),
            var: vec![("A".into(), "3".into()), ("C".into(), "a=b".into())],
            schedule: Some(String::new()),
            ..Fields::default()
        };
        let change = changed(stored(), None, fields, &["B".into()]);
        assert!(change.execute.is_empty() && change.schedule.is_empty());
        let vars: Vec<_> = change
            .vars
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        assert_eq!(vars, ["A=3", "C=a=b"]);
    }

    #[test]
    fn a_variable_needs_a_name_and_may_hold_anything() {
        assert_eq!(parse_var("A=b=c"), Ok(("A".into(), "b=c".into())));
        assert_eq!(parse_var("A="), Ok(("A".into(), String::new())));
        assert!(parse_var("A").is_err() && parse_var("=b").is_err());
    }
}
