//! The feed of everything that happens in a project: who did what to what, and when. The words are the console's.

use std::collections::{HashMap, HashSet};

use axum::Json;
use axum::extract::State;
use drydock_core::activity::{ActivityKind, Note, Noted};
use drydock_core::event::Event;
use drydock_core::execution::Execution;
use drydock_core::id::{FunctionId, KeyId, TagId, TeamId, UserId};
use serde::Serialize;
use serde_json::Value;

use super::executions::ExecutionRow;
use crate::engine::{ActivityCursor, Named, Told};
use crate::http::error::Result;
use crate::http::extract::{Params, Path, project_id};
use crate::http::state::Shared;

/// Longest word of a parameter: two numbers of 64 bits are shorter.
const MAX_WORD_LENGTH: usize = 64;
/// Lines of a page, as of all lists.
const DEFAULT_LIMIT: i64 = 25;
const MAX_LIMIT: i64 = 100;

#[derive(Serialize)]
pub(in crate::http) struct Lines {
    lines: Vec<Line>,
    /// What `after` of the next page is; null on the last one.
    next: Option<String>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    id: String,
    kind: Option<ActivityKind>,
    at_ms: i64,
    who: Who,
    /// The event; null where it is a note.
    event: Option<&'static str>,
    event_id: Option<String>,
    by_hand: bool,
    /// What happened and is no event.
    note: Option<Noted>,
    function: Option<Thing>,
    user: Option<Thing>,
    team: Option<Thing>,
    /// Of a user whether they may sign in now, of a membership whether it was accepted.
    on: Option<bool>,
    tag_id: Option<String>,
    /// Of a tag that is still there: `upload`, `cli` or `watcher`.
    origin: Option<String>,
    execution_id: Option<String>,
    /// As it stands by now; null when it was removed.
    execution: Option<ExecutionRow>,
}

#[derive(Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct Who {
    caller: String,
    /// Of a key that is still there.
    key_name: Option<String>,
    user: Option<Thing>,
}

/// What has an id, and a name unless it is gone.
#[derive(Default, Serialize)]
struct Thing {
    id: String,
    name: Option<String>,
}

impl Thing {
    fn new(id: &str, name: Option<&str>) -> Self {
        Self {
            id: id.to_owned(),
            name: name.filter(|name| !name.trim().is_empty()).map(ToOwned::to_owned),
        }
    }
}

/// Takes `kind`, `limit`, and `after`, the `next` of the page before.
pub(in crate::http) async fn list(
    State(shared): State<Shared>,
    Path(project): Path<String>,
    params: Params,
) -> Result<Json<Lines>> {
    let project = project_id(&project)?;
    let kind = params.text("kind", MAX_WORD_LENGTH)?;
    let kind = kind.map(|kind| ActivityKind::parse("kind", &kind)).transpose()?;
    let after = params.text("after", MAX_WORD_LENGTH)?;
    let after = after
        .map(|text| ActivityCursor::parse("after", &text))
        .transpose()?;
    let limit = params.integer("limit", 1..=MAX_LIMIT, DEFAULT_LIMIT)? as usize;
    let feed = shared.engine.activity(&project, kind, after, limit).await?;
    let mut lines: Vec<_> = feed
        .lines
        .into_iter()
        .map(|(id, told)| match told {
            Told::Event(event, execution) => Line::of_event(id, event, execution),
            Told::Note(note) => Line::of_note(id, note),
        })
        .collect();
    let wanted: HashSet<_> = lines.iter().flat_map(Line::unnamed).collect();
    let names = shared.engine.names(&project, wanted).await?;
    for line in &mut lines {
        line.name(&names);
    }
    Ok(Json(Lines {
        lines,
        next: feed.next.map(|next| next.to_string()),
    }))
}

impl Line {
    fn of_event(id: String, event: Event, execution: Option<Box<Execution>>) -> Self {
        let is_run_of_schedule = event.caller == "schedule";
        let mut line = Self {
            id,
            kind: if event.is_by_hand {
                Some(ActivityKind::Events)
            } else if is_run_of_schedule {
                Some(ActivityKind::Schedules)
            } else {
                ActivityKind::of(event.name)
            },
            at_ms: event.at.millis(),
            who: Who::new(event.caller, event.user),
            event: Some(event.name.as_str()),
            event_id: Some(event.id.to_string()),
            by_hand: event.is_by_hand,
            execution_id: event.execution.map(|execution| execution.to_string()),
            ..Self::default()
        };
        if let Some(execution) = execution {
            line.function = Some(Thing::new(execution.function.as_str(), None));
            line.execution = Some((*execution).into());
        } else if let (false, Some(payload)) = (event.is_by_hand, event.payload) {
            // We wrote it.
            line.about(
                event.name.as_str(),
                &serde_json::from_str(&payload).unwrap_or_default(),
            );
        }
        line
    }

