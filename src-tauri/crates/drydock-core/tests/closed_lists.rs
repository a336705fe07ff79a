//! The closed lists in the code are those of the contract, entry by entry.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use drydock_core::event_name::EVENTS;
use drydock_core::runtime::{Architecture, Runtime};
use drydock_core::scope::Scope;
use serde_json::{Value, json};

fn rows(text: &str) -> Vec<Value> {
    serde_json::from_str(text).unwrap()
}

#[test]
fn the_events_are_those_of_the_contract() {
    let rows = rows(include_str!(
        "../../../../tests/fixtures/contract/events-0.12.json"
    ));
    let mut wanted: Vec<_> = rows.iter().map(|row| row["event"].as_str().unwrap()).collect();
    wanted.sort_unstable();
    assert_eq!(EVENTS.to_vec(), wanted);
}

#[test]
fn the_scopes_of_a_key_are_those_of_the_contract() {
    let wanted = rows(include_str!(
        "../../../../tests/fixtures/contract/scopes-0.12.json"
    ));
    let names: Vec<_> = Scope::KEY_SCOPES
        .iter()
        .map(|scope| json!(scope.as_str()))
        .collect();
    assert_eq!(names, wanted);
    for (scope, name) in Scope::KEY_SCOPES.iter().zip(&wanted) {
        assert_eq!(serde_json::to_value(scope).unwrap(), *name);
        assert_eq!(Scope::parse("scopes", name.as_str().unwrap()).unwrap(), *scope);
    }
}

#[test]
fn the_runtimes_of_the_contract_lead_the_list_with_all_their_fields() {
    let here = Architecture::of_this_machine().map(|here| serde_json::to_value(here).unwrap());
    let mut wanted = rows(include_str!(
        "../../../../tests/fixtures/contract/runtimes-0.12.json"
    ));
    if here == Some(json!("x86")) {
        assert_eq!(wanted.len(), 28);
    }
    wanted.retain(|row| {
        here.as_ref()
            .is_none_or(|here| row["supports"].as_array().unwrap().contains(here))
    });
    let listed = Runtime::all().map(|runtime| {
        json!({
            "$id": runtime.id,
            "name": runtime.name,
            "version": runtime.version,
            "base": runtime.base,
            "image": runtime.image,
            "logo": runtime.logo,
            "supports": runtime.supports,
        })
    });
    assert_eq!(listed.take(wanted.len()).collect::<Vec<_>>(), wanted);
}
