//! Contract §5: a scheduled function runs when its minute comes, once, whatever becomes of the clock and the server.
//!
//! The server's clock is moved into the next minutes. It looks at it every 20 s, and whenever a function changes: a
//! test that does not want to wait makes some other function.

use drydock_tests::{Clock, Console, Deployed, Disk, Dock, Draft, Folder, Launch, Witness, until};
use serde_json::{Value, json};

use crate::disk;

const MINUTE_SECS: i64 = 60;
const HOUR_SECS: i64 = 60 * MINUTE_SECS;
/// After a minute has begun, where tests put the clock: 55 s before another one begins by itself.
const JUST_AFTER_SECS: i64 = 5;

/// A server, its data and its clock.
struct World {
    clock: Clock,
    dock: Dock,
    console: Console,
}

impl World {
    async fn begin() -> Self {
        Self::of(Dock::launch()).await
    }

    async fn of(launch: Launch) -> Self {
        let clock = Clock::new();
        to_minute(&clock, 1);
        let dock = launch.clock(&clock).start().await;
        let console = dock.console().await;
        Self { clock, dock, console }
    }

    /// Another server on what this one left.
    async fn restarted_on(folder: &Folder, clock: Clock) -> Self {
        let dock = Dock::launch().on(folder).clock(&clock).start().await;
        let console = dock.another_console().await;
        Self { clock, dock, console }
    }

    fn crash(self) -> (Folder, Clock) {
        (self.dock.crash(), self.clock)
    }

    /// A function that runs by that schedule from now on.
    async fn scheduled(&self, schedule: &str) -> Deployed {
        let draft = Draft::shell("echo ran").set("schedule", schedule);
        self.dock.key().deploy(draft).await
    }

    /// A schedule that is due once a day, so many minutes from now.
    fn in_minutes(&self, minutes: i64) -> String {
        let minute = self.clock.unix_secs() / MINUTE_SECS + minutes;
        format!("{} {} * * *", minute % 60, minute / 60 % 24)
    }

    /// Moves the clock into a later minute, or an earlier one, and has the server look. Answers when that minute began.
    async fn pass(&self, minutes: i64) -> i64 {
        let minute = to_minute(&self.clock, minutes);
        self.dock.key().create_function().await;
        minute
    }

    /// The minutes in which its schedule ran it, the oldest first.
    async fn runs(&self, function: &Deployed) -> Vec<i64> {
        let path = format!("/projects/default/functions/{}/executions?limit=100", function.id);
        let page = self.console.get(&path).await;
        let rows = page["executions"].as_array().unwrap().iter().rev();
        let by_schedule = rows.filter(|row| row["trigger"] == "schedule");
        let minute = |row: &Value| {
            let secs = row["queuedAtMs"].as_i64().unwrap() / 1000;
            secs - secs % MINUTE_SECS
        };
        by_schedule.map(minute).collect()
    }

    /// Waits until it has run so often by its schedule.
    async fn ran(&self, function: &Deployed, times: usize) -> Vec<i64> {
        until(&format!("{times} runs of {}", function.id), async || {
            let runs = self.runs(function).await;
            (runs.len() >= times).then_some(runs)
        })
        .await
    }

    async fn never_ran(&self, function: &Deployed) {
        let runs = self.runs(function).await;
        assert!(runs.is_empty(), "{} ran in {runs:?}", function.id);
    }

    /// Waits until the server has looked at all schedules in a later minute: what is due first fires first, and a function
    /// that is due in just that minute has run.
    async fn looked(&self, minutes: i64) -> i64 {
        let sentinel = self.scheduled(&self.in_minutes(minutes)).await;
        let minute = self.pass(minutes).await;
        self.ran(&sentinel, 1).await;
        minute
    }

    async fn times(&self, function: &Deployed) -> [Value; 2] {
        let shown = self.dock.key().get(&function.path()).ok(200).await;
        ["schedulePrevious", "scheduleNext"].map(|field| shown[field].clone())
    }
}

/// Moves a clock just after the beginning of a later minute, or an earlier one.
fn to_minute(clock: &Clock, minutes: i64) -> i64 {
    let now = clock.unix_secs();
    let minute = now - now % MINUTE_SECS + minutes * MINUTE_SECS;
    clock.advance(minute + JUST_AFTER_SECS - now);
    minute
}

#[tokio::test]
async fn a_function_runs_once_in_each_minute_of_its_schedule_and_is_told_so() {
    let world = World::begin().await;
    let script = "echo \"$APPWRITE_FUNCTION_TRIGGER,$APPWRITE_FUNCTION_DATA,$APPWRITE_FUNCTION_USER_ID,$APPWRITE_FUNCTION_JWT\"";
    let draft = Draft::shell(script).set("schedule", "* * * * *");
    let key = world.dock.key();
    let function = key.deploy(draft).await;
    let mut minutes = Vec::new();
    for times in 1..=3 {
        minutes.push(world.pass(1).await);
        assert_eq!(world.ran(&function, times).await, minutes);
    }

    let newest = minutes[2];
    assert_eq!(
        world.times(&function).await,
        [json!(newest), json!(newest + MINUTE_SECS)]
    );
    let list = key.get(&format!("{}/executions", function.path())).ok(200).await;
    let id = list["executions"][0]["$id"].as_str().unwrap();
    let run = key.finished(&function, id).await;
    let told = ["trigger", "$read", "status", "stdout"].map(|field| run[field].clone());
    assert_eq!(
        told,
        [
            json!("schedule"),
            json!([]),
            json!("completed"),
            json!("schedule,,,\n")
        ]
    );
    let row = world
        .console
        .get(&format!("/projects/default/executions/{id}"))
        .await;
    assert_eq!(row["caller"], "schedule", "{row}");
}

