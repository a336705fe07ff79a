//! Starting: with a display and without, a second time, and beside a server that is there.

use std::process::Command;

use drydock_tests::{Dock, Folder, run, until};
use nix::sys::signal::Signal;

use crate::app::{self, App, binary};
use crate::screen::Screen;

#[tokio::test]
async fn without_a_display_it_serves_and_says_so() {
    for display in [None, Some(":4711")] {
        let folder = Folder::new();
        let mut command = Command::new(binary());
        app::settings(&mut command, &folder);
        command.env_remove("WAYLAND_DISPLAY").env_remove("DISPLAY");
        command.envs(display.map(|display| ("DISPLAY", display)));
        let mut served = App::run(command, &folder);
        app::server_file(&folder).await;

        assert!(
            served.log().contains("serving without a window"),
            "{}",
            served.log()
        );
        let owner = app::owner(&folder).await;
        owner.get("/v1/functions").ok(200).await;
        assert_eq!(
            owner
                .post("/console/api/window/focus")
                .send_unchecked()
                .await
                .status,
            404
        );
        served.signal(Signal::SIGINT);
        assert!(served.ended().await.success());
    }
}

#[tokio::test]
async fn a_second_start_brings_the_first_window_to_the_front() {
    let (screen, folder, other) = (Screen::open().await, Folder::new(), Folder::new());
    let first = App::start(&screen, &folder);
    first.window(&screen).await;
    let neighbour = App::start(&screen, &other);
    let newer = neighbour.window(&screen).await;
    screen.xdotool(&["windowactivate", "--sync", &newer]);
    until("the newer window has the keyboard", async || {
        (screen.active_pid() == Some(neighbour.pid())).then_some(())
    })
    .await;

    let second = run(&mut app::command(&screen, &folder)).await;

    second.expect_code(0);
    until("the first window has the keyboard", async || {
        (screen.active_pid() == Some(first.pid())).then_some(())
    })
    .await;
    assert_eq!(screen.windows_of(first.pid()).len(), 1);
}

#[tokio::test]
async fn many_starts_at_once_are_one_window() {
    let (screen, folder) = (Screen::open().await, Folder::new());
    let apps: Vec<_> = (0..4).map(|_| App::start(&screen, &folder)).collect();
    let server = app::server_file(&folder).await;
    let mut ended = 0;
    let mut open = None;
    for mut one in apps {
        if u64::from(one.pid()) == server["pid"].as_u64().unwrap() {
            one.window(&screen).await;
            open = Some(one);
        } else {
            assert!(one.ended().await.success(), "{}", one.log());
            ended += 1;
        }
    }
    assert_eq!(ended, 3);
    assert_eq!(screen.windows_of(open.unwrap().pid()).len(), 1);
}

#[tokio::test]
async fn where_a_server_runs_the_window_shows_its_console_and_leaves_it_running() {
    let screen = Screen::open().await;
    let dock = Dock::start().await;
    let folder = dock.folder();
    let mut window = App::start(&screen, &folder);
    window.window(&screen).await;
    until("the server knows of a window", async || {
        let asked = dock
            .owner()
            .post("/console/api/window/focus")
            .send_unchecked()
            .await;
        (asked.status == 204).then_some(())
    })
    .await;

    run(&mut app::command(&screen, &folder)).await.expect_code(0);
    assert_eq!(
        screen.windows_of(window.pid()).len(),
        1,
        "there is one window of a folder"
    );

    window.signal(Signal::SIGTERM);
    assert!(window.ended().await.success());
    dock.key().get("/v1/functions").ok(200).await;
}

#[tokio::test]
async fn a_window_whose_server_goes_has_one_of_its_own() {
    let screen = Screen::open().await;
    let dock = Dock::start().await;
    let folder = dock.folder();
    let window = App::start(&screen, &folder);
    window.window(&screen).await;
    let before = app::server_file(&folder).await["pid"].clone();
    dock.crash();
    let pid = until("a server is there", async || {
        let server = app::server_file(&folder).await;
        (server["pid"] != before).then(|| server["pid"].as_u64().unwrap())
    })
    .await;
    assert_eq!(pid, u64::from(window.pid()));
    until("the server knows of its window", async || {
        let asked = app::owner(&folder)
            .await
            .post("/console/api/window/focus")
            .send_unchecked()
            .await;
        (asked.status == 204).then_some(())
    })
    .await;
}
