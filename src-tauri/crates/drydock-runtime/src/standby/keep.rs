//! The keeper of one process that stands by. Owns: its life, from its start until somebody takes it or it has
//! to go. Must not: decide who may stand by; the pool does, and lets go of the keeper's place to say so.

use std::sync::Arc;

use tokio::time::sleep_until;

use super::{Place, Pool};
use crate::interpreters::Interpreters;
use crate::process::{Launchers, Standby};
use crate::sandbox::Confinement;

/// What it works with.
pub(crate) struct Keeper {
    pub(crate) pool: Arc<Pool>,
    pub(crate) launchers: Launchers,
    pub(crate) interpreters: Arc<Interpreters>,
}

impl Keeper {
    /// Starts the process of `place` and keeps it.
    pub(crate) async fn keep(self, mut place: Place, confinement: Confinement) {
        let Some(mut standby) = self.start(&place, confinement).await else {
            return;
        };
        loop {
            let Some(deadline) = self.pool.deadline(&place) else {
                // Taken or discarded, and if it is taken the wish is on its way.
                break self.hand_out(place, standby).await;
            };
            let was_ready = standby.is_ready();
            tokio::select! {
                biased;
                wish = &mut place.wished => break grant(wish.ok(), standby).await,
                ready = standby.ready() => match ready {
                    Some(memory_bytes) => self.pool.stands_by(&place, memory_bytes),
                    // One that never got so far would not the next time.
                    None if !was_ready => {
                        self.pool.cannot(&place);
                        break standby.end().await;
                    }
                    None => {
                        self.pool.is_gone(&place);
                        break standby.end().await;
                    }
                },
                () = sleep_until(deadline.into()) => {
                    if self.pool.deadline(&place) == Some(deadline) {
                        self.pool.is_gone(&place);
                    }
                }
            }
        }
    }

    async fn start(&self, place: &Place, confinement: Confinement) -> Option<Standby> {
        let (blueprint, interpreters) = (place.blueprint.clone(), Arc::clone(&self.interpreters));
        match Standby::start(&self.launchers, blueprint, confinement, interpreters).await {
            Ok(Some(standby)) => Some(standby),
            // If it cannot run at all, its next run tells its user.
            Ok(None) => {
                self.pool.cannot(place);
                None
            }
            Err(error) => {
                tracing::warn!(%error, owner = place.owner, "no process stands by");
                self.pool.is_gone(place);
                None
            }
        }
    }

    async fn hand_out(&self, place: Place, standby: Standby) {
        grant(place.wished.await.ok(), standby).await;
    }
}

/// Gives the process to who wished for it; with no wish, or nobody there any more, it ends.
async fn grant(wish: Option<super::Wish>, standby: Standby) {
    match wish {
        Some(wish) => {
            if let Err(unwanted) = wish.send(standby) {
                unwanted.end().await;
            }
        }
        None => standby.end().await,
    }
}
