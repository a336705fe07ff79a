//! Who is calling, and what that lets them do: the one place that knows roles and scopes.

use crate::error::{Error, Result};
use crate::id::{ExecutionId, KeyId, ProjectId, SessionId, TeamId};
use crate::scope::Scope;
use crate::team::{self, Membership};
use crate::user::User;

/// Who a request comes from, once its credentials are checked.
#[derive(Debug, Clone, PartialEq)]
pub enum Identity {
    /// Nobody in particular.
    Guest,
    /// A user of the project.
    User(Box<SignedIn>),
    /// An API key of the project: acts as the application.
    Key {
        /// Which key.
        id: KeyId,
        /// What it may do.
        scopes: Vec<Scope>,
        /// How the contract names it in errors.
        label: String,
    },
    /// A console account in admin mode, on a project that its team owns.
    Admin(Box<Admin>),
    /// The owner of this machine: the console's session or the command line.
    Owner,
}

/// A user who has shown that they are one.
#[derive(Debug, Clone, PartialEq)]
pub struct SignedIn {
    /// Who.
    pub user: User,
    /// By which session.
    pub session: SessionId,
    /// How they showed it.
    pub proof: Proof,
    /// Their places in teams, confirmed or not.
    pub memberships: Vec<Membership>,
}

/// How a user shows who they are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Proof {
    /// The secret of a session.
    Session,
    /// A JWT that was made in a session.
    Jwt {
        /// The execution that it was given to.
        execution: Option<ExecutionId>,
    },
}

/// A console account that acts on a project.
#[derive(Debug, Clone, PartialEq)]
pub struct Admin {
    /// The user of project `console`.
    pub user: User,
    /// Their session there.
    pub session: SessionId,
    /// What they are in the team that owns the project.
    pub role: AdminRole,
}

/// What a console account is in the team that owns a project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AdminRole {
    /// May everything that a member may, and everything about the project.
    Owner,
    /// May everything about the project's resources.
    Admin,
    /// As an admin.
    Developer,
    /// Has another role, or none: what any user may.
    Member,
}

impl AdminRole {
    /// The one that counts among the roles of a membership: the last one named, as Appwrite does.
    pub fn among(roles: &[String]) -> Self {
        roles
            .iter()
            .fold(Self::Member, |found, role| match role.as_str() {
                "owner" => Self::Owner,
                "admin" => Self::Admin,
                "developer" => Self::Developer,
                _ => found,
            })
    }
}

/// A caller within a project.
#[derive(Debug, Clone, PartialEq)]
pub struct Caller {
    /// The project the request names.
    pub project: ProjectId,
    /// Who calls.
    pub identity: Identity,
}

/// What a guest may do without any credential.
const GUEST_SCOPES: &[Scope] = &[
    Scope::Public,
    Scope::Home,
    Scope::Console,
    Scope::DocumentsRead,
    Scope::FilesRead,
    Scope::LocaleRead,
    Scope::AvatarsRead,
];

/// What a user may do.
const MEMBER_SCOPES: &[Scope] = &[
    Scope::Public,
    Scope::Home,
    Scope::Console,
    Scope::Account,
    Scope::TeamsRead,
    Scope::TeamsWrite,
    Scope::DocumentsRead,
    Scope::DocumentsWrite,
    Scope::FilesRead,
    Scope::FilesWrite,
    Scope::ProjectsRead,
    Scope::ProjectsWrite,
    Scope::LocaleRead,
    Scope::AvatarsRead,
    Scope::ExecutionRead,
    Scope::ExecutionWrite,
];

impl Caller {
    /// Whether the caller holds `scope`.
    pub fn has(&self, scope: Scope) -> bool {
        let member = || MEMBER_SCOPES.contains(&scope);
        // Those of every resource, which are those that a key can be given.
        let admin = || Scope::KEY_SCOPES.contains(&scope);
        match &self.identity {
            Identity::Guest => GUEST_SCOPES.contains(&scope),
            Identity::User(_) => member(),
            // Every key may read health, whatever it was made with.
            Identity::Key { scopes, .. } => scope == Scope::HealthRead || scopes.contains(&scope),
            Identity::Admin(account) => match account.role {
                AdminRole::Owner => member() || admin(),
                AdminRole::Admin | AdminRole::Developer => admin(),
                AdminRole::Member => member(),
            },
            // Everything but an account: the owner of a machine is no user.
            Identity::Owner => scope != Scope::Account,
        }
    }

