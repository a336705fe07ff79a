//! What can be chosen in the window's menu and the tray's, and what is done then.

use std::sync::Arc;

use tauri::{AppHandle, Manager as _};

use super::shell::{Shell, fresh_link};
use super::{tray, window};
use crate::browser;

/// What can be chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Open,
    OpenInBrowser,
    OpenLogFolder,
    PauseWatching,
    Notifications,
    Reload,
    ZoomIn,
    ZoomOut,
    ActualSize,
    Close,
    Quit,
}

const ALL: &[Action] = &[
    Action::Open,
    Action::OpenInBrowser,
    Action::OpenLogFolder,
    Action::PauseWatching,
    Action::Notifications,
    Action::Reload,
    Action::ZoomIn,
    Action::ZoomOut,
    Action::ActualSize,
    Action::Close,
    Action::Quit,
];

impl Action {
    /// Its name among the items of menus.
    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::OpenInBrowser => "open-in-browser",
            Self::OpenLogFolder => "open-log-folder",
            Self::PauseWatching => "pause-watching",
            Self::Notifications => "notifications",
            Self::Reload => "reload",
            Self::ZoomIn => "zoom-in",
            Self::ZoomOut => "zoom-out",
            Self::ActualSize => "actual-size",
            Self::Close => "close",
            Self::Quit => "quit",
        }
    }

    pub(super) const fn text(self) -> &'static str {
        match self {
            Self::Open => "Open Drydock",
            Self::OpenInBrowser => "Open in the browser",
            Self::OpenLogFolder => "Open log folder",
            Self::PauseWatching => "Pause watching",
            Self::Notifications => "Notifications",
            Self::Reload => "Reload",
            Self::ZoomIn => "Zoom in",
            Self::ZoomOut => "Zoom out",
            Self::ActualSize => "Actual size",
            Self::Close => "Close window",
            Self::Quit => "Quit",
        }
    }

    pub(super) fn of_id(id: &str) -> Option<Self> {
        ALL.iter().copied().find(|action| action.id() == id)
    }
}

/// Does it. On the thread of GTK, so what takes time goes elsewhere.
pub(super) fn act(app: &AppHandle, action: Action) {
    let shell = Arc::clone(&app.state::<Arc<Shell>>());
    match action {
        Action::Open => window::bring_to_front(app),
        Action::OpenInBrowser => {
            let client = shell.client();
            shell.runtime.spawn(async move {
                match fresh_link(&client).await {
                    Ok(link) => browser::open(link.as_str()),
                    Err(error) => tracing::warn!("no link for the browser: {error:#}"),
                }
            });
        }
        Action::OpenLogFolder => browser::open(&shell.data_dir.log_folder().display().to_string()),
        Action::PauseWatching => {
            let (client, paused) = (shell.client(), !tray::is_paused(app));
            let app = app.clone();
            shell.runtime.spawn(async move {
                if let Err(error) = client.pause_watching(paused).await {
                    tracing::warn!("watching is neither paused nor resumed: {error:#}");
                }
                // What the server says is shown, not what was clicked.
                tray::show_again(&app);
            });
        }
        Action::Notifications => {
            shell.keep(|kept| kept.notifications = !kept.notifications);
            shell.write_down();
            tray::show_again(app);
        }
        Action::Reload => window::reload(app),
        Action::ZoomIn => window::zoom(app, shell.kept().zoomed(true)),
        Action::ZoomOut => window::zoom(app, shell.kept().zoomed(false)),
        Action::ActualSize => window::zoom(app, 1.0),
        Action::Close => window::close(app),
        Action::Quit => shell.quit(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_is_found_by_its_own_name() {
        for action in ALL {
            assert_eq!(Action::of_id(action.id()), Some(*action));
        }
        assert_eq!(Action::of_id("other"), None);
    }
}
