//! The bare axum server that the API's rate is compared to: one route, no state, no database.
//!
//! Owns: its own process, which is this binary again, so that it shares no thread with the client that asks it.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::routing::get;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};

/// A process that only binds a port.
const START_LIMIT: Duration = Duration::from_secs(10);

/// A running one. Killed when dropped.
pub(crate) struct Hello {
    pub(crate) address: SocketAddr,
    _child: Child,
}

impl Hello {
    pub(crate) async fn start() -> Result<Self> {
        let mut child = Command::new(std::env::current_exe()?)
            .arg("--serve-hello")
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let mut line = String::new();
        let stdout = child.stdout.take().context("no stdout")?;
        tokio::time::timeout(START_LIMIT, BufReader::new(stdout).read_line(&mut line)).await??;
        let address = line.trim().parse().context("the bare server did not start")?;
        Ok(Self {
            address,
            _child: child,
        })
    }
}

/// Serves until killed, after telling its address.
pub(crate) async fn serve() -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("{}", listener.local_addr()?);
    let router = Router::new().route("/", get(async || "Hello, world!"));
    axum::serve(listener, router).await?;
    Ok(())
}
