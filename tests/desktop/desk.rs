//! A desktop with the app on it: a display, a session's bus with something that shows notifications, and hands in the page.

use drydock_tests::{Actor, Folder};

use crate::app;
use crate::bus::Bus;
use crate::hands::Hands;
use crate::panel::Panel;
use crate::screen::Screen;

/// It; what stands first ends first.
pub(crate) struct Desk {
    pub(crate) owner: Actor,
    pub(crate) hands: Hands,
    /// Shows notifications.
    pub(crate) panel: Panel,
    _bus: Bus,
    pub(crate) screen: Screen,
    pub(crate) folder: Folder,
}

impl Desk {
    pub(crate) async fn open() -> Self {
        let (screen, folder) = (Screen::open().await, Folder::new());
        let bus = Bus::open(&folder).await;
        let panel = Panel::on(&bus, "notices.py");
        let hands = Hands::on_bus(&screen, &folder, &bus).await;
        let owner = app::owner(&folder).await;
        Self {
            owner,
            hands,
            panel,
            _bus: bus,
            screen,
            folder,
        }
    }
}
