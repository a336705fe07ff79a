//! Executing and reading in a real browser: the data editor with what was saved, triggers, two runs side by side, the cause
//! of a failure, a log that grows fast and a long one, and everything by keyboard.

use drydock_tests::{Actor, Deployed, Dock, Draft, archive};
use serde_json::{Value, json};

use crate::scenario;

const SCHEMES: [&str; 2] = ["light", "dark"];

async fn greeter(dock: &Dock, says: &str) -> Deployed {
    let draft = Draft::shell(says)
        .set("functionId", "greeter")
        .set("name", "Greeter");
    dock.key().deploy(draft).await
}

fn text<'a>(seen: &'a Value, what: &str) -> &'a str {
    seen[what].as_str().unwrap()
}

#[tokio::test]
async fn data_is_checked_as_it_is_typed_saved_and_chosen_again() {
    for scheme in SCHEMES {
        let dock = Dock::start().await;
        let function = greeter(&dock, "echo $APPWRITE_FUNCTION_DATA").await;

        let seen = scenario(&dock, "data", Some(&function), &[("COLOR_SCHEME", scheme)]).await;

        assert_eq!(seen["problem"], "Line 2, column 9: a colon is missing before t");
        assert_eq!(
            (&seen["cursor"], &seen["canBeSent"], &seen["focusLeft"]),
            (&json!("t"), &json!(true), &json!(true)),
            "{seen}"
        );
        let pretty = "{\n  \"order\": 1,\n  \"paid\": true\n}";
        assert_eq!(
            (&seen["formatted"], &seen["chosen"]),
            (&json!(pretty), &json!(pretty))
        );
        assert_eq!(seen["groups"], json!([["Saved", 1], ["Recent", 2]]), "{seen}");
        assert_eq!(seen["nameBefore"], "An order");
        assert!(text(&seen, "warning").contains("replaces its data"), "{seen}");
        assert!(text(&seen, "question").contains("The order"), "{seen}");
        assert_eq!(seen["left"], "changed");
    }
}

#[tokio::test]
async fn a_function_is_executed_as_if_by_an_event_or_its_schedule() {
    let dock = Dock::start().await;
    let draft = Draft::shell(
        "echo $APPWRITE_FUNCTION_TRIGGER $APPWRITE_FUNCTION_EVENT \"$APPWRITE_FUNCTION_EVENT_DATA\"",
    )
    .set("functionId", "greeter")
    .set("name", "Greeter")
    .set("events", json!(["teams.create"]));
    let function = dock.key().deploy(draft).await;

    let seen = scenario(&dock, "trigger", Some(&function), &[]).await;

    assert_eq!(seen["early"], false);
    assert_eq!(seen["event"], "teams.create", "what it listens to comes first");
    assert!(
        seen["sample"].as_array().unwrap().contains(&json!("$id")),
        "{seen}"
    );
    assert_eq!(seen["withMistake"], false);
    assert!(text(&seen, "cell").contains("teams.create"), "{seen}");
    assert!(text(&seen, "result").contains("completed"), "{seen}");
}

#[tokio::test]
async fn a_run_is_compared_with_the_one_before_and_with_any_other() {
    for scheme in SCHEMES {
        let dock = Dock::start().await;
        let function = greeter(&dock, "echo Hello, $APPWRITE_FUNCTION_DATA").await;

        let seen = scenario(&dock, "beside", Some(&function), &[("COLOR_SCHEME", scheme)]).await;

        assert!(text(&seen, "previous").starts_with("previous run"), "{seen}");
        assert_eq!(
            seen["address"],
            "/functions/greeter/executions/ID?view=compare&beside=ID"
        );
        assert_eq!(seen["back"], "/events");
    }
}

