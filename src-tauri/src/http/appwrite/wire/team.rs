//! Teams and memberships on the wire.

use drydock_core::clock::Timestamp;
use drydock_core::team;
use serde::Serialize;

/// A team; `sum` counts its confirmed members.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Team {
    #[serde(rename = "$id")]
    id: String,
    name: String,
    date_created: i64,
    sum: i64,
}

impl From<team::Team> for Team {
    fn from(team: team::Team) -> Self {
        Self {
            id: team.id.to_string(),
            name: team.name,
            date_created: team.created_at.secs(),
            sum: team.sum,
        }
    }
}

/// A membership with its user's name and address; `joined` is 0 until it is accepted.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::http) struct Membership {
    #[serde(rename = "$id")]
    id: String,
    user_id: String,
    team_id: String,
    name: String,
    email: String,
    invited: i64,
    joined: i64,
    confirm: bool,
    roles: Vec<String>,
}

impl From<team::Member> for Membership {
    fn from(member: team::Member) -> Self {
        let place = member.membership;
        Self {
            id: place.id.to_string(),
            user_id: place.user.to_string(),
            team_id: place.team.to_string(),
            name: member.name,
            email: member.email,
            invited: place.invited_at.secs(),
            joined: place.joined_at.map_or(0, Timestamp::secs),
            confirm: place.confirmed,
            roles: place.roles,
        }
    }
}
