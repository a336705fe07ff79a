//! The Usage tab in a real browser.

use drydock_tests::{Clock, Databases, Deployed, Dock, Draft, Folder, until};
use serde_json::{Value, json};

use crate::scenario;

const HOUR_MS: i64 = 60 * 60 * 1000;
const DAY_MS: i64 = 24 * HOUR_MS;

/// A function whose executions were made so long ago, each with how many there were and how many of them failed. Each
/// took half a second.
async fn with_executions(folder: &Folder, made: &[(i64, usize, usize)]) -> Deployed {
    let before = Dock::launch().on(folder).start().await;
    let draft = Draft::shell("exit ${APPWRITE_FUNCTION_DATA:-0}")
        .set("functionId", "counted")
        .set("name", "Counted");
    let function = before.key().deploy(draft).await;
    before.interrupt().await;
    let now = Clock::new().unix_secs() * 1000;
    let mut rows = Vec::new();
    for (ago, count, failures) in made {
        let at = now - ago;
        for number in 0..*count {
            let status = if number < *failures { "failed" } else { "completed" };
            rows.push(format!(
                "('default', 'counted', 'made-{ago}-{number}', 't', '[]', 'http', '{status}', 'owner', {at}, {at}, {at}, 0.5, '')"
            ));
        }
    }
    let sql = format!(
        "update functions set created_at_ms = 1;
         insert into executions (project_id, function_id, id, tag_id, \"read\", \"trigger\", status, caller, \
         queued_at_ms, started_at_ms, ended_at_ms, duration_secs, data) values {};",
        rows.join(",")
    );
    Databases::change(&folder.data(), &sql);
    function
}

#[tokio::test]
async fn each_range_has_its_figures_in_charts_words_and_a_table_and_says_what_was_removed() {
    for color_scheme in ["light", "dark"] {
        let folder = Folder::new();
        let made = [
            (3 * HOUR_MS, 3, 1),
            (5 * DAY_MS, 4, 2),
            (20 * DAY_MS, 5, 0),
            (60 * DAY_MS, 6, 6),
        ];
        let function = with_executions(&folder, &made).await;
        let dock = Dock::launch()
            .on(&folder)
            .env("DRYDOCK_RETENTION__DAYS", "40")
            .start()
            .await;
        let console = dock.another_console().await;
        until("the oldest are removed", async || {
            let status = console.get("/status").await;
            status["retention"]["removedUpToMs"].as_i64()
        })
        .await;
        let link = dock.fresh_link().await;
        let env = [
            ("CONSOLE_LINK", link.as_str()),
            ("COLOR_SCHEME", color_scheme),
            ("FAILURES_THEN", "4"),
        ];

        let seen = scenario(&dock, "usage", Some(&function), &env).await;

        for (range, address, rows, executions, failures, compute, spans) in [
            ("24 hours", "", 48, "3", "1", "1.5 s", 1),
            ("7 days", "?range=7d", 7, "7", "3", "3.5 s", 2),
            ("30 days", "?range=30d", 30, "12", "3", "6 s", 3),
            ("90 days", "?range=90d", 90, "12", "3", "6 s", 3),
        ] {
            let told = &seen["ranges"][range];
            for (said, figure) in told["said"]
                .as_array()
                .unwrap()
                .iter()
                .zip([executions, failures, compute])
            {
                let said = said.as_str().unwrap();
                assert!(said.contains(&format!(": {figure} in {range}; most, ")), "{said}");
            }
            assert_eq!(
                (&told["rows"], &told["address"]),
                (&json!(rows), &json!(address)),
                "{told}"
            );
            let filled = told["filled"].as_array().unwrap();
            assert_eq!(filled.len(), spans, "{range}: {told}");
            assert_eq!(
                filled[0].as_array().unwrap()[1..],
                [json!("3"), json!("1"), json!("1.5 s")],
                "the newest first: {told}"
            );
            let missing = told["missing"].as_str();
            assert_eq!(missing.is_some(), range == "90 days", "{told}");
            assert!(
                missing.is_none_or(|words| words.contains("keeps 40 days of them")),
                "{told}"
            );
        }
        assert_eq!(seen["afterReload"], true, "{seen}");
        let pointed: Vec<&str> = seen["pointed"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(Value::as_str)
            .collect();
        assert_eq!(pointed.len(), 3, "{seen}");
        assert!(
            pointed.iter().all(|words| words.contains("executions, ")),
            "{seen}"
        );
        assert!(
            pointed[0] != pointed[1] && pointed[1] != pointed[2],
            "each bar is its own: {seen}"
        );
        assert!(
            seen["before"].as_str().unwrap().starts_with("Failures: 3 in"),
            "{seen}"
        );
        assert_eq!(
            (&seen["focusStays"], &seen["overflows"]),
            (&json!(true), &json!(false)),
            "{seen}"
        );
    }
}
