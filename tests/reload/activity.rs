//! What the activity tells of a linked folder: saves, what does not parse, a folder that is gone and back.

use std::fs;

use drydock_tests::until;
use serde_json::{Value, json};

use super::desk::Desk;

async fn lines(desk: &Desk) -> Vec<Value> {
    let path = "/console/api/projects/default/activity?kind=code&limit=100";
    let answer = desk.owner().get(path).send_unchecked().await;
    answer.expect_status(200);
    answer.json()["lines"].as_array().unwrap().clone()
}

/// The newest line, once it tells of that.
async fn newest(desk: &Desk, what: &str) -> Value {
    until(&format!("the activity tells {what}"), async || {
        let lines = lines(desk).await;
        let note = lines[0]["note"].clone();
        (note["what"] == what).then_some(note)
    })
    .await
}

#[tokio::test]
async fn each_save_is_told_once_and_so_is_a_folder_that_goes_and_comes_back() {
    let desk = Desk::new().await;
    let whats = async || -> Vec<String> {
        let lines = lines(&desk).await;
        let what = |line: &Value| line["note"]["what"].as_str().map(ToOwned::to_owned);
        lines.iter().filter_map(what).collect()
    };
    assert_eq!(whats().await, ["save-live", "linked"]);

    desk.write("main.sh", "echo second");
    desk.is_live().await;
    let live = newest(&desk, "save-live").await;
    assert_eq!(
        (&live["files"], &live["fileCount"]),
        (&json!(["main.sh"]), &json!(1))
    );
    assert_eq!(live["tagId"].as_str(), desk.active().await.as_deref());

    let away = desk.beside("away");
    fs::rename(desk.folder(), &away).unwrap();
    let lost = newest(&desk, "folder-lost").await;
    assert_eq!(lost["folder"], desk.folder().to_str().unwrap());
    fs::rename(&away, desk.folder()).unwrap();
    newest(&desk, "folder-back").await;

    desk.owner()
        .delete(&desk.console("/link"))
        .send_unchecked()
        .await
        .expect_status(204);
    assert_eq!(
        whats().await,
        [
            "unlinked",
            "folder-back",
            "folder-lost",
            "save-live",
            "save-live",
            "linked"
        ]
    );
    let who = lines(&desk).await[0]["who"]["caller"].clone();
    assert_eq!(who, "owner");
}

#[tokio::test]
async fn a_save_that_does_not_parse_is_told_with_file_and_line() {
    let desk = Desk::node(&[("index.js", "console.log('first');\n")]).await;
    desk.write("index.js", "console.log('second');\nconst = 1;\n");
    let broken = newest(&desk, "save-broken").await;
    let error = broken["error"].as_str().unwrap();
    assert!(error.starts_with("index.js:2: "), "{error}");
    assert_ne!(broken["tagId"].as_str(), desk.active().await.as_deref());
}
