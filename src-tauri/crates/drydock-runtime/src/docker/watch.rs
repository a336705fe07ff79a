//! What a running container takes, where the kernel does not end all of it by itself.
//!
//! Owns: asking the engine, once a second from the first second on, so that a short run costs nothing. Must not: end
//! anything; the run does.

use std::collections::HashMap;
use std::pin::Pin;
use std::time::Duration;

use bollard::errors::Error;
use bollard::models::EventMessage;
use bollard::query_parameters::{EventsOptionsBuilder, StatsOptionsBuilder};
use futures_util::{Stream, StreamExt};
use tokio::time::{Instant, Interval, MissedTickBehavior, interval_at};

use super::container::{self, Handle};
use crate::sandbox::{LimitHit, Limits};

/// How often the engine is asked: it looks as often itself.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// What the engine says of a container from its beginning. Any moment before that does, since the clock of an engine on
/// another machine is not ours.
const FROM_THE_BEGINNING: &str = "1";

type Events = Pin<Box<dyn Stream<Item = Result<EventMessage, Error>> + Send>>;

/// Over one run.
pub(super) struct Watch {
    container: Handle,
    looks: Interval,
    /// Kills for memory: of one process the kernel takes, and lets the others go on.
    kills: Option<Events>,
}

/// What there is to be done.
pub(super) enum Look {
    /// Look what it uses, by [`Watch::over`].
    Due,
    /// The kernel has killed one of its processes for memory.
    OutOfMemory,
}

impl Watch {
    pub(super) fn new(container: Handle) -> Self {
        let mut looks = interval_at(Instant::now() + LOOK_EVERY, LOOK_EVERY);
        looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        Self {
            container,
            looks,
            kills: None,
        }
    }

    /// Waits for the next thing to do. May be dropped and asked again.
    pub(super) async fn next(&mut self) -> Look {
        loop {
            let Some(kills) = &mut self.kills else {
                self.looks.tick().await;
                self.kills = Some(self.container.kills_for_memory());
                return Look::Due;
            };
            tokio::select! {
                kill = kills.next() => match kill {
                    Some(Ok(_)) => return Look::OutOfMemory,
                    // An engine that has gone is noticed elsewhere; after a restart it is asked anew.
                    Some(Err(_)) | None => self.kills = None,
                },
                _ = self.looks.tick() => return Look::Due,
            }
        }
    }

    /// The limit that the container is over, of those that the kernel does not end it for.
    pub(super) async fn over(&mut self, limits: &Limits) -> Option<LimitHit> {
        let Handle { docker, id } = &self.container;
        let options = StatsOptionsBuilder::default()
            .stream(false)
            .one_shot(true)
            .build();
        let asked = docker.stats(id, Some(options));
        let stats = std::pin::pin!(asked).next().await?.ok()?;
        let tasks = stats.pids_stats.and_then(|pids| pids.current);
        if tasks.is_some_and(|tasks| tasks >= container::tasks(limits)) {
            return Some(LimitHit::Processes);
        }
        // Threads are in that number and must not be in the limit, so the processes are counted where it could be over.
        if tasks.is_some_and(|tasks| tasks > limits.processes) {
            let listed = docker.top_processes(id, None).await;
            let processes = listed
                .ok()
                .and_then(|listed| listed.processes)
                .map_or(0, |rows| rows.len() as u64);
            if processes > limits.processes + container::OUR_PROCESSES {
                return Some(LimitHit::Processes);
            }
        }
        let used = stats.cpu_stats?.cpu_usage?.total_usage?;
        let is_over = limits.cpu_secs > 0 && used > limits.cpu_secs.saturating_mul(1_000_000_000);
        is_over.then_some(LimitHit::CpuTime)
    }
}

impl Handle {
    fn kills_for_memory(&self) -> Events {
        let filters = HashMap::from([
            ("container".to_owned(), vec![self.id.clone()]),
            ("event".to_owned(), vec!["oom".to_owned()]),
        ]);
        let options = EventsOptionsBuilder::default()
            .since(FROM_THE_BEGINNING)
            .filters(&filters)
            .build();
        Box::pin(self.docker.events(Some(options)))
    }
}
