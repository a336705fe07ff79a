//! Replays over real HTTP: what is the same as in the execution they repeat and what is not, what is refused, and how
//! long variables are remembered for them.

use drydock_tests::stage::Stage;
use drydock_tests::{
    Answer, Clock, Console, Databases, Deployed, Dock, Draft, Folder, Witness, archive, process, until,
};
use serde_json::{Value, json};

const DAY_SECS: i64 = 24 * 60 * 60;

/// Says everything of its environment that a caller or an owner decides.
const TELLS: &str = "echo \"$WORD|$APPWRITE_FUNCTION_DATA|$APPWRITE_FUNCTION_TAG|$APPWRITE_FUNCTION_TRIGGER|\
     $APPWRITE_FUNCTION_USER_ID|${APPWRITE_FUNCTION_JWT:+jwt}\"";

fn teller(word: &str) -> Draft {
    Draft::shell(TELLS)
        .var("WORD", word)
        .set("execute", json!(["role:member"]))
}

async fn set_word(dock: &Dock, function: &Deployed, word: &str) {
    let body = json!({ "name": "f", "execute": ["role:member"], "vars": { "WORD": word }, "timeout": 15 });
    dock.key().put(&function.path()).json(&body).ok(200).await;
}

async fn try_replay(dock: &Dock, execution: &str, body: Value) -> Answer {
    let path = format!("/console/api/projects/default/executions/{execution}/replay");
    dock.owner().post(&path).json(&body).send_unchecked().await
}

/// Replays it; the row that is answered, and the replay when it has ended.
async fn replay(dock: &Dock, function: &Deployed, execution: &str, body: Value) -> (Value, Value) {
    let answer = try_replay(dock, execution, body).await;
    answer.expect_status(201);
    let row = answer.json();
    let ended = dock.key().finished(function, row["id"].as_str().unwrap()).await;
    (row, ended)
}

async fn row_of(console: &Console, execution: &str) -> Value {
    console
        .get(&format!("/projects/default/executions/{execution}"))
        .await
}

fn id_of(run: &Value) -> &str {
    run["$id"].as_str().unwrap()
}

#[tokio::test]
async fn a_replay_has_the_data_variables_tag_and_caller_of_what_it_repeats() {
    let dock = Dock::start().await;
    let stage = Stage::first(&dock);
    let function = dock.key().deploy(teller("old")).await;
    let ada = stage.user("ada").await;
    let run = ada.actor.run(&function, "grün 'n \"data\"").await;
    set_word(&dock, &function, "new").await;
    let other = dock
        .key()
        .upload(
            &function.id,
            "sh main.sh",
            archive::one_file("main.sh", "echo other"),
        )
        .await;
    dock.key().activate(&function.id, &other).await;

    let (row, ended) = replay(&dock, &function, id_of(&run), json!({})).await;

    assert_eq!(ended["stdout"], run["stdout"]);
    let said = format!("old|grün 'n \"data\"|{}|http|ada|jwt\n", function.tag);
    assert_eq!(run["stdout"], said);
    assert_eq!(
        [
            &row["status"],
            &row["replayOf"],
            &row["sameVariables"],
            &row["caller"]
        ],
        [&json!("waiting"), &run["$id"], &json!(true), &json!("user:ada")],
        "{row}"
    );
    // The user sees it as their own.
    assert_eq!(ended["$read"], json!(["user:ada"]));
    ada.actor.execution(&function, id_of(&ended)).await;
    let original = row_of(&dock.console().await, id_of(&run)).await;
    assert_eq!(
        [
            &original["replayOf"],
            &original["sameVariables"],
            &original["variablesKnown"]
        ],
        [&Value::Null, &Value::Null, &json!(true)],
        "{original}"
    );
}

#[tokio::test]
async fn a_replay_of_a_replay_is_still_the_first_one_s_wish() {
    let dock = Dock::start().await;
    let function = dock.key().deploy(teller("first")).await;
    let run = dock.key().run(&function, "x").await;
    let (_, second) = replay(&dock, &function, id_of(&run), json!({})).await;
    set_word(&dock, &function, "later").await;

    let (row, third) = replay(&dock, &function, id_of(&second), json!({})).await;

    assert_eq!(row["replayOf"], second["$id"]);
    assert_eq!(third["stdout"], run["stdout"]);
    assert_eq!(
        dock.key().run(&function, "x").await["stdout"].as_str().unwrap()[..5],
        *"later"
    );
}

#[tokio::test]
async fn another_tag_runs_with_everything_else_as_it_was() {
    let dock = Dock::start().await;
    let function = dock.key().deploy(teller("same")).await;
    let run = dock.key().run(&function, "x").await;
    let code = archive::one_file("main.sh", &format!("echo second; {TELLS}"));
    let other = dock.key().upload(&function.id, "sh main.sh", code).await;

    let (row, ended) = replay(&dock, &function, id_of(&run), json!({ "tag": other })).await;

    assert_eq!(row["tagId"], json!(other));
    assert_eq!(ended["stdout"], format!("second\nsame|x|{other}|http||\n"));
    let active = dock.key().get(&function.path()).ok(200).await;
    assert_eq!(active["tag"], function.tag, "nothing is activated");
}

