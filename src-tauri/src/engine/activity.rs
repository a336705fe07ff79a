//! Activity: everything that happens in a project, newest first: its events, and notes of what is no event of the API.
//!
//! Owns: the merge of both, and writing the notes. Must not: word anything, or write a row for an execution: those have
//! events.

use std::collections::{HashMap, HashSet};

use drydock_core::activity::{ActivityKind, Note, Noted};
use drydock_core::clock::Timestamp;
use drydock_core::event::Event;
use drydock_core::execution::Execution;
use drydock_core::id::{FunctionId, KeyId, ProjectId, TagId, TeamId, UserId};
use drydock_core::{Error, Result};
use drydock_store::table::{api_keys, events, executions, functions, notes, projects, tags, teams, users};
use drydock_store::{ReadTx, WriteTx};

use super::Engine;
use super::emit::{Doer, doer};

/// Where a page of the feed ends: the numbers of the last event and the last note on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Cursor {
    event: i64,
    note: i64,
}

impl Cursor {
    const NEWEST: Self = Self {
        event: i64::MAX,
        note: i64::MAX,
    };

    /// From its text.
    ///
    /// # Errors
    /// `InvalidParam`.
    pub(crate) fn parse(param: &'static str, text: &str) -> Result<Self> {
        let numbers = text.split_once('.');
        let parsed = numbers.and_then(|(event, note)| Some((event.parse().ok()?, note.parse().ok()?)));
        let (event, note) =
            parsed.ok_or_else(|| Error::invalid(param, "what the page before said is `next`"))?;
        Ok(Self { event, note })
    }
}

impl std::fmt::Display for Cursor {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.event, self.note)
    }
}

/// One thing that happened.
#[derive(Debug)]
pub(crate) enum Told {
    /// An event; that an execution was made with the execution as it stands by now, unless it is gone.
    Event(Event, Option<Box<Execution>>),
    Note(Note),
}

/// A page of the feed.
#[derive(Debug)]
pub(crate) struct Feed {
    /// Each with an id of its own.
    pub(crate) lines: Vec<(String, Told)>,
    /// Where older ones begin, if there are any.
    pub(crate) next: Option<Cursor>,
}

/// Something with a name that people know it by.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Named {
    Function(FunctionId),
    User(UserId),
    Team(TeamId),
    Key(KeyId),
    /// Of a tag it is where its code came from.
    Tag(FunctionId, TagId),
}

/// Writes a note, in a transaction.
pub(super) struct Notebook {
    at: Timestamp,
    doer: Doer,
}

impl Notebook {
    /// Notes what whoever calls, or this server itself, does.
    pub(super) fn note(
        &self,
        tx: &WriteTx<'_>,
        project: &ProjectId,
        function: Option<&FunctionId>,
        noted: Noted,
    ) -> Result<()> {
        let note = Note {
            project: project.clone(),
            at: self.at,
            function: function.cloned(),
            caller: self.doer.caller.clone(),
            user: self.doer.user.clone(),
            noted,
        };
        notes::insert(tx, &note)
    }
}

impl Engine {
    /// For a note of what is about to be stored.
    pub(super) fn notebook(&self) -> Notebook {
        Notebook {
            at: self.now(),
            doer: doer(),
        }
    }

