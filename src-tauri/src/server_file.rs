//! `server.json`: how other commands of the same user reach the running server.
//!
//! It holds a token that may do everything, so only its owner may read it (0600). It means something only
//! while the data folder is locked: a server that was killed leaves it behind.

use std::io::{self, Write};
use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use crate::data_dir::DataDir;

/// What a running server says about itself.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ServerFile {
    /// Base of the Appwrite API, such as `http://127.0.0.1:4747/v1`.
    pub(crate) endpoint: String,
    /// Base of the console, such as `http://127.0.0.1:4747`.
    pub(crate) console: String,
    /// The server's process.
    pub(crate) pid: u32,
    /// The server's version.
    pub(crate) version: String,
    /// Goes with each call as `X-Drydock-Admin`.
    pub(crate) admin_token: String,
}

impl std::fmt::Debug for ServerFile {
    // Without the token, so that no log gets it.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ServerFile")
            .field("endpoint", &self.endpoint)
            .field("pid", &self.pid)
            .field("version", &self.version)
            .finish_non_exhaustive()
    }
}

impl ServerFile {
    /// Writes the file of `data_dir` in one step.
    ///
    /// # Errors
    /// When the folder cannot be written to.
    pub(crate) fn write(&self, data_dir: &DataDir) -> Result<()> {
        let path = data_dir.server_file();
        let bytes = serde_json::to_vec_pretty(self)?;
        remove_half_written(data_dir);
        write_private(&path, &bytes).with_context(|| format!("{} cannot be written", path.display()))
    }

    /// The file of the server that runs on `data_dir`; `None` when none runs or it does not listen yet.
    ///
    /// # Errors
    /// When the file is there and cannot be understood.
    pub(crate) fn of_running_server(data_dir: &DataDir) -> Result<Option<Self>> {
        let path = data_dir.server_file();
        let bytes = match std::fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(error).with_context(|| format!("{} cannot be read", path.display())),
        };
        // A file without a lock was left by a server that was killed.
        if !data_dir.is_locked() {
            return Ok(None);
        }
        let file = serde_json::from_slice(&bytes).with_context(|| {
            format!(
                "{} is not what a server of this version writes: restart the server",
                path.display()
            )
        })?;
        Ok(Some(file))
    }

    /// Takes the file away when the server stops; one that is gone already is no error.
    ///
    /// # Errors
    /// When it cannot be deleted.
    pub(crate) fn remove(data_dir: &DataDir) -> io::Result<()> {
        match std::fs::remove_file(data_dir.server_file()) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            result => result,
        }
    }
}

/// Removes what servers left that were killed while they wrote the file.
fn remove_half_written(data_dir: &DataDir) {
    let Ok(entries) = std::fs::read_dir(data_dir.path()) else {
        return;
    };
    for entry in entries.flatten() {
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if name.starts_with("server.json.") && name.ends_with(".tmp") {
            // One that stays is in nobody's way, and its token opens nothing.
            let _ = std::fs::remove_file(entry.path());
        }
    }
}

/// Writes a file that only its owner may read (0600), so that it appears whole or not at all.
///
/// # Errors
/// What the file system says.
pub(crate) fn write_private(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    // Left by a process of the same pid that died; `create_new` below then makes ours with our mode.
    let _ = std::fs::remove_file(&temporary);
    let mut options = std::fs::File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let written = options
        .open(&temporary)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn running(data_dir: &DataDir) -> ServerFile {
        data_dir.create().unwrap();
        let file = ServerFile {
            endpoint: "http://127.0.0.1:4747/v1".into(),
            console: "http://127.0.0.1:4747".into(),
            pid: 7,
            version: "0.1.0".into(),
            admin_token: "secret".into(),
        };
        file.write(data_dir).unwrap();
        file
    }

    fn in_temp() -> (tempfile::TempDir, DataDir) {
        let temp = tempfile::tempdir().unwrap();
        let data_dir = DataDir::resolve(Some(temp.path().join("data"))).unwrap();
        (temp, data_dir)
    }

    #[test]
    fn the_file_counts_only_while_the_folder_is_locked() {
        let (_temp, data_dir) = in_temp();
        let file = running(&data_dir);
        assert_eq!(ServerFile::of_running_server(&data_dir).unwrap(), None);
        let lock = data_dir.lock().unwrap();
        assert_eq!(ServerFile::of_running_server(&data_dir).unwrap(), Some(file));
        drop(lock);
        assert_eq!(ServerFile::of_running_server(&data_dir).unwrap(), None);
    }

    #[cfg(unix)]
    #[test]
    fn only_the_owner_reads_it_and_nothing_else_is_left_beside_it() {
        use std::os::unix::fs::PermissionsExt as _;
        let (_temp, data_dir) = in_temp();
        data_dir.create().unwrap();
        std::fs::write(data_dir.path().join("server.json.1.tmp"), "half").unwrap();
        running(&data_dir);
        let metadata = std::fs::metadata(data_dir.server_file()).unwrap();
        assert_eq!(metadata.permissions().mode() & 0o777, 0o600);
        let strays = std::fs::read_dir(data_dir.path()).unwrap().flatten();
        assert_eq!(
            strays
                .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()))
                .count(),
            1
        );
        ServerFile::remove(&data_dir).unwrap();
        ServerFile::remove(&data_dir).unwrap();
    }

    #[test]
    fn a_file_of_another_make_is_an_error_with_its_mend() {
        let (_temp, data_dir) = in_temp();
        running(&data_dir);
        std::fs::write(data_dir.server_file(), "{}").unwrap();
        let _lock = data_dir.lock().unwrap();
        let message = ServerFile::of_running_server(&data_dir).unwrap_err().to_string();
        assert!(message.contains("restart the server"), "{message}");
    }

    #[test]
    fn the_token_is_not_in_the_debug_text() {
        let (_temp, data_dir) = in_temp();
        assert!(!format!("{:?}", running(&data_dir)).contains("secret"));
    }
}
