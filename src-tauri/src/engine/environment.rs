//! The variables a function reads about itself and its trigger: the names and rules of the contract.

use drydock_core::event::Event;
use drydock_core::execution::Execution;
use drydock_core::function::Function;
use drydock_core::id::UserId;

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
