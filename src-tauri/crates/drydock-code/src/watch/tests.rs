//! Tests of being told, by the real system.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

use std::fs;
use std::time::Duration;

use super::*;

/// What must come comes within milliseconds; this long only on a machine that is nearly dead.
const LIMIT: Duration = Duration::from_secs(20);

async fn next(watched: &Watched) -> Where {
    tokio::time::timeout(LIMIT, watched.changed()).await.unwrap().0
}

fn at(path: &str) -> Where {
    Where::at([PathBuf::from(path)])
}

struct Bench {
    place: tempfile::TempDir,
    root: PathBuf,
    watcher: Watcher,
    watched: Watched,
}

impl Bench {
    fn new() -> Self {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap().join("root");
        let ours = root.with_file_name("ours");
        for folder in [&root, &ours] {
            fs::create_dir(folder).unwrap();
        }
        let watcher = Watcher::new(ours);
        let bench = Self {
            watched: watcher.watch(root.clone()),
            place,
            root,
            watcher,
        };
        bench.watched.observe(&bench.root).unwrap();
        bench
    }
}

#[tokio::test]
async fn saves_in_place_and_by_renaming_are_told() {
    let bench = Bench::new();
    fs::write(bench.root.join("a"), "1").unwrap();
    assert_eq!(next(&bench.watched).await, at("a"));
    fs::write(bench.root.join("a"), "2").unwrap();
    assert_eq!(next(&bench.watched).await, at("a"));
    fs::write(bench.root.join("a.tmp"), "3").unwrap();
    fs::rename(bench.root.join("a.tmp"), bench.root.join("a")).unwrap();
    assert_eq!(next(&bench.watched).await, at("a"));
    fs::remove_file(bench.root.join("a")).unwrap();
    assert_eq!(next(&bench.watched).await, at("a"));
}

#[tokio::test]
async fn editors_files_for_the_moment_are_not_told() {
    let bench = Bench::new();
    for name in [".a.swp", "4913", "a~", "#a#"] {
        fs::write(bench.root.join(name), "x").unwrap();
    }
    fs::write(bench.root.join("a"), "x").unwrap();
    assert_eq!(next(&bench.watched).await, at("a"));
}

#[tokio::test]
async fn a_directory_is_told_of_and_its_files_from_when_it_is_observed() {
    let bench = Bench::new();
    fs::create_dir(bench.root.join("d")).unwrap();
    assert_eq!(next(&bench.watched).await, at("d"));
    bench.watched.observe(&bench.root.join("d")).unwrap();
    fs::write(bench.root.join("d/a"), "x").unwrap();
    assert_eq!(next(&bench.watched).await, at("d/a"));
    // Gone, and another in its place.
    fs::remove_dir_all(bench.root.join("d")).unwrap();
    next(&bench.watched).await;
    fs::create_dir(bench.root.join("d")).unwrap();
    next(&bench.watched).await;
    bench.watched.observe(&bench.root.join("d")).unwrap();
    fs::write(bench.root.join("d/b"), "x").unwrap();
    assert_eq!(next(&bench.watched).await, at("d/b"));
}

#[tokio::test]
async fn a_folder_in_another_is_told_with_it_and_stays_when_it_goes() {
    let bench = Bench::new();
    let inner = bench.root.join("d");
    fs::create_dir(&inner).unwrap();
    next(&bench.watched).await;
    bench.watched.observe(&inner).unwrap();
    let of_inner = bench.watcher.watch(inner.clone());
    of_inner.observe(&inner).unwrap();
    fs::write(inner.join("a"), "x").unwrap();
    assert_eq!(next(&bench.watched).await, at("d/a"));
    assert_eq!(next(&of_inner).await, at("a"));
    drop(bench.watched);
    fs::write(inner.join("b"), "x").unwrap();
    assert_eq!(next(&of_inner).await, at("b"));
    assert_eq!(lock(&bench.watcher.0.directories).len(), 1);
}

#[tokio::test]
async fn the_end_of_the_folder_itself_is_told() {
    let bench = Bench::new();
    fs::remove_dir(&bench.root).unwrap();
    assert_eq!(next(&bench.watched).await, Where::everywhere());
}

#[test]
fn a_directory_that_is_gone_is_no_failure() {
    let bench = Bench::new();
    bench.watched.observe(&bench.root.join("none")).unwrap();
}

#[tokio::test]
async fn after_catching_up_all_that_happened_before_is_told() {
    let bench = Bench::new();
    for _ in 0..20 {
        bench.watched.catch_up();
        assert!(!bench.watched.has_more());
        fs::write(bench.root.join("a"), "x").unwrap();
        bench.watched.catch_up();
        assert!(bench.watched.has_more());
        next(&bench.watched).await;
    }
    // Our own folder says nothing, and what cannot be had is done without.
    fs::remove_dir(bench.place.path().join("ours")).unwrap();
    bench.watched.catch_up();
    assert!(!bench.watched.has_more());
}

#[tokio::test]
async fn writing_to_a_file_that_is_left_out_is_no_change_and_another_thing_of_its_name_is() {
    let bench = Bench::new();
    let log = bench.root.join("log");
    fs::write(&log, "1").unwrap();
    next(&bench.watched).await;
    bench.watched.ignore(&bench.root, vec!["log".into()]);
    fs::write(&log, "2").unwrap();
    bench.watched.catch_up();
    assert!(!bench.watched.has_more());
    fs::remove_file(&log).unwrap();
    fs::create_dir(&log).unwrap();
    assert_eq!(next(&bench.watched).await, at("log"));
    bench.watched.ignore(&bench.root, Vec::new());
    fs::write(bench.root.join("other"), "2").unwrap();
    assert_eq!(next(&bench.watched).await, at("other"));
}
