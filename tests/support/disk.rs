//! A small disk of a test's own, to be filled up and made read-only.
//!
//! Owns: a tmpfs on the data folder, which only this test's servers see: it is mounted in a mount namespace that a
//! process holds until the test is over, and servers enter it. Needs root, or a user namespace in which to be it.

use std::fs::{self, OpenOptions};
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use crate::dock::{Dock, Folder, Launch};

/// The file that takes the space.
const FILLER: &str = "filler";

/// Mounts, says so, and holds the namespace until its stdin ends.
const HOLDER: &str =
    "mount -t tmpfs -o size=$0,mode=700 drydock-test \"$1\" && echo mounted && exec cat > /dev/null";

/// A small disk on which a server keeps its data.
#[derive(Debug)]
pub struct Disk {
    holder: Child,
    folder: Folder,
    /// The user namespace that was needed, for `nsenter`.
    user: &'static [&'static str],
}

impl Disk {
    /// A disk of that size; `None`, said aloud, where this machine lets nobody mount one.
    pub fn of(size_bytes: u64) -> Option<Self> {
        let folder = Folder::new();
        fs::create_dir(folder.data()).unwrap();
        let [as_root, as_user]: [(&[&str], &[&str]); 2] = [
            (&[], &[]),
            (
                &["--user", "--map-root-user"],
                &["--user", "--preserve-credentials"],
            ),
        ];
        for (made, user) in [as_root, as_user] {
            let mut holder = Command::new("unshare")
                .args(made)
                .args(["--mount", "--propagation", "private", "sh", "-c", HOLDER])
                .arg(size_bytes.to_string())
                .arg(folder.data())
                .stdin(Stdio::piped())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let mut said = String::new();
            BufReader::new(holder.stdout.take().unwrap())
                .read_line(&mut said)
                .unwrap();
            let disk = Self {
                holder,
                folder: folder.clone(),
                user,
            };
            if said == "mounted\n" {
                return Some(disk);
            }
        }
        // Not by a macro, whose text is shown only when a test fails.
        let _ = std::io::stderr()
            .write_all(b"SKIPPED: nobody may mount a disk here, neither root nor in a user namespace\n");
        None
    }

    /// A server on it, with settings to be added.
    pub fn launch(&self) -> Launch {
        let mut words = vec![
            "nsenter".to_owned(),
            "--target".to_owned(),
            self.pid(),
            "--mount".to_owned(),
        ];
        words.extend(self.user.iter().map(|word| (*word).to_owned()));
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let launch = Dock::launch().on(&self.folder).within(&words);
        if self.user.is_empty() {
            launch
        } else {
            // In a user namespace of one user there is no other to become.
            launch.env("DRYDOCK_SANDBOX", "auto")
        }
    }

    /// The data folder, as it is seen from outside.
    pub fn data(&self) -> PathBuf {
        let root = PathBuf::from(format!("/proc/{}/root", self.pid()));
        root.join(self.folder.data().strip_prefix("/").unwrap())
    }

    /// Takes all space that is left but for so many bytes.
    pub fn fill_but(&self, spare_bytes: u64) {
        let path = self.data().join(FILLER);
        let mut filler = OpenOptions::new().append(true).create(true).open(&path).unwrap();
        // As a full disk takes them: pages.
        while filler.write_all(&[0; 4096]).is_ok() {}
        let size = filler.metadata().unwrap().len();
        filler.set_len(size.saturating_sub(spare_bytes)).unwrap();
    }

    /// Takes all space that is left.
    pub fn fill(&self) {
        self.fill_but(0);
    }

    /// Gives the space back.
    pub fn free(&self) {
        fs::remove_file(self.data().join(FILLER)).unwrap();
    }

    /// Makes it read-only, or writable again. No server may have a file of it open.
    pub fn read_only(&self, is: bool) {
        let options = if is { "remount,bind,ro" } else { "remount,bind,rw" };
        let done = Command::new("nsenter")
            .args(["--target", &self.pid(), "--mount"])
            .args(self.user)
            .args(["mount", "-o", options])
            .arg(self.folder.data())
            .status()
            .unwrap();
        assert!(done.success());
    }

    fn pid(&self) -> String {
        self.holder.id().to_string()
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        // The mount goes with the last process that sees it.
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}
