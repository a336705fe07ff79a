//! `drydock projects`: list and make projects.

use std::process::ExitCode;

use anyhow::Result;
use clap::{Args, Subcommand};
use drydock_core::id::UNIQUE;
use drydock_core::project::{CONSOLE_PROJECT, MACHINE_TEAM};
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::{JsonFlag, output, parse_id};
use crate::data_dir::DataDir;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List the projects
    List(ListArguments),
    /// Make a project
    Create(CreateArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Only those that have one of these words in id or name
    #[arg(long, default_value = "", value_name = "WORDS", hide_default_value = true)]
    search: String,
    /// The most to list
    #[arg(long, default_value_t = 1000, value_name = "NUMBER")]
    limit: usize,
    #[command(flatten)]
    json: JsonFlag,
}

#[derive(Debug, Args)]
pub(crate) struct CreateArguments {
    /// What people call it
    #[arg(long)]
    name: String,
    /// Its id, which stands in addresses and code [default: one is made]
    #[arg(long, value_parser = parse_id)]
    id: Option<String>,
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) async fn run(command: Command, data_dir: &DataDir) -> Result<ExitCode> {
    let client = Client::connect(data_dir, CONSOLE_PROJECT)?;
    match command {
        Command::List(arguments) => list(&client, &arguments).await?,
        Command::Create(arguments) => create(&client, arguments).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(client: &Client, arguments: &ListArguments) -> Result<()> {
    let mut list = client
        .list(&["projects"], "projects", &arguments.search, arguments.limit)
        .await?;
    if let Some(projects) = list["projects"].as_array_mut() {
        projects.iter_mut().for_each(without_secrets);
    }
    if arguments.json.json {
        return output::json(&list);
    }
    let rows: Vec<_> = list["projects"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|project| output::texts(project, &["$id", "name"]))
        .collect();
    output::table(&["ID", "NAME"], &rows)
}

async fn create(client: &Client, arguments: CreateArguments) -> Result<()> {
    let body = json!({
        "projectId": arguments.id.as_deref().unwrap_or(UNIQUE),
        "name": arguments.name,
        "teamId": MACHINE_TEAM,
    });
    let mut project: Value = client.send(Method::POST, &["projects"], &body).await?;
    without_secrets(&mut project);
    let sentence = format!("made project {}", project["$id"].as_str().unwrap_or_default());
    arguments.json.tell(&project, &sentence)
}

/// The API shows a project with the secrets of its keys; `drydock keys list --secrets` is for who wants them.
fn without_secrets(project: &mut Value) {
    if let Some(keys) = project["keys"].as_array_mut() {
        for key in keys {
            if let Some(key) = key.as_object_mut() {
                key.remove("secret");
            }
        }
    }
}
