//! `drydock desktop`, and `drydock` alone where the window is built in: the window, or `serve` where there is no display.

use std::process::ExitCode;

use anyhow::Result;
use clap::Args;

use super::{ConfigFlag, output, serve};
use crate::data_dir::DataDir;
use crate::desktop::{self, Shown, Wish};

#[derive(Debug, Default, Args)]
pub(crate) struct Arguments {
    /// The port of a server that is started; 0 takes a free one [default: 4747, or a free one where that is taken]
    #[arg(long, value_name = "NUMBER")]
    port: Option<u16>,
    #[command(flatten)]
    config: ConfigFlag,
}

pub(crate) fn run(arguments: Arguments, data_dir: DataDir) -> Result<ExitCode> {
    let wish = Wish {
        config: arguments.config.config.clone(),
        port: arguments.port,
    };
    match desktop::run(&wish, &data_dir)? {
        Shown::Ended(code) => Ok(code),
        Shown::NoDisplay(why) => {
            output::note(&format!(
                "{why}: serving without a window, as `drydock serve` does"
            ));
            serve::run(
                serve::Arguments::without_a_window(arguments.port, arguments.config),
                data_dir,
            )
        }
    }
}
