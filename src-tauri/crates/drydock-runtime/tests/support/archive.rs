//! Tars that hold whatever they are told, and a place to unpack them in.
#![allow(dead_code, unreachable_pub, reason = "each test binary uses its own part")]
#![allow(
    clippy::missing_panics_doc,
    clippy::unwrap_used,
    reason = "a test may fail by panicking"
)]
#![allow(missing_docs, reason = "what is not said by its name is said here")]

use std::fs;
use std::io::Write;
use std::path::PathBuf;

use drydock_core::Error;
use drydock_runtime::{UnpackLimits, Unpacked, unpack};
use flate2::Compression;
use flate2::write::GzEncoder;
use tar::{EntryType, Header};

/// A tar in the making, which holds whatever it is told, also what tar programs refuse to write.
#[derive(Default)]
pub struct Tar(pub Vec<u8>);

impl Tar {
    pub fn entry(mut self, kind: EntryType, name: &[u8], link: &[u8], mode: u32, content: &[u8]) -> Self {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_mode(mode);
        header.set_size(content.len() as u64);
        header.as_old_mut().name[..name.len()].copy_from_slice(name);
        header.as_old_mut().linkname[..link.len()].copy_from_slice(link);
        header.set_cksum();
        self.0.extend_from_slice(header.as_bytes());
        self.0.extend_from_slice(content);
        self.0.resize(self.0.len().next_multiple_of(512), 0);
        self
    }

    pub fn file(self, name: &str, content: &str) -> Self {
        self.entry(
            EntryType::Regular,
            name.as_bytes(),
            b"",
            0o644,
            content.as_bytes(),
        )
    }

    pub fn folder(self, name: &str) -> Self {
        self.entry(EntryType::Directory, name.as_bytes(), b"", 0o755, b"")
    }

    pub fn symlink(self, name: &str, target: &str) -> Self {
        self.entry(EntryType::Symlink, name.as_bytes(), target.as_bytes(), 0o777, b"")
    }

    pub fn hard_link(self, name: &str, target: &str) -> Self {
        self.entry(EntryType::Link, name.as_bytes(), target.as_bytes(), 0o644, b"")
    }

    /// A PAX header for what comes next.
    pub fn pax(self, key: &str, value: &str) -> Self {
        let rest = format!(" {key}={value}\n");
        let length = (1..10_000)
            .find(|length: &usize| length.to_string().len() + rest.len() == *length)
            .unwrap();
        self.entry(
            EntryType::XHeader,
            b"pax",
            b"",
            0o644,
            format!("{length}{rest}").as_bytes(),
        )
    }

    pub fn gz(mut self) -> Vec<u8> {
        self.0.resize(self.0.len() + 1024, 0);
        gzip(&self.0)
    }
}

pub fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}

/// A folder to unpack in, with something beside it that must stay as it is.
pub struct Place(pub tempfile::TempDir);

impl Place {
    pub fn new() -> Self {
        let place = Self(tempfile::tempdir().unwrap());
        fs::write(place.0.path().join("beside"), "untouched").unwrap();
        place
    }

    pub fn code(&self) -> PathBuf {
        self.0.path().join("code")
    }

    pub fn unpack(&self, archive: &[u8]) -> drydock_core::Result<Unpacked> {
        self.unpack_within(archive, &UnpackLimits::default())
    }

    pub fn unpack_within(&self, archive: &[u8], limits: &UnpackLimits) -> drydock_core::Result<Unpacked> {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs::write(file.path(), archive).unwrap();
        unpack(file.path(), &self.code(), limits)
    }

    /// The reason of a refusal, after which nothing may be there.
    pub fn refusal(&self, archive: &[u8]) -> String {
        let error = self.unpack(archive).unwrap_err();
        assert!(
            matches!(error, Error::ArchiveRefused(_) | Error::FileTypeNotAllowed(_)),
            "{error:?}"
        );
        assert_eq!(self.names(), ["beside"]);
        error.to_string()
    }

    pub fn names(&self) -> Vec<String> {
        let mut names: Vec<_> = fs::read_dir(self.0.path())
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        names.sort();
        names
    }

    pub fn read(&self, name: &str) -> String {
        fs::read_to_string(self.code().join(name)).unwrap()
    }
}
