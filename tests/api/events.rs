//! Contract §8: events. Which calls emit which, with what payload; what they start; and that nothing feeds itself.

use drydock_tests::{Actor, Deployed, Dock, Draft, until};
use serde_json::{Value, json};

const EVENTS: &str = "/console/api/projects/default/events";

async fn console(dock: &Dock, path: &str) -> Value {
    let answer = dock.owner().get(path).send_unchecked().await;
    answer.expect_status(200);
    answer.json()
}

/// The project's events, oldest first, with their payloads.
async fn history(dock: &Dock) -> Vec<Value> {
    let list = console(dock, &format!("{EVENTS}?limit=100")).await;
    let mut events = Vec::new();
    for row in list["events"].as_array().unwrap() {
        events.push(console(dock, &format!("{EVENTS}/{}", row["id"].as_str().unwrap())).await);
    }
    events
}

/// The names of what was emitted since `before` events, with the payload of the last.
async fn since(dock: &Dock, before: usize) -> (Vec<String>, Value) {
    let events = history(dock).await.split_off(before);
    let names = events
        .iter()
        .map(|event| event["name"].as_str().unwrap().to_owned());
    let payload = events
        .last()
        .map_or(Value::Null, |event| event["payload"].clone());
    (names.collect(), payload)
}

/// A function that listens, and prints which event it got.
async fn listener(dock: &Dock, id: &str, events: &[&str]) -> Deployed {
    let script = "echo \"$APPWRITE_FUNCTION_TRIGGER $APPWRITE_FUNCTION_EVENT user=$APPWRITE_FUNCTION_USER_ID \
                  jwt=$APPWRITE_FUNCTION_JWT data=$APPWRITE_FUNCTION_DATA\"; echo \"$APPWRITE_FUNCTION_EVENT_DATA\"";
    let draft = Draft::shell(script)
        .set("functionId", id)
        .set("events", events.to_vec());
    dock.key().deploy(draft).await
}

/// The executions of a function, oldest first, once that many have ended.
async fn runs(dock: &Dock, function: &Deployed, count: usize) -> Vec<Value> {
    until(
        &format!("{count} executions of {} have ended", function.id),
        async || {
            let list = dock
                .key()
                .get(&format!("{}/executions?limit=100", function.path()))
                .ok(200)
                .await;
            let all = list["executions"].as_array().unwrap().clone();
            let over = |run: &&Value| matches!(run["status"].as_str(), Some("completed" | "failed"));
            (all.iter().filter(over).count() >= count).then_some(all)
        },
    )
    .await
}

async fn sign_up(guest: &Actor, id: &str) -> Value {
    let body = json!({
        "userId": id, "email": format!("{id}@example.com"), "password": "a password", "name": id,
    });
    guest.post("/v1/account").json(&body).ok(201).await
}

#[tokio::test]
async fn calls_about_functions_emit_what_they_answer() {
    let dock = Dock::start().await;
    let key = dock.key();
    let function = key
        .create_function_of(json!({ "functionId": "f", "name": "F", "runtime": "node-20.0" }))
        .await;
    let tag = key
        .upload(
            &function,
            "sh main.sh",
            drydock_tests::archive::one_file("main.sh", "echo hi"),
        )
        .await;
    let activated = key
        .patch("/v1/functions/f/tag")
        .json(&json!({ "tag": tag }))
        .ok(200)
        .await;
    let changed = key
        .put("/v1/functions/f")
        .json(&json!({ "name": "G" }))
        .ok(200)
        .await;
    let deployed = Deployed {
        id: function,
        tag: tag.clone(),
    };
    let ended = key.run(&deployed, "x").await;
    let stored_tag = key.get(&format!("/v1/functions/f/tags/{tag}")).ok(200).await;
    key.delete(&format!("/v1/functions/f/tags/{tag}")).ok(204).await;
    let last = key.get("/v1/functions/f").ok(200).await;
    key.delete("/v1/functions/f").ok(204).await;

    let events = history(&dock).await;
    let of = |name: &str| {
        let found: Vec<_> = events.iter().filter(|event| event["name"] == name).collect();
        assert_eq!(found.len(), 1, "{name}: {events:#?}");
        found[0]["payload"].clone()
    };
    assert_eq!(of("functions.create")["$id"], "f");
    assert_eq!(of("functions.tags.create"), stored_tag);
    assert_eq!(of("functions.tags.update"), activated);
    assert_eq!(of("functions.update"), changed);
    assert_eq!(of("functions.tags.delete"), stored_tag);
    assert_eq!(of("functions.delete"), last);
    // The execution went with its function; what is not kept is not made up.
    assert_eq!(of("functions.executions.update"), Value::Null);
    assert_eq!(ended["status"], "completed");
    assert!(
        events
            .iter()
            .all(|event| event["caller"].as_str().unwrap().starts_with("key:"))
    );
}

