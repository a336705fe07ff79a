//! The folder itself: gone and back, another one in its place, parts of it that cannot be read.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;

use drydock_tests::{Dock, Folder};
use serde_json::json;

use super::desk::{Desk, shell};

async fn is_missing(desk: &Desk) {
    let row = desk
        .row_is("it is missing", |row| row["state"] == "missing")
        .await;
    assert!(row["notice"].as_str().unwrap().contains("not there"), "{row:#}");
}

async fn is_watched(desk: &Desk) {
    let row = desk
        .row_is("it is watched", |row| row["state"] == "watching")
        .await;
    assert!(row["notice"].is_null(), "{row:#}");
}

#[tokio::test]
async fn a_folder_that_is_deleted_keeps_its_last_code_live_until_it_comes_back() {
    let desk = Desk::new().await;
    let before = desk.tag_count().await;
    fs::remove_dir_all(desk.folder()).unwrap();
    is_missing(&desk).await;
    assert_eq!(desk.run().await, "first\n");

    // The same as before is no news.
    desk.write("main.sh", super::desk::FIRST);
    is_watched(&desk).await;
    assert_eq!(desk.tags().await.len(), before);
    desk.write("main.sh", "echo second\n");
    desk.is_live().await;
}

#[tokio::test]
async fn a_folder_that_is_moved_away_is_followed_again_when_it_is_back() {
    let desk = Desk::new().await;
    desk.write("sub/file", "1");
    desk.is_live().await;
    fs::rename(desk.folder(), desk.beside("away")).unwrap();
    is_missing(&desk).await;
    fs::write(desk.beside("away/sub/file"), "2").unwrap();
    fs::rename(desk.beside("away"), desk.folder()).unwrap();
    desk.is_live().await;
    is_watched(&desk).await;
    desk.write("sub/file", "3");
    desk.is_live().await;
}

#[tokio::test]
async fn another_folder_in_its_place_is_live_and_watched_and_the_old_one_is_not() {
    let desk = Desk::new().await;
    shell(
        desk.folder(),
        "cp -r . ../other; echo 'echo other' > ../other/main.sh; mkdir ../other/sub",
    );
    shell(desk.folder(), "mv ../code ../old && mv ../other ../code");
    desk.is_live().await;
    fs::write(desk.beside("old/main.sh"), "echo old").unwrap();
    desk.write("sub/file", "in the new one");
    desk.is_live().await;
}

#[tokio::test]
async fn another_folder_by_way_of_one_above_it_is_live_and_watched() {
    let desk = Desk::unlinked(Dock::start().await).await;
    for (project, text) in [("project", "echo one"), ("next", "echo two")] {
        fs::create_dir_all(desk.beside(project).join("functions/one")).unwrap();
        fs::write(desk.beside(project).join("functions/one/main.sh"), text).unwrap();
    }
    let folder = desk.beside("project/functions/one");
    desk.link_by(json!({ "folder": folder, "command": "sh main.sh" }))
        .await;
    desk.file_is_live("main.sh", "echo one").await;

    // In one step, so that it is never missing.
    nix::fcntl::renameat2(
        nix::fcntl::AT_FDCWD,
        &desk.beside("project"),
        nix::fcntl::AT_FDCWD,
        &desk.beside("next"),
        nix::fcntl::RenameFlags::RENAME_EXCHANGE,
    )
    .unwrap();
    desk.file_is_live("main.sh", "echo two").await;
    fs::write(folder.join("main.sh"), "echo three").unwrap();
    desk.file_is_live("main.sh", "echo three").await;
}

