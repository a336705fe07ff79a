//! What is saved from the page: it lands where downloads go, and a desktop is told.

use drydock_tests::{Draft, Folder};

use crate::app;
use crate::bus::Bus;
use crate::hands::Hands;
use crate::panel::Panel;
use crate::screen::Screen;

#[tokio::test]
async fn a_tag_and_a_log_are_saved_beside_what_is_there_and_the_user_is_told() {
    let (screen, folder) = (Screen::open().await, Folder::new());
    let bus = Bus::open(&folder).await;
    let mut panel = Panel::on(&bus, "notices.py");
    let hands = Hands::on_bus(&screen, &folder, &bus).await;
    let owner = app::owner(&folder).await;
    let draft = Draft::shell("echo words of the log");
    let saver = owner
        .deploy(draft.set("functionId", "saver").set("name", "Saver"))
        .await;
    let run = owner.run(&saver, "").await;
    let downloads = screen.home().join("Downloads");

    hands.click("//a[contains(., 'Saver')]").await;
    hands
        .click("//*[@role='tab' and starts-with(normalize-space(.), 'Code')]")
        .await;
    let name = format!("saver-{}", saver.tag);
    for copy in ["", " (1)"] {
        hands
            .click(&format!("//button[@aria-label='Download tag {}']", saver.tag))
            .await;
        panel.notifies(&format!("{name}{copy}.tar.gz is saved")).await;
    }
    let packed = |copy: &str| std::fs::read(downloads.join(format!("{name}{copy}.tar.gz"))).unwrap();
    assert!(packed("").starts_with(&[0x1f, 0x8b]), "packed by gzip");
    assert_eq!(packed(""), packed(" (1)"));

    hands
        .click("//*[@role='tab' and starts-with(normalize-space(.), 'Executions')]")
        .await;
    let id = run["$id"].as_str().unwrap();
    hands.click(&format!("//a[contains(@href, '{id}')]")).await;
    hands.says("//*[@role='log']", "words of the log").await;
    hands.click("//button[normalize-space(.)='Download']").await;
    panel.notifies(&format!("{id}.stdout.log is saved")).await;
    let log = std::fs::read_to_string(downloads.join(format!("{id}.stdout.log"))).unwrap();
    assert_eq!(log, "words of the log\n");
}

#[tokio::test]
async fn what_cannot_be_saved_is_told() {
    let (screen, folder) = (Screen::open().await, Folder::new());
    let bus = Bus::open(&folder).await;
    let mut panel = Panel::on(&bus, "notices.py");
    let hands = Hands::on_bus(&screen, &folder, &bus).await;
    let owner = app::owner(&folder).await;
    let draft = Draft::shell("echo");
    let saver = owner
        .deploy(draft.set("functionId", "saver").set("name", "Saver"))
        .await;
    // Nobody makes a file there, root neither.
    std::os::unix::fs::symlink("/proc", screen.home().join("Downloads")).unwrap();

    hands.click("//a[contains(., 'Saver')]").await;
    hands
        .click("//*[@role='tab' and starts-with(normalize-space(.), 'Code')]")
        .await;
    hands
        .click(&format!("//button[@aria-label='Download tag {}']", saver.tag))
        .await;
    panel
        .notifies(&format!("saver-{}.tar.gz could not be saved", saver.tag))
        .await;
}
