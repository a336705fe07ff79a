//! In the window: a person clicks a function to run, and the page can do nothing beside that.

use drydock_tests::{Draft, Folder};
use serde_json::{Value, json};

use crate::app;
use crate::hands::Hands;
use crate::screen::Screen;

#[tokio::test]
async fn a_function_is_executed_by_clicking_and_its_output_shows() {
    let (screen, folder) = (Screen::open().await, Folder::new());
    let hands = Hands::on(&screen, &folder).await;
    let owner = app::owner(&folder).await;
    let draft = Draft::shell("echo hello from the window; echo and a warning >&2");
    owner
        .deploy(draft.set("functionId", "greeter").set("name", "Greeter"))
        .await;

    hands.click("//a[contains(., 'Greeter')]").await;
    hands
        .click("//button[normalize-space(.)='Execute' or starts-with(normalize-space(.), 'Execute')]")
        .await;

    hands
        .says(
            "//*[@role='log' and @aria-label='stdout']",
            "hello from the window",
        )
        .await;
    hands.picture("desktop-page").await;
    screen.picture("desktop-window");
    let list = owner.get("/v1/functions/greeter/executions").ok(200).await;
    assert_eq!(list["sum"], 1, "{list}");
}

/// What the page can ask of the window: everything that tauri has, by its name.
async fn ask(hands: &Hands, command: &str, arguments: &Value) -> Value {
    let call = format!("return await window.__TAURI_INTERNALS__.invoke({command:?}, {arguments});");
    hands.script(&call).await
}

#[tokio::test]
async fn the_page_may_ask_for_folders_and_for_nothing_else() {
    let (screen, folder) = (Screen::open().await, Folder::new());
    let hands = Hands::on(&screen, &folder).await;
    hands.find("//button[normalize-space(.)='New function']").await;

    assert_eq!(ask(&hands, "dropped_folder", &json!({})).await, Value::Null);
    for (command, arguments) in [
        ("plugin:event|emit", json!({ "event": "a", "payload": 1 })),
        ("plugin:window|close", json!({ "label": "main" })),
        (
            "plugin:webview|create_webview_window",
            json!({ "options": { "label": "b", "url": "/" } }),
        ),
        ("plugin:app|version", json!({})),
        ("plugin:path|resolve_directory", json!({ "directory": 1 })),
        ("plugin:menu|new", json!({ "kind": "Menu" })),
        ("plugin:resources|close", json!({ "rid": 1 })),
        ("no_such_command", json!({})),
    ] {
        let answer = ask(&hands, command, &arguments).await;
        let answer = answer.as_str().unwrap_or_else(|| panic!("{command}: {answer}"));
        assert!(answer.starts_with("refused: "), "{command}: {answer}");
    }
}

#[tokio::test]
async fn the_page_cannot_leave_the_server() {
    let (screen, folder) = (Screen::open().await, Folder::new());
    let hands = Hands::on(&screen, &folder).await;
    hands.find("//button[normalize-space(.)='New function']").await;
    let other = Folder::new();
    let neighbour = app::App::start(&screen, &other);
    let elsewhere = app::server_file(&other).await["console"]
        .as_str()
        .unwrap()
        .to_owned();
    let home = hands.address().await;

    for way in [
        format!("location.href = '{elsewhere}/';"),
        format!("window.open('{elsewhere}/');"),
        "location.href = 'file:///etc/passwd';".to_owned(),
        format!(
            "const a = document.createElement('a'); a.href = '{elsewhere}/'; a.target = '_blank'; document.body.append(a); a.click();"
        ),
        format!(
            "const f = document.createElement('iframe'); f.src = '{elsewhere}/'; document.body.append(f); await new Promise((r) => f.onload = r);"
        ),
    ] {
        // The page answers to the next script only where it is still there.
        hands
            .script(&format!(
                "setTimeout(() => {{ (async () => {{ {way} }})(); }}, 0);"
            ))
            .await;
        let answer = hands
            .script("await new Promise((r) => setTimeout(r, 200)); return document.title;")
            .await;
        assert_eq!(answer, "Functions · Drydock", "{way}");
        assert_eq!(hands.address().await, home, "{way}");
    }
    let frames = hands.script("return [...document.querySelectorAll('iframe')].filter((f) => f.contentDocument === null).length;").await;
    assert_eq!(frames, 0, "no frame of elsewhere was loaded");
    drop(neighbour);
}
