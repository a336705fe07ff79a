//! The tray: what runs, and what one wants without the window. Where the desktop shows none, the window does without.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, PoisonError};

use gtk::gio;
use gtk::gio::prelude::*;
use tauri::image::Image;
use tauri::menu::{CheckMenuItem, MenuBuilder, MenuItem};
use tauri::tray::TrayIconBuilder;
use tauri::{AppHandle, Manager as _, Wry};

use super::actions::Action;
use super::shell::Shell;

/// How long the session's bus may take to say who shows trays: it is on this machine.
const BUS_TIMEOUT_MS: i32 = 500;

/// What the server does, as it said last.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Load {
    pub(super) running: usize,
    pub(super) waiting: usize,
    pub(super) watching_paused: bool,
}

/// What changes in the tray's menu.
struct Tray {
    load: Mutex<Load>,
    status: MenuItem<Wry>,
    pause: CheckMenuItem<Wry>,
    notifications: CheckMenuItem<Wry>,
}

/// Makes it, as far as the desktop has one.
pub(super) fn make(app: &AppHandle, shell: &Shell) -> tauri::Result<()> {
    // Who shows trays is found by it; without, the library only complains.
    if session_bus().is_none() {
        return Ok(());
    }
    let item = |action: Action| MenuItem::with_id(app, action.id(), action.text(), true, None::<&str>);
    let check = |action: Action, checked| {
        CheckMenuItem::with_id(app, action.id(), action.text(), true, checked, None::<&str>)
    };
    let load = Load::default();
    let tray = Tray {
        status: MenuItem::with_id(app, "status", in_words(load), false, None::<&str>)?,
        pause: check(Action::PauseWatching, false)?,
        notifications: check(Action::Notifications, shell.kept().notifications)?,
        load: Mutex::new(load),
    };
    let menu = MenuBuilder::new(app)
        .item(&item(Action::Open)?)
        .item(&tray.status)
        .separator()
        .item(&tray.pause)
        .item(&tray.notifications)
        .separator()
        .item(&item(Action::OpenInBrowser)?)
        .item(&item(Action::OpenLogFolder)?)
        .separator()
        .item(&item(Action::Quit)?)
        .build()?;
    app.manage(tray);
    let icon = Image::from_bytes(include_bytes!(concat!(env!("OUT_DIR"), "/icons/32x32.png")))?;
    let icon_and_menu = || {
        TrayIconBuilder::with_id("drydock")
            .icon(icon)
            .menu(&menu)
            // Where the library puts the picture, which a desktop reads by its path.
            .temp_dir_path(shell.data_dir.window_folder())
            .build(app)
    };
    // The library panics where libayatana-appindicator3 is not installed.
    match catch_unwind(AssertUnwindSafe(icon_and_menu)) {
        Ok(made) => {
            made?;
            shell.set_has_tray(is_shown());
        }
        Err(_) => tracing::warn!(
            "no tray: libayatana-appindicator3 is not installed (on Debian: apt install libayatana-appindicator3-1)"
        ),
    }
    Ok(())
}

/// Whether something on this desktop shows trays. Without, a window that is closed could not be brought back.
fn is_shown() -> bool {
    let Some(bus) = session_bus() else { return false };
    let asked = ("org.kde.StatusNotifierWatcher", "IsStatusNotifierHostRegistered").to_variant();
    let answer = bus.call_sync(
        Some("org.kde.StatusNotifierWatcher"),
        "/StatusNotifierWatcher",
        "org.freedesktop.DBus.Properties",
        "Get",
        Some(&asked),
        None,
        gio::DBusCallFlags::NO_AUTO_START,
        BUS_TIMEOUT_MS,
        gio::Cancellable::NONE,
    );
    let answer = answer
        .ok()
        .and_then(|answer| answer.get::<(gtk::glib::Variant,)>());
    answer.and_then(|(value,)| value.get::<bool>()).unwrap_or(false)
}

/// The session's bus, where there is one; none is started for us.
pub(super) fn session_bus() -> Option<gio::DBusConnection> {
    let named = std::env::var_os("DBUS_SESSION_BUS_ADDRESS").is_some_and(|address| !address.is_empty());
    let usual = || {
        let folder = std::env::var_os("XDG_RUNTIME_DIR")?;
        std::path::Path::new(&folder).join("bus").exists().then_some(())
    };
    if !named && usual().is_none() {
        return None;
    }
    gio::bus_get_sync(gio::BusType::Session, gio::Cancellable::NONE).ok()
}

/// Shows what the server does.
pub(super) fn tell(app: &AppHandle, load: Load) {
    if let Some(tray) = app.try_state::<Tray>() {
        *tray.load.lock().unwrap_or_else(PoisonError::into_inner) = load;
    }
    show_again(app);
}

/// Whether the server has said that watching is paused.
pub(super) fn is_paused(app: &AppHandle) -> bool {
    app.try_state::<Tray>().is_some_and(|tray| {
        tray.load
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .watching_paused
    })
}

/// Shows what is the case, whatever was clicked.
pub(super) fn show_again(app: &AppHandle) {
    let Some(tray) = app.try_state::<Tray>() else {
        return;
    };
    let load = *tray.load.lock().unwrap_or_else(PoisonError::into_inner);
    let notifications = app.state::<Arc<Shell>>().kept().notifications;
    let shown = tray
        .status
        .set_text(in_words(load))
        .and_then(|()| tray.pause.set_checked(load.watching_paused))
        .and_then(|()| tray.notifications.set_checked(notifications));
    if let Err(error) = shown {
        tracing::debug!(%error, "the tray does not show what is the case");
    }
}

fn in_words(load: Load) -> String {
    match load {
        Load {
            running: 0,
            waiting: 0,
            ..
        } => "Nothing runs".to_owned(),
        Load {
            running, waiting: 0, ..
        } => format!("{running} running"),
        Load { running, waiting, .. } => format!("{running} running, {waiting} waiting"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_is_told_in_words() {
        let load = |running, waiting| Load {
            running,
            waiting,
            watching_paused: false,
        };
        let told = [load(0, 0), load(2, 0), load(2, 7)].map(in_words);
        assert_eq!(told, ["Nothing runs", "2 running", "2 running, 7 waiting"]);
    }
}
