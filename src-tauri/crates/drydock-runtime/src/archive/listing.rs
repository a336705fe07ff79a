//! The entries of an archive, each checked by itself.
//!
//! Owns: names, kinds, modes and sizes, and refusing what no code archive needs. Must not: compare entries
//! with each other (that is [`super::plan`]) or write.

use std::ffi::OsStr;
use std::io::{self, Read};
use std::os::unix::ffi::OsStrExt;
use std::path::PathBuf;

use drydock_core::{Error, Result};
use tar::{Archive, Entry, EntryType};

use super::limits::{MAX_COMPONENT_BYTES, MAX_DEPTH, MAX_NAME_BYTES, UnpackLimits};
use super::reader::{Meter, TarBytes};

/// A name as the archive has it: relative, without `.` and `..`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Name {
    pub(super) path: PathBuf,
    /// Whether it was written with `./` in front.
    pub(super) dotted: bool,
}

/// One entry, as it is listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) name: Name,
    pub(super) kind: Kind,
}

/// What an entry is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Kind {
    Folder,
    File {
        executable: bool,
        size_bytes: u64,
    },
    Symlink {
        target: PathBuf,
    },
    HardLink {
        target: Name,
    },
    /// About the archive, not in it (a PAX global header, a volume's label).
    Metadata,
}

/// Reads the whole archive and gives its entries in order; `content` gets each entry to read its bytes, or
/// leaves them.
pub(super) fn read(
    bytes: TarBytes<'_>,
    meter: &Meter,
    limits: &UnpackLimits,
    mut content: impl FnMut(usize, &Listed, &mut dyn Read) -> Result<()>,
) -> Result<Vec<Listed>> {
    let mut archive = Archive::new(bytes);
    let mut list: Vec<Listed> = Vec::new();
    let mut files_bytes = 0_u64;
    let mut entries = archive.entries().map_err(|error| Error::Internal(error.into()))?;
    while let Some(entry) = meter.reading_metadata(|| entries.next()) {
        let mut entry = entry.map_err(|error| {
            meter.explain(|| match list.last() {
                None => {
                    Error::FileTypeNotAllowed(": it is gzip-compressed, but holds no tar archive".to_owned())
                }
                Some(before) => {
                    Error::ArchiveRefused(format!("it is damaged after {}: {error}", shown(&before.name)))
                }
            })
        })?;
        if list.len() as u64 >= limits.max_entries {
            return Err(Error::ArchiveRefused(limits.too_many()));
        }
        let listed = check(&mut entry).map_err(|reason| {
            Error::ArchiveRefused(format!("'{}' {reason}", printable(&entry.path_bytes())))
        })?;
        if let Kind::File { size_bytes, .. } = listed.kind {
            files_bytes = files_bytes.saturating_add(size_bytes);
            meter
                .allow(files_bytes)
                .map_err(|reason| Error::ArchiveRefused(format!("with {} {reason}", shown(&listed.name))))?;
        }
        let mut body = Body {
            entry: &mut entry,
            read_bytes: 0,
            failed: false,
        };
        let written = content(list.len(), &listed, &mut body);
        let drained = io::copy(&mut body, &mut io::sink());
        let Body {
            read_bytes, failed, ..
        } = body;
        if failed || drained.is_err() || read_bytes != entry.size() {
            // Also where writing failed: it did because reading did.
            return Err(
                meter.explain(|| Error::ArchiveRefused(format!("it ends inside {}", shown(&listed.name))))
            );
        }
        written?;
        list.push(listed);
    }
    // What follows the tar's end is padding; reading it checks the gzip's sum, and that nothing was cut off.
    io::copy(&mut archive.into_inner(), &mut io::sink())
        .map_err(|error| meter.explain(|| Error::Internal(error.into())))?;
    Ok(list)
}

/// The content of an entry, watched: where the tar ends too early it is only short, without an error.
struct Body<'a, 'b, R: Read> {
    entry: &'a mut Entry<'b, R>,
    read_bytes: u64,
    failed: bool,
}

impl<R: Read> Read for Body<'_, '_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.entry.read(buffer);
        self.read_bytes += *read.as_ref().unwrap_or(&0) as u64;
        self.failed |= read
            .as_ref()
            .is_err_and(|error| error.kind() != io::ErrorKind::Interrupted);
        read
    }
}

