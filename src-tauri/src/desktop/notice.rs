//! Notifications, as the freedesktop specification has them, over the session's bus. Where there is no bus, or nobody who
//! shows them, there are none: what they say is in the console too.
//!
//! Owns: what a click on one leads to. Must not: wait for the desktop, or remember more than what may still be on a screen.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use gtk::gio;
use gtk::glib;
use gtk::prelude::*;

use super::tray::session_bus;

const NAME: &str = "org.freedesktop.Notifications";
const PATH: &str = "/org/freedesktop/Notifications";

/// How long the desktop may take to accept one.
const TIMEOUT_MS: i32 = 2_000;
/// How long it is shown: as the desktop sees fit.
const AS_USUAL: i32 = -1;
/// By this name desktops mean a click on the notification itself.
const CLICK: &str = "default";
/// Notifications that can still be clicked. There is at most one in ten seconds of each function, and desktops keep
/// some dozens.
const MAX_REMEMBERED: usize = 100;

/// What is shown.
pub(super) struct Notice<'a> {
    pub(super) summary: &'a str,
    pub(super) body: &'a str,
    pub(super) click: Click,
}

/// What a click on it leads to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Click {
    /// A place of the console, by its address there.
    Shows(String),
    /// A folder.
    Opens(PathBuf),
}

/// The notifications of one window. Made and used on the thread of GTK.
pub(super) struct Notices {
    bus: Option<gio::DBusConnection>,
    shown: Arc<Mutex<Shown>>,
}

/// What each that the desktop has taken leads to, the oldest first.
type Shown = VecDeque<(u32, Click)>;

impl Notices {
    /// `clicked` hears what a click leads to.
    pub(super) fn new(clicked: impl Fn(Click) + 'static) -> Self {
        let notices = Self {
            bus: session_bus(),
            shown: Arc::default(),
        };
        let Some(bus) = &notices.bus else {
            return notices;
        };
        let shown = Arc::clone(&notices.shown);
        // As long as the process: so is the window.
        bus.signal_subscribe(
            None,
            Some(NAME),
            Some("ActionInvoked"),
            Some(PATH),
            None,
            gio::DBusSignalFlags::NONE,
            move |_, _, _, _, _, said| {
                let Some((id, action)) = said.get::<(u32, String)>() else {
                    return;
                };
                if action != CLICK {
                    return;
                }
                // Let go of before somebody hears of it, who may show another.
                let click = take(&mut lock(&shown), id);
                if let Some(click) = click {
                    clicked(click);
                }
            },
        );
        notices
    }

    /// Shows one, without waiting for the answer.
    pub(super) fn show(&self, notice: Notice<'_>) {
        let Some(bus) = &self.bus else { return };
        let hints = glib::VariantDict::new(None);
        hints.insert("desktop-entry", "drydock");
        // Desktops may read the body as markup.
        let body = glib::markup_escape_text(notice.body);
        let replaces_nothing = 0_u32;
        // Desktops that have a button for it name it so.
        let actions: &[&str] = &[CLICK, "Show"];
        let told = glib::Variant::tuple_from_iter([
            "Drydock".to_variant(),
            replaces_nothing.to_variant(),
            "drydock".to_variant(),
            notice.summary.to_variant(),
            body.as_str().to_variant(),
            actions.to_variant(),
            hints.end(),
            AS_USUAL.to_variant(),
        ]);
        let (shown, click) = (Arc::clone(&self.shown), notice.click);
        bus.call(
            Some(NAME),
            PATH,
            NAME,
            "Notify",
            Some(&told),
            None,
            gio::DBusCallFlags::NONE,
            TIMEOUT_MS,
            gio::Cancellable::NONE,
            move |answer| match answer.map(|answer| answer.get::<(u32,)>()) {
                Ok(Some((id,))) => remember(&mut lock(&shown), id, click),
                Ok(None) => {}
                Err(error) => tracing::debug!(%error, "nobody shows notifications"),
            },
        );
    }
}

fn lock(shown: &Mutex<Shown>) -> MutexGuard<'_, Shown> {
    shown.lock().unwrap_or_else(PoisonError::into_inner)
}

fn remember(shown: &mut Shown, id: u32, click: Click) {
    // A desktop that began anew counts from one again.
    shown.retain(|(one, _)| *one != id);
    if shown.len() >= MAX_REMEMBERED {
        shown.pop_front();
    }
    shown.push_back((id, click));
}

/// It is clicked once.
fn take(shown: &mut Shown, id: u32) -> Option<Click> {
    let at = shown.iter().position(|(one, _)| *one == id)?;
    shown.remove(at).map(|(_, click)| click)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_leads_where_it_was_told_to_once_and_the_oldest_are_forgotten() {
        let mut shown = Shown::new();
        for id in 0..=100_u32 {
            remember(&mut shown, id, Click::Shows(format!("/{id}")));
        }
        assert_eq!(shown.len(), MAX_REMEMBERED);
        assert_eq!(take(&mut shown, 0), None);
        assert_eq!(take(&mut shown, 7), Some(Click::Shows("/7".to_owned())));
        assert_eq!(take(&mut shown, 7), None);
    }

    #[test]
    fn a_number_that_is_given_again_leads_where_the_newer_one_does() {
        let mut shown = Shown::new();
        for place in ["/old", "/new"] {
            remember(&mut shown, 1, Click::Shows(place.to_owned()));
        }
        assert_eq!(take(&mut shown, 1), Some(Click::Shows("/new".to_owned())));
        assert_eq!(take(&mut shown, 1), None);
    }
}
