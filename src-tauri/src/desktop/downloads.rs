//! What the user saves from the page: a tag, a log. It goes where browsers put what they save, and the user is told.
//!
//! Owns: its place. Must not: write over a file.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use gtk::glib;
use tauri::webview::DownloadEvent;
use tauri::{AppHandle, Manager as _, Url};

use super::notice::{Click, Notice, Notices};

/// Files of one name, numbered, before it is given up: nobody keeps so many.
const MAX_OF_A_NAME: u32 = 1_000;

/// Those of one window.
#[derive(Default)]
pub(super) struct Downloads {
    /// Those under way, by what is fetched: of one that fails, its place is not told again.
    places: Mutex<HashMap<Url, PathBuf>>,
}

impl Downloads {
    /// Says where it goes, and tells what became of it; whether it may go on.
    pub(super) fn on_event(&self, app: &AppHandle, event: DownloadEvent<'_>) -> bool {
        match event {
            DownloadEvent::Requested { url, destination } => {
                let folder = folder();
                let name = destination.file_name().unwrap_or_default();
                let wanted = folder.join(name);
                let made = std::fs::create_dir_all(&folder);
                let Some(place) = made.ok().and_then(|()| free(&folder, name.to_str()?)) else {
                    tell_failure(app, &wanted);
                    return false;
                };
                destination.clone_from(&place);
                self.places().insert(url, place);
            }
            DownloadEvent::Finished { url, success, .. } => {
                if let Some(place) = self.places().remove(&url) {
                    if success {
                        tell_success(app, &place);
                    } else {
                        tell_failure(app, &place);
                    }
                }
            }
            _ => {}
        }
        true
    }

    fn places(&self) -> MutexGuard<'_, HashMap<Url, PathBuf>> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn tell_success(app: &AppHandle, path: &Path) {
    let folder = path.parent().unwrap_or(path);
    app.state::<Notices>().show(Notice {
        summary: &format!("{} is saved", name(path)),
        body: &folder.display().to_string(),
        click: Click::Opens(folder.to_owned()),
    });
}

fn tell_failure(app: &AppHandle, path: &Path) {
    tracing::warn!(path = %path.display(), "a download failed");
    let folder = path.parent().unwrap_or(path);
    app.state::<Notices>().show(Notice {
        summary: &format!("{} could not be saved", name(path)),
        body: &format!("Is there space in {}, and may you write there?", folder.display()),
        click: Click::Opens(folder.to_owned()),
    });
}

fn name(path: &Path) -> String {
    path.file_name()
        .map_or_else(|| "A file".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Where the desktop has the user's downloads, else where browsers put them then.
fn folder() -> PathBuf {
    glib::user_special_dir(glib::UserDirectory::Downloads)
        .unwrap_or_else(|| glib::home_dir().join("Downloads"))
}

/// The first name that nothing has in that folder: `a.tar.gz`, `a (1).tar.gz`.
fn free(folder: &Path, name: &str) -> Option<PathBuf> {
    // A name may begin with a dot.
    let dot = name.char_indices().skip(1).find(|(_, letter)| *letter == '.');
    let (stem, ending) = name.split_at(dot.map_or(name.len(), |(at, _)| at));
    (0..MAX_OF_A_NAME)
        .map(|number| match number {
            0 => folder.join(name),
            number => folder.join(format!("{stem} ({number}){ending}")),
        })
        .find(|path| path.symlink_metadata().is_err())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_taken_gets_a_number_before_its_endings() {
        let folder = tempfile::tempdir().unwrap();
        let next = |name: &str| {
            let path = free(folder.path(), name).unwrap();
            std::fs::write(&path, "").unwrap();
            path.file_name().unwrap().to_str().unwrap().to_owned()
        };
        assert_eq!(next("code.tar.gz"), "code.tar.gz");
        assert_eq!(next("code.tar.gz"), "code (1).tar.gz");
        assert_eq!(next("code.tar.gz"), "code (2).tar.gz");
        assert_eq!([next(".env"), next(".env")], [".env", ".env (1)"]);
        assert_eq!([next("log"), next("log")], ["log", "log (1)"]);
    }

    #[test]
    fn a_link_that_leads_nowhere_has_its_name_too() {
        let folder = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink("nowhere", folder.path().join("a")).unwrap();
        assert_eq!(free(folder.path(), "a"), Some(folder.path().join("a (1)")));
    }
}
