//! What events about teams do to the places that users have in them.

use drydock_core::event::Event;
use drydock_core::id::{TeamId, UserId};
use drydock_core::team::OWNER;
use serde_json::Value;

/// How an event changes somebody's place in a team.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum PlaceChange {
    /// The user is in the team, with these roles.
    Has {
        user: UserId,
        team: TeamId,
        roles: Vec<String>,
    },
    /// The user is in the team no longer; nobody is where it is gone itself.
    HasNot { user: Option<UserId>, team: TeamId },
}

impl PlaceChange {
    /// By this event; nobody's by most, and by none that was made up by hand.
    pub(super) fn by(event: &Event, payload: &Value) -> Option<Self> {
        if event.is_by_hand {
            return None;
        }
        let text = |field: &str| payload[field].as_str();
        let user = || text("userId").map(UserId::trusted);
        let team = |field| text(field).map(TeamId::trusted);
        match event.name.as_str() {
            // Who makes a team is its first member, and no event says with which roles beside this one: they are read soon.
            "teams.create" => Some(Self::Has {
                user: event.user.clone()?,
                team: team("$id")?,
                roles: vec![OWNER.to_owned()],
            }),
            "teams.delete" => Some(Self::HasNot {
                user: None,
                team: team("$id")?,
            }),
            "teams.memberships.create" | "teams.memberships.update" | "teams.memberships.update.status" => {
                // Who is invited and has not accepted is not in.
                payload["confirm"].as_bool().filter(|is_in| *is_in)?;
                let roles = payload["roles"].as_array()?.iter();
                Some(Self::Has {
                    user: user()?,
                    team: team("teamId")?,
                    roles: roles.filter_map(Value::as_str).map(str::to_owned).collect(),
                })
            }
            "teams.memberships.delete" => Some(Self::HasNot {
                user: Some(user()?),
                team: team("teamId")?,
            }),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::people::tests::event;
    use super::*;

    fn has(user: &str, team: &str, role: &str) -> PlaceChange {
        PlaceChange::Has {
            user: UserId::trusted(user),
            team: TeamId::trusted(team),
            roles: vec![role.to_owned()],
        }
    }

    #[test]
    fn events_about_teams_change_places_in_them() {
        let (team, user) = (TeamId::trusted("t"), UserId::trusted("u"));
        let place = |is_in| json!({ "userId": "u", "teamId": "t", "roles": ["r"], "confirm": is_in });
        for (name, payload, wanted) in [
            (
                "teams.create",
                json!({ "$id": "t" }),
                Some(has("doer", "t", OWNER)),
            ),
            ("teams.update", json!({ "$id": "t" }), None),
            (
                "teams.delete",
                json!({ "$id": "t" }),
                Some(PlaceChange::HasNot {
                    user: None,
                    team: team.clone(),
                }),
            ),
            ("teams.memberships.create", place(true), Some(has("u", "t", "r"))),
            ("teams.memberships.create", place(false), None),
            ("teams.memberships.update", place(true), Some(has("u", "t", "r"))),
            (
                "teams.memberships.update.status",
                place(true),
                Some(has("u", "t", "r")),
            ),
            (
                "teams.memberships.delete",
                place(false),
                Some(PlaceChange::HasNot {
                    user: Some(user),
                    team,
                }),
            ),
            ("users.delete", json!({ "$id": "u" }), None),
        ] {
            let event = Event {
                user: Some(UserId::trusted("doer")),
                ..event(name)
            };
            assert_eq!(PlaceChange::by(&event, &payload), wanted, "{name} {payload}");
            let by_hand = Event {
                is_by_hand: true,
                ..event
            };
            assert_eq!(PlaceChange::by(&by_hand, &payload), None, "{name} by hand");
        }
    }

    #[test]
    fn a_team_that_a_key_makes_has_nobody_in_it() {
        assert_eq!(
            PlaceChange::by(&event("teams.create"), &json!({ "$id": "t" })),
            None
        );
    }
}
