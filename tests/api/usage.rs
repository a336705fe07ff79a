//! Usage at its edges: which half-hour or day an execution counts in, and many of them.

use drydock_tests::{Actor, Clock, Databases, Deployed, Dock, Draft, Folder};
use serde_json::Value;

const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const HALF_HOUR_MS: i64 = 30 * 60 * 1000;

async fn usage(key: &Actor, function: &Deployed, range: &str) -> Value {
    key.get(&format!("{}/usage?range={range}", function.path()))
        .ok(200)
        .await
}

/// The points of a series that are not zero, each with when it begins, in milliseconds.
fn points(usage: &Value, series: &str) -> Vec<(i64, i64)> {
    let all = usage[series].as_array().unwrap();
    let number = |point: &Value, name: &str| point[name].as_i64().unwrap();
    all.iter()
        .filter(|point| point["value"] != 0)
        .map(|point| (number(point, "date") * 1000, number(point, "value")))
        .collect()
}

/// A server whose clock says 12:10 UTC, with a function whose executions were made at these times, in milliseconds since
/// the last midnight. Each failed, and took half a second.
async fn with_executions_at(times: &[i64]) -> (Dock, Deployed, i64, Clock) {
    let (folder, clock) = (Folder::new(), Clock::new());
    let secs = clock.unix_secs();
    clock.advance(86_400 - secs.rem_euclid(86_400) + 12 * 3600 + 600);
    let midnight = (clock.unix_secs() * 1000).div_euclid(DAY_MS) * DAY_MS;
    let before = Dock::launch().on(&folder).clock(&clock).start().await;
    let function = before.key().deploy(Draft::shell("true")).await;
    before.interrupt().await;
    let rows: Vec<_> = times
        .iter()
        .enumerate()
        .map(|(number, time)| {
            let at = midnight + time;
            format!(
                "('default', '{}', 'made-{number}', 't', '[]', 'http', 'failed', 'owner', {at}, {at}, 1, 0.5, '')",
                function.id
            )
        })
        .collect();
    let sql = format!(
        "insert into executions (project_id, function_id, id, tag_id, \"read\", \"trigger\", status, caller, \
         queued_at_ms, started_at_ms, exit_code, duration_secs, data) values {};",
        rows.join(",")
    );
    Databases::change(&folder.data(), &sql);
    let dock = Dock::launch().on(&folder).clock(&clock).start().await;
    (dock, function, midnight, clock)
}

#[tokio::test]
async fn an_execution_counts_in_the_day_of_utc_in_which_it_was_made() {
    let times = [
        0,
        -1,
        -6 * DAY_MS,
        -6 * DAY_MS - 1,
        -29 * DAY_MS,
        -29 * DAY_MS - 1,
        -89 * DAY_MS,
        -89 * DAY_MS - 1,
    ];
    let (dock, function, midnight, _clock) = with_executions_at(&times).await;
    let day = |number: i64| midnight + number * DAY_MS;

    for (range, expected) in [
        ("7d", vec![(day(-6), 1), (day(-1), 1), (day(0), 1)]),
        (
            "30d",
            vec![
                (day(-29), 1),
                (day(-7), 1),
                (day(-6), 1),
                (day(-1), 1),
                (day(0), 1),
            ],
        ),
        (
            "90d",
            vec![
                (day(-89), 1),
                (day(-30), 1),
                (day(-29), 1),
                (day(-7), 1),
                (day(-6), 1),
                (day(-1), 1),
                (day(0), 1),
            ],
        ),
    ] {
        let usage = usage(&dock.key(), &function, range).await;
        assert_eq!(points(&usage, "functionsExecutions"), expected, "{range}");
        assert_eq!(points(&usage, "functionsFailures"), expected, "{range}");
        let compute: Vec<_> = expected.iter().map(|(from, _)| (*from, 500)).collect();
        assert_eq!(points(&usage, "functionsCompute"), compute, "{range}");
    }
}

#[tokio::test]
async fn an_execution_counts_in_its_half_hour_and_not_in_one_that_is_a_day_old() {
    // It is 12:10: the last half-hour began at 12:00, the first 23 h and 30 min before.
    let noon = DAY_MS / 2;
    let first = noon - 47 * HALF_HOUR_MS;
    let times = [noon, noon - 1, first, first, first - 1];
    let (dock, function, midnight, clock) = with_executions_at(&times).await;

    let now = usage(&dock.key(), &function, "24h").await;
    assert_eq!(
        points(&now, "functionsExecutions"),
        [
            (midnight + first, 2),
            (midnight + noon - HALF_HOUR_MS, 1),
            (midnight + noon, 1)
        ]
    );

    clock.advance(HALF_HOUR_MS / 1000);
    let later = usage(&dock.key(), &function, "24h").await;
    assert_eq!(
        points(&later, "functionsExecutions"),
        [(midnight + noon - HALF_HOUR_MS, 1), (midnight + noon, 1)],
        "time goes on by itself"
    );
}
