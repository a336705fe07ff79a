//! What a desktop window needs beside the console that it shows: one stream, and a way to be brought to the front.
//!
//! The window is a client like any other, of the server in its own process or of a `serve` that was there first; so a server
//! without a window knows nothing of one but whether somebody listens here. Must not: hold up the server, whose news a slow
//! window misses.

use std::collections::HashMap;
use std::convert::Infallible;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, KeepAlive, Sse};
use drydock_core::Error;
use drydock_core::execution::{Execution, ExecutionStatus, exit_code};
use drydock_core::id::{FunctionId, ProjectId, TagId};
use futures_util::{Stream, StreamExt, stream};
use serde::Serialize;
use tokio::sync::broadcast::error::RecvError;
use tokio::sync::{broadcast, watch};
use tokio::time::{Instant, sleep_until};

use crate::engine::Engine;
use crate::engine::news::Happened;
use crate::http::error::Result;
use crate::http::state::Shared;

/// A comment this often shows both sides that the connection lives.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Between two words of the load at least: it is a number in a menu.
const LOAD_EVERY: Duration = Duration::from_millis(500);
/// Between two words of trouble with one function: about as long as a desktop shows a notification, so that they do not
/// pile up while somebody mends it.
const TROUBLE_EVERY: Duration = Duration::from_secs(10);
/// Functions whose last trouble is remembered, far beyond what anybody watches.
const MAX_REMEMBERED: usize = 1000;
/// Wishes that wait for a slow window; they are all the same one.
const WISHES: usize = 4;
/// Characters of a reason: what a notification shows.
const MAX_REASON: usize = 200;

/// The windows that are open, by how they are asked to come to the front.
pub(in crate::http) struct Windows(broadcast::Sender<()>);

impl Windows {
    pub(in crate::http) fn new() -> Self {
        Self(broadcast::channel(WISHES).0)
    }
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
enum Message {
    /// The first, and then whenever it is another one.
    Load {
        running: usize,
        waiting: usize,
        watching_paused: bool,
    },
    /// An execution of a function whose folder is linked has failed.
    Failed {
        function: Named,
        execution_id: String,
        exit_code: i32,
        reason: String,
    },
    /// What was saved does not parse, and is not live.
    Unparsed { function: Named, reason: String },
    /// Somebody wants to see the window.
    Focus,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Named {
    project: String,
    id: String,
    name: String,
}

/// Asks the window to come to the front; `NotFound` where none is open.
pub(in crate::http) async fn focus(State(shared): State<Shared>) -> Result<StatusCode> {
    match shared.windows.0.send(()) {
        Ok(_) => Ok(StatusCode::NO_CONTENT),
        Err(_) => Err(Error::NotFound("A window").into()),
    }
}

/// The stream of one window.
pub(in crate::http) async fn open(
    State(shared): State<Shared>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stopping = shared.engine.stopping();
    let messages = Messages {
        wishes: shared.windows.0.subscribe(),
        news: shared.engine.listen(),
        paused: shared.engine.watching_paused(),
        engine: shared.engine,
        told: None,
        load_at: Instant::now(),
        load_changed: true,
        troubles: HashMap::new(),
        unparsed: HashMap::new(),
    };
    let messages = stream::unfold(messages, |mut messages| async move {
        let message = messages.next().await?;
        Some((message, messages))
    });
    let events = messages
        .filter_map(|message| std::future::ready(Event::default().json_data(message).ok()))
        .map(Ok)
        .take_until(stopping.cancelled_owned());
    Sse::new(events).keep_alive(KeepAlive::new().interval(HEARTBEAT))
}

type Watched = (ProjectId, FunctionId);

struct Messages {
    engine: Engine,
    wishes: broadcast::Receiver<()>,
    news: broadcast::Receiver<Happened>,
    paused: watch::Receiver<bool>,
    /// The load that was told last.
    told: Option<(usize, usize, bool)>,
    /// Not sooner than this it is told again.
    load_at: Instant,
    load_changed: bool,
    /// When trouble with a function was last told.
    troubles: HashMap<Watched, Instant>,
    /// The last tag of a function that was told not to parse.
    unparsed: HashMap<Watched, TagId>,
}

impl Messages {
    /// The next message; `None` when there will be none.
    async fn next(&mut self) -> Option<Message> {
        loop {
            let happened = tokio::select! {
                biased;
                wish = self.wishes.recv() => match wish {
                    Ok(()) | Err(RecvError::Lagged(_)) => return Some(Message::Focus),
                    Err(RecvError::Closed) => return None,
                },
                () = sleep_until(self.load_at), if self.load_changed => {
                    self.load_changed = false;
                    if let Some(load) = self.load() {
                        return Some(load);
                    }
                    continue;
                }
                changed = self.paused.changed() => {
                    changed.ok()?;
                    self.load_changed = true;
                    continue;
                }
                happened = self.news.recv() => happened,
            };
            match happened {
                Ok(Happened::Execution(execution)) => {
                    self.load_changed = true;
                    // Who cancels one knows.
                    if execution.status == ExecutionStatus::Failed
                        && execution.exit_code != exit_code::CANCELLED
                        && let Some(failed) = self.failed(&execution).await
                    {
                        return Some(failed);
                    }
                }
                Ok(Happened::Link { project, function }) => {
                    if let Some(unparsed) = self.unparsed((project, function)).await {
                        return Some(unparsed);
                    }
                }
                Ok(_) => {}
                // What was missed is in the console; the load is asked for again.
                Err(RecvError::Lagged(_)) => self.load_changed = true,
                Err(RecvError::Closed) => return None,
            }
        }
    }