#[tokio::test]
async fn a_tag_that_is_not_there_is_refused_by_its_name_and_another_one_runs() {
    let dock = Dock::start().await;
    let key = dock.key();
    let function = key.deploy(teller("x")).await;
    let run = key.run(&function, "").await;
    let code = || archive::one_file("main.sh", "echo second");
    let other = key.upload(&function.id, "sh main.sh", code()).await;
    let foreign = key.deploy(teller("y")).await.tag;
    key.delete(&format!("{}/tags/{}", function.path(), function.tag))
        .ok(204)
        .await;

    for (body, tag) in [
        (json!({}), &function.tag),
        (json!({ "tag": function.tag }), &function.tag),
        (json!({ "tag": foreign }), &foreign),
    ] {
        let refused = try_replay(&dock, id_of(&run), body).await;
        refused.expect_status(404);
        let message = refused.message();
        assert!(
            message.contains(tag.as_str()) && message.contains("Choose another tag"),
            "{message}"
        );
    }
    let refused = try_replay(&dock, id_of(&run), json!({ "tag": "../etc" })).await;
    refused.expect_status(400);

    let (_, ended) = replay(&dock, &function, id_of(&run), json!({ "tag": other })).await;
    assert_eq!(ended["stdout"], "second\n");
    let executions = key.get(&format!("{}/executions", function.path())).ok(200).await;
    assert_eq!(executions["sum"], 2, "what was refused left nothing");
}

#[tokio::test]
async fn what_waits_or_runs_is_not_replayed_and_what_is_not_there_is_not_found() {
    let dock = Dock::launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "1")
        .start()
        .await;
    Stage::another(&dock, "elsewhere").await;
    let witness = Witness::listen().await;
    let draft = Draft::new("node-20.0", "node-witness", "node index.js").var("WITNESS_PORT", &witness.port());
    let function = dock.key().deploy(draft).await;
    let running = dock.key().execute(&function, "runs").await;
    witness.visited_by(1).await;
    let waiting = dock.key().execute(&function, "waits").await;

    for id in [&running, &waiting] {
        let refused = try_replay(&dock, id, json!({})).await;
        refused.expect_status(409);
        assert!(refused.message().contains("has not ended yet"), "{refused}");
    }
    try_replay(&dock, "nobody", json!({})).await.expect_status(404);
    witness.open();
    dock.key().finished(&function, &waiting).await;
    let elsewhere = format!("/console/api/projects/elsewhere/executions/{running}/replay");
    dock.owner()
        .post(&elsewhere)
        .send_unchecked()
        .await
        .expect_status(404);
    let path = elsewhere.replace("elsewhere", "default");
    for stranger in [dock.guest(), dock.key()] {
        stranger.post(&path).send_unchecked().await.expect_status(401);
    }
}

#[tokio::test]
async fn a_session_that_has_ended_lends_the_replay_no_jwt() {
    let dock = Dock::start().await;
    let stage = Stage::first(&dock);
    let function = dock.key().deploy(teller("x")).await;
    let ada = stage.user("ada").await;
    let run = ada.actor.run(&function, "").await;
    ada.actor.delete("/v1/account/sessions/current").ok(204).await;

    let (row, ended) = replay(&dock, &function, id_of(&run), json!({})).await;

    assert_eq!(ended["stdout"], format!("x||{}|http|ada|\n", function.tag));
    assert_eq!(row["caller"], "user:ada");
}

#[tokio::test]
async fn an_execution_from_before_variables_were_kept_runs_with_those_of_now_and_says_so() {
    let folder = Folder::new();
    let before = Dock::launch().on(&folder).start().await;
    let function = before.key().deploy(teller("then")).await;
    let run = before.key().run(&function, "x").await;
    before.interrupt().await;
    Databases::change(&folder.data(), "update executions set variable_set = null");
    let dock = Dock::launch().on(&folder).start().await;
    let console = dock.another_console().await;
    assert_eq!(row_of(&console, id_of(&run)).await["variablesKnown"], false);
    set_word(&dock, &function, "now").await;

    let (row, ended) = replay(&dock, &function, id_of(&run), json!({})).await;

    assert_eq!(row["sameVariables"], false);
    assert_eq!(ended["stdout"], format!("now|x|{}|http||\n", function.tag));
    // From then on they are known.
    set_word(&dock, &function, "later").await;
    let (row, again) = replay(&dock, &function, id_of(&ended), json!({})).await;
    assert_eq!(
        (&row["sameVariables"], &again["stdout"]),
        (&json!(true), &ended["stdout"])
    );
}

