//! The parts of the server, made from the settings and the data folder.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::Result;
use drydock_core::clock::SystemClock;
use drydock_runtime::docker::Door;
use drydock_runtime::{Cgroups, Standing, UnpackLimits};
use drydock_store::{Database, Kind, OpenError, Options};

use crate::config::Settings;
use crate::data_dir::DataDir;
use crate::engine::{DockerLimits, Folders, Jwts, Limits, Parts, Retention};
use crate::secrets::Seal;

/// Readers of the main database: two serve point reads while a third lists.
const MAIN_READERS: usize = 3;
/// Readers of the logs: one person follows one log.
const LOG_READERS: usize = 2;

/// Opens what the data folder holds.
pub(super) fn parts(
    settings: &Settings,
    data_dir: &DataDir,
    launcher: PathBuf,
    standing: Standing,
    cgroups: Option<Arc<Cgroups>>,
    door: Door,
) -> Result<Parts> {
    // Beside each other: making a database waits for the disk a dozen times.
    let (store, logs) = std::thread::scope(|threads| {
        let open_logs = || {
            let readers = LOG_READERS;
            Database::open(&data_dir.logs_db(), Kind::Logs, Options { readers })
        };
        let logs = threads.spawn(open_logs);
        let readers = MAIN_READERS;
        let store = Database::open(&data_dir.main_db(), Kind::Main, Options { readers });
        (store, logs.join())
    });
    let logs = logs.map_err(|_| anyhow::anyhow!("opening logs.db panicked"))?;
    Ok(Parts {
        store: store.map_err(|error| cannot_open(&data_dir.main_db(), error))?,
        logs: logs.map_err(|error| cannot_open(&data_dir.logs_db(), error))?,
        launcher,
        standing,
        cgroups,
        clock: Arc::new(SystemClock),
        seal: Seal::load_or_create(&data_dir.secrets().join("seal.key"))?,
        render: crate::http::render,
        jwts: Jwts::load_or_create(&data_dir.secrets().join("jwt.key"))?,
        folders: Folders {
            code: data_dir.code(),
            staging: data_dir.staging(),
            scratch: data_dir.scratch(),
            standby: data_dir.standby(),
            trash: data_dir.trash(),
            contents: data_dir.contents(),
        },
        limits: Limits {
            max_concurrent: settings.executions.max_concurrent,
            max_concurrent_per_function: settings.executions.max_concurrent_per_function,
            max_waiting: settings.executions.max_waiting,
            max_upload_bytes: settings.upload.max_bytes,
            max_output_bytes: settings.output.max_bytes,
            unpack: UnpackLimits {
                max_entries: settings.archive.max_entries,
                max_unpacked_bytes: settings.archive.max_unpacked_bytes,
                max_ratio: settings.archive.max_ratio,
            },
            run: settings.limits,
            standby: settings.standby.clone(),
            backend: settings.backend,
            docker: DockerLimits {
                max_containers: settings.docker.max_containers,
                cpus: settings.docker.cpus,
                images: settings.images(),
                door,
                mark: data_dir.engines(),
            },
            retention: Retention {
                days: settings.retention.days,
                max_bytes: settings.retention.max_bytes,
            },
            rate_limits: settings.rate_limits,
            console_signup: settings.console_signup,
        },
    })
}

fn cannot_open(path: &Path, error: OpenError) -> anyhow::Error {
    // SQLite has many words for a disk that cannot be written, such as "disk I/O error".
    let hint = match error {
        OpenError::Sqlite(_) | OpenError::Migration(_) => " (a full or read-only disk looks like this too)",
        OpenError::DiskFull | OpenError::Newer { .. } | OpenError::Io(_) => "",
    };
    anyhow::Error::new(error).context(format!("cannot open {}{hint}", path.display()))
}
