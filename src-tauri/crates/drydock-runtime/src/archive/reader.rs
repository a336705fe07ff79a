//! Reading the tar inside a gzip file, within bounds.
//!
//! Owns: counting every unpacked byte and stopping at a limit, and telling a damaged gzip from a damaged
//! tar. Must not: know entries. The tar reader sees an I/O error in both cases; [`Meter`] knows which.

use std::cell::{Cell, RefCell};
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::rc::Rc;

use drydock_core::{Error, Result};
use flate2::read::MultiGzDecoder;

use super::limits::{MAX_METADATA_BYTES, UnpackLimits};

/// What was read so far, shared by the reader and whoever uses it.
pub(super) struct Meter {
    limits: UnpackLimits,
    archive_bytes: u64,
    read_bytes: Cell<u64>,
    /// Until where the metadata of the next entry may reach, while it is being read.
    metadata_end: Cell<u64>,
    /// Why reading stopped, where it was not the tar's fault.
    stopped: RefCell<Option<Stop>>,
}

enum Stop {
    /// A limit, in words.
    Limit(String),
    /// The gzip data are damaged or cut short.
    Damaged,
    /// The disk failed.
    Disk(io::Error),
}

/// The bytes of the tar.
pub(super) struct TarBytes<'a> {
    gzip: MultiGzDecoder<BufReader<&'a File>>,
    meter: Rc<Meter>,
}

/// Starts at the beginning of `archive`.
pub(super) fn open<'a>(
    mut archive: &'a File,
    limits: &UnpackLimits,
) -> io::Result<(TarBytes<'a>, Rc<Meter>)> {
    archive.rewind()?;
    let meter = Rc::new(Meter {
        limits: limits.clone(),
        archive_bytes: archive.metadata()?.len(),
        read_bytes: Cell::new(0),
        metadata_end: Cell::new(u64::MAX),
        stopped: RefCell::new(None),
    });
    let gzip = MultiGzDecoder::new(BufReader::with_capacity(64 * 1024, archive));
    Ok((
        TarBytes {
            gzip,
            meter: Rc::clone(&meter),
        },
        meter,
    ))
}

impl Meter {
    /// Runs `next`, which reads an entry's metadata and nothing else, within the limit for that.
    pub(super) fn reading_metadata<T>(&self, next: impl FnOnce() -> T) -> T {
        self.metadata_end
            .set(self.read_bytes.get().saturating_add(MAX_METADATA_BYTES));
        let read = next();
        self.metadata_end.set(u64::MAX);
        read
    }

    /// What a failed read means; `tar_fault` says it where only the tar can be to blame.
    pub(super) fn explain(&self, tar_fault: impl FnOnce() -> Error) -> Error {
        match self.stopped.borrow_mut().take() {
            Some(Stop::Limit(reason)) => Error::ArchiveRefused(reason),
            Some(Stop::Damaged) => Error::ArchiveRefused("its gzip data are damaged or cut short".to_owned()),
            Some(Stop::Disk(error)) => Error::Internal(error.into()),
            None => tar_fault(),
        }
    }

    /// Refuses when `files_bytes` of files are too many, before they are read.
    pub(super) fn allow(&self, files_bytes: u64) -> Result<(), String> {
        if files_bytes > self.limits.max_unpacked_bytes {
            return Err(self.limits.too_large());
        }
        if files_bytes > self.limits.by_ratio(self.archive_bytes) {
            return Err(self.limits.too_dense());
        }
        Ok(())
    }

    fn count(&self, bytes: usize) -> Result<(), Stop> {
        let read = self.read_bytes.get() + bytes as u64;
        self.read_bytes.set(read);
        if read > self.limits.tar_bytes() {
            Err(Stop::Limit(self.limits.too_large()))
        } else if read > self.limits.by_ratio(self.archive_bytes) {
            Err(Stop::Limit(self.limits.too_dense()))
        } else if read > self.metadata_end.get() {
            Err(Stop::Limit(format!(
                "an entry has more than {MAX_METADATA_BYTES} bytes of names and attributes"
            )))
        } else {
            Ok(())
        }
    }

    fn stop(&self, stop: Stop) -> io::Error {
        *self.stopped.borrow_mut() = Some(stop);
        io::Error::other("reading the archive was stopped")
    }
}

impl Read for TarBytes<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self.gzip.read(buffer) {
            Ok(read) => self
                .meter
                .count(read)
                .map(|()| read)
                .map_err(|stop| self.meter.stop(stop)),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Err(error),
            // What the decoder says of bad data; anything else comes from the file below it.
            Err(error)
                if matches!(
                    error.kind(),
                    io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
                ) =>
            {
                Err(self.meter.stop(Stop::Damaged))
            }
            Err(error) => Err(self.meter.stop(Stop::Disk(error))),
        }
    }
}