    /// One page of what happened in the project: of all kinds, or of one.
    ///
    /// # Errors
    /// `ProjectNotFound`.
    pub(crate) async fn activity(
        &self,
        project: &ProjectId,
        kind: Option<ActivityKind>,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Feed> {
        let (project, after) = (project.clone(), after.unwrap_or(Cursor::NEWEST));
        self.0
            .store
            .read(move |tx| {
                projects::get(tx, &project)?.ok_or(Error::ProjectNotFound)?;
                // One more than are shown: whether there is a next page.
                let events = events::feed(tx, &project, kind, after.event, limit + 1)?;
                let notes = notes::feed(tx, &project, kind, after.note, limit + 1)?;
                let (merged, next) = merged(events, notes, after, limit);
                let lines = merged.into_iter().map(|one| told(tx, one));
                Ok(Feed {
                    lines: lines.collect::<Result<_>>()?,
                    next,
                })
            })
            .await
    }

    /// What these are called by now; what is gone has no name.
    ///
    /// # Errors
    /// What the store says.
    pub(crate) async fn names(
        &self,
        project: &ProjectId,
        wanted: HashSet<Named>,
    ) -> Result<HashMap<Named, String>> {
        let project = project.clone();
        self.0
            .store
            .read(move |tx| {
                let mut names = HashMap::with_capacity(wanted.len());
                for named in wanted {
                    if let Some(name) = name_of(tx, &project, &named)? {
                        names.insert(named, name);
                    }
                }
                Ok(names)
            })
            .await
    }
}

fn name_of(tx: &ReadTx<'_>, project: &ProjectId, named: &Named) -> Result<Option<String>> {
    Ok(match named {
        Named::Function(id) => functions::get(tx, project, id)?.map(|function| function.name),
        Named::User(id) => users::get(tx, project, id)?.and_then(|user| {
            let name = Some(user.name).filter(|name| !name.trim().is_empty());
            name.or(user.email)
        }),
        Named::Team(id) => teams::get(tx, project, id)?.map(|team| team.name),
        Named::Key(id) => api_keys::get(tx, project, id)?.map(|(key, _)| key.name),
        Named::Tag(function, id) => {
            let tag = tags::get(tx, project, function, id)?;
            tag.map(|tag| tag.origin.as_str().to_owned())
        }
    })
}

/// An event or a note, with its number.
#[derive(Debug)]
enum Numbered<E, N> {
    Event(i64, E),
    Note(i64, N),
}

/// What has a time.
trait At {
    fn at(&self) -> Timestamp;
}

impl At for Event {
    fn at(&self) -> Timestamp {
        self.at
    }
}

impl At for Note {
    fn at(&self) -> Timestamp {
        self.at
    }
}

/// The newest `limit` of both, and where the next page begins if some are left. Each source keeps its own order, also
/// where a clock went back.
fn merged<E: At, N: At>(
    events: Vec<(i64, E)>,
    notes: Vec<(i64, N)>,
    after: Cursor,
    limit: usize,
) -> (Vec<Numbered<E, N>>, Option<Cursor>) {
    let (mut events, mut notes) = (events.into_iter().peekable(), notes.into_iter().peekable());
    let (mut page, mut last) = (Vec::with_capacity(limit), after);
    while page.len() < limit {
        let is_note = match (events.peek(), notes.peek()) {
            (Some((_, event)), Some((_, note))) => note.at() > event.at(),
            (None, Some(_)) => true,
            _ => false,
        };
        let next = if is_note {
            notes.next().map(|(number, note)| Numbered::Note(number, note))
        } else {
            events
                .next()
                .map(|(number, event)| Numbered::Event(number, event))
        };
        match &next {
            None => break,
            Some(Numbered::Event(number, _)) => last.event = *number,
            Some(Numbered::Note(number, _)) => last.note = *number,
        }
        page.extend(next);
    }
    let has_more = events.peek().is_some() || notes.peek().is_some();
    (page, has_more.then_some(last))
}

fn told(tx: &ReadTx<'_>, one: Numbered<Event, Note>) -> Result<(String, Told)> {
    Ok(match one {
        Numbered::Event(number, event) => {
            let execution = match &event.execution {
                Some(id) => executions::find(tx, &event.project, id)?.map(Box::new),
                None => None,
            };
            (format!("event-{number}"), Told::Event(event, execution))
        }
        Numbered::Note(number, note) => (format!("note-{number}"), Told::Note(note)),
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    impl At for i64 {
        fn at(&self) -> Timestamp {
            Timestamp(*self)
        }
    }

    fn page(events: &[(i64, i64)], notes: &[(i64, i64)], limit: usize) -> (String, Option<String>) {
        let (page, next) = merged(events.to_vec(), notes.to_vec(), Cursor::NEWEST, limit);
        let words: Vec<_> = page
            .iter()
            .map(|one| match one {
                Numbered::Event(number, _) => format!("e{number}"),
                Numbered::Note(number, _) => format!("n{number}"),
            })
            .collect();
        (words.join(" "), next.map(|next| next.to_string()))
    }

    #[test]
    fn what_is_newer_comes_first_whichever_it_is() {
        let (events, notes) = ([(9, 90), (8, 50), (7, 10)], [(3, 70), (2, 60), (1, 5)]);
        assert_eq!(page(&events, &notes, 9), ("e9 n3 n2 e8 e7 n1".into(), None));
        assert_eq!(
            page(&events, &notes, 4),
            ("e9 n3 n2 e8".into(), Some("8.2".into()))
        );
        // Of notes none was shown: they begin where they did.
        let newest = format!("9.{}", i64::MAX);
        assert_eq!(page(&events, &notes, 1), ("e9".into(), Some(newest)));
    }

    #[test]
    fn a_clock_that_went_back_loses_and_doubles_nothing() {
        let (events, notes) = ([(9, 10), (8, 100)], [(3, 50)]);
        assert_eq!(page(&events, &notes, 9), ("n3 e9 e8".into(), None));
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written_and_another_text_is_refused() {
        let cursor = Cursor { event: 12, note: 3 };
        assert_eq!(Cursor::parse("after", &cursor.to_string()).unwrap(), cursor);
        for text in ["", "12", "12.", "a.b", "1.2.3"] {
            assert!(Cursor::parse("after", text).is_err(), "{text}");
        }
    }
}
