//! Links themselves: made, changed, ended, refused.

use std::fs;
use std::os::unix::fs::MetadataExt as _;

use drydock_tests::{Dock, until};
use serde_json::{Value, json};

use super::code::Thing;
use super::desk::Desk;

/// Directories that the server watches for its links; one of its own, by which it hears that it has heard all, is none.
fn watches(dock: &Dock) -> usize {
    let own = fs::metadata(dock.data().join("contents")).unwrap().ino();
    let own = format!(" ino:{own:x} ");
    let infos = fs::read_dir(format!("/proc/{}/fdinfo", dock.pid())).unwrap();
    infos
        .filter_map(|info| fs::read_to_string(info.unwrap().path()).ok())
        .map(|info| {
            info.lines()
                .filter(|line| line.starts_with("inotify wd:") && !line.contains(&own))
                .count()
        })
        .sum()
}

async fn refused(desk: &Desk, folder: &str) -> String {
    let request = desk.owner().put(&desk.console("/link"));
    let answer = request
        .json(&json!({ "folder": folder, "command": "sh main.sh" }))
        .send_unchecked()
        .await;
    answer.expect_status(400);
    answer.message()
}

#[tokio::test]
async fn what_is_no_folder_with_code_is_refused_in_words() {
    let desk = Desk::unlinked(Dock::start().await).await;
    let data = desk.dock.data();
    for (folder, words) in [
        ("relative/path", "absolute path"),
        ("", "folder"),
        ("/", "root of the machine"),
        ("/no/such/folder", "can be read"),
        (desk.path("main.sh").to_str().unwrap(), "can be read"),
        (data.to_str().unwrap(), "data folder"),
        (data.join("code").to_str().unwrap(), "data folder"),
        (&format!("{}/../data", data.display()), "data folder"),
    ] {
        let message = refused(&desk, folder).await;
        assert!(message.contains(words), "{folder}: {message}");
    }
    assert_eq!(desk.row().await, Value::Null);
}

#[tokio::test]
async fn a_command_is_taken_from_the_active_tag_and_asked_for_where_there_is_none() {
    let desk = Desk::unlinked(Dock::start().await).await;
    let link = || {
        desk.owner()
            .put(&desk.console("/link"))
            .json(&json!({ "folder": desk.folder() }))
    };
    let answer = link().send_unchecked().await;
    answer.expect_status(400);
    assert!(answer.message().contains("command"), "{}", answer.message());
    desk.link("sh main.sh").await;
    desk.is_live().await;
    link().send_unchecked().await.expect_status(200);
    assert_eq!(desk.row().await["command"], "sh main.sh");
}

#[tokio::test]
async fn a_folder_that_is_linked_no_more_is_not_watched_and_its_code_stays() {
    let desk = Desk::new().await;
    assert_eq!(watches(&desk.dock), 1);
    for number in 0..50 {
        desk.write(format!("{}/{number}/file", number % 5), "");
    }
    desk.is_live().await;
    assert_eq!(watches(&desk.dock), 1 + 5 + 50);
    let before = desk.active().await;

    desk.owner()
        .delete(&desk.console("/link"))
        .send_unchecked()
        .await
        .expect_status(204);
    until("nothing is watched", async || {
        (watches(&desk.dock) == 0).then_some(())
    })
    .await;
    desk.write("main.sh", "echo nobody sees this");
    assert_eq!(desk.active().await, before);
    assert_eq!(desk.run().await, "first\n");
    desk.owner()
        .delete(&desk.console("/link"))
        .send_unchecked()
        .await
        .expect_status(404);

    desk.link("sh main.sh").await;
    desk.is_live().await;
    assert_eq!(desk.run().await, "nobody sees this\n");
}

