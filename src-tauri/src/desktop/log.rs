//! The server's log, where there is no terminal to print it on: a file in the data folder besides stderr.

use std::fs::File;
use std::io::{self, Write};
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use tracing_subscriber::fmt::MakeWriter;

use crate::app::log_to;
use crate::config::LogFormat;
use crate::data_dir::DataDir;

/// A file that is larger makes room for the next; with the one before it is twice this, some days of a busy server.
const MAX_BYTES: u64 = 5_000_000;

/// Sets up the log.
///
/// # Errors
/// When its folder cannot be made.
pub(super) fn begin(data_dir: &DataDir, format: LogFormat) -> Result<()> {
    let folder = data_dir.log_folder();
    std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
    let pages = Pages(Arc::new(Mutex::new(Page {
        path: folder.join("drydock.log"),
        file: None,
    })));
    // Without colours, since a file is no terminal.
    log_to(pages, false, format, true);
    Ok(())
}

#[derive(Clone)]
struct Pages(Arc<Mutex<Page>>);

struct Page {
    path: PathBuf,
    file: Option<(File, u64)>,
}

impl Page {
    fn write(&mut self, bytes: &[u8]) -> io::Result<()> {
        if self.file.as_ref().is_some_and(|(_, size)| *size >= MAX_BYTES) {
            self.file = None;
        }
        let (file, size) = match &mut self.file {
            Some(open) => open,
            none => none.insert(open(&self.path)?),
        };
        file.write_all(bytes)?;
        *size += bytes.len() as u64;
        Ok(())
    }
}

/// The file to go on with: a full one is set aside, in place of the one before.
fn open(path: &PathBuf) -> io::Result<(File, u64)> {
    let size = std::fs::metadata(path).map_or(0, |metadata| metadata.len());
    let size = if size >= MAX_BYTES {
        std::fs::rename(path, path.with_extension("log.1"))?;
        0
    } else {
        size
    };
    Ok((File::options().append(true).create(true).open(path)?, size))
}

impl<'w> MakeWriter<'w> for Pages {
    type Writer = Self;

    fn make_writer(&'w self) -> Self {
        self.clone()
    }
}

impl Write for Pages {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        // A terminal that is gone or a disk that is full keeps nobody from working.
        let _ = io::stderr().write_all(bytes);
        let mut page = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = page.write(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_full_file_is_set_aside_and_two_are_kept() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("drydock.log");
        let mut page = Page {
            path: path.clone(),
            file: None,
        };
        let line = vec![b'x'; usize::try_from(MAX_BYTES / 2).unwrap()];
        for _ in 0..6 {
            page.write(&line).unwrap();
        }
        let names = std::fs::read_dir(temp.path()).unwrap().count();
        assert_eq!(names, 2);
        assert!(std::fs::metadata(path).unwrap().len() <= MAX_BYTES);
    }
}
