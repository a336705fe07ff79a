//! Schedules: a function whose minute has come runs, at most once for each minute.
//!
//! Owns: when it is looked, and in what steps a minute fires. What is due stands in `drydock-core/src/firing.rs`. Must
//! not: hold a minute anywhere but in the store, which has the execution and the next minute in one transaction: a
//! server that dies has done both or neither.

use std::time::Duration;

use drydock_core::activity::Noted;
use drydock_core::clock::Timestamp;
use drydock_core::execution::{Execution, Trigger, Wish};
use drydock_core::firing::Due;
use drydock_core::function::Function;
use drydock_core::id::{ExecutionId, FunctionId, ProjectId, TagId};
use drydock_core::{Error, Result};
use drydock_store::table::functions;
use drydock_store::table::schedules::{self, Place, Scheduled};

use super::Engine;
use super::news::{Change, Happened};

/// Between two looks at the clock at most: it may have been set, and no timer goes on while a laptop sleeps.
const LOOK: Duration = Duration::from_secs(20);
/// Until what could not be done is tried again, in a full queue or on a full disk: most minutes are still its own then.
const AGAIN: Duration = Duration::from_secs(2);
/// Between two looks at least: what came due during the last one waits no longer than anybody notices, and a function that
/// is due for ever (in a data folder that somebody has changed) costs ten looks a second.
const SOONEST: Duration = Duration::from_millis(100);
/// Functions that are looked up at once, so that a thousand of one minute are never all in memory.
const PAGE: i64 = 100;
/// From here on a clock that went back is worth a line in the log; less is what a time server corrects.
const WORTH_TELLING_MS: i64 = 60_000;

/// Who asked for an execution that a schedule started.
const CALLER: &str = "schedule";

/// What fires no more when it is about to be stored.
const NOT_DUE: &str = "This function is not due any more";

/// What a look must know of those before.
#[derive(Debug, Default)]
struct Looked {
    /// What the clock said.
    at: Option<Timestamp>,
    /// Minutes that found no place in the queue.
    held_back: usize,
}

impl Engine {
    /// Has functions run when their schedules say so, until the server drains.
    pub(super) async fn fire_schedules(&self) {
        let mut looked = Looked::default();
        loop {
            let pause = match self.look_at_schedules(&mut looked).await {
                Ok(pause) => pause,
                Err(_) if self.0.draining.is_cancelled() => return,
                Err(error) => {
                    tracing::error!(
                        error = format!("{error:?}"),
                        "schedules cannot run functions yet; tried again in {} s",
                        AGAIN.as_secs()
                    );
                    // Not sooner, whatever changes meanwhile.
                    if !self.rest(AGAIN).await {
                        return;
                    }
                    continue;
                }
            };
            tokio::select! {
                biased;
                () = self.0.draining.cancelled() => return,
                () = self.0.schedules_changed.notified() => {}
                () = tokio::time::sleep(pause) => {}
            }
        }
    }

    /// Queues a run of a function's active tag as its schedule does, now; when it runs next stays as it is.
    ///
    /// # Errors
    /// `FunctionNotFound`, `Conflict` for one without a schedule, `NoActiveTag`, `QueueFull`, `ShuttingDown`.
    pub(crate) async fn run_schedule(&self, project: &ProjectId, id: &FunctionId) -> Result<Execution> {
        let (owner, id, now) = (project.clone(), id.clone(), self.now());
        let execution = ExecutionId::trusted(self.0.ids.unique());
        self.enqueue(project, move |tx| {
            let function = functions::get(tx, &owner, &id)?.ok_or(Error::FunctionNotFound)?;
            if function.schedule.is_none() {
                return Err(Error::Conflict("This function has no schedule"));
            }
            let tag = function.active_tag.clone().ok_or(Error::NoActiveTag)?;
            Ok(waiting(&function, tag, execution, "owner", now))
        })
        .await
    }

    /// Fires what is due; answers how long nothing will be.
    async fn look_at_schedules(&self, looked: &mut Looked) -> Result<Duration> {
        let now = self.now();
        // The first look of a server does not know the clock of the last one.
        if looked.at.is_none_or(|before| now < before) {
            self.clock_went_back(looked.at, now).await?;
        }
        looked.at = Some(now);

        let (mut after, mut held_back, mut failed) = (Place::FIRST, 0, false);
        loop {
            let page = self
                .0
                .store
                .read(move |tx| schedules::due(tx, now, after, PAGE))
                .await?;
            for scheduled in &page {
                after = scheduled.place;
                match self.fire_if_due(scheduled).await {
                    Ok(()) => {}
                    // Of this project. Others may have room.
                    Err(Error::QueueFull { .. }) => held_back += 1,
                    Err(error @ (Error::DiskFull | Error::ShuttingDown)) => return Err(error),
                    Err(error) => {
                        failed = true;
                        tracing::error!(
                            function = %scheduled.function,
                            error = format!("{error:?}"),
                            "a schedule cannot run its function"
                        );
                    }
                }
            }
            if page.len() < PAGE as usize {
                break;
            }
        }
        if held_back > 0 && looked.held_back == 0 {
            tracing::warn!(
                functions = held_back,
                "the queue is full: scheduled runs wait for room, an hour at most"
            );
        }
        looked.held_back = held_back;

        let next = self.0.store.read(schedules::next).await?;
        let until_next = next.map_or(LOOK, |next| self.until(next));
        Ok(if held_back > 0 || failed {
            AGAIN
        } else {
            until_next.clamp(SOONEST, LOOK)
        })
    }