#[tokio::test]
async fn the_events_of_an_execution_show_it_as_it_was() {
    let dock = Dock::start().await;
    let function = dock.key().deploy(Draft::shell("echo hi")).await;
    let before = history(&dock).await.len();
    let ended = dock.key().run(&function, "x").await;
    let events = history(&dock).await.split_off(before);
    let names: Vec<_> = events
        .iter()
        .map(|event| event["name"].as_str().unwrap())
        .collect();
    assert_eq!(
        names,
        ["functions.executions.create", "functions.executions.update"]
    );
    assert_eq!(events[1]["payload"], ended);
    let made = json!({
        "$id": ended["$id"], "$read": [], "functionId": function.id, "dateCreated": ended["dateCreated"],
        "trigger": "http", "status": "waiting", "exitCode": 0, "stdout": "", "stderr": "", "time": 0.0,
    });
    assert_eq!(events[0]["payload"], made);
}

#[tokio::test]
async fn calls_about_users_and_teams_emit_what_they_answer() {
    let dock = drydock_tests::Dock::unlimited().start().await;
    let key = dock.key();
    let account = sign_up(&dock.guest(), "ada").await;
    assert_eq!(since(&dock, 0).await, (vec!["account.create".into()], account));

    let ada = drydock_tests::Person::sign_in(&dock.guest(), "ada@example.com", "a password").await;
    let mut seen = 1;
    // What was emitted by one call, once, with that payload.
    macro_rules! emits {
        ($name:literal, $payload:expr) => {{
            let payload: Value = $payload;
            assert_eq!(since(&dock, seen).await, (vec![$name.to_owned()], payload), $name);
            seen += 1;
        }};
    }
    let sessions = ada.get("/v1/account/sessions").ok(200).await;
    emits!("account.sessions.create", sessions["sessions"][0].clone());
    let body = json!({ "name": "Ada" });
    emits!(
        "account.update.name",
        ada.patch("/v1/account/name").json(&body).ok(200).await
    );
    let prefs = json!({ "prefs": { "a": 1 } });
    ada.patch("/v1/account/prefs").json(&prefs).ok(200).await;
    emits!("account.update.prefs", ada.get("/v1/account").ok(200).await);
    let body = json!({ "password": "another password", "oldPassword": "a password" });
    emits!(
        "account.update.password",
        ada.patch("/v1/account/password").json(&body).ok(200).await
    );
    let body = json!({ "email": "a@example.com", "password": "another password" });
    emits!(
        "account.update.email",
        ada.patch("/v1/account/email").json(&body).ok(200).await
    );

    let body =
        json!({ "userId": "bob", "email": "bob@example.com", "password": "a password", "name": "Bob" });
    emits!("users.create", key.post("/v1/users").json(&body).ok(201).await);
    for (what, body) in [
        ("name", json!({ "name": "B" })),
        ("email", json!({ "email": "b@example.com" })),
        ("password", json!({ "password": "some password" })),
        ("status", json!({ "status": false })),
    ] {
        let changed = key
            .patch(&format!("/v1/users/bob/{what}"))
            .json(&body)
            .ok(200)
            .await;
        let name = format!("users.update.{what}");
        assert_eq!(since(&dock, seen).await, (vec![name.clone()], changed), "{name}");
        seen += 1;
    }
    let user = key.get("/v1/users/bob").ok(200).await;
    key.delete("/v1/users/bob/sessions").ok(204).await;
    emits!("users.sessions.delete", user.clone());
    key.delete("/v1/users/bob").ok(204).await;
    emits!("users.delete", user);

    let team = ada
        .post("/v1/teams")
        .json(&json!({ "teamId": "t", "name": "T" }))
        .ok(201)
        .await;
    emits!("teams.create", team);
    let body = json!({ "name": "U" });
    emits!("teams.update", ada.put("/v1/teams/t").json(&body).ok(200).await);
    let body = json!({ "email": "cy@example.com", "roles": ["r"], "url": "http://localhost/" });
    let member = key.post("/v1/teams/t/memberships").json(&body).ok(201).await;
    emits!("teams.memberships.create", member.clone());
    let path = format!("/v1/teams/t/memberships/{}", member["$id"].as_str().unwrap());
    let changed = key.patch(&path).json(&json!({ "roles": ["s"] })).ok(200).await;
    emits!("teams.memberships.update", changed.clone());
    key.delete(&path).ok(204).await;
    emits!("teams.memberships.delete", changed);
    let team = ada.get("/v1/teams/t").ok(200).await;
    ada.delete("/v1/teams/t").ok(204).await;
    emits!("teams.delete", team);

    let open = ada.get("/v1/account/sessions").ok(200).await;
    ada.delete("/v1/account/sessions").ok(204).await;
    let (names, payload) = since(&dock, seen).await;
    assert_eq!(names, ["account.sessions.delete"]);
    assert_eq!(
        (&payload["sum"], &payload["sessions"][0]["$id"]),
        (&1.into(), &open["sessions"][0]["$id"])
    );
    // Who did it is known, a key by its id.
    let events = history(&dock).await;
    assert_eq!(events[2]["userId"], "ada");
    assert_eq!(events[6]["userId"], Value::Null);
}

