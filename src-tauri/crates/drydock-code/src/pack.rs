//! A tree as the archive that an upload of it would be.
//!
//! Everything lies under one top folder, which unpacking drops again. The same tree gives the same bytes.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{Builder, EntryType, Header};

use crate::content::Contents;
use crate::tree::{Change, Node, Side};

/// The folder in the archive that holds everything.
const TOP: &str = "code";

/// The time that contents have on the disk: 1980.
const CHANGED_AT_SECS: u64 = 315_532_800;

/// Writes the tree of which `all` is everything, a directory before what is in it, as a .tar.gz. Blocking.
pub fn pack(contents: &Contents, all: &[Change], archive: impl Write) -> io::Result<()> {
    let mut sorted: Vec<(&PathBuf, &Side)> = all
        .iter()
        .filter_map(|change| Some((&change.path, change.after.as_ref()?)))
        .collect();
    sorted.sort_by_key(|(path, _)| *path);
    let mut tar = Builder::new(GzEncoder::new(archive, Compression::default()));
    for (path, side) in sorted {
        let name = Path::new(TOP).join(path);
        match side {
            Side::Directory => {
                tar.append_data(&mut header(EntryType::Directory, 0, true), name, io::empty())?;
            }
            Side::Leaf(Node::File { content, size_bytes }) => {
                let mut header = header(EntryType::Regular, *size_bytes, content.executable);
                tar.append_data(&mut header, name, contents.read(content)?)?;
            }
            Side::Leaf(Node::Link { target }) => {
                tar.append_link(&mut header(EntryType::Symlink, 0, false), name, target)?;
            }
            Side::Leaf(Node::Directory { .. }) => return Err(io::Error::other("a directory is no file")),
        }
    }
    tar.into_inner()?.finish()?.flush()
}

fn header(kind: EntryType, size_bytes: u64, executable: bool) -> Header {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(size_bytes);
    header.set_mode(if executable { 0o755 } else { 0o644 });
    header.set_mtime(CHANGED_AT_SECS);
    header
}
