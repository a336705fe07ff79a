//! The server ends, somehow, and starts again: what changed meanwhile is live, and nothing else is new.

use std::fs;
use std::time::Duration;

use drydock_tests::{Chance, Dock, process};
use nix::sys::signal::Signal;

use super::desk::Desk;

#[tokio::test]
async fn what_changed_while_nobody_looked_is_live_after_the_start_and_what_did_not_is_no_new_tag() {
    let desk = Desk::new().await;
    desk.write("sub/kept", "1");
    let tags = desk.tag_count().await;
    let active = desk.active().await;

    let desk = desk.crash().back().await;
    desk.row_is("it is watched", |row| row["state"] == "watching")
        .await;
    assert_eq!((desk.active().await, desk.tags().await.len()), (active, tags));
    assert_eq!(desk.run().await, "first\n");

    let away = desk.crash();
    away.write("main.sh", "echo changed meanwhile\n");
    let desk = away.back().await;
    desk.is_live().await;
    assert_eq!(desk.run().await, "changed meanwhile\n");
    assert_eq!(desk.tags().await.len(), tags + 1);
    desk.write("sub/kept", "2");
    desk.is_live().await;
}

#[tokio::test]
async fn what_was_broken_before_a_restart_is_still_not_live_after_it_and_a_mend_is() {
    let desk = Desk::node(&[("index.js", "console.log('good')")]).await;
    let good = desk.active().await;
    desk.write("index.js", "let let = ;");
    desk.row_is("it is told", |row| row["last"]["outcome"] == "does-not-parse")
        .await;
    let tags = desk.tags().await.len();

    let desk = desk.crash().back().await;
    let row = desk
        .row_is("it is told again", |row| {
            row["last"]["outcome"] == "does-not-parse"
        })
        .await;
    assert_eq!(row["last"]["errors"][0]["file"], "index.js", "{row:#}");
    assert_eq!((desk.active().await, desk.tags().await.len()), (good, tags));
    assert_eq!(desk.run().await, "good\n");
    desk.write("index.js", "console.log('mended')");
    desk.is_live().await;
}

#[tokio::test]
async fn a_server_that_is_killed_at_any_moment_of_a_save_has_the_last_save_live_after_its_start() {
    let seed = Chance::seed("RELOAD_SEED");
    #[allow(clippy::print_stderr)]
    {
        eprintln!("seed {seed}");
    }
    let mut chance = Chance::new(seed);
    let mut desk = Desk::node(&[("index.js", "console.log(0)")]).await;
    let rounds = std::env::var("RELOAD_CASES").map_or(10, |text| text.parse().unwrap());
    for round in 1..=rounds {
        desk.write("index.js", format!("console.log({round}, 'a')"));
        desk.write(
            format!("lib/{}.js", round % 4),
            format!("module.exports = {round}"),
        );
        // Looking, storing, laying out, checking and activating take some 100 ms together.
        tokio::time::sleep(Duration::from_millis(chance.below(250) as u64)).await;
        desk = desk.crash().back().await;
        desk.is_live().await;
        assert_eq!(desk.run().await, format!("{round} a\n"));
        // Nothing is left of what was cut off.
        let data = desk.dock.data();
        let drafts = fs::read_dir(data.join("contents")).unwrap();
        assert!(drafts.flatten().all(|entry| entry.path().is_dir()));
    }
}

#[tokio::test]
async fn a_folder_that_is_gone_when_the_server_starts_is_followed_when_it_comes() {
    let desk = Desk::new().await;
    let away = desk.beside("away");
    fs::rename(desk.folder(), &away).unwrap();
    let desk = desk.crash().back().await;
    desk.row_is("it is missing", |row| row["state"] == "missing")
        .await;
    assert_eq!(desk.run().await, "first\n");
    fs::write(away.join("main.sh"), "echo back").unwrap();
    fs::rename(away, desk.folder()).unwrap();
    desk.is_live().await;
}

#[tokio::test]
async fn a_server_that_stood_still_finds_all_that_happened_meanwhile() {
    /// More than the system keeps for a watcher that does not listen.
    fn too_many() -> usize {
        let limit = fs::read_to_string("/proc/sys/fs/inotify/max_queued_events").unwrap();
        limit.trim().parse::<usize>().unwrap() / 3
    }
    let desk = Desk::new().await;
    desk.write("sub/early", "1");
    desk.is_live().await;
    process::stop(desk.dock.pid()).await;
    for number in 0..too_many() {
        // Each is made, written and closed, and some three events are told of it.
        desk.write(format!("many/{}", number % 200), number.to_string());
    }
    fs::rename(desk.path("sub"), desk.path("moved")).unwrap();
    desk.write("sub/new", "1");
    desk.dock.signal(Signal::SIGCONT);
    desk.is_live().await;
    for path in ["moved/early", "sub/new", "many/7"] {
        desk.write(path, "after it");
        desk.is_live().await;
    }
}

#[tokio::test]
async fn a_server_ends_soon_while_it_looks_at_a_large_folder() {
    let desk = Desk::unlinked(Dock::start().await).await;
    // Sparse, so that it costs the disk nothing and the reader much.
    let large = fs::File::create(desk.path("large.bin")).unwrap();
    large.set_len(490_000_000).unwrap();
    desk.link("sh main.sh").await;
    let ending = desk.dock.interrupt().await;
    assert!(ending.status.success(), "{}", ending.log);
    assert!(
        !ending.log.contains("panicked") && !ending.log.contains("still run"),
        "{}",
        ending.log
    );
}
