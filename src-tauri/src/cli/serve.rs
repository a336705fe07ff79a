//! `drydock serve`: the settings are put together here, the rest is `crate::app`.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::ConfigFlag;
use crate::app::{self, ServeOptions};
use crate::config::{self, Flags, LogFormat, Sources};
use crate::data_dir::DataDir;

#[derive(Debug, Default, Args)]
pub(crate) struct Arguments {
    /// The address to listen on; one that other machines reach needs --allow-remote [default: 127.0.0.1]
    #[arg(long, value_name = "ADDRESS")]
    host: Option<String>,
    /// The port to listen on; 0 takes a free one [default: 4747]
    #[arg(long, value_name = "NUMBER")]
    port: Option<u16>,
    /// How the server's own log looks [default: text]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    #[command(flatten)]
    config: ConfigFlag,
    /// Listen on an address that other machines reach; they need a key, and nothing is encrypted
    #[arg(long)]
    allow_remote: bool,
    /// Let anyone who reaches the API make a console account, as in Appwrite
    #[arg(long)]
    console_signup: bool,
    /// Open the console in the browser
    #[arg(long)]
    open: bool,
    /// Once listening, write endpoint, project, key, console link, pid and version into this file (0600)
    #[arg(long, value_name = "FILE")]
    ready_file: Option<PathBuf>,
}

#[cfg(feature = "desktop")]
impl Arguments {
    /// As the window was told.
    pub(super) fn without_a_window(port: Option<u16>, config: ConfigFlag) -> Self {
        Self {
            port,
            config,
            ..Self::default()
        }
    }
}

pub(crate) fn run(arguments: Arguments, data_dir: DataDir) -> Result<ExitCode> {
    let flags = Flags {
        host: arguments.host,
        port: arguments.port,
        log_format: arguments.log_format,
        // A flag can only switch on.
        allow_remote: arguments.allow_remote.then_some(true),
        console_signup: arguments.console_signup.then_some(true),
    };
    let sources = Sources::of_this_process(data_dir.config_file(), arguments.config.config.as_deref(), flags);
    let settings = config::load(&sources)?.settings;
    let options = ServeOptions {
        ready_file: arguments.ready_file,
        open: arguments.open,
    };
    Ok(app::serve(settings, data_dir, options))
}
