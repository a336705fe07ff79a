//! The first minute in a real browser: from nothing to a change that is live.

use drydock_tests::Dock;
use serde_json::json;

use crate::scenario;

#[tokio::test]
async fn the_first_open_leads_to_a_function_that_runs_and_follows_its_folder() {
    for scheme in ["light", "dark"] {
        let dock = Dock::start().await;
        let folder = dock.folder().beside("my/hello");
        let env = [("COLOR_SCHEME", scheme), ("FOLDER", folder.to_str().unwrap())];

        let seen = scenario(&dock, "first_steps", None, &env).await;

        assert!(
            seen["first"].as_str().unwrap().contains("Make a function"),
            "{seen}"
        );
        assert!(
            seen["suggested"].as_str().unwrap().ends_with("/drydock/hello"),
            "{seen}"
        );
        assert!(
            seen["second"].as_str().unwrap().contains("Save a change"),
            "{seen}"
        );
        assert_eq!(seen["after"], 0, "done is done: {seen}");
    }
}

#[tokio::test]
async fn first_steps_that_nobody_wants_are_gone_for_good() {
    let dock = Dock::start().await;

    let seen = scenario(&dock, "dismiss", None, &[]).await;

    assert_eq!(
        (&seen["status"], &seen["here"], &seen["over"], &seen["there"]),
        (&json!(204), &json!(0), &json!(true), &json!(0))
    );
}
