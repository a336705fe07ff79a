//! A session's bus of the test's own, with dbus-monitor on it, and nobody else unless the test brings somebody.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use drydock_tests::{Folder, until};

use crate::app::{self, App};
use crate::screen::Screen;

/// A session's bus, and what is said on it.
pub(crate) struct Bus {
    pub(crate) address: String,
    said: PathBuf,
    running: Vec<Child>,
}

impl Bus {
    pub(crate) async fn open(folder: &Folder) -> Self {
        let mut daemon = Command::new("dbus-daemon")
            .args(["--session", "--nofork", "--nosyslog", "--print-address"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-daemon is there: scripts/setup test installs it");
        let mut address = String::new();
        BufReader::new(daemon.stdout.take().unwrap())
            .read_line(&mut address)
            .unwrap();
        let address = address.trim().to_owned();
        let said = folder.beside("bus.log");
        let monitor = Command::new("dbus-monitor")
            .args(["--address", &address, "interface='org.freedesktop.Notifications'"])
            .stdout(fs::File::create(&said).unwrap())
            .stderr(Stdio::null())
            .spawn()
            .expect("dbus-monitor is there: scripts/setup test installs it");
        let bus = Self {
            address,
            said,
            running: vec![daemon, monitor],
        };
        // The first thing it prints is that it has its name.
        until("the monitor listens", async || {
            (!bus.said().is_empty()).then_some(())
        })
        .await;
        bus
    }

    pub(crate) fn said(&self) -> String {
        fs::read_to_string(&self.said).unwrap_or_default()
    }

    pub(crate) async fn says(&self, text: &str) {
        until(&format!("the bus hears {text:?}"), async || {
            self.said().contains(text).then_some(())
        })
        .await;
    }
}

impl Drop for Bus {
    fn drop(&mut self) {
        for child in self.running.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// The app, where there is that bus.
pub(crate) fn start(screen: &Screen, folder: &Folder, bus: &Bus) -> App {
    let mut command = app::command(screen, folder);
    command.env("DBUS_SESSION_BUS_ADDRESS", &bus.address);
    App::run(command, folder)
}