#[tokio::test]
async fn a_minute_that_begins_is_fired_by_a_timer() {
    let world = World::begin().await;
    let function = world.scheduled("* * * * *").await;
    // Some seconds before a minute, which then begins by itself.
    let now = world.clock.unix_secs();
    world.clock.advance(2 * MINUTE_SECS - now % MINUTE_SECS - 8);
    let minute = now - now % MINUTE_SECS + 2 * MINUTE_SECS;
    world.dock.key().create_function().await;

    // The minute before is behind the clock as well.
    assert_eq!(
        world.ran(&function, 2).await,
        [minute - MINUTE_SECS, minute],
        "one for the minute that was jumped into"
    );
}

#[tokio::test]
async fn a_clock_that_was_set_is_noticed_without_anything_else_that_happens() {
    let world = World::begin().await;
    let function = world.scheduled(&world.in_minutes(30)).await;
    let minute = to_minute(&world.clock, 30);
    assert_eq!(world.ran(&function, 1).await, [minute]);
}

#[tokio::test]
async fn what_was_missed_in_half_an_hour_of_sleep_runs_once() {
    let world = World::begin().await;
    let often = world.scheduled("* * * * *").await;
    let once = world.scheduled(&world.in_minutes(10)).await;

    let minute = world.pass(30).await;
    assert_eq!(world.ran(&often, 1).await, [minute]);
    assert_eq!(world.ran(&once, 1).await, [minute]);
    let shown = world.times(&once).await;
    assert_eq!(shown[0], minute - 20 * MINUTE_SECS, "the minute that was missed");

    let next = world.looked(1).await;
    assert_eq!(world.ran(&often, 2).await, [minute, next]);
    assert_eq!(world.runs(&once).await, [minute]);
}

#[tokio::test]
async fn what_was_missed_two_hours_ago_is_left_out_and_the_minute_of_now_is_not() {
    let world = World::begin().await;
    let often = world.scheduled("* * * * *").await;
    let once = world.scheduled(&world.in_minutes(10)).await;
    let [_, next] = world.times(&once).await;

    let minute = world.looked(120).await;

    assert_eq!(world.ran(&often, 1).await, [minute]);
    world.never_ran(&once).await;
    let tomorrow = next.as_i64().unwrap() + 24 * HOUR_SECS;
    assert_eq!(world.times(&once).await, [json!(0), json!(tomorrow)]);
    assert!(world.dock.log().contains("is left out"), "the log says so");
    let lines = world
        .console
        .get("/projects/default/activity?kind=schedules")
        .await["lines"]
        .clone();
    let skipped: Vec<_> = lines
        .as_array()
        .unwrap()
        .iter()
        .filter(|line| line["note"]["what"] == "schedule-skipped")
        .collect();
    assert_eq!(skipped.len(), 1, "and so does the activity: {lines}");
    assert_eq!(skipped[0]["function"]["id"], once.id);
}

#[tokio::test]
async fn minutes_that_come_again_after_a_jump_back_do_not_run_again() {
    let world = World::begin().await;
    let function = world.scheduled("* * * * *").await;
    let first = world.pass(1).await;
    world.ran(&function, 1).await;
    let second = world.pass(1).await;
    world.ran(&function, 2).await;

    // Back by an hour, and to the end of that hour.
    world.pass(-60).await;
    world.looked(30).await;
    world.looked(30).await;
    assert_eq!(world.runs(&function).await, [first, second]);

    let third = world.looked(1).await;
    assert_eq!(world.ran(&function, 3).await, [first, second, third]);
}

#[tokio::test]
async fn a_killed_server_neither_loses_nor_doubles_a_minute() {
    let mut world = World::begin().await;
    let function = world.scheduled("* * * * *").await;
    let mut minutes = Vec::new();
    for round in 0..6 {
        minutes.push(to_minute(&world.clock, 1));
        // Killed wherever it is with this minute, or before it has seen it.
        if round % 2 == 0 {
            world.dock.key().create_function().await;
        }
        let (folder, clock) = world.crash();
        world = World::restarted_on(&folder, clock).await;
        assert_eq!(world.ran(&function, minutes.len()).await, minutes);
    }
    // And once more in a minute that has run, also when its clock is an hour behind.
    world.clock.advance(-HOUR_SECS);
    let (folder, clock) = world.crash();
    let world = World::restarted_on(&folder, clock).await;
    world.looked(1).await;
    assert_eq!(world.runs(&function).await, minutes);
}

