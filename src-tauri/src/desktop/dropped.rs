//! What was dropped on the page. WebKit tells a page the names of files and nothing of where they are, so the path is read
//! off the drag as it passes, and kept for the page to ask for once it was let go.
//!
//! The page gets the drop all the same: its own places for files work as in a browser.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use gtk::glib;
use gtk::prelude::*;
use tauri::WebviewWindow;

use super::shell::Shell;

/// How long the page may take to ask: it does so when it is told of the drop.
const KEPT: Duration = Duration::from_secs(10);

/// What is being dragged, and what was dropped.
#[derive(Default)]
pub(super) struct Dropped(Mutex<State>);

#[derive(Default)]
struct State {
    dragged: Option<PathBuf>,
    dropped: Option<(PathBuf, Instant)>,
}

impl Dropped {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drag(&self, uris: &[glib::GString]) {
        // One thing is meant, or nothing can be said to be.
        let [uri] = uris else {
            self.state().dragged = None;
            return;
        };
        self.state().dragged = glib::filename_from_uri(uri).ok().map(|(path, _)| path);
    }

    fn let_go(&self) {
        let mut state = self.state();
        state.dropped = state.dragged.take().map(|path| (path, Instant::now()));
    }

    /// What was dropped just now; once.
    pub(super) fn take(&self) -> Option<PathBuf> {
        let (path, at) = self.state().dropped.take()?;
        (at.elapsed() < KEPT).then_some(path)
    }
}

/// Begins to look at what passes over the page.
pub(super) fn look(window: &WebviewWindow, shell: &Arc<Shell>) -> tauri::Result<()> {
    let shell = Arc::clone(shell);
    window.with_webview(move |page| {
        let page = page.inner();
        let (dragging, dropping) = (Arc::clone(&shell), shell);
        page.connect_drag_data_received(move |_, _, _, _, data, _, _| {
            let uris = data.uris();
            // Of the other forms in which it is offered nothing is a path.
            if !uris.is_empty() {
                dragging.dropped.drag(&uris);
            }
        });
        page.connect_drag_drop(move |_, _, _, _, _| {
            dropping.dropped.let_go();
            // It goes on to the page.
            false
        });
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_once_and_only_after_it_was_let_go() {
        let dropped = Dropped::default();
        dropped.drag(&["file:///tmp/a%20b".into()]);
        assert_eq!(dropped.take(), None);
        dropped.let_go();
        assert_eq!(dropped.take(), Some(PathBuf::from("/tmp/a b")));
        assert_eq!(dropped.take(), None);
    }

    #[test]
    fn several_things_and_addresses_of_elsewhere_are_no_folder() {
        let dropped = Dropped::default();
        for uris in [&["file:///a", "file:///b"][..], &["https://example.org/a"], &[]] {
            dropped.drag(&["file:///before".into()]);
            dropped.drag(&uris.iter().map(|uri| (*uri).into()).collect::<Vec<_>>());
            dropped.let_go();
            assert_eq!(dropped.take(), None, "{uris:?}");
        }
    }
}
