//! The keeper of one container that waits. Owns: its life, from its making until a run takes it or it has to go. Must not:
//! decide who may wait; the pool does, and drops the keeper's wish to say so.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::time::{Instant, sleep_until};

use super::Works;
use super::container::Container;
use super::engine::Failure;
use super::news::{Listener, News};
use super::pool::Id;
use crate::job::Blueprint;
use crate::sink::Sink;

/// One that is not wanted any more goes a little later: most often because another is being made, which somebody waits for.
const REMOVED_AFTER: Duration = Duration::from_secs(1);

/// Asks a keeper for its container.
#[derive(Debug)]
pub(super) struct Wish {
    asks: oneshot::Sender<oneshot::Sender<Container>>,
    listener: Listener,
}

/// What a keeper waits for, and tells while it makes the container.
#[derive(Debug)]
pub(super) struct Wished {
    asked: oneshot::Receiver<oneshot::Sender<Container>>,
    news: News,
}

/// Both ends of a wish.
pub(super) fn wish() -> (Wish, Wished) {
    let (asks, asked) = oneshot::channel();
    let (news, listener) = News::new();
    (Wish { asks, listener }, Wished { asked, news })
}

impl Wish {
    /// The container, once its interpreter waits; `None` where it cannot be had. Until then `sink` hears what holds it up.
    pub(super) async fn grant(self, sink: &Sink) -> Option<Container> {
        let (grant, granted) = oneshot::channel();
        self.asks.send(grant).ok()?;
        self.listener.until(granted, sink).await.ok()
    }
}

/// What it works with.
pub(super) struct Keeper {
    pub(super) works: Arc<Works>,
    pub(super) id: Id,
    pub(super) wished: Wished,
}

impl Keeper {
    /// Makes the container and keeps it.
    pub(super) async fn keep(mut self, blueprint: Blueprint) {
        // To its end, since half of a container cannot be taken back.
        let made = self.works.make(&blueprint, &self.wished.news).await;
        let mut container = match made {
            Ok(container) => container,
            Err(failure) => {
                // The next run tells its user.
                if !matches!(failure, Failure::Command(..)) {
                    tracing::warn!(
                        why = failure.words(),
                        code = blueprint.code_id,
                        "no container waits"
                    );
                }
                return self.works.pool().left(self.id);
            }
        };
        let idle = Instant::now() + self.works.settings.idle;
        let wish = tokio::select! {
            biased;
            wish = &mut self.wished.asked => wish.ok(),
            // Whatever it says now, it does not wait any more.
            _ = container.next() => None,
            () = sleep_until(idle) => None,
        };
        match wish {
            Some(grant) => {
                if let Err(unwanted) = grant.send(container) {
                    self.works.throw_away(unwanted);
                }
            }
            None => {
                self.works.pool().left(self.id);
                tokio::select! {
                    () = sleep_until(Instant::now() + REMOVED_AFTER) => {}
                    () = self.works.closing.cancelled() => {}
                }
                self.works.throw_away(container);
            }
        }
    }
}
