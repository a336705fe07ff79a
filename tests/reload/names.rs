//! Whatever a folder can hold: names, links, modes, sizes, kinds.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use drydock_tests::Chance;

use super::code::{Thing, raw_name};
use super::desk::{Desk, shell};

#[tokio::test]
async fn every_name_that_a_file_system_takes_is_kept_as_it_is() {
    let desk = Desk::new().await;
    let long = "n".repeat(255);
    let names: [&[u8]; 9] = [
        b"with space",
        "grün 世界 🚢".as_bytes(),
        b"two\nlines",
        b"-rf",
        b"a\\b",
        b"*?[!]",
        b"\xff\xfe not utf-8",
        long.as_bytes(),
        b"...",
    ];
    for name in names {
        desk.write(raw_name(name), "1");
        desk.write(Path::new("folder").join(raw_name(name)).join(raw_name(name)), "2");
        desk.is_live().await;
    }
    for name in names {
        desk.write(Path::new("folder").join(raw_name(name)).join(raw_name(name)), "3");
    }
    desk.is_live().await;
    assert_eq!(desk.run().await, "first\n");
}

#[tokio::test]
async fn empty_folders_are_code_and_files_and_folders_take_each_other_s_place() {
    let desk = Desk::new().await;
    fs::create_dir_all(desk.path("empty/in/empty")).unwrap();
    desk.is_live().await;
    for _ in 0..3 {
        desk.write("thing/inside", "1");
        desk.is_live().await;
        fs::remove_dir_all(desk.path("thing")).unwrap();
        desk.write("thing", "a file");
        desk.is_live().await;
        fs::remove_file(desk.path("thing")).unwrap();
        symlink("main.sh", desk.path("thing")).unwrap();
        desk.is_live().await;
        fs::remove_file(desk.path("thing")).unwrap();
    }
    fs::remove_dir_all(desk.path("empty")).unwrap();
    desk.is_live().await;
}

#[tokio::test]
async fn links_inside_are_kept_and_links_out_are_named_and_left_out() {
    let desk = Desk::new().await;
    desk.write("lib/a", "a");
    symlink("lib/a", desk.path("relative")).unwrap();
    symlink("../lib", desk.path("lib/round")).unwrap();
    symlink("nowhere", desk.path("dangling")).unwrap();
    desk.is_live().await;
    assert_eq!(desk.row().await["leftOut"], serde_json::json!([]));

    fs::write(desk.beside("secret"), "not code").unwrap();
    symlink("../secret", desk.path("out")).unwrap();
    symlink("/etc", desk.path("lib/etc")).unwrap();
    let row = desk
        .row_is("both are named", |row| {
            row["leftOut"].as_array().unwrap().len() == 2
        })
        .await;
    for left_out in row["leftOut"].as_array().unwrap() {
        assert!(left_out["why"].as_str().unwrap().contains("outside"), "{row:#}");
    }
    let out = |path: &Path| path == Path::new("out") || path == Path::new("lib/etc");
    desk.is_live_without(&out).await;

    // By an absolute path to something inside it is the same link wherever the code lies.
    symlink(desk.path("lib/a"), desk.path("absolute")).unwrap();
    desk.marker().await;
    let live = desk.live().await;
    assert_eq!(live[Path::new("absolute")], Thing::Link(PathBuf::from("lib/a")));
}

#[tokio::test]
async fn a_file_that_may_be_run_is_run_and_not_any_more_when_it_may_not() {
    let desk = Desk::unlinked(drydock_tests::Dock::start().await).await;
    desk.write("program", "#!/bin/sh\necho it runs\n");
    shell(desk.folder(), "chmod +x program");
    desk.link("./program").await;
    desk.is_live().await;
    assert_eq!(desk.run().await, "it runs\n");

    shell(desk.folder(), "chmod -x program");
    desk.is_live().await;
    let failed = desk.dock.key().run(&desk.function, "").await;
    assert_eq!(failed["status"], "failed", "{failed:#}");
    shell(desk.folder(), "chmod +x program");
    desk.is_live().await;
    assert_eq!(desk.run().await, "it runs\n");
}

#[tokio::test]
async fn a_large_file_is_kept_whole_and_a_pipe_and_a_socket_are_not_waited_for() {
    let desk = Desk::new().await;
    let large = Chance::new(1).bytes(1 << 20).repeat(20);
    desk.write("large.bin", &large);
    desk.is_live().await;
    shell(desk.folder(), "mkfifo pipe");
    let _socket = std::os::unix::net::UnixListener::bind(desk.path("socket")).unwrap();
    let special = |path: &Path| path == Path::new("pipe") || path == Path::new("socket");
    let row = desk
        .row_is("both are named", |row| {
            row["leftOut"].as_array().unwrap().len() == 2
        })
        .await;
    assert!(
        row["leftOut"][0]["why"]
            .as_str()
            .unwrap()
            .contains("neither a file"),
        "{row:#}"
    );
    desk.write("large.bin", &large[1..]);
    desk.is_live_without(&special).await;
}

#[tokio::test]
async fn what_is_nested_deeper_than_an_upload_may_be_is_named_and_left_out() {
    let desk = Desk::new().await;
    // One by one: the whole path is longer than one call takes.
    shell(
        desk.folder(),
        "i=0; while [ $i -lt 1500 ]; do mkdir d; cd d; i=$((i+1)); done",
    );
    let row = desk
        .row_is("it is named", |row| {
            row["leftOut"].as_array().is_some_and(|all| all.len() == 1)
        })
        .await;
    assert!(
        row["leftOut"][0]["why"]
            .as_str()
            .unwrap()
            .contains("64 folders deep"),
        "{row:#}"
    );
    desk.write("main.sh", "echo well");
    desk.file_is_live("main.sh", "echo well").await;
    assert_eq!(desk.run().await, "well\n");
    assert_eq!(
        desk.live()
            .await
            .keys()
            .map(|path| path.components().count())
            .max(),
        Some(64)
    );
}
