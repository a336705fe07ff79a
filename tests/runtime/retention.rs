//! What becomes of executions that ended long ago, and of the oldest beyond a size. A server looks at its start,
//! so these tests start it again instead of waiting for its next round.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use drydock_tests::{
    Chance, Clock, Console, Databases, Deployed, Dock, Draft, Folder, Launch, Receiver, Reply, Witness,
    process, until,
};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

const DAY_SECS: i64 = 24 * 60 * 60;
/// The smallest bound that can be set.
const SMALL_BYTES: u64 = 10_000_000;

fn launch(folder: &Folder) -> Launch {
    Dock::launch().on(folder)
}

async fn small(folder: &Folder) -> Dock {
    launch(folder)
        .env("DRYDOCK_RETENTION__MAX_BYTES", SMALL_BYTES.to_string())
        .start()
        .await
}

fn path(execution: &str) -> String {
    format!("/projects/default/executions/{execution}")
}

async fn is_there(console: &Console, execution: &str) -> bool {
    let answer = console.request("GET", &path(execution)).send_unchecked().await;
    assert!([200, 404].contains(&answer.status), "{answer}");
    answer.status == 200
}

async fn gone(console: &Console, execution: &str) {
    until(&format!("execution {execution} is removed"), async || {
        (!is_there(console, execution).await).then_some(())
    })
    .await;
}

async fn pin(console: &Console, execution: &str, pinned: bool) {
    let answer = console
        .request("PATCH", &path(execution))
        .json(&json!({ "pinned": pinned }))
        .send_unchecked()
        .await;
    answer.expect_status(200);
    assert_eq!(answer.json()["pinned"], pinned, "{answer}");
}

async fn run(dock: &Dock, function: &Deployed) -> String {
    let run = dock.key().run(function, "").await;
    run["$id"].as_str().unwrap().to_owned()
}

/// A function that writes 4 MB.
async fn writer(dock: &Dock) -> Deployed {
    let script = "head -c 4000000 /dev/zero | tr '\\0' x";
    dock.key().deploy(Draft::shell(script)).await
}

fn databases(folder: &Folder) -> [PathBuf; 2] {
    ["drydock.db", "logs.db"].map(|name| folder.data().join(name))
}

fn stored_bytes(folder: &Folder) -> u64 {
    let files = databases(folder);
    files.iter().map(|file| file.metadata().unwrap().len()).sum()
}

async fn used_bytes(console: &Console) -> u64 {
    let status = console.get("/status").await;
    status["retention"]["usedBytes"].as_u64().unwrap()
}