    /// Refuses a caller without `scope`.
    ///
    /// # Errors
    /// `MissingScope`, worded as the contract does.
    pub fn require(&self, scope: Scope) -> Result<()> {
        if self.has(scope) {
            return Ok(());
        }
        let of_user = |user: &User| user.email.clone().unwrap_or_else(|| "User".to_owned());
        let (name, role) = match &self.identity {
            Identity::Guest => ("User".to_owned(), "guest"),
            Identity::User(signed_in) => (of_user(&signed_in.user), "member"),
            Identity::Key { label, .. } => (label.clone(), "application"),
            Identity::Admin(account) => (
                of_user(&account.user),
                match account.role {
                    AdminRole::Owner => "owner",
                    AdminRole::Admin => "admin",
                    AdminRole::Developer => "developer",
                    AdminRole::Member => "member",
                },
            ),
            Identity::Owner => ("Owner".to_owned(), "owner"),
        };
        Err(Error::MissingScope {
            name,
            role,
            scope: scope.as_str(),
        })
    }

    /// Refuses a user who is blocked.
    ///
    /// # Errors
    /// `UserBlocked`.
    pub fn require_active(&self) -> Result<()> {
        match &self.identity {
            Identity::User(signed_in) => signed_in.user.require_active(),
            Identity::Admin(account) => account.user.require_active(),
            Identity::Guest | Identity::Key { .. } | Identity::Owner => Ok(()),
        }
    }

    /// Whether the caller acts for those whose project it is, by admin mode.
    pub fn is_admin(&self) -> bool {
        matches!(self.identity, Identity::Admin(_) | Identity::Owner)
    }

    /// Whether permission lists (`execute`, `$read`) and rate limits are left out of account: keys and admins
    /// act for the project itself.
    pub fn bypasses_permissions(&self) -> bool {
        self.is_admin() || matches!(self.identity, Identity::Key { .. })
    }

    /// The user who calls, if it is one.
    pub fn signed_in(&self) -> Option<&SignedIn> {
        match &self.identity {
            Identity::User(signed_in) => Some(signed_in),
            _ => None,
        }
    }

    /// The user who calls, in the project or in admin mode.
    pub fn user(&self) -> Option<&User> {
        match &self.identity {
            Identity::User(signed_in) => Some(&signed_in.user),
            Identity::Admin(account) => Some(&account.user),
            _ => None,
        }
    }

    /// The roles that permission lists are compared with.
    pub fn roles(&self) -> Vec<String> {
        match &self.identity {
            Identity::Guest => vec!["role:guest".into(), "role:all".into()],
            Identity::User(signed_in) => {
                let mut roles = vec!["role:member".into(), "role:all".into(), signed_in.user.role()];
                roles.extend(
                    signed_in
                        .memberships
                        .iter()
                        .flat_map(Membership::permission_roles),
                );
                roles
            }
            Identity::Key { .. } => vec!["role:app".into()],
            Identity::Admin(_) | Identity::Owner => vec!["role:owner".into()],
        }
    }

    /// Refuses a caller whose roles are not in `permissions`.
    ///
    /// # Errors
    /// `NotAllowed`.
    pub fn may(&self, permissions: &[String]) -> Result<()> {
        if self.bypasses_permissions() || self.roles().iter().any(|role| permissions.contains(role)) {
            return Ok(());
        }
        Err(Error::NotAllowed)
    }

    /// Whether the caller may see a team: its confirmed members, keys and admins.
    pub fn sees_team(&self, team: &TeamId) -> bool {
        self.bypasses_permissions() || self.membership(team).is_some_and(|place| place.confirmed)
    }

    /// The teams that the caller may see; `None` for all.
    pub fn teams_it_sees(&self) -> Option<Vec<TeamId>> {
        if self.bypasses_permissions() {
            return None;
        }
        let places = self.signed_in().map(|signed_in| &signed_in.memberships);
        let confirmed = places.into_iter().flatten().filter(|place| place.confirmed);
        Some(confirmed.map(|place| place.team.clone()).collect())
    }

    /// Whether the caller may change a team: its owners, keys and admins.
    pub fn owns_team(&self, team: &TeamId) -> bool {
        self.bypasses_permissions() || self.membership(team).is_some_and(Membership::is_owner)
    }

    fn membership(&self, team: &TeamId) -> Option<&team::Membership> {
        let places = &self.signed_in()?.memberships;
        places.iter().find(|place| place.team == *team)
    }