/// Fails in one function below another, each in the words of its language.
const FAILING: [(&str, &str, &str, &str, &str); 4] = [
    (
        "node",
        "node-20.0",
        "index.js",
        "function load(user) {\n  return user.profile.name;\n}\nconsole.log('begun');\nload({});\n",
        "TypeError: Cannot read properties of undefined (reading 'name') index.js:2",
    ),
    (
        "python",
        "python-3.11",
        "main.py",
        "def load(user):\n    return user['profile']['name']\nprint('begun')\nload({})\n",
        "KeyError: 'profile' main.py:2",
    ),
    (
        "php",
        "php-8.2",
        "index.php",
        "<?php\nfunction load($user) {\n    throw new RuntimeException('no profile');\n}\necho \"begun\\n\";\nload([]);\n",
        "RuntimeException: no profile index.php:3",
    ),
    (
        "ruby",
        "ruby-3.1",
        "main.rb",
        "def load(user)\n  user.fetch(:profile)\nend\nputs 'begun'\nload({})\n",
        "key not found: :profile (KeyError) main.rb:2",
    ),
];

async fn failing(key: &Actor, id: &str, draft: Draft) {
    let function = key.deploy(draft.set("functionId", id).set("name", id)).await;
    key.run(&function, "").await;
}

#[tokio::test]
async fn the_cause_of_a_failure_is_what_is_seen_first() {
    let dock = Dock::start().await;
    let key = dock.key();
    for (language, runtime, file, code, _) in FAILING {
        let command = format!("{language} {file}");
        let draft = Draft::with_code(runtime, archive::one_file(file, code), &command);
        failing(&key, language, draft).await;
    }
    failing(&key, "slow", Draft::shell("sleep 60").set("timeout", 1)).await;
    let missing = Draft::with_code("node-20.0", archive::one_file("a", ""), "no-such-program a");
    failing(&key, "missing", missing).await;
    let mut ids: Vec<_> = FAILING.map(|(language, ..)| language).to_vec();
    ids.extend(["slow", "missing"]);
    let ids = json!(ids).to_string();

    let seen = scenario(&dock, "failed", None, &[("FUNCTIONS", &ids)]).await;

    let causes = &seen["causes"];
    for (language, .., cause) in FAILING {
        assert!(text(causes, language).starts_with(cause), "{language}: {causes}");
    }
    assert!(
        text(causes, "slow").contains("longer than its timeout"),
        "{causes}"
    );
    assert!(
        text(causes, "missing").contains("not installed, or its command is wrong"),
        "{causes}"
    );
    assert_eq!(seen["settings"], "/functions/slow/settings");
}

#[tokio::test]
async fn everything_is_reached_by_keyboard() {
    for scheme in SCHEMES {
        let dock = Dock::start().await;
        let function = greeter(&dock, "echo hello").await;
        let run = dock.key().run(&function, "").await;
        let execution = run["$id"].as_str().unwrap();
        let env = [("COLOR_SCHEME", scheme), ("EXECUTION", execution)];

        let seen = scenario(&dock, "palette", Some(&function), &env).await;

        assert_eq!(
            (&seen["focus"], &seen["active"]),
            (&json!("combobox"), &json!("true"))
        );
        assert!(text(&seen, "first").contains("Greeter › Usage"), "{seen}");
        assert_eq!(seen["usage"], "/functions/greeter/usage");
        assert_ne!(seen["theme"], scheme);
        assert!(text(&seen, "help").contains("Execute"), "{seen}");
        assert_eq!(seen["overDialog"], 0);
    }
}

#[tokio::test]
async fn a_log_that_grows_fast_is_followed_paused_and_searched_and_a_long_one_is_whole() {
    let dock = Dock::start().await;
    let draft = Draft::new("node-20.0", "node-log", "node index.js");
    let function = dock.key().deploy(draft).await;

    let seen = scenario(&dock, "log_live", Some(&function), &[]).await;

    assert!(text(&seen, "whileRunning").contains("processing"), "{seen}");
    assert_eq!(seen["staysWhilePaused"], true);
    assert!(text(&seen, "liveLines").contains("3,000"), "{seen}");
    assert_eq!(seen["copiedLines"], 90_000);
    assert!(
        seen["rowsInPage"].as_i64().unwrap() < 2_000,
        "only what is on the screen is in the page: {seen}"
    );
}
