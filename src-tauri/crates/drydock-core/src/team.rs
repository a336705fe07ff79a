//! Teams: users together, with roles among them.

use crate::clock::Timestamp;
use crate::id::{MembershipId, ProjectId, TeamId, UserId};

/// Longest name, in characters.
pub const MAX_NAME_LENGTH: usize = 128;
/// Longest role, in characters.
pub const MAX_ROLE_LENGTH: usize = 32;
/// Most roles of one member.
pub const MAX_ROLES: usize = 100;
/// Longest URL of an invitation, in characters.
pub const MAX_URL_LENGTH: usize = 2048;
/// The role that may change the team.
pub const OWNER: &str = "owner";

/// A team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    /// The project it belongs to.
    pub project: ProjectId,
    /// Its id.
    pub id: TeamId,
    /// What people call it.
    pub name: String,
    /// When it was made.
    pub created_at: Timestamp,
    /// Its confirmed members.
    pub sum: i64,
}

/// A user's place in a team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// The project of both.
    pub project: ProjectId,
    /// Its id.
    pub id: MembershipId,
    /// The team.
    pub team: TeamId,
    /// The user.
    pub user: UserId,
    /// What they are in the team.
    pub roles: Vec<String>,
    /// When they were invited.
    pub invited_at: Timestamp,
    /// When they joined.
    pub joined_at: Option<Timestamp>,
    /// Whether they accepted. Until then the membership gives no role.
    pub confirmed: bool,
}

impl Membership {
    /// The roles that permission lists know: the team, and the team with each role in it.
    pub fn permission_roles(&self) -> impl Iterator<Item = String> + '_ {
        permission_roles(&self.team, &self.roles).filter(|_| self.confirmed)
    }

    /// Whether it lets its user change the team.
    pub fn is_owner(&self) -> bool {
        self.confirmed && self.roles.iter().any(|role| role == OWNER)
    }
}

/// As permission lists know them: a team, and the team with each role in it.
pub fn permission_roles<'r>(team: &'r TeamId, roles: &'r [String]) -> impl Iterator<Item = String> + 'r {
    let with_roles = roles.iter().map(move |role| format!("team:{team}/{role}"));
    std::iter::once(format!("team:{team}")).chain(with_roles)
}

/// A membership with whom it is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// The membership.
    pub membership: Membership,
    /// The user's name.
    pub name: String,
    /// The user's address; empty where there is none.
    pub email: String,
}
