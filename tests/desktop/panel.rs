//! A part of a desktop: a program of the test's own, on the bus, that shows what the app tells it and clicks on it.

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use drydock_tests::{tests_folder, until};
use serde_json::Value;

use crate::bus::Bus;

/// It.
pub(crate) struct Panel {
    child: Child,
    asks: ChildStdin,
    says: BufReader<ChildStdout>,
}

impl Panel {
    /// Of that script in tests/desktop, once it has its name on the bus.
    pub(crate) fn on(bus: &Bus, script: &str) -> Self {
        let mut child = Command::new("/usr/bin/python3")
            // Nothing is left beside what it imports.
            .arg("-B")
            .arg(tests_folder().join("desktop").join(script))
            .env("DBUS_SESSION_BUS_ADDRESS", &bus.address)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut panel = Self {
            asks: child.stdin.take().unwrap(),
            says: BufReader::new(child.stdout.take().unwrap()),
            child,
        };
        assert_eq!(
            panel.next(),
            "there",
            "python3-gi is there: scripts/setup test installs it"
        );
        panel
    }

    fn next(&mut self) -> String {
        let mut line = String::new();
        self.says.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }

    /// Waits until it shows that.
    pub(crate) async fn shows(&mut self, item: impl Into<Value>) {
        let item = item.into();
        until(&format!("the desktop shows {item}"), async || {
            let shown: Value = serde_json::from_str(&self.ask("shown")).unwrap();
            shown.as_array().unwrap().contains(&item).then_some(())
        })
        .await;
    }

    /// Clicks what has that name.
    pub(crate) fn click(&mut self, name: &str) {
        assert_eq!(self.ask(&format!("click {name}")), "clicked", "{name}");
    }

    fn ask(&mut self, question: &str) -> String {
        writeln!(self.asks, "{question}").unwrap();
        self.next()
    }
}

impl Drop for Panel {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
