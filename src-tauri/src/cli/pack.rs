//! Packs a folder as the .tar.gz of a tag.
//!
//! Everything lies under one top folder in the archive, which unpacking drops again: a flat archive of a
//! folder that holds a single folder would lose that one. What is no code is left out by the same rules as in a linked
//! folder, which are drydock-code's. Must not: follow links, or read what is not a file.

use std::fs::{File, Metadata};
use std::io::{Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use drydock_code::folder::links;
use drydock_code::folder::rules::{Rules, Why};
use drydock_code::inspect::inspect;
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use super::output;

/// The folder in the archive that holds everything.
const TOP: &str = "code";

/// So many remarks are printed one by one; more would hide them all.
const MAX_REMARKS: usize = 10;

/// So many things that a rule of the user's leaves out are named; they are seldom a surprise.
const MAX_IGNORED: usize = 5;

/// What was left out that the user may have wanted.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut(Vec<String>);

impl LeftOut {
    /// What to tell about it, line by line.
    pub(crate) fn remarks(&self) -> Vec<String> {
        output::left_out(&self.0, MAX_REMARKS)
    }
}

/// Packs the code in `folder` for `function` into `archive`. `apart` is a folder that is no code wherever it lies: our
/// own data.
///
/// # Errors
/// When something cannot be read, or there is no file at all.
pub(crate) fn pack(folder: &Path, function: &str, apart: &Path, archive: &mut File) -> Result<LeftOut> {
    let root = folder
        .canonicalize()
        .with_context(|| format!("{} cannot be read", folder.display()))?;
    let mut left_out = LeftOut::default();
    let asked = asked(&root, function, &mut left_out);
    let rules = Arc::new(Rules::of_root(&root, &asked));
    let mut packer = Packer {
        tar: Builder::new(GzEncoder::new(archive, Compression::default())),
        root,
        function,
        // It may not be there yet.
        apart: apart.canonicalize().ok(),
        left_out,
        ignored: Vec::new(),
        files: 0,
    };
    packer.folder(Path::new(""), &rules)?;
    packer.tell_ignored();
    if packer.files == 0 {
        let remarks = packer.left_out.remarks();
        if remarks.is_empty() {
            bail!("{} holds no files", folder.display());
        }
        bail!(
            "{} holds no files that are code; {}",
            folder.display(),
            remarks.join("; ")
        );
    }
    packer
        .tar
        .into_inner()
        .and_then(GzEncoder::finish)
        .context("the archive cannot be written")?
        .flush()?;
    Ok(packer.left_out)
}

/// The patterns that an appwrite.json has for the function whose folder is `root`.
fn asked(root: &Path, function: &str, left_out: &mut LeftOut) -> Vec<String> {
    let wishes = match inspect(root) {
        Ok(found) => found.functions,
        // It may have nothing to do with this function, so it does not keep its code from being uploaded.
        Err(error) => {
            left_out.0.push(format!(
                "nothing for an appwrite.json, since it cannot be told what the folder is ({error})"
            ));
            return Vec::new();
        }
    };
    let mut of_folder: Vec<_> = wishes.into_iter().filter(|wish| wish.folder == root).collect();
    // Where several functions share a folder, only the one that is meant says something.
    if of_folder.len() > 1 {
        of_folder.retain(|wish| wish.id.as_ref().is_some_and(|id| id.as_str() == function));
    }
    of_folder.into_iter().flat_map(|wish| wish.ignore).collect()
}

struct Packer<'a, W: Write> {
    tar: Builder<W>,
    root: PathBuf,
    function: &'a str,
    apart: Option<PathBuf>,
    left_out: LeftOut,
    /// What a rule of the user's leaves out, from the root.
    ignored: Vec<PathBuf>,
    files: u64,
}

impl<W: Write> Packer<'_, W> {
    /// Packs what is in the folder `inside` the root, sorted, so that the same folder gives the same order.
    fn folder(&mut self, inside: &Path, rules: &Arc<Rules>) -> Result<()> {
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
            self.entry(&inside.join(name), rules)?;
        }
        Ok(())
    }

    /// Packs an entry of the folder that has these rules, unless they leave it out.
    fn entry(&mut self, inside: &Path, rules: &Arc<Rules>) -> Result<()> {
        let path = self.root.join(inside);
        if self.apart.as_ref() == Some(&path) {
            return Ok(());
        }
        let metadata = path
            .symlink_metadata()
            .with_context(|| format!("{} cannot be read", path.display()))?;
        let kind = metadata.file_type();
        match rules.why_left_out(&path, kind.is_dir()) {
            None => {}
            Some(Why::Never) => return Ok(()),
            Some(Why::Variables) => {
                self.left_out.0.push(format!(
                    "{} (it holds variables of the function: set them with `drydock functions update {} --var NAME=VALUE`)",
                    inside.display(),
                    self.function
                ));
                return Ok(());
            }
            Some(Why::Ignored) => {
                self.ignored.push(inside.to_owned());
                return Ok(());
            }
        }
        if kind.is_dir() {
            let mut header = header(&metadata, EntryType::Directory, 0);
            let name = Path::new(TOP).join(inside);
            self.tar
                .append_data(&mut header, name, std::io::empty())
                .context("the archive cannot be written")?;
            self.folder(inside, &Arc::new(rules.of_directory(&path)))
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
        let Some(kept) = links::kept(&self.root, inside, &target) else {
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

    /// Makes one remark, the first, of all that the user's own rules leave out.
    fn tell_ignored(&mut self) {
        let named: Vec<_> = self
            .ignored
            .iter()
            .take(MAX_IGNORED)
            .map(|path| path.display().to_string())
            .collect();
        let more = match self.ignored.len() {
            0 => return,
            all if all > named.len() => format!(" and {} more", all - named.len()),
            _ => String::new(),
        };
        self.left_out.0.insert(
            0,
            format!(
                "{}{more} (by .gitignore, .drydockignore or appwrite.json; a !pattern in .drydockignore keeps one)",
                named.join(", ")
            ),
        );
    }
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