#[tokio::test]
async fn directories_that_went_are_not_watched_any_more() {
    let desk = Desk::new().await;
    for round in 0..5 {
        for number in 0..20 {
            desk.write(format!("build-{round}/{number}/file"), "");
        }
        desk.is_live().await;
        fs::remove_dir_all(desk.path(format!("build-{round}"))).unwrap();
        desk.is_live().await;
    }
    assert_eq!(watches(&desk.dock), 1);
}

#[tokio::test]
async fn another_folder_takes_the_place_of_the_first() {
    let desk = Desk::new().await;
    let other = desk.beside("other");
    fs::create_dir(&other).unwrap();
    fs::write(other.join("main.sh"), "echo other").unwrap();
    desk.link_by(json!({ "folder": other, "command": "sh main.sh" }))
        .await;
    desk.file_is_live("main.sh", "echo other").await;
    desk.write("main.sh", "echo the first one again");
    fs::write(other.join("late"), "1").unwrap();
    desk.file_is_live("late", "1").await;
    assert_eq!(desk.live().await.len(), 2);
    assert_eq!(desk.run().await, "other\n");
    assert_eq!(watches(&desk.dock), 1);
}

#[tokio::test]
async fn another_command_for_the_same_folder_is_a_tag_with_it() {
    let desk = Desk::new().await;
    desk.write("other.sh", "echo by the other command");
    desk.is_live().await;
    desk.link("sh other.sh").await;
    until("the other command runs", async || {
        (desk.run().await == "by the other command\n").then_some(())
    })
    .await;
}

#[tokio::test]
async fn folders_linked_back_and_forth_at_once_end_with_the_last_one_answered() {
    let desk = Desk::new().await;
    let folders: Vec<_> = (0..4)
        .map(|number| {
            let folder = desk.beside(&format!("folder-{number}"));
            fs::create_dir(&folder).unwrap();
            fs::write(folder.join("main.sh"), format!("echo {number}")).unwrap();
            folder
        })
        .collect();
    for _ in 0..4 {
        let links = folders.iter().map(|folder| {
            let owner = desk.owner();
            let (path, body) = (
                desk.console("/link"),
                json!({ "folder": folder, "command": "sh main.sh" }),
            );
            tokio::spawn(async move {
                owner
                    .put(&path)
                    .json(&body)
                    .send_unchecked()
                    .await
                    .expect_status(200);
            })
        });
        for link in links.collect::<Vec<_>>() {
            link.await.unwrap();
        }
        let linked = desk.row().await["folder"].as_str().unwrap().to_owned();
        let text = fs::read_to_string(format!("{linked}/main.sh")).unwrap();
        desk.file_is_live("main.sh", &text).await;
        let late = format!("{text} late");
        fs::write(format!("{linked}/main.sh"), &late).unwrap();
        desk.file_is_live("main.sh", &late).await;
        fs::write(format!("{linked}/main.sh"), &text).unwrap();
        desk.file_is_live("main.sh", &text).await;
    }
}

#[tokio::test]
async fn a_function_that_is_deleted_takes_its_link_along_without_a_word_in_the_log() {
    let desk = Desk::new().await;
    desk.write("sub/file", "1");
    // While it is looked at, or not yet, or not any more.
    desk.dock.key().delete(&desk.function.path()).ok(204).await;
    until("nothing is watched", async || {
        (watches(&desk.dock) == 0).then_some(())
    })
    .await;
    desk.write("main.sh", "echo nobody sees this");
    let links = desk
        .owner()
        .get("/console/api/projects/default/links")
        .send_unchecked()
        .await;
    assert_eq!(links.json()["links"], json!([]));
    let log = desk.dock.log();
    assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
}

