//! What an uploaded archive may hold and what not. Everything refused is a clear 400 and leaves nothing on
//! the disk; everything taken lands where `tar --strip 1` would put it.

use drydock_tests::archive::{self, Archive, Style};
use drydock_tests::{Dock, Draft};

use crate::uploads::refused;

#[tokio::test]
async fn all_three_ways_to_pack_a_folder_land_at_the_same_place() {
    let dock = Dock::start().await;
    for style in [Style::Dotted, Style::TopFolder, Style::Flat] {
        let code = archive::fixture_as("node-hello", style);
        let function = dock
            .key()
            .deploy(Draft::with_code("node-20.0", code, "node index.js"))
            .await;
        let run = dock.key().run(&function, "you").await;
        assert_eq!(run["stdout"], "Hello, you\n", "{style:?}: {run}");
    }
}

#[tokio::test]
async fn behind_a_dot_nothing_more_is_stripped() {
    let dock = Dock::start().await;
    let code = Archive::new()
        .folder("./")
        .folder("./src/")
        .file("./src/main.sh", b"echo inside")
        .gzipped();

    let function = dock
        .key()
        .deploy(Draft::with_code("node-20.0", code, "sh src/main.sh"))
        .await;

    assert_eq!(dock.key().run(&function, "").await["stdout"], "inside\n");
}

#[tokio::test]
async fn a_link_inside_the_folder_and_an_executable_bit_are_kept() {
    let dock = Dock::start().await;
    let code = Archive::new()
        .folder("./bin/")
        .file_with_mode("./bin/real", 0o755, b"#!/bin/sh\necho real")
        .symlink("./link", "bin/real")
        .symlink("./bin/back", "../bin/real")
        .hard_link("./twin", "./bin/real")
        .gzipped();
    let key = dock.key();
    let function = key
        .deploy(Draft::with_code("node-20.0", code.clone(), "./link"))
        .await;
    for command in ["./link", "./bin/back", "./twin"] {
        let tag = key.upload(&function.id, command, code.clone()).await;
        key.activate(&function.id, &tag).await;
        let run = key.run(&function, "").await;
        assert_eq!(
            (&run["status"], &run["stdout"]),
            (&"completed".into(), &"real\n".into()),
            "{command}: {run}"
        );
    }
}

#[tokio::test]
async fn a_file_that_is_not_gzip_is_refused() {
    let dock = Dock::start().await;
    for code in [
        b"not gzip at all".to_vec(),
        b"PK\x03\x04 a zip".to_vec(),
        vec![0x1f],
    ] {
        let message = refused(&dock, code).await;
        assert!(message.starts_with("File type not allowed"), "{message}");
    }
}

#[tokio::test]
async fn gzip_that_is_not_a_tar_is_refused() {
    let dock = Dock::start().await;
    for inside in [
        b"hello".to_vec(),
        vec![b'x'; 4096],
        "console.log(1)\n".repeat(200).into_bytes(),
    ] {
        let message = refused(&dock, archive::gzip(&inside)).await;
        let clear = message.starts_with("File type not allowed") || message.starts_with("Archive refused");
        assert!(clear, "{message}");
    }
}

#[tokio::test]
async fn an_archive_that_ends_too_early_is_refused() {
    let dock = Dock::start().await;
    let whole = archive::fixture("node-hello");
    for length in [2, 12, whole.len() / 2, whole.len() - 4] {
        refused(&dock, whole[..length].to_vec()).await;
    }
}

#[tokio::test]
async fn an_archive_of_nothing_is_refused() {
    let dock = Dock::start().await;
    for code in [
        Archive::new().gzipped(),
        archive::gzip(b""),
        Archive::new().folder("./").gzipped(),
    ] {
        let message = refused(&dock, code).await;
        assert!(!message.contains("Server Error"), "{message}");
    }
    refused(&dock, Vec::new()).await;
}

#[tokio::test]
async fn a_name_that_leaves_the_folder_is_refused() {
    let dock = Dock::start().await;
    for name in [
        "../evil",
        "./../evil",
        "a/../../evil",
        "./a/../../../evil",
        "..",
        "a/..",
    ] {
        let code = Archive::new()
            .file("./index.js", b"1")
            .file(name, b"evil")
            .gzipped();
        let message = refused(&dock, code).await;
        assert!(
            message.starts_with("Archive refused: ") && message.contains(name),
            "{name}: {message}"
        );
    }
    assert!(!dock.data().join("evil").exists() && !dock.folder().beside("evil").exists());
}

#[tokio::test]
async fn an_absolute_name_is_refused() {
    let dock = Dock::start().await;
    let target = dock.folder().beside("absolute");

    let message = refused(
        &dock,
        Archive::new().file(target.to_str().unwrap(), b"evil").gzipped(),
    )
    .await;

    assert!(
        message.starts_with("Archive refused: ") && message.contains("absolute"),
        "{message}"
    );
    assert!(!target.exists());
}

