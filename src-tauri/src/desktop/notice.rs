//! Notifications, as the freedesktop specification has them, over the session's bus. Where there is no bus, or nobody who
//! shows them, there are none: what they say is in the console too.

use gtk::gio;
use gtk::glib;
use gtk::prelude::*;

use super::tray::session_bus;

/// How long the desktop may take to accept one.
const TIMEOUT_MS: i32 = 2_000;
/// How long it is shown: as the desktop sees fit.
const AS_USUAL: i32 = -1;

/// Shows one. On the thread of GTK, which does not wait for the answer.
pub(super) fn show(summary: &str, body: &str) {
    let Some(bus) = session_bus() else { return };
    let hints = glib::VariantDict::new(None);
    hints.insert("desktop-entry", "drydock");
    // Desktops may read the body as markup.
    let body = glib::markup_escape_text(body);
    let replaces_nothing = 0_u32;
    let no_actions: &[&str] = &[];
    let told = glib::Variant::tuple_from_iter([
        "Drydock".to_variant(),
        replaces_nothing.to_variant(),
        "drydock".to_variant(),
        summary.to_variant(),
        body.as_str().to_variant(),
        no_actions.to_variant(),
        hints.end(),
        AS_USUAL.to_variant(),
    ]);
    bus.call(
        Some("org.freedesktop.Notifications"),
        "/org/freedesktop/Notifications",
        "org.freedesktop.Notifications",
        "Notify",
        Some(&told),
        None,
        gio::DBusCallFlags::NONE,
        TIMEOUT_MS,
        gio::Cancellable::NONE,
        |answer| {
            if let Err(error) = answer {
                tracing::debug!(%error, "nobody shows notifications");
            }
        },
    );
}
