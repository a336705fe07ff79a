//! `drydock shell-files FOLDER`: manual pages and completions, made of the definitions of the commands. For who makes a
//! package; no user needs it, so the help leaves it out.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Args, CommandFactory as _};
use clap_complete::{Shell, generate_to};

use super::Cli;

#[derive(Debug, Args)]
pub(crate) struct Arguments {
    /// Where to
    #[arg(value_name = "FOLDER")]
    folder: PathBuf,
}

pub(crate) fn run(arguments: &Arguments) -> Result<ExitCode> {
    let folder = &arguments.folder;
    let pages = folder.join("man");
    let cannot = || format!("{} cannot be written", folder.display());
    fs::create_dir_all(&pages).with_context(cannot)?;
    // A page for each command, named as the command is written: drydock-tags-list.1.
    clap_mangen::generate_to(Cli::command(), &pages).with_context(cannot)?;
    for shell in [Shell::Bash, Shell::Fish, Shell::Zsh] {
        generate_to(shell, &mut Cli::command(), "drydock", folder).with_context(cannot)?;
    }
    Ok(ExitCode::SUCCESS)
}
