//! By raw HTTP what the Execute panel and the first steps ask of the console's API: saved payloads and their limits, recent
//! data, trials of triggers, a sample in a folder.

use drydock_tests::{Answer, Console, Dock, Draft, Folder};
use serde_json::{Value, json};

const PATH: &str = "/projects/default/functions/greeter";

async fn with_greeter(dock: &Dock) -> Console {
    let draft = Draft::shell("env | grep ^APPWRITE_FUNCTION_ | sort")
        .set("functionId", "greeter")
        .set("events", json!(["users.create"]));
    dock.key().deploy(draft).await;
    dock.another_console().await
}

async fn send(console: &Console, method: &str, path: &str, body: &Value) -> Answer {
    let request = console.request(method, path);
    if method == "DELETE" {
        request.send_unchecked().await
    } else {
        request.json(body).send_unchecked().await
    }
}

async fn save(console: &Console, name: &str, data: &str) -> Answer {
    let body = json!({ "name": name, "data": data });
    send(console, "POST", &format!("{PATH}/payloads"), &body).await
}

async fn list(console: &Console) -> Value {
    console.get(&format!("{PATH}/payloads")).await
}

fn names(list: &Value) -> Vec<&str> {
    let rows = list["payloads"].as_array().unwrap().iter();
    rows.map(|row| row["name"].as_str().unwrap()).collect()
}

