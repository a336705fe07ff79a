//! `drydock dev`: links a folder and stays, telling of every save, execution and line of output.
//!
//! Owns: the order of things, from the server to the end, and what ends it. The server is `host`'s, what is told
//! `session`'s, how it looks `view`'s, the keys `keys`'.

mod edit;
mod feed;
mod imports;
mod keys;
mod runs;
mod session;
mod view;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, Once, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use clap::Args;

use self::edit::Turn;
use self::feed::{Feed, Gone};
use self::keys::{Keys, Terminal};
use self::session::Session;
use self::view::View;
use super::client::{Client, Unreachable};
use super::linking::{LinkFlags, link_folder};
use super::{ConfigFlag, ProjectFlag, exec, output};
use crate::app::{Host, PortTaken, Stop, Stops, log_to_stderr};
use crate::config::{self, Flags, Settings, Sources};
use crate::data_dir::DataDir;

/// How long a last word may wait for who reads it, who may have stopped reading.
const LAST_WORD: Duration = Duration::from_millis(500);

/// Between the end of another command's server and the look for the next.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Servers may follow each other; the log is set up once.
static LOG: Once = Once::new();

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
    /// Execute the function after each save, with this data: text, @FILE (read each time), or nothing
    // With a space, a folder after it would be the data.
    #[arg(long, value_name = "DATA", num_args = 0..=1, require_equals = true, default_missing_value = "")]
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

/// What the task that tells and who waits for its end both know.
#[derive(Debug, Default)]
struct Common {
    /// Who has the terminal.
    turn: Turn,
    /// The functions whose folders are linked.
    linked: Mutex<Vec<String>>,
}

/// Why a session is over.
enum Over {
    /// The user has enough, or we were told to stop.
    Ended,
    /// The server of another command is gone.
    Gone(anyhow::Error),
}

/// `data_dir_flag` is as the user would have to write it in another command; empty where it need not be.
pub(crate) fn run(mut arguments: Arguments, data_dir: &DataDir, data_dir_flag: &str) -> Result<ExitCode> {
    if arguments.exec_on_save.as_deref() == Some("-") {
        // It can be read only once.
        arguments.exec_on_save = Some(exec::read_data("-")?);
    }
    let flags = format!("{}{data_dir_flag}", arguments.project.written());
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("the command cannot start")?;
    let terminal = Terminal::find();
    let result = runtime.block_on(dev(Arc::new(arguments), data_dir, flags, terminal.as_ref()));
    if let Some(terminal) = terminal {
        terminal.put_back();
    }
    // Whatever still blocks a thread now is not worth waiting for.
    runtime.shutdown_background();
    result
}

/// The settings of a server that is started.
fn settings(arguments: &Arguments, data_dir: &DataDir) -> Result<Settings> {
    let flags = Flags {
        port: arguments.port,
        ..Flags::default()
    };
    let config_flag = arguments.config.config.as_deref();
    let sources = Sources::of_this_process(data_dir.config_file(), config_flag, flags);
    let settings = config::load(&sources)?.settings;
    // What goes well is told by us.
    LOG.call_once(|| log_to_stderr(settings.log_format, false));
    Ok(settings)
}

async fn dev(
    arguments: Arc<Arguments>,
    data_dir: &DataDir,
    flags: String,
    terminal: Option<&Arc<Terminal>>,
) -> Result<ExitCode> {
    let mut stops = Stops::listen()?;
    loop {
        let settings = || settings(&arguments, data_dir);
        let host = Host::find_or_start(&settings, PortTaken::Fails, data_dir, &mut stops).await?;
        let Some(mut host) = host else {
            return Ok(ExitCode::SUCCESS);
        };
        let common = Arc::new(Common::default());
        let over = attend(
            &arguments, data_dir, &flags, terminal, &mut host, &common, &mut stops,
        )
        .await;
        match over {
            Ok(Over::Gone(error)) => {
                let text = format!("{error:#}: looking for another server, or starting one\n\n");
                last_word(text).await;
                tokio::select! {
                    // One that holds the folder and does not answer is not asked without end.
                    () = tokio::time::sleep(LOOK_AGAIN) => continue,
                    () = stops.next() => return Ok(ExitCode::SUCCESS),
                }
            }
            Ok(Over::Ended) => {
                if let Some(terminal) = terminal {
                    terminal.put_back();
                }
                let linked = common
                    .linked
                    .lock()
                    .unwrap_or_else(PoisonError::into_inner)
                    .clone();
                let mut text = view::end(&linked, &flags);
                if host.is_busy() {
                    text.push_str("Executions that run have 10 s to end; Ctrl-C kills them.\n");
                }
                last_word(text).await;
            }
            Err(_) => {}
        }
        // A server of another command goes on; our own ends as `serve` does.
        let stopped = host.stop(stops).await;
        over.and(stopped)?;
        return Ok(ExitCode::SUCCESS);
    }
}

