//! The window itself: made, shown, hidden, and pinned to the server's origin.
//!
//! Owns: the life of the one window, where it stands, and where its page may go. Must not: know what the page shows.

use std::sync::Arc;
use std::time::{Duration, Instant};

use std::sync::Mutex;

use anyhow::{Context as _, Result};
use gtk::prelude::*;
use tauri::webview::NewWindowResponse;
use tauri::{
    AppHandle, LogicalPosition, Manager as _, RunEvent, Url, WebviewUrl, WebviewWindow, WebviewWindowBuilder,
    WindowEvent,
};

use super::actions::{Action, act};
use super::downloads::Downloads;
use super::kept::{Kept, MIN_SIZE};
use super::notice::{Click, Notices};
use super::shell::Shell;
use super::{capability, commands, dropped, menu, tray};
use crate::browser;

/// The window's name within tauri.
pub(super) const LABEL: &str = "main";

/// A page may lead elsewhere, which is the browser's, this long after the user pressed a button or key in it: about what
/// browsers themselves allow after one. A page that goes by itself goes nowhere.
const PRESSED: Duration = Duration::from_secs(1);

/// Shows the window until everything has ended, and says why if nobody wanted that. `begin` is called once it is there.
pub(super) fn live(
    shell: &Arc<Shell>,
    link: &Url,
    begin: impl FnOnce(AppHandle) + Send + 'static,
) -> Result<Option<anyhow::Error>> {
    // One async runtime is enough for one process.
    tauri::async_runtime::set(shell.runtime.clone());
    let (made_with, link) = (Arc::clone(shell), link.clone());
    let app = tauri::Builder::default()
        .manage(Arc::clone(shell))
        .invoke_handler(tauri::generate_handler![
            commands::pick_folder,
            commands::dropped_folder
        ])
        .on_menu_event(|app, event| {
            if let Some(action) = Action::of_id(event.id().as_ref()) {
                act(app, action);
            }
        })
        .setup(move |app| {
            let app = app.handle();
            make(app, &made_with, &link)?;
            tray::make(app, &made_with)?;
            let shown_in = app.clone();
            app.manage(Notices::new(move |click| on_click(&shown_in, click)));
            begin(app.clone());
            Ok(())
        })
        .build(tauri::generate_context!())
        .context("making the window")?;
    let seen = Arc::clone(shell);
    app.run_return(move |app, event| on_event(app, &seen, event));
    shell.write_down();
    Ok(shell.failure())
}

fn make(app: &AppHandle, shell: &Arc<Shell>, link: &Url) -> Result<()> {
    capability::grant(app, &link.origin().ascii_serialization())?;
    let kept = shell.kept();
    let pressed = Arc::new(Mutex::new(None::<Instant>));
    let (going, opening) = (Arc::clone(shell), Arc::clone(&pressed));
    let opened_by = Arc::clone(&pressed);
    let saved = Downloads::default();
    let mut builder = WebviewWindowBuilder::new(app, LABEL, WebviewUrl::External(link.clone()))
        .title("Drydock")
        .menu(menu::of_window(app)?)
        .data_directory(shell.data_dir.window_folder())
        // It is the page that gets what is dropped; `dropped` looks on.
        .disable_drag_drop_handler()
        .inner_size(kept.width, kept.height)
        .min_inner_size(MIN_SIZE.0, MIN_SIZE.1)
        .maximized(kept.is_maximized)
        .on_navigation(move |url| {
            let stays = going.is_own(url);
            if !stays {
                elsewhere(url, &opening);
            }
            stays
        })
        .on_new_window(move |url, _| {
            elsewhere(&url, &opened_by);
            NewWindowResponse::Deny
        })
        .on_download(move |page, event| saved.on_event(page.app_handle(), event));
    if let Some((x, y)) = kept.at.filter(|at| is_on_a_monitor(app, *at)) {
        builder = builder.position(x, y);
    }
    let window = builder.build()?;
    if (kept.zoom - 1.0).abs() > f64::EPSILON {
        window.set_zoom(kept.zoom)?;
    }
    dropped::look(&window, shell)?;
    window.with_webview(move |page| {
        let page = page.inner();
        let by_button = Arc::clone(&pressed);
        page.connect_button_press_event(move |_, _| {
            press(&by_button);
            gtk::glib::Propagation::Proceed
        });
        page.connect_key_press_event(move |_, _| {
            press(&pressed);
            gtk::glib::Propagation::Proceed
        });
    })?;
    Ok(())
}

fn press(pressed: &Mutex<Option<Instant>>) {
    if let Ok(mut pressed) = pressed.lock() {
        *pressed = Some(Instant::now());
    }
}

/// Opens in the browser what is not ours, if the user has just asked for it.
fn elsewhere(url: &Url, pressed: &Mutex<Option<Instant>>) {
    // Taken, so that a click opens one page.
    let pressed = pressed.lock().ok().and_then(|mut pressed| pressed.take());
    if may_open(url, pressed.map(|at| at.elapsed())) {
        browser::open(url.as_str());
    } else {
        tracing::warn!("the page wanted to go to {url}, and may not");
    }
}

fn may_open(url: &Url, pressed_ago: Option<Duration>) -> bool {
    matches!(url.scheme(), "http" | "https") && pressed_ago.is_some_and(|ago| ago < PRESSED)
}

