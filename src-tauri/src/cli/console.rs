//! `drydock console`: a fresh one-time link to the console of the running server.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;

use super::client::Client;
use super::{JsonFlag, output};
use crate::browser;
use crate::data_dir::DataDir;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Open it in the browser too
    #[arg(long)]
    open: bool,
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) async fn run(arguments: Arguments, data_dir: &DataDir) -> Result<ExitCode> {
    // A link belongs to the server, not to a project.
    let client = Client::connect(data_dir, "default")?;
    let link = client.console_link().await?;
    let url = link["url"].as_str().context("the server's answer has no link")?;
    if arguments.json.json {
        output::json(&link)?;
    } else {
        output::line(url)?;
    }
    if arguments.open {
        browser::open(url);
    }
    Ok(ExitCode::SUCCESS)
}
