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
async fn an_expression_that_is_none_is_400_with_the_mistake() {
    let dock = Dock::start().await;
    let console = dock.console().await;
    let ask = async |query: &[(&str, &str)]| -> Answer {
        let request = console.request("GET", "/schedules/next").query(query);
        let answer = request.send_unchecked().await;
        answer.expect_status(400);
        answer
    };

    let words = ask(&[("expression", "61 * * * *")]).await.message();

    assert!(
        words.starts_with("Invalid expression: ") && words.contains("61"),
        "{words}"
    );
    ask(&[]).await;
    for count in ["0", "51", "x"] {
        ask(&[("expression", "@hourly"), ("count", count)]).await;
    }
}
