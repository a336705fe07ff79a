//! The stream of changes that keeps the console live: server-sent events, each a small JSON message.
//!
//! Output itself is not in the stream, only word that there is more: the page fetches it from the log, so
//! that a slow page holds nothing up. One that falls behind is told to reload.

use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use drydock_core::id::ProjectId;
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use tokio_stream::wrappers::BroadcastStream;
use tokio_stream::wrappers::errors::BroadcastStreamRecvError;

use super::executions::ExecutionRow;
use crate::engine::news::{Change, Happened};
use crate::http::error::Result;
use crate::http::extract::{Path, project_id};
use crate::http::state::Shared;

/// A comment this often shows both sides that the connection lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

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
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>> {
    let project = shared.engine.project(project_id(&project)?.as_str()).await?.id;
    let news = BroadcastStream::new(shared.engine.listen());
    let messages = news.filter_map(move |news| {
        let message = match news {
            Ok(happened) => message(&project, happened),
            Err(BroadcastStreamRecvError::Lagged(_)) => Some(Message::Resync),
        };
        std::future::ready(message)
    });
    // Ends with the server, so that an open page does not hold up its shutdown.
    let stopping = shared.engine.stopping();
    let events = stream::once(std::future::ready(Message::Hello))
        .chain(messages)
        .filter_map(|message| std::future::ready(Event::default().json_data(message).ok()))
        .map(Ok)
        .take_until(async move { stopping.cancelled().await });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT)))
}

fn message(project: &ProjectId, happened: Happened) -> Option<Message> {
    if happened.project() != project {
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
        Happened::Execution(execution) => Message::Execution {
            execution: (*execution).into(),
        },
        Happened::Output { execution, .. } => Message::Log {
            execution_id: execution.to_string(),
        },
    })
}

const fn name(change: Change) -> &'static str {
    match change {
        Change::Created => "created",
        Change::Updated => "updated",
        Change::Deleted => "deleted",
    }
}