/// Has a task of its own tell what happens, and waits for what ends it: that task may hang at a reader who does not read.
async fn attend(
    arguments: &Arc<Arguments>,
    data_dir: &DataDir,
    flags: &str,
    terminal: Option<&Arc<Terminal>>,
    host: &mut Host,
    common: &Arc<Common>,
    stops: &mut Stops,
) -> Result<Over> {
    let client = Arc::new(Client::connect(data_dir, &arguments.project.project)?);
    let mut telling = tokio::spawn(tell(Telling {
        arguments: Arc::clone(arguments),
        client,
        data_dir: data_dir.clone(),
        flags: flags.to_owned(),
        own_link: host.own_link(),
        terminal: terminal.cloned(),
        common: Arc::clone(common),
    }));
    loop {
        tokio::select! {
            told = &mut telling => {
                let told = told.context("what tells of the folder broke off")?;
                return match told {
                    Err(error) if is_gone(&error) && host.is_others() => Ok(Over::Gone(error)),
                    Err(error) => Err(error),
                    Ok(()) => Ok(Over::Ended),
                };
            }
            stop = stops.next_kind() => {
                if stop == Stop::Interrupt && common.turn.has_editor() {
                    continue;
                }
                telling.abort();
                return Ok(Over::Ended);
            }
            error = host.failed() => {
                telling.abort();
                return Err(error);
            }
        }
    }
}

/// Whether what failed is the server, and not what was asked of it.
fn is_gone(error: &anyhow::Error) -> bool {
    error.is::<Gone>() || error.is::<Unreachable>()
}

/// What the task that tells is given.
struct Telling {
    arguments: Arc<Arguments>,
    client: Arc<Client>,
    data_dir: DataDir,
    flags: String,
    own_link: Option<String>,
    terminal: Option<Arc<Terminal>>,
    common: Arc<Common>,
}

/// Links, says what is linked and how to use it, and tells what happens until the user has enough.
async fn tell(telling: Telling) -> Result<()> {
    let Telling {
        arguments,
        client,
        data_dir,
        flags,
        own_link,
        terminal,
        common,
    } = telling;
    // Before the link is made, so that nothing of it is missed.
    let feed = Feed::of(Arc::clone(&client), client.events().await?);
    let folder = link_folder(&client, &arguments.folder, &arguments.flags).await?;
    *common.linked.lock().unwrap_or_else(PoisonError::into_inner) = folder
        .functions
        .iter()
        .map(|linked| linked.row.function_id.clone())
        .collect();
    let keys = terminal.as_ref().and_then(Keys::of);
    let view = View::of_this_process(folder.functions.len() > 1);
    let link = match &own_link {
        Some(link) => link.clone(),
        None => {
            let link = client.console_link().await?;
            link["url"].as_str().unwrap_or_default().to_owned()
        }
    };
    let key = session::a_key(&client).await?;
    put(&view.heading(&view::Heading {
        client: &client,
        project: &arguments.project.project,
        flags: &flags,
        data_dir: data_dir.path(),
        is_ours: own_link.is_some(),
        console_link: &link,
        key: key.as_deref(),
        folder: &folder,
        has_keys: keys.is_some(),
    }))?;
    let on_save = arguments.exec_on_save.clone();
    let mut session = Session::new(client, view, &folder, on_save, common).await?;
    session
        .offer_variables(&folder, arguments.import_env, keys.is_some())
        .await?;
    session.run(feed, keys).await
}

/// Prints. Who reads may be slow, which holds up no other task.
fn put(text: &str) -> Result<()> {
    tokio::task::block_in_place(|| output::raw(text))
}

/// Prints, unless nobody reads any more.
async fn last_word(text: String) {
    let printed = tokio::task::spawn_blocking(move || output::raw(&text));
    let _ = tokio::time::timeout(LAST_WORD, printed).await;
}