#[tokio::test]
async fn two_functions_of_one_folder_and_one_of_a_folder_in_it_all_follow_it() {
    let desk = Desk::new().await;
    let (mut others, inner) = (Vec::new(), desk.path("inner"));
    desk.write("inner/main.sh", "echo inner");
    for folder in [desk.folder(), &inner] {
        let id = desk.dock.key().create_function().await;
        let path = format!("/console/api/projects/default/functions/{id}");
        let body = json!({ "folder": folder, "command": "sh main.sh" });
        desk.owner()
            .put(&format!("{path}/link"))
            .json(&body)
            .send_unchecked()
            .await
            .expect_status(200);
        others.push(path);
    }
    let code_of = async |path: &str| {
        let tags = desk
            .owner()
            .get(&format!("{path}/tags?limit=1&orderType=DESC"))
            .send_unchecked()
            .await;
        let tag = tags.json()["tags"][0]["$id"].as_str()?.to_owned();
        let archive = desk
            .owner()
            .get(&format!("{path}/tags/{tag}/archive"))
            .send_unchecked()
            .await;
        Some(super::code::in_archive(&archive.body))
    };
    for number in 0..3 {
        desk.write("inner/main.sh", format!("echo inner {number}"));
        desk.is_live().await;
        let text = Thing::text(&format!("echo inner {number}"));
        for (path, file) in others.iter().zip(["inner/main.sh", "main.sh"]) {
            until("the other functions have it too", async || {
                let code = code_of(path).await?;
                (code.get(std::path::Path::new(file)) == Some(&text)).then_some(())
            })
            .await;
        }
    }
    assert_eq!(watches(&desk.dock), 2);
    // One of them ends; the others go on.
    desk.owner()
        .delete(&desk.console("/link"))
        .send_unchecked()
        .await
        .expect_status(204);
    desk.write("inner/main.sh", "echo after it");
    until("the inner one has it", async || {
        let code = code_of(&others[1]).await?;
        (code.get(std::path::Path::new("main.sh")) == Some(&Thing::text("echo after it"))).then_some(())
    })
    .await;
}

#[tokio::test]
async fn more_than_a_folder_may_hold_is_said_and_live_once_it_is_less() {
    let launch = Dock::launch().env("DRYDOCK_ARCHIVE__MAX_ENTRIES", "50");
    let desk = Desk::by(launch).await;
    for number in 0..60 {
        desk.write(format!("deep/er/{number}"), "");
    }
    let row = desk
        .row_is("it is too much", |row| row["state"] == "unreadable")
        .await;
    let notice = row["notice"].as_str().unwrap();
    assert!(
        notice.contains("50 files") && notice.contains(".drydockignore"),
        "{notice}"
    );
    assert_eq!(desk.run().await, "first\n");

    for number in 0..30 {
        fs::remove_file(desk.path(format!("deep/er/{number}"))).unwrap();
    }
    desk.is_live().await;
    let row = desk.row().await;
    assert_eq!(
        (&row["state"], &row["notice"]),
        (&json!("watching"), &Value::Null)
    );
}

#[tokio::test]
async fn what_is_ours_in_a_linked_folder_is_never_its_code() {
    let place = drydock_tests::Folder::new();
    let dock = Dock::launch().on(&place).start().await;
    let desk = Desk::unlinked(dock).await;
    fs::write(place.beside("main.sh"), "echo around it").unwrap();
    desk.link_by(
        json!({ "folder": place.beside(""), "command": "sh main.sh", "ignore": ["log-*", "ready-*"] }),
    )
    .await;
    desk.file_is_live("main.sh", "echo around it").await;
    assert_eq!(desk.live().await.len(), 1);
    assert_eq!(desk.run().await, "around it\n");
    assert_eq!(desk.tags().await.len(), 1);
}

#[tokio::test]
async fn what_the_link_itself_leaves_out_is_no_code() {
    let desk = Desk::new().await;
    desk.write("notes/todo", "x");
    desk.write("a.log", "x");
    desk.link_by(json!({ "folder": desk.folder(), "command": "sh main.sh", "ignore": ["notes/", "*.log"] }))
        .await;
    desk.is_live_without(&|path| path.starts_with("notes") || path.ends_with("a.log"))
        .await;
    assert_eq!(desk.row().await["ignore"], json!(["notes/", "*.log"]));
}
