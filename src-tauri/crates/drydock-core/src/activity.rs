//! Activity: what the feed of a project tells.
//!
//! Owns: which kinds of things it tells and which event is of which; the notes of what happened and is no event of the
//! API. Must not: know how either is worded.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::error::{Error, Result};
use crate::event_name::EventName;
use crate::function::{Backend, Network};
use crate::id::{DeliveryId, FunctionId, KeyId, PlatformId, ProjectId, TagId, UserId, WebhookId};

/// What a feed can be narrowed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ActivityKind {
    /// What ran.
    Executions,
    /// Tags, and the folders that they come from.
    Code,
    /// Functions themselves.
    Functions,
    /// Users, their sessions, and teams.
    People,
    /// Keys, platforms and the project's settings.
    Project,
    /// Events that somebody emitted by hand.
    Events,
    /// Runs of schedules, and those that were left out.
    Schedules,
    /// Webhooks, and what they did not take.
    Webhooks,
}

impl ActivityKind {
    /// Every kind there is.
    pub const ALL: [Self; 8] = [
        Self::Executions,
        Self::Code,
        Self::Functions,
        Self::People,
        Self::Project,
        Self::Events,
        Self::Schedules,
        Self::Webhooks,
    ];

    /// The name on the wire and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Executions => "executions",
            Self::Code => "code",
            Self::Functions => "functions",
            Self::People => "people",
            Self::Project => "project",
            Self::Events => "events",
            Self::Schedules => "schedules",
            Self::Webhooks => "webhooks",
        }
    }

    /// From the name on the wire.
    ///
    /// # Errors
    /// `InvalidParam` with the names there are.
    pub fn parse(param: &'static str, name: &str) -> Result<Self> {
        let found = Self::ALL.into_iter().find(|kind| kind.as_str() == name);
        found.ok_or_else(|| {
            let known: Vec<_> = Self::ALL.into_iter().map(Self::as_str).collect();
            Error::invalid(param, format!("one of {}", known.join(", ")))
        })
    }

    /// Of an event that a call did; `None` for what the feed leaves out. An execution is told once, where it was made,
    /// with how it stands by now.
    pub fn of(event: EventName) -> Option<Self> {
        let name = event.as_str();
        let begins = |prefix: &str| name.starts_with(prefix);
        if name == "functions.executions.update" {
            None
        } else if begins("functions.executions.") {
            Some(Self::Executions)
        } else if begins("functions.tags.") {
            Some(Self::Code)
        } else if begins("functions.") {
            Some(Self::Functions)
        } else if begins("users.") || begins("account.") || begins("teams.") {
            Some(Self::People)
        } else {
            // Databases and files are not here: nobody but a person emits these.
            None
        }
    }
}

/// What happened and is no event of the API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Noted {
    /// A save in a linked folder is what executions run now.
    SaveLive {
        /// Its tag.
        tag_id: TagId,
        /// The first of the files that changed.
        files: Vec<String>,
        /// How many did.
        file_count: usize,
    },
    /// A save in a linked folder does not parse.
    SaveBroken {
        /// Its tag.
        tag_id: TagId,
        /// Where, and what is wrong.
        error: String,
    },
    /// A folder was linked.
    Linked {
        /// Its path.
        folder: String,
    },
    /// A folder was linked no more.
    Unlinked {
        /// Its path.
        folder: String,
    },
    /// A linked folder is not there.
    FolderLost {
        /// Its path.
        folder: String,
    },
    /// A linked folder cannot be read.
    FolderUnreadable {
        /// Its path.
        folder: String,
        /// Why.
        why: String,
    },
    /// A linked folder that was lost or not readable is followed again.
    FolderBack {
        /// Its path.
        folder: String,
    },
    /// What a function's executions can reach was set.
    NetworkSet {
        /// To this.
        network: Network,
    },
    /// What a function's executions run as was set.
    BackendSet {
        /// To this; none is what the server is set to.
        backend: Option<Backend>,
    },
    /// A key was made.
    KeyCreated {
        /// Its id.
        key_id: KeyId,
        /// Its name.
        name: String,
    },
    /// A key has another name or other scopes.
    KeyChanged {
        /// Its id.
        key_id: KeyId,
        /// Its name.
        name: String,
    },
    /// A key opens nothing any more.
    KeyRevoked {
        /// Its id.
        key_id: KeyId,
        /// Its name.
        name: String,
    },
    /// An app was registered.
    PlatformCreated {
        /// Its id.
        platform_id: PlatformId,
        /// Its name.
        name: String,
    },
    /// What is said about an app changed.
    PlatformChanged {
        /// Its id.
        platform_id: PlatformId,
        /// Its name.
        name: String,
    },
    /// An app was removed.
    PlatformRemoved {
        /// Its id.
        platform_id: PlatformId,
        /// Its name.
        name: String,
    },
    /// The project's settings changed.
    ProjectChanged {
        /// Which: `name`, `auth-limit`, or what was turned on or off as the API calls it.
        setting: String,
        /// Whether it was turned on, where it can be.
        on: Option<bool>,
    },
    /// A webhook was made.
    WebhookCreated {
        /// Its id.
        webhook_id: WebhookId,
        /// Its name.
        name: String,
    },
    /// What is said about a webhook changed.
    WebhookChanged {
        /// Its id.
        webhook_id: WebhookId,
        /// Its name.
        name: String,
    },
    /// A webhook is told nothing any more.
    WebhookRemoved {
        /// Its id.
        webhook_id: WebhookId,
        /// Its name.
        name: String,
    },
    /// A webhook did not take an event, however often it was tried.
    DeliveryGivenUp {
        /// The webhook's id.
        webhook_id: WebhookId,
        /// The webhook's name.
        name: String,
        /// Of the delivery.
        delivery_id: DeliveryId,
        /// What it was to be told.
        event: EventName,
        /// What came of the last try.
        error: String,
    },
    /// A minute of a schedule was missed for too long.
    ScheduleSkipped {
        /// When it should have run.
        due_ms: i64,
    },
}