#[tokio::test]
async fn what_was_missed_while_no_server_ran_runs_once_if_that_is_not_long_ago() {
    let world = World::begin().await;
    let lately = world.scheduled(&world.in_minutes(90)).await;
    let long_ago = world.scheduled(&world.in_minutes(10)).await;
    let (folder, clock) = world.crash();

    let minute = to_minute(&clock, 120);
    let world = World::restarted_on(&folder, clock).await;

    assert_eq!(world.ran(&lately, 1).await, [minute]);
    world.looked(1).await;
    assert_eq!(world.runs(&lately).await, [minute]);
    world.never_ran(&long_ago).await;
}

#[tokio::test]
async fn a_schedule_that_was_changed_or_removed_does_not_run_any_more() {
    let world = World::begin().await;
    let key = world.dock.key();
    let changed = world.scheduled(&world.in_minutes(10)).await;
    let removed = world.scheduled(&world.in_minutes(10)).await;
    let renamed = world.scheduled(&world.in_minutes(10)).await;
    let hourly = json!({ "name": "n", "schedule": world.in_minutes(20) });
    key.put(&changed.path()).json(&hourly).ok(200).await;
    let none = json!({ "name": "n" });
    key.put(&removed.path()).json(&none).ok(200).await;
    let same = json!({ "name": "n", "schedule": world.in_minutes(10) });
    key.put(&renamed.path()).json(&same).ok(200).await;

    let minute = world.looked(10).await;
    assert_eq!(world.ran(&renamed, 1).await, [minute]);
    let later = world.looked(10).await;

    assert_eq!(world.ran(&changed, 1).await, [later]);
    world.never_ran(&removed).await;
    assert_eq!(world.runs(&renamed).await, [minute]);
}

#[tokio::test]
async fn a_save_of_new_code_does_not_lose_the_minute_that_is_due() {
    let world = World::begin().await;
    let key = world.dock.key();
    let function = world.scheduled("* * * * *").await;
    let code = drydock_tests::archive::one_file("main.sh", "echo new");
    let tag = key.upload(&function.id, "sh main.sh", code).await;

    // The server has not looked yet, and the change is what has it look.
    let minute = to_minute(&world.clock, 1);
    key.activate(&function.id, &tag).await;

    assert_eq!(world.ran(&function, 1).await, [minute]);
    let list = key.get(&format!("{}/executions", function.path())).ok(200).await;
    let id = list["executions"][0]["$id"].as_str().unwrap();
    assert_eq!(key.finished(&function, id).await["stdout"], "new\n");
}

#[tokio::test]
async fn without_an_active_tag_nothing_runs() {
    let world = World::begin().await;
    let key = world.dock.key();
    let body = json!({ "functionId": "bare", "name": "n", "runtime": "node-20.0", "schedule": "* * * * *" });
    key.post("/v1/functions").json(&body).ok(201).await;
    let bare = Deployed {
        id: "bare".to_owned(),
        tag: String::new(),
    };
    let function = world.scheduled("* * * * *").await;
    let tag = format!("{}/tags/{}", function.path(), function.tag);
    key.delete(&tag).ok(204).await;

    world.looked(1).await;

    world.never_ran(&bare).await;
    world.never_ran(&function).await;
    assert_eq!(world.times(&function).await, [json!(0), json!(0)]);
}

#[tokio::test]
async fn a_minute_that_finds_the_queue_full_runs_when_there_is_room() {
    let launch = Dock::launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "1")
        .env("DRYDOCK_EXECUTIONS__MAX_WAITING", "1");
    let world = World::of(launch).await;
    let (key, witness) = (world.dock.key(), Witness::listen().await);
    let held = Draft::new("node-20.0", "node-witness", "node index.js")
        .set("timeout", 900)
        .var("WITNESS_PORT", &witness.port());
    let held = key.deploy(held).await;
    key.execute(&held, "runs").await;
    witness.visited_by(1).await;
    key.execute(&held, "waits").await;
    let function = world.scheduled("* * * * *").await;

    let minute = world.pass(1).await;
    until("the log says that there is no room", async || {
        world.dock.log().contains("the queue is full").then_some(())
    })
    .await;
    world.never_ran(&function).await;
    witness.open();

    assert_eq!(world.ran(&function, 1).await, [minute]);
}

#[tokio::test]
async fn a_minute_that_finds_the_disk_full_runs_when_there_is_space() {
    let Some(disk) = Disk::of(disk::SIZE) else { return };
    let world = World::of(disk.launch()).await;
    let function = world.scheduled("* * * * *").await;
    let small = world.dock.key().create_function().await;
    disk::until_full(&disk, &world.dock, &small).await;

    let minute = to_minute(&world.clock, 1);
    until("the log says that it cannot be stored", async || {
        let log = world.dock.log();
        log.contains("schedules cannot run functions yet").then_some(())
    })
    .await;
    world.never_ran(&function).await;
    disk.free();

    assert_eq!(world.ran(&function, 1).await, [minute]);
    assert!(!world.dock.log().contains("panicked"));
}