    fn load(&mut self) -> Option<Message> {
        let ((running, waiting), watching_paused) = (self.engine.load(), *self.paused.borrow());
        let now = (running, waiting, watching_paused);
        if self.told == Some(now) {
            return None;
        }
        self.told = Some(now);
        self.load_at = Instant::now() + LOAD_EVERY;
        Some(Message::Load {
            running,
            waiting,
            watching_paused,
        })
    }

    async fn failed(&mut self, execution: &Execution) -> Option<Message> {
        let watched = (execution.project.clone(), execution.function.clone());
        if !self.engine.is_followed(&watched.0, &watched.1) || !self.may_tell(&watched) {
            return None;
        }
        // Of what cannot be asked just now, nothing is told.
        let function = self.named(&watched).await?;
        self.has_told(watched);
        Some(Message::Failed {
            function,
            execution_id: execution.id.to_string(),
            exit_code: execution.exit_code,
            reason: last_line(&execution.stderr),
        })
    }

    async fn unparsed(&mut self, watched: Watched) -> Option<Message> {
        let (_, state) = self.engine.link_of(&watched.0, &watched.1).await.ok()??;
        let last = state.last.filter(|last| !last.is_live)?;
        if self.unparsed.get(&watched) == Some(&last.tag) || !self.may_tell(&watched) {
            return None;
        }
        let error = last.check.errors.first()?;
        let place = error
            .line
            .map_or_else(|| error.file.clone(), |line| format!("{}:{line}", error.file));
        let reason = shortened(&format!("{place}: {}", error.message));
        let function = self.named(&watched).await?;
        if self.unparsed.len() >= MAX_REMEMBERED {
            self.unparsed.clear();
        }
        self.unparsed.insert(watched.clone(), last.tag);
        self.has_told(watched);
        Some(Message::Unparsed { function, reason })
    }

    async fn named(&self, (project, function): &Watched) -> Option<Named> {
        let function = self.engine.function(project, function).await.ok()?;
        Some(Named {
            project: project.to_string(),
            id: function.id.to_string(),
            name: function.name.clone(),
        })
    }

    fn may_tell(&self, watched: &Watched) -> bool {
        let last = self.troubles.get(watched);
        last.is_none_or(|last| last.elapsed() >= TROUBLE_EVERY)
    }

    fn has_told(&mut self, watched: Watched) {
        if self.troubles.len() >= MAX_REMEMBERED {
            self.troubles.retain(|_, last| last.elapsed() < TROUBLE_EVERY);
        }
        self.troubles.insert(watched, Instant::now());
    }
}

/// What a program says last is mostly why it ended.
fn last_line(stderr: &str) -> String {
    let last = stderr.lines().rev().map(str::trim).find(|line| !line.is_empty());
    shortened(last.unwrap_or_default())
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(MAX_REASON) {
        Some((end, _)) => format!("{}…", &text[..end]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_reason_is_the_last_line_that_says_something() {
        assert_eq!(last_line("one\n  two  \n\n"), "two");
        assert_eq!(last_line(""), "");
    }

    #[test]
    fn a_long_reason_is_cut_between_characters() {
        let cut = shortened(&"é".repeat(MAX_REASON + 1));
        assert_eq!(cut.chars().count(), MAX_REASON + 1);
        assert!(cut.ends_with('…'));
        assert_eq!(shortened("short"), "short");
    }
}
