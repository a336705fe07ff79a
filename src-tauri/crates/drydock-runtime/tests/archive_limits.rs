//! That a small archive cannot become much: many bytes, many entries, many folders, long names.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

#[path = "support/archive.rs"]
mod support;

use std::io::{Read, Write};

use drydock_runtime::UnpackLimits;
use flate2::Compression;
use flate2::write::GzEncoder;
use support::{Place, Tar};
use tar::{EntryType, Header};

#[test]
fn too_many_entries_and_too_many_bytes_are_refused() {
    let place = Place::new();
    let limits = UnpackLimits {
        max_entries: 3,
        max_unpacked_bytes: 10,
        max_ratio: 200,
    };
    let four = (0..4).fold(Tar::default(), |tar, number| tar.file(&format!("{number}"), "x"));
    assert!(
        place
            .unpack_within(&four.gz(), &limits)
            .unwrap_err()
            .to_string()
            .contains("more than 3 entries")
    );
    let large = Tar::default().file("a", "12345").file("b", "123456");
    assert!(
        place
            .unpack_within(&large.gz(), &limits)
            .unwrap_err()
            .to_string()
            .contains("'b' it unpacks to more than 10 bytes")
    );
    assert!(
        place
            .unpack_within(&Tar::default().file("a", "1234567890").gz(), &limits)
            .is_ok()
    );
}

/// As many entries as `tops`, each with 62 folders of its own between its top folder and its file.
fn deep_names(tops: u32) -> Tar {
    (0..tops).fold(Tar::default(), |tar, top| {
        tar.pax("path", &format!("{top}/{}f", "a/".repeat(62)))
            .file("f", "")
    })
}

#[test]
fn folders_that_only_stand_in_names_count_as_entries() {
    let place = Place::new();
    // 1600 entries in a few KB, of 64 nodes each: 102,400 of the 50,000 that may be.
    let archive = deep_names(1600).gz();
    assert!(archive.len() < 100_000, "{}", archive.len());
    assert!(place.refusal(&archive).contains("more than 50000 entries"));

    let within = |max_entries| {
        let limits = UnpackLimits {
            max_entries,
            ..UnpackLimits::default()
        };
        Place::new().unpack_within(&deep_names(2).gz(), &limits)
    };
    assert!(
        within(127)
            .unwrap_err()
            .to_string()
            .contains("more than 127 entries")
    );
    assert_eq!(within(128).unwrap().entries, 2);
    // A double is no further node.
    let limits = UnpackLimits {
        max_entries: 3,
        ..UnpackLimits::default()
    };
    let doubled = Tar::default().file("a/b", "x").file("c", "x").file("c", "y");
    assert!(place.unpack_within(&doubled.gz(), &limits).is_ok());
}

#[test]
fn a_name_that_is_too_deep_is_refused_also_as_a_folder_and_as_what_a_link_names() {
    let deep = "a/".repeat(65);
    let ok = || Tar::default().file("ok", "x");
    for tar in [
        ok().pax("path", &format!("{}f", "a/".repeat(500))).file("f", ""),
        ok().pax("path", &deep).folder("f"),
        ok().pax("linkpath", &deep).hard_link("link", "f"),
    ] {
        let reason = Place::new().refusal(&tar.gz());
        assert!(reason.contains("more than 64 folders deep"), "{reason}");
    }
}

/// A gzip of `head`, then of `zeros` zero bytes, made without holding them.
fn bomb(head: &[u8], zeros: u64) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(head).unwrap();
    std::io::copy(&mut std::io::repeat(0).take(zeros), &mut encoder).unwrap();
    encoder.finish().unwrap()
}

#[test]
fn a_bomb_is_refused_by_what_it_claims_and_by_what_it_holds() {
    let place = Place::new();
    let claims = |size_bytes: u64| {
        let mut tar = Tar::default().file("zeros", "");
        let mut header = Header::from_byte_slice(&tar.0[..512]).clone();
        header.set_size(size_bytes);
        header.set_cksum();
        tar.0[..512].copy_from_slice(header.as_bytes());
        tar.0
    };
    // Claims 10 GB; not one byte of it is read.
    assert!(
        place
            .refusal(&bomb(&claims(10_000_000_000), 20_000_000))
            .contains("more than 500000000 bytes")
    );
    // Claims what it holds: 40 MB in 40 KB.
    assert!(
        place
            .refusal(&bomb(&claims(40_000_000), 40_000_000))
            .contains("200 times")
    );
    // Claims little, and the rest comes after the tar's end.
    let hidden = bomb(&Tar::default().file("a", "x").0, 60_000_000);
    assert!(place.refusal(&hidden).contains("200 times"));
    // Below the floor any ratio passes.
    let small = bomb(&claims(9_000_000), 9_001_024);
    assert!(small.len() < 20_000);
    assert_eq!(place.unpack(&small).unwrap().bytes, 9_000_000);
}

#[test]
fn a_name_that_is_a_bomb_is_refused_before_it_fills_the_memory() {
    let place = Place::new();
    let long = vec![b'x'; 3_000_000];
    let tar = Tar::default()
        .file("ok", "x")
        .entry(EntryType::GNULongName, b"././@LongLink", b"", 0, &long)
        .file("a", "x");
    assert!(place.refusal(&tar.gz()).contains("1048576 bytes of names"));
}
