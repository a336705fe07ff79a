//! Code in the console: uploading a folder, and what the Code tab shows of it.

use drydock_tests::Dock;
use serde_json::json;

use crate::{scenario, slow_function};

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