#[tokio::test]
async fn what_ended_two_weeks_ago_goes_and_what_is_younger_or_pinned_stays() {
    let (folder, clock) = (Folder::new(), Clock::new());
    let before = launch(&folder).clock(&clock).start().await;
    let function = before.key().deploy(Draft::shell("echo kept")).await;
    let (old, pinned, unpinned) = (
        run(&before, &function).await,
        run(&before, &function).await,
        run(&before, &function).await,
    );
    let console = before.console().await;
    pin(&console, &pinned, true).await;
    pin(&console, &unpinned, true).await;
    pin(&console, &unpinned, false).await;
    let status = console.get("/status").await;
    assert_eq!(status["retention"]["removedUpToMs"], Value::Null);
    clock.advance(10 * DAY_SECS);
    let young = run(&before, &function).await;
    clock.advance(5 * DAY_SECS);
    before.interrupt().await;

    let after = launch(&folder).clock(&clock).start().await;

    let console = after.another_console().await;
    gone(&console, &old).await;
    gone(&console, &unpinned).await;
    let removed_up_to = console.get("/status").await["retention"]["removedUpToMs"].clone();
    let young_ended = console.get(&path(&young)).await["endedAtMs"].clone();
    assert!(
        removed_up_to.as_i64().unwrap() < young_ended.as_i64().unwrap(),
        "said of what is gone: {removed_up_to}"
    );
    for kept in [&pinned, &young] {
        assert!(is_there(&console, kept).await);
        assert_eq!(console.log(kept).await[0].text, "kept\n");
    }
    let list = after
        .key()
        .get(&format!("{}/executions", function.path()))
        .ok(200)
        .await;
    let ids: Vec<_> = list["executions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["$id"].as_str().unwrap())
        .collect();
    assert_eq!((ids, &list["sum"]), (vec![young.as_str(), &pinned], &json!(2)));
    let answer = console
        .request("PATCH", &path(&old))
        .json(&json!({ "pinned": true }))
        .send_unchecked()
        .await;
    assert_eq!(answer.status, 404, "what is gone cannot be pinned: {answer}");
}

#[tokio::test]
async fn events_and_deliveries_go_with_their_age_but_what_is_still_to_be_told_stays() {
    let (folder, clock) = (Folder::new(), Clock::new());
    let before = launch(&folder).clock(&clock).start().await;
    let receiver = Receiver::start().await;
    let hook = json!({
        "name": "Hook", "events": ["teams.create"], "url": receiver.url("/"), "security": true,
    });
    let webhooks = before.home().path("webhooks");
    let made = before.console_owner().post(&webhooks).json(&hook).ok(201).await;
    let deliveries = format!(
        "/projects/default/webhooks/{}/deliveries?limit=100",
        made["$id"].as_str().unwrap()
    );
    let told = async |console: &Console| -> Vec<(Value, usize)> {
        let list = console.get(&deliveries).await;
        let rows = list["deliveries"].as_array().unwrap().iter();
        rows.map(|row| (row["status"].clone(), row["attempts"].as_array().unwrap().len()))
            .collect()
    };
    let create = async |dock: &Dock, team: &str| {
        let body = json!({ "teamId": team, "name": team });
        dock.key().post("/v1/teams").json(&body).ok(201).await;
    };
    let console = before.console().await;
    create(&before, "old").await;
    until("the old one is delivered", async || {
        (told(&console).await == [(json!("delivered"), 1)]).then_some(())
    })
    .await;
    receiver.answers(Reply::Status(500, String::new()));
    create(&before, "old-and-waiting").await;
    until("the other one was tried", async || {
        (told(&console).await.get(1) == Some(&(json!("waiting"), 1))).then_some(())
    })
    .await;
    // It is due again only after the server has ended.
    before.interrupt().await;
    clock.advance(15 * DAY_SECS);
    receiver.answers(Reply::Silence);

    let after = launch(&folder).clock(&clock).start().await;

    let console = after.another_console().await;
    until("the old one is gone, with its event", async || {
        let events = console.get("/projects/default/events?search=teams.create").await;
        let is_gone = told(&console).await == [(json!("waiting"), 1)] && events["sum"] == 1;
        is_gone.then_some(())
    })
    .await;
    // Its payload is still there.
    let sent = receiver.received_after(3).await;
    assert!(sent[2].body.contains("old-and-waiting"));
}

#[tokio::test]
async fn what_has_waited_for_weeks_still_runs() {
    let (folder, clock) = (Folder::new(), Clock::new());
    let witness = Witness::listen().await;
    let before = launch(&folder)
        .clock(&clock)
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "1")
        .start()
        .await;
    let draft = Draft::new("node-20.0", "node-witness", "node index.js")
        .set("timeout", 900)
        .var("WITNESS_PORT", &witness.port());
    let holder = before.key().deploy(draft).await;
    let quick = before.key().deploy(Draft::shell("echo ran")).await;
    let running = before.key().execute(&holder, "").await;
    witness.visited_by(1).await;
    let waiting = before.key().execute(&quick, "").await;
    clock.advance(20 * DAY_SECS);
    before.crash();

    let after = launch(&folder).clock(&clock).start().await;

    let waited = after.key().finished(&quick, &waiting).await;
    assert_eq!(waited["stdout"], "ran\n", "{waited}");
    let interrupted = after.key().finished(&holder, &running).await;
    assert_eq!(
        interrupted["status"], "failed",
        "it ended just now: {interrupted}"
    );
}

#[tokio::test]
async fn beyond_the_size_the_oldest_go_and_the_files_shrink() {
    let folder = Folder::new();
    let before = launch(&folder).start().await;
    let function = writer(&before).await;
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(run(&before, &function).await);
    }
    let console = before.console().await;
    pin(&console, &ids[0], true).await;
    assert!(used_bytes(&console).await > 2 * SMALL_BYTES);
    before.interrupt().await;
    assert!(stored_bytes(&folder) > 2 * SMALL_BYTES);

    let after = small(&folder).await;

    let console = after.another_console().await;
    // Two of 4 MB fit under 10 MB, the pinned one and the newest.
    for id in &ids[1..4] {
        gone(&console, id).await;
    }
    until("the files are as small as they may be", async || {
        (stored_bytes(&folder) <= SMALL_BYTES).then_some(())
    })
    .await;
    assert!(used_bytes(&console).await <= SMALL_BYTES);
    for kept in [&ids[0], &ids[4]] {
        assert!(is_there(&console, kept).await);
        let text: usize = console.log(kept).await.iter().map(|frame| frame.text.len()).sum();
        assert_eq!(text, 4_000_000);
    }
}