    /// How long it is until then.
    fn until(&self, then: Timestamp) -> Duration {
        let millis = then.millis().saturating_sub(self.now().millis());
        Duration::from_millis(u64::try_from(millis).unwrap_or(0))
    }

    /// Fires the function's minute, or gives up what it has missed.
    async fn fire_if_due(&self, scheduled: &Scheduled) -> Result<()> {
        let now = self.now();
        let (project, id) = (scheduled.project.clone(), scheduled.function.clone());
        let function = self
            .0
            .store
            .read(move |tx| functions::get(tx, &project, &id))
            .await?;
        let changed = match function
            .as_ref()
            .map_or(Due::NotYet, |function| function.due(now))
        {
            Due::NotYet => return Ok(()),
            Due::Now(_) => self.fire(scheduled, now).await?,
            Due::Missed(since) => {
                let skipped = self.reschedule(scheduled, now).await?;
                if skipped {
                    tracing::info!(
                        function = %scheduled.function,
                        late_minutes = (now.millis() - since.millis()) / 60_000,
                        "a scheduled run was missed by an hour or more and is left out"
                    );
                }
                skipped
            }
        };
        if changed {
            // Not by `tell_function`, which has this looked at again.
            self.0.news.tell(Happened::Function {
                project: scheduled.project.clone(),
                function: scheduled.function.clone(),
                change: Change::Updated,
            });
        }
        Ok(())
    }

    /// Queues the run of a minute; whether it was still due when it was stored.
    async fn fire(&self, scheduled: &Scheduled, now: Timestamp) -> Result<bool> {
        let (project, id) = (scheduled.project.clone(), scheduled.function.clone());
        let execution = ExecutionId::trusted(self.0.ids.unique());
        let fired = self
            .enqueue(&scheduled.project, move |tx| {
                let mut function = functions::get(tx, &project, &id)?.ok_or(Error::FunctionNotFound)?;
                let Due::Now(minute) = function.due(now) else {
                    return Err(Error::Conflict(NOT_DUE));
                };
                let tag = function.active_tag.clone().ok_or(Error::NoActiveTag)?;
                function.fired(minute, now);
                schedules::set(tx, &function)?;
                Ok(waiting(&function, tag, execution, CALLER, now))
            })
            .await;
        match fired {
            Ok(_) => Ok(true),
            // Changed or deleted meanwhile.
            Err(Error::FunctionNotFound | Error::Conflict(NOT_DUE)) => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// Gives up what a function has missed; whether it still had when that was stored.
    async fn reschedule(&self, scheduled: &Scheduled, now: Timestamp) -> Result<bool> {
        let (project, id) = (scheduled.project.clone(), scheduled.function.clone());
        let book = self.notebook();
        self.0
            .store
            .write(move |tx| {
                let Some(mut function) = functions::get(tx, &project, &id)? else {
                    return Ok(false);
                };
                let Due::Missed(since) = function.due(now) else {
                    return Ok(false);
                };
                function.reschedule(now);
                schedules::set(tx, &function)?;
                let due_ms = since.millis();
                book.note(tx, &project, Some(&id), Noted::ScheduleSkipped { due_ms })?;
                Ok(true)
            })
            .await
    }

    /// Minutes that come again and have not run are the next ones of their functions.
    async fn clock_went_back(&self, before: Option<Timestamp>, now: Timestamp) -> Result<()> {
        let by_ms = before.map_or(0, |before| before.millis() - now.millis());
        if by_ms >= WORTH_TELLING_MS {
            tracing::warn!(
                "the clock went back by {} s: minutes in which schedules ran do not run again",
                by_ms / 1000
            );
        }
        let mut after = Place::FIRST;
        loop {
            let page = self
                .0
                .store
                .read(move |tx| schedules::due(tx, Timestamp(i64::MAX), after, PAGE))
                .await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            after = last.place;
            self.0
                .store
                .write(move |tx| {
                    for scheduled in page {
                        // One that cannot be read must not keep the others; it is named when it is due.
                        let function = functions::get(tx, &scheduled.project, &scheduled.function);
                        if let Ok(Some(mut function)) = function
                            && function.clock_went_back(now)
                        {
                            schedules::set(tx, &function)?;
                        }
                    }
                    Ok(())
                })
                .await?;
        }
    }
}

/// A run of a function's schedule that waits. Nobody but keys and the owner may see it: no user asked for it.
fn waiting(
    function: &Function,
    tag: TagId,
    id: ExecutionId,
    caller: &str,
    queued_at: Timestamp,
) -> Execution {
    let wish = Wish {
        project: function.project.clone(),
        id,
        function: function.id.clone(),
        tag,
        trigger: Trigger::Schedule,
        caller: caller.to_owned(),
        queued_at,
    };
    wish.waiting()
}
