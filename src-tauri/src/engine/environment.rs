//! The variables a function reads about itself and its trigger: the names and rules of the contract. And which an
//! execution had, for whoever asks afterwards.

use drydock_core::event::Event;
use drydock_core::execution::Execution;
use drydock_core::function::{Function, Vars};
use drydock_core::id::{ExecutionId, ProjectId, UserId};
use drydock_core::{Error, Result};
use drydock_store::table::{events, executions, functions, variable_sets};

use super::Engine;

/// Name of the variable that holds a JWT.
const JWT: &str = "APPWRITE_FUNCTION_JWT";

/// What an execution was given, as far as it is known.
pub(crate) struct Given {
    /// The function's own, as they were when it started. `None`: not started yet, or not kept any more.
    pub(crate) own: Option<Vars>,
    /// The contract's. `None` is a value that is not kept: a JWT, the payload of an event that is gone.
    pub(crate) contract: Vec<(String, Option<String>)>,
}

impl Engine {
    /// The variables of an execution.
    ///
    /// # Errors
    /// `ExecutionNotFound`, `FunctionNotFound`.
    pub(crate) async fn given(&self, project: &ProjectId, id: &ExecutionId) -> Result<Given> {
        let (project, id) = (project.clone(), id.clone());
        self.0
            .store
            .read(move |tx| {
                let execution = executions::find(tx, &project, &id)?.ok_or(Error::ExecutionNotFound)?;
                let function =
                    functions::get(tx, &project, &execution.function)?.ok_or(Error::FunctionNotFound)?;
                let event = match &execution.event {
                    Some(event) => events::get(tx, &project, event)?,
                    None => None,
                };
                let own = match execution.variables {
                    Some(set) => variable_sets::get(tx, &project, set)?,
                    None => None,
                };
                let unkept = |name: &str| match name {
                    JWT => execution.user.is_some() && execution.session.is_some(),
                    "APPWRITE_FUNCTION_EVENT" | "APPWRITE_FUNCTION_EVENT_DATA" => {
                        execution.event.is_some() && event.is_none()
                    }
                    _ => false,
                };
                let contract = variables(&function, &execution, event.as_ref(), "")
                    .into_iter()
                    .map(|(name, value)| {
                        let value = (!unkept(&name)).then_some(value);
                        (name, value)
                    })
                    .collect();
                Ok(Given { own, contract })
            })
            .await
    }
}

/// The contract's variables, which win over the function's own. Every one is set; empty where it does not apply.
/// `jwt` is of the session in which a user asked, made just now.
pub(super) fn variables(
    function: &Function,
    execution: &Execution,
    event: Option<&Event>,
    jwt: &str,
) -> Vec<(String, String)> {
    let user = execution.user.as_ref().map_or("", UserId::as_str);
    let about: [(&str, &str); 12] = [
        ("ID", function.id.as_str()),
        ("NAME", &function.name),
        ("TAG", execution.tag.as_str()),
        ("TRIGGER", execution.trigger.as_str()),
        ("RUNTIME_NAME", function.runtime.name),
        ("RUNTIME_VERSION", function.runtime.version),
        ("EVENT", event.map_or("", |event| event.name.as_str())),
        (
            "EVENT_DATA",
            event
                .and_then(|event| event.payload.as_deref())
                .unwrap_or_default(),
        ),
        ("DATA", &execution.data),
        ("USER_ID", user),
        ("JWT", jwt),
        ("PROJECT_ID", function.project.as_str()),
    ];
    about
        .map(|(name, value)| (format!("APPWRITE_FUNCTION_{name}"), value.to_owned()))
        .to_vec()
}
