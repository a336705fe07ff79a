//! Tests of what is guessed from files alone.

use super::*;

#[test]
fn each_language_is_known_by_its_usual_files() {
    for (names, family, runs) in [
        (&["index.js"] as &[&str], "node", "node index.js"),
        (
            &["package.json.bak", "src/index.mjs"],
            "node",
            "node src/index.mjs",
        ),
        (&["main.py", "requirements.txt"], "python", "python main.py"),
        (&["src/app.py"], "python", "python src/app.py"),
        (&["index.php", "composer.json"], "php", "php index.php"),
        (&["main.rb", "Gemfile"], "ruby", "ruby main.rb"),
        (&["deno.json", "mod.ts"], "deno", "deno run --allow-all mod.ts"),
        (&["bun.lockb", "index.ts", "tsconfig.json"], "bun", "bun index.ts"),
    ] {
        let wish = bare(names);
        assert_eq!(
            (language(&wish), command(&wish)),
            (Some(family), Some(runs)),
            "{names:?}"
        );
        assert_eq!(wish.unclear, None);
    }
}

#[test]
fn a_guess_says_from_what_it_is() {
    let wish = bare(&["main.py"]);
    assert_eq!(wish.command.unwrap().why, "the file main.py");
    let wish = bare(&["deno.json", "main.ts", "mod.ts"]);
    assert_eq!(wish.language.unwrap().why, "the file deno.json");
    assert_eq!(wish.command.unwrap().why, "the file main.ts, before mod.ts");
}

#[test]
fn a_project_of_a_language_comes_before_a_file_of_another() {
    let found = found(&[("index.js", ""), ("requirements.txt", ""), ("main.py", "")]);
    assert_eq!(command(&found.functions[0]), Some("python main.py"));
    assert!(says(
        &found,
        &["more than one", "`python main.py` was chosen", "`node index.js`"]
    ));
    assert_eq!(command(&bare(&["index.js", "main.py"])), Some("node index.js"));
    // The same files in another way are no choice.
    assert!(
        self::found(&[("bun.lock", ""), ("index.js", "")])
            .notices
            .is_empty()
    );
}

#[test]
fn a_bare_folder_has_its_own_name_and_nothing_declared() {
    let place = folder(&[("mine/index.js", ""), ("mine/.env", "A=1")]);
    let found = inspect(&place.path().join("mine")).unwrap();
    let wish = &found.functions[0];
    assert_eq!(
        (wish.name.as_str(), wish.id.is_none(), wish.has_env),
        ("mine", true, true)
    );
    assert_eq!(wish.folder, found.folder);
    assert_eq!(
        (found.declared_in, found.project_id, wish.execute.is_none()),
        (None, None, true)
    );
}

#[test]
fn package_json_names_what_is_run() {
    let with = |package: &str, names: &[&str]| {
        let files: Vec<_> = names
            .iter()
            .map(|name| (*name, ""))
            .chain([("package.json", package)])
            .collect();
        found(&files).functions.remove(0)
    };
    for (package, names, runs, why) in [
        (
            r#"{"main": "./lib/run.js"}"#,
            &["lib/run.js", "index.js"] as &[&str],
            "node lib/run.js",
            "main in package.json",
        ),
        (
            r#"{"main": "lib"}"#,
            &["lib/index.js"],
            "node lib/index.js",
            "main in package.json",
        ),
        (
            r#"{"main": "a b"}"#,
            &["a b.cjs"],
            "node 'a b.cjs'",
            "main in package.json",
        ),
        (
            r#"{"main": "index.js", "scripts": {"start": "node --no-warnings"}}"#,
            &["main.js"],
            "node main.js",
            "the file main.js",
        ),
        (
            r#"{"main": "index.js", "scripts": {"start": "node server.js --port 80"}}"#,
            &["server.js", "main.js"],
            "node server.js --port 80",
            "scripts.start in package.json",
        ),
        (
            r#"{"scripts": {"start": "node a.js && node b.js"}}"#,
            &["a.js", "index.js"],
            "node index.js",
            "the file index.js",
        ),
        (
            r#"{"main": "../other.js"}"#,
            &["index.js"],
            "node index.js",
            "the file index.js",
        ),
        (
            r#"{"main": null}"#,
            &["index.js"],
            "node index.js",
            "the file index.js",
        ),
    ] {
        let guess = with(package, names).command.unwrap();
        assert_eq!(
            (guess.value.as_str(), guess.why.as_str()),
            (runs, why),
            "{package}"
        );
    }
    let bun = with(
        r#"{"module": "start.ts", "main": "index.js"}"#,
        &["bun.lock", "start.ts", "index.js"],
    );
    assert_eq!(command(&bun), Some("bun start.ts"));
    let found = found(&[("package.json", r#"{"main": "dist/a.js"}"#), ("index.js", "")]);
    assert!(says(
        &found,
        &["main in package.json names dist/a.js, which is not there"]
    ));
}

#[test]
fn a_package_json_that_is_wrong_is_told_with_file_and_key() {
    let wrong = error(&[("package.json", r#"{"main": 1}"#)]);
    assert!(wrong.ends_with("package.json: main must be text"), "{wrong}");
    let wrong = error(&[("package.json", r#"{"scripts": {"start": []}}"#)]);
    assert!(
        wrong.ends_with("package.json: scripts.start must be text"),
        "{wrong}"
    );
    let wrong = error(&[("package.json", "{\n  'main': 1}")]);
    assert!(
        wrong.contains("package.json is not JSON") && wrong.contains("line 2 column 3"),
        "{wrong}"
    );
    let wrong = error(&[("package.json", "[]")]);
    assert!(
        wrong.ends_with("package.json: the whole file must be an object"),
        "{wrong}"
    );
}

#[test]
fn where_nothing_can_be_run_it_says_what_was_looked_for_and_the_mend() {
    let wish = bare(&["notes.txt"]);
    let unclear = wish.unclear.unwrap();
    for words in [
        "index.js",
        "main.py",
        "index.php",
        "main.rb",
        "--runtime",
        "--command",
    ] {
        assert!(unclear.contains(words), "{words}: {unclear}");
    }
    assert_eq!((wish.language, wish.command), (None, None));

    let wish = bare(&["requirements.txt", "lib.py"]);
    assert_eq!(language(&wish), Some("python"));
    assert!(wish.unclear.unwrap().contains("--command"));
}

#[test]
fn typescript_without_a_runtime_for_it_is_explained() {
    let unclear = bare(&["index.ts", "tsconfig.json"]).unclear.unwrap();
    assert!(
        unclear.contains("index.ts is TypeScript") && unclear.contains("bun.lock"),
        "{unclear}"
    );
    let files = [
        ("package.json", r#"{"main": "dist/index.js"}"#),
        ("src/index.ts", ""),
    ];
    let wish = found(&files).functions.remove(0);
    assert_eq!(language(&wish), Some("node"));
    let unclear = wish.unclear.unwrap();
    assert!(
        unclear.contains("dist/index.js") && unclear.contains("TypeScript"),
        "{unclear}"
    );
}

#[test]
fn a_language_that_is_built_first_needs_a_command() {
    let wish = bare(&["go.mod", "main.go"]);
    assert_eq!((language(&wish), command(&wish)), (Some("go"), None));
    assert!(wish.unclear.unwrap().contains("--command ./main"));
}
