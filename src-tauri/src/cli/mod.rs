//! The command line: what the arguments mean and which file does each command.
//!
//! Owns: the clap definitions, the exit codes (0 ok, 1 failed, 2 usage) and how a failure is told. Must
//! not: touch the database or the code folder; all but `serve`, `config`, `doctor` and `schedules` (and `dev`, where none
//! runs) talk to the running server.

mod cancel;
mod checks;
pub(crate) mod client;
mod config;
mod console;
#[cfg(feature = "desktop")]
mod desktop;
mod dev;
mod doctor;
mod events;
mod exec;
mod functions;
#[cfg(target_os = "linux")]
mod inotify;
mod keys;
mod lines;
mod link;
mod linking;
mod links;
mod logs;
mod output;
mod pack;
mod port_owner;
mod projects;
mod schedules;
mod serve;
mod shell_files;
pub(crate) mod stream;
mod tags;
mod text_argument;
mod unlink;
mod users;
mod wire;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};
use drydock_core::project::DEFAULT_PROJECT;

use crate::config::ConfigError;
use crate::data_dir::DataDir;

/// The exit code for words that cannot be right, as clap itself uses it.
const USAGE: u8 = 2;

#[derive(Debug, Parser)]
#[command(
    name = "drydock",
    version,
    about = "Appwrite Cloud Functions on your own machine",
    after_help = ALONE
)]
struct Cli {
    /// The folder that holds everything [default: DRYDOCK_DATA_DIR, else the platform's data folder]
    #[arg(long, global = true, value_name = "FOLDER")]
    data_dir: Option<PathBuf>,

    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the server and its console in the foreground
    Serve(serve::Arguments),
    /// Show the window; without a display the same as `serve`
    #[cfg(feature = "desktop")]
    Desktop(desktop::Arguments),
    /// Link a folder to a function and stay: every save is live, every execution is told
    Dev(dev::Arguments),
    /// Link a folder to a function, so that every save is live
    Link(link::Arguments),
    /// List, show, make, change and delete functions
    #[command(subcommand)]
    Functions(functions::Command),
    /// List, upload, activate, pin, delete and download the code versions of a function
    #[command(subcommand)]
    Tags(tags::Command),
    /// List the linked folders and how it is with them
    Links(links::Arguments),
    /// End the link of a function's folder; its tags stay
    Unlink(unlink::Arguments),
    /// Execute a function, or replay an execution
    Exec(exec::Arguments),
    /// Print what executions of a function wrote
    Logs(logs::Arguments),
    /// List events and what they started, and emit one by hand
    #[command(subcommand)]
    Events(events::Command),
    /// End an execution that waits or runs
    Cancel(cancel::Arguments),
    /// Show when a CRON schedule is due
    #[command(subcommand)]
    Schedules(schedules::Command),
    /// List, make and revoke API keys
    #[command(subcommand)]
    Keys(keys::Command),
    /// Make and list users, and get a JWT of one
    #[command(subcommand)]
    Users(users::Command),
    /// List and make projects
    #[command(subcommand)]
    Projects(projects::Command),
    /// Print a fresh one-time link to the console
    Console(console::Arguments),
    /// Print the settings in force and where each came from
    Config(config::Arguments),
    /// Look for what is missing or wrong on this machine
    Doctor(doctor::Arguments),
    /// Write manual pages and completions, for packages
    #[command(hide = true)]
    ShellFiles(shell_files::Arguments),
}

impl Command {
    /// What `drydock` alone means.
    fn of_nothing() -> Self {
        #[cfg(feature = "desktop")]
        return Self::Desktop(desktop::Arguments::default());
        #[cfg(not(feature = "desktop"))]
        Self::Serve(serve::Arguments::default())
    }
}

/// What `drydock` alone means, in a word of the help.
const ALONE: &str = if cfg!(feature = "desktop") {
    "Without a command: the window, or the same as `drydock serve` where there is no display.\n\
     Exit codes: 0 ok, 1 failed, 2 usage; `exec --wait` has the function's own."
} else {
    "Without a command: the same as `drydock serve`.\n\
     Exit codes: 0 ok, 1 failed, 2 usage; `exec --wait` has the function's own."
};

/// The project that a command acts on.
#[derive(Debug, Args)]
struct ProjectFlag {
    /// The project
    #[arg(long, default_value = DEFAULT_PROJECT, value_name = "ID", value_parser = parse_id)]
    project: String,
}

impl ProjectFlag {
    /// The flag as a user would write it after a command that an error names; nothing for the default project.
    fn written(&self) -> String {
        match self.project.as_str() {
            DEFAULT_PROJECT => String::new(),
            other => format!(" --project {other}"),
        }
    }
}

