//! A display of the test's own (Xvfb), with a window manager, and xdotool's hands and eyes on it.
//!
//! Owns: both processes, which end with it, and an environment that has nothing of the developer's desktop.

use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use drydock_tests::{repository, until};
use tempfile::TempDir;

/// Variables of a desktop, or of the developer's own Drydock.
const OTHERS: &[&str] = &[
    "WAYLAND_DISPLAY",
    "DBUS_SESSION_BUS_ADDRESS",
    "XDG_RUNTIME_DIR",
    "DRYDOCK_DATA_DIR",
    "DRYDOCK_PORT",
    "DRYDOCK_HOST",
    "RUST_LOG",
    "DOCKER_HOST",
];

/// The display.
#[derive(Debug)]
pub(crate) struct Screen {
    name: String,
    home: TempDir,
    running: Vec<Child>,
}

impl Screen {
    pub(crate) async fn open() -> Self {
        let mut xvfb = Command::new("Xvfb")
            // It chooses a number that is free and prints it once clients can come.
            .args([
                "-displayfd",
                "1",
                "-screen",
                "0",
                "1400x900x24",
                "-nolisten",
                "tcp",
                // Else it begins anew when its last client goes, and turns out whoever comes just then.
                "-noreset",
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is there: scripts/setup test installs it");
        let mut number = String::new();
        BufReader::new(xvfb.stdout.take().unwrap())
            .read_line(&mut number)
            .unwrap();
        let mut screen = Self {
            name: format!(":{}", number.trim()),
            home: TempDir::new().unwrap(),
            running: vec![xvfb],
        };
        let mut manager = Command::new("openbox");
        let manager = screen.within(&mut manager).stderr(Stdio::null()).spawn();
        screen
            .running
            .push(manager.expect("openbox is there: scripts/setup test installs it"));
        until("the window manager is there", async || {
            screen.is_managed().then_some(())
        })
        .await;
        screen
    }

    fn is_managed(&self) -> bool {
        // Who manages the display says how many desktops it has; where nobody says it, xdotool prints 0 and complains.
        let (desktops, complaint) = self.xdotool(&["get_num_desktops"]);
        complaint.is_empty() && desktops.trim() != "0"
    }

    /// Has a command run on this display, and know of no other desktop.
    pub(crate) fn within<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        for name in OTHERS {
            command.env_remove(name);
        }
        command
            .env("DISPLAY", &self.name)
            .env("HOME", self.home.path())
            .env("XDG_CONFIG_HOME", self.home.path().join("config"))
            .env("XDG_DATA_HOME", self.home.path().join("share"))
            .env("XDG_CACHE_HOME", self.home.path().join("cache"))
            // The bus of screen readers, which this display has none of.
            .env("NO_AT_BRIDGE", "1")
    }

    /// The home of those who are on this display.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// What xdotool prints, and what it complains of.
    pub(crate) fn xdotool(&self, arguments: &[&str]) -> (String, String) {
        let mut command = Command::new("xdotool");
        let output = self.within(&mut command).args(arguments).output().unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        (text(&output.stdout), text(&output.stderr))
    }

    /// The windows of a process that can be seen.
    pub(crate) fn windows_of(&self, pid: u32) -> Vec<String> {
        let pid = pid.to_string();
        let arguments = ["search", "--all", "--onlyvisible", "--pid", &pid, "--name", ""];
        let (found, _) = self.xdotool(&arguments);
        found.lines().map(str::to_owned).collect()
    }

    /// The window of that title, if it can be seen.
    pub(crate) fn window_titled(&self, title: &str) -> Option<String> {
        let (found, _) = self.xdotool(&["search", "--onlyvisible", "--name", &format!("^{title}$")]);
        found.lines().next().map(str::to_owned)
    }

    /// Waits until a window of that title can be seen, and answers it.
    pub(crate) async fn titled(&self, title: &str) -> String {
        until(&format!("a window {title:?} can be seen"), async || {
            self.window_titled(title)
        })
        .await
    }

    /// The process whose window has the keyboard.
    pub(crate) fn active_pid(&self) -> Option<u32> {
        self.xdotool(&["getactivewindow", "getwindowpid"])
            .0
            .trim()
            .parse()
            .ok()
    }

    /// Takes a picture of all of it.
    pub(crate) fn picture(&self, name: &str) -> PathBuf {
        let folder = repository().join("target/screenshots");
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join(format!("{name}.png"));
        let mut command = Command::new("import");
        let status = self
            .within(&mut command)
            .args(["-window", "root"])
            .arg(&path)
            .status()
            .unwrap();
        assert!(status.success());
        path
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        // The window manager first: it would complain of a display that is gone.
        for child in self.running.iter_mut().rev() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
