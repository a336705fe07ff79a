//! Writing an archive into a folder.
//!
//! Owns: the two readings, the modes of what is written, and that nothing stays of an archive that was
//! refused. Must not: write before the whole archive passed, or follow a link: files come first, each as a
//! new file, and links last.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt, symlink};
use std::path::Path;

use drydock_core::{Error, Result};

use super::limits::UnpackLimits;
use super::listing::{self, Kind};
use super::plan::{NewFile, Plan, plan};
use super::reader;

/// What an archive held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unpacked {
    /// Files, folders and links that the archive lists.
    pub entries: u64,
    /// Bytes of all files together.
    pub bytes: u64,
}

/// Unpacks the gzipped tar `archive` into `into`, a folder that does not exist yet and exists afterwards
/// only if all went well. Blocking.
///
/// # Errors
/// `FileTypeNotAllowed` for what is no gzipped tar, `ArchiveRefused` with the entry and the reason,
/// `DiskFull`, `Internal`.
pub fn unpack(archive: &Path, into: &Path, limits: &UnpackLimits) -> Result<Unpacked> {
    let archive = File::open(archive).map_err(failed)?;
    let mut magic = Vec::new();
    Read::take(&archive, 2).read_to_end(&mut magic).map_err(failed)?;
    if magic != [0x1F, 0x8B] {
        return Err(Error::FileTypeNotAllowed(
            ": it is not gzip-compressed; send a .tar.gz archive".to_owned(),
        ));
    }

    let (bytes, meter) = reader::open(&archive, limits).map_err(failed)?;
    let list = listing::read(bytes, &meter, limits, |_, _, _| Ok(()))?;
    let entries = list.iter().filter(|listed| listed.kind != Kind::Metadata).count() as u64;
    if entries == 0 {
        return Err(Error::ArchiveRefused("it is empty".to_owned()));
    }
    let plan = plan(&list, limits)?;
    drop(list);

    DirBuilder::new().mode(0o755).create(into).map_err(failed)?;
    let written = write(&archive, into, &plan, limits);
    if written.is_err()
        && let Err(error) = fs::remove_dir_all(into)
    {
        tracing::warn!(folder = %into.display(), %error, "what was unpacked of a refused archive could not be removed");
    }
    written.map(|bytes| Unpacked { entries, bytes })
}

/// The second reading. Modes are set explicitly: the functions' user is another than ours, and our umask
/// may deny it.
fn write(archive: &File, into: &Path, plan: &Plan, limits: &UnpackLimits) -> Result<u64> {
    fs::set_permissions(into, Permissions::from_mode(0o755)).map_err(failed)?;
    for folder in &plan.folders {
        let folder = into.join(folder);
        fs::create_dir(&folder).map_err(failed)?;
        fs::set_permissions(&folder, Permissions::from_mode(0o755)).map_err(failed)?;
    }
    let mut bytes = 0;
    let (tar, meter) = reader::open(archive, limits).map_err(failed)?;
    listing::read(tar, &meter, limits, |number, _, content| {
        if let Some(Some(file)) = plan.files.get(number) {
            bytes += write_file(into, file, content)?;
        }
        Ok(())
    })?;
    for (target, path) in &plan.hard_links {
        fs::hard_link(into.join(target), into.join(path)).map_err(failed)?;
    }
    for (target, path) in &plan.symlinks {
        symlink(target, into.join(path)).map_err(failed)?;
    }
    Ok(bytes)
}

fn write_file(into: &Path, file: &NewFile, content: &mut dyn Read) -> Result<u64> {
    let mode = if file.executable { 0o755 } else { 0o644 };
    let path = into.join(&file.path);
    let mut new = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(mode)
        .open(path)
        .map_err(failed)?;
    let written = io::copy(content, &mut new).map_err(failed)?;
    new.set_permissions(Permissions::from_mode(mode))
        .map_err(failed)?;
    // The file is ours alone, so the second reading finds what the first one found.
    if written != file.size_bytes {
        return Err(Error::internal("an archive changed while it was being unpacked"));
    }
    Ok(written)
}

fn failed(error: io::Error) -> Error {
    Error::disk(error, "unpacking an archive")
}
