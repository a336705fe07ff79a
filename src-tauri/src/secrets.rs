//! Secrets at rest: sealed with a key that lies in the data folder, readable by its owner alone.
//!
//! An API key's secret can be shown again to the console's owner, so a hash is not enough; sealing keeps it
//! out of copies of the database that are passed around without the rest of the data folder.

use std::fmt;
use std::io;
use std::path::Path;

use anyhow::{Context, anyhow};
use chacha20poly1305::aead::{Aead, KeyInit};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use drydock_core::id::fill_random;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::server_file::write_private;

/// Bytes of the key file.
const KEY_BYTES: usize = 32;
/// Bytes of the random nonce before each sealed secret; 192 bits never repeat.
const NONCE_BYTES: usize = 24;

/// Seals and opens secrets of one data folder.
pub(crate) struct Seal(XChaCha20Poly1305);

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

impl Seal {
    /// Reads the folder's key from `path`, or makes one at first start.
    pub(crate) fn load_or_create(path: &Path) -> anyhow::Result<Self> {
        let key = load_or_create_key(path)?;
        let cipher =
            XChaCha20Poly1305::new_from_slice(&key).map_err(|_| anyhow!("a key of the wrong length"))?;
        Ok(Self(cipher))
    }

    /// Seals a secret.
    pub(crate) fn seal(&self, secret: &str) -> anyhow::Result<Vec<u8>> {
        let mut nonce = [0_u8; NONCE_BYTES];
        fill_random(&mut nonce);
        let sealed = self
            .0
            .encrypt(&XNonce::from(nonce), secret.as_bytes())
            .map_err(|_| anyhow!("cannot seal"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    /// Opens what [`Seal::seal`] made.
    pub(crate) fn open(&self, sealed: &[u8]) -> anyhow::Result<String> {
        let (nonce, sealed) = sealed
            .split_first_chunk::<NONCE_BYTES>()
            .context("a sealed secret is too short")?;
        let secret = self.0.decrypt(&XNonce::from(*nonce), sealed).map_err(|_| {
            anyhow!("a secret cannot be opened: was secrets/ of the data folder replaced or the database copied alone?")
        })?;
        Ok(String::from_utf8(secret)?)
    }
}

/// The random key in `path`, made where there is none.
pub(crate) fn load_or_create_key(path: &Path) -> anyhow::Result<Vec<u8>> {
    match std::fs::read(path) {
        Ok(key) if key.len() == KEY_BYTES => Ok(key),
        Ok(key) => anyhow::bail!(
            "{} holds {} bytes instead of {KEY_BYTES}: restore it from a backup of the data folder",
            path.display(),
            key.len()
        ),
        Err(error) if error.kind() == io::ErrorKind::NotFound => create_key(path),
        Err(error) => Err(error).with_context(|| format!("reading {}", path.display())),
    }
}

fn create_key(path: &Path) -> anyhow::Result<Vec<u8>> {
    let mut key = vec![0_u8; KEY_BYTES];
    fill_random(&mut key);
    // Whole or not at all: a key file cut short would lock every secret for ever.
    write_private(path, &key).with_context(|| format!("writing {}", path.display()))?;
    Ok(key)
}

/// Whether a secret is the one whose hash is stored, in constant time.
pub(crate) fn is(secret: &str, stored_hash: &[u8]) -> bool {
    hash(secret).ct_eq(stored_hash).into()
}

/// SHA-256 of a token or secret: what is stored or looked up in its place.
pub(crate) fn hash(secret: &str) -> [u8; 32] {
    Sha256::digest(secret.as_bytes()).into()
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn a_sealed_secret_opens_with_its_own_folder_s_key_only() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seal.key");
        let sealed = Seal::load_or_create(&path).unwrap().seal("secret").unwrap();
        assert!(!sealed.windows(6).any(|window| window == b"secret"));
        assert_eq!(
            Seal::load_or_create(&path).unwrap().open(&sealed).unwrap(),
            "secret"
        );
        let other = Seal::load_or_create(&folder.path().join("other.key")).unwrap();
        assert!(other.open(&sealed).is_err());
        assert!(other.open(b"short").is_err());
    }

    #[test]
    #[cfg(unix)]
    fn the_key_file_is_for_its_owner_alone() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("seal.key");
        Seal::load_or_create(&path).unwrap();
        assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    }
}
