//! What listeners are told of: the engine's news become events, one after the other.
//!
//! The one place where news meets the hub, so that a change of roles and what is told because of it keep their order.
//! Must not: wait for a listener.

use std::sync::Arc;
use std::time::Duration;

use drydock_core::execution::{Execution, ExecutionStatus};
use drydock_core::id::ProjectId;
use tokio::sync::broadcast::{Receiver, error::RecvError};
use tokio::time::{Instant, interval_at};

use super::Realtime;
use super::hub::Event;
use super::message::{POLICY, Refusal, TRY_AGAIN};
use super::people::People;
use crate::engine::Engine;
use crate::engine::news::{Change, Happened, Thing};
use crate::http::appwrite::wire;

/// How often it is asked whether a session has ended by its age alone, of which there is no news.
const LOOK_AGAIN: Duration = Duration::from_secs(60 * 60);

/// Tells listeners of news until the server stops.
pub(super) async fn feed(
    engine: Engine,
    realtime: Arc<Realtime>,
    mut news: Receiver<Happened>,
    mut people: People,
) {
    let _held_up = engine.hold_up();
    let stopping = engine.stopping();
    let mut look_again = interval_at(Instant::now() + LOOK_AGAIN, LOOK_AGAIN);
    loop {
        let happened = tokio::select! {
            () = stopping.cancelled() => return,
            happened = news.recv() => happened,
            _ = look_again.tick() => {
                for project in realtime.hub.projects() {
                    people.read_roles(&engine, &realtime, &project, None).await;
                }
                continue;
            }
        };
        match happened {
            Ok(happened) => tell(&engine, &realtime, &mut people, happened).await,
            // Nobody knows whom it concerned. Who connects again knows that something may have been missed.
            Err(RecvError::Lagged(_)) => {
                let missed = Refusal::new(TRY_AGAIN, "Events were missed: connect again");
                for project in realtime.hub.projects() {
                    realtime.hub.end(realtime.hub.of_project(&project), &missed);
                }
            }
            Err(RecvError::Closed) => return,
        }
    }
}

async fn tell(engine: &Engine, realtime: &Realtime, people: &mut People, happened: Happened) {
    match happened {
        Happened::Execution(execution) => tell_execution(engine, realtime, *execution),
        Happened::Thing {
            project,
            thing,
            change,
        } => {
            // First, so that whoever loses a role by this hears of what was before.
            people.tell(engine, realtime).await;
            change_roles(engine, realtime, people, project, thing, change).await;
        }
        Happened::Emitted { .. } => people.tell(engine, realtime).await,
        Happened::Function { .. }
        | Happened::Tag { .. }
        | Happened::Link { .. }
        | Happened::Pin(_)
        | Happened::Delivery { .. }
        | Happened::Output { .. } => {}
    }
}

/// Somebody has other roles now, or is gone. Roles are read also where the event gave or took them already: whoever was
/// let in meanwhile may have been so as who they were before.
async fn change_roles(
    engine: &Engine,
    realtime: &Realtime,
    people: &mut People,
    project: ProjectId,
    thing: Thing,
    change: Change,
) {
    match (thing, change) {
        // Sessions that end and a user who is blocked are news of the user.
        (Thing::User(user), Change::Updated | Change::Deleted) => {
            people.read_roles(engine, realtime, &project, Some(&user)).await;
        }
        (Thing::Team(_), Change::Created | Change::Deleted) | (Thing::Membership { .. }, _) => {
            people.read_roles(engine, realtime, &project, None).await;
        }
        (Thing::Project, Change::Deleted) => {
            let gone = Refusal::new(POLICY, super::NO_PROJECT);
            realtime.hub.end(realtime.hub.of_project(&project), &gone);
        }
        _ => {}
    }
}

/// An execution is told of when it is made and when it has ended, as the API shows it, to those whom its `$read` names.
fn tell_execution(engine: &Engine, realtime: &Realtime, execution: Execution) {
    let name = match execution.status {
        ExecutionStatus::Waiting => "functions.executions.create",
        ExecutionStatus::Processing => return,
        ExecutionStatus::Completed | ExecutionStatus::Failed => "functions.executions.update",
    };
    let channels = [
        "executions".to_owned(),
        format!("executions.{}", execution.id),
        format!("functions.{}", execution.function),
    ];
    let (project, roles) = (execution.project.clone(), execution.read.clone());
    let event = Event {
        project: &project,
        name,
        channels: &channels,
        roles: &roles,
        at: engine.now(),
    };
    realtime.hub.publish(&event, || {
        serde_json::to_string(&wire::Execution::from(execution))
    });
}
