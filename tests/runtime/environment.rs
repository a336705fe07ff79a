//! Contract §7: the variables a function reads, and that it reads nothing of the machine's.

use drydock_tests::{Deployed, Dock, Draft, archive};
use serde_json::{Map, Value, json};

/// A variable of the server's own environment that no function may see.
const HOST_SECRET: (&str, &str) = ("SECRET_OF_THE_HOST", "host-secret-value");

/// Names of contract §7, without their prefix.
const OURS: [&str; 12] = [
    "ID",
    "NAME",
    "TAG",
    "TRIGGER",
    "RUNTIME_NAME",
    "RUNTIME_VERSION",
    "EVENT",
    "EVENT_DATA",
    "DATA",
    "USER_ID",
    "JWT",
    "PROJECT_ID",
];

/// What a process may find beside its variables: the plain necessities, and what a shell sets for itself.
const NECESSITIES: [&str; 12] = [
    "PATH", "HOME", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "PWD", "OLDPWD", "SHLVL", "_", "USER",
];

async fn dock() -> Dock {
    crate::launch().env(HOST_SECRET.0, HOST_SECRET.1).start().await
}

async fn environment(dock: &Dock, function: &Deployed, data: &str) -> Map<String, Value> {
    let run = dock.key().run(function, data).await;
    assert_eq!(run["status"], "completed", "{run}");
    let printed = run["stdout"].as_str().unwrap();
    let printed: Value = serde_json::from_str(printed).unwrap_or_else(|error| panic!("{error}: {run}"));
    printed.as_object().unwrap().clone()
}

/// Runs a fixture that prints its environment and looks at all of it.
async fn everything_is_right(runtime: &str, declared: (&str, &str), fixture: &str, command: &str) {
    let dock = dock().await;
    let draft = Draft::new(runtime, fixture, command)
        .set("name", "Prints \"its\" environment, größer")
        .var("PLAIN", "value")
        .var("SPACES_AND_QUOTES", " a 'b' \"c\" $HOME `id` \\ \n second line")
        .var("WIDE", "grün 名前 \u{1F600}")
        .var("EMPTY", "")
        // The contract's own names win.
        .var("APPWRITE_FUNCTION_ID", "forged")
        .var("APPWRITE_FUNCTION_DATA", "forged");
    let function = dock.key().deploy(draft).await;
    let data = "{\"text\":\"ein \\\"Wort\\\"\",\n\"emoji\":\"\u{1F680}\"}";

    let seen = environment(&dock, &function, data).await;

    let expected = json!({
        "APPWRITE_FUNCTION_ID": function.id,
        "APPWRITE_FUNCTION_NAME": "Prints \"its\" environment, größer",
        "APPWRITE_FUNCTION_TAG": function.tag,
        "APPWRITE_FUNCTION_TRIGGER": "http",
        "APPWRITE_FUNCTION_RUNTIME_NAME": declared.0,
        "APPWRITE_FUNCTION_RUNTIME_VERSION": declared.1,
        "APPWRITE_FUNCTION_EVENT": "",
        "APPWRITE_FUNCTION_EVENT_DATA": "",
        "APPWRITE_FUNCTION_DATA": data,
        "APPWRITE_FUNCTION_USER_ID": "",
        "APPWRITE_FUNCTION_JWT": "",
        "APPWRITE_FUNCTION_PROJECT_ID": "default",
        "PLAIN": "value",
        "SPACES_AND_QUOTES": " a 'b' \"c\" $HOME `id` \\ \n second line",
        "WIDE": "grün 名前 \u{1F600}",
        "EMPTY": "",
    });
    for (name, value) in expected.as_object().unwrap() {
        assert_eq!(seen.get(name), Some(value), "{name}");
    }
    for name in seen.keys() {
        let known = expected.get(name).is_some() || NECESSITIES.contains(&name.as_str());
        assert!(known, "{name}={} is none of the function's variables", seen[name]);
    }
    let everything = serde_json::to_string(&seen).unwrap();
    assert!(
        !everything.contains(HOST_SECRET.1),
        "the host's environment shows: {everything}"
    );
    assert!(
        !everything.contains(dock.ready("key")),
        "the server's key shows: {everything}"
    );
}

