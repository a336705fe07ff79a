//! The tray, as a desktop shows it: a program of the test's own is that desktop.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use drydock_tests::{Draft, Folder, tests_folder, until};
use serde_json::{Value, json};

use crate::app;
use crate::bus::{Bus, start};
use crate::screen::Screen;

/// What shows the tray.
struct Panel {
    child: Child,
    asks: ChildStdin,
    says: BufReader<ChildStdout>,
}

impl Panel {
    fn on(bus: &Bus) -> Self {
        let mut child = Command::new("/usr/bin/python3")
            .arg(tests_folder().join("desktop/tray.py"))
            .env("DBUS_SESSION_BUS_ADDRESS", &bus.address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut panel = Self {
            asks: child.stdin.take().unwrap(),
            says: BufReader::new(child.stdout.take().unwrap()),
            child,
        };
        assert_eq!(
            panel.next(),
            "there",
            "python3-gi is there: scripts/setup test installs it"
        );
        panel
    }

    fn next(&mut self) -> String {
        let mut line = String::new();
        self.says.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    fn ask(&mut self, question: &str) -> String {
        writeln!(self.asks, "{question}").unwrap();
        self.next()
    }

    /// Waits until the menu is as wanted, and answers its items.
    async fn shows(&mut self, item: Value) {
        until(&format!("the tray shows {item}"), async || {
            let menu: Value = serde_json::from_str(&self.ask("menu")).unwrap();
            menu.as_array().unwrap().contains(&item).then_some(())
        })
        .await;
    }

    fn click(&mut self, text: &str) {
        assert_eq!(self.ask(&format!("click {text}")), "clicked", "{text}");
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[tokio::test]
async fn the_tray_tells_what_runs_pauses_watching_and_brings_a_closed_window_back() {
    let (screen, folder) = (Screen::open().await, Folder::new());
    let bus = Bus::open(&folder).await;
    let mut panel = Panel::on(&bus);
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
    let kept = std::fs::read_to_string(folder.data().join("window.json")).unwrap();
    assert!(kept.contains("\"notifications\": false"), "{kept}");

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
