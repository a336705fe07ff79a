//! The data folder: one type owns every path in it, its permissions and its lock.
//!
//! The folder holds secrets and the code of functions, so it is its owner's alone (0700). Must not: know
//! what stands in any of the files.

use std::fs::{File, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// The variable that names the data folder.
const VARIABLE: &str = "DRYDOCK_DATA_DIR";

/// A client that asks whether a server runs holds the lock for some microseconds. A server that starts in
/// that moment asks again, this often and this far apart, before it believes in another server.
const LOCK_ATTEMPTS: u32 = 20;
const LOCK_PAUSE: Duration = Duration::from_millis(5);

/// A data folder, by its absolute path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DataDir {
    path: PathBuf,
}

/// Keeps other servers off the folder for as long as it lives.
#[derive(Debug)]
pub(crate) struct DataDirLock {
    _file: File,
}

/// Why the folder's lock cannot be had.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LockError {
    /// Another server has it.
    #[error(transparent)]
    Held(#[from] LockedBy),
    /// The lock file cannot be used.
    #[error("the lock file {} cannot be used: {error}", path.display())]
    Unusable { path: PathBuf, error: io::Error },
}

/// Another server has the folder.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "the data folder {} is in use by {}. Stop it, or name another folder with --data-dir",
    folder.display(),
    pid.map_or_else(|| "another server".to_owned(), |pid| format!("the server with pid {pid}"))
)]
pub(crate) struct LockedBy {
    /// Its process, where the lock file tells.
    pub(crate) pid: Option<u32>,
    /// The folder.
    pub(crate) folder: PathBuf,
}

impl DataDir {
    /// The folder that `flag` names, else DRYDOCK_DATA_DIR, else the platform's.
    ///
    /// # Errors
    /// When there is no home folder to have a default in.
    pub(crate) fn resolve(flag: Option<PathBuf>) -> Result<Self> {
        let variable = std::env::var_os(VARIABLE).map(PathBuf::from);
        Self::choose(flag, variable, || {
            use etcetera::BaseStrategy as _;
            let platform = etcetera::base_strategy::choose_native_strategy().context(
                "there is no home folder to keep data in: name a folder with --data-dir or DRYDOCK_DATA_DIR",
            )?;
            Ok(platform.data_dir().join("drydock"))
        })
    }

    fn choose(
        flag: Option<PathBuf>,
        variable: Option<PathBuf>,
        platform: impl FnOnce() -> Result<PathBuf>,
    ) -> Result<Self> {
        let named = flag.or_else(|| variable.filter(|path| !path.as_os_str().is_empty()));
        let path = named.map_or_else(platform, Ok)?;
        // Absolute, because a function's process has another working folder.
        let path = std::path::absolute(&path)
            .with_context(|| format!("the data folder '{}' is not a usable path", path.display()))?;
        Ok(Self { path })
    }