impl Noted {
    /// What the feed is narrowed by.
    pub const fn kind(&self) -> ActivityKind {
        match self {
            Self::SaveLive { .. }
            | Self::SaveBroken { .. }
            | Self::Linked { .. }
            | Self::Unlinked { .. }
            | Self::FolderLost { .. }
            | Self::FolderUnreadable { .. }
            | Self::FolderBack { .. } => ActivityKind::Code,
            Self::NetworkSet { .. } | Self::BackendSet { .. } => ActivityKind::Functions,
            Self::KeyCreated { .. }
            | Self::KeyChanged { .. }
            | Self::KeyRevoked { .. }
            | Self::PlatformCreated { .. }
            | Self::PlatformChanged { .. }
            | Self::PlatformRemoved { .. }
            | Self::ProjectChanged { .. } => ActivityKind::Project,
            Self::ScheduleSkipped { .. } => ActivityKind::Schedules,
            Self::WebhookCreated { .. }
            | Self::WebhookChanged { .. }
            | Self::WebhookRemoved { .. }
            | Self::DeliveryGivenUp { .. } => ActivityKind::Webhooks,
        }
    }
}

/// A note.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// The project in which it happened.
    pub project: ProjectId,
    /// When.
    pub at: Timestamp,
    /// The function that it is about.
    pub function: Option<FunctionId>,
    /// Who did it, such as `owner`; `drydock` for what nobody asked for.
    pub caller: String,
    /// The user who did it.
    pub user: Option<UserId>,
    /// What happened.
    pub noted: Noted,
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_event_but_the_end_of_an_execution_and_what_is_not_here_has_its_kind() {
        let without: Vec<_> = EventName::all()
            .filter(|event| ActivityKind::of(*event).is_none())
            .map(EventName::as_str)
            .filter(|name| !name.starts_with("database.") && !name.starts_with("storage."))
            .collect();
        assert_eq!(without, ["functions.executions.update"]);
        let kind = |name| ActivityKind::of(EventName::parse("event", name).unwrap());
        assert_eq!(kind("functions.tags.update"), Some(ActivityKind::Code));
        assert_eq!(kind("functions.update"), Some(ActivityKind::Functions));
        assert_eq!(kind("account.sessions.create"), Some(ActivityKind::People));
    }

    #[test]
    fn a_kind_is_found_by_its_name_and_another_is_told_the_names() {
        for kind in ActivityKind::ALL {
            assert_eq!(ActivityKind::parse("kind", kind.as_str()).unwrap(), kind);
            // It is what the database has, too.
            assert_eq!(
                serde_json::to_value(kind).unwrap(),
                serde_json::json!(kind.as_str())
            );
        }
        let refused = ActivityKind::parse("kind", "weather").unwrap_err();
        assert!(refused.to_string().contains("executions, code"), "{refused}");
    }
}
