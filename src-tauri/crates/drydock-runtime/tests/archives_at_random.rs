//! Archives out of few names that often meet: whatever they hold, nothing is written outside.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

#[path = "support/archive.rs"]
mod support;

use std::fs;

use drydock_core::Error;
use proptest::prelude::*;
use support::{Place, Tar};
use tar::EntryType;

/// Names and targets out of few pieces, so that entries often meet.
fn hostile_name() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec!["a", "b", "c", ".", "..", "", "beside", "code"]);
    let front = prop::sample::select(vec!["", "", "", "", "./", "/", "../"]);
    (front, prop::collection::vec(piece, 1..4))
        .prop_map(|(front, pieces)| format!("{front}{}", pieces.join("/")))
}

/// Mostly harmless names, so that many archives pass and are written.
fn tame_name() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(vec!["a", "b", "c", "d"]), 1..4)
        .prop_map(|pieces| pieces.join("/"))
}

fn any_entry() -> impl Strategy<Value = (EntryType, String, String)> {
    let kinds = vec![
        EntryType::Regular,
        EntryType::Regular,
        EntryType::Directory,
        EntryType::Symlink,
        EntryType::Link,
    ];
    let name = prop_oneof![9 => tame_name(), 1 => hostile_name()];
    let target = prop_oneof![
        tame_name(),
        tame_name().prop_map(|name| format!("../{name}")),
        hostile_name()
    ];
    (prop::sample::select(kinds), name, target)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]
    #[test]
    fn nothing_is_ever_written_outside_and_no_link_leads_there(
        entries in prop::collection::vec(any_entry(), 1..7),
    ) {
        let place = Place::new();
        let tar = entries.iter().fold(Tar::default(), |tar, (kind, name, target)| match kind {
            EntryType::Regular => tar.file(name, "content"),
            EntryType::Directory => tar.folder(name),
            EntryType::Symlink => tar.symlink(name, target),
            _ => tar.hard_link(name, target),
        });
        let unpacked = place.unpack(&tar.gz());
        prop_assert_eq!(fs::read_to_string(place.0.path().join("beside")).unwrap(), "untouched");
        match unpacked {
            Err(Error::ArchiveRefused(_)) => prop_assert_eq!(place.names(), ["beside"]),
            Err(error) => prop_assert!(false, "{error:?}"),
            Ok(_) => {
                prop_assert_eq!(place.names(), ["beside", "code"]);
                let root = fs::canonicalize(place.code()).unwrap();
                let mut folders = vec![root.clone()];
                while let Some(folder) = folders.pop() {
                    for entry in fs::read_dir(&folder).unwrap() {
                        let entry = entry.unwrap();
                        if entry.file_type().unwrap().is_dir() {
                            folders.push(entry.path());
                        }
                        // A link to nothing leads nowhere.
                        if let Ok(real) = fs::canonicalize(entry.path()) {
                            prop_assert!(real.starts_with(&root), "{} leads to {}", entry.path().display(), real.display());
                        }
                    }
                }
            }
        }
    }
}
