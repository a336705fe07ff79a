//! Tests of what `appwrite.json` declares.

use std::os::unix::fs::symlink;

use super::*;

const PROJECT: &str = r#"{
    "projectId": "shop",
    "projectName": "Shop",
    "functions": [
        { "$id": "mail", "name": "Send mail", "runtime": "node-16.0", "path": "functions/mail",
          "entrypoint": "src/send.js", "ignore": ["*.md", "/node_modules/", "[z-a]", ".npm"], "execute": ["any", "team:a"],
          "events": ["account.create", "users.*.create"], "schedule": "0 * * * *", "timeout": 30,
          "variables": { "B": "2", "A": "", "PORT": 80, "DEBUG": true } },
        { "$id": "old", "name": "", "runtime": "python-3.99", "path": "functions/old/", "execute": [], "events": [],
          "schedule": "", "vars": [{ "key": "K", "value": "v" }, { "key": "SECRET", "secret": true }],
          "enabled": false, "commands": "pip install -r requirements.txt", "scopes": ["users.read"], "somethingNew": {} }
    ],
    "collections": [{ "$id": "no matter" }]
}"#;

const PROJECT_FILES: &[(&str, &str)] = &[
    ("appwrite.json", PROJECT),
    ("functions/mail/src/send.js", ""),
    ("functions/mail/index.js", ""),
    ("functions/mail/.env", "A=1"),
    ("functions/old/main.py", ""),
];

#[test]
fn appwrite_json_declares_functions_with_all_that_they_have() {
    let found = found(PROJECT_FILES);
    assert_eq!(found.project_id.as_deref(), Some("shop"));
    assert!(found.declared_in.as_ref().unwrap().ends_with("appwrite.json"));
    let [mail, old] = &found.functions[..] else {
        panic!("two are declared");
    };
    assert_eq!(
        (mail.id.as_ref().unwrap().as_str(), mail.name.as_str()),
        ("mail", "Send mail")
    );
    assert_eq!(mail.folder, found.folder.join("functions/mail"));
    assert_eq!(
        (language(mail), mail.runtime.unwrap().id),
        (Some("node"), "node-16.0")
    );
    let runs = mail.command.as_ref().unwrap();
    assert_eq!(
        (runs.value.as_str(), runs.why.as_str()),
        ("node src/send.js", "entrypoint in appwrite.json")
    );
    assert_eq!(mail.execute.as_deref().unwrap(), ["role:all", "team:a"]);
    assert_eq!(
        mail.events.iter().map(|event| event.as_str()).collect::<Vec<_>>(),
        ["account.create"]
    );
    assert_eq!(
        (mail.schedule.as_deref(), mail.timeout_secs),
        (Some("0 * * * *"), Some(30))
    );
    let vars: Vec<_> = mail
        .vars
        .iter()
        .map(|(name, value)| (name.as_str(), value.as_str()))
        .collect();
    assert_eq!(vars, [("B", "2"), ("A", ""), ("PORT", "80"), ("DEBUG", "true")]);
    assert!(mail.has_env && !old.has_env);

    assert_eq!(
        (old.name.as_str(), language(old), old.runtime),
        ("old", Some("python"), None)
    );
    assert_eq!(
        (command(old), old.schedule.as_deref(), old.timeout_secs),
        (Some("python main.py"), None, None)
    );
    assert_eq!(
        (old.vars.get("K").map(String::as_str), old.vars.len()),
        (Some("v"), 1)
    );
    assert_eq!(old.execute.as_deref(), Some(&[] as &[String]));
}

#[test]
fn what_is_declared_and_means_nothing_here_is_said() {
    let found = found(PROJECT_FILES);
    for words in [
        &["Send mail", "/node_modules/", "is kept"] as &[&str],
        &["Send mail", "[z-a]", "no pattern"],
        &["Send mail", "users.*.create"],
        &["old", "python-3.99"],
        &["old", "pip install"],
        &["old", "disabled"],
        &["old", "scopes"],
        &["An entrypoint in appwrite.json", "is not called"],
    ] {
        assert!(says(&found, words), "{words:?} {:#?}", found.notices);
    }
    assert_eq!(found.notices.len(), 8, "{:#?}", found.notices);
    assert_eq!(found.functions[0].ignore, ["*.md", ".npm"]);
}

#[test]
fn an_entrypoint_that_is_not_there_is_said_and_the_rest_is_guessed() {
    let content = r#"{"functions": [{"path": ".", "runtime": "node-18.0", "entrypoint": "src/gone.js"}]}"#;
    let found = found(&[("appwrite.json", content), ("index.js", "")]);
    assert_eq!(command(&found.functions[0]), Some("node index.js"));
    assert!(says(
        &found,
        &["entrypoint in appwrite.json names src/gone.js", "not there"]
    ));
}