    /// Makes the folder and those in it, and closes them to other users.
    ///
    /// # Errors
    /// When it cannot be made, belongs to somebody else, or is open to others and not evidently ours to close.
    pub(crate) fn create(&self) -> Result<()> {
        let shown = self.path.display();
        if let Some(parent) = self.path.parent() {
            std::fs::create_dir_all(parent)
                .with_context(|| format!("{} cannot be made", parent.display()))?;
        }
        make_private_dir(&self.path).with_context(|| format!("the data folder {shown} cannot be made"))?;
        self.check_permissions(true)?;
        for folder in [
            self.code(),
            self.staging(),
            self.scratch(),
            self.trash(),
            self.contents(),
            self.secrets(),
        ] {
            make_private_dir(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        }
        Ok(())
    }

    /// Whether the folder is its owner's alone; with `repair` it is made so where that is safe.
    ///
    /// # Errors
    /// What is wrong, with the mend.
    #[cfg(unix)]
    pub(crate) fn check_permissions(&self, repair: bool) -> Result<()> {
        use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
        let shown = self.path.display();
        let metadata = std::fs::metadata(&self.path).with_context(|| format!("{shown} cannot be read"))?;
        if !metadata.is_dir() {
            bail!("the data folder {shown} is not a folder: name another with --data-dir");
        }
        let me = nix::unistd::geteuid().as_raw();
        if metadata.uid() != me {
            bail!(
                "the data folder {shown} belongs to user {}, not to you ({me}): name another with --data-dir",
                metadata.uid()
            );
        }
        let mode = metadata.mode() & 0o777;
        let others_may = mode & 0o077;
        if others_may == 0 {
            return Ok(());
        }
        // A folder of somebody's other things (a home, /tmp) must not be closed by a slip of the pen.
        if !repair || !self.looks_ours() {
            bail!(
                "the data folder {shown} is open to other users (mode {mode:03o}) and will hold secrets: \
                 run `chmod 700 {shown}`, or name a folder of its own with --data-dir"
            );
        }
        std::fs::set_permissions(&self.path, std::fs::Permissions::from_mode(0o700))
            .with_context(|| format!("the data folder {shown} is open to others and cannot be closed"))
    }

    /// Whether the folder is its owner's alone. Elsewhere than on Unix the user's profile folder sees to it.
    #[cfg(not(unix))]
    pub(crate) fn check_permissions(&self, _repair: bool) -> Result<()> {
        if !self.path.is_dir() {
            bail!(
                "the data folder {} is not a folder: name another with --data-dir",
                self.path.display()
            );
        }
        Ok(())
    }

    /// Whether the folder is empty or has what a Drydock folder has.
    #[cfg(unix)]
    fn looks_ours(&self) -> bool {
        if self.main_db().exists() || self.lock_file().exists() {
            return true;
        }
        let config = self.config_file();
        std::fs::read_dir(&self.path).is_ok_and(|entries| {
            entries
                .into_iter()
                .all(|entry| entry.is_ok_and(|e| e.path() == config))
        })
    }

    /// Takes the folder for this process.
    ///
    /// # Errors
    /// `Held` when another server has it.
    pub(crate) fn lock(&self) -> Result<DataDirLock, LockError> {
        self.lock_by(self.lock_file())
    }

    /// Takes the folder's window for this process: there is one of each folder.
    ///
    /// # Errors
    /// `Held` when another process has it.
    #[cfg(feature = "desktop")]
    pub(crate) fn lock_window(&self) -> Result<DataDirLock, LockError> {
        self.lock_by(self.path.join("window.lock"))
    }

    fn lock_by(&self, path: PathBuf) -> Result<DataDirLock, LockError> {
        let unusable = |error| LockError::Unusable {
            path: path.clone(),
            error,
        };
        let mut options = File::options();
        options.read(true).write(true).create(true).truncate(false);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(unusable)?;

        let mut attempt = 1;
        while let Err(error) = file.try_lock() {
            match error {
                TryLockError::Error(error) => return Err(unusable(error)),
                TryLockError::WouldBlock if attempt == LOCK_ATTEMPTS => {
                    return Err(LockedBy {
                        pid: read_pid(&mut file),
                        folder: self.path.clone(),
                    }
                    .into());
                }
                TryLockError::WouldBlock => std::thread::sleep(LOCK_PAUSE),
            }
            attempt += 1;
        }
        file.set_len(0).map_err(unusable)?;
        file.rewind().map_err(unusable)?;
        writeln!(file, "{}", std::process::id()).map_err(unusable)?;
        Ok(DataDirLock { _file: file })
    }

    /// The server that has the folder, if one has; the lock is held only to ask.
    pub(crate) fn locked_by(&self) -> Option<LockedBy> {
        let mut file = File::open(self.lock_file()).ok()?;
        match file.try_lock_shared() {
            Err(TryLockError::WouldBlock) => Some(LockedBy {
                pid: read_pid(&mut file),
                folder: self.path.clone(),
            }),
            Ok(()) | Err(TryLockError::Error(_)) => None,
        }
    }

    /// Whether a server has the folder.
    pub(crate) fn is_locked(&self) -> bool {
        self.locked_by().is_some()
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The database of everything but output.
    pub(crate) fn main_db(&self) -> PathBuf {
        self.path.join("drydock.db")
    }

    /// The database of executions' output.
    pub(crate) fn logs_db(&self) -> PathBuf {
        self.path.join("logs.db")
    }

    /// The unpacked code and the archives of tags.
    pub(crate) fn code(&self) -> PathBuf {
        self.path.join("code")
    }

    /// The contents of linked folders, each once.
    pub(crate) fn contents(&self) -> PathBuf {
        self.path.join("contents")
    }

    /// Uploads that are not complete yet.
    pub(crate) fn staging(&self) -> PathBuf {
        self.path.join("staging")
    }

    /// The temporary folders of running executions.
    pub(crate) fn scratch(&self) -> PathBuf {
        self.path.join("scratch")
    }

    /// What has interpreters stand by.
    pub(crate) fn standby(&self) -> PathBuf {
        self.path.join("standby")
    }

    /// What is to be deleted when there is time.
    pub(crate) fn trash(&self) -> PathBuf {
        self.path.join("trash")
    }

    /// The container engines that may have something of this folder.
    pub(crate) fn engines(&self) -> PathBuf {
        self.path.join("engines")
    }

    /// Keys that protect what the databases hold.
    pub(crate) fn secrets(&self) -> PathBuf {
        self.path.join("secrets")
    }

    /// What the window remembers: its size, and what it is to tell.
    #[cfg(feature = "desktop")]
    pub(crate) fn window_file(&self) -> PathBuf {
        self.path.join("window.json")
    }

    /// What the page in the window remembers: WebKit's cookies and storage.
    #[cfg(feature = "desktop")]
    pub(crate) fn window_folder(&self) -> PathBuf {
        self.path.join("window")
    }

    /// The log of a server that has no terminal.
    #[cfg(feature = "desktop")]
    pub(crate) fn log_folder(&self) -> PathBuf {
        self.path.join("log")
    }

    /// The settings.
    pub(crate) fn config_file(&self) -> PathBuf {
        self.path.join("config.toml")
    }

    /// The file whose lock says that a server has the folder.
    pub(crate) fn lock_file(&self) -> PathBuf {
        self.path.join("lock")
    }

    /// How to reach the running server.
    pub(crate) fn server_file(&self) -> PathBuf {
        self.path.join("server.json")
    }
}

fn make_private_dir(path: &Path) -> io::Result<()> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    match builder.create(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists && path.is_dir() => Ok(()),
        result => result,
    }
}

fn read_pid(file: &mut File) -> Option<u32> {
    let mut text = String::new();
    // A pid has at most 10 digits; what is longer is none.
    file.rewind().ok()?;
    file.take(16).read_to_string(&mut text).ok()?;
    text.trim().parse().ok()
}

#[cfg(test)]
mod tests;
