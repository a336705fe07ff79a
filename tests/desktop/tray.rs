//! The tray, as a desktop shows it: a program of the test's own is that desktop.

use drydock_tests::{Draft, Folder, until};
use serde_json::json;

use crate::app;
use crate::bus::{Bus, start};
use crate::panel::Panel;
use crate::screen::Screen;

#[tokio::test]
async fn the_tray_tells_what_runs_pauses_watching_and_brings_a_closed_window_back() {
    let (screen, folder) = (Screen::open().await, Folder::new());
    let bus = Bus::open(&folder).await;
    let mut panel = Panel::on(&bus, "tray.py");
    let mut open = start(&screen, &folder, &bus);
    let window = open.window(&screen).await;
    let owner = app::owner(&folder).await;
    panel.shows(json!(["Nothing runs", -1])).await;

    let function = owner.deploy(Draft::shell("sleep 600").set("timeout", 900)).await;
    let execution = owner.execute(&function, "").await;
    panel.shows(json!(["1 running", -1])).await;
    let cancel = format!("/console/api/projects/default/executions/{execution}/cancel");
    owner.post(&cancel).send_unchecked().await.expect_status(200);
    panel.shows(json!(["Nothing runs", -1])).await;

    panel.shows(json!(["Pause watching", 0])).await;
    panel.click("Pause watching");
    panel.shows(json!(["Pause watching", 1])).await;
    panel.click("Pause watching");
    panel.shows(json!(["Pause watching", 0])).await;

    panel.click("Notifications");
    panel.shows(json!(["Notifications", 0])).await;
    // The menu's own mark may be sooner.
    until("that is written down", async || {
        let kept = std::fs::read_to_string(folder.data().join("window.json")).ok()?;
        kept.contains("\"notifications\": false").then_some(())
    })
    .await;

    screen.xdotool(&["windowactivate", "--sync", &window, "key", "alt+F4"]);
    until("the window is closed", async || {
        screen.windows_of(open.pid()).is_empty().then_some(())
    })
    .await;
    owner.get("/v1/functions").ok(200).await;
    panel.click("Open Drydock");
    open.window(&screen).await;

    panel.click("Quit");
    assert!(open.ended().await.success(), "{}", open.log());
    assert!(app::is_free(&folder.data().join("lock")));
}
