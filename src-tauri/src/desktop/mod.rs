//! The window: the console of this machine's server, as an application.
//!
//! Owns: the order in which it starts and ends, and its one thread of GTK. The server is one within this process or one that
//! was there first; either way the window is a client of it, as the command line is, and reaches no part of it
//! (docs/adr/0017). Must not: give the page more than `commands` and `capability` say, or know what a server does.

mod actions;
mod capability;
mod commands;
mod display;
mod downloads;
mod dropped;
mod keep;
mod kept;
mod log;
mod menu;
mod news;
mod notice;
mod shell;
mod tray;
mod window;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};

use self::shell::Shell;
use crate::app::{Host, PortTaken, Stops};
use crate::cli::client::{Client, Unreachable};
use crate::config::{self, Flags, Settings, Sources};
use crate::data_dir::{DataDir, DataDirLock, LockError};
use crate::server_file::ServerFile;

/// How long a window that is there may take to come to the front: it may just be starting, its server putting right what
/// a crash left.
const COMING: Duration = Duration::from_secs(30);
/// Between two looks for it.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// What the window was told beside the settings.
#[derive(Debug, Default)]
pub(crate) struct Wish {
    /// The config file, if not the data folder's.
    pub(crate) config: Option<PathBuf>,
    /// The port of a server that is started.
    pub(crate) port: Option<u16>,
}

/// What came of it.
pub(crate) enum Shown {
    /// The window was there, and is gone.
    Ended(ExitCode),
    /// There is nothing to show it on.
    NoDisplay(String),
}

/// Shows the window of that data folder until it is quit, or brings to the front the one that is open.
///
/// # Errors
/// Whatever keeps a server from starting. It is shown too.
pub(crate) fn run(wish: &Wish, data_dir: &DataDir) -> Result<Shown> {
    if let Err(why) = display::open() {
        return Ok(Shown::NoDisplay(why));
    }
    match show(wish, data_dir) {
        Ok(code) => Ok(Shown::Ended(code)),
        Err(error) => {
            // Who started it by its icon sees no terminal.
            display::tell_failure(&error);
            Err(error)
        }
    }
}

fn show(wish: &Wish, data_dir: &DataDir) -> Result<ExitCode> {
    data_dir.create()?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    let runtime = runtime.context("starting the async runtime")?;
    let lock = match data_dir.lock_window() {
        Ok(lock) => lock,
        Err(LockError::Held(_)) => {
            runtime.block_on(bring_to_front(data_dir))?;
            return Ok(ExitCode::SUCCESS);
        }
        Err(unusable @ LockError::Unusable { .. }) => return Err(unusable.into()),
    };
    let settings = || settings(wish, data_dir);
    log::begin(data_dir, settings()?.log_format)?;
    let port_taken = match wish.port {
        Some(_) => PortTaken::Fails,
        None => PortTaken::TakesAnother,
    };
    let begun = runtime.block_on(async {
        let mut stops = Stops::listen()?;
        let host = Host::find_or_start(&settings, port_taken, data_dir, &mut stops).await?;
        anyhow::Ok(host.map(|host| (host, stops)))
    })?;
    let Some((host, stops)) = begun else {
        return Ok(ExitCode::SUCCESS);
    };
    let client = Client::connect(data_dir, drydock_core::project::DEFAULT_PROJECT)?;
    let link = runtime.block_on(shell::fresh_link(&client))?;
    let shell = Arc::new(Shell::new(data_dir.clone(), client, runtime.handle().clone()));
    let keeper = keep::Keeper {
        shell: Arc::clone(&shell),
        wish: Wish {
            config: wish.config.clone(),
            port: wish.port,
        },
        port_taken,
    };
    let failed = window::live(&shell, &link, move |app| keeper.begin(app, host, stops))?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    // Held until nothing of us is left to be brought to the front.
    drop::<DataDirLock>(lock);
    match failed {
        None => Ok(ExitCode::SUCCESS),
        Some(error) => Err(error),
    }
}

/// The settings of a server within this process.
fn settings(wish: &Wish, data_dir: &DataDir) -> Result<Settings> {
    let flags = Flags {
        port: wish.port,
        ..Flags::default()
    };
    let sources = Sources::of_this_process(data_dir.config_file(), wish.config.as_deref(), flags);
    Ok(config::load(&sources)?.settings)
}

/// Asks the window that another process has of this folder to come to the front, through the server that both know: that
/// needs no session bus.
async fn bring_to_front(data_dir: &DataDir) -> Result<()> {
    let latest = tokio::time::Instant::now() + COMING;
    loop {
        if ServerFile::of_running_server(data_dir)?.is_some() {
            let client = Client::connect(data_dir, drydock_core::project::DEFAULT_PROJECT)?;
            match client.focus_window().await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                // It may stop just now.
                Err(error) if error.is::<Unreachable>() => {}
                Err(error) => return Err(error),
            }
        }
        if tokio::time::Instant::now() >= latest {
            bail!(
                "another process has the window of {} and does not show it: end that `drydock` and try again",
                data_dir.path().display()
            );
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}
