//! Whether there is a display, and a word on it before there is a window.

use gtk::prelude::*;

/// Opens the display.
///
/// # Errors
/// Why there is none, as the beginning of a sentence.
pub(super) fn open() -> Result<(), String> {
    let is_set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY") {
        return Err("there is no display (neither DISPLAY nor WAYLAND_DISPLAY is set)".to_owned());
    }
    gtk::init().map_err(|_| "the display that DISPLAY or WAYLAND_DISPLAY names cannot be opened".to_owned())
}

/// Says what kept the window from opening, until somebody has read it.
pub(super) fn tell_failure(error: &anyhow::Error) {
    let dialog = gtk::MessageDialog::new(
        None::<&gtk::Window>,
        gtk::DialogFlags::empty(),
        gtk::MessageType::Error,
        gtk::ButtonsType::Close,
        "Drydock cannot start",
    );
    dialog.set_title("Drydock");
    dialog.set_secondary_text(Some(&format!("{error:#}")));
    dialog.run();
    dialog.close();
}
