//! The window, seen and used as a person does: the desktop build (DRYDOCK_DESKTOP_BIN) on a display of the test's own, driven
//! by WebDriver within the page and by xdotool around it. Pictures go to target/screenshots/.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod app;
mod bus;
mod desk;
mod ends;
mod hands;
mod linking;
mod notices;
mod package;
mod page;
mod panel;
mod saving;
mod screen;
mod starts;
mod tray;
mod tree;
