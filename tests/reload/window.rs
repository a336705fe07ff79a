//! What a desktop window is told by the server, seen without a window: its stream, and who may bring it to the front.

use std::time::Duration;

use drydock_tests::{Dock, Draft, LIMIT};
use serde_json::{Value, json};

use super::desk::Desk;

/// A window's stream.
struct Stream {
    response: reqwest::Response,
    unread: String,
}

impl Stream {
    async fn open(dock: &Dock) -> Self {
        let response = dock.owner().get("/console/api/window").open().await;
        assert_eq!(response.status(), 200);
        Self {
            response,
            unread: String::new(),
        }
    }

    async fn next(&mut self) -> Option<Value> {
        loop {
            while let Some((line, rest)) = self.unread.split_once('\n') {
                let told = line
                    .strip_prefix("data: ")
                    .map(|data| serde_json::from_str(data).unwrap());
                let rest = rest.to_owned();
                self.unread = rest;
                if told.is_some() {
                    return told;
                }
            }
            let chunk = tokio::time::timeout(LIMIT, self.response.chunk());
            let chunk = chunk.await.expect("the window is told something").unwrap()?;
            self.unread.push_str(std::str::from_utf8(&chunk).unwrap());
        }
    }

    /// The next message of that type.
    async fn next_of(&mut self, kind: &str) -> Value {
        loop {
            let told = self.next().await.expect("the stream goes on");
            if told["type"] == kind {
                return told;
            }
        }
    }

    /// Waits for a load.
    async fn load(&mut self, is: impl Fn(&Value) -> bool) {
        while !is(&self.next_of("load").await) {}
    }
}

async fn focus(dock: &Dock) -> u16 {
    let request = dock.owner().post("/console/api/window/focus");
    request.send_unchecked().await.status
}

#[tokio::test]
async fn a_window_is_brought_to_the_front_only_where_one_is_open() {
    let dock = Dock::start().await;
    assert_eq!(focus(&dock).await, 404);

    let mut window = Stream::open(&dock).await;
    window.next_of("load").await;
    assert_eq!(focus(&dock).await, 204);
    window.next_of("focus").await;

    drop(window);
    drydock_tests::until("the server knows that the window is gone", async || {
        (focus(&dock).await == 404).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_window_hears_what_runs_and_whether_watching_is_paused() {
    let desk = Desk::new().await;
    let mut window = Stream::open(&desk.dock).await;
    window
        .load(|load| *load == json!({ "type": "load", "running": 0, "waiting": 0, "watchingPaused": false }))
        .await;

    let answer = desk.owner().put("/console/api/watching");
    answer
        .json(&json!({ "paused": true }))
        .send_unchecked()
        .await
        .expect_status(204);
    window.load(|load| load["watchingPaused"] == true).await;

    desk.owner()
        .put("/console/api/watching")
        .json(&json!({ "paused": false }))
        .send_unchecked()
        .await
        .expect_status(204);
    window.load(|load| load["watchingPaused"] == false).await;
    desk.write("main.sh", "while [ ! -e /tmp/never ]; do sleep 0.1; done\n");
    desk.is_live().await;
    let running = desk.dock.key().execute(&desk.function, "").await;
    window.load(|load| load["running"] == 1).await;
    desk.owner()
        .post(&format!(
            "/console/api/projects/default/executions/{running}/cancel"
        ))
        .send_unchecked()
        .await
        .expect_status(200);
    window.load(|load| load["running"] == 0).await;
}

#[tokio::test]
async fn a_window_hears_of_failures_of_linked_functions_one_each_in_ten_seconds_and_of_no_others() {
    let desk = Desk::new().await;
    let mut window = Stream::open(&desk.dock).await;
    let other = Draft::shell("echo no >&2; exit 4");
    let other = desk.dock.key().deploy(other).await;
    desk.write("main.sh", "echo first >&2; echo why >&2; exit 3\n");
    desk.is_live().await;

    for function in [&other, &desk.function, &desk.function] {
        desk.dock.key().run(function, "").await;
    }
    let told = window.next_of("failed").await;
    assert_eq!(
        (&told["exitCode"], &told["reason"]),
        (&json!(3), &json!("why")),
        "{told}"
    );
    assert_eq!(told["function"]["id"], json!(desk.function.id));

    // What was not said is known by what is said after it.
    assert_eq!(focus(&desk.dock).await, 204);
    let next = loop {
        let next = window.next().await.unwrap();
        if next["type"] != "load" {
            break next;
        }
    };
    assert_eq!(next["type"], "focus", "{next}");
    // The next one is told when the time is over.
    tokio::time::timeout(Duration::from_secs(60), async {
        loop {
            desk.dock.key().run(&desk.function, "").await;
            if let Ok(told) = tokio::time::timeout(Duration::from_millis(300), window.next_of("failed")).await
            {
                break assert_eq!(told["exitCode"], 3);
            }
        }
    })
    .await
    .expect("failures are told again");
}

#[tokio::test]
async fn a_window_hears_of_a_save_that_does_not_parse_once_with_file_and_line() {
    let desk = Desk::node(&[("index.js", "console.log(1);\n")]).await;
    let mut window = Stream::open(&desk.dock).await;
    desk.write("index.js", "console.log(2);\nconst = 3;\n");
    let told = window.next_of("unparsed").await;
    let reason = told["reason"].as_str().unwrap();
    assert!(reason.starts_with("index.js:2"), "{told}");
    assert_eq!(told["function"]["id"], json!(desk.function.id));
}
