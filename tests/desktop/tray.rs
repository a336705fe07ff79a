//! The tray, as a desktop shows it: a program of the test's own is that desktop.

use drydock_tests::{Draft, Folder, until};
use serde_json::{Value, json};

use crate::app;
use crate::bus::{Bus, start};
use crate::panel::Panel;
use crate::screen::Screen;

/// Waits until the tray's menu has that item.
async fn shows(panel: &mut Panel, item: Value) {
    until(&format!("the tray shows {item}"), async || {
        let menu: Value = serde_json::from_str(&panel.ask("menu")).unwrap();
        menu.as_array().unwrap().contains(&item).then_some(())
    })
    .await;
}

fn click(panel: &mut Panel, text: &str) {
    assert_eq!(panel.ask(&format!("click {text}")), "clicked", "{text}");
}

#[tokio::test]
async fn the_tray_tells_what_runs_pauses_watching_and_brings_a_closed_window_back() {
    let (screen, folder) = (Screen::open().await, Folder::new());
    let bus = Bus::open(&folder).await;
    let mut panel = Panel::on(&bus, "tray.py");
    let mut open = start(&screen, &folder, &bus);
    let window = open.window(&screen).await;
    let owner = app::owner(&folder).await;
    shows(&mut panel, json!(["Nothing runs", -1])).await;

    let function = owner.deploy(Draft::shell("sleep 600").set("timeout", 900)).await;
    let execution = owner.execute(&function, "").await;
    shows(&mut panel, json!(["1 running", -1])).await;
    let cancel = format!("/console/api/projects/default/executions/{execution}/cancel");
    owner.post(&cancel).send_unchecked().await.expect_status(200);
    shows(&mut panel, json!(["Nothing runs", -1])).await;

    shows(&mut panel, json!(["Pause watching", 0])).await;
    click(&mut panel, "Pause watching");
    shows(&mut panel, json!(["Pause watching", 1])).await;
    click(&mut panel, "Pause watching");
    shows(&mut panel, json!(["Pause watching", 0])).await;

    click(&mut panel, "Notifications");
    shows(&mut panel, json!(["Notifications", 0])).await;
    let kept = std::fs::read_to_string(folder.data().join("window.json")).unwrap();
    assert!(kept.contains("\"notifications\": false"), "{kept}");

    screen.xdotool(&["windowactivate", "--sync", &window, "key", "alt+F4"]);
    until("the window is closed", async || {
        screen.windows_of(open.pid()).is_empty().then_some(())
    })
    .await;
    owner.get("/v1/functions").ok(200).await;
    click(&mut panel, "Open Drydock");
    open.window(&screen).await;

    click(&mut panel, "Quit");
    assert!(open.ended().await.success(), "{}", open.log());
    assert!(app::is_free(&folder.data().join("lock")));
}
