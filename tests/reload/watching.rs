//! Where the system does not tell of changes, or not of all: the folder is looked at again and again, and that is said.

use std::fs;

use drydock_tests::{Dock, Launch};
use serde_json::json;

use super::desk::Desk;

/// A server whose user may watch only so many directories, in a user namespace with limits of its own.
fn limited(directories: usize, watchers: usize) -> Option<Launch> {
    let limit = format!(
        "echo {directories} > /proc/sys/user/max_inotify_watches && \
         echo {watchers} > /proc/sys/user/max_inotify_instances && exec \"$0\" \"$@\""
    );
    let words = ["unshare", "--user", "--map-root-user", "sh", "-c", &limit];
    let may = std::process::Command::new(words[0])
        .args(&words[1..])
        .arg("true")
        .output()
        .is_ok_and(|tried| tried.status.success());
    if !may {
        use std::io::Write as _;
        // Not by a macro, whose text is shown only when a test fails.
        let _ = std::io::stderr().write_all(b"SKIPPED: no user namespace with limits of its own here\n");
        return None;
    }
    // In a user namespace of one user there is no other to become.
    Some(Dock::launch().within(&words).env("DRYDOCK_SANDBOX", "auto"))
}

async fn is_polled_and_says_why(desk: &Desk) {
    let row = desk.row_is("it is polled", |row| row["state"] == "polling").await;
    let notice = row["notice"].as_str().unwrap();
    assert!(
        notice.contains("again and again") && notice.contains("sysctl"),
        "{notice}"
    );
}

#[tokio::test]
async fn at_the_limit_of_watches_a_folder_is_polled_with_a_word_and_saves_are_live() {
    let Some(launch) = limited(20, 128) else { return };
    let desk = Desk::by(launch).await;
    assert_eq!(desk.row().await["state"], "watching");
    for number in 0..40 {
        desk.write(format!("sub-{number}/file"), "1");
    }
    desk.is_live().await;
    is_polled_and_says_why(&desk).await;
    for number in [0, 39] {
        desk.write(format!("sub-{number}/file"), "2");
        desk.is_live().await;
    }
    // Also after something else was to be said.
    fs::rename(desk.folder(), desk.beside("away")).unwrap();
    desk.row_is("it is missing", |row| row["state"] == "missing")
        .await;
    fs::rename(desk.beside("away"), desk.folder()).unwrap();
    is_polled_and_says_why(&desk).await;
    desk.write("main.sh", "echo polled");
    desk.is_live().await;
}

#[tokio::test]
async fn without_a_watcher_at_all_folders_are_polled_with_a_word() {
    let Some(launch) = limited(1000, 0) else { return };
    let desk = Desk::by(launch).await;
    is_polled_and_says_why(&desk).await;
    desk.write("sub/file", "1");
    desk.is_live().await;
}

#[tokio::test]
async fn a_folder_is_polled_where_that_is_wished_and_nothing_is_said_of_it() {
    let desk = Desk::unlinked(Dock::start().await).await;
    desk.link_by(json!({ "folder": desk.folder(), "command": "sh main.sh", "polling": true }))
        .await;
    desk.is_live().await;
    let row = desk.row().await;
    assert_eq!(
        (&row["state"], &row["polling"], &row["notice"]),
        (&json!("polling"), &json!(true), &json!(null))
    );
    for number in 0..3 {
        desk.write("sub/file", number.to_string());
        desk.write("main.sh", format!("echo {number}\n"));
        desk.is_live().await;
    }
    fs::remove_dir_all(desk.path("sub")).unwrap();
    desk.is_live().await;
    fs::remove_dir_all(desk.folder()).unwrap();
    desk.row_is("it is missing", |row| row["state"] == "missing")
        .await;
    desk.write("main.sh", "echo back\n");
    desk.is_live().await;
    let tags = desk.tags().await.len();

    let desk = desk.crash().back().await;
    desk.row_is("it is polled", |row| row["state"] == "polling").await;
    assert_eq!(desk.tags().await.len(), tags);
}
