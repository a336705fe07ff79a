//! What tells this process to stop.

use anyhow::Result;

/// How it is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Ctrl-C: of whoever sits at the terminal, also while another program has it.
    Interrupt,
    /// The system, or the end of the terminal.
    Other,
}

/// What tells a server to stop: Ctrl-C, the end of the terminal, or the system.
pub(crate) struct Stops {
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    /// `None` where it is to be outlived, as under `nohup`.
    #[cfg(unix)]
    hangup: Option<tokio::signal::unix::Signal>,
}

impl Stops {
    /// Listens from now on, so that an early one is not lost.
    #[cfg(unix)]
    pub(crate) fn listen() -> Result<Self> {
        use tokio::signal::unix::{SignalKind, signal};
        let hangup = (!outlives_the_terminal())
            .then(|| signal(SignalKind::hangup()))
            .transpose()?;
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup,
        })
    }

    /// The next one, however it is told; each counts.
    pub(crate) async fn next(&mut self) {
        self.next_kind().await;
    }

    /// The next one.
    #[cfg(unix)]
    pub(crate) async fn next_kind(&mut self) -> Stop {
        let hangup = async {
            match &mut self.hangup {
                Some(hangup) => hangup.recv().await,
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            _ = self.interrupt.recv() => Stop::Interrupt,
            _ = self.terminate.recv() => Stop::Other,
            _ = hangup => Stop::Other,
        }
    }

    /// Listens from now on, so that an early one is not lost.
    #[cfg(not(unix))]
    pub(crate) fn listen() -> Result<Self> {
        Ok(Self {})
    }

    /// The next one.
    #[cfg(not(unix))]
    pub(crate) async fn next_kind(&mut self) -> Stop {
        if let Err(error) = tokio::signal::ctrl_c().await {
            tracing::error!(%error, "cannot listen for Ctrl-C");
            std::future::pending::<()>().await;
        }
        Stop::Interrupt
    }
}

/// Whether who started us had the end of the terminal ignored, which listening for it would undo. Where that cannot be
/// told, the end of the terminal ends us as it ends any program.
#[cfg(unix)]
fn outlives_the_terminal() -> bool {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let ignored = status
        .lines()
        .find_map(|line| line.strip_prefix("SigIgn:"))
        .and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok());
    // SIGHUP is signal 1.
    ignored.is_none_or(|mask| mask & 1 == 1)
}
