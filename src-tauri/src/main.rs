//! The one binary: the server, the command line and, re-executed, the zygote of functions' launchers.

mod app;
mod browser;
mod cli;
mod config;
mod data_dir;
#[cfg(feature = "desktop")]
mod desktop;
mod engine;
mod http;
mod secrets;
mod server_file;

use std::process::ExitCode;

fn main() -> ExitCode {
    // The server re-executes this binary around each function; that copy must do nothing else.
    if drydock_runtime::launcher::is_invocation() {
        return drydock_runtime::launcher::run();
    }
    cli::run()
}
