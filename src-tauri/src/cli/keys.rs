//! `drydock keys`: list, make and revoke the API keys of a project.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use drydock_core::project::CONSOLE_PROJECT;
use drydock_core::scope::Scope;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::{JsonFlag, ProjectFlag, output, parse_id};
use crate::data_dir::DataDir;

/// Scopes in one cell of the table; the rest is counted.
const SHOWN_SCOPES: usize = 3;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List a project's API keys
    List(ListArguments),
    /// Make an API key and print its secret
    Create(CreateArguments),
    /// Revoke an API key: it opens nothing from now on; asks nothing
    Revoke(RevokeArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Print the secrets too
    #[arg(long)]
    secrets: bool,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

#[derive(Debug, Args)]
pub(crate) struct CreateArguments {
    /// What people call it
    #[arg(long)]
    name: String,
    /// What it may do, such as functions.read; may be given several times [default: everything]
    #[arg(long = "scope", value_name = "SCOPE", value_parser = parse_scope)]
    scopes: Vec<String>,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

#[derive(Debug, Args)]
pub(crate) struct RevokeArguments {
    /// The key's id
    #[arg(value_parser = parse_id)]
    key: String,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) async fn run(command: Command, data_dir: &DataDir) -> Result<ExitCode> {
    match command {
        Command::List(arguments) => list(&arguments, data_dir).await?,
        Command::Create(arguments) => {
            let client = Client::connect(data_dir, CONSOLE_PROJECT)?;
            let scopes = if arguments.scopes.is_empty() {
                Scope::KEY_SCOPES
                    .iter()
                    .map(|scope| scope.as_str().to_owned())
                    .collect()
            } else {
                arguments.scopes
            };
            let body = json!({ "name": arguments.name, "scopes": scopes });
            let path = ["projects", arguments.project.project.as_str(), "keys"];
            let key: Value = client.send(Method::POST, &path, &body).await?;
            // The secret alone, so that a script can take it as it is.
            let secret = key["secret"].as_str().unwrap_or_default().to_owned();
            arguments.json.tell(&key, &secret)?;
        }
        Command::Revoke(arguments) => {
            let client = Client::connect(data_dir, CONSOLE_PROJECT)?;
            let (project, key) = (arguments.project.project.as_str(), arguments.key.as_str());
            client.delete(&["projects", project, "keys", key]).await?;
            arguments
                .json
                .tell(&json!({ "revoked": key }), &format!("revoked key {key}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(arguments: &ListArguments, data_dir: &DataDir) -> Result<()> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    let mut list: Value = client.console_get(&["keys"], &[]).await?;
    let Some(keys) = list["keys"].as_array_mut() else {
        anyhow::bail!("the server's answer has no keys");
    };
    if arguments.secrets {
        for key in keys.iter_mut() {
            let id = key["id"].as_str().unwrap_or_default().to_owned();
            let secret: Value = client.console_get(&["keys", &id, "secret"], &[]).await?;
            key["secret"] = secret["secret"].clone();
        }
    }
    if arguments.json.json {
        return output::json(&list);
    }
    let rows: Vec<_> = list["keys"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|key| {
            let mut row = output::texts(key, &["id", "name"]);
            row.push(scopes(key));
            row.push(output::time_of_millis(
                key["lastUsedAtMs"].as_i64().unwrap_or_default(),
            ));
            row.extend(key["secret"].as_str().map(str::to_owned));
            row
        })
        .collect();
    let heading = ["ID", "NAME", "SCOPES", "LAST USED", "SECRET"];
    let columns = if arguments.secrets { 5 } else { 4 };
    output::table(&heading[..columns], &rows)
}

fn scopes(key: &Value) -> String {
    let scopes: Vec<_> = key["scopes"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    match scopes.len() {
        0 => "none".to_owned(),
        all if all == Scope::KEY_SCOPES.len() => "all".to_owned(),
        few if few <= SHOWN_SCOPES => scopes.join(" "),
        many => format!(
            "{} and {} more",
            scopes[..SHOWN_SCOPES].join(" "),
            many - SHOWN_SCOPES
        ),
    }
}

fn parse_scope(text: &str) -> Result<String, String> {
    if Scope::parse("scopes", text).is_ok() {
        return Ok(text.to_owned());
    }
    let known: Vec<_> = Scope::KEY_SCOPES.iter().map(|scope| scope.as_str()).collect();
    Err(format!("the scopes are {}", known.join(", ")))
}