#[tokio::test]
async fn under_the_size_nothing_goes() {
    let folder = Folder::new();
    let before = launch(&folder).start().await;
    let function = writer(&before).await;
    let ids = [run(&before, &function).await, run(&before, &function).await];
    before.interrupt().await;
    // A server that has something to remove, so that it is seen to have looked.
    let clock = Clock::new();
    let old = launch(&folder).clock(&clock).start().await;
    clock.advance(-15 * DAY_SECS);
    let third = run(&old, &function).await;
    clock.advance(15 * DAY_SECS);
    old.interrupt().await;

    let after = small(&folder).await;

    let console = after.another_console().await;
    until("a whole round is over", async || {
        after.log().contains("old executions were removed").then_some(())
    })
    .await;
    assert!(!is_there(&console, &third).await);
    for kept in &ids {
        assert!(is_there(&console, kept).await);
    }
}

#[tokio::test]
async fn the_retention_in_force_is_told() {
    let dock = Dock::launch().env("DRYDOCK_RETENTION__DAYS", "3").start().await;

    let status: Value = dock.console().await.get("/status").await;

    let retention = &status["retention"];
    assert_eq!(
        (&retention["days"], &retention["maxBytes"]),
        (&json!(3), &json!(2_000_000_000_u64)),
        "{status}"
    );
    assert!(retention["usedBytes"].as_u64().unwrap() > 0, "{status}");
    let doctor = dock
        .command()
        .arg("doctor")
        .env("DRYDOCK_RETENTION__DAYS", "3")
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&doctor.stdout).into_owned();
    assert!(
        said.contains("executions are kept 3 days, and 2.0 GB at most"),
        "{said}"
    );
}

/// Executions whose tag is deleted before their turn: each ends at once, with a line of output.
async fn many_that_ended(dock: &Dock, count: usize) -> Deployed {
    let key = dock.key();
    let witness = Witness::listen().await;
    let draft = Draft::new("node-20.0", "node-witness", "node index.js").var("WITNESS_PORT", &witness.port());
    let holder = key.deploy(draft).await;
    let holding = key.execute(&holder, "").await;
    witness.visited_by(1).await;
    let function = key.deploy(Draft::shell("true")).await;
    let mut last = String::new();
    for _ in 0..count {
        last = key.execute(&function, "").await;
    }
    key.delete(&format!("{}/tags/{}", function.path(), function.tag))
        .ok(204)
        .await;
    witness.open();
    key.finished(&holder, &holding).await;
    assert_eq!(key.finished(&function, &last).await["exitCode"], 127);
    function
}

#[tokio::test]
async fn a_kill_in_the_middle_of_removing_shows_nothing_without_its_output_and_leaves_none() {
    let (folder, clock) = (Folder::new(), Clock::new());
    let launch = || {
        let launch = launch(&folder).clock(&clock);
        launch
            .env("DRYDOCK_RETENTION__DAYS", "1")
            .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "1")
    };
    let (count, mut chance) = (900, Chance::new(1));
    let before = launch().start().await;
    let function = many_that_ended(&before, count).await;
    before.interrupt().await;
    clock.advance(2 * DAY_SECS);

    let shown = async |dock: &Dock| {
        let path = format!("{}/executions", function.path());
        let list = dock.key().get(&path).query(&[("limit", "1")]).ok(200).await;
        usize::try_from(list["sum"].as_u64().unwrap()).unwrap()
    };
    // A server that stands still has left what a kill would leave; one start is enough for many such moments.
    let dock = launch().start().await;
    let mut moments = 0;
    loop {
        tokio::time::sleep(Duration::from_micros(chance.below(2000) as u64)).await;
        process::stop(dock.pid()).await;
        let left = all_with_their_output(&folder);
        if left < count / 3 {
            break;
        }
        moments += usize::from(left < count);
        dock.signal(Signal::SIGCONT);
    }
    assert!(moments > 0, "no look came in the middle");
    dock.crash();

    let after = launch().start().await;
    until("all are removed", async || {
        (shown(&after).await == 0).then_some(())
    })
    .await;
    until("the round is over", async || {
        after.log().contains("old executions were removed").then_some(())
    })
    .await;
    after.crash();
    let databases = Databases::of(&folder.data());
    assert_eq!(databases.executions(), databases.outputs());
}

/// Sees that no execution is shown whose output was removed, in the files of a server that does not run; answers how
/// many executions there are.
fn all_with_their_output(folder: &Folder) -> usize {
    let databases = Databases::of(&folder.data());
    let executions = databases.executions();
    let outputs: HashSet<_> = databases.outputs().into_iter().collect();
    let without = executions.iter().find(|id| !outputs.contains(*id));
    assert_eq!(without, None, "it is shown, and its output is removed");
    executions.len()
}