#[tokio::test]
async fn a_payload_is_saved_overwritten_renamed_and_deleted_and_goes_with_its_function() {
    let dock = Dock::start().await;
    let console = with_greeter(&dock).await;

    let saved = save(&console, " an order ", r#"{"id":1}"#).await;
    saved.expect_status(201);
    save(&console, "Empty", "").await.expect_status(201);
    assert_eq!(names(&list(&console).await), ["an order", "Empty"]);

    let path = format!("{PATH}/payloads/{}", saved.json()["id"].as_str().unwrap());
    let again = save(&console, "an order", "other").await;
    again.expect_status(409);
    assert!(again.message().contains("overwrite"), "{again}");
    let body = json!({ "name": "an order", "data": "other" });
    send(&console, "PUT", &path, &body).await.expect_status(200);
    assert_eq!(list(&console).await["payloads"][0]["data"], "other");

    let body = json!({ "name": "Empty", "data": "other" });
    send(&console, "PUT", &path, &body).await.expect_status(409);
    let body = json!({ "name": "zebra", "data": "other" });
    send(&console, "PUT", &path, &body).await.expect_status(200);
    assert_eq!(names(&list(&console).await), ["Empty", "zebra"]);

    send(&console, "DELETE", &path, &Value::Null)
        .await
        .expect_status(204);
    send(&console, "DELETE", &path, &Value::Null)
        .await
        .expect_status(404);
    assert_eq!(names(&list(&console).await), ["Empty"]);

    dock.key().delete("/v1/functions/greeter").ok(204).await;
    let gone = console
        .request("GET", &format!("{PATH}/payloads"))
        .send_unchecked()
        .await;
    gone.expect_status(404);
    with_greeter(&dock).await;
    assert_eq!(
        list(&console).await["payloads"],
        json!([]),
        "it has not come back"
    );
}

#[tokio::test]
async fn payloads_have_limits_and_the_error_names_the_mend() {
    let dock = Dock::unlimited().start().await;
    let console = with_greeter(&dock).await;

    for (name, data) in [
        ("", "x"),
        ("   ", "x"),
        (&"n".repeat(65), "x"),
        ("long", &"d".repeat(8193)),
    ] {
        save(&console, name, data).await.expect_status(400);
    }
    save(&console, &"n".repeat(64), &"d".repeat(8192))
        .await
        .expect_status(201);
    for number in 1..50 {
        save(&console, &format!("number {number}"), "x")
            .await
            .expect_status(201);
    }
    let over = save(&console, "one more", "x").await;
    over.expect_status(409);
    assert!(
        over.message().contains("50") && over.message().contains("delete"),
        "{over}"
    );
    let path = "/projects/default/functions/none/payloads";
    let body = json!({ "name": "a", "data": "b" });
    send(&console, "POST", path, &body).await.expect_status(404);
}

#[tokio::test]
async fn recent_data_is_each_once_newest_first_and_survives_a_restart_like_what_was_saved() {
    let folder = Folder::new();
    let dock = Dock::launch().on(&folder).start().await;
    let console = with_greeter(&dock).await;
    save(&console, "kept", "kept data").await.expect_status(201);
    for data in ["first", "second", "", "first"] {
        let body = json!({ "data": data });
        let made = dock.key().post("/v1/functions/greeter/executions").json(&body);
        made.ok(201).await;
    }
    drop(console);
    dock.interrupt().await;

    let dock = Dock::launch().on(&folder).start().await;
    let list = list(&dock.another_console().await).await;

    let recent = list["recent"].as_array().unwrap().iter();
    let recent: Vec<_> = recent.map(|row| row["data"].as_str().unwrap()).collect();
    assert_eq!(recent, ["first", "second"]);
    assert_eq!(list["payloads"][0]["data"], "kept data");
}

#[tokio::test]
async fn a_function_alone_is_tried_out_as_if_by_an_event_or_its_schedule() {
    let dock = Dock::start().await;
    let console = with_greeter(&dock).await;
    let other = Draft::shell("echo other")
        .set("functionId", "other")
        .set("events", json!(["users.create"]));
    dock.key().deploy(other).await;
    let run = async |body: Value| {
        let made = send(&console, "POST", &format!("{PATH}/executions"), &body).await;
        made.expect_status(201);
        let id = made.json()["id"].as_str().unwrap().to_owned();
        let path = format!("/v1/functions/greeter/executions/{id}");
        let ended = drydock_tests::until("the trial ends", async || {
            let run = dock.key().get(&path).ok(200).await;
            (run["status"] == "completed").then_some(run)
        });
        ended.await["stdout"].as_str().unwrap().to_owned()
    };

    let told =
        run(json!({ "trigger": "event", "event": "users.create", "payload": "{\"name\": \"Ada\"}" })).await;
    for line in [
        "APPWRITE_FUNCTION_TRIGGER=event",
        "APPWRITE_FUNCTION_EVENT=users.create",
        "APPWRITE_FUNCTION_EVENT_DATA={\"name\":\"Ada\"}",
    ] {
        assert!(told.lines().any(|it| it == line), "{line} is not in {told}");
    }
    let told = run(json!({ "trigger": "event", "event": "teams.create" })).await;
    assert!(
        told.contains("APPWRITE_FUNCTION_EVENT_DATA={\"$id\""),
        "a sample: {told}"
    );
    let told = run(json!({ "trigger": "schedule" })).await;
    assert!(told.contains("APPWRITE_FUNCTION_TRIGGER=schedule"), "{told}");

    let others = dock.key().get("/v1/functions/other/executions").ok(200).await;
    assert_eq!(others["sum"], 0, "who listens too is not started");
    let events = console.get("/projects/default/events?name=users.create").await;
    assert_eq!(
        events["events"][0]["started"][0]["functionId"], "greeter",
        "{events}"
    );

    for body in [
        json!({ "trigger": "event", "event": "users.create", "payload": "{" }),
        json!({ "trigger": "event", "event": "no.such" }),
        json!({ "trigger": "event" }),
        json!({ "trigger": "rain" }),
    ] {
        send(&console, "POST", &format!("{PATH}/executions"), &body)
            .await
            .expect_status(400);
    }
    let body = json!({ "trigger": "schedule", "tag": "nosuchtag" });
    send(&console, "POST", &format!("{PATH}/executions"), &body)
        .await
        .expect_status(404);
}

#[tokio::test]
async fn a_sample_goes_into_a_new_or_empty_folder_and_never_over_anything() {
    let dock = Dock::start().await;
    let console = dock.another_console().await;
    let place = dock.folder().beside("samples");
    let put = async |folder: &str, language: &str| {
        let body = json!({ "folder": folder, "language": language });
        send(&console, "POST", "/folders/sample", &body).await
    };
    let at = |name: &str| place.join(name).to_str().unwrap().to_owned();

    for (language, file) in [
        ("node", "index.js"),
        ("python", "main.py"),
        ("php", "index.php"),
        ("ruby", "main.rb"),
    ] {
        put(&at(&format!("deep/{language}")), language)
            .await
            .expect_status(201);
        let text = std::fs::read_to_string(place.join("deep").join(language).join(file)).unwrap();
        assert!(text.contains("Hello"), "{text}");
    }
    std::fs::create_dir_all(place.join("empty")).unwrap();
    put(&at("empty"), "node").await.expect_status(201);

    let taken = put(&at("deep/node"), "node").await;
    taken.expect_status(400);
    assert!(taken.message().contains("index.js"), "{taken}");
    std::fs::write(place.join("file"), "mine").unwrap();
    let (data, ours) = (dock.folder().data(), dock.folder().data().join("code/mine"));
    let link = place.join("link");
    std::os::unix::fs::symlink(&data, &link).unwrap();
    for folder in [
        "relative/path",
        "/",
        &at("../escaped"),
        &at("file"),
        &at("file/below"),
        ours.to_str().unwrap(),
        &at("link/inside"),
    ] {
        put(folder, "node").await.expect_status(400);
    }
    assert!(!ours.exists() && !data.join("inside").exists());
    assert_eq!(std::fs::read_to_string(place.join("file")).unwrap(), "mine");
    put(&at("cobol"), "cobol").await.expect_status(400);
    assert!(!place.join("cobol").exists());
}

#[tokio::test]
async fn the_first_steps_are_ticked_by_what_is_there_and_end_for_good() {
    let folder = Folder::new();
    let dock = Dock::launch().on(&folder).start().await;
    let console = dock.another_console().await;
    let steps = async |console: &Console| {
        let steps = console.get("/projects/default/welcome").await;
        [&steps["functionId"], &steps["executed"], &steps["over"]].map(Clone::clone)
    };
    assert_eq!(steps(&console).await, [json!(null), json!(false), json!(false)]);

    with_greeter(&dock).await;
    assert_eq!(
        steps(&console).await,
        [json!("greeter"), json!(false), json!(false)]
    );
    let function = dock.key().get("/v1/functions/greeter").ok(200).await;
    let body = json!({ "data": "" });
    let made = dock
        .key()
        .post("/v1/functions/greeter/executions")
        .json(&body)
        .ok(201)
        .await;
    let path = format!(
        "/v1/functions/greeter/executions/{}",
        made["$id"].as_str().unwrap()
    );
    drydock_tests::until("it has ended", async || {
        let run = dock.key().get(&path).ok(200).await;
        (run["status"] == "completed").then_some(())
    })
    .await;
    assert_eq!(
        steps(&console).await,
        [function["$id"].clone(), json!(true), json!(false)]
    );

    send(&console, "DELETE", "/welcome", &Value::Null)
        .await
        .expect_status(204);
    dock.interrupt().await;
    let dock = Dock::launch().on(&folder).start().await;
    let steps = steps(&dock.another_console().await).await;
    assert_eq!(steps[2], true);
}
