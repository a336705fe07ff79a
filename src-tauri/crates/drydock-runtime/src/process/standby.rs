//! One process that stands by: its interpreter is started, and waits for the one execution it is there for.
//!
//! Owns: starting it, handing an execution over, ending it unused. Must not: decide who stands by or for how
//! long; `crate::standby` does. It is a run like any other from the handover on.

use std::fmt;
use std::io;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::timeout;

use super::channel::{Channel, Pipes};
use super::protocol::{Handover, Report, Spec};
use super::zygote::Zygote;
use super::{Blueprint, prepare, scratch};
use crate::interpreters::Interpreters;
use crate::sandbox::Confinement;
use crate::standby::preload::Preload;

/// From its launcher's start until it waits: some 30 ms; this long only on a machine that is nearly dead.
const READY_LIMIT: Duration = Duration::from_secs(10);

/// From the handover until its launcher has passed it on: less than a millisecond.
const BEGIN_LIMIT: Duration = Duration::from_secs(5);

/// How long ending it may take; its launcher gives itself 4 s.
const END_LIMIT: Duration = Duration::from_secs(5);

/// A process that stands by, or is about to.
pub(crate) struct Standby {
    pub(super) channel: Channel,
    pub(super) pipes: Pipes,
    pub(super) spec: Spec,
    preload: &'static Preload,
    ready: bool,
}

impl fmt::Debug for Standby {
    /// Without its environment.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Standby")
            .field("ready", &self.ready)
            .finish_non_exhaustive()
    }
}

impl Standby {
    /// Starts one, which stands by once [`Self::ready`] says so; `None` for a command that cannot stand by, or
    /// cannot run at all.
    pub(crate) async fn start(
        zygote: &Zygote,
        blueprint: Blueprint,
        confinement: Confinement,
        interpreters: Arc<Interpreters>,
    ) -> io::Result<Option<Self>> {
        let prepared =
            tokio::task::spawn_blocking(move || prepare::standby(&blueprint, confinement, &interpreters));
        let Ok(Some((spec, preload))) = prepared.await? else {
            return Ok(None);
        };
        let opened = async {
            let launched = zygote.launch(&spec.confinement).await;
            let (mut channel, pipes) = launched.map_err(io::Error::other)?;
            channel.send(&spec).await?;
            io::Result::Ok((channel, pipes))
        };
        let (channel, pipes) = match opened.await {
            Ok(opened) => opened,
            Err(error) => {
                scratch::remove(&spec.confinement).await;
                return Err(error);
            }
        };
        Ok(Some(Self {
            channel,
            pipes,
            spec,
            preload,
            ready: false,
        }))
    }

    /// Waits until it stands by, and answers how much memory it has; `None` when it is lost. Once it stands by
    /// this completes only when it is lost. Loses nothing when dropped half-way.
    pub(crate) async fn ready(&mut self) -> Option<u64> {
        let next = async {
            loop {
                match self.channel.next().await {
                    Ok(Some(Report::Started { .. })) => {}
                    Ok(Some(Report::Ready { memory_bytes })) => return Some(memory_bytes),
                    report => {
                        tracing::debug!(?report, "a process that was to stand by is lost");
                        return None;
                    }
                }
            }
        };
        let memory_bytes = if self.ready {
            next.await
        } else {
            timeout(READY_LIMIT, next).await.ok().flatten()
        };
        self.ready |= memory_bytes.is_some();
        memory_bytes
    }

    /// Whether it stands by.
    pub(crate) fn is_ready(&self) -> bool {
        self.ready
    }

    /// How it is made to wait.
    pub(super) fn preload(&self) -> &'static Preload {
        self.preload
    }

    /// Hands an execution over. When it answers `false` nothing of the execution has run, nor will. A launcher that
    /// says nothing more may have been killed by it, so that is no `false`.
    pub(super) async fn begin(&mut self, handover: &Handover) -> bool {
        if !self.ready && self.ready().await.is_none() {
            return false;
        }
        if !matches!(
            timeout(BEGIN_LIMIT, self.channel.send(handover)).await,
            Ok(Ok(()))
        ) {
            return false;
        }
        let answer = timeout(BEGIN_LIMIT, self.channel.next()).await;
        !matches!(answer, Ok(Ok(Some(Report::Ended(_)))))
    }

    /// Ends it, with all that belongs to it.
    pub(crate) async fn end(mut self) {
        self.channel.order_end().await;
        if timeout(END_LIMIT, self.channel.gone()).await.is_err() {
            tracing::error!("the launcher of a process that stood by does not end");
            self.channel.kill_what_is_left(None);
        }
        self.channel.end_group().await;
        scratch::remove(&self.spec.confinement).await;
    }
}