#[tokio::test]
async fn a_function_that_listens_runs_once_with_the_payload_and_others_do_not() {
    let dock = Dock::start().await;
    let listens = listener(&dock, "listens", &["account.create", "teams.create"]).await;
    let other = listener(&dock, "other", &["users.create"]).await;
    let account = sign_up(&dock.guest(), "ada").await;

    let run = runs(&dock, &listens, 1).await.remove(0);
    assert_eq!(
        (&run["trigger"], &run["status"]),
        (&"event".into(), &"completed".into()),
        "{run:#}"
    );
    assert_eq!(run["$read"], json!([]));
    let (first, payload) = run["stdout"].as_str().unwrap().split_once('\n').unwrap();
    assert_eq!(first, "event account.create user=ada jwt= data=");
    assert_eq!(serde_json::from_str::<Value>(payload).unwrap(), account);

    let listed = console(&dock, &format!("{EVENTS}?name=account.create")).await;
    let started = &listed["events"][0]["started"];
    assert_eq!(started[0]["functionId"], "listens");
    assert_eq!(started[0]["executionId"], run["$id"]);
    // Once, and only those that listen: what comes after it is done by then.
    dock.key().run(&listens, "").await;
    assert_eq!(runs(&dock, &listens, 2).await.len(), 2);
    assert_eq!(runs(&dock, &other, 0).await.len(), 0);
}