fn check(entry: &mut Entry<'_, impl Read>) -> Result<Listed, String> {
    let kind = entry.header().entry_type();
    // A volume label ('V') has a name that is no path.
    if kind == EntryType::XGlobalHeader || kind.as_byte() == b'V' {
        return Ok(Listed {
            name: Name {
                path: PathBuf::new(),
                dotted: false,
            },
            kind: Kind::Metadata,
        });
    }
    let raw = entry.path_bytes().into_owned();
    let name = name(&raw)?;
    let mode = entry
        .header()
        .mode()
        .map_err(|_| "has a mode that is no number")?;
    let size_bytes = entry.size();
    let kind = match kind {
        EntryType::Directory => Kind::Folder,
        // Tars of before 1988 mark a folder only so.
        EntryType::Regular if raw.ends_with(b"/") && size_bytes == 0 => Kind::Folder,
        EntryType::Regular | EntryType::Continuous => {
            if is_sparse(entry)? {
                return Err("is a sparse file: pack it without --sparse".to_owned());
            }
            if name.path.as_os_str().is_empty() || raw.ends_with(b"/") {
                return Err("is a file with the name of a folder".to_owned());
            }
            if mode & 0o6000 != 0 {
                return Err("has the set-user-id or set-group-id bit".to_owned());
            }
            Kind::File {
                executable: mode & 0o111 != 0,
                size_bytes,
            }
        }
        EntryType::Symlink => Kind::Symlink {
            target: symlink_target(entry)?,
        },
        EntryType::Link => {
            let target = entry.link_name_bytes().ok_or("is a link to nothing")?;
            let target =
                self::name(&target).map_err(|reason| format!("is a link to a name that {reason}"))?;
            Kind::HardLink { target }
        }
        EntryType::Char | EntryType::Block => return Err("is a device".to_owned()),
        EntryType::Fifo => return Err("is a named pipe".to_owned()),
        EntryType::GNUSparse => return Err("is a sparse file: pack it without --sparse".to_owned()),
        other => {
            return Err(format!(
                "is of an unknown kind ({:?})",
                char::from(other.as_byte())
            ));
        }
    };
    let linked = matches!(kind, Kind::Symlink { .. } | Kind::HardLink { .. });
    if linked && (size_bytes != 0 || name.path.as_os_str().is_empty()) {
        return Err("is a link with a content or without a name".to_owned());
    }
    Ok(Listed { name, kind })
}

/// PAX writes sparse files as ordinary ones with a map in front.
fn is_sparse(entry: &mut Entry<'_, impl Read>) -> Result<bool, String> {
    let Some(extensions) = entry.pax_extensions().map_err(|error| error.to_string())? else {
        return Ok(false);
    };
    for extension in extensions {
        let extension = extension.map_err(|_| "has a damaged extended header")?;
        if extension.key_bytes().starts_with(b"GNU.sparse.") {
            return Ok(true);
        }
    }
    Ok(false)
}

fn symlink_target(entry: &Entry<'_, impl Read>) -> Result<PathBuf, String> {
    let target = entry
        .link_name_bytes()
        .filter(|target| !target.is_empty())
        .ok_or("is a link to nothing")?;
    if target.contains(&0) || target.len() > MAX_NAME_BYTES {
        return Err(format!(
            "is a link to a name with a NUL or of more than {MAX_NAME_BYTES} bytes"
        ));
    }
    Ok(OsStr::from_bytes(&target).into())
}

/// Checks a name of the archive, whatever it belongs to.
fn name(raw: &[u8]) -> Result<Name, String> {
    if raw.is_empty() {
        return Err("has no name".to_owned());
    }
    if raw.contains(&0) {
        return Err("has a NUL in its name".to_owned());
    }
    if raw.len() > MAX_NAME_BYTES {
        return Err(format!("has a name of more than {MAX_NAME_BYTES} bytes"));
    }
    if raw.starts_with(b"/") {
        return Err("has an absolute path".to_owned());
    }
    let mut path = PathBuf::new();
    let mut depth = 0;
    for component in raw.split(|&byte| byte == b'/') {
        match component {
            b"" | b"." => {}
            b".." => return Err("has '..' in its path".to_owned()),
            long if long.len() > MAX_COMPONENT_BYTES => {
                return Err(format!(
                    "has a name of more than {MAX_COMPONENT_BYTES} bytes between two slashes"
                ));
            }
            _ if depth == MAX_DEPTH => {
                return Err(format!(
                    "lies more than {MAX_DEPTH} folders deep: pack it with fewer folders inside each other"
                ));
            }
            component => {
                depth += 1;
                path.push(OsStr::from_bytes(component));
            }
        }
    }
    Ok(Name {
        path,
        dotted: raw == b"." || raw.starts_with(b"./"),
    })
}

/// An entry's name in a message.
pub(super) fn shown(name: &Name) -> String {
    format!("'{}'", printable(name.path.as_os_str().as_bytes()))
}

/// At most 200 characters, and none that a terminal would obey.
pub(super) fn printable(name: &[u8]) -> String {
    String::from_utf8_lossy(name)
        .chars()
        .take(200)
        .flat_map(char::escape_debug)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_cleaned_or_refused() {
        let clean = |raw: &str| {
            name(raw.as_bytes()).map(|name| (name.path.to_str().unwrap().to_owned(), name.dotted))
        };
        assert_eq!(clean("a//b/./c/"), Ok(("a/b/c".to_owned(), false)));
        assert_eq!(clean("./a"), Ok(("a".to_owned(), true)));
        assert_eq!(clean("."), Ok((String::new(), true)));
        assert_eq!(clean(".hidden"), Ok((".hidden".to_owned(), false)));
        for refused in ["", "/a", "//a", "..", "a/../b", "a/..", "./../a", "a\0b"] {
            assert!(clean(refused).is_err(), "{refused:?}");
        }
        assert!(clean(&"x".repeat(256)).is_err());
        assert!(clean(&"x/".repeat(513)).is_err());
        assert!(clean("..a/b..").is_ok());
        assert!(clean(&"x/".repeat(64)).is_ok());
        assert!(clean(&"x/./".repeat(64)).is_ok());
        assert!(clean(&"x/".repeat(65)).unwrap_err().contains("64 folders deep"));
    }

    #[test]
    fn a_name_is_shown_without_what_a_terminal_would_obey() {
        assert_eq!(printable(b"a\x1b[2Jb"), "a\\u{1b}[2Jb");
        assert_eq!(printable("é".repeat(300).as_bytes()).chars().count(), 200);
    }
}
