//! Interpreters that this machine has not.

use drydock_tests::{Dock, Draft, archive};

#[tokio::test]
async fn an_interpreter_that_is_not_installed_is_127_and_says_what_to_do() {
    let dock = Dock::launch().env("PATH", "/nowhere").start().await;
    let code = archive::one_file("main.swift", "print(1)");
    let function = dock
        .key()
        .deploy(Draft::with_code("swift-5.5", code, "swift main.swift"))
        .await;

    let run = dock.key().run(&function, "").await;

    assert_eq!(run["exitCode"], 127, "{run}");
    let stderr = run["stderr"].as_str().unwrap();
    assert!(
        stderr.contains("swift") && stderr.to_lowercase().contains("install"),
        "{stderr}"
    );
}
