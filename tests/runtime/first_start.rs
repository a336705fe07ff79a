//! The first start: what is made, what is printed, and who may read it.

use drydock_tests::{Dock, tree};

#[tokio::test]
async fn the_data_folder_and_its_secrets_are_their_owners_alone() {
    let dock = Dock::start().await;
    let data = dock.data();

    assert_eq!(tree::mode(&data), 0o700);
    for name in ["lock", "server.json"] {
        assert_eq!(tree::mode(&data.join(name)), 0o600, "{name}");
    }
    assert_eq!(tree::mode(dock.ready_path()), 0o600);
}

#[tokio::test]
async fn a_data_folder_that_others_can_read_is_closed_or_complained_about() {
    use std::os::unix::fs::PermissionsExt;
    let folder = drydock_tests::Folder::new();
    std::fs::create_dir(folder.data()).unwrap();
    std::fs::set_permissions(folder.data(), std::fs::Permissions::from_mode(0o755)).unwrap();

    let dock = Dock::launch().on(&folder).start().await;

    assert_eq!(tree::mode(&dock.data()), 0o700, "{}", dock.log());
}

#[tokio::test]
async fn the_ready_file_says_where_and_who() {
    let dock = Dock::start().await;

    insta::assert_json_snapshot!(dock.ready_file(), {
        ".endpoint" => "[endpoint]", ".console" => "[console]", ".key" => "[key]", ".pid" => "[pid]",
        ".version" => "[version]"
    }, @r#"
    {
      "console": "[console]",
      "endpoint": "[endpoint]",
      "key": "[key]",
      "pid": "[pid]",
      "project": "default",
      "version": "[version]"
    }
    "#);
    assert_eq!(dock.ready_file()["pid"], dock.pid());
    let key = dock.ready("key");
    assert!(
        key.len() == 256 && key.bytes().all(|byte| byte.is_ascii_hexdigit()),
        "{key}"
    );
    assert!(
        dock.ready("console")
            .starts_with(&format!("{}/#token=", dock.origin()))
    );
}

#[tokio::test]
async fn the_first_start_prints_what_an_sdk_needs() {
    let dock = Dock::start().await;
    let log = dock.log();

    for wanted in [
        dock.ready("endpoint"),
        dock.ready("key"),
        "default",
        "#token=",
        "node-appwrite",
    ] {
        assert!(log.contains(wanted), "{wanted} is not in:\n{log}");
    }
}

#[tokio::test]
async fn only_loopback_is_listened_on() {
    let dock = Dock::start().await;
    let port: u16 = dock.origin().rsplit(':').next().unwrap().parse().unwrap();

    // Every socket that listens on this port, as the kernel tells: 0100007F is 127.0.0.1.
    for (file, loopback) in [
        ("/proc/net/tcp", "0100007F"),
        ("/proc/net/tcp6", "00000000000000000000000001000000"),
    ] {
        let sockets = std::fs::read_to_string(file).unwrap_or_default();
        let wanted = format!(":{port:04X}");
        let ours = sockets
            .lines()
            .filter_map(|line| line.split_whitespace().nth(1))
            .filter(|at| at.ends_with(&wanted));
        for at in ours {
            assert!(at.starts_with(loopback), "listens on {at}");
        }
    }
}