    fn of_note(id: String, note: Note) -> Self {
        let tag = match &note.noted {
            Noted::SaveLive { tag_id, .. } | Noted::SaveBroken { tag_id, .. } => Some(tag_id.to_string()),
            _ => None,
        };
        Self {
            id,
            kind: Some(note.noted.kind()),
            at_ms: note.at.millis(),
            who: Who::new(note.caller, note.user),
            function: note.function.map(|function| Thing::new(function.as_str(), None)),
            tag_id: tag,
            note: Some(note.noted),
            ..Self::default()
        }
    }

    /// What an event is about, from what the call answered.
    fn about(&mut self, event: &str, payload: &Value) {
        let text = |name: &str| payload[name].as_str();
        let thing = |id: &str, name: Option<&str>| text(id).map(|id| Thing::new(id, name));
        match event.split('.').collect::<Vec<_>>()[..] {
            ["functions", "tags", "update"] => {
                self.function = thing("$id", text("name"));
                self.tag_id = text("tag").map(ToOwned::to_owned);
            }
            ["functions", "tags", _] => {
                self.function = thing("functionId", None);
                self.tag_id = text("$id").map(ToOwned::to_owned);
            }
            ["functions", "executions", _] => self.function = thing("functionId", None),
            ["functions", ..] => self.function = thing("$id", text("name")),
            ["teams", "memberships", ..] => {
                self.on = payload["confirm"].as_bool();
                self.team = thing("teamId", None);
                self.user = thing(
                    "userId",
                    text("name").filter(|name| !name.is_empty()).or(text("email")),
                );
            }
            ["teams", ..] => self.team = thing("$id", text("name")),
            ["account", "sessions", _] => {
                let of_some = payload["sessions"][0]["userId"].as_str();
                self.user = text("userId").or(of_some).map(|id| Thing::new(id, None));
            }
            ["users" | "account", ..] => {
                self.on = payload["status"].as_bool();
                self.user = thing(
                    "$id",
                    text("name").filter(|name| !name.is_empty()).or(text("email")),
                );
            }
            _ => {}
        }
    }

    /// What its names are to be asked for.
    fn unnamed(&self) -> Vec<Named> {
        let id_of = |thing: &Option<Thing>| {
            thing
                .as_ref()
                .filter(|it| it.name.is_none())
                .map(|it| it.id.clone())
        };
        let function = id_of(&self.function).map(|id| Named::Function(FunctionId::trusted(id)));
        let users =
            [&self.user, &self.who.user].map(|user| id_of(user).map(|id| Named::User(UserId::trusted(id))));
        let team = id_of(&self.team).map(|id| Named::Team(TeamId::trusted(id)));
        [function, team, self.who.key(), self.tag()]
            .into_iter()
            .chain(users)
            .flatten()
            .collect()
    }

    fn name(&mut self, names: &HashMap<Named, String>) {
        let name = |thing: &mut Option<Thing>, named: fn(&str) -> Named| {
            if let Some(thing) = thing.as_mut().filter(|thing| thing.name.is_none()) {
                thing.name = names.get(&named(&thing.id)).cloned();
            }
        };
        name(&mut self.function, |id| Named::Function(FunctionId::trusted(id)));
        name(&mut self.user, |id| Named::User(UserId::trusted(id)));
        name(&mut self.who.user, |id| Named::User(UserId::trusted(id)));
        name(&mut self.team, |id| Named::Team(TeamId::trusted(id)));
        self.who.key_name = self.who.key().and_then(|key| names.get(&key).cloned());
        self.origin = self.tag().and_then(|tag| names.get(&tag).cloned());
    }

    fn tag(&self) -> Option<Named> {
        let (function, tag) = (self.function.as_ref()?, self.tag_id.as_ref()?);
        Some(Named::Tag(
            FunctionId::trusted(&*function.id),
            TagId::trusted(&**tag),
        ))
    }
}

impl Who {
    fn new(caller: String, user: Option<UserId>) -> Self {
        Self {
            caller,
            key_name: None,
            user: user.map(|user| Thing::new(user.as_str(), None)),
        }
    }

    fn key(&self) -> Option<Named> {
        let id = self.caller.strip_prefix("key:")?;
        Some(Named::Key(KeyId::trusted(id)))
    }
}
