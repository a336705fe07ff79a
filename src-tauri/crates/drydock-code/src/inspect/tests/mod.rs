//! Tests of what folders hold.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod declared;
mod guessed;

use std::fs;

use proptest::prelude::*;

use super::*;

/// A folder with these files; one that ends with a slash is a folder.
fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    // Nothing above counts.
    fs::create_dir(place.path().join(".git")).unwrap();
    for (name, content) in files {
        let path = place.path().join(name);
        if name.ends_with('/') {
            fs::create_dir_all(path).unwrap();
        } else {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, content).unwrap();
        }
    }
    place
}

fn found(files: &[(&str, &str)]) -> Found {
    inspect(folder(files).path()).unwrap()
}

/// The only function of a folder of these files, all of them empty.
fn bare(names: &[&str]) -> Wish {
    let files: Vec<_> = names.iter().map(|name| (*name, "")).collect();
    let mut found = found(&files);
    assert_eq!(found.functions.len(), 1);
    found.functions.remove(0)
}

fn error(files: &[(&str, &str)]) -> String {
    inspect(folder(files).path()).unwrap_err().to_string()
}

fn language(wish: &Wish) -> Option<&str> {
    wish.language.as_ref().map(|guess| guess.value.as_str())
}

fn command(wish: &Wish) -> Option<&str> {
    wish.command.as_ref().map(|guess| guess.value.as_str())
}

/// Whether one of the notices has all of these words.
fn says(found: &Found, words: &[&str]) -> bool {
    let has = |notice: &String| words.iter().all(|word| notice.contains(word));
    found.notices.iter().any(has)
}

#[test]
fn what_is_no_folder_is_refused_by_name() {
    let place = folder(&[("file", "")]);
    let told = inspect(&place.path().join("file")).unwrap_err();
    assert!(matches!(told, InspectError::NotAFolder(_)), "{told}");
    let told = inspect(&place.path().join("gone")).unwrap_err();
    assert!(matches!(told, InspectError::Missing(_)), "{told}");
}

#[test]
fn a_pipe_and_a_file_that_is_too_large_do_not_hold_it_up() {
    let place = folder(&[("index.js", "")]);
    nix::unistd::mkfifo(&place.path().join("package.json"), nix::sys::stat::Mode::S_IRWXU).unwrap();
    assert!(inspect(place.path()).is_ok());
    fs::write(
        place.path().join("appwrite.json"),
        vec![b' '; MAX_FILE_BYTES as usize + 1],
    )
    .unwrap();
    assert!(
        inspect(place.path())
            .unwrap_err()
            .to_string()
            .contains("larger than 4 MB")
    );
}

#[test]
fn an_id_is_suggested_from_the_name() {
    let id = |name: &str| {
        let wish = Wish {
            name: name.to_owned(),
            ..bare(&[])
        };
        wish.suggested_id().map(|id| id.as_str().to_owned())
    };
    assert_eq!(id("Send mail!").as_deref(), Some("send-mail"));
    assert_eq!(id("_my.function_").as_deref(), Some("my-function"));
    assert_eq!(
        id(&"ab ".repeat(40)).unwrap(),
        "ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab"
    );
    assert_eq!(id("ü"), None);
}

/// JSON of any shape whose keys are often those that mean something.
fn json() -> impl Strategy<Value = serde_json::Value> {
    let key = prop::sample::select(vec![
        "$id",
        "name",
        "path",
        "runtime",
        "entrypoint",
        "ignore",
        "execute",
        "events",
        "schedule",
        "timeout",
        "vars",
        "variables",
        "commands",
        "enabled",
        "scopes",
        "functions",
        "projectId",
        "main",
        "scripts",
        "start",
        "key",
        "value",
        "other",
    ]);
    let text = prop_oneof![
        Just(".".to_owned()),
        Just("a/../b".to_owned()),
        Just("node index.js".to_owned()),
        ".{0,12}"
    ];
    let leaf = prop_oneof![
        Just(serde_json::Value::Null),
        any::<bool>().prop_map(serde_json::Value::from),
        any::<i64>().prop_map(serde_json::Value::from),
        text.prop_map(serde_json::Value::from),
    ];
    leaf.prop_recursive(4, 40, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(serde_json::Value::from),
            prop::collection::vec((key.clone(), inner), 0..8).prop_map(|entries| entries
                .into_iter()
                .map(|(key, value)| (key.to_owned(), value))
                .collect()),
        ]
    })
}

proptest! {
    #[test]
    fn no_declaration_breaks_it(functions in prop::collection::vec(json(), 0..4), package in json(), whole in json()) {
        let place = folder(&[("index.js", ""), ("package.json", &package.to_string())]);
        for declaration in [serde_json::json!({ "functions": functions }), whole] {
            fs::write(place.path().join("appwrite.json"), declaration.to_string()).unwrap();
            let _ = inspect(place.path());
        }
    }
}
