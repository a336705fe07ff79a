//! Listening beyond this machine is asked for twice, and what it means is said.

use drydock_tests::Dock;

#[tokio::test]
async fn another_address_than_loopback_is_refused_and_the_flag_is_named() {
    for host in ["0.0.0.0", "::"] {
        let ending = Dock::launch().arg("--host").arg(host).refused().await;

        assert!(!ending.status.success(), "{host}");
        assert!(ending.log.contains("--allow-remote"), "{host}: {}", ending.log);
    }
}

#[tokio::test]
async fn with_the_flag_the_start_says_who_can_reach_it_now() {
    let quiet = Dock::start().await;
    let dock = Dock::launch()
        .arg("--host")
        .arg("0.0.0.0")
        .arg("--allow-remote")
        .start()
        .await;

    let said = dock.log().to_lowercase();

    assert!(
        said.contains("network") || said.contains("other machines"),
        "{said}"
    );
    assert!(
        said.contains("encrypt") || said.contains("plain") || said.contains("https"),
        "{said}"
    );
    // A warning that is always there is none.
    assert!(!quiet.log().to_lowercase().contains("other machines"));
}

#[tokio::test]
async fn the_flag_alone_changes_nothing() {
    let dock = Dock::launch().arg("--allow-remote").start().await;

    assert!(dock.ready("endpoint").starts_with("http://127.0.0.1:"));
}
