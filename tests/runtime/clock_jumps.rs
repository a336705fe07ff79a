//! A wall clock that jumps an hour, as after a night's sleep or a correction: what measures goes on measuring, what is
//! kept stays, and nobody is locked in or out.

use drydock_tests::{Clock, Dock, Draft, Folder, Witness, process, until};
use serde_json::json;

const HOUR_SECS: i64 = 60 * 60;
const DAY_SECS: i64 = 24 * HOUR_SECS;
const JUMPS: [i64; 2] = [HOUR_SECS, -HOUR_SECS];

#[tokio::test]
async fn executions_last_as_long_as_they_last_and_end_at_their_timeout() {
    for jump in JUMPS {
        let clock = Clock::new();
        let dock = Dock::launch().clock(&clock).start().await;
        let (key, witness, mark) = (dock.key(), Witness::listen().await, process::mark());
        // An hour would be over both timeouts.
        let held = Draft::new("node-20.0", "node-witness", "node index.js")
            .set("timeout", 900)
            .var("WITNESS_PORT", &witness.port());
        let held = key.deploy(held).await;
        let sleeper = Draft::shell("sleep 600")
            .set("timeout", 2)
            .var(process::MARK, &mark);
        let sleeper = key.deploy(sleeper).await;
        let (before, slept) = (key.execute(&held, "x").await, key.execute(&sleeper, "").await);
        witness.visited_by(1).await;
        process::running(&mark, 1).await;

        clock.advance(jump);

        let slept = key.finished(&sleeper, &slept).await;
        assert_eq!(slept["exitCode"], 124, "{slept}");
        process::none_left(&mark).await;
        assert_eq!(key.execution(&held, &before).await["status"], "processing");
        let after = key.execute(&held, "y").await;
        witness.visited_by(2).await;
        witness.open();
        for (id, data) in [(&before, "x"), (&after, "y")] {
            let run = key.finished(&held, id).await;
            assert_eq!(run["stdout"], format!("done {data}\n"), "{run}");
            let secs = run["time"].as_f64().unwrap();
            assert!((0.0..900.0).contains(&secs), "{run}");
        }
        let secs = slept["time"].as_f64().unwrap();
        assert!((2.0..900.0).contains(&secs), "{slept}");
        // The newest first, whatever the time says.
        let list = key.get(&format!("{}/executions", held.path())).ok(200).await;
        let ids: Vec<_> = list["executions"].as_array().unwrap().iter().collect();
        let ids: Vec<_> = ids.iter().map(|row| row["$id"].as_str().unwrap()).collect();
        assert_eq!(ids, [after.as_str(), &before]);
    }
}

#[tokio::test]
async fn who_is_signed_in_stays_so_and_a_token_is_as_old_as_the_clock_says() {
    let clock = Clock::new();
    let dock = Dock::launch().clock(&clock).start().await;
    let (ada, console) = (dock.sign_up("ada").await, dock.console().await);
    let by_jwt = ada.by_jwt().await;

    for jump in [HOUR_SECS, -HOUR_SECS, -HOUR_SECS, HOUR_SECS] {
        clock.advance(jump);
        assert_eq!(ada.account().await["$id"], "ada");
        assert_eq!(ada.again().await.account().await["$id"], "ada");
        console.get("/status").await;
    }
    assert_eq!(by_jwt.get("/v1/account").ok(200).await["$id"], "ada");
    clock.advance(HOUR_SECS);
    by_jwt.get("/v1/account").refused(401).await;
}

#[tokio::test]
async fn a_window_of_a_rate_limit_ends_after_a_jump_and_begins_anew() {
    for jump in JUMPS {
        let clock = Clock::new();
        let dock = Dock::launch().clock(&clock).start().await;
        let ada = dock.sign_up("ada").await;
        let function = dock.key().create_function().await;
        let path = format!("/v1/functions/{function}/executions");
        // It has no code: the calls are counted and cost nothing.
        let call = async || ada.post(&path).send().await.status;
        let counted = async || {
            let mut calls = 0;
            while call().await != 429 {
                calls += 1;
            }
            calls
        };
        assert_eq!(counted().await, 60);

        clock.advance(jump);

        assert_eq!(counted().await, 60, "after {jump} s");
    }
}

#[tokio::test]
async fn retention_counts_days_also_when_the_clock_jumps_an_hour() {
    let (folder, clock) = (Folder::new(), Clock::new());
    let launch = || {
        let launch = Dock::launch().on(&folder).clock(&clock);
        launch.env("DRYDOCK_RETENTION__DAYS", "1")
    };
    clock.advance(-2 * DAY_SECS);
    let dock = launch().start().await;
    let function = dock.key().deploy(Draft::shell("echo kept")).await;
    let old = dock.key().run(&function, "").await["$id"].clone();
    clock.advance(2 * DAY_SECS);
    let young = dock.key().run(&function, "").await["$id"].clone();
    dock.interrupt().await;

    // A server looks at its start. That it has looked is seen by what it removed.
    clock.advance(HOUR_SECS);
    let dock = launch().start().await;
    until("the old one is removed", async || {
        dock.log().contains("old executions were removed").then_some(())
    })
    .await;
    let listed = async |dock: &Dock| {
        let path = format!("{}/executions", function.path());
        let list = dock.key().get(&path).ok(200).await;
        let rows = list["executions"].as_array().unwrap().clone();
        let ids: Vec<_> = rows.iter().map(|row| row["$id"].clone()).collect();
        ids
    };
    assert_eq!(listed(&dock).await, vec![young.clone()], "not {old}");
    dock.crash();

    // Back by two hours: what is there is from the future, and stays.
    clock.advance(-2 * HOUR_SECS);
    let dock = launch().start().await;
    let newest = dock.key().run(&function, "").await;
    assert_eq!(newest["stdout"], "kept\n");
    assert_eq!(listed(&dock).await, [newest["$id"].clone(), young]);
    assert_eq!(json!(newest["status"]), "completed");
}
