//! What the console asks about schedules: when an expression is due, and a run now.

use drydock_tests::{Answer, Deployed, Dock, Draft};
use serde_json::{Value, json};

async fn times(dock: &Dock, function: &Deployed) -> [Value; 2] {
    let shown = dock.key().get(&function.path()).ok(200).await;
    ["schedulePrevious", "scheduleNext"].map(|field| shown[field].clone())
}

#[tokio::test]
async fn a_run_now_is_one_of_the_schedule_and_moves_nothing() {
    let dock = Dock::start().await;
    let (key, console) = (dock.key(), dock.console().await);
    let yearly = Draft::shell("echo ran").set("schedule", "0 0 1 1 *");
    let function = key.deploy(yearly).await;
    let before = times(&dock, &function).await;
    let run_now = async |id: &str| {
        let path = format!("/projects/default/functions/{id}/schedule/run");
        console.request("POST", &path).send_unchecked().await
    };

    let answer = run_now(&function.id).await;

    answer.expect_status(201);
    let row = answer.json();
    assert_eq!([&row["trigger"], &row["caller"]], ["schedule", "owner"], "{row}");
    let id = row["id"].as_str().unwrap();
    let run = key.finished(&function, id).await;
    assert_eq!([&run["trigger"], &run["stdout"]], ["schedule", "ran\n"], "{run}");
    assert_eq!(run["$read"], json!([]), "{run}");
    assert_eq!(times(&dock, &function).await, before);
}

#[tokio::test]
async fn a_run_now_needs_a_schedule_and_an_active_tag() {
    let dock = Dock::start().await;
    let (key, console) = (dock.key(), dock.console().await);
    let unscheduled = key.deploy(Draft::shell("true")).await.id;
    let body = json!({ "functionId": "unique()", "name": "n", "runtime": "node-20.0", "schedule": "@daily" });
    let without_code = key.create_function_of(body).await;
    for (id, status, words) in [
        (unscheduled.as_str(), 409, "This function has no schedule"),
        (&without_code, 404, "Tag not found. Deploy tag before"),
        ("nobody", 404, "Function not found"),
    ] {
        let path = format!("/projects/default/functions/{id}/schedule/run");
        let refused = console.request("POST", &path).send_unchecked().await;
        refused.expect_status(status);
        assert!(refused.message().starts_with(words), "{refused}");
    }
}

#[tokio::test]
async fn the_console_is_told_when_an_expression_is_due() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let ask = async |query: &[(&str, &str)]| {
        let request = console.request("GET", "/schedules/next").query(query);
        let answer = request.send_unchecked().await;
        answer.expect_status(200);
        let next = answer.json()["next"].as_array().unwrap().clone();
        next.iter().map(|at| at.as_i64().unwrap()).collect::<Vec<_>>()
    };

    let quarters = ask(&[("expression", "*/15 * * * *")]).await;
    assert_eq!(quarters.len(), 5);
    assert!(
        quarters.windows(2).all(|pair| pair[1] - pair[0] == 15 * 60_000),
        "{quarters:?}"
    );
    assert_eq!(quarters[0] % (15 * 60_000), 0, "{quarters:?}");
    let rare = ask(&[("expression", "0 0 29 2 *"), ("count", "50")]).await;
    assert_eq!(rare.len(), 50);
    let never = ask(&[("expression", "0 0 30 2 *")]).await;
    assert!(never.is_empty(), "{never:?}");
}

#[tokio::test]
async fn an_expression_that_is_none_is_answered_with_the_mistake() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let ask = async |query: &[(&str, &str)], status: u16| -> Answer {
        let request = console.request("GET", "/schedules/next").query(query);
        let answer = request.send_unchecked().await;
        answer.expect_status(status);
        answer
    };

    // It is asked while somebody types, when most of what stands there is none yet.
    let meaning = ask(&[("expression", "61 * * * *")], 200).await.json();

    let mend = "'61' in the field minute: allowed are 0 to 59";
    assert_eq!(meaning, json!({ "problem": mend, "words": null, "next": [] }));
    ask(&[], 400).await;
    for count in ["0", "51", "x"] {
        ask(&[("expression", "@hourly"), ("count", count)], 400).await;
    }
    ask(&[("expression", &"1,".repeat(257))], 400).await;
}

#[tokio::test]
async fn an_expression_is_said_in_words() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    for (expression, words, runs) in [
        ("0 9 * * MON-FRI", "At 09:00 UTC, on Monday to Friday", 5),
        ("*/7 * * * *", "At minutes 0, 7, 14 … 56 of every hour", 5),
        ("0 0 30 2 *", "Never: no month has such a day", 0),
    ] {
        let request = console
            .request("GET", "/schedules/next")
            .query(&[("expression", expression)]);
        let meaning = request.send_unchecked().await.json();
        assert_eq!(
            [&meaning["problem"], &meaning["words"]],
            [&Value::Null, &json!(words)]
        );
        assert_eq!(meaning["next"].as_array().unwrap().len(), runs, "{meaning}");
    }
}

#[tokio::test]
async fn a_schedule_may_be_as_long_as_one_that_names_every_value() {
    let dock = Dock::start().await;
    let key = dock.key();
    let list = |last: u32| {
        (0..=last)
            .map(|value| value.to_string())
            .collect::<Vec<_>>()
            .join(",")
    };
    let long = format!(
        "{} {} * JAN,FEB,MAR,APR,MAY,JUN,JUL,AUG,SEP,OCT,NOV,DEC *",
        list(59),
        list(23)
    );
    assert!(long.len() > 256);
    let body = |schedule: &str| json!({ "functionId": "unique()", "name": "n", "runtime": "node-20.0", "schedule": schedule });

    let made = key.post("/v1/functions").json(&body(&long)).ok(201).await;

    assert_eq!(made["schedule"], long);
    let longer = format!("{long}{}", " ".repeat(513 - long.len()));
    let refused = key.post("/v1/functions").json(&body(&longer)).refused(400).await;
    assert!(refused.contains("512"), "{refused}");
}
