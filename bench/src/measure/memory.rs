//! What a server takes that nobody uses: resident memory of its process some seconds after its start.
//!
//! An absolute figure without a reference; every round is a fresh server on a fresh data folder. Linux only.

use std::fs;
use std::time::Duration;

use anyhow::{Context as _, Result};

use super::{Outcome, Run};
use crate::server::{Folder, Server};
use crate::statistics::{Round, Side};

pub(super) async fn measure(run: &Run) -> Result<Outcome> {
    if !cfg!(target_os = "linux") {
        return Ok(Outcome::NotMeasured("needs /proc".to_owned()));
    }
    let mut rounds = Vec::new();
    for _ in 0..run.pick(5, 2) {
        let folder = Folder::new(&run.place)?;
        let server = Server::start(&run.product, &folder, &[]).await?;
        tokio::time::sleep(run.pick(Duration::from_secs(5), Duration::from_secs(1))).await;
        let status = fs::read_to_string(format!("/proc/{}/status", server.pid()))?;
        rounds.push(Round {
            ours: Side::plain(resident_mb(&status, "VmRSS:").context("no VmRSS")?),
            reference: None,
        });
        server.stop().await?;
    }
    let notes = vec!["the server's process alone".to_owned()];
    Ok(Outcome::Measured { rounds, notes })
}

/// `VmRSS:` or another line, which the kernel writes in units of 1024 bytes and we want in units of 1,000,000.
pub(super) fn resident_mb(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kib: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kib * 1024.0 / 1_000_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_in_megabytes() {
        let status = "Name:\tdrydock\nVmHWM:\t   30000 kB\nVmRSS:\t   20000 kB\n";
        assert_eq!(resident_mb(status, "VmRSS:"), Some(20.48));
        assert_eq!(resident_mb("Name:\tdrydock\n", "VmRSS:"), None);
    }
}
