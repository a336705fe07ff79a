//! A linked folder with a node_modules of 20,000 files: linking it, saving one file beside it, and what many of its tags
//! take on the disk.

use std::collections::HashSet;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::{Outcome, Run};
use crate::linked::{Linked, Save};
use crate::server::{Folder, Server};
use crate::statistics::{Round, Side};

const PACKAGES: usize = 1000;
/// In each package, half of them in a folder of their own.
const FILES: usize = 20;
/// Files have up to this, as real ones: 2.5 kB in the middle.
const MAX_BYTES: usize = 5000;

const APART: Duration = Duration::from_millis(500);

/// Ext4 gives the numbers of removed files to nobody for 5 s, and searches past them: who makes files just after many
/// were removed waits for that.
const AFTER_REMOVAL: Duration = Duration::from_secs(7);

/// From the wish to link until its code is live; against `cp -r`.
pub(super) async fn link(run: &Run) -> Result<Outcome> {
    let mut rounds = Vec::new();
    for round in 0..run.pick(5, 1) {
        let code = Code::new(run)?;
        let folder = Folder::new(&run.place)?;
        let server = Server::start(&run.product, &folder, &[]).await?;
        tokio::time::sleep(AFTER_REMOVAL).await;
        let (ours, theirs) = if round % 2 == 0 {
            let (_, ours) = Linked::new(&server, code.path()).await?;
            (ours, code.copy()?)
        } else {
            let theirs = code.copy()?;
            let (_, ours) = Linked::new(&server, code.path()).await?;
            (ours, theirs)
        };
        rounds.push(Round {
            ours: Side::plain(ours.as_secs_f64() * 1000.0),
            reference: Some(Side::plain(theirs.as_secs_f64() * 1000.0)),
        });
        server.stop().await?;
        fs::remove_dir_all(code.beside())?;
    }
    Ok(measured(rounds))
}

/// From a save until its tag is active.
pub(super) async fn save(run: &Run) -> Result<Outcome> {
    let code = Code::new(run)?;
    let mut rounds = Vec::new();
    for _ in 0..run.pick(3, 1) {
        let folder = Folder::new(&run.place)?;
        let server = Server::start(&run.product, &folder, &[]).await?;
        let (mut linked, _) = Linked::new(&server, code.path()).await?;
        let mut samples = Vec::new();
        for number in 0..run.pick(20, 5) {
            tokio::time::sleep(APART).await;
            let begun = Instant::now();
            linked.save(Save::in_turn(number))?;
            samples.push((linked.live().await? - begun).as_secs_f64() * 1000.0);
        }
        rounds.push(Round {
            ours: Side::p50(&samples).context("no samples")?,
            reference: None,
        });
        server.stop().await?;
    }
    Ok(measured(rounds))
}

/// What 100 pinned tags take, one file changed in each; against one copy of the folder.
pub(super) async fn disk(run: &Run) -> Result<Outcome> {
    let code = Code::new(run)?;
    code.copy()?;
    let theirs = disk_use(&code.beside())?;
    let folder = Folder::new(&run.place)?;
    let server = Server::start(&run.product, &folder, &[]).await?;
    let before = disk_use(&folder.data())?;
    let (mut linked, _) = Linked::new(&server, code.path()).await?;
    let tags = run.pick(100, 10);
    for number in 1..=tags {
        linked.pin().await?;
        if number < tags {
            linked.save(Save::in_turn(number))?;
            linked.live().await?;
        }
    }
    // What is made ahead or removed in the background is part of the price, once it is done.
    tokio::time::sleep(Duration::from_secs(5)).await;
    let ours = disk_use(&folder.data())?.saturating_sub(before);
    server.stop().await?;
    let megabytes = |bytes: u64| Side::plain(bytes as f64 / 1_000_000.0);
    Ok(Outcome::Measured {
        rounds: vec![Round {
            ours: megabytes(ours),
            reference: Some(megabytes(theirs)),
        }],
        notes: vec![format!("{tags} tags; the whole data folder")],
    })
}

fn measured(rounds: Vec<Round>) -> Outcome {
    Outcome::Measured {
        rounds,
        notes: vec![format!("{} files in node_modules", PACKAGES * FILES)],
    }
}

/// The folder.
struct Code(tempfile::TempDir);

impl Code {
    fn new(run: &Run) -> Result<Self> {
        let code = Self(tempfile::tempdir_in(&run.place)?);
        let root = code.path().join("app");
        for package in 0..PACKAGES {
            let folder = root.join(format!("node_modules/package-{package}"));
            fs::create_dir_all(folder.join("lib"))?;
            for file in 0..FILES {
                let number = package * FILES + file;
                let place = if file % 2 == 0 {
                    folder.clone()
                } else {
                    folder.join("lib")
                };
                let line = format!("module.exports[{number}] = {};\n", number * 7919);
                let size = number * 7919 % MAX_BYTES;
                fs::write(
                    place.join(format!("file-{file}.js")),
                    line.repeat(size / line.len() + 1),
                )?;
            }
        }
        Ok(code)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn beside(&self) -> PathBuf {
        self.0.path().with_extension("copy")
    }

    /// Copies it beside itself; tells how long that took.
    fn copy(&self) -> Result<Duration> {
        let begun = Instant::now();
        let copied = Command::new("cp")
            .arg("-r")
            .args([self.path(), &self.beside()])
            .status()?;
        ensure!(copied.success(), "cp -r ended with {copied}");
        Ok(begun.elapsed())
    }
}

/// Bytes that a folder takes on the disk; a file of several names counts once.
fn disk_use(folder: &Path) -> Result<u64> {
    let (mut seen, mut open, mut bytes) = (HashSet::new(), vec![folder.to_owned()], 0);
    while let Some(path) = open.pop() {
        let metadata = fs::symlink_metadata(&path)?;
        if seen.insert((metadata.dev(), metadata.ino())) {
            bytes += metadata.blocks() * 512;
        }
        if metadata.is_dir() {
            for entry in fs::read_dir(&path)? {
                open.push(entry?.path());
            }
        }
    }
    Ok(bytes)
}
