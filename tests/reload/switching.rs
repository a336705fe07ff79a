//! The switch from one code to the next, under executions.

use std::collections::BTreeMap;

use drydock_tests::until;
use serde_json::Value;

use super::desk::Desk;

/// Says which code it is, waits for a file of the test, and reads its other half only then.
const LATE: &str = "const fs = require('fs');

console.log('one');
const door = process.env.APPWRITE_FUNCTION_DATA;
require('http').get(door, answer => { answer.resume(); answer.on('end', () => console.log(require('./late.js'))); });
";

/// Answers a request when it is told to.
struct Door {
    listener: tokio::net::TcpListener,
}

impl Door {
    async fn new() -> Self {
        Self {
            listener: tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap(),
        }
    }

    fn address(&self) -> String {
        format!("http://{}/", self.listener.local_addr().unwrap())
    }

    /// Waits until somebody knocks.
    async fn knock(&self) -> tokio::net::TcpStream {
        self.listener.accept().await.unwrap().0
    }

    async fn open(mut knocking: tokio::net::TcpStream) {
        use tokio::io::AsyncWriteExt as _;
        let answer = b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
        knocking.write_all(answer).await.unwrap();
    }
}

#[tokio::test]
async fn an_execution_ends_on_the_code_it_began_with_also_what_it_reads_late() {
    let desk = Desk::node(&[("index.js", LATE), ("late.js", "module.exports = 'half of one'")]).await;
    let key = desk.dock.key();
    let door = Door::new().await;
    let id = key.execute(&desk.function, &door.address()).await;
    let knocking = door.knock().await;

    for number in 2..5 {
        desk.write("late.js", format!("module.exports = 'half of {number}'"));
        desk.is_live().await;
    }
    Door::open(knocking).await;

    let ended = key.finished(&desk.function, &id).await;
    assert_eq!(ended["stdout"], "one\nhalf of one\n", "{ended:#}");
    let after = key.execute(&desk.function, &door.address()).await;
    Door::open(door.knock().await).await;
    let after = key.finished(&desk.function, &after).await;
    assert_eq!(after["stdout"], "one\nhalf of 4\n", "{after:#}");
}

#[tokio::test]
async fn executions_all_through_fifty_saves_succeed_and_run_what_was_live_when_they_were_made() {
    const SAVES: usize = 50;
    let desk = Desk::node(&[
        ("index.js", "console.log(0, require('./b.js'))"),
        ("b.js", "module.exports = 0"),
    ])
    .await;
    let key = desk.dock.key();
    let (mut number_of_tag, mut made) = (BTreeMap::new(), Vec::new());
    number_of_tag.insert(desk.active().await.unwrap(), 0);
    for number in 1..=SAVES {
        // Each save is one file, whole; both say the same in what is live.
        desk.write("index.js", format!("console.log({number}, require('./b.js'))"));
        let before = *number_of_tag.values().max().unwrap();
        let live = until("the save is live", async || {
            let id = key.execute(&desk.function, "").await;
            made.push((id, before));
            let active = desk.active().await.unwrap();
            (!number_of_tag.contains_key(&active)).then_some(active)
        })
        .await;
        number_of_tag.insert(live, number);
        let id = key.execute(&desk.function, "").await;
        made.push((id, number));
    }

    for (id, live_when_made) in made {
        let ended = key.finished(&desk.function, &id).await;
        assert_eq!(ended["status"], "completed", "{ended:#}");
        let stdout = ended["stdout"].as_str().unwrap();
        let ran: usize = stdout.split(' ').next().unwrap().parse().unwrap();
        assert!(ran >= live_when_made, "ran {ran} when {live_when_made} was live");
        assert!(
            ran <= live_when_made + 1,
            "ran {ran} when {live_when_made} was live"
        );
        let tag = ended["tag"].as_str().map(str::to_owned);
        if let Some(tag) = tag.filter(|tag| number_of_tag.contains_key(tag)) {
            assert_eq!(number_of_tag[&tag], ran, "{ended:#}");
        }
    }
}

/// The numbers of the saves in the order in which they became live, as the stream of the tags says.
fn order(tags: &[Value]) -> Vec<i64> {
    tags.iter()
        .map(|tag| tag["createdAtMs"].as_i64().unwrap())
        .collect()
}

#[tokio::test]
async fn saves_in_quick_order_are_live_in_that_order_and_the_last_one_stays() {
    let desk = Desk::node(&[("index.js", "console.log(0)")]).await;
    for number in 1..=60 {
        desk.write("index.js", format!("console.log({number})"));
        if number % 3 == 0 {
            tokio::task::yield_now().await;
        }
    }
    desk.is_live().await;
    desk.marker().await;

    let tags = desk.tags().await;
    assert!(order(&tags).is_sorted_by(|one, another| one >= another));
    let mut last = usize::MAX;
    for tag in &tags {
        let code = desk.code_of(tag["$id"].as_str().unwrap()).await;
        let super::code::Thing::File { bytes, .. } = &code[std::path::Path::new("index.js")] else {
            panic!("it is a file");
        };
        let text = String::from_utf8_lossy(bytes);
        let number: usize = text["console.log(".len()..]
            .trim_end_matches(')')
            .parse()
            .unwrap();
        assert!(number <= last, "an older save became live after a newer one");
        last = number;
    }
    assert_eq!(desk.run().await, "60\n");
}

#[tokio::test]
async fn what_stands_by_for_the_old_code_takes_no_execution_of_the_new() {
    let desk = Desk::node(&[("index.js", "console.log('code 0')")]).await;
    desk.run().await;
    for number in 1..8 {
        until("a process stands by", async || {
            let status = desk
                .owner()
                .get("/console/api/status")
                .send_unchecked()
                .await
                .json();
            (status["standby"]["processes"] == 1).then_some(())
        })
        .await;
        desk.write("index.js", format!("console.log('code {number}')"));
        desk.is_live().await;
        assert_eq!(desk.run().await, format!("code {number}\n"));
    }
}

#[tokio::test]
async fn an_older_tag_that_is_made_active_by_hand_runs_and_the_next_save_is_live_again() {
    let desk = Desk::node(&[("index.js", "console.log('code 0')")]).await;
    let first = desk.active().await.unwrap();
    for number in 1..4 {
        desk.write("index.js", format!("console.log('code {number}')"));
        desk.is_live().await;
        assert_eq!(desk.run().await, format!("code {number}\n"));
    }
    desk.dock.key().activate(&desk.function.id, &first).await;
    for _ in 0..3 {
        assert_eq!(desk.run().await, "code 0\n");
    }
    desk.write("index.js", "console.log('code 4')");
    desk.is_live().await;
    assert_eq!(desk.run().await, "code 4\n");
}
