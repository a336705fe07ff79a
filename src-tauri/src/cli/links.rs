//! `drydock links`: which folders are linked to functions, and how it is with them.

use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Args;
use serde_json::Value;

use super::client::Client;
use super::wire::LinkRow;
use super::{JsonFlag, ProjectFlag, output};
use crate::data_dir::DataDir;

/// So many things that a folder leaves out are named; more would hide what else is said.
const MAX_LEFT_OUT: usize = 10;

#[derive(Debug, Args)]
#[command(
    after_help = "A folder is watching (the system tells of changes), polling (it is looked at again and again), starting, \
                  missing or unreadable. Notices and places that do not parse follow the table."
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) async fn run(arguments: Arguments, data_dir: &DataDir) -> Result<ExitCode> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    let mut list: Value = client.console_get(&["links"], &[]).await?;
    if arguments.json.json {
        output::json(&list)?;
        return Ok(ExitCode::SUCCESS);
    }
    let links: Vec<LinkRow> = serde_json::from_value(list["links"].take())
        .context("the server's answer is not what this version of drydock expects")?;
    let heading = ["FUNCTION", "STATE", "FILES", "FOLDER", "LAST CHANGE", "OUTCOME"];
    output::table(&heading, &links.iter().map(row).collect::<Vec<_>>())?;
    let remarks: Vec<_> = links.iter().flat_map(remarks).collect();
    if !remarks.is_empty() {
        output::line("")?;
    }
    for remark in remarks {
        output::line(&output::plain(&remark))?;
    }
    if links.is_empty() {
        output::note("no folder is linked; `drydock link FOLDER --function ID` links one");
    }
    Ok(ExitCode::SUCCESS)
}

fn row(link: &LinkRow) -> Vec<String> {
    let (at, outcome) = match &link.last {
        Some(last) => (
            output::time_of_millis(last.at_ms),
            format!("{} after {} ms", outcome(&last.outcome), last.took_ms),
        ),
        None => ("-".to_owned(), "-".to_owned()),
    };
    vec![
        link.function_id.clone(),
        link.state.clone(),
        link.files.to_string(),
        link.folder.clone(),
        at,
        outcome,
    ]
}

fn outcome(word: &str) -> String {
    word.replace('-', " ")
}

/// What else there is to say of a link, line by line, each with the function that it is about.
fn remarks(link: &LinkRow) -> Vec<String> {
    let mut remarks: Vec<String> = link.notice.iter().cloned().collect();
    remarks.extend(output::left_out(&link.left_out_in_words(), MAX_LEFT_OUT));
    if let Some(last) = &link.last {
        remarks.extend(last.notice.iter().cloned());
        remarks.extend(last.errors.iter().map(output::parse_error));
    }
    let function = &link.function_id;
    remarks
        .iter()
        .map(|remark| format!("{function}: {remark}"))
        .collect()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::json;

    use super::*;

    fn link(rest: &Value) -> LinkRow {
        let mut all = json!({
            "functionId": "f", "folder": "/code", "command": "node a.js", "ignore": [], "polling": false,
            "state": "watching", "notice": null, "files": 2, "sizeBytes": 9, "leftOut": [], "last": null,
        });
        all.as_object_mut()
            .unwrap()
            .extend(rest.as_object().unwrap().clone());
        serde_json::from_value(all).unwrap()
    }

    #[test]
    fn a_folder_that_never_changed_has_neither_time_nor_outcome() {
        assert_eq!(row(&link(&json!({}))), ["f", "watching", "2", "/code", "-", "-"]);
        assert!(remarks(&link(&json!({}))).is_empty());
    }

    #[test]
    fn what_there_is_to_say_names_the_function_and_what_is_left_out_is_bounded() {
        let left_out: Vec<_> = (0..12)
            .map(|n| json!({ "path": format!("{n}"), "why": "it is a link" }))
            .collect();
        let last = json!({
            "atMs": 1, "tagId": "t", "files": [], "fileCount": 0, "outcome": "does-not-parse", "tookMs": 7, "notice": "two files were not checked",
            "errors": [{ "file": "a.js", "line": 1, "column": 2, "message": "Unexpected token" }],
        });
        let link = link(&json!({ "notice": "it is polled", "leftOut": left_out, "last": last }));
        let said = remarks(&link);
        assert_eq!(said.len(), 1 + MAX_LEFT_OUT + 1 + 2);
        assert_eq!(said[0], "f: it is polled");
        assert_eq!(said[1], "f: left out: 0 (it is a link)");
        assert_eq!(said[11], "f: left out: 2 more");
        assert_eq!(
            said[12..],
            ["f: two files were not checked", "f: a.js:1:2  Unexpected token"]
        );
        assert!(row(&link)[5] == "does not parse after 7 ms");
    }
}
