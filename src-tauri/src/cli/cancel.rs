//! `drydock cancel`: ends an execution that waits or runs.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use clap::Args;
use drydock_core::execution::exit_code;
use reqwest::Method;
use serde_json::{Value, json};

use super::client::Client;
use super::wire::ExecutionRow;
use super::{JsonFlag, ProjectFlag, output, parse_id};
use crate::data_dir::DataDir;

#[derive(Debug, Args)]
#[command(
    after_help = "A cancelled execution is failed with exit code 130. One that has ended already is an error."
)]
pub(crate) struct Arguments {
    /// The execution's id
    #[arg(value_parser = parse_id)]
    execution: String,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) async fn run(arguments: Arguments, data_dir: &DataDir) -> Result<ExitCode> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    let id = &arguments.execution;
    let answer: Value = client
        .console_send(Method::POST, &["executions", id, "cancel"], &json!({}))
        .await?;
    if arguments.json.json {
        output::json(&answer)?;
    }
    let row: ExecutionRow = serde_json::from_value(answer)
        .context("the server's answer is not what this version of drydock expects")?;
    if !row.is_over() {
        bail!(
            "execution {id} was told to stop, but its end cannot be written down yet: look again in a while"
        );
    }
    if row.exit_code != exit_code::CANCELLED {
        bail!(
            "execution {id} ended by itself before it could be cancelled, with exit code {}",
            row.exit_code
        );
    }
    if !arguments.json.json {
        output::line(&format!("{id} cancelled"))?;
    }
    Ok(ExitCode::SUCCESS)
}
