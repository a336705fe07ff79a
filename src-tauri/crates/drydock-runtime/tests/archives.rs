//! What may be in an archive, where it lands, and what is refused without a trace.
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

#[path = "support/archive.rs"]
mod support;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use drydock_core::Error;
use support::{Place, Tar, gzip};
use tar::EntryType;

fn refusal(tar: Tar) -> String {
    Place::new().refusal(&tar.gz())
}

/// What tar and gzip of the machine make of a folder, with these arguments.
fn packed_by_tar(arguments: &[&str]) -> Vec<u8> {
    let source = tempfile::tempdir().unwrap();
    fs::create_dir_all(source.path().join("dir/lib")).unwrap();
    fs::write(source.path().join("dir/main.sh"), "#!/bin/sh\n").unwrap();
    fs::set_permissions(
        source.path().join("dir/main.sh"),
        fs::Permissions::from_mode(0o700),
    )
    .unwrap();
    fs::write(source.path().join("dir/lib/a.txt"), "a").unwrap();
    let long = format!("dir/{}", "long".repeat(40));
    fs::write(source.path().join(long), "long").unwrap();
    std::os::unix::fs::symlink("lib/a.txt", source.path().join("dir/link")).unwrap();
    fs::hard_link(
        source.path().join("dir/lib/a.txt"),
        source.path().join("dir/twin"),
    )
    .unwrap();
    let made = std::process::Command::new("tar")
        .arg("czf")
        .arg("-")
        .args(arguments)
        .current_dir(source.path())
        .output();
    let made = made.unwrap();
    assert!(made.status.success(), "{made:?}");
    made.stdout
}

#[test]
fn what_tar_packs_lands_the_same_with_a_dot_with_a_folder_and_flat_in_every_format() {
    for format in ["--format=gnu", "--format=pax", "--format=posix"] {
        for arguments in [
            vec![format, "-C", "dir", "."],
            vec![format, "dir"],
            vec![
                format,
                "-C",
                "dir",
                "main.sh",
                "lib",
                "link",
                "twin",
                &"long".repeat(40),
            ],
        ] {
            let place = Place::new();
            let unpacked = place.unpack(&packed_by_tar(&arguments)).unwrap();
            // 10 of main.sh, 1 of a.txt, 4 of the long name; links have none.
            assert_eq!(unpacked.bytes, 15);
            assert_eq!(place.read("main.sh"), "#!/bin/sh\n");
            assert_eq!(
                (
                    place.read("link"),
                    place.read("twin"),
                    place.read(&"long".repeat(40))
                ),
                ("a".into(), "a".into(), "long".into())
            );
            let mode = |name: &str| {
                fs::metadata(place.code().join(name))
                    .unwrap()
                    .permissions()
                    .mode()
                    & 0o7777
            };
            assert_eq!(
                (mode("main.sh"), mode("lib/a.txt"), mode("lib"), mode(".")),
                (0o755, 0o644, 0o755, 0o755)
            );
            assert_eq!(
                fs::read_link(place.code().join("link")).unwrap(),
                Path::new("lib/a.txt")
            );
        }
    }
}

#[test]
fn with_a_dot_in_front_only_the_dot_goes() {
    let place = Place::new();
    place
        .unpack(&Tar::default().folder("./").file("./dir/a", "x").gz())
        .unwrap();
    assert_eq!(place.read("dir/a"), "x");
}

#[test]
fn global_headers_and_attributes_beside_the_folder_do_not_hide_it() {
    let place = Place::new();
    let tar = Tar::default().entry(
        EntryType::XGlobalHeader,
        b"pax_global_header",
        b"",
        0o644,
        b"11 a=b c d\n",
    );
    let unpacked = place
        .unpack(&tar.file("._dir", "mac").folder("dir/").file("dir/a", "x").gz())
        .unwrap();
    assert_eq!((place.read("a").as_str(), unpacked.entries), ("x", 3));
    assert!(!place.code().join("._dir").exists());
}

#[test]
fn a_later_double_of_a_file_counts() {
    let place = Place::new();
    let unpacked = place
        .unpack(
            &Tar::default()
                .file("a", "old")
                .file("b", "b")
                .file("a", "new!")
                .gz(),
        )
        .unwrap();
    assert_eq!((place.read("a").as_str(), unpacked.bytes), ("new!", 5));
}

#[test]
fn what_is_not_gzip_or_not_tar_is_no_archive() {
    let place = Place::new();
    for (archive, word) in [
        (b"PK\x03\x04 zip".to_vec(), "not gzip-compressed"),
        (Vec::new(), "not gzip-compressed"),
        (gzip(b"console.log('no tar')"), "no tar archive"),
        (gzip(&b"console.log('no tar')".repeat(100)), "no tar archive"),
    ] {
        let reason = place.refusal(&archive);
        assert!(
            reason.starts_with("File type not allowed") && reason.contains(word),
            "{reason}"
        );
    }
}

#[test]
fn an_archive_without_a_file_is_refused() {
    assert!(refusal(Tar::default()).contains("empty"));
    assert!(refusal(Tar::default().folder("./").folder("./a")).contains("no file"));
    assert!(refusal(Tar::default().symlink("a", "b")).contains("no file"));
}

