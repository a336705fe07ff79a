//! The stream of changes that keeps the console live: server-sent events, each a small JSON message.
//!
//! Output itself is not in the stream, only word that there is more: the page fetches it from the log, so
//! that a slow page holds nothing up. So it is with events, of which a busy server has hundreds in a second: one word says
//! that there are others, and there are few words. One that falls behind is told to reload.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use drydock_core::id::ProjectId;
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Instant, sleep_until};

use super::executions::ExecutionRow;
use crate::engine::news::{Change, Happened, Thing};
use crate::http::error::Result;
use crate::http::extract::{Path, project_id};
use crate::http::middleware::guard::is_owner;
use crate::http::state::Shared;

/// A comment this often shows both sides that the connection lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// Between two words of events at least: nobody sees more than four changes of a table in a second.
const EVENTS_EVERY: Duration = Duration::from_millis(250);

/// How often an open stream is asked whether its session has ended by itself.
const LOOK_AGAIN: Duration = Duration::from_secs(60 * 60);

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
enum Message {
    Hello,
    Function {
        function_id: String,
        change: &'static str,
    },
    Tag {
        function_id: String,
        tag_id: String,
        change: &'static str,
    },
    Link {
        function_id: String,
    },
    User {
        id: String,
        change: &'static str,
    },
    Team {
        id: String,
        change: &'static str,
    },
    Membership {
        id: String,
        team_id: String,
        change: &'static str,
    },
    Key {
        id: String,
        change: &'static str,
    },
    Platform {
        id: String,
        change: &'static str,
    },
    Project {
        id: String,
        change: &'static str,
    },
    Webhook {
        id: String,
        change: &'static str,
    },
    Delivery {
        webhook_id: String,
    },
    Execution {
        execution: Box<ExecutionRow>,
    },
    Log {
        execution_id: String,
    },
    /// Events were emitted, or what one has started is in another state.
    Events,
    Resync,
}

pub(in crate::http) async fn open(
    State(shared): State<Shared>,
    Path(project): Path<String>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let project = shared.engine.project(&project_id(&project)?).await?.id;
    let messages = Messages {
        project,
        news: shared.engine.listen(),
        events_at: None,
        not_before: Instant::now(),
    };
    let messages = stream::unfold(messages, |mut messages: Messages| async move {
        let message = messages.next().await?;
        Some((message, messages))
    });
    let over = over(shared, headers);
    let events = stream::once(std::future::ready(Message::Hello))
        .chain(messages)
        .filter_map(|message| std::future::ready(Event::default().json_data(message).ok()))
        .map(Ok)
        .take_until(over);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

/// What one page is told.
struct Messages {
    project: ProjectId,
    news: Receiver<Happened>,
    /// When it is to be told of events; `None` while there is nothing new of them.
    events_at: Option<Instant>,
    /// Not sooner after the last time.
    not_before: Instant,
}

impl Messages {
    /// The next message; `None` when there will be none.
    async fn next(&mut self) -> Option<Message> {
        loop {
            let happened = tokio::select! {
                biased;
                () = sleep_until(self.events_at.unwrap_or(self.not_before)), if self.events_at.is_some() => {
                    self.events_at = None;
                    self.not_before = Instant::now() + EVENTS_EVERY;
                    return Some(Message::Events);
                }
                happened = self.news.recv() => happened,
            };
            match happened {
                Ok(happened) => {
                    if happened.project() == &self.project && is_of_events(&happened) {
                        self.events_at.get_or_insert(self.not_before.max(Instant::now()));
                    }
                    if let Some(message) = message(&self.project, happened) {
                        return Some(message);
                    }
                }
                Err(RecvError::Lagged(_)) => return Some(Message::Resync),
                Err(RecvError::Closed) => return None,
            }
        }
    }
}

/// Whether there may be events that were not there before, or others of their executions.
const fn is_of_events(happened: &Happened) -> bool {
    match happened {
        Happened::Function { .. }
        | Happened::Thing { .. }
        | Happened::Tag { .. }
        | Happened::Execution(_)
        | Happened::Emitted { .. } => true,
        Happened::Link { .. } | Happened::Pin(_) | Happened::Output { .. } | Happened::Delivery { .. } => {
            false
        }
    }
}

/// Completes with the server, so that an open page does not hold up its shutdown, and with the session.
async fn over(shared: Shared, headers: HeaderMap) {
    let stopping = shared.engine.stopping();
    let mut closed = shared.engine.console_closed();
    // A store that cannot be asked just now ends nothing.
    while is_owner(&shared, &headers).await.unwrap_or(true) {
        tokio::select! {
            () = stopping.cancelled() => return,
            _ = closed.changed() => {}
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
}

fn message(project: &ProjectId, happened: Happened) -> Option<Message> {
    // Which projects there are concerns the switcher of every page.
    let is_project = matches!(
        happened,
        Happened::Thing {
            thing: Thing::Project,
            ..
        }
    );
    if happened.project() != project && !is_project {
        return None;
    }
    Some(match happened {
        Happened::Function { function, change, .. } => Message::Function {
            function_id: function.to_string(),
            change: name(change),
        },
        Happened::Tag {
            function,
            tag,
            change,
            ..
        } => Message::Tag {
            function_id: function.to_string(),
            tag_id: tag.to_string(),
            change: name(change),
        },
        Happened::Thing {
            project,
            thing,
            change,
        } => thing_message(&project, thing, name(change)),
        Happened::Link { function, .. } => Message::Link {
            function_id: function.to_string(),
        },
        Happened::Execution(execution) | Happened::Pin(execution) => Message::Execution {
            execution: Box::new((*execution).into()),
        },
        Happened::Emitted { .. } => return None,
        Happened::Delivery { webhook, .. } => Message::Delivery {
            webhook_id: webhook.to_string(),
        },
        Happened::Output { execution, .. } => Message::Log {
            execution_id: execution.to_string(),
        },
    })
}

fn thing_message(project: &ProjectId, thing: Thing, change: &'static str) -> Message {
    match thing {
        Thing::Project => Message::Project {
            id: project.to_string(),
            change,
        },
        Thing::User(id) => Message::User {
            id: id.to_string(),
            change,
        },
        Thing::Team(id) => Message::Team {
            id: id.to_string(),
            change,
        },
        Thing::Membership { id, team } => Message::Membership {
            id: id.to_string(),
            team_id: team.to_string(),
            change,
        },
        Thing::Key(id) => Message::Key {
            id: id.to_string(),
            change,
        },
        Thing::Platform(id) => Message::Platform {
            id: id.to_string(),
            change,
        },
        Thing::Webhook(id) => Message::Webhook {
            id: id.to_string(),
            change,
        },
    }
}

const fn name(change: Change) -> &'static str {
    match change {
        Change::Created => "created",
        Change::Updated => "updated",
        Change::Deleted => "deleted",
    }
}