/// Whether data is printed for programs.
#[derive(Debug, Args)]
struct JsonFlag {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl JsonFlag {
    /// Prints what was done: the value for programs, else the sentence.
    fn tell(&self, value: &serde_json::Value, sentence: &str) -> Result<()> {
        if self.json {
            output::json(value)
        } else {
            output::line(sentence)
        }
    }
}

/// The config file, where a command reads the settings.
#[derive(Debug, Default, Args)]
struct ConfigFlag {
    /// The config file [default: config.toml in the data folder]
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
}

/// A mistake in the words of the command that clap cannot see.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct UsageError(String);

/// Reads the arguments, does the command and tells how it went.
pub(crate) fn run() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli) {
        Ok(code) => code,
        Err(error) => report(&error),
    }
}

fn dispatch(cli: Cli) -> Result<ExitCode> {
    let data_dir_flag = data_dir_flag(cli.data_dir.as_deref());
    let data_dir = DataDir::resolve(cli.data_dir)?;
    match cli.command.unwrap_or_else(Command::of_nothing) {
        Command::Serve(arguments) => serve::run(arguments, data_dir),
        #[cfg(feature = "desktop")]
        Command::Desktop(arguments) => desktop::run(arguments, data_dir),
        Command::Dev(arguments) => dev::run(arguments, &data_dir, &data_dir_flag),
        Command::Link(arguments) => block_on(link::run(arguments, &data_dir)),
        Command::Functions(command) => block_on(functions::run(command, &data_dir)),
        Command::Tags(command) => block_on(tags::run(command, &data_dir)),
        Command::Links(arguments) => block_on(links::run(arguments, &data_dir)),
        Command::Unlink(arguments) => block_on(unlink::run(arguments, &data_dir)),
        Command::Exec(arguments) => block_on(exec::run(arguments, &data_dir)),
        Command::Events(command) => block_on(events::run(command, &data_dir)),
        Command::Logs(arguments) => block_on(logs::run(arguments, &data_dir)),
        Command::Cancel(arguments) => block_on(cancel::run(arguments, &data_dir)),
        Command::Schedules(command) => schedules::run(&command),
        Command::Keys(command) => block_on(keys::run(command, &data_dir)),
        Command::Users(command) => block_on(users::run(command, &data_dir)),
        Command::Projects(command) => block_on(projects::run(command, &data_dir)),
        Command::Console(arguments) => block_on(console::run(arguments, &data_dir)),
        Command::Config(arguments) => config::run(&arguments, &data_dir),
        Command::ShellFiles(arguments) => shell_files::run(&arguments),
        Command::Doctor(arguments) => doctor::run(&arguments, &data_dir),
    }
}

/// The flag as a user would write it after another command; nothing where it was not given.
fn data_dir_flag(given: Option<&Path>) -> String {
    let Some(folder) = given else {
        return String::new();
    };
    let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
    let folder = folder.display().to_string();
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-+".contains(&byte);
    if folder.bytes().all(is_plain) {
        format!(" --data-dir {folder}")
    } else {
        format!(" --data-dir '{}'", folder.replace('\'', "'\\''"))
    }
}

fn block_on(command: impl Future<Output = Result<ExitCode>>) -> Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.context("the command cannot start")?;
    let result = runtime.block_on(command);
    // An upload's reading thread may still wait for a pipe; the end of the command must not.
    runtime.shutdown_background();
    result
}

fn report(error: &anyhow::Error) -> ExitCode {
    if output::is_closed_pipe(error) {
        // Whoever read us (`| head`) has enough.
        return ExitCode::SUCCESS;
    }
    for line in format!("{error:#}").lines() {
        output::note(&format!("error: {line}"));
    }
    if error.is::<UsageError>() || error.is::<ConfigError>() {
        return ExitCode::from(USAGE);
    }
    ExitCode::FAILURE
}

/// An id by the rule of the API, checked here because it becomes a part of an address.
fn parse_id(text: &str) -> Result<String, String> {
    if drydock_core::id::is_valid(text) {
        return Ok(text.to_owned());
    }
    Err(format!(
        "an id has 1 to {} characters of a-z, A-Z, 0-9, period, hyphen and underscore, and begins with a letter or digit",
        drydock_core::id::MAX_ID_LENGTH
    ))
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_definitions_are_sound() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_data_folder_is_written_as_a_shell_reads_it() {
        assert_eq!(data_dir_flag(None), "");
        assert_eq!(data_dir_flag(Some(Path::new("/a/b"))), " --data-dir /a/b");
        assert_eq!(
            data_dir_flag(Some(Path::new("/it's here"))),
            " --data-dir '/it'\\''s here'"
        );
    }

    #[test]
    fn an_id_that_would_change_the_address_is_refused() {
        for bad in ["", "..", "a/b", "a?b", "unique()"] {
            assert!(parse_id(bad).is_err(), "{bad}");
        }
        assert_eq!(parse_id("hello-1.x"), Ok("hello-1.x".to_owned()));
    }
}