#[tokio::test]
async fn a_link_that_leaves_the_folder_is_refused() {
    let dock = Dock::start().await;
    for target in ["/etc", "/etc/passwd", "..", "../../other", "sub/../../out"] {
        for code in [
            Archive::new()
                .folder("./sub/")
                .file("./sub/a", b"a")
                .symlink("./link", target)
                .gzipped(),
            Archive::new()
                .folder("./sub/")
                .file("./sub/a", b"a")
                .hard_link("./link", target)
                .gzipped(),
        ] {
            let message = refused(&dock, code).await;
            assert!(
                message.starts_with("Archive refused: ") && message.contains("link"),
                "{target}: {message}"
            );
        }
    }
    // One step up is inside from a sub-folder, two are not.
    let code = Archive::new()
        .folder("./a/")
        .file("./a/a", b"a")
        .symlink("./a/link", "../../x")
        .gzipped();
    let message = refused(&dock, code).await;
    assert!(message.contains("link"), "{message}");
}

#[tokio::test]
async fn a_chain_of_links_does_not_lead_out_either() {
    let dock = Dock::start().await;
    // Each link alone stays inside; through the first, the second would not.
    let code = Archive::new()
        .folder("./a/")
        .folder("./a/b/")
        .file("./a/b/c", b"c")
        .symlink("./here", "a/b")
        .symlink("./here/up", "../../..")
        .file("./here/up/evil", b"evil")
        .gzipped();

    refused(&dock, code).await;

    assert!(!dock.data().join("evil").exists() && !dock.data().join("code/evil").exists());
}

#[tokio::test]
async fn a_device_and_a_setuid_bit_are_refused() {
    let dock = Dock::start().await;
    let device = refused(&dock, Archive::new().file("./a", b"a").device("./null").gzipped()).await;
    assert!(
        device.starts_with("Archive refused: ") && device.contains("null"),
        "{device}"
    );
    for mode in [0o4755, 0o2755] {
        let code = Archive::new().file_with_mode("./tool", mode, b"x").gzipped();
        let message = refused(&dock, code).await;
        assert!(
            message.starts_with("Archive refused: ") && message.contains("tool"),
            "{message}"
        );
    }
}

#[tokio::test]
async fn ten_gigabytes_of_zeros_in_ten_megabytes_are_refused() {
    let dock = Dock::start().await;
    let bomb = archive::bomb();
    assert!(
        (9_000_000..12_000_000).contains(&bomb.len()),
        "the bomb has {} bytes",
        bomb.len()
    );

    let message = refused(&dock, bomb).await;

    assert!(message.starts_with("Archive refused: "), "{message}");
}

#[tokio::test]
async fn an_archive_that_unpacks_to_200_times_its_size_is_refused() {
    let dock = Dock::start().await;
    let code = Archive::new().file("./zeros", &vec![0; 20_000_000]).gzipped();

    let message = refused(&dock, code).await;

    assert!(
        message.starts_with("Archive refused: ") && message.contains("200"),
        "{message}"
    );
}

#[tokio::test]
async fn limits_of_archives_can_be_set_and_are_named_when_broken() {
    let dock = Dock::launch()
        .env("DRYDOCK_ARCHIVE__MAX_ENTRIES", "10")
        .env("DRYDOCK_ARCHIVE__MAX_UNPACKED_BYTES", "5000")
        .start()
        .await;
    let files = |count: usize| {
        (0..count)
            .fold(Archive::new(), |all, n| all.file(&format!("./{n}"), b"x"))
            .gzipped()
    };

    let message = refused(&dock, files(11)).await;
    assert!(
        message.starts_with("Archive refused: ") && message.contains("10"),
        "{message}"
    );
    let message = refused(&dock, archive::one_file("large.js", &"// comment\n".repeat(500))).await;
    assert!(
        message.starts_with("Archive refused: ") && message.contains("5000"),
        "{message}"
    );

    let function = dock.key().create_function().await;
    dock.key().upload(&function, "true", files(10)).await;
}

#[tokio::test]
async fn more_than_50000_entries_are_refused() {
    let dock = Dock::start().await;
    // Names that compress badly, so that it is the number that is refused.
    let code = (0_u64..50_001).fold(Archive::new(), |all, n| {
        let name = n.wrapping_mul(0x9e37_79b9_7f4a_7c15);
        all.file(
            &format!(
                "./{name:016x}{:016x}",
                name.rotate_left(29).wrapping_mul(0xff51_afd7_ed55_8ccd)
            ),
            b"",
        )
    });

    let message = refused(&dock, code.gzipped()).await;

    assert!(
        message.starts_with("Archive refused: ") && message.contains("50"),
        "{message}"
    );
}
