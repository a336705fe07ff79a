//! One SQLite file: opened, migrated forward, and shared between one writer and a few readers.
//!
//! Migrations only go forward; a copy of the file is taken before one runs, and a file that a newer
//! Drydock wrote is refused untouched.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::{fmt, thread};

use drydock_core::{Error, Result};
use rusqlite::{Connection, OpenFlags};
use rusqlite_migration::{M, Migrations};
use tokio::sync::{mpsc, oneshot};

use crate::remembered::Commits;
use crate::sql::{Meaning, ReadTx, WriteTx};
use crate::writer::Writer;

/// Reads that may wait for a reader; beyond it callers wait for a place.
const WAITING_READS: usize = 1024;
/// Prepared statements each connection keeps: more than there are in the crate.
const STATEMENTS: usize = 128;
/// How long SQLite waits for a lock, which only a stranger's connection (a backup tool) can hold.
const BUSY_MS: u32 = 5000;
/// What is kept of a write-ahead log's file for the next writes. It is at rest as long as SQLite lets it grow, 1000
/// pages or 4 MB; a large removal makes it longer for once.
const KEPT_JOURNAL_BYTES: i64 = 8_000_000;

/// Which of the two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// What the API shows.
    Main,
    /// Full execution output.
    Logs,
}

impl Kind {
    /// The schema's steps, oldest first; steps are only ever added.
    const fn migrations(self) -> &'static [&'static str] {
        match self {
            Self::Main => &[
                include_str!("../migrations/main/0001_initial.sql"),
                include_str!("../migrations/main/0002_people.sql"),
                include_str!("../migrations/main/0003_record_and_retention.sql"),
                include_str!("../migrations/main/0004_network.sql"),
                include_str!("../migrations/main/0005_links.sql"),
                include_str!("../migrations/main/0006_replay.sql"),
                include_str!("../migrations/main/0007_events.sql"),
                include_str!("../migrations/main/0008_webhooks.sql"),
                include_str!("../migrations/main/0009_activity.sql"),
                include_str!("../migrations/main/0010_made_by.sql"),
                include_str!("../migrations/main/0011_backend.sql"),
                include_str!("../migrations/main/0012_payloads.sql"),
            ],
            Self::Logs => &[include_str!("../migrations/logs/0001_initial.sql")],
        }
    }

    fn steps(self) -> Migrations<'static> {
        self.migrations().iter().map(|sql| M::up(sql)).collect()
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Logs => "logs",
        }
    }
}

/// How a database is opened.
#[derive(Debug, Clone, Copy)]
pub struct Options {
    /// Read-only connections, each with a thread: 2 to 4 are enough for point reads.
    pub readers: usize,
}

/// Why a database cannot be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// A newer Drydock wrote it.
    #[error(
        "{} was written by a newer Drydock (schema {found}, this one knows {known}): update Drydock, or choose \
         another folder with --data-dir", path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema version.
        found: i64,
        /// The newest this program knows.
        known: i64,
    },
    /// No space is left.
    #[error("the disk is full: free some space and try again")]
    DiskFull,
    /// What SQLite says.
    #[error("SQLite: {0}")]
    Sqlite(rusqlite::Error),
    /// What a migration says.
    #[error("migration: {0}")]
    Migration(rusqlite_migration::Error),
    /// What the system says.
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        if is_disk_full(&error) {
            Self::DiskFull
        } else {
            Self::Sqlite(error)
        }
    }
}

impl From<rusqlite_migration::Error> for OpenError {
    fn from(error: rusqlite_migration::Error) -> Self {
        match &error {
            rusqlite_migration::Error::RusqliteError { err, .. } if is_disk_full(err) => Self::DiskFull,
            _ => Self::Migration(error),
        }
    }
}

fn is_disk_full(error: &rusqlite::Error) -> bool {
    error.sqlite_error_code() == Some(rusqlite::ErrorCode::DiskFull)
}

type ReadJob = Box<dyn FnOnce(&Connection) + Send>;

/// The ways to the threads; a clone keeps them open for one call.
#[derive(Clone)]
struct Ways {
    writer: Writer,
    reads: mpsc::Sender<ReadJob>,
}

struct Inner {
    /// Absent once closed.
    ways: Mutex<Option<Ways>>,
    commits: Commits,
    threads: Mutex<Threads>,
}

struct Threads {
    of_writer: Option<thread::JoinHandle<()>>,
    of_readers: Vec<thread::JoinHandle<()>>,
}

fn join(thread: thread::JoinHandle<()>) {
    if thread.join().is_err() {
        tracing::error!("a database thread panicked");
    }
}

/// One SQLite file. Clones share it.
#[derive(Clone)]
pub struct Database {
    inner: Arc<Inner>,
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database").finish_non_exhaustive()
    }
}