#[tokio::test]
async fn node_sees_all_its_variables_and_nothing_of_the_host() {
    everything_is_right(
        "node-16.0",
        ("Node.js", "16.0"),
        "node-print-env",
        "node index.js",
    )
    .await;
}

#[tokio::test]
async fn python_sees_all_its_variables_and_nothing_of_the_host() {
    everything_is_right(
        "python-3.9",
        ("Python", "3.9"),
        "python-print-env",
        "python3 main.py",
    )
    .await;
}

#[tokio::test]
async fn php_sees_all_its_variables_in_env_and_nothing_of_the_host() {
    everything_is_right("php-8.0", ("PHP", "8.0"), "php-print-env", "php index.php").await;
}

#[tokio::test]
async fn ruby_sees_all_its_variables_and_nothing_of_the_host() {
    everything_is_right("ruby-3.0", ("Ruby", "3.0"), "ruby-print-env", "ruby main.rb").await;
}

#[tokio::test]
async fn php_reads_the_same_from_env_and_getenv() {
    let dock = dock().await;
    let script = "<?php foreach (getenv() as $k => $v) { if (($_ENV[$k] ?? null) !== $v) { echo \"$k differs\\n\"; } } echo count(getenv()) > 12 ? 'all' : 'few';";
    let draft =
        Draft::with_code("php-8.0", archive::one_file("index.php", script), "php index.php").var("A", "b");
    let function = dock.key().deploy(draft).await;

    assert_eq!(dock.key().run(&function, "x").await["stdout"], "all");
}

#[tokio::test]
async fn python_by_both_of_its_names_finds_an_interpreter() {
    let dock = dock().await;
    for command in ["python main.py", "python3 main.py"] {
        let function = dock
            .key()
            .deploy(Draft::new("python-3.9", "python-print-env", command))
            .await;
        let seen = environment(&dock, &function, "").await;
        assert_eq!(seen["APPWRITE_FUNCTION_ID"], function.id);
    }
}

#[tokio::test]
async fn every_variable_of_the_contract_is_set_even_when_it_is_empty() {
    let dock = dock().await;
    let function = dock
        .key()
        .deploy(Draft::new("node-20.0", "node-print-env", "node index.js"))
        .await;

    let seen = environment(&dock, &function, "").await;

    for name in OURS {
        assert!(
            seen.contains_key(&format!("APPWRITE_FUNCTION_{name}")),
            "{name} is not set: {seen:?}"
        );
    }
}

#[tokio::test]
async fn a_command_is_split_like_a_shell_does_but_run_without_one() {
    let dock = dock().await;
    let script = "console.log(JSON.stringify(process.argv.slice(2)))";
    let command =
        r#"node index.js plain 'one word' "two \"words\"" back\ slash $HOME *.js ';' '' "a"b'c' && rm"#;
    let draft = Draft::with_code("node-20.0", archive::one_file("index.js", script), command);
    let function = dock.key().deploy(draft).await;

    let run = dock.key().run(&function, "").await;

    let arguments: Value = serde_json::from_str(run["stdout"].as_str().unwrap()).unwrap();
    let expected = [
        "plain",
        "one word",
        "two \"words\"",
        "back slash",
        "$HOME",
        "*.js",
        ";",
        "",
        "abc",
        "&&",
        "rm",
    ];
    assert_eq!(arguments, json!(expected));
}

#[tokio::test]
async fn a_function_runs_in_its_unpacked_folder_with_nothing_on_stdin() {
    let dock = dock().await;
    let function = dock
        .key()
        .deploy(Draft::shell("ls; wc -c; test -w /tmp && echo scratch"))
        .await;

    let run = dock.key().run(&function, "").await;

    assert_eq!(run["stdout"], "main.sh\n0\nscratch\n", "{run}");
}

#[tokio::test]
async fn changed_vars_reach_the_next_run() {
    let dock = dock().await;
    let key = dock.key();
    let function = key
        .deploy(Draft::shell("echo \"$WORD\"").var("WORD", "before"))
        .await;

    assert_eq!(key.run(&function, "").await["stdout"], "before\n");
    let change = json!({ "name": "n", "vars": { "WORD": "after" } });
    key.put(&function.path()).json(&change).ok(200).await;
    assert_eq!(key.run(&function, "").await["stdout"], "after\n");
}
