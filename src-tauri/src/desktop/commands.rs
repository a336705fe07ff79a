//! What the page can ask for: a folder that the user picks or has dropped. It learns no path that the user did not give.

use std::cell::RefCell;
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use gtk::prelude::*;
use tauri::{State, WebviewWindow};
use tokio::sync::oneshot;

use super::shell::Shell;

/// Whether the dialog is open: there is one at a time.
static IS_PICKING: AtomicBool = AtomicBool::new(false);

/// Has the user pick a folder, in the system's own dialog; nothing where they do not.
#[tauri::command]
pub(super) async fn pick_folder(
    window: WebviewWindow,
    from: Option<String>,
) -> Result<Option<String>, String> {
    if IS_PICKING.swap(true, Ordering::AcqRel) {
        return Ok(None);
    }
    let (picked, answer) = oneshot::channel();
    let parent = window.clone();
    let asked = window.run_on_main_thread(move || ask(&parent, from.map(PathBuf::from), picked));
    // Dropped unanswered when the window goes.
    let folder = answer.await.ok().flatten();
    IS_PICKING.store(false, Ordering::Release);
    asked.map_err(|error| format!("the dialog cannot be opened: {error}"))?;
    Ok(folder.map(|folder| folder.to_string_lossy().into_owned()))
}

/// Opens the dialog and returns: on the thread of GTK nothing may wait.
fn ask(parent: &WebviewWindow, from: Option<PathBuf>, picked: oneshot::Sender<Option<PathBuf>>) {
    let dialog = gtk::FileChooserNative::new(
        Some("Link folder"),
        parent.gtk_window().ok().as_ref(),
        gtk::FileChooserAction::SelectFolder,
        Some("Choose"),
        Some("Cancel"),
    );
    if let Some(from) = from.filter(|from| from.is_dir()) {
        dialog.set_current_folder(from);
    }
    let picked = RefCell::new(Some(picked));
    // It lives until it is answered: nothing else holds it.
    let itself = Rc::new(RefCell::new(None));
    let held = Rc::clone(&itself);
    dialog.connect_response(move |dialog, response| {
        let folder = (response == gtk::ResponseType::Accept)
            .then(|| dialog.filename())
            .flatten();
        if let Some(picked) = picked.borrow_mut().take() {
            // Nobody waits where the page has gone.
            let _ = picked.send(folder);
        }
        held.borrow_mut().take();
    });
    dialog.show();
    itself.borrow_mut().replace(dialog);
}

/// The folder that was dropped on the page just now.
#[tauri::command]
pub(super) fn dropped_folder(shell: State<'_, Arc<Shell>>) -> Option<String> {
    let folder = shell.dropped.take().filter(|path| path.is_dir())?;
    Some(folder.to_string_lossy().into_owned())
}