impl Database {
    /// Opens or creates the file at `path` and brings its schema up to date. Blocking: for start-up.
    ///
    /// # Errors
    /// `Newer` for a file of a newer version; otherwise what the system or SQLite says.
    pub fn open(path: &Path, kind: Kind, options: Options) -> Result<Self, OpenError> {
        let mut connection = Connection::open(path)?;
        refuse_newer(&connection, path, kind)?;
        configure(&connection)?;
        migrate(&mut connection, path, kind)?;
        let commits = Commits::default();
        let (writer, writer_thread) = Writer::start(connection, commits.clone(), kind.name())?;

        let (reads, waiting) = mpsc::channel::<ReadJob>(WAITING_READS);
        let waiting = Arc::new(Mutex::new(waiting));
        let mut of_readers = Vec::new();
        for number in 0..options.readers.max(1) {
            let connection = Connection::open_with_flags(
                path,
                OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX,
            )?;
            configure_reader(&connection)?;
            let waiting = Arc::clone(&waiting);
            let thread = thread::Builder::new()
                .name(format!("{}-reader-{number}", kind.name()))
                .spawn(move || serve_reads(&connection, &waiting))?;
            of_readers.push(thread);
        }
        Ok(Self {
            inner: Arc::new(Inner {
                ways: Mutex::new(Some(Ways { writer, reads })),
                commits,
                threads: Mutex::new(Threads {
                    of_writer: Some(writer_thread),
                    of_readers,
                }),
            }),
        })
    }

    /// Runs `change` on the writer; its result is known once it is committed.
    ///
    /// # Errors
    /// What `change` answers; `Internal` or `DiskFull` when the commit fails.
    pub async fn write<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&WriteTx<'_>) -> Result<T> + Send + 'static,
    {
        self.ways()?.writer.write(change).await
    }

    /// Runs `query` on a reader, in one consistent view.
    ///
    /// # Errors
    /// What `query` answers.
    pub async fn read<T, F>(&self, query: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&ReadTx<'_>) -> Result<T> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: ReadJob = Box::new(move |connection| {
            let _ = sender.send(in_view(connection, query));
        });
        self.ways()?
            .reads
            .send(job)
            .await
            .map_err(|_| Error::ShuttingDown)?;
        receiver.await.map_err(|_| Error::internal("a query panicked"))?
    }

    /// How often it was committed.
    pub(crate) fn commits(&self) -> &Commits {
        &self.inner.commits
    }

    /// Puts the write-ahead log back into the file and shortens the file to what is in it, as far as that can be
    /// done without waiting for a reader; answers whether that was all of it.
    ///
    /// # Errors
    /// `Internal` or `DiskFull`.
    pub async fn checkpoint(&self) -> Result<bool> {
        self.ways()?.writer.checkpoint().await
    }

    /// Ends the threads after what they hold, so that the file is closed and checkpointed; whoever calls
    /// later is told `ShuttingDown`. Blocking.
    pub fn close(&self) {
        let Some(Ways { writer, reads }) = self.lock_ways().take() else {
            return;
        };
        let Threads {
            of_writer,
            of_readers,
        } = &mut *self.inner.threads.lock().unwrap_or_else(PoisonError::into_inner);
        // Readers first: only a connection that may write can put the log back into the file, as the last one.
        drop(reads);
        of_readers.drain(..).for_each(join);
        drop(writer);
        of_writer.take().into_iter().for_each(join);
    }

    fn ways(&self) -> Result<Ways> {
        self.lock_ways().clone().ok_or(Error::ShuttingDown)
    }

    fn lock_ways(&self) -> MutexGuard<'_, Option<Ways>> {
        self.inner.ways.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn serve_reads(connection: &Connection, waiting: &Mutex<mpsc::Receiver<ReadJob>>) {
    loop {
        let job = waiting
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .blocking_recv();
        let Some(job) = job else { return };
        // A panicking query must not take the reader with it; its caller sees the dropped answer.
        if std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| job(connection))).is_err() {
            tracing::error!("a query panicked");
        }
    }
}

fn in_view<T>(connection: &Connection, query: impl FnOnce(&ReadTx<'_>) -> Result<T>) -> Result<T> {
    // Rolls back on drop, also when the query panics.
    let view = connection.unchecked_transaction().meaning()?;
    let result = query(&ReadTx::new(connection));
    drop(view);
    result
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    // Takes effect on a new file only: lets deleted logs give their space back to the disk.
    connection.pragma_update(None, "auto_vacuum", "incremental")?;
    connection.pragma_update(None, "journal_mode", "wal")?;
    connection.pragma_update(None, "synchronous", "normal")?;
    connection.pragma_update(None, "journal_size_limit", KEPT_JOURNAL_BYTES)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    common(connection)
}

fn configure_reader(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "query_only", true)?;
    common(connection)
}

fn common(connection: &Connection) -> rusqlite::Result<()> {
    connection.pragma_update(None, "busy_timeout", BUSY_MS)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    Ok(())
}