#[tokio::test]
async fn a_function_without_code_or_that_listens_no_more_is_not_started() {
    let dock = Dock::start().await;
    let body =
        json!({ "functionId": "bare", "name": "B", "runtime": "node-20.0", "events": ["account.create"] });
    dock.key().create_function_of(body).await;
    let function = listener(&dock, "f", &["account.create"]).await;
    let settings = json!({ "name": "F", "events": [] });
    dock.key().put("/v1/functions/f").json(&settings).ok(200).await;
    sign_up(&dock.guest(), "ada").await;
    let listed = console(&dock, &format!("{EVENTS}?name=account.create")).await;
    assert_eq!(listed["events"][0]["handled"], true);
    dock.key().run(&function, "").await;
    assert_eq!(runs(&dock, &function, 1).await.len(), 1);
}

#[tokio::test]
async fn functions_that_listen_to_executions_do_not_run_away() {
    let dock = Dock::start().await;
    let events = ["functions.executions.update", "functions.executions.create"];
    let mut pair = Vec::new();
    for id in ["one", "two", "three"] {
        pair.push(listener(&dock, id, &events).await);
    }
    let plain = dock.key().deploy(Draft::shell("true")).await;
    dock.key().run(&plain, "").await;

    // Each of two events starts three; each of their six events of each the two others; and those the last one: 6, 24, 48.
    let total = async || {
        let list = console(&dock, "/console/api/status").await;
        let waiting =
            list["waitingExecutions"].as_u64().unwrap() + list["runningExecutions"].as_u64().unwrap();
        let mut all = 0;
        for function in &pair {
            all += dock
                .key()
                .get(&format!("{}/executions?limit=1", function.path()))
                .ok(200)
                .await["sum"]
                .as_u64()
                .unwrap();
        }
        (waiting, all)
    };
    let count = until("all that follows has ended", async || {
        let (waiting, all) = total().await;
        (waiting == 0 && all == 78).then_some(all)
    })
    .await;
    assert_eq!(count, 78);
}

#[tokio::test]
async fn an_event_waits_where_the_queue_is_full_and_is_not_lost() {
    let dock = Dock::launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "1")
        .env("DRYDOCK_EXECUTIONS__MAX_WAITING", "1")
        .start()
        .await;
    let witness = drydock_tests::Witness::listen().await;
    let draft = Draft::new("node-20.0", "node-witness", "node index.js").var("WITNESS_PORT", &witness.port());
    let held = dock.key().deploy(draft).await;
    let listens = listener(&dock, "listens", &["account.create"]).await;
    // One runs, as many as can, and one more waits.
    dock.key().execute(&held, "held").await;
    witness.visited_by(1).await;
    dock.key().execute(&held, "held").await;
    sign_up(&dock.guest(), "ada").await;
    let listed = console(&dock, &format!("{EVENTS}?name=account.create")).await;
    assert_eq!(listed["events"][0]["handled"], false);
    witness.open();
    assert_eq!(runs(&dock, &listens, 1).await.len(), 1);
}

#[tokio::test]
async fn an_event_starts_what_listens_once_also_across_a_crash() {
    let mut dock = Dock::start().await;
    let listens = listener(&dock, "listens", &["users.create"]).await;
    for round in 1..=8 {
        let body = json!({
            "userId": format!("u{round}"), "email": format!("u{round}@example.com"), "password": "a password", "name": "",
        });
        dock.key().post("/v1/users").json(&body).ok(201).await;
        let folder = dock.crash();
        dock = Dock::launch().on(&folder).start().await;
        let all = runs(&dock, &listens, round).await;
        assert_eq!(all.len(), round, "{all:#?}");
    }
}

