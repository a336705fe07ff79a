//! Folders that are given to the page: picked in the system's dialog, or dragged from another program and dropped.

use std::io::{BufRead as _, BufReader};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use drydock_tests::{Draft, Folder, tests_folder, until};
use serde_json::{Value, json};

use crate::app;
use crate::hands::Hands;
use crate::screen::Screen;

/// How long the system's dialog may take to understand what was typed, before it is typed again.
const UNDERSTOOD_WITHIN: Duration = Duration::from_secs(3);

/// What the dialog's field for a folder says.
async fn field(hands: &Hands) -> Value {
    hands
        .script("return document.querySelector('dialog input[id$=\"-folder\"]')?.value ?? null;")
        .await
}

async fn field_says(hands: &Hands, path: &str) {
    until(&format!("the field says {path}"), async || {
        (field(hands).await == json!(path)).then_some(())
    })
    .await;
}

/// A page of a function, and a folder with code.
async fn desk() -> (Screen, Folder, Hands, String) {
    let (screen, folder) = (Screen::open().await, Folder::new());
    let hands = Hands::on(&screen, &folder).await;
    let owner = app::owner(&folder).await;
    let draft = Draft::shell("echo before")
        .set("functionId", "target")
        .set("name", "Target");
    owner.deploy(draft).await;
    let code = folder.beside("my code");
    std::fs::create_dir(&code).unwrap();
    std::fs::write(code.join("main.sh"), "echo linked\n").unwrap();
    hands.click("//a[contains(., 'Target')]").await;
    (screen, folder, hands, code.to_str().unwrap().to_owned())
}

#[tokio::test]
async fn a_folder_is_picked_in_the_systems_dialog_and_linked() {
    let (screen, folder, hands, code) = desk().await;
    hands.tab("Code").await;
    hands.click("//button[normalize-space(.)='Link folder']").await;
    // On a busy machine the dialog may miss the first keys: it is opened and told again until it has understood.
    until("the folder is picked", async || {
        if field(&hands).await == json!(code) {
            return Some(());
        }
        let Some(dialog) = screen.window_titled("Link folder") else {
            hands.click("//dialog//button[normalize-space(.)='Choose']").await;
            screen.titled("Link folder").await;
            return None;
        };
        screen.picture("desktop-picker");
        screen.xdotool(&["windowactivate", "--sync", &dialog]);
        // From its beginning: a slash asks for a path, and what stands in its field already is written over.
        screen.xdotool(&["key", "slash", "key", "ctrl+a"]);
        // At the pace of fingers, since the field completes what is typed.
        screen.xdotool(&["type", "--delay", "40", &code]);
        screen.xdotool(&["key", "Return"]);
        // It looks the folder up before it closes, and another key would call that off.
        let sent = Instant::now();
        while sent.elapsed() < UNDERSTOOD_WITHIN {
            if field(&hands).await == json!(code) {
                return Some(());
            }
        }
        // To that window alone: in the page it would close the dialog that wants the folder.
        screen.xdotool(&["windowfocus", "--sync", &dialog, "key", "Escape"]);
        None
    })
    .await;

    field_says(&hands, &code).await;
    hands.click("//dialog//button[normalize-space(.)='Link']").await;
    let owner = app::owner(&folder).await;
    until("it is linked", async || {
        let path = "/console/api/projects/default/functions/target/link";
        let answer = owner.get(path).send_unchecked().await.json();
        (answer["link"]["folder"] == json!(code)).then_some(())
    })
    .await;
}

/// Of a drag across the screen.
const STEPS: i32 = 30;

/// A program that a folder can be dragged out of.
struct Source(Child);

impl Source {
    fn of(screen: &Screen, path: &str) -> Self {
        let mut command = Command::new("/usr/bin/python3");
        screen.within(&mut command);
        let mut child = command
            .arg(tests_folder().join("desktop/drag.py"))
            .arg(path)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut said)
            .unwrap();
        assert_eq!(
            said, "there\n",
            "python3-gi is there: scripts/setup test installs it"
        );
        Self(child)
    }
}

impl Drop for Source {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

#[tokio::test]
async fn a_folder_that_is_dropped_on_a_functions_page_stands_in_the_dialog_that_links_it() {
    let (screen, _folder, hands, code) = desk().await;
    let _source = Source::of(&screen, &code);
    let source = screen.titled("Drag source").await;
    screen.xdotool(&["windowmove", "--sync", &source, "1240", "740"]);
    screen.xdotool(&["windowactivate", "--sync", &source]);

    hands
        .script("window.taken = []; addEventListener('dragover', (event) => { window.taken.push(event.defaultPrevented); });")
        .await;
    screen.xdotool(&["mousemove", "--sync", "1300", "800", "mousedown", "1"]);
    // In steps, as a hand moves: a drag begins and goes on by what the programs see of it.
    for step in 1..=STEPS {
        let (x, y) = (1300 - 20 * step, 800 - 12 * step);
        screen.xdotool(&["mousemove", "--sync", &x.to_string(), &y.to_string()]);
    }
    let mut trembling = 0;
    until("the page takes what is dragged", async || {
        trembling = 1 - trembling;
        let y = 800 - 12 * STEPS - trembling;
        screen.xdotool(&[
            "mousemove",
            "--sync",
            "--",
            &(1300 - 20 * STEPS).to_string(),
            &y.to_string(),
        ]);
        // The other program has heard of all but the last of its answers.
        let taken = hands.script("return window.taken.slice(-3);").await;
        (taken == json!([true, true, true])).then_some(())
    })
    .await;
    screen.picture("desktop-drag");
    screen.xdotool(&["mouseup", "1"]);
    field_says(&hands, &code).await;

    hands.picture("desktop-drop").await;
    hands.find("//dialog//*[normalize-space(.)='Link folder']").await;
    assert_eq!(
        hands
            .script("return await window.__TAURI_INTERNALS__.invoke('dropped_folder');")
            .await,
        Value::Null,
        "it is told once"
    );
}
