//! `drydock dev`: links a folder and stays, telling of every save, execution and line of output.
//!
//! Owns: the order of things, from the server to the end. The server is `host`'s, what is told `session`'s, how it looks
//! `view`'s, the keys `keys`'.

mod edit;
mod host;
mod imports;
mod keys;
mod runs;
mod session;
mod view;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Args;

use self::host::Host;
use self::keys::Keys;
use self::session::Session;
use self::view::View;
use super::client::Client;
use super::linking::{LinkFlags, link_folder};
use super::stream::Events;
use super::{ConfigFlag, ProjectFlag, exec, output};
use crate::app::Stops;
use crate::data_dir::DataDir;

#[derive(Debug, Args)]
#[command(
    after_help = "Uses the server that runs on the data folder, or starts one that ends with this command. The folder stays \
                  linked: `drydock unlink ID` ends that."
)]
pub(crate) struct Arguments {
    /// The folder: one function, or several by its appwrite.json
    #[arg(default_value = ".")]
    folder: PathBuf,
    #[command(flatten)]
    flags: LinkFlags,
    /// Execute the function after each save, with this data: text, @FILE, or nothing
    #[arg(long, value_name = "DATA", num_args = 0..=1, default_missing_value = "", allow_hyphen_values = true)]
    exec_on_save: Option<String>,
    /// Take over the variables of the folder's .env file
    #[arg(long)]
    import_env: bool,
    /// The port of a server that is started; 0 takes a free one [default: 4747]
    #[arg(long, value_name = "NUMBER")]
    port: Option<u16>,
    #[command(flatten)]
    config: ConfigFlag,
    #[command(flatten)]
    project: ProjectFlag,
}

pub(crate) fn run(arguments: Arguments, data_dir: &DataDir) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("the command cannot start")?;
    let result = runtime.block_on(dev(arguments, data_dir));
    // Whatever still blocks a thread now is not worth waiting for.
    runtime.shutdown_background();
    result
}

async fn dev(arguments: Arguments, data_dir: &DataDir) -> Result<ExitCode> {
    let data = arguments
        .exec_on_save
        .as_deref()
        .map(exec::read_data)
        .transpose()?;
    let mut stops = Stops::listen()?;
    let host = Host::find_or_start(&arguments.config, arguments.port, data_dir, &mut stops).await?;
    let Some(mut host) = host else {
        return Ok(ExitCode::SUCCESS);
    };
    let own_link = host.own_link();
    let told = tell(&arguments, data, data_dir, own_link.as_deref(), &mut stops);
    let told = tokio::select! {
        told = told => told,
        error = host.failed() => Err(error),
    };
    // A server of another command goes on; our own ends as `serve` does.
    let stopped = host.stop(stops).await;
    told.and(stopped)?;
    Ok(ExitCode::SUCCESS)
}

/// Links, then tells what happens until the user has enough, or something tells us to stop.
async fn tell(
    arguments: &Arguments,
    data: Option<String>,
    data_dir: &DataDir,
    own_link: Option<&str>,
    stops: &mut Stops,
) -> Result<()> {
    let client = Client::connect(data_dir, &arguments.project.project)?;
    let begun = begin(arguments, data, &client, data_dir, own_link);
    let (mut session, events, keys) = tokio::select! {
        begun = begun => begun?,
        () = stops.next() => return Ok(()),
    };
    tokio::select! {
        told = session.run(events, keys) => told?,
        () = stops.next() => {}
    }
    output::raw(&view::end(session.linked(), &arguments.project))
}

/// Links, and says what is linked and how to use it.
async fn begin<'a>(
    arguments: &Arguments,
    data: Option<String>,
    client: &'a Client,
    data_dir: &DataDir,
    own_link: Option<&str>,
) -> Result<(Session<'a>, Events, Option<Keys>)> {
    // Before the link is made, so that nothing of it is missed.
    let events = client.events().await?;
    let linked = link_folder(client, &arguments.folder, &arguments.flags).await?;
    let keys = Keys::listen();
    let view = View::of_this_process(linked.functions.len() > 1);
    let link = match own_link {
        Some(link) => link.to_owned(),
        None => {
            let link = client.console_link().await?;
            link["url"].as_str().unwrap_or_default().to_owned()
        }
    };
    let key = session::a_key(client).await?;
    output::raw(&view.heading(&view::Heading {
        client,
        project: &arguments.project,
        data_dir: data_dir.path(),
        is_ours: own_link.is_some(),
        console_link: &link,
        key: key.as_deref(),
        folder: &linked,
        has_keys: keys.is_some(),
    }))?;
    let mut session = Session::new(client, view, &linked, data).await?;
    let has_keys = keys.is_some();
    session
        .offer_variables(&linked, arguments.import_env, has_keys)
        .await?;
    Ok((session, events, keys))
}