#[test]
fn paths_that_leave_are_refused_by_name() {
    for name in ["../evil", "a/../../evil", "/etc/evil", "a/..", ".."] {
        let reason = refusal(Tar::default().file("ok", "x").file(name, "x"));
        assert!(
            reason.starts_with("Archive refused") && reason.contains(name),
            "{reason}"
        );
    }
    assert!(refusal(Tar::default().pax("path", "../evil").file("ok", "x")).contains("../evil"));
    assert!(refusal(Tar::default().pax("path", "a\0b").file("ok", "x")).contains("NUL"));
    assert!(refusal(Tar::default().pax("path", &"x/".repeat(600)).file("ok", "x")).contains("1024 bytes"));
    assert!(refusal(Tar::default().pax("path", &"x".repeat(300)).file("ok", "x")).contains("255 bytes"));
}

#[test]
fn links_that_leave_are_refused_also_through_others_and_after_the_top_folder_is_gone() {
    let ok = || Tar::default().file("ok", "x");
    for tar in [
        ok().symlink("link", "/etc"),
        ok().symlink("link", "../beside"),
        ok().symlink("a/b/up", "../..")
            .symlink("link", "a/b/up/../beside"),
        // Inside while `dir` is there; outside without it.
        Tar::default()
            .file("dir/ok", "x")
            .symlink("dir/link", "../dir/ok"),
    ] {
        assert!(refusal(tar).contains("link' is a link that leaves"));
    }
    assert!(refusal(ok().symlink("a", "b").symlink("b", "a")).contains("circle"));
    assert!(refusal(ok().hard_link("link", "/etc/passwd")).contains("absolute"));
    assert!(refusal(ok().hard_link("link", "../beside")).contains("'..'"));
    assert!(refusal(ok().hard_link("link", "missing")).contains("no file of the archive"));
    assert!(refusal(ok().symlink("soft", "ok").hard_link("link", "soft")).contains("no file of the archive"));
}

#[test]
fn nothing_is_written_below_or_over_a_link_in_whatever_order() {
    let below = [
        Tar::default()
            .folder("real")
            .symlink("link", "real")
            .file("link/evil", "x"),
        Tar::default()
            .folder("real")
            .file("link/evil", "x")
            .symlink("link", "real"),
        Tar::default().file("file", "x").file("file/evil", "x"),
        Tar::default()
            .file("a", "x")
            .symlink("evil", "a")
            .file("evil", "x"),
        Tar::default()
            .file("a", "x")
            .file("evil", "x")
            .symlink("evil", "a"),
        Tar::default().file("a", "x").file("evil", "x").folder("evil"),
        Tar::default()
            .file("a", "x")
            .hard_link("evil", "a")
            .file("evil", "x"),
    ];
    for tar in below {
        let reason = refusal(tar);
        assert!(
            reason.contains("lies below") || reason.contains("is there twice"),
            "{reason}"
        );
    }
}

#[test]
fn devices_pipes_set_id_bits_and_sparse_files_are_refused() {
    let with = |kind, mode| {
        Tar::default()
            .file("ok", "x")
            .entry(kind, b"evil", b"", mode, b"")
    };
    assert!(refusal(with(EntryType::Char, 0o644)).contains("'evil' is a device"));
    assert!(refusal(with(EntryType::Block, 0o644)).contains("device"));
    assert!(refusal(with(EntryType::Fifo, 0o644)).contains("pipe"));
    assert!(refusal(with(EntryType::Regular, 0o4755)).contains("set-user-id"));
    assert!(refusal(with(EntryType::Regular, 0o2755)).contains("set-group-id"));
    assert!(refusal(with(EntryType::new(b'M'), 0o644)).contains("unknown kind"));
    assert!(refusal(Tar::default().pax("GNU.sparse.major", "1").file("evil", "x")).contains("sparse"));
    let sparse = tempfile::tempdir().unwrap();
    fs::File::create(sparse.path().join("hole"))
        .unwrap()
        .set_len(5_000_000_000)
        .unwrap();
    let made = std::process::Command::new("tar")
        .args(["czSf", "-", "hole"])
        .current_dir(sparse.path())
        .output()
        .unwrap();
    assert!(Place::new().refusal(&made.stdout).contains("sparse"));
}

#[test]
fn what_is_cut_short_is_refused_wherever_the_cut_is() {
    let place = Place::new();
    let noise: Vec<u8> = (0..200_000_u32)
        .map(|number| (number.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let whole = Tar::default()
        .entry(EntryType::Regular, b"noise", b"", 0o644, &noise)
        .file("b", "b")
        .gz();
    for cut in [20, whole.len() / 2, whole.len() - 9, whole.len() - 1] {
        assert!(
            place.refusal(&whole[..cut]).contains("damaged or cut short"),
            "{cut}"
        );
    }
    let mut damaged = whole.clone();
    let last = damaged.len() - 6;
    damaged[last] ^= 1;
    assert!(place.refusal(&damaged).contains("damaged"));

    let tar = Tar::default()
        .file("a", "x")
        .entry(EntryType::Regular, b"noise", b"", 0o644, &noise)
        .0;
    assert!(
        place
            .refusal(&gzip(&tar[..100_000]))
            .contains("ends inside 'noise'")
    );
    assert!(
        place
            .refusal(&gzip(&tar[..1024 + 100]))
            .contains("damaged after 'a'")
    );
}

#[test]
fn a_folder_that_is_there_already_is_not_touched() {
    let place = Place::new();
    fs::create_dir(place.code()).unwrap();
    fs::write(place.code().join("theirs"), "x").unwrap();
    assert!(matches!(
        place.unpack(&Tar::default().file("a", "x").gz()),
        Err(Error::Internal(_))
    ));
    assert_eq!(place.read("theirs"), "x");
}
