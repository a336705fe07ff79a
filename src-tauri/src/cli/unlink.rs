//! `drydock unlink`: ends the link between a function and its folder.

use std::process::ExitCode;

use anyhow::{Result, bail};
use clap::Args;
use serde_json::{Value, json};

use super::client::{Client, or_else_see};
use super::{JsonFlag, ProjectFlag, output, parse_id};
use crate::data_dir::DataDir;

#[derive(Debug, Args)]
#[command(
    after_help = "The folder is left alone, and so are the function's tags: what is active goes on running."
)]
pub(crate) struct Arguments {
    /// The function's id
    #[arg(value_parser = parse_id)]
    function: String,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) async fn run(arguments: Arguments, data_dir: &DataDir) -> Result<ExitCode> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    let function = arguments.function.as_str();
    let path = ["functions", function, "link"];
    let see = format!(
        "`drydock links{}` lists what is linked",
        arguments.project.written()
    );
    let explained = |error| or_else_see(error, || format!("nothing is unlinked from {function}; {see}"));
    let linked: Value = client.console_get(&path, &[]).await.map_err(explained)?;
    let Some(folder) = linked["link"]["folder"].as_str() else {
        bail!("no folder is linked to function {function}; {see}");
    };
    client.console_delete(&path).await.map_err(explained)?;
    arguments.json.tell(
        &json!({ "unlinked": function, "folder": folder }),
        &format!(
            "unlinked {} from function {function}; its tags stay, and what is active goes on running",
            output::plain(folder)
        ),
    )?;
    Ok(ExitCode::SUCCESS)
}
