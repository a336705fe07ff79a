//! Packs a folder as the .tar.gz of a tag.
//!
//! Everything lies under one top folder in the archive, which unpacking drops again: a flat archive of a
//! folder that holds a single folder would lose that one. Must not: follow links, or read what is not a
//! file.

use std::fs::{File, Metadata};
use std::io::{Read, Write};
use std::path::{Component, Path, PathBuf};

use anyhow::{Context, Result, bail};
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

/// The folder in the archive that holds everything.
const TOP: &str = "code";

/// Never part of a function: history and caches.
const LEFT_OUT_NAMES: [&str; 2] = [".git", "__pycache__"];

/// So many remarks are printed one by one; more would hide them all.
const MAX_REMARKS: usize = 10;

/// What was left out that the user may have wanted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut(Vec<String>);

impl LeftOut {
    /// What to tell about it, line by line.
    pub(crate) fn remarks(&self) -> Vec<String> {
        let mut lines: Vec<_> = self
            .0
            .iter()
            .take(MAX_REMARKS)
            .map(|what| format!("left out: {what}"))
            .collect();
        if self.0.len() > MAX_REMARKS {
            lines.push(format!("left out: {} more", self.0.len() - MAX_REMARKS));
        }
        lines
    }
}

/// Packs what is in `folder` into `archive`.
///
/// # Errors
/// When something cannot be read, or there is no file at all.
pub(crate) fn pack(folder: &Path, archive: &mut File) -> Result<LeftOut> {
    let root = folder
        .canonicalize()
        .with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut packer = Packer {
        tar: Builder::new(GzEncoder::new(archive, Compression::default())),
        root,
        left_out: LeftOut::default(),
        files: 0,
    };
    packer.folder(Path::new(""))?;
    if packer.files == 0 {
        bail!("{} holds no files", folder.display());
    }
    packer
        .tar
        .into_inner()
        .and_then(GzEncoder::finish)
        .context("the archive cannot be written")?
        .flush()?;
    Ok(packer.left_out)
}

struct Packer<W: Write> {
    tar: Builder<W>,
    root: PathBuf,
    left_out: LeftOut,
    files: u64,
}

impl<W: Write> Packer<W> {
    /// Packs what is in the folder `inside` the root, sorted, so that the same folder gives the same order.
    fn folder(&mut self, inside: &Path) -> Result<()> {
        let path = self.root.join(inside);
        let unreadable = || format!("{} cannot be read", path.display());
        let mut names = std::fs::read_dir(&path)
            .and_then(|entries| {
                entries
                    .map(|entry| entry.map(|e| e.file_name()))
                    .collect::<Result<Vec<_>, _>>()
            })
            .with_context(unreadable)?;
        names.sort();
        for name in names {
            if LEFT_OUT_NAMES.iter().any(|left_out| name == *left_out) {
                continue;
            }
            self.entry(&inside.join(name))?;
        }
        Ok(())
    }

    fn entry(&mut self, inside: &Path) -> Result<()> {
        let path = self.root.join(inside);
        let metadata = path
            .symlink_metadata()
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let kind = metadata.file_type();
        if kind.is_dir() {
            let mut header = header(&metadata, EntryType::Directory, 0);
            let name = Path::new(TOP).join(inside);
            self.tar
                .append_data(&mut header, name, std::io::empty())
                .context("the archive cannot be written")?;
            self.folder(inside)
        } else if kind.is_symlink() {
            self.link(inside, &metadata)
        } else if kind.is_file() {
            self.file(inside)
        } else {
            self.left_out
                .0
                .push(format!("{} (neither file, folder nor link)", inside.display()));
            Ok(())
        }
    }

    fn file(&mut self, inside: &Path) -> Result<()> {
        let path = self.root.join(inside);
        let unreadable = || format!("{} cannot be read", path.display());
        let file = File::open(&path).with_context(unreadable)?;
        let metadata = file.metadata().with_context(unreadable)?;
        let size_bytes = metadata.len();
        let mut header = header(&metadata, EntryType::Regular, size_bytes);
        // What is appended meanwhile stays out; what is cut off meanwhile would spoil the archive.
        let mut content = Counted {
            file: file.take(size_bytes),
            read_bytes: 0,
        };
        self.tar
            .append_data(&mut header, Path::new(TOP).join(inside), &mut content)
            .with_context(unreadable)?;
        if content.read_bytes != size_bytes {
            bail!("{} became shorter while it was packed: try again", path.display());
        }
        self.files += 1;
        Ok(())
    }

    /// Links inside the folder stay links; one that leads out would mean nothing where the code is run.
    fn link(&mut self, inside: &Path, metadata: &Metadata) -> Result<()> {
        let path = self.root.join(inside);
        let target =
            std::fs::read_link(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        let folder = inside.parent().unwrap_or(Path::new(""));
        let kept = if target.is_absolute() {
            self.relative_target(folder, &target)
        } else {
            stays_inside(folder, &target).then(|| target.clone())
        };
        let Some(kept) = kept else {
            self.left_out.0.push(format!(
                "{} (a link to {}, outside of the folder)",
                inside.display(),
                target.display()
            ));
            return Ok(());
        };
        let mut header = header(metadata, EntryType::Symlink, 0);
        self.tar
            .append_link(&mut header, Path::new(TOP).join(inside), kept)
            .context("the archive cannot be written")
    }

    /// An absolute target inside the root as seen from `folder`.
    fn relative_target(&self, folder: &Path, target: &Path) -> Option<PathBuf> {
        let target = target.canonicalize().ok()?;
        let inside = target.strip_prefix(&self.root).ok()?;
        let up: PathBuf = folder.components().map(|_| Component::ParentDir).collect();
        Some(up.join(inside))
    }
}

/// Whether `target`, read from `folder`, never climbs above the root.
fn stays_inside(folder: &Path, target: &Path) -> bool {
    let mut depth = folder.components().count();
    for component in target.components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir if depth > 0 => depth -= 1,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => return false,
        }
    }
    true
}

/// Owner, group and exact mode are this machine's affair; whether a file can be run is the code's.
fn header(metadata: &Metadata, kind: EntryType, size_bytes: u64) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size_bytes);
    header.set_mode(if is_executable(metadata) { 0o755 } else { 0o644 });
    let modified = metadata
        .modified()
        .ok()
        .and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
    header.set_mtime(modified.map_or(0, |since| since.as_secs()));
    header
}

#[cfg(unix)]
fn is_executable(metadata: &Metadata) -> bool {
    use std::os::unix::fs::PermissionsExt as _;
    metadata.permissions().mode() & 0o111 != 0
}

/// Without such a bit every file may be run.
#[cfg(not(unix))]
fn is_executable(_metadata: &Metadata) -> bool {
    true
}

struct Counted<R> {
    file: R,
    read_bytes: u64,
}

impl<R: Read> Read for Counted<R> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let length = self.file.read(buffer)?;
        self.read_bytes += length as u64;
        Ok(length)
    }
}

#[cfg(all(test, unix))]
#[path = "pack_tests.rs"]
mod tests;
