//! What is kept of tags that saves made, and what goes: a round does that at the start of a server and each minute.

use std::collections::BTreeMap;
use std::fs;

use drydock_tests::{Chance, until};
use serde_json::{Value, json};

use super::code::Code;
use super::desk::Desk;

/// Tags of saves that stay for each function.
const NEWEST: usize = 20;

fn id(tag: &Value) -> String {
    tag["$id"].as_str().unwrap().to_owned()
}

async fn contents_bytes(desk: &Desk) -> u64 {
    let status = desk.owner().get("/console/api/status").send_unchecked().await;
    status.json()["contentsBytes"].as_u64().unwrap()
}

async fn pin(desk: &Desk, tag: &str) {
    let request = desk.owner().patch(&desk.console(&format!("/tags/{tag}")));
    let answer = request.json(&json!({ "pinned": true })).send_unchecked().await;
    answer.expect_status(200);
}

async fn codes(desk: &Desk) -> BTreeMap<String, Code> {
    let mut codes = BTreeMap::new();
    for tag in desk.tags().await {
        codes.insert(id(&tag), desk.code_of(&id(&tag)).await);
    }
    codes
}

/// Another run of the server, whose first round is over.
async fn after_a_round(desk: Desk, tags: usize) -> Desk {
    let desk = desk.crash().back().await;
    until("the old tags are gone", async || {
        (desk.tags().await.len() == tags).then_some(())
    })
    .await;
    desk
}

/// Every byte in the store of contents.
fn bytes_in_store(desk: &Desk) -> u64 {
    let mut bytes = 0;
    for first in fs::read_dir(desk.dock.data().join("contents")).unwrap() {
        for content in fs::read_dir(first.unwrap().path()).unwrap() {
            bytes += content.unwrap().metadata().unwrap().len();
        }
    }
    bytes
}

#[tokio::test]
async fn the_newest_tags_of_saves_stay_with_the_active_and_the_pinned_and_the_contents_of_others_go() {
    let desk = Desk::new().await;
    let mut chance = Chance::new(7);
    let large = chance.bytes(200_000);
    desk.write("large.bin", &large);
    desk.write("empty-1", "");
    desk.write("empty-2", "");
    desk.is_live().await;
    let with_large = desk.active().await.unwrap();
    fs::remove_file(desk.path("large.bin")).unwrap();
    for number in 1..=25 {
        desk.write("main.sh", format!("echo save {number}\n"));
        desk.is_live().await;
        if number == 2 {
            pin(&desk, &desk.active().await.unwrap()).await;
        }
    }
    let tags = desk.tags().await;
    let [pinned, active] = [tags.len() - 4, tags.len() - 1].map(|number| id(&tags[number]));
    let pinned = tags.iter().find(|tag| tag["pinned"] == true).map_or(pinned, id);
    desk.dock.key().activate(&desk.function.id, &active).await;
    let ran = desk.dock.key().run(&desk.function, "").await;
    assert_eq!(ran["stdout"], "first\n");
    let before = codes(&desk).await;
    assert!(before[&with_large].contains_key(std::path::Path::new("large.bin")));
    assert!(contents_bytes(&desk).await > 200_000);

    let desk = after_a_round(desk, NEWEST + 2).await;
    until("the contents of old tags are gone", async || {
        (contents_bytes(&desk).await < 200_000).then_some(())
    })
    .await;

    let after = codes(&desk).await;
    let newest = tags.iter().take(NEWEST).map(id);
    let expected: Vec<String> = newest.chain([pinned.clone(), active.clone()]).collect();
    assert!(expected.iter().all(|tag| after.contains_key(tag)), "{expected:?}");
    for (tag, code) in &after {
        assert_eq!(code, &before[tag], "{tag}");
    }
    assert_eq!(contents_bytes(&desk).await, bytes_in_store(&desk));

    // What was kept runs, by its tag and as a replay.
    let request = desk.owner().post(&desk.console("/executions"));
    let answer = request.json(&json!({ "tag": pinned })).send_unchecked().await;
    answer.expect_status(201);
    let row = answer.json();
    let key = desk.dock.key();
    let ended = key.finished(&desk.function, row["id"].as_str().unwrap()).await;
    assert_eq!(ended["stdout"], "save 2\n", "{ended:#}");
    let replay = format!("/console/api/projects/default/executions/{}/replay", id(&ran));
    let answer = desk
        .owner()
        .post(&replay)
        .json(&json!({ "tag": id(&tags[3]) }))
        .send_unchecked()
        .await;
    answer.expect_status(201);
    let ended = key
        .finished(&desk.function, answer.json()["id"].as_str().unwrap())
        .await;
    assert_eq!(ended["stdout"], "save 22\n", "{ended:#}");
}

#[tokio::test]
async fn tags_that_were_uploaded_stay_however_many_they_are() {
    let desk = Desk::new().await;
    let code = || drydock_tests::archive::one_file("main.sh", "echo uploaded");
    for _ in 0..NEWEST + 5 {
        desk.dock
            .key()
            .upload(&desk.function.id, "sh main.sh", code())
            .await;
    }
    let desk = desk.crash().back().await;
    desk.write("main.sh", "echo after the round");
    desk.is_live().await;
    assert_eq!(desk.tags().await.len(), NEWEST + 5 + 2);
}

#[tokio::test]
async fn a_function_that_is_deleted_leaves_nothing_in_the_data_folder() {
    let desk = Desk::new().await;
    for number in 0..5 {
        desk.write("main.sh", format!("echo {number}"));
        desk.write(format!("lib/{number}"), number.to_string());
        desk.is_live().await;
        desk.run().await;
    }
    desk.dock.key().delete(&desk.function.path()).ok(204).await;
    let desk = desk.crash().back().await;
    until("the contents are gone", async || {
        (contents_bytes(&desk).await == 0).then_some(())
    })
    .await;
    assert_eq!(bytes_in_store(&desk), 0);
    assert_eq!(drydock_tests::tree::code(&desk.dock.data()), Vec::<String>::new());
}

#[tokio::test]
async fn many_saves_leave_neither_staged_folders_nor_layouts_of_old_tags() {
    let desk = Desk::node(&[("index.js", "console.log(0)")]).await;
    for number in 1..=30 {
        desk.write(format!("lib/{}", number % 3), number.to_string());
        let text = if number % 3 == 0 {
            "let let = ;".to_owned()
        } else {
            format!("console.log({number})")
        };
        desk.write("index.js", text);
        desk.row_is("it is looked at", |row| {
            let broken = row["last"]["outcome"] == "does-not-parse";
            broken == (number % 3 == 0)
                && row["last"]["files"]
                    .as_array()
                    .is_some_and(|files| !files.is_empty())
        })
        .await;
    }
    desk.write("index.js", "console.log('done')");
    desk.is_live().await;
    assert_eq!(desk.run().await, "done\n");
    // The active one, and one from which the next is made.
    until("one layout and one spare are left", async || {
        let code = drydock_tests::tree::code(&desk.dock.data());
        let trees = code.iter().filter(|path| path.ends_with("tree/")).count();
        (trees <= 2 && !code.iter().any(|path| path.starts_with("trash/"))).then_some(())
    })
    .await;
}
