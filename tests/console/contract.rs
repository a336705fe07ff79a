//! What the server sends, held against the types of the console's client: a field that is renamed on one side fails here.

use std::process::Command;

use drydock_tests::{Dock, binary, run, tests_folder};
use serde_json::json;

/// Events and notes that a healthy server in a short test does not tell of, and why.
const NOT_HEARD: &[&str] = &[
    "type 'resync'",            // a listener that is too slow
    "what 'delivery-given-up'", // five tries, minutes apart
    "what 'folder-back'",       // a folder that goes and comes
    "what 'folder-lost'",
    "what 'folder-unreadable'", // permissions, which root has anyway
    "what 'schedule-skipped'",  // an hour without a server
];

#[tokio::test]
async fn every_field_that_is_sent_is_in_the_type_that_the_console_reads_it_with_and_the_other_way_round() {
    let dock = Dock::start().await;
    let mut command = Command::new("node");
    command
        .arg(tests_folder().join("console/contract/check.mjs"))
        .env("DRYDOCK_BIN", binary())
        .env("CONSOLE_LINK", dock.ready("console"))
        .env("DRYDOCK_KEY", dock.ready("key"))
        .env("DRYDOCK_DATA_DIR", dock.folder().data())
        .env("ROUTES", tests_folder().join("fixtures/routes.txt"));

    let seen = run(&mut command).await.expect_code(0).json();

    assert_eq!(
        seen["problems"],
        json!([]),
        "the server and ui/src/lib/api/types*.ts differ"
    );
    assert_eq!(
        seen["unknown"],
        json!([]),
        "these routes are not in ui/src/lib/api/answers.ts"
    );
    let unheard: Vec<_> = seen["unheard"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|variant| !NOT_HEARD.contains(&variant.as_str().unwrap()))
        .collect();
    assert!(
        unheard.is_empty(),
        "nothing of these kinds was looked at: {unheard:?}"
    );
    // A check that looked at nothing finds nothing.
    assert!(seen["fields"].as_i64().unwrap() > 300, "{seen}");
}
