//! Events about teams, memberships and accounts: on which channels, and for whom.
//!
//! They are read where they are kept, after the news that something was committed: in their order, and none is lost. Those
//! about executions are told from the news themselves, since they are many.
//!
//! Roles follow the events: what an event gives or takes is given or taken when it is told. All roles are read again only
//! of a moment up to which everything was told: a role read sooner would be without those that events take which nobody
//! has heard yet, and who lost one so would not hear of it.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::event::Event;
use drydock_core::id::{ProjectId, UserId};
use serde_json::Value;

use super::Realtime;
use super::hub::{self, Hub};
use super::message::{Refusal, TRY_AGAIN};
use super::places::PlaceChange;
use crate::engine::Engine;

/// What was told already.
#[derive(Debug)]
pub(super) struct People {
    /// From when on events are told.
    since: Timestamp,
    /// The number of the last one that was told; `None` before the first look.
    told: Option<i64>,
}

impl People {
    /// Tells events from now on.
    pub(super) fn new(since: Timestamp) -> Self {
        Self { since, told: None }
    }

    /// Tells what was not told yet. What cannot be read now is told with the next news.
    pub(super) async fn tell(&mut self, engine: &Engine, realtime: &Realtime) {
        if let Err(error) = self.try_to_tell(engine, realtime).await {
            tracing::error!(error = format!("{error:?}"), "events cannot be read for realtime");
        }
    }

    async fn try_to_tell(&mut self, engine: &Engine, realtime: &Realtime) -> Result<()> {
        let mut told = match self.told {
            Some(told) => told,
            None => engine.last_event_before(self.since).await?,
        };
        loop {
            let next = engine.events_since(told).await?;
            let Some((last, _)) = next.last() else { break };
            told = *last;
            for (_, event) in &next {
                tell_one(&realtime.hub, event);
            }
            self.told = Some(told);
        }
        self.told = Some(told);
        Ok(())
    }

    /// Gives those of a project who are signed in, or one user of it, the roles they have now.
    pub(super) async fn read_roles(
        &mut self,
        engine: &Engine,
        realtime: &Realtime,
        project: &ProjectId,
        only: Option<&UserId>,
    ) {
        if let Err(error) = self.try_to_read_roles(engine, realtime, project, only).await {
            tracing::error!(
                error = format!("{error:?}"),
                "roles of realtime connections cannot be read"
            );
            // Who may have lost a role must not keep it because a read failed.
            let unknown = Refusal::new(TRY_AGAIN, "Server Error");
            let sockets = realtime.hub.signed_in(project, only);
            realtime.hub.end(sockets.into_keys(), &unknown);
        }
    }

    async fn try_to_read_roles(
        &mut self,
        engine: &Engine,
        realtime: &Realtime,
        project: &ProjectId,
        only: Option<&UserId>,
    ) -> Result<()> {
        loop {
            if let Some(told) = self.told {
                let _turn = realtime.people.lock().await;
                let sockets = realtime.hub.signed_in(project, only);
                if sockets.is_empty() {
                    return Ok(());
                }
                let mut sessions: Vec<_> = sockets.values().cloned().collect();
                sessions.sort();
                sessions.dedup();
                if let Some(now) = engine.still_signed_in(project, sessions, told).await? {
                    realtime.hub.change_roles(&sockets, &now);
                    return Ok(());
                }
            }
            // Something happened since by which somebody may have lost a role. They hear of it first.
            self.try_to_tell(engine, realtime).await?;
        }
    }
}

fn tell_one(hub: &Hub, event: &Event) {
    let Some(text) = &event.payload else { return };
    // We wrote it.
    let payload: Value = serde_json::from_str(text).unwrap_or_default();
    let change = PlaceChange::by(event, &payload);
    // Who comes in hears of that already, and who goes out still does.
    if let Some(PlaceChange::Has { user, team, roles }) = &change {
        hub.place(&event.project, user, team, roles);
    }
    publish(hub, event, &payload, text);
    if let Some(PlaceChange::HasNot { user, team }) = &change {
        hub.displace(&event.project, user.as_ref(), team);
    }
}

fn publish(hub: &Hub, event: &Event, payload: &Value, text: &str) {
    let Some((channels, role)) = audience(event, payload) else {
        return;
    };
    let told = hub::Event {
        project: &event.project,
        name: event.name.as_str(),
        channels: &channels,
        roles: &[role],
        at: event.at,
    };
    hub.publish(&told, || Ok(text.to_owned()));
}

/// The channels of an event, and the role that may hear it.
fn audience(event: &Event, payload: &Value) -> Option<(Vec<String>, String)> {
    let text = |field: &str| payload[field].as_str();
    let of = |kind: &str, id: &str| vec![kind.to_owned(), format!("{kind}.{id}")];
    let parts: Vec<_> = event.name.as_str().split('.').collect();
    match parts.as_slice() {
        ["teams", "memberships", ..] => Some((
            of("memberships", text("$id")?),
            format!("team:{}", text("teamId")?),
        )),
        ["teams", ..] => Some((of("teams", text("$id")?), format!("team:{}", text("$id")?))),
        ["account", ..] => {
            // A session and a token say whose they are; of several sessions at once their user does.
            let user = text("userId")
                .or_else(|| payload["sessions"][0]["userId"].as_str())
                .or_else(|| text("$id"))?;
            Some((of("account", user), format!("user:{user}")))
        }
        _ => None,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
pub(super) mod tests {
    use drydock_core::event_name::EventName;
    use drydock_core::id::EventId;
    use serde_json::json;

    use super::*;

    /// Of a key.
    pub(in super::super) fn event(name: &str) -> Event {
        Event {
            project: ProjectId::trusted("p"),
            id: EventId::trusted("e"),
            name: EventName::parse("event", name).unwrap(),
            at: Timestamp(0),
            payload: None,
            execution: None,
            caller: String::new(),
            user: None,
            made_by: None,
            chain: Vec::new(),
            is_handled: true,
            is_by_hand: false,
        }
    }

    fn heard(name: &str, payload: &Value) -> Option<(Vec<String>, String)> {
        audience(&event(name), payload)
    }

    #[test]
    fn a_team_hears_of_itself_and_a_user_of_their_own_account() {
        let (channels, role) = heard("teams.update", &json!({ "$id": "t" })).unwrap();
        assert_eq!(
            (channels.join(" "), role.as_str()),
            ("teams teams.t".into(), "team:t")
        );
        let member = json!({ "$id": "m", "teamId": "t", "userId": "u" });
        let (channels, role) = heard("teams.memberships.update.status", &member).unwrap();
        assert_eq!(
            (channels.join(" "), role.as_str()),
            ("memberships memberships.m".into(), "team:t")
        );
        for (name, payload) in [
            ("account.update.name", json!({ "$id": "u" })),
            ("account.sessions.create", json!({ "$id": "s", "userId": "u" })),
            (
                "account.sessions.delete",
                json!({ "sum": 1, "sessions": [{ "userId": "u" }] }),
            ),
        ] {
            let (channels, role) = heard(name, &payload).unwrap();
            assert_eq!(
                (channels.join(" "), role.as_str()),
                ("account account.u".into(), "user:u"),
                "{name}"
            );
        }
        assert_eq!(heard("users.update.name", &json!({ "$id": "u" })), None);
        // Emitted by hand, with a payload of no such shape.
        assert_eq!(heard("teams.update", &json!([])), None);
    }
}
