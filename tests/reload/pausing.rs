//! Watching that is paused: saves are left alone, and taken together when it is resumed.

use serde_json::{Value, json};

use super::desk::Desk;

async fn pause(desk: &Desk, paused: bool) {
    let request = desk.owner().put("/console/api/watching");
    let answer = request.json(&json!({ "paused": paused })).send_unchecked().await;
    answer.expect_status(204);
}

async fn is_said_to_be_paused(desk: &Desk) {
    desk.row_is("the link says that it is paused", |row| {
        row["notice"]
            .as_str()
            .is_some_and(|notice| notice.contains("paused"))
    })
    .await;
}

#[tokio::test]
async fn a_save_while_watching_is_paused_is_live_when_it_is_resumed_and_is_one_tag() {
    let desk = Desk::new().await;
    let before = desk.tag_count().await;
    pause(&desk, true).await;
    is_said_to_be_paused(&desk).await;

    desk.write("main.sh", "echo second\n");
    desk.write("main.sh", "echo third\n");
    // Another link is a wish of now, and shows that the server has had time to see the saves.
    let other = Desk::unlinked(drydock_tests::Dock::start().await).await;
    other.link("sh main.sh").await;
    other.is_live().await;
    assert_eq!(desk.tags().await.len(), before, "nothing became of the saves");

    pause(&desk, false).await;
    assert_eq!(desk.tag_count().await, before + 1);
    let row = desk
        .row_is("the notice is gone", |row| row["notice"] == Value::Null)
        .await;
    assert_eq!(row["state"], "watching");
}

#[tokio::test]
async fn a_folder_that_is_linked_while_watching_is_paused_is_live_at_once() {
    let desk = Desk::unlinked(drydock_tests::Dock::start().await).await;
    pause(&desk, true).await;
    desk.link("sh main.sh").await;
    desk.is_live().await;
    is_said_to_be_paused(&desk).await;
}

#[tokio::test]
async fn a_server_that_starts_again_watches() {
    let desk = Desk::new().await;
    pause(&desk, true).await;
    is_said_to_be_paused(&desk).await;
    desk.write("main.sh", "echo second\n");
    let desk = desk.crash().back().await;
    desk.is_live().await;
}
