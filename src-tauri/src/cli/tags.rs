//! `drydock tags`: list, upload, activate, pin, delete and download the code versions of a function.

use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Subcommand};
use drydock_core::tag::TagOrigin;
use reqwest::multipart::{Form, Part};
use reqwest::{Method, Response};
use serde_json::{Value, json};

use super::client::{Client, or_else_see};
use super::wire::{Function, TagRow};
use super::{JsonFlag, ProjectFlag, UsageError, output, pack, parse_id};
use crate::data_dir::DataDir;

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// List a function's tags
    List(ListArguments),
    /// Upload code as a new tag
    Create(CreateArguments),
    /// Let executions run this tag from now on
    Activate(OneArguments),
    /// Keep this tag when old ones of a linked folder are removed
    Pin(OneArguments),
    /// Let this tag go with the old ones
    Unpin(OneArguments),
    /// Delete a tag and its code; asks nothing
    Delete(OneArguments),
    /// Save a tag's code as a .tar.gz file
    Download(DownloadArguments),
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// The function's id
    #[arg(value_parser = parse_id)]
    function: String,
    /// Only those that have one of these words in id or command
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
    /// The tag's id
    #[arg(value_parser = parse_id)]
    tag: String,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

#[derive(Debug, Args)]
pub(crate) struct CreateArguments {
    /// The function's id
    #[arg(value_parser = parse_id)]
    function: String,
    /// A folder, which is packed as a linked one is read: without history, caches, .env and what .gitignore (but for
    /// dependencies), .drydockignore and appwrite.json leave out; or a .tar.gz file
    #[arg(long, value_name = "PATH")]
    code: PathBuf,
    /// What is run in the folder, such as 'node main.js'
    #[arg(long)]
    command: String,
    /// Let executions run it at once
    #[arg(long)]
    activate: bool,
    #[command(flatten)]
    project: ProjectFlag,
    #[command(flatten)]
    json: JsonFlag,
}

#[derive(Debug, Args)]
pub(crate) struct DownloadArguments {
    #[command(flatten)]
    one: OneArguments,
    /// Where to save it, - for stdout; an existing file is not overwritten [default: FUNCTION-TAG.tar.gz]
    #[arg(long, short, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) async fn run(command: Command, data_dir: &DataDir) -> Result<ExitCode> {
    match command {
        Command::List(arguments) => list(&arguments, data_dir).await?,
        Command::Create(arguments) => create(arguments, data_dir).await?,
        Command::Activate(one) => {
            let client = Client::connect(data_dir, &one.project.project)?;
            let function = activate(&client, &one.function, &one.tag).await?;
            one.json.tell(
                &function,
                &format!("function {} now runs tag {}", one.function, one.tag),
            )?;
        }
        Command::Pin(one) => pin(&one, true, data_dir).await?,
        Command::Unpin(one) => pin(&one, false, data_dir).await?,
        Command::Delete(one) => {
            let client = Client::connect(data_dir, &one.project.project)?;
            client
                .delete(&["functions", &one.function, "tags", &one.tag])
                .await?;
            one.json.tell(
                &json!({ "deleted": one.tag }),
                &format!("deleted tag {}", one.tag),
            )?;
        }
        Command::Download(arguments) => download(arguments, data_dir).await?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(arguments: &ListArguments, data_dir: &DataDir) -> Result<()> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    let path = ["functions", arguments.function.as_str(), "tags"];
    let list = client
        .console_list(&path, "tags", &arguments.search, arguments.limit)
        .await?;
    if arguments.json.json {
        return output::json(&list);
    }
    let function: Function = client.get(&path[..2]).await?;
    let tags: Vec<TagRow> = serde_json::from_value(list["tags"].clone())?;
    let rows: Vec<_> = tags
        .into_iter()
        .map(|tag| {
            let marks = marks(&tag, &function.tag);
            let (size, created) = (output::size(tag.size), output::time_of_secs(tag.date_created));
            vec![
                tag.id,
                marks,
                size,
                created,
                origin(tag.origin).to_owned(),
                tag.command,
            ]
        })
        .collect();
    output::table(&["ID", "", "SIZE", "CREATED", "FROM", "COMMAND"], &rows)
}

/// What there is to say of a tag, in a few words.
fn marks(tag: &TagRow, active: &str) -> String {
    let marks = [
        (tag.id == active, "active"),
        (tag.pinned, "pinned"),
        (!tag.errors.is_empty(), "does not parse"),
    ];
    let said: Vec<_> = marks
        .iter()
        .filter(|(is_so, _)| *is_so)
        .map(|(_, mark)| *mark)
        .collect();
    said.join(", ")
}

/// The word for where a tag comes from, as JSON has it.
const fn origin(origin: TagOrigin) -> &'static str {
    match origin {
        TagOrigin::Upload => "upload",
        TagOrigin::Cli => "cli",
        TagOrigin::Watcher => "watcher",
    }
}

