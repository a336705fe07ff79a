//! Who is calling, and what that lets them do.

use crate::error::{Error, Result};
use crate::id::{KeyId, ProjectId};
use crate::scope::Scope;

/// Who a request comes from, once its credentials are checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Identity {
    /// Nobody in particular.
    Guest,
    /// An API key of the project: acts as the application.
    Key {
        /// Which key.
        id: KeyId,
        /// What it may do.
        scopes: Vec<Scope>,
        /// How the contract names it in errors.
        label: String,
    },
    /// The owner of this machine: the console's session or the command line.
    Owner,
}

/// A caller within a project.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    /// The project the request names.
    pub project: ProjectId,
    /// Who calls.
    pub identity: Identity,
}

/// What a guest may do without any credential.
const GUEST_SCOPES: &[Scope] = &[
    Scope::DocumentsRead,
    Scope::FilesRead,
    Scope::LocaleRead,
    Scope::AvatarsRead,
];

impl Caller {
    /// Whether the caller holds `scope`.
    pub fn has(&self, scope: Scope) -> bool {
        match &self.identity {
            Identity::Guest => GUEST_SCOPES.contains(&scope),
            // Every key may read health, whatever it was made with.
            Identity::Key { scopes, .. } => scope == Scope::HealthRead || scopes.contains(&scope),
            Identity::Owner => true,
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
        let (name, role) = match &self.identity {
            Identity::Guest => ("User".to_owned(), "guest"),
            Identity::Key { label, .. } => (label.clone(), "application"),
            Identity::Owner => ("Owner".to_owned(), "owner"),
        };
        Err(Error::MissingScope {
            name,
            role,
            scope: scope.as_str(),
        })
    }

    /// Whether permission lists (`execute`, `$read`) are left out of account: keys and the owner act for
    /// the project itself.
    pub fn bypasses_permissions(&self) -> bool {
        matches!(self.identity, Identity::Key { .. } | Identity::Owner)
    }

    /// The roles that permission lists are compared with.
    pub fn roles(&self) -> Vec<String> {
        match &self.identity {
            Identity::Guest => vec!["role:guest".into(), "role:all".into()],
            Identity::Key { .. } => vec!["role:app".into()],
            Identity::Owner => vec!["role:owner".into()],
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

    /// Who called, as an execution's record keeps it.
    pub fn describe(&self) -> String {
        match &self.identity {
            Identity::Guest => "guest".into(),
            Identity::Key { id, .. } => format!("key:{id}"),
            Identity::Owner => "owner".into(),
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn caller(identity: Identity) -> Caller {
        Caller {
            project: ProjectId::trusted("default"),
            identity,
        }
    }

    #[test]
    fn a_key_holds_exactly_its_scopes_and_health() {
        let key = caller(Identity::Key {
            id: KeyId::trusted("k"),
            scopes: vec![Scope::FunctionsRead],
            label: "app.default@service.localhost".into(),
        });
        assert!(key.has(Scope::FunctionsRead) && key.has(Scope::HealthRead));
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
    fn permission_lists_are_not_consulted_for_the_owner() {
        caller(Identity::Owner).may(&[]).unwrap();
        assert!(caller(Identity::Guest).may(&["role:member".into()]).is_err());
        caller(Identity::Guest).may(&["role:all".into()]).unwrap();
    }
}
