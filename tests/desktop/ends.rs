//! Ending: executions end first, and nothing stays.

use drydock_tests::process::{MARK, family, mark, none_alive, none_left, running};
use drydock_tests::{Dock, Draft, Folder, until};
use nix::sys::signal::Signal;

use crate::app::{self, App};
use crate::screen::Screen;

/// Runs until that file is there.
fn waiting_for(mark: &str) -> Draft {
    Draft::shell("i=0; while [ $i -lt 20 ]; do sleep 0.1; i=$((i+1)); done; echo ended by itself")
        .var(MARK, mark)
}

#[tokio::test]
async fn quitting_lets_executions_end_and_leaves_no_process_and_no_lock() {
    for way in ["closing the window", "SIGTERM", "Ctrl-C"] {
        let (screen, folder, mark) = (Screen::open().await, Folder::new(), mark());
        let mut open = App::start(&screen, &folder);
        let window = open.window(&screen).await;
        let owner = app::owner(&folder).await;
        let function = owner.deploy(waiting_for(&mark)).await;
        let execution = owner.execute(&function, "").await;
        running(&mark, 1).await;
        let processes = family(open.pid());
        assert!(processes.len() > 2, "WebKit's are among them: {processes:?}");

        match way {
            "SIGTERM" => open.signal(Signal::SIGTERM),
            "Ctrl-C" => open.signal(Signal::SIGINT),
            _ => {
                // As the title bar's cross does.
                screen.xdotool(&["windowactivate", "--sync", &window, "key", "alt+F4"]);
            }
        }

        assert!(open.ended().await.success(), "{way}: {}", open.log());
        none_alive(&processes).await;
        none_left(&mark).await;
        assert!(!folder.data().join("server.json").exists(), "{way}");
        for lock in ["lock", "window.lock"] {
            assert!(app::is_free(&folder.data().join(lock)), "{way}: {lock}");
        }
        let dock = Dock::launch().on(&folder).start().await;
        let ended = dock.owner().execution(&function, &execution).await;
        assert_eq!(ended["status"], "completed", "{way}: {ended}");
        assert_eq!(ended["stdout"], "ended by itself\n", "{way}");
    }
}

#[tokio::test]
async fn a_window_that_is_killed_leaves_no_process_of_a_function_and_can_be_started_again() {
    let (screen, folder, mark) = (Screen::open().await, Folder::new(), mark());
    let mut open = App::start(&screen, &folder);
    open.window(&screen).await;
    let owner = app::owner(&folder).await;
    let function = owner
        .deploy(Draft::shell("sleep 600").set("timeout", 900).var(MARK, &mark))
        .await;
    owner.execute(&function, "").await;
    running(&mark, 1).await;
    let processes = family(open.pid());

    open.signal(Signal::SIGKILL);
    open.ended().await;

    none_left(&mark).await;
    none_alive(&processes).await;
    let again = App::start(&screen, &folder);
    again.window(&screen).await;
}

#[tokio::test]
async fn where_it_stood_and_how_large_is_kept() {
    let (screen, folder) = (Screen::open().await, Folder::new());
    let mut open = App::start(&screen, &folder);
    let window = open.window(&screen).await;
    screen.xdotool(&["windowsize", "--sync", &window, "900", "600"]);
    screen.xdotool(&["windowmove", "--sync", &window, "120", "90"]);
    let geometry = |window: &str| screen.xdotool(&["getwindowgeometry", "--shell", window]).0;
    let stands = async |window: &str| {
        until("the window stands still", async || {
            let shell = geometry(window);
            let has = |part: &str| shell.lines().any(|line| line == part);
            (has("WIDTH=900") && has("HEIGHT=600")).then_some(shell)
        })
        .await
    };
    let before = stands(&window).await;
    open.signal(Signal::SIGTERM);
    open.ended().await;

    let again = App::start(&screen, &folder);
    let window = again.window(&screen).await;
    let after = stands(&window).await;
    let place = |shell: &str| {
        let of = |name: &str| -> i32 {
            let line = shell.lines().find_map(|line| line.strip_prefix(name));
            line.unwrap().parse().unwrap()
        };
        (of("X="), of("Y="))
    };
    let ((x, y), (new_x, new_y)) = (place(&before), place(&after));
    // The frame is the window manager's, which may count it or not.
    assert!(
        (x - new_x).abs() < 40 && (y - new_y).abs() < 60,
        "{before}\n{after}"
    );
}