#[tokio::test]
async fn every_event_has_a_sample_of_its_shape_and_can_be_emitted() {
    let dock = Dock::start().await;
    let fixture = drydock_tests::tests_folder().join("fixtures/contract/events-0.12.json");
    let list: Vec<Value> = serde_json::from_slice(&std::fs::read(fixture).unwrap()).unwrap();
    let names: Vec<_> = list
        .iter()
        .map(|event| event["event"].as_str().unwrap())
        .collect();
    assert_eq!(names.len(), 48);
    let listens = listener(&dock, "listens", &["teams.update"]).await;
    for name in &names {
        let answer = dock
            .owner()
            .post(EVENTS)
            .json(&json!({ "name": name }))
            .send_unchecked()
            .await;
        answer.expect_status(201);
        let event = answer.json();
        assert_eq!(event["name"], **name);
        let sample = console(&dock, &format!("/console/api/events/sample?name={name}")).await;
        assert_eq!(event["payload"], sample["payload"]);
        assert!(sample["payload"].is_object());
    }
    let run = runs(&dock, &listens, 1).await.remove(0);
    assert!(run["stdout"].as_str().unwrap().contains("Analysts"), "{run:#}");

    let refused = async |body: Value| {
        let answer = dock.owner().post(EVENTS).json(&body).send_unchecked().await;
        answer.expect_status(400);
        answer.message()
    };
    assert!(
        refused(json!({ "name": "users.sing" }))
            .await
            .contains("users.sing")
    );
    let broken = json!({ "name": "users.create", "payload": "{" });
    assert!(refused(broken).await.contains("JSON"));
    let given = json!({ "name": "teams.update", "payload": "{\"mine\":1}" });
    let answer = dock.owner().post(EVENTS).json(&given).send_unchecked().await;
    answer.expect_status(201);
    let all = runs(&dock, &listens, 2).await;
    let mine = |run: &Value| run["stdout"].as_str().unwrap().ends_with("{\"mine\":1}\n");
    assert!(all.iter().any(mine), "{all:#?}");
}