    /// Who called, as an execution's record keeps it.
    pub fn describe(&self) -> String {
        match &self.identity {
            Identity::Guest => "guest".into(),
            Identity::User(signed_in) => signed_in.user.role(),
            Identity::Key { id, .. } => format!("key:{id}"),
            Identity::Admin(account) => format!("admin:{}", account.user.id),
            Identity::Owner => "owner".into(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::clock::Timestamp;
    use crate::id::{MembershipId, UserId};

    fn caller(identity: Identity) -> Caller {
        Caller {
            project: ProjectId::trusted("default"),
            identity,
        }
    }

    fn user(id: &str) -> User {
        User {
            project: ProjectId::trusted("default"),
            id: UserId::trusted(id),
            name: id.into(),
            email: Some(format!("{id}@example.com")),
            email_verified: false,
            password_hash: None,
            password_updated_at: None,
            active: true,
            prefs: crate::user::Prefs::new(),
            registered_at: Timestamp(0),
        }
    }

    fn member(roles: &[&str], confirmed: bool) -> Caller {
        let membership = Membership {
            project: ProjectId::trusted("default"),
            id: MembershipId::trusted("m"),
            team: TeamId::trusted("t"),
            user: UserId::trusted("ada"),
            roles: roles.iter().map(|role| (*role).to_owned()).collect(),
            invited_at: Timestamp(0),
            joined_at: None,
            confirmed,
        };
        caller(Identity::User(Box::new(SignedIn {
            user: user("ada"),
            session: SessionId::trusted("s"),
            proof: Proof::Session,
            memberships: vec![membership],
        })))
    }

    fn admin(role: AdminRole) -> Caller {
        caller(Identity::Admin(Box::new(Admin {
            user: user("root"),
            session: SessionId::trusted("s"),
            role,
        })))
    }

    #[test]
    fn a_key_holds_exactly_its_scopes_and_health() {
        let key = caller(Identity::Key {
            id: KeyId::trusted("k"),
            scopes: vec![Scope::FunctionsRead],
            label: "app.default@service.localhost".into(),
        });
        assert!(key.has(Scope::FunctionsRead) && key.has(Scope::HealthRead));
        assert!(!key.has(Scope::Public), "keys do not sign up");
        let refused = key.require(Scope::FunctionsWrite).unwrap_err().to_string();
        assert_eq!(
            refused,
            "app.default@service.localhost (role: application) missing scope (functions.write)"
        );
    }

    #[test]
    fn a_guest_cannot_execute_and_is_told_so() {
        let refused = caller(Identity::Guest)
            .require(Scope::ExecutionWrite)
            .unwrap_err()
            .to_string();
        assert_eq!(refused, "User (role: guest) missing scope (execution.write)");
    }

    #[test]
    fn a_user_executes_and_manages_no_function() {
        let ada = member(&[], true);
        assert!(ada.has(Scope::ExecutionWrite) && ada.has(Scope::Account));
        let refused = ada.require(Scope::FunctionsRead).unwrap_err().to_string();
        assert_eq!(
            refused,
            "ada@example.com (role: member) missing scope (functions.read)"
        );
    }

    #[test]
    fn only_a_confirmed_membership_gives_roles() {
        let roles = member(&["dev", "owner"], true).roles();
        for role in [
            "role:all",
            "role:member",
            "user:ada",
            "team:t",
            "team:t/dev",
            "team:t/owner",
        ] {
            assert!(roles.iter().any(|has| has == role), "{role}");
        }
        let invited = member(&["owner"], false);
        assert!(!invited.roles().iter().any(|role| role.starts_with("team:")));
        assert!(!invited.sees_team(&TeamId::trusted("t")));
        assert!(!invited.owns_team(&TeamId::trusted("t")));
        assert!(member(&["owner"], true).owns_team(&TeamId::trusted("t")));
        assert!(!member(&["dev"], true).owns_team(&TeamId::trusted("t")));
        assert!(!member(&["owner"], true).sees_team(&TeamId::trusted("other")));
    }

    #[test]
    fn permission_lists_are_not_consulted_for_the_owner() {
        caller(Identity::Owner).may(&[]).unwrap();
        assert!(caller(Identity::Guest).may(&["role:member".into()]).is_err());
        caller(Identity::Guest).may(&["role:all".into()]).unwrap();
        member(&["dev"], true).may(&["team:t/dev".into()]).unwrap();
        assert!(member(&["dev"], true).may(&["team:t/other".into()]).is_err());
    }

    #[test]
    fn an_admin_has_the_resources_and_an_owner_the_rest_too() {
        for role in [AdminRole::Admin, AdminRole::Developer] {
            assert!(admin(role).has(Scope::FunctionsWrite) && admin(role).has(Scope::UsersWrite));
            for scope in [Scope::Account, Scope::Public, Scope::ProjectsWrite] {
                assert!(!admin(role).has(scope), "{role:?} {scope:?}");
            }
        }
        let owner = admin(AdminRole::Owner);
        assert!(owner.has(Scope::FunctionsWrite) && owner.has(Scope::Account) && owner.has(Scope::Public));
        assert!(!admin(AdminRole::Member).has(Scope::FunctionsWrite));
        let machine = caller(Identity::Owner);
        assert!(machine.has(Scope::ProjectsWrite) && !machine.has(Scope::Account));
    }

    #[test]
    fn a_blocked_user_is_refused() {
        let mut blocked = member(&[], true);
        if let Identity::User(signed_in) = &mut blocked.identity {
            signed_in.user.active = false;
        }
        assert!(matches!(blocked.require_active(), Err(Error::UserBlocked)));
        member(&[], true).require_active().unwrap();
    }
}
