//! The names of the events that functions and webhooks can listen to: the closed list of the contract.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// Every event of the 0.12 contract, sorted.
pub const EVENTS: [&str; 48] = [
    "account.create",
    "account.delete",
    "account.recovery.create",
    "account.recovery.update",
    "account.sessions.create",
    "account.sessions.delete",
    "account.update.email",
    "account.update.name",
    "account.update.password",
    "account.update.prefs",
    "account.verification.create",
    "account.verification.update",
    "database.attributes.create",
    "database.attributes.delete",
    "database.collections.create",
    "database.collections.delete",
    "database.collections.update",
    "database.documents.create",
    "database.documents.delete",
    "database.documents.update",
    "database.indexes.create",
    "database.indexes.delete",
    "functions.create",
    "functions.delete",
    "functions.executions.create",
    "functions.executions.update",
    "functions.tags.create",
    "functions.tags.delete",
    "functions.tags.update",
    "functions.update",
    "storage.files.create",
    "storage.files.delete",
    "storage.files.update",
    "teams.create",
    "teams.delete",
    "teams.memberships.create",
    "teams.memberships.delete",
    "teams.memberships.update",
    "teams.memberships.update.status",
    "teams.update",
    "users.create",
    "users.delete",
    "users.sessions.delete",
    "users.update.email",
    "users.update.name",
    "users.update.password",
    "users.update.prefs",
    "users.update.status",
];

/// One event of the closed list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct EventName(&'static str);

impl EventName {
    /// From the name on the wire.
    ///
    /// # Errors
    /// `InvalidParam` when it is not in the list.
    pub fn parse(param: &'static str, name: &str) -> Result<Self> {
        EVENTS
            .binary_search(&name)
            .map(|at| Self(EVENTS[at]))
            .map_err(|_| Error::invalid(param, format!("'{name}' is not an event of the API")))
    }

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Those that hold every word of `search`, and none that it has with a minus before: `users -sessions`. A star behind a
    /// word stands for what follows, as in every other search, which it does here anyway.
    pub fn found_by(search: &str) -> Vec<Self> {
        let search = search.to_ascii_lowercase();
        let words: Vec<_> = search
            .split_whitespace()
            .map(|word| word.trim_end_matches('*'))
            .collect();
        let fits = |name: &str| {
            words.iter().all(|word| match word.strip_prefix('-') {
                Some(unwanted) => unwanted.is_empty() || !name.contains(unwanted),
                None => name.contains(word),
            })
        };
        Self::all().filter(|name| fits(name.0)).collect()
    }

    /// All of them, sorted.
    pub fn all() -> impl Iterator<Item = Self> {
        EVENTS.into_iter().map(Self)
    }
}

impl<'de> Deserialize<'de> for EventName {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        Self::parse("event", &name).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_sorted_so_that_it_can_be_searched() {
        assert!(EVENTS.windows(2).all(|pair| pair[0] < pair[1]));
    }

    #[test]
    fn a_search_finds_names_by_their_parts() {
        let found = |search: &str| {
            EventName::found_by(search)
                .into_iter()
                .map(EventName::as_str)
                .collect::<Vec<_>>()
        };
        assert_eq!(found("").len(), 48);
        assert_eq!(
            found("Tags.*"),
            [
                "functions.tags.create",
                "functions.tags.delete",
                "functions.tags.update"
            ]
        );
        assert_eq!(found("users delete"), ["users.delete", "users.sessions.delete"]);
        assert_eq!(found("users delete -sessions"), ["users.delete"]);
        assert_eq!(found("-functions.executions -").len(), 46);
        assert_eq!(found("sing"), Vec::<&str>::new());
    }

    #[test]
    fn a_listed_event_is_found_and_another_is_named_in_the_error() {
        assert!(EventName::parse("events", "users.sessions.delete").is_ok());
        let refused = EventName::parse("events", "users.sing").map(EventName::as_str);
        assert!(refused.is_err_and(|error| error.to_string().contains("users.sing")));
    }
}
