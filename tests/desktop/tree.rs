//! What the two builds are made of.

use std::process::Command;

use drydock_tests::{repository, run};

/// The crates of the product, those that build it among them.
async fn crates(features: &[&str]) -> Vec<String> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command
        .current_dir(repository())
        .args([
            "tree",
            "--locked",
            "--offline",
            "--package",
            "drydock",
            "--edges",
            "normal,build",
        ])
        .args(["--prefix", "none", "--format", "{p}"])
        .args(features);
    let tree = run(&mut command).await.expect_code(0).stdout;
    let mut names: Vec<_> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect();
    names.sort();
    names.dedup();
    names
}

/// A graphical toolkit, or what brings one.
fn is_graphical(name: &str) -> bool {
    let parts = [
        "gtk", "gdk", "webkit", "tauri", "wry", "tao", "cairo", "pango", "glib", "gio", "soup", "x11",
        "wayland",
    ];
    let of = |part: &str| {
        name == part || name.starts_with(&format!("{part}-")) || name.ends_with(&format!("-{part}"))
    };
    parts.iter().any(|part| of(part)) || name.contains("webkit2gtk") || name.contains("javascriptcore")
}

#[tokio::test]
async fn both_builds_and_the_console_have_the_one_version() {
    let package = std::fs::read(repository().join("ui/package.json")).unwrap();
    let package: serde_json::Value = serde_json::from_slice(&package).unwrap();
    let version = package["version"].as_str().unwrap();
    for binary in [drydock_tests::binary(), crate::app::binary()] {
        let said = run(Command::new(&binary).arg("--version"))
            .await
            .expect_code(0)
            .stdout;
        assert_eq!(said, format!("drydock {version}\n"), "{}", binary.display());
    }
}

#[tokio::test]
async fn the_default_build_has_no_graphical_toolkit() {
    let usual = crates(&[]).await;
    let graphical: Vec<_> = usual.iter().filter(|name| is_graphical(name)).collect();
    assert!(graphical.is_empty(), "{graphical:?}");
    assert!(
        usual.iter().any(|name| name == "axum"),
        "the tree was read: {usual:?}"
    );

    let desktop = crates(&["--features", "desktop"]).await;
    let found = desktop.iter().filter(|name| is_graphical(name)).count();
    assert!(found > 20, "the test knows them when it sees them: {found}");
}
