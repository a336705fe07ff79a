//! Replays in a real browser: from an execution's page to both outputs side by side.

use drydock_tests::{Databases, Dock, Draft, Folder, archive};
use serde_json::{Value, json};

use crate::{NOBODY, scenario, scenario_with_refusals};

/// Fails, and says the same but for one word and a line that the second one has not.
const FIRST: &str = "console.log('begun'); for (let i = 1; i <= 40; i += 1) console.log('step ' + i);\
     console.log('found 12 of 40 in ' + process.env.PLACE); console.log('giving up'); console.error('a warning');\
     process.exit(3);";
const SECOND: &str = "console.log('begun'); for (let i = 1; i <= 40; i += 1) console.log('step ' + i);\
     console.log('found 40 of 40 in ' + process.env.PLACE); console.error('a warning');";

#[tokio::test]
async fn an_execution_is_replayed_and_both_outputs_stand_side_by_side() {
    for color_scheme in ["light", "dark"] {
        let dock = Dock::start().await;
        let key = dock.key();
        let code = |text: &str| archive::one_file("index.js", text);
        let draft = Draft::with_code("node-20.0", code(FIRST), "node index.js")
            .set("functionId", "finder")
            .set("name", "Finder")
            .var("PLACE", "the attic");
        let function = key.deploy(draft).await;
        let second = key.upload(&function.id, "node index.js", code(SECOND)).await;
        key.run(&function, "").await;
        let env = [
            ("COLOR_SCHEME", color_scheme),
            ("FIRST_TAG", &function.tag),
            ("SECOND_TAG", &second),
        ];

        let seen = scenario(&dock, "replay", Some(&function), &env).await;

        assert_eq!(seen["focus"], "execution-panel-stdout", "{seen}");
        let says = |what: &str| -> Vec<String> {
            let found: Vec<Value> = seen[what].as_array().unwrap().clone();
            found
                .iter()
                .map(|text| {
                    text.as_str()
                        .unwrap()
                        .split_whitespace()
                        .collect::<Vec<_>>()
                        .join(" ")
                })
                .collect()
        };
        assert_eq!(says("same"), ["= stdout: identical", "= stderr: identical"]);
        assert_eq!(
            says("verdicts"),
            [
                "≠ stdout: different: 2 lines only before, 1 line only now",
                "= stderr: identical"
            ]
        );
        let diff = seen["diff"].as_array().unwrap();
        assert!(diff.contains(&json!(["step 40", "step 40"])), "{seen}");
        assert!(
            diff.contains(&json!([
                "only before: found 12 of 40 in the attic",
                "only now: found 40 of 40 in the attic"
            ])),
            "{seen}"
        );
        assert!(diff.contains(&json!(["only before: giving up", null])), "{seen}");
        let head = says("head");
        assert!(
            head[1].contains("failed · exit 3") && head[1].contains(&function.tag[..10]),
            "{seen}"
        );
        assert!(
            head[2].contains("completed") && head[2].contains(&second[..10]),
            "{seen}"
        );
        assert_eq!(
            (&seen["step"], &seen["next"]),
            (&json!("difference 1 / 1"), &json!("difference 1 / 1"))
        );
        let options = says("options");
        assert_eq!(options.len(), 3, "{seen}");
        assert!(options[2].ends_with("(active, ran before)"), "{seen}");
        assert_eq!(seen["executed"], 1, "{seen}");
        let beside = seen["besideWithoutReplay"].as_str().unwrap();
        assert!(beside.starts_with("previous run"), "{beside}");
    }
}

/// Writes some 9 MB: 90,000 lines, of which those from 100 on are others each time where data is `noisy`.
const LARGE: &str = "const noisy = process.env.APPWRITE_FUNCTION_DATA === 'noisy'; const at = process.hrtime.bigint();\
     let text = ''; for (let i = 0; i < 90000; i += 1)\
     text += 'line ' + i + ' ' + 'x'.repeat(80) + (i === 50000 || (noisy && i > 100) ? at : '') + '\\n';\
     process.stdout.write(text);";

#[tokio::test]
async fn ten_megabytes_are_compared_within_bounds_that_are_told() {
    for (data, bounded, says) in [
        ("calm", 0, "different: 1 line only before, 1 line only now"),
        (
            "noisy",
            1,
            "different: 89,899 lines only before, 89,899 lines only now",
        ),
    ] {
        let dock = Dock::start().await;
        let code = archive::one_file("index.js", LARGE);
        let draft = Draft::with_code("node-20.0", code, "node index.js").set("functionId", "large");
        let function = dock.key().deploy(draft).await;
        dock.key().run(&function, data).await;

        let seen = scenario(&dock, "replay_large", Some(&function), &[]).await;

        assert!(seen["verdicts"][0].as_str().unwrap().contains(says), "{seen}");
        assert_eq!(
            (&seen["bounded"], &seen["rowcount"]),
            (&json!(bounded), &json!("90000"))
        );
        assert!(
            seen["rowsInPage"].as_i64().unwrap() < 200,
            "only what is on the screen is in the page: {seen}"
        );
    }
}

#[tokio::test]
async fn what_a_replay_cannot_know_or_compare_is_said() {
    let folder = Folder::new();
    let before = Dock::launch().on(&folder).start().await;
    let draft = Draft::shell("echo hello")
        .set("functionId", "old")
        .var("KEY", "value");
    let function = before.key().deploy(draft).await;
    let run = before.key().run(&function, "").await;
    let original = run["$id"].as_str().unwrap();
    let path = format!("/console/api/projects/default/executions/{original}/replay");
    let made = before.owner().post(&path).send_unchecked().await.json();
    before
        .key()
        .finished(&function, made["id"].as_str().unwrap())
        .await;
    before.interrupt().await;
    let sql = format!(
        "delete from executions where id = '{original}';
         update executions set variable_set = null, same_variables = 0;"
    );
    Databases::change(&folder.data(), &sql);
    let dock = Dock::launch().on(&folder).start().await;

    let link = dock.fresh_link().await;
    let seen = scenario_with_refusals(
        &dock,
        "replay_unknown",
        Some(&function),
        &[("CONSOLE_LINK", &link)],
    )
    .await;

    let refusals: Vec<_> = seen["refusals"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|one| *one != NOBODY)
        .collect();
    let gone = format!("404 /console/api/projects/default/executions/{original}");
    assert!(
        refusals.iter().all(|refusal| **refusal == json!(gone)),
        "{refusals:?}"
    );
    let says = |what: &str, words: &str| {
        assert!(seen[what].as_str().unwrap().contains(words), "{what}: {seen}");
    };
    says(
        "notice",
        "it ran with those that the function had when it started",
    );
    says(
        "compare",
        &format!("Execution {original}, which this one repeats, was removed"),
    );
    says("dialog", "Its variables are not known: those of now are used");
    assert_eq!(seen["ready"], false, "{seen}");
    assert_eq!(seen["focus"], "Replay on another tag…", "{seen}");
}