/// Before anything is written to it.
fn refuse_newer(connection: &Connection, path: &Path, kind: Kind) -> Result<(), OpenError> {
    let (found, known) = (version(connection)?, kind.migrations().len() as i64);
    if found > known {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    Ok(())
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.pragma_query_value(None, "user_version", |row| row.get(0))
}

fn migrate(connection: &mut Connection, path: &Path, kind: Kind) -> Result<(), OpenError> {
    let (found, known) = (version(connection)?, kind.migrations().len() as i64);
    if found > 0 && found < known {
        let copy = path.with_extension(format!("db.before-migration-from-{found}"));
        // A copy of an earlier try may be of a half-done state of the disk: make it anew.
        let _ = std::fs::remove_file(&copy);
        connection.execute("vacuum into ?1", [copy.to_string_lossy()])?;
        tracing::info!(copy = %copy.display(), "the database is migrated; a copy was kept");
    }
    kind.steps().to_latest(connection)?;
    Ok(())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn open(path: &Path) -> Result<Database, OpenError> {
        Database::open(path, Kind::Logs, Options { readers: 2 })
    }

    const ADD: &str = "insert into outputs (project_id, function_id, execution_id) values ('p', 'f', ?1)";

    async fn count(database: &Database) -> i64 {
        database
            .read(|tx| tx.first("select count(*) from outputs", [], |row| row.get(0).meaning()))
            .await
            .unwrap()
            .unwrap()
    }

    #[tokio::test]
    async fn a_failing_change_rolls_back_alone() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder.path().join("x.db")).unwrap();
        let good = database.write(|tx| tx.run(ADD, ["a"]));
        let bad = database.write(|tx| {
            tx.run(ADD, ["b"])?;
            Err::<(), _>(Error::FunctionNotFound)
        });
        let panics = database.write(|tx| -> Result<()> {
            tx.run(ADD, ["c"])?;
            panic!("on purpose")
        });
        let (good, bad, panics) = tokio::join!(good, bad, panics);
        assert_eq!(good.unwrap(), 1);
        assert!(matches!(bad, Err(Error::FunctionNotFound)));
        assert!(matches!(panics, Err(Error::Internal(_))));
        assert_eq!(count(&database).await, 1);
    }

    #[tokio::test]
    async fn readers_cannot_write_and_outlive_a_panic() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder.path().join("x.db")).unwrap();
        for _ in 0..4 {
            let refused = database
                .read(|tx| tx.prepare(ADD)?.execute(["a"]).meaning())
                .await;
            assert!(refused.is_err());
            assert!(
                database
                    .read(|_| -> Result<()> { panic!("on purpose") })
                    .await
                    .is_err()
            );
        }
        assert_eq!(count(&database).await, 0);
    }

    #[tokio::test]
    async fn a_change_whose_caller_left_is_committed_all_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder.path().join("x.db")).unwrap();
        let (started, starts) = std::sync::mpsc::channel();
        let (go, gone) = std::sync::mpsc::channel();
        let caller = {
            let database = database.clone();
            tokio::spawn(async move {
                database
                    .write(move |tx| {
                        started.send(()).unwrap();
                        gone.recv().unwrap();
                        tx.run(ADD, ["a"])
                    })
                    .await
            })
        };
        tokio::task::spawn_blocking(move || starts.recv().unwrap())
            .await
            .unwrap();
        caller.abort();
        go.send(()).unwrap();
        database.write(|tx| tx.run(ADD, ["b"])).await.unwrap();
        assert_eq!(count(&database).await, 2);
    }

    #[tokio::test]
    async fn what_was_written_is_there_after_close_and_a_newer_file_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let database = open(&path).unwrap();
        database.write(|tx| tx.run(ADD, ["a"])).await.unwrap();
        let clone = database.clone();
        database.close();
        assert!(!folder.path().join("x.db-wal").exists(), "closing checkpoints");
        assert!(matches!(
            clone.write(|tx| tx.run(ADD, ["b"])).await,
            Err(Error::ShuttingDown)
        ));
        let database = open(&path).unwrap();
        assert_eq!(count(&database).await, 1);
        database.close();

        Connection::open(&path)
            .unwrap()
            .pragma_update(None, "user_version", 99)
            .unwrap();
        let refused = open(&path).unwrap_err();
        assert!(matches!(refused, OpenError::Newer { found: 99, .. }));
        assert!(refused.to_string().contains("newer Drydock"));
    }

    #[tokio::test]
    async fn the_write_ahead_log_goes_back_into_the_file_by_itself() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let database = open(&path).unwrap();
        let fill = "insert into outputs (project_id, function_id, execution_id) values ('p', hex(zeroblob(2000000)), ?1)";
        for name in ["a", "b", "c", "d"] {
            database.write(move |tx| tx.run(fill, [name])).await.unwrap();
        }
        // One more, so that the checkpoint after the one before is over.
        database.write(|tx| tx.run(ADD, ["e"])).await.unwrap();
        let length = std::fs::metadata(&path).unwrap().len();
        assert!(length > 12_000_000, "{length}");
        let journal = std::fs::metadata(folder.path().join("x.db-wal")).unwrap().len();
        assert!(journal < 12_000_000, "{journal}");
    }

    #[test]
    fn the_migrations_are_valid() {
        for kind in [Kind::Main, Kind::Logs] {
            kind.steps().validate().unwrap();
        }
    }
}