#[tokio::test]
async fn a_replay_that_waits_survives_a_crash_with_its_variables() {
    let folder = Folder::new();
    let launch = || {
        Dock::launch()
            .on(&folder)
            .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "1")
    };
    let before = launch().start().await;
    let witness = Witness::listen().await;
    let holds = Draft::new("node-20.0", "node-witness", "node index.js").var("WITNESS_PORT", &witness.port());
    let holder = before.key().deploy(holds).await;
    let function = before.key().deploy(teller("old")).await;
    let run = before.key().run(&function, "x").await;
    before.key().execute(&holder, "").await;
    witness.visited_by(1).await;
    set_word(&before, &function, "new").await;
    let answer = try_replay(&before, id_of(&run), json!({})).await;
    before.crash();

    let after = launch().start().await;

    let ended = after
        .key()
        .finished(&function, answer.json()["id"].as_str().unwrap())
        .await;
    assert_eq!(ended["stdout"], run["stdout"]);
}

#[tokio::test]
async fn variables_are_forgotten_with_the_last_execution_that_ran_with_them() {
    let (folder, clock) = (Folder::new(), Clock::new());
    let launch = || Dock::launch().on(&folder).clock(&clock);
    let dock = launch().start().await;
    let function = dock.key().deploy(teller("unused")).await;
    set_word(&dock, &function, "old").await;
    dock.key().run(&function, "").await;
    clock.advance(10 * DAY_SECS);
    set_word(&dock, &function, "new").await;
    let young = dock.key().run(&function, "").await;
    dock.crash();
    let vars = |words: &[&str]| -> Vec<String> {
        words
            .iter()
            .map(|word| json!({ "WORD": word }).to_string())
            .collect()
    };
    assert_eq!(Databases::of(&folder.data()).variables(), vars(&["old", "new"]));

    clock.advance(5 * DAY_SECS);
    let dock = launch().start().await;

    until("what is old is removed", async || {
        dock.log().contains("old executions were removed").then_some(())
    })
    .await;
    dock.crash();
    assert_eq!(Databases::of(&folder.data()).variables(), vars(&["new"]));

    let dock = launch().start().await;
    let (_, ended) = replay(&dock, &function, id_of(&young), json!({})).await;
    assert_eq!(ended["stdout"], young["stdout"]);
    dock.key().delete(&function.path()).ok(204).await;
    dock.crash();
    let databases = Databases::of(&folder.data());
    assert_eq!(databases.variables(), vars(&[]));
    databases.expect_sound();
}

#[tokio::test]
async fn a_replay_takes_no_process_that_stands_by_for_something_else_and_leaves_it_in_its_place() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let key = dock.key();
    let says =
        |what: &str| archive::one_file("index.js", &format!("console.log('{what}', process.env.WORD)"));
    let draft = Draft::with_code("node-20.0", says("first"), "node index.js").var("WORD", "old");
    let function = key.deploy(draft).await;
    let run = key.run(&function, "").await;
    set_word(&dock, &function, "new").await;
    let second = key.upload(&function.id, "node index.js", says("second")).await;
    key.activate(&function.id, &second).await;
    key.run(&function, "").await;
    let stands_by = async || {
        until("one stands by", async || {
            let standby = console.get("/status").await["standby"].clone();
            (standby["processes"] == 1 && standby["memoryBytes"].as_u64() > Some(0)).then_some(())
        })
        .await;
        process::descendants(dock.pid())
    };
    let waiting = stands_by().await;

    // Other variables and another tag, another tag alone, other variables alone.
    for (body, said) in [
        (json!({}), "first old\n"),
        (json!({ "tag": second }), "second old\n"),
    ] {
        let (row, ended) = replay(&dock, &function, id_of(&run), body).await;
        assert_eq!(ended["stdout"], said);
        let row = row_of(&console, row["id"].as_str().unwrap()).await;
        assert_eq!(row["record"]["standby"], false, "{row}");
        assert_eq!(stands_by().await, waiting, "it stands by still");
    }

    // What is the same again may be taken by it.
    let newest = key.run(&function, "").await;
    assert_eq!(row_of(&console, id_of(&newest)).await["record"]["standby"], true);
    stands_by().await;
    let (row, ended) = replay(&dock, &function, id_of(&newest), json!({})).await;
    assert_eq!(ended["stdout"], "second new\n");
    assert_eq!(
        row_of(&console, row["id"].as_str().unwrap()).await["record"]["standby"],
        true
    );
}

#[tokio::test]
async fn an_execution_can_be_of_another_tag_than_the_active_one() {
    let dock = Dock::start().await;
    let key = dock.key();
    let function = key.deploy(teller("x")).await;
    let code = archive::one_file("main.sh", "echo second");
    let other = key.upload(&function.id, "sh main.sh", code).await;
    let path = format!(
        "/console/api/projects/default/functions/{}/executions",
        function.id
    );
    let ask = async |body: Value| dock.owner().post(&path).json(&body).send_unchecked().await;

    let answer = ask(json!({ "data": "x", "tag": other })).await;

    answer.expect_status(201);
    let ended = key
        .finished(&function, answer.json()["id"].as_str().unwrap())
        .await;
    assert_eq!(ended["stdout"], "second\n");
    let refused = ask(json!({ "tag": "nobody" })).await;
    refused.expect_status(404);
    assert!(refused.message().contains("Tag nobody is not there"), "{refused}");
    let refused = ask(json!({ "tag": other, "as": "guest" })).await;
    refused.expect_status(401);
}
