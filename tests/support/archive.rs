//! Archives as people make them, and as nobody should.
//!
//! Owns: packing a fixture in the ways `tar` does, and entries by hand with names, links and modes that the
//! tar crate itself would refuse to write.

use std::io::Write;

use flate2::write::{DeflateEncoder, GzEncoder};
use flate2::{Compress, Compression, Crc, FlushCompress};
use tar::{EntryType, Header};

use crate::tests_folder;

/// How the entries of an archive are named.
#[derive(Clone, Copy, Debug)]
pub enum Style {
    /// As by `tar czf x.tar.gz -C folder .`: `./a`.
    Dotted,
    /// As by `tar czf x.tar.gz folder`: `folder/a`.
    TopFolder,
    /// As by `tar czf x.tar.gz a b`: `a`.
    Flat,
}

/// A fixture of `fixtures/functions/`, packed as most people do.
pub fn fixture(name: &str) -> Vec<u8> {
    fixture_as(name, Style::Dotted)
}

/// A fixture of `fixtures/functions/`, packed in that style.
pub fn fixture_as(name: &str, style: Style) -> Vec<u8> {
    let folder = tests_folder().join("fixtures/functions").join(name);
    let mut archive = Archive::new();
    let prefix = match style {
        Style::Dotted => "./".to_owned(),
        Style::TopFolder => format!("{name}/"),
        Style::Flat => String::new(),
    };
    if !prefix.is_empty() {
        archive = archive.folder(&prefix);
    }
    let mut entries: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|entry| entry.unwrap())
        .collect();
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name().into_string().unwrap();
        archive = archive.file(&format!("{prefix}{name}"), &std::fs::read(entry.path()).unwrap());
    }
    archive.gzipped()
}

/// An archive of one file.
pub fn one_file(name: &str, content: &str) -> Vec<u8> {
    Archive::new()
        .file(&format!("./{name}"), content.as_bytes())
        .gzipped()
}

/// Gzipped bytes that need not be an archive.
pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// An archive in the making. Every name goes in as it is.
#[allow(missing_debug_implementations)]
pub struct Archive {
    builder: tar::Builder<Vec<u8>>,
}

impl Archive {
    /// An empty one.
    pub fn new() -> Self {
        Self {
            builder: tar::Builder::new(Vec::new()),
        }
    }

    /// Adds a file.
    pub fn file(self, name: &str, content: &[u8]) -> Self {
        self.entry(name, EntryType::Regular, "", 0o755, content)
    }

    /// Adds a file with other permission bits.
    pub fn file_with_mode(self, name: &str, mode: u32, content: &[u8]) -> Self {
        self.entry(name, EntryType::Regular, "", mode, content)
    }

    /// Adds a folder.
    pub fn folder(self, name: &str) -> Self {
        self.entry(name, EntryType::Directory, "", 0o755, b"")
    }

    /// Adds a symbolic link.
    pub fn symlink(self, name: &str, target: &str) -> Self {
        self.entry(name, EntryType::Symlink, target, 0o777, b"")
    }

    /// Adds a hard link.
    pub fn hard_link(self, name: &str, target: &str) -> Self {
        self.entry(name, EntryType::Link, target, 0o644, b"")
    }

    /// Adds a character device.
    pub fn device(self, name: &str) -> Self {
        self.entry(name, EntryType::Char, "", 0o666, b"")
    }

    /// The archive, gzipped.
    pub fn gzipped(self) -> Vec<u8> {
        gzip(&self.builder.into_inner().unwrap())
    }

    fn entry(mut self, name: &str, kind: EntryType, link: &str, mode: u32, content: &[u8]) -> Self {
        let header = header(name, kind, link, mode, content.len() as u64);
        self.builder.append(&header, content).unwrap();
        self
    }
}

impl Default for Archive {
    fn default() -> Self {
        Self::new()
    }
}

fn header(name: &str, kind: EntryType, link: &str, mode: u32, size_bytes: u64) -> Header {
    let mut header = Header::new_gnu();
    // By hand: the crate's own setters refuse `..` and absolute names.
    let raw = header.as_old_mut();
    raw.name[..name.len()].copy_from_slice(name.as_bytes());
    raw.linkname[..link.len()].copy_from_slice(link.as_bytes());
    header.set_entry_type(kind);
    header.set_mode(mode);
    header.set_size(size_bytes);
    header.set_cksum();
    header
}

/// Zeros in one piece of the bomb, before compression.
const PIECE_BYTES: usize = 16 << 20;
/// 640 pieces of 16 MB are 10 GB.
const PIECES: usize = 640;

/// An archive of about 10 MB that holds one file of 10 GB of zeros. Made in a moment: every piece ends in a
/// full flush, so the same compressed bytes can stand in the stream again and again.
pub fn bomb() -> Vec<u8> {
    let size_bytes = (PIECE_BYTES * PIECES) as u64;
    let head = header("./zeros", EntryType::Regular, "", 0o644, size_bytes);
    let zeros = vec![0; PIECE_BYTES];

    // Gzip: magic, deflate, no flags, no time, no extra, unknown system.
    let mut bomb = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut checksum = Crc::new();
    let add = |bomb: &mut Vec<u8>, checksum: &mut Crc, piece: &[u8], times: usize| {
        let compressed = deflated(piece);
        let mut own = Crc::new();
        own.update(piece);
        for _ in 0..times {
            bomb.extend_from_slice(&compressed);
            checksum.combine(&own);
        }
    };
    add(&mut bomb, &mut checksum, head.as_bytes(), 1);
    add(&mut bomb, &mut checksum, &zeros, PIECES);
    // Two blocks of zeros end an archive.
    add(&mut bomb, &mut checksum, &zeros[..1024], 1);
    bomb.extend(
        DeflateEncoder::new(Vec::new(), Compression::fast())
            .finish()
            .unwrap(),
    );
    bomb.extend(checksum.sum().to_le_bytes());
    bomb.extend(checksum.amount().to_le_bytes());
    bomb
}

/// Deflate blocks that stand for themselves: the full flush forgets what came before.
fn deflated(piece: &[u8]) -> Vec<u8> {
    let mut compress = Compress::new(Compression::best(), false);
    let mut compressed = Vec::with_capacity(piece.len() / 500 + 4096);
    compress
        .compress_vec(piece, &mut compressed, FlushCompress::Full)
        .unwrap();
    assert_eq!(
        compress.total_in(),
        piece.len() as u64,
        "the room for the compressed piece is too small"
    );
    compressed
}
