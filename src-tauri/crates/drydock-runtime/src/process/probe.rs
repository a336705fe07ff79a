//! Which level of the sandbox this machine gives, and who keeps its limits.
//!
//! Owns: trying each level, strongest first, in a launcher that does everything but start a command. Must not: guess
//! from versions or settings; what works is found out by doing it.

use std::path::Path;
use std::time::Duration;

use tokio::time::timeout;

use super::protocol::{Report, Setup, Spec};
use super::zygote::{NoLauncher, Zygote};
use crate::interpreters::Interpreters;
use crate::sandbox::{Confinement, Level, Limits, LimitsBy, Missing, Network, Policy, Standing, grants};

/// A try takes as long as starting a process; this long only on a machine that is nearly dead.
const LIMIT: Duration = Duration::from_secs(10);

/// Finds out what `policy` comes to on this machine. `folder` is one of the server's own, in which code lies.
pub async fn probe(
    launcher_exe: &Path,
    interpreters: &Interpreters,
    policy: Policy,
    folder: &Path,
) -> Standing {
    let mut standing = Standing {
        level: Level::Off,
        missing: Vec::new(),
        policy,
        limits_by: LimitsBy::Nobody,
    };
    if policy == Policy::Off {
        return standing;
    }
    standing.level = Level::ProcessGroup;
    if !cfg!(target_os = "linux") {
        let why = "this system has no namespaces as Linux has them".to_owned();
        standing.missing.push(Missing {
            level: Level::Full,
            why,
        });
        return standing;
    }
    standing.limits_by = LimitsBy::detect();
    for level in [Level::Full, Level::NoNamespaces] {
        let confinement = Confinement {
            level,
            // What it takes beyond the open network is little, and nothing the other way round.
            network: Network::None,
            limits: Limits::default(),
            code: folder.to_owned(),
            scratch: folder.to_owned(),
            readable: grants::readable(interpreters),
            preloads: None,
        };
        match attempt(launcher_exe, confinement).await {
            Ok(()) => {
                standing.level = level;
                break;
            }
            Err(why) => standing.missing.push(Missing { level, why }),
        }
    }
    standing
}

async fn attempt(launcher_exe: &Path, confinement: Confinement) -> Result<(), String> {
    let setup = Setup {
        open_files: crate::open_files::before(),
        level: confinement.level,
        readable: confinement.readable.clone(),
    };
    let zygote = Zygote::new(launcher_exe.to_owned(), setup, None);
    let (mut channel, _pipes) = match zygote.launch(&confinement).await {
        Ok(launched) => launched,
        Err(NoLauncher::Unconfined(why)) => return Err(why),
        Err(error) => return Err(error.to_string()),
    };
    let spec = Spec {
        program: "/".into(),
        arguments: Vec::new(),
        environment: Vec::new(),
        folder: "/".into(),
        timeout_ms: 0,
        confinement,
        standby: None,
        probe: true,
    };
    let answer = async {
        channel.send(&spec).await?;
        channel.next().await
    };
    let answer = timeout(LIMIT, answer).await;
    let outcome = match answer {
        Ok(Ok(Some(Report::Confined))) => Ok(()),
        Ok(Ok(Some(Report::Unconfined { why }))) => Err(why),
        Ok(Ok(_)) => Err("the launcher ended without an answer".to_owned()),
        Ok(Err(error)) => Err(error.to_string()),
        Err(_) => Err("the launcher does not answer".to_owned()),
    };
    if timeout(LIMIT, channel.gone()).await.is_err() {
        channel.kill_what_is_left(None);
    }
    // Until it is gone it shares our control group, which only who is alone there may divide.
    zygote.end().await;
    outcome
}