async fn pin(one: &OneArguments, pinned: bool, data_dir: &DataDir) -> Result<()> {
    let client = Client::connect(data_dir, &one.project.project)?;
    let (function, tag) = (one.function.as_str(), one.tag.as_str());
    let path = ["functions", function, "tags", tag];
    let row: Value = client
        .console_send(Method::PATCH, &path, &json!({ "pinned": pinned }))
        .await
        .map_err(|error| {
            or_else_see(error, || {
                let project = one.project.written();
                format!("nothing is changed; `drydock tags list {function}{project}` lists the tags that there are")
            })
        })?;
    let sentence = match (pinned, row["origin"] == "watcher") {
        (true, true) => format!("pinned tag {tag}: it stays when old tags of the linked folder are removed"),
        (false, true) => {
            format!("unpinned tag {tag}: it is removed when it is among the old tags of the linked folder")
        }
        (true, false) => format!("pinned tag {tag}; one that was uploaded stays anyway"),
        (false, false) => format!("unpinned tag {tag}; one that was uploaded stays nevertheless"),
    };
    one.json.tell(&row, &sentence)
}

async fn create(arguments: CreateArguments, data_dir: &DataDir) -> Result<()> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    let function = arguments.function.as_str();
    // Before anything is packed: a wrong id is told at once.
    client.get::<Value>(&["functions", function]).await?;

    let (name, file) = archive_of(&arguments.code, function, data_dir)?;
    let size_bytes = file.metadata()?.len();
    let body = reqwest::Body::from(tokio::fs::File::from_std(file));
    let part = Part::stream_with_length(body, size_bytes)
        .file_name(name)
        .mime_str("application/gzip")?;
    let form = Form::new().text("command", arguments.command).part("code", part);
    let tag = client.upload(&["functions", function, "tags"], form).await?;
    let tag_id = tag["$id"]
        .as_str()
        .context("the server's answer has no tag id")?
        .to_owned();
    if arguments.activate {
        activate(&client, function, &tag_id).await?;
    }
    let state = if arguments.activate { ", active" } else { "" };
    arguments
        .json
        .tell(&tag, &format!("{tag_id} ({}{state})", output::size(size_bytes)))
}

async fn activate(client: &Client, function: &str, tag: &str) -> Result<Value> {
    client
        .send(
            Method::PATCH,
            &["functions", function, "tag"],
            &json!({ "tag": tag }),
        )
        .await
}

/// The name and content of the archive to upload: a folder's, packed into a nameless temporary file that
/// is gone with this process, or the file itself.
fn archive_of(code: &Path, function: &str, data_dir: &DataDir) -> Result<(String, File)> {
    let shown = code.display();
    let metadata = std::fs::metadata(code).with_context(|| format!("--code {shown} cannot be read"))?;
    if !metadata.is_dir() {
        let file = File::open(code).with_context(|| format!("--code {shown} cannot be read"))?;
        let name = code
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        check_gzip(&file).with_context(|| format!("--code {shown}"))?;
        return Ok((name, file));
    }
    let mut file = tempfile::tempfile().context("there is no room for a temporary file")?;
    let left_out = pack::pack(code, function, data_dir.path(), &mut file)?;
    for remark in left_out.remarks() {
        output::note(&remark);
    }
    file.rewind()?;
    Ok(("code.tar.gz".to_owned(), file))
}

/// Says before the upload what the server would say after it.
fn check_gzip(mut file: &File) -> Result<()> {
    let mut magic = [0; 2];
    if file.read_exact(&mut magic).is_err() || magic != [0x1f, 0x8b] {
        let mend = "is neither a folder nor a .tar.gz file: make one with `tar czf code.tar.gz -C FOLDER .`";
        return Err(UsageError(mend.to_owned()).into());
    }
    file.rewind()?;
    Ok(())
}

async fn download(arguments: DownloadArguments, data_dir: &DataDir) -> Result<()> {
    let one = arguments.one;
    let client = Client::connect(data_dir, &one.project.project)?;
    let path = arguments
        .output
        .unwrap_or_else(|| format!("{}-{}.tar.gz", one.function, one.tag).into());
    let mut answer = client
        .console_file(&["functions", &one.function, "tags", &one.tag, "archive"])
        .await?;
    if path.as_os_str() == "-" {
        copy(&mut answer, &mut std::io::stdout().lock()).await?;
        return Ok(());
    }
    // Beside its place, so that the finished file is only renamed.
    let folder = path
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)
        .with_context(|| format!("{} cannot be written to", folder.display()))?;
    let size_bytes = copy(&mut answer, &mut file).await?;
    file.persist_noclobber(&path)
        .map_err(|error| error.error)
        .with_context(|| {
            format!(
                "{} cannot be saved; name another file with --output",
                path.display()
            )
        })?;
    let saved = json!({ "path": path, "sizeBytes": size_bytes });
    one.json.tell(
        &saved,
        &format!("{} ({})", path.display(), output::size(size_bytes)),
    )
}

async fn copy(answer: &mut Response, to: &mut impl std::io::Write) -> Result<u64> {
    let mut size_bytes = 0;
    while let Some(bytes) = answer.chunk().await.context("the download broke off")? {
        to.write_all(&bytes)?;
        size_bytes += bytes.len() as u64;
    }
    to.flush()?;
    Ok(size_bytes)
}
