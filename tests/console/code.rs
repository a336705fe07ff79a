//! Code in the console: uploading a folder, and what the Code tab shows of it.

use drydock_tests::Dock;
use serde_json::json;

use crate::{scenario, scenario_with_refusals, slow_function};

#[tokio::test]
async fn a_folder_is_uploaded_whether_picked_or_dropped_and_an_upload_can_be_stopped() {
    let dock = Dock::start().await;
    let function = slow_function(&dock).await;
    let folder = dock.folder().beside("code-of-a-person");

    let seen = scenario(
        &dock,
        "upload_folder",
        Some(&function),
        &[("FOLDER", folder.to_str().unwrap())],
    )
    .await;

    assert_eq!(seen["ofPicked"], "19 hello from a folder", "{seen}");
    assert_eq!(seen["ofDropped"], "19 hello from a folder", "{seen}");
    assert_eq!(seen["focus"], "Remove", "the focus is not lost: {seen}");
    let left_out = seen["leftOut"].as_str().unwrap();
    for what in [".env (", ".git/ (", "build/ ("] {
        assert!(left_out.contains(what), "{what} is said to be left out: {seen}");
    }
    assert!(!left_out.contains("node_modules"), "{seen}");
    for given in [&seen["picked"], &seen["dropped"]] {
        assert!(given.as_str().unwrap().starts_with("greeting/"), "{seen}");
    }
    let progress: f64 = seen["progress"].as_str().unwrap().parse().unwrap();
    assert!(progress > 0.0 && progress < 1.0, "{seen}");
    assert_eq!(
        (&seen["failures"], &seen["tags"]),
        (&json!(0), &json!(1)),
        "what was stopped is no failure and leaves no tag: {seen}"
    );
}

#[tokio::test]
async fn a_linked_folder_is_live_after_each_save_and_what_does_not_parse_is_named_and_not_run() {
    for color_scheme in ["light", "dark"] {
        let dock = Dock::start().await;
        let folder = dock.folder().beside("greet");
        let env = [
            ("FOLDER", folder.to_str().unwrap()),
            ("COLOR_SCHEME", color_scheme),
        ];

        let seen = scenario_with_refusals(&dock, "link", None, &env).await;

        assert_eq!(seen["refusals"], json!(["400 /console/api/folders/inspect"]),);
        assert!(
            seen["refused"].as_str().unwrap().contains("that-is-not-there"),
            "{seen}"
        );
        assert_eq!(seen["suggested"][0], "greet", "{seen}");
        assert_eq!(seen["suggested"][3], "node index.js", "{seen}");
        assert_eq!(seen["saysEnv"], true, "{seen}");
        for words in ["after save", "lib/text.js"] {
            assert!(seen["live"].as_str().unwrap().contains(words), "{words}: {seen}");
        }
        assert!(
            seen["errors"].as_str().unwrap().starts_with("lib/text.js:3"),
            "file and line: {seen}"
        );
        assert!(
            seen["listed"].as_str().unwrap().contains("lib/text.js:3"),
            "the list says it too: {seen}"
        );
        let lines = seen["lines"].as_array().unwrap();
        assert!(
            lines
                .iter()
                .any(|line| line.as_str().unwrap().contains("const = 1;")),
            "{seen}"
        );
        assert_eq!(seen["files"], 1, "{seen}");
        assert!(
            seen["unlinking"]
                .as_str()
                .unwrap()
                .contains(folder.to_str().unwrap()),
            "the question names the folder: {seen}"
        );
        assert_eq!(seen["tags"], 4, "unlinking removes none: {seen}");
    }
}

#[tokio::test]
async fn a_sample_is_made_and_run_from_the_console() {
    let dock = Dock::start().await;

    let seen = scenario(&dock, "sample", None, &[]).await;

    assert_eq!(
        (&seen["name"], &seen["withoutSample"]),
        (&json!("Hello"), &json!(false)),
        "{seen}"
    );
    assert!(seen["greeting"].as_str().unwrap().contains("Ada"), "{seen}");
}
