//! The desktop build as a process of the test's own.
//!
//! Owns: its start on a display, its end, and what it printed. Must not: know what is in the window.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};

use drydock_tests::{Actor, Folder, repository, until};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::screen::Screen;

/// The desktop build.
pub(crate) fn binary() -> PathBuf {
    std::env::var_os("DRYDOCK_DESKTOP_BIN").map_or_else(
        || repository().join("target/debug/drydock-desktop"),
        PathBuf::from,
    )
}

/// A command of the desktop build for that data folder, on that display.
pub(crate) fn command(screen: &Screen, folder: &Folder) -> Command {
    let mut command = Command::new(binary());
    screen.within(&mut command);
    settings(&mut command, folder);
    command
}

/// What a server of a test is told: any port, since others run beside it.
pub(crate) fn settings(command: &mut Command, folder: &Folder) {
    command
        .env("DRYDOCK_DATA_DIR", folder.data())
        .env("DRYDOCK_PORT", "0");
}

/// What `server.json` says, once it is there.
pub(crate) async fn server_file(folder: &Folder) -> Value {
    until("server.json is there", async || {
        let text = fs::read(folder.data().join("server.json")).ok()?;
        serde_json::from_slice(&text).ok()
    })
    .await
}

/// The owner of the machine, at the server of that data folder.
pub(crate) async fn owner(folder: &Folder) -> Actor {
    let server = server_file(folder).await;
    Actor::new(server["console"].as_str().unwrap())
        .header("x-appwrite-project", "default")
        .header("x-drydock-admin", server["adminToken"].as_str().unwrap())
}

/// Whether nobody holds that lock.
pub(crate) fn is_free(lock: &Path) -> bool {
    File::open(lock).is_ok_and(|file| file.try_lock().is_ok())
}

/// A running one.
#[derive(Debug)]
pub(crate) struct App {
    child: Child,
    log: PathBuf,
}

impl App {
    /// Starts it as it is started by its icon: with no argument.
    pub(crate) fn start(screen: &Screen, folder: &Folder) -> Self {
        Self::run(command(screen, folder), folder)
    }

    /// Starts whatever command.
    pub(crate) fn run(mut command: Command, folder: &Folder) -> Self {
        static NEXT: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(0);
        let number = NEXT.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
        let log = folder.beside(&format!("app-{number}.log"));
        let out = File::create(&log).unwrap();
        let child = command
            .stdin(Stdio::null())
            .stdout(out.try_clone().unwrap())
            .stderr(out)
            .spawn()
            .expect("the desktop build is there: scripts/test builds it");
        Self { child, log }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Waits until its window can be seen, and answers it.
    pub(crate) async fn window(&self, screen: &Screen) -> String {
        until("the window can be seen", async || {
            screen.windows_of(self.pid()).pop()
        })
        .await
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill(Pid::from_raw(self.pid().cast_signed()), signal).unwrap();
    }

    /// Waits until it has ended.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        until("the app ends", async || self.child.try_wait().unwrap()).await
    }
}

impl Drop for App {
    fn drop(&mut self) {
        if std::thread::panicking() {
            #[allow(clippy::print_stderr)]
            {
                eprintln!("--- what the app printed\n{}", self.log());
            }
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
