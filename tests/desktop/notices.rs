//! Notifications, as the session's bus sees them: a bus of the test's own, with dbus-monitor on it and nobody else.

use std::fs;
use std::path::Path;

use drydock_tests::{Actor, Deployed, Folder, run, until};
use serde_json::json;

use crate::app;
use crate::bus::{Bus, start};
use crate::desk::Desk;
use crate::panel::Panel;
use crate::screen::Screen;

/// A function whose folder is linked, and live.
async fn linked(owner: &Actor, name: &str, folder: &Path, code: &str) -> Deployed {
    fs::create_dir_all(folder).unwrap();
    fs::write(folder.join("index.js"), code).unwrap();
    let record =
        json!({ "functionId": name.to_lowercase(), "name": name, "runtime": "node-20.0", "execute": [] });
    let id = owner.create_function_of(record).await;
    let path = format!("/console/api/projects/default/functions/{id}/link");
    let link = json!({ "folder": folder, "command": "node index.js" });
    owner
        .put(&path)
        .json(&link)
        .send_unchecked()
        .await
        .expect_status(200);
    until("the folder is live", async || {
        let answer = owner.get(&path).send_unchecked().await.json();
        (answer["link"]["last"]["outcome"] == "active").then_some(())
    })
    .await;
    Deployed {
        id,
        tag: String::new(),
    }
}

#[tokio::test]
async fn a_failed_execution_of_a_linked_function_and_a_save_that_does_not_parse_are_notified() {
    let (screen, folder) = (Screen::open().await, Folder::new());
    let bus = Bus::open(&folder).await;
    let open = start(&screen, &folder, &bus);
    open.window(&screen).await;
    let owner = app::owner(&folder).await;

    let code = "console.error('no <b>luck</b> today'); process.exit(3);\n";
    let failing = linked(&owner, "Failing", &folder.beside("failing"), code).await;
    owner.run(&failing, "").await;
    bus.says("Failing failed with exit code 3").await;
    bus.says("no &lt;b&gt;luck&lt;/b&gt; today").await;

    let place = folder.beside("saved");
    linked(&owner, "Saved", &place, "console.log(1);\n").await;
    fs::write(place.join("index.js"), "console.log(1);\nconst = 2;\n").unwrap();
    bus.says("Saved does not parse").await;
    bus.says("index.js:2").await;
}

/// Waits until that is shown, and clicks it.
async fn clicked(panel: &mut Panel, summary: &str) {
    panel.shows(summary).await;
    panel.click(summary);
}

#[tokio::test]
async fn a_click_on_a_notification_shows_what_it_tells_of() {
    let mut desk = Desk::open().await;
    let (owner, hands, screen, folder) = (&desk.owner, &desk.hands, &desk.screen, &desk.folder);
    let panel = &mut desk.panel;
    hands.find("//button[normalize-space(.)='New function']").await;
    // Survives as long as the page is not loaded anew.
    hands.script("window.stays = true;").await;
    let window = screen.titled("Drydock").await;
    screen.xdotool(&["windowminimize", "--sync", &window]);

    let place = folder.beside("luckless");
    let luckless = linked(
        owner,
        "Luckless",
        &place,
        "console.error('no luck'); process.exit(3);\n",
    )
    .await;
    let run = owner.run(&luckless, "").await;
    clicked(panel, "Luckless failed with exit code 3").await;
    hands
        .says("//*[@role='log' and @aria-label='stderr']", "no luck")
        .await;
    let at = hands.address().await;
    let wanted = format!(
        "/functions/luckless/executions/{}?project=default",
        run["$id"].as_str().unwrap()
    );
    assert!(at.ends_with(&wanted), "{at}");
    screen.titled("Drydock").await;

    let garbled = folder.beside("garbled");
    linked(owner, "Garbled", &garbled, "console.log(1);\n").await;
    fs::write(garbled.join("index.js"), "const = 2;\n").unwrap();
    clicked(panel, "Garbled does not parse; the last good code stays live").await;
    until("its code is shown", async || {
        hands
            .address()
            .await
            .ends_with("/functions/garbled/code?project=default")
            .then_some(())
    })
    .await;
    assert_eq!(hands.script("return window.stays ?? null;").await, true);
}

#[tokio::test]
async fn notifications_that_are_off_stay_off() {
    let (screen, folder) = (Screen::open().await, Folder::new());
    fs::create_dir(folder.data()).unwrap();
    // As the tray's item leaves it.
    fs::write(folder.data().join("window.json"), r#"{"notifications":false}"#).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    fs::set_permissions(folder.data(), mode).unwrap();
    fs::write(folder.data().join("lock"), "").unwrap();
    let bus = Bus::open(&folder).await;
    let open = start(&screen, &folder, &bus);
    let window = open.window(&screen).await;
    let owner = app::owner(&folder).await;
    let failing = linked(&owner, "Failing", &folder.beside("failing"), "process.exit(3);\n").await;
    owner.run(&failing, "").await;

    // The window is told one thing after the other: when it has done the next, it has done that.
    screen.xdotool(&["windowminimize", "--sync", &window]);
    until("it is out of sight", async || {
        screen.windows_of(open.pid()).is_empty().then_some(())
    })
    .await;
    run(&mut app::command(&screen, &folder)).await.expect_code(0);
    open.window(&screen).await;
    assert!(!bus.said().contains("member=Notify"), "{}", bus.said());
}
