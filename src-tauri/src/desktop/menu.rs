//! The window's menu, with the shortcuts that programs usually have. Cut, copy and paste are the page's own on Linux.

use tauri::menu::{Menu, MenuBuilder, MenuItem, SubmenuBuilder};
use tauri::{AppHandle, Wry};

use super::actions::Action;

pub(super) fn of_window(app: &AppHandle) -> tauri::Result<Menu<Wry>> {
    let item =
        |action: Action, keys: Option<&str>| MenuItem::with_id(app, action.id(), action.text(), true, keys);
    let file = SubmenuBuilder::new(app, "File")
        .item(&item(Action::OpenInBrowser, Some("CmdOrCtrl+B"))?)
        .item(&item(Action::OpenLogFolder, None)?)
        .separator()
        .item(&item(Action::Close, Some("CmdOrCtrl+W"))?)
        .item(&item(Action::Quit, Some("CmdOrCtrl+Q"))?)
        .build()?;
    let view = SubmenuBuilder::new(app, "View")
        .item(&item(Action::Reload, Some("CmdOrCtrl+R"))?)
        .separator()
        .item(&item(Action::ZoomIn, Some("CmdOrCtrl+="))?)
        .item(&item(Action::ZoomOut, Some("CmdOrCtrl+-"))?)
        .item(&item(Action::ActualSize, Some("CmdOrCtrl+0"))?)
        .build()?;
    MenuBuilder::new(app).items(&[&file, &view]).build()
}