/// Whether a window whose corner is there can be reached: its monitor may have been taken away.
fn is_on_a_monitor(app: &AppHandle, (x, y): (f64, f64)) -> bool {
    let monitors = app.available_monitors().unwrap_or_default();
    monitors.iter().any(|monitor| {
        let scale = monitor.scale_factor();
        let at: LogicalPosition<f64> = monitor.position().to_logical(scale);
        let size = monitor.size().to_logical::<f64>(scale);
        // Enough of it to be taken by its title.
        (at.x..at.x + size.width - 100.0).contains(&x) && (at.y..at.y + size.height - 50.0).contains(&y)
    })
}

fn on_event(app: &AppHandle, shell: &Arc<Shell>, event: RunEvent) {
    match event {
        RunEvent::ExitRequested { api, .. } if !shell.is_over() => {
            api.prevent_exit();
            shell.quit();
        }
        RunEvent::WindowEvent { event, .. } => match event {
            WindowEvent::CloseRequested { api, .. } => {
                api.prevent_close();
                close(app);
            }
            WindowEvent::Resized(_) | WindowEvent::Moved(_) => look(app, shell),
            _ => {}
        },
        _ => {}
    }
}

/// Notes where the window stands; a hidden one stands nowhere.
fn look(app: &AppHandle, shell: &Shell) {
    let Some(window) = app.get_webview_window(LABEL) else {
        return;
    };
    let Ok(Stand {
        at,
        size,
        is_maximized,
    }) = stand(&window)
    else {
        return;
    };
    shell.keep(|kept| {
        kept.is_maximized = is_maximized;
        // So that it has its own size when it is not maximised any more.
        if !is_maximized {
            (kept.width, kept.height) = size;
            kept.at = Some(at);
        }
    });
}

struct Stand {
    at: (f64, f64),
    size: (f64, f64),
    is_maximized: bool,
}

fn stand(window: &WebviewWindow) -> tauri::Result<Stand> {
    let scale = window.scale_factor()?;
    let at: LogicalPosition<f64> = window.outer_position()?.to_logical(scale);
    let size = window.inner_size()?.to_logical::<f64>(scale);
    Ok(Stand {
        at: (at.x, at.y),
        size: (size.width, size.height),
        is_maximized: window.is_maximized()?,
    })
}

/// Closes it: where a tray can bring it back it is hidden and the server goes on, else that is the end of both.
pub(super) fn close(app: &AppHandle) {
    let shell = app.state::<Arc<Shell>>();
    shell.write_down();
    if shell.has_tray() {
        go(app);
    } else {
        shell.quit();
    }
}

/// Hides it.
pub(super) fn go(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = window.hide()
    {
        tracing::debug!(%error, "the window does not hide");
    }
}

/// Shows it before all others.
pub(super) fn bring_to_front(app: &AppHandle) {
    let Some(window) = app.get_webview_window(LABEL) else {
        return;
    };
    let shown = window
        .show()
        .and_then(|()| window.unminimize())
        .and_then(|()| window.set_focus());
    if let Err(error) = shown {
        tracing::warn!(%error, "the window does not come to the front");
    }
}

/// Shows another server's console.
pub(super) fn show_console(app: &AppHandle, shell: &Shell, link: &Url) -> Result<()> {
    debug_assert!(
        shell.is_own(link),
        "the way to the server is known before its page is shown"
    );
    capability::grant(app, &link.origin().ascii_serialization())?;
    if let Some(window) = app.get_webview_window(LABEL) {
        window.navigate(link.clone())?;
    }
    Ok(())
}

/// What a click on a notification leads to.
fn on_click(app: &AppHandle, click: Click) {
    match click {
        Click::Shows(place) => show_place(app, &place),
        Click::Opens(folder) => browser::open(&folder.display().to_string()),
    }
}

/// Shows a place of the console, without loading the page anew: what is half typed in it stays.
fn show_place(app: &AppHandle, place: &str) {
    bring_to_front(app);
    // Text of JSON is text of JavaScript.
    let place = serde_json::Value::from(place);
    let go = format!("history.pushState(null, '', {place}); dispatchEvent(new PopStateEvent('popstate'));");
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = window.eval(go)
    {
        tracing::warn!(%error, "the page does not show what was clicked");
    }
}

pub(super) fn reload(app: &AppHandle) {
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = window.reload()
    {
        tracing::warn!(%error, "the page is not loaded again");
    }
}

/// Shows the page larger or smaller, also next time.
pub(super) fn zoom(app: &AppHandle, zoom: f64) {
    app.state::<Arc<Shell>>().keep(|kept: &mut Kept| kept.zoom = zoom);
    if let Some(window) = app.get_webview_window(LABEL)
        && let Err(error) = window.set_zoom(zoom)
    {
        tracing::warn!(%error, "the page keeps its size");
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn only_web_pages_are_opened_elsewhere_and_only_after_a_press() {
        let url = |text: &str| Url::parse(text).unwrap();
        let just_now = Some(Duration::from_millis(100));
        assert!(may_open(&url("https://example.org/"), just_now));
        assert!(may_open(&url("http://127.0.0.1:1/"), just_now));
        assert!(!may_open(&url("https://example.org/"), None));
        assert!(!may_open(&url("https://example.org/"), Some(PRESSED)));
        for other in [
            "file:///etc/passwd",
            "javascript:alert(1)",
            "mailto:a@b.example",
            "steam://run/1",
        ] {
            assert!(!may_open(&url(other), just_now), "{other}");
        }
    }
}
