//! `drydock link`: links a folder, and says what became of it.

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::Args;
use serde_json::{Value, json};

use super::client::Client;
use super::linking::{LinkFlags, LinkedFunction, link_folder};
use super::stream::Events;
use super::wire::{Function, LastChange, LinkRow, StreamEvent};
use super::{JsonFlag, ProjectFlag, output};
use crate::data_dir::DataDir;

/// A look without an event, for one that was lost on the way.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

#[derive(Debug, Args)]
#[command(
    after_help = "Waits until the folder's code is live, or does not parse (exit code 1). `drydock unlink ID` ends the link, \
                  `drydock dev FOLDER` links and stays."
)]
pub(crate) struct Arguments {
    /// The folder
    folder: PathBuf,
    #[command(flatten)]
    flags: LinkFlags,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) async fn run(arguments: Arguments, data_dir: &DataDir) -> Result<ExitCode> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    // Before the link is made, so that nothing of it is missed.
    let mut events = client.events().await?;
    let linked = link_folder(&client, &arguments.folder, &arguments.flags).await?;
    for notice in &linked.notices {
        output::note(&format!("note: {notice}"));
    }
    let (mut rows, mut all_live) = (Vec::new(), true);
    for linked in linked.functions {
        let row = settled(&client, &mut events, &linked.row.function_id).await?;
        let function: Function = client.get(&["functions", &row.function_id]).await?;
        if function.tag.is_empty() && row.last.is_none() {
            bail!(
                "{} is linked to the function {}, but nothing is live: {}",
                row.folder,
                row.function_id,
                row.notice.as_deref().unwrap_or("it has no tag")
            );
        }
        all_live &= row.last.as_ref().is_none_or(LastChange::is_live);
        rows.push((linked, row));
    }
    if arguments.json.json {
        let rows: Vec<_> = rows.iter().map(|(linked, row)| as_json(linked, row)).collect();
        output::json(&json!({ "functions": rows }))?;
    } else {
        for (linked, row) in &rows {
            tell(linked, row)?;
        }
    }
    Ok(if all_live {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

/// The link once something became of what its folder holds.
async fn settled(client: &Client, events: &mut Events, id: &str) -> Result<LinkRow> {
    loop {
        let row = client
            .link(id)
            .await?
            .with_context(|| format!("the function {id} was unlinked meanwhile"))?;
        match row.state.as_str() {
            "starting" => {}
            "missing" | "unreadable" => bail!(
                "{} is linked to the function {id}, but: {}",
                row.folder,
                row.notice.as_deref().unwrap_or("it cannot be read")
            ),
            _ => return Ok(row),
        }
        let concerns = |event: &StreamEvent| match event {
            StreamEvent::Link { function_id } => function_id == id,
            StreamEvent::Resync => true,
            _ => false,
        };
        events.wait_for(LOOK_AGAIN, concerns).await?;
    }
}

fn as_json(linked: &LinkedFunction, row: &LinkRow) -> Value {
    json!({
        "functionId": row.function_id,
        "isNew": linked.is_new,
        "runtime": linked.function.runtime,
        "link": row,
    })
}

fn tell(linked: &LinkedFunction, row: &LinkRow) -> Result<()> {
    let made = if linked.is_new { ", made now," } else { "" };
    output::line(&format!(
        "{} is linked to the function {}{made} in {} by `{}`: {}, {}",
        row.folder,
        row.function_id,
        linked.function.runtime,
        row.command,
        output::counted(row.files, "file"),
        output::size(row.size_bytes)
    ))?;
    if !linked.changed.is_empty() {
        output::line(&format!(
            "as its declaration says, these are others now: {}",
            linked.changed.join(", ")
        ))?;
    }
    if let Some(notice) = &row.notice {
        output::note(&format!("note: {notice}"));
    }
    if let Some(notice) = row.last.as_ref().and_then(|last| last.notice.as_ref()) {
        output::note(&format!("note: {notice}"));
    }
    for error in row.last.iter().flat_map(|last| &last.errors) {
        output::note(&format!("error: {}", output::parse_error(error)));
    }
    Ok(())
}
