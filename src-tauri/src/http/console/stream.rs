//! The stream of changes that keeps the console live: server-sent events, each a small JSON message.
//!
//! Output itself is not in the stream, only word that there is more: the page fetches it from the log, so
//! that a slow page holds nothing up. One that falls behind is told to reload.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use drydock_core::id::ProjectId;
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use super::executions::ExecutionRow;
use crate::engine::news::{Change, Happened, Thing};
use crate::http::error::Result;
use crate::http::extract::{Path, project_id};
use crate::http::middleware::guard::is_owner;
use crate::http::state::Shared;

/// A comment this often shows both sides that the connection lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

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
        execution: ExecutionRow,
    },
    Log {
        execution_id: String,
    },
    Resync,
}

pub(in crate::http) async fn open(
    State(shared): State<Shared>,
    Path(project): Path<String>,
    headers: HeaderMap,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let project = shared.engine.project(&project_id(&project)?).await?.id;
    let news = BroadcastStream::new(shared.engine.listen());
    let messages = news.filter_map(move |news| {
        let message = match news {
            Ok(happened) => message(&project, happened),
            Err(BroadcastStreamRecvError::Lagged(_)) => Some(Message::Resync),
        };
        std::future::ready(message)
    });
    let over = over(shared, headers);
    let events = stream::once(std::future::ready(Message::Hello))
        .chain(messages)
        .filter_map(|message| std::future::ready(Event::default().json_data(message).ok()))
        .map(Ok)
        .take_until(over);
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
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
            execution: (*execution).into(),
        },
        // Nothing shows events as they come yet.
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