#[tokio::test]
async fn events_are_found_by_words_of_their_names() {
    let dock = Dock::start().await;
    for name in [
        "users.create",
        "teams.create",
        "users.delete",
        "users.create",
        "functions.executions.update",
    ] {
        let body = json!({ "name": name });
        dock.owner()
            .post(EVENTS)
            .json(&body)
            .send_unchecked()
            .await
            .expect_status(201);
    }
    let found = async |query: &[(&str, &str)]| {
        let answer = dock.owner().get(EVENTS).query(query).send_unchecked().await;
        answer.expect_status(200);
        let list = answer.json();
        let names = list["events"].as_array().unwrap().iter();
        let names = names
            .map(|event| event["name"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(" ");
        (list["sum"].as_i64().unwrap(), names)
    };
    let is = |sum: i64, names: &str| (sum, names.to_owned());
    let newest = ("orderType", "DESC");

    assert_eq!(
        found(&[("search", "users")]).await,
        is(3, "users.create users.delete users.create")
    );
    // As the console asks: the last word may go on.
    assert_eq!(found(&[("search", "users del*")]).await, is(1, "users.delete"));
    assert_eq!(
        found(&[("search", "-functions.executions"), newest, ("limit", "2")]).await,
        is(4, "users.create users.delete")
    );
    assert_eq!(
        found(&[("search", "create"), newest, ("limit", "2"), ("offset", "1")]).await,
        is(3, "teams.create users.create")
    );
    assert_eq!(
        found(&[("name", "users.create"), ("search", "teams")]).await,
        is(0, "")
    );
    assert_eq!(found(&[("search", "sing")]).await, is(0, ""));
    assert_eq!(
        found(&[("name", "users.create")]).await,
        is(2, "users.create users.create")
    );
}

#[tokio::test]
async fn pages_of_events_follow_each_other_by_cursor_whatever_their_names() {
    let dock = Dock::start().await;
    let mut ids = Vec::new();
    for round in 0..9 {
        let name = ["users.create", "teams.create", "account.create"][round % 3];
        let body = json!({ "name": name });
        let answer = dock.owner().post(EVENTS).json(&body).send_unchecked().await;
        ids.push(answer.json()["id"].as_str().unwrap().to_owned());
    }
    let page = async |query: &[(&str, &str)]| {
        let answer = dock.owner().get(EVENTS).query(query).send_unchecked().await;
        answer.expect_status(200);
        let list = answer.json();
        assert_eq!(list["sum"], 9);
        let events = list["events"].as_array().unwrap().clone();
        events
            .iter()
            .map(|event| event["id"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let (four, newest) = (("limit", "4"), ("orderType", "DESC"));

    assert_eq!(page(&[four]).await, ids[..4]);
    assert_eq!(page(&[four, ("cursor", &ids[3])]).await, ids[4..8]);
    assert_eq!(
        page(&[four, ("cursor", &ids[7]), ("cursorDirection", "before")]).await,
        ids[3..7]
    );
    let mut turned = ids[1..5].to_vec();
    turned.reverse();
    assert_eq!(page(&[four, newest, ("cursor", &ids[5])]).await, turned);
    let none = dock
        .owner()
        .get(EVENTS)
        .query(&[("cursor", "nobody")])
        .send_unchecked()
        .await;
    none.expect_status(400);
}

#[tokio::test]
async fn an_event_is_emitted_again_as_it_was() {
    let dock = Dock::start().await;
    let listens = listener(&dock, "listens", &["account.create"]).await;
    sign_up(&dock.guest(), "ada").await;
    let first = runs(&dock, &listens, 1).await.remove(0);
    let before = history(&dock)
        .await
        .into_iter()
        .find(|event| event["name"] == "account.create")
        .unwrap();
    let again = async |id: &str| {
        let path = format!("{EVENTS}/{id}/again");
        dock.owner().post(&path).send_unchecked().await
    };

    let answer = again(before["id"].as_str().unwrap()).await;

    answer.expect_status(201);
    let event = answer.json();
    assert_ne!(event["id"], before["id"]);
    assert_eq!(
        [&event["name"], &event["payload"], &event["caller"]],
        [&before["name"], &before["payload"], &json!("owner")]
    );
    let second = runs(&dock, &listens, 2)
        .await
        .into_iter()
        .find(|run| run["$id"] != first["$id"])
        .unwrap();
    let data = |run: &Value| run["stdout"].as_str().unwrap().lines().last().unwrap().to_owned();
    assert_eq!(data(&second), data(&first));

    again("nobody").await.expect_status(404);
    let null = json!({ "name": "teams.create", "payload": "null" });
    let null = dock
        .owner()
        .post(EVENTS)
        .json(&null)
        .send_unchecked()
        .await
        .json();
    assert_eq!(
        [&null["payload"], &null["payloadKnown"]],
        [&Value::Null, &json!(true)]
    );
    again(null["id"].as_str().unwrap()).await.expect_status(201);
    // The payload of an execution's event is the execution.
    let made = history(&dock)
        .await
        .into_iter()
        .find(|event| event["name"] == "functions.executions.create")
        .unwrap();
    dock.key().delete(&listens.path()).ok(204).await;
    let gone = again(made["id"].as_str().unwrap()).await;
    gone.expect_status(409);
    assert!(gone.message().contains("payload of your own"), "{gone}");
}

#[tokio::test]
async fn an_execution_by_an_event_can_be_replayed() {
    let dock = Dock::start().await;
    let listens = listener(&dock, "listens", &["account.create"]).await;
    sign_up(&dock.guest(), "ada").await;
    let run = runs(&dock, &listens, 1).await.remove(0);
    let path = format!(
        "/console/api/projects/default/executions/{}/replay",
        run["$id"].as_str().unwrap()
    );
    dock.owner().post(&path).send_unchecked().await.expect_status(201);
    for again in runs(&dock, &listens, 2).await {
        assert_eq!(again["stdout"], run["stdout"]);
    }
    // The event started one of them.
    let listed = console(&dock, &format!("{EVENTS}?name=account.create")).await;
    let event = &listed["events"][0];
    assert_eq!(event["started"].as_array().unwrap().len(), 1, "{event}");
    assert_eq!(event["started"][0]["executionId"], run["$id"]);
    let path = format!(
        "/console/api/projects/default/executions/{}",
        run["$id"].as_str().unwrap()
    );
    assert_eq!(console(&dock, &path).await["eventId"], event["id"]);
}
