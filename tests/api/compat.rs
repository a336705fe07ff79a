//! docs/API-COMPAT.md has a line for each call of the services that Drydock answers, and says truly which are there.

use std::collections::BTreeSet;
use std::fs;

use drydock_tests::{repository, tests_folder};
use serde_json::Value;

/// Those whose calls are listed one by one; the others are not there as a whole.
const SERVICES: [&str; 6] = ["account", "functions", "health", "projects", "teams", "users"];

/// Each line of a table whose first cell is a call: the call, and whether it is said to be there.
fn listed() -> Vec<(String, bool)> {
    let text = fs::read_to_string(repository().join("docs/API-COMPAT.md")).unwrap();
    let mut there = true;
    text.lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once("` | "))
        .filter(|(call, _)| {
            call.split_once(' ')
                .is_some_and(|(_, path)| path.starts_with('/'))
        })
        .map(|(call, here)| {
            if !here.starts_with("likewise") {
                there = !here.starts_with("not there");
            }
            (call.to_owned(), there)
        })
        .collect()
}

/// `GET /functions/{functionId}` of every route under `/v1`.
fn answered() -> BTreeSet<String> {
    let text = fs::read_to_string(tests_folder().join("fixtures/routes.txt")).unwrap();
    text.lines()
        .filter_map(|line| {
            let mut words = line.split(' ');
            let (method, path) = (words.next()?, words.next()?);
            Some(format!("{method} {}", path.strip_prefix("/v1")?))
        })
        .collect()
}

/// The calls of our services in the published documents.
fn published() -> BTreeSet<String> {
    let mut calls = BTreeSet::new();
    for name in ["client", "server", "console"] {
        let path = tests_folder().join(format!("fixtures/contract/open-api3-0.12.x-{name}.json"));
        let document: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        for (path, operations) in document["paths"].as_object().unwrap() {
            if SERVICES
                .iter()
                .any(|service| path.split('/').nth(1) == Some(service))
            {
                calls.extend(
                    operations
                        .as_object()
                        .unwrap()
                        .keys()
                        .map(|method| format!("{} {path}", method.to_uppercase())),
                );
            }
        }
    }
    calls
}

#[test]
fn the_list_of_calls_in_the_documentation_is_whole_and_true() {
    let listed = listed();
    let names: Vec<_> = listed.iter().map(|(call, _)| call.clone()).collect();
    let distinct: BTreeSet<_> = names.iter().cloned().collect();
    assert_eq!(
        names.len(),
        distinct.len(),
        "a call is listed twice in docs/API-COMPAT.md"
    );

    let mut expected = published();
    expected.extend(answered());
    assert_eq!(
        distinct, expected,
        "docs/API-COMPAT.md lists the calls of the documents and of the router"
    );

    let there: BTreeSet<_> = listed
        .into_iter()
        .filter(|(_, there)| *there)
        .map(|(call, _)| call)
        .collect();
    assert_eq!(there, answered(), "docs/API-COMPAT.md says which calls are there");
}

#[test]
fn links_within_the_documentation_lead_somewhere() {
    let text = fs::read_to_string(repository().join("docs/API-COMPAT.md")).unwrap();
    let heads: BTreeSet<_> = text
        .lines()
        .filter(|line| line.starts_with("##"))
        .map(|line| {
            line.trim_start_matches('#')
                .trim()
                .to_lowercase()
                .replace(',', "")
                .replace(' ', "-")
        })
        .collect();
    for target in text
        .split("](#")
        .skip(1)
        .filter_map(|rest| rest.split(')').next())
    {
        assert!(
            heads.contains(target),
            "docs/API-COMPAT.md has no heading for #{target}"
        );
    }
}
