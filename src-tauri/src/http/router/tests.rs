//! The table against what it is written from: each route's scope and limit in the published documents, and
//! the list that the black-box tests walk.
#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::path::{Path, PathBuf};

use serde_json::Value;

use super::{Needs, Routes, appwrite, console_api, live};

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/fixtures")
}

#[test]
fn the_list_of_routes_that_other_tests_walk_is_this_table() {
    let tables = [appwrite(), live(), console_api()];
    let lines: Vec<_> = tables.iter().flat_map(Routes::lines).collect();
    let table = format!("{}\n", lines.join("\n"));
    let path = fixtures().join("routes.txt");
    if std::env::var_os("DRYDOCK_WRITE_ROUTES").is_some() {
        std::fs::write(&path, &table).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == table,
        "tests/fixtures/routes.txt is stale: DRYDOCK_WRITE_ROUTES=1 cargo test -p drydock router"
    );
}

#[test]
fn every_route_has_the_scope_and_limit_of_the_published_document() {
    let text = std::fs::read(fixtures().join("contract/open-api3-0.12.x-console.json")).unwrap();
    let document: Value = serde_json::from_slice(&text).unwrap();
    for (method, rules) in appwrite().rules() {
        let about = format!("{method} {}", rules.path);
        let path = rules.path.strip_prefix("/v1").unwrap();
        let facts = &document["paths"][path][method.to_lowercase()]["x-appwrite"];
        assert!(facts.is_object(), "{about} is not in the document");
        let Needs::Scope(scope) = rules.needs else {
            panic!("{about} needs no scope");
        };
        assert_eq!(facts["scope"], scope.as_str(), "{about}");
        let calls = rules.limit.map_or(0, |limit| limit.limit.calls);
        assert_eq!(facts["rate-limit"], calls, "{about}");
        if let Some(limit) = rules.limit {
            assert_eq!(facts["rate-time"], limit.limit.window_secs, "{about}");
            let keys = match &facts["rate-key"] {
                Value::Array(keys) => keys.clone(),
                key => vec![key.clone()],
            };
            assert_eq!(keys, limit.keys, "{about}");
        }
    }
}

#[test]
fn the_console_s_own_api_is_for_the_owner_alone() {
    let open: Vec<_> = console_api()
        .rules()
        .filter(|(_, rules)| rules.needs != Needs::Owner)
        .map(|(method, rules)| format!("{method} {}", rules.path))
        .collect();
    assert_eq!(open, ["POST /console/api/session"]);
}