#[test]
fn a_folder_that_is_declared_above_is_that_function() {
    let place = folder(PROJECT_FILES);
    let found = inspect(&place.path().join("functions/old")).unwrap();
    assert_eq!(found.functions.len(), 1);
    assert_eq!(found.functions[0].id.as_ref().unwrap().as_str(), "old");
    assert!(found.folder.ends_with("functions/old"));
    assert!(!says(&found, &["Send mail"]), "{:#?}", found.notices);
}

#[test]
fn a_declaration_above_counts_for_its_own_folders_and_within_the_repository_only() {
    let place = folder(PROJECT_FILES);
    for name in ["functions/mail/src", "functions/other", "functions"] {
        fs::create_dir_all(place.path().join(name)).unwrap();
        let found = inspect(&place.path().join(name)).unwrap();
        assert_eq!(
            (found.declared_in, found.functions[0].id.clone()),
            (None, None),
            "{name}"
        );
    }
    fs::create_dir(place.path().join("functions/old/.git")).unwrap();
    let found = inspect(&place.path().join("functions/old")).unwrap();
    assert_eq!(found.declared_in, None);
}

#[test]
fn a_broken_declaration_above_is_said_and_not_heeded() {
    let place = folder(&[("appwrite.json", "{"), ("mine/index.js", "")]);
    let found = inspect(&place.path().join("mine")).unwrap();
    assert_eq!(command(&found.functions[0]), Some("node index.js"));
    assert!(says(&found, &["appwrite.json is not JSON", "not heeded"]));
    assert!(inspect(place.path()).is_err());
}

#[test]
fn a_declaration_without_functions_leaves_the_folder_as_it_is() {
    for content in [
        r#"{"projectId": "shop"}"#,
        r#"{"functions": []}"#,
        r#"{"functions": null}"#,
    ] {
        let found = found(&[("appwrite.json", content), ("index.js", "")]);
        assert_eq!(command(&found.functions[0]), Some("node index.js"));
    }
}

#[test]
fn the_name_that_the_file_has_today_is_known_too() {
    let content = r#"{"functions": [{"$id": "a", "path": "."}]}"#;
    let found = found(&[("appwrite.config.json", content), ("index.js", "")]);
    assert_eq!(found.functions[0].id.as_ref().unwrap().as_str(), "a");
    assert_eq!(found.functions[0].folder, found.folder);
}

#[test]
fn a_wrong_value_is_told_with_file_and_key() {
    for (function, wrong) in [
        (
            r#"{"path": ".", "timeout": "15"}"#,
            "functions[0].timeout must be a whole number",
        ),
        (
            r#"{"path": ".", "timeout": -1}"#,
            "functions[0].timeout must be a whole number",
        ),
        (r#"{"path": 1}"#, "functions[0].path must be text"),
        (r"{}", "functions[0] must be an object with the key path"),
        (r"[]", "functions[0] must be an object"),
        (r#"{"path": ".", "$id": "a b"}"#, "functions[0].$id must be"),
        (
            r#"{"path": ".", "execute": "any"}"#,
            "functions[0].execute must be a list",
        ),
        (
            r#"{"path": ".", "events": [1]}"#,
            "functions[0].events[0] must be text",
        ),
        (
            r#"{"path": ".", "vars": {"A": {}}}"#,
            "functions[0].vars.A must be text",
        ),
        (
            r#"{"path": ".", "vars": [{"value": ""}]}"#,
            "functions[0].vars[0] must be an object with the key key",
        ),
        (
            r#"{"path": ".", "enabled": "no"}"#,
            "functions[0].enabled must be true or false",
        ),
        (
            r#"{"path": ".", "$id": "a"}, {"path": ".", "$id": "a"}"#,
            "functions[1].$id must be an id that no other",
        ),
    ] {
        let content = format!(r#"{{"functions": [{function}]}}"#);
        let told = error(&[("appwrite.json", &content), ("index.js", "")]);
        assert!(
            told.contains(&format!("appwrite.json: {wrong}")),
            "{function}: {told}"
        );
    }
}

#[test]
fn a_path_that_leads_outside_is_refused() {
    for path in ["..", "../other", "functions/../../other", "/etc", "link"] {
        let content = format!(r#"{{"functions": [{{"path": "{path}"}}]}}"#);
        let place = folder(&[("appwrite.json", &content)]);
        symlink("/", place.path().join("link")).unwrap();
        let told = inspect(place.path()).unwrap_err().to_string();
        assert!(
            told.contains("functions[0].path leads to") && told.contains(path),
            "{told}"
        );
    }
}

#[test]
fn a_declared_folder_that_is_not_there_is_said() {
    let content = r#"{"functions": [{"path": "gone"}, {"path": "there"}]}"#;
    let found = found(&[("appwrite.json", content), ("there/main.py", "")]);
    assert_eq!(found.functions.len(), 1);
    assert!(says(&found, &["gone", "not there"]));
    let told = error(&[
        ("appwrite.json", r#"{"functions": [{"path": "gone"}]}"#),
        ("index.js", ""),
    ]);
    assert!(told.contains("none of their folders is there: gone"), "{told}");
}
