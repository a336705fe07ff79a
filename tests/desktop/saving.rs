//! What is saved from the page: it lands where downloads go, and a desktop is told.

use drydock_tests::{Deployed, Draft};

use crate::desk::Desk;

/// A desktop whose page shows the tags of a function with one.
async fn at_the_tags() -> (Desk, Deployed) {
    let desk = Desk::open().await;
    let draft = Draft::shell("echo words of the log");
    let saver = desk
        .owner
        .deploy(draft.set("functionId", "saver").set("name", "Saver"))
        .await;
    desk.hands.click("//a[contains(., 'Saver')]").await;
    desk.hands.tab("Code").await;
    (desk, saver)
}

/// Clicks what saves the tag.
async fn save_tag(desk: &Desk, saver: &Deployed) {
    let button = format!("//button[@aria-label='Download tag {}']", saver.tag);
    desk.hands.click(&button).await;
}

#[tokio::test]
async fn a_tag_and_a_log_are_saved_beside_what_is_there_and_the_user_is_told() {
    let (mut desk, saver) = at_the_tags().await;
    let run = desk.owner.run(&saver, "").await;
    let downloads = desk.screen.home().join("Downloads");

    let name = format!("saver-{}", saver.tag);
    for copy in ["", " (1)"] {
        save_tag(&desk, &saver).await;
        desk.panel.shows(format!("{name}{copy}.tar.gz is saved")).await;
    }
    let packed = |copy: &str| std::fs::read(downloads.join(format!("{name}{copy}.tar.gz"))).unwrap();
    assert!(packed("").starts_with(&[0x1f, 0x8b]), "packed by gzip");
    assert_eq!(packed(""), packed(" (1)"));

    let id = run["$id"].as_str().unwrap();
    desk.hands.tab("Executions").await;
    desk.hands.click(&format!("//a[contains(@href, '{id}')]")).await;
    desk.hands.says("//*[@role='log']", "words of the log").await;
    desk.hands.click("//button[normalize-space(.)='Download']").await;
    desk.panel.shows(format!("{id}.stdout.log is saved")).await;
    let log = std::fs::read_to_string(downloads.join(format!("{id}.stdout.log"))).unwrap();
    assert_eq!(log, "words of the log\n");
}

#[tokio::test]
async fn what_cannot_be_saved_is_told() {
    let (mut desk, saver) = at_the_tags().await;
    // Nobody makes a file there, root neither.
    std::os::unix::fs::symlink("/proc", desk.screen.home().join("Downloads")).unwrap();

    save_tag(&desk, &saver).await;
    desk.panel
        .shows(format!("saver-{}.tar.gz could not be saved", saver.tag))
        .await;
}