#[tokio::test]
async fn a_link_to_a_folder_that_is_pointed_elsewhere_is_followed() {
    let desk = Desk::unlinked(Dock::start().await).await;
    for version in ["v1", "v2"] {
        fs::create_dir(desk.beside(version)).unwrap();
        fs::write(desk.beside(version).join("main.sh"), format!("echo {version}")).unwrap();
    }
    symlink("v1", desk.beside("current")).unwrap();
    desk.link_by(json!({ "folder": desk.beside("current"), "command": "sh main.sh" }))
        .await;
    desk.file_is_live("main.sh", "echo v1").await;

    symlink("v2", desk.beside("next")).unwrap();
    fs::rename(desk.beside("next"), desk.beside("current")).unwrap();
    desk.file_is_live("main.sh", "echo v2").await;
    fs::write(desk.beside("v2/main.sh"), "echo v2b").unwrap();
    desk.file_is_live("main.sh", "echo v2b").await;
}

#[tokio::test]
async fn a_folder_that_becomes_empty_keeps_its_last_code_live_and_says_so() {
    let desk = Desk::new().await;
    fs::remove_file(desk.path("main.sh")).unwrap();
    let row = desk.row_is("it is empty", |row| row["files"] == 0).await;
    assert!(
        row["notice"].as_str().unwrap().contains("holds no code"),
        "{row:#}"
    );
    assert_eq!(desk.run().await, "first\n");
    desk.write("main.sh", "echo again");
    desk.is_live().await;
    is_watched(&desk).await;
}

/// A user that no machine has.
const USER: u32 = 54_323;

/// A server that may not read everything, also where the tests run as root.
async fn as_a_user() -> Dock {
    if !nix::unistd::geteuid().is_root() {
        return Dock::start().await;
    }
    let folder = Folder::new();
    let id = USER.to_string();
    let binary = folder.beside("drydock");
    fs::copy(drydock_tests::binary(), &binary).unwrap();
    fs::set_permissions(folder.beside(""), fs::Permissions::from_mode(0o755)).unwrap();
    for path in [&folder.beside(""), &binary] {
        chown(path, Some(USER), Some(USER)).unwrap();
    }
    let user = ["setpriv", "--reuid", &id, "--regid", &id, "--clear-groups"];
    Dock::launch()
        .on(&folder)
        .within(&user)
        .binary(&binary)
        .start()
        .await
}

fn set_mode(path: &Path, mode: u32) {
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
}

async fn leaves_out(desk: &Desk, path: &str) {
    let row = desk
        .row_is(&format!("{path} is left out"), |row| {
            row["leftOut"][0]["path"] == path && row["state"] != "starting"
        })
        .await;
    let why = row["leftOut"][0]["why"].as_str().unwrap();
    assert!(why.contains("cannot be read"), "{row:#}");
    assert_eq!(row["state"], "watching", "{row:#}");
}

#[tokio::test]
async fn what_cannot_be_read_is_named_and_left_out_until_it_can() {
    let desk = Desk::unlinked(as_a_user().await).await;
    shell(desk.folder(), "chmod 755 .. . && chmod 644 main.sh");
    desk.link("sh main.sh").await;
    desk.write("secret", "1");
    desk.is_live().await;
    set_mode(&desk.path("secret"), 0o000);
    leaves_out(&desk, "secret").await;
    set_mode(&desk.path("secret"), 0o644);
    desk.is_live().await;

    desk.write("sub/file", "1");
    desk.is_live().await;
    set_mode(&desk.path("sub"), 0o000);
    leaves_out(&desk, "sub").await;
    desk.write("beside", "seen all the same");
    desk.is_live_without(&|path| path.starts_with("sub")).await;
    set_mode(&desk.path("sub"), 0o755);
    desk.is_live().await;
    desk.write("sub/file", "2");
    desk.is_live().await;
}

#[tokio::test]
async fn a_folder_with_a_part_that_cannot_be_read_from_the_start_is_watched() {
    let desk = Desk::unlinked(as_a_user().await).await;
    shell(desk.folder(), "chmod 755 .. .; mkdir sub; chmod 000 sub");
    desk.link("sh main.sh").await;
    leaves_out(&desk, "sub").await;
    set_mode(&desk.path("sub"), 0o755);
    desk.write("sub/file", "1");
    desk.is_live().await;
}
