//! How a directory's list is written: what its id is the hash of, and what is kept.
//!
//! For each entry, in the order of the names' bytes: a letter for its kind, the name, and what belongs to the kind.
//! Texts have their length (4 bytes, big endian) before them, numbers are 8 bytes. One list has one way to be written.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::path::PathBuf;

use sha2::{Digest, Sha256};

use super::{Directory, Node, Totals, TreeId};
use crate::content::ContentId;

const FILE: u8 = b'f';
const PROGRAM: u8 = b'x';
const DIRECTORY: u8 = b'd';
const LINK: u8 = b'l';

/// What was kept is no directory's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the list of a directory is damaged")]
pub struct DecodeError;

impl Directory {
    /// The list as it is written, and its id.
    pub fn encode(&self) -> (TreeId, Vec<u8>) {
        let mut bytes = Vec::with_capacity(self.0.len() * 64);
        for (name, node) in &self.0 {
            bytes.push(match node {
                Node::File { content, .. } if content.executable => PROGRAM,
                Node::File { .. } => FILE,
                Node::Directory { .. } => DIRECTORY,
                Node::Link { .. } => LINK,
            });
            text(&mut bytes, name);
            match node {
                Node::File { content, size_bytes } => {
                    bytes.extend(content.hash);
                    bytes.extend(size_bytes.to_be_bytes());
                }
                Node::Directory { tree, totals } => {
                    bytes.extend(tree.0);
                    bytes.extend(totals.files.to_be_bytes());
                    bytes.extend(totals.size_bytes.to_be_bytes());
                }
                Node::Link { target } => text(&mut bytes, target.as_os_str()),
            }
        }
        (TreeId(Sha256::digest(&bytes).into()), bytes)
    }

    /// The list that was written so.
    ///
    /// # Errors
    /// Where nothing is written so.
    pub fn decode(bytes: &[u8]) -> Result<Self, DecodeError> {
        let mut rest = Reader(bytes);
        let mut entries = BTreeMap::new();
        while !rest.0.is_empty() {
            let kind = rest.array::<1>()?[0];
            let name = rest.text()?;
            let node = match kind {
                FILE | PROGRAM => Node::File {
                    content: ContentId {
                        hash: rest.array()?,
                        executable: kind == PROGRAM,
                    },
                    size_bytes: rest.number()?,
                },
                DIRECTORY => Node::Directory {
                    tree: TreeId(rest.array()?),
                    totals: Totals {
                        files: rest.number()?,
                        size_bytes: rest.number()?,
                    },
                },
                LINK => Node::Link {
                    target: PathBuf::from(rest.text()?),
                },
                _ => return Err(DecodeError),
            };
            if !is_name(&name) || entries.last_key_value().is_some_and(|(last, _)| *last >= name) {
                return Err(DecodeError);
            }
            entries.insert(name, node);
        }
        Ok(Self(entries))
    }
}

/// Whether it names something in a directory, and nothing elsewhere.
fn is_name(name: &OsStr) -> bool {
    let mut parts = std::path::Path::new(name).components();
    matches!((parts.next(), parts.next()), (Some(std::path::Component::Normal(part)), None) if part == name)
}

fn text(bytes: &mut Vec<u8>, text: &OsStr) {
    let text = text.as_encoded_bytes();
    bytes.extend((text.len() as u32).to_be_bytes());
    bytes.extend(text);
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u8; N], DecodeError> {
        let (array, rest) = self.0.split_first_chunk::<N>().ok_or(DecodeError)?;
        self.0 = rest;
        Ok(*array)
    }

    fn number(&mut self) -> Result<u64, DecodeError> {
        self.array().map(u64::from_be_bytes)
    }

    fn text(&mut self) -> Result<OsString, DecodeError> {
        let length = u32::from_be_bytes(self.array()?) as usize;
        let (text, rest) = self.0.split_at_checked(length).ok_or(DecodeError)?;
        self.0 = rest;
        os_string(text)
    }
}

#[cfg(unix)]
#[allow(clippy::unnecessary_wraps, reason = "it can fail on other systems")]
fn os_string(bytes: &[u8]) -> Result<OsString, DecodeError> {
    use std::os::unix::ffi::OsStringExt as _;
    Ok(OsString::from_vec(bytes.to_vec()))
}

#[cfg(not(unix))]
fn os_string(bytes: &[u8]) -> Result<OsString, DecodeError> {
    let text = std::str::from_utf8(bytes).map_err(|_| DecodeError)?;
    Ok(text.into())
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may fail by panicking")]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn nodes() -> impl Strategy<Value = Node> {
        let numbers = (any::<u64>(), any::<u64>());
        prop_oneof![
            (any::<[u8; 32]>(), any::<bool>(), any::<u64>()).prop_map(|(hash, executable, size_bytes)| {
                Node::File {
                    content: ContentId { hash, executable },
                    size_bytes,
                }
            }),
            (any::<[u8; 32]>(), numbers).prop_map(|(tree, (files, size_bytes))| Node::Directory {
                tree: TreeId(tree),
                totals: Totals { files, size_bytes },
            }),
            "[a-z./]{1,9}".prop_map(|target| Node::Link {
                target: target.into()
            }),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(entries in prop::collection::btree_map("[^/\0]{1,9}", nodes(), 0..9)) {
            let entries = entries
                .into_iter()
                .map(|(name, node)| (OsString::from(name), node))
                .filter(|(name, _)| is_name(name))
                .collect();
            let directory = Directory(entries);
            let (id, bytes) = directory.encode();
            let read = Directory::decode(&bytes).unwrap();
            prop_assert_eq!(read.encode().0, id);
            prop_assert_eq!(read, directory);
        }

        #[test]
        fn whatever_is_read_it_is_written_the_same_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..99)) {
            if let Ok(directory) = Directory::decode(&bytes) {
                prop_assert_eq!(directory.encode().1, bytes);
            }
        }
    }

    #[test]
    fn names_that_lead_elsewhere_are_refused() {
        for name in ["..", ".", "", "a/b", "/"] {
            let mut bytes = vec![LINK];
            text(&mut bytes, name.as_ref());
            text(&mut bytes, "a".as_ref());
            assert_eq!(Directory::decode(&bytes), Err(DecodeError), "{name}");
        }
    }
}
