//! The writer: one thread, one read-write connection, closures in order.
//!
//! Closures that wait together share one transaction, a savepoint each, so that many small changes cost
//! one commit; each caller hears of its own result only after that commit. A closure that fails or panics
//! rolls back its own savepoint and nobody else's.

use std::cell::Cell;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread;
use std::time::{Duration, Instant};

use drydock_core::{Error, Result};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::remembered::Commits;
use crate::sql::{self, Meaning, WriteTx};

/// Changes that may wait for the writer. More than a burst of every running execution at once; beyond it
/// callers wait for a place.
const WAITING: usize = 1024;
/// Changes in one commit, and how long a commit may be held open to gather them: bounds what one caller
/// waits for others.
const BATCH: usize = 256;
const BATCH_TIME: Duration = Duration::from_millis(5);

/// Pages of the write-ahead log from which on it is put back into the file, as SQLite does by itself.
const CHECKPOINT_PAGES: i32 = 1000;

thread_local! {
    /// Pages in the write-ahead log after the last commit of this thread.
    static JOURNAL_PAGES: Cell<i32> = const { Cell::new(0) };
}

/// What the writer is asked for.
enum Job {
    /// A change, in a transaction with others.
    Change(Change),
    /// What cannot be within a transaction.
    Alone(Box<dyn FnOnce(&Connection) + Send>),
}

/// Runs one closure; what it returns reports to the caller once the commit's fate is known.
/// Says by the cell whether remembered answers end with it.
type Change = Box<dyn FnOnce(&Connection, &Cell<bool>) -> Report + Send>;
type Report = Box<dyn FnOnce(Result<(), &rusqlite::Error>) + Send>;

#[derive(Debug, Clone)]
pub(crate) struct Writer {
    jobs: mpsc::Sender<Job>,
}

impl Writer {
    pub(crate) fn start(
        connection: Connection,
        commits: Commits,
        name: &str,
    ) -> std::io::Result<(Self, thread::JoinHandle<()>)> {
        let (jobs, waiting) = mpsc::channel(WAITING);
        let thread = thread::Builder::new()
            .name(format!("{name}-writer"))
            .spawn(move || run(&connection, &commits, waiting))?;
        Ok((Self { jobs }, thread))
    }

    pub(crate) async fn write<T, F>(&self, change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce(&WriteTx<'_>) -> Result<T> + Send + 'static,
    {
        let (sender, receiver) = oneshot::channel();
        let job: Change = Box::new(move |connection, matters| {
            let result = in_savepoint(connection, matters, change);
            Box::new(move |commit| {
                // Without a commit its own success is none; a failure of the commit says more than its own.
                let answer = match (result, commit) {
                    (result, Ok(())) => result,
                    (Ok(_) | Err(Error::Internal(_)), Err(error)) => Err(sql::meaning_of(error)),
                    (Err(own), Err(_)) => Err(own),
                };
                // The caller may have gone; the change stands all the same.
                let _ = sender.send(answer);
            })
        });
        self.ask(Job::Change(job)).await?;
        receiver
            .await
            .map_err(|_| Error::internal("the writer ended before it answered"))?
    }

    /// Puts the write-ahead log back into the file, as far as no reader stands in the way, and shortens the file
    /// to what is in it; answers whether that was all of it.
    pub(crate) async fn checkpoint(&self) -> Result<bool> {
        let (sender, receiver) = oneshot::channel();
        let job = Job::Alone(Box::new(move |connection| {
            let _ = sender.send(put_back(connection).meaning());
        }));
        self.ask(job).await?;
        receiver
            .await
            .map_err(|_| Error::internal("the writer ended before it answered"))?
    }

    async fn ask(&self, job: Job) -> Result<()> {
        self.jobs.send(job).await.map_err(|_| Error::ShuttingDown)
    }
}

fn run(connection: &Connection, commits: &Commits, mut waiting: mpsc::Receiver<Job>) {
    // Instead of SQLite's own checkpoint, which is a part of the commit: whoever waits for that need not wait for the
    // disk as well.
    connection.wal_hook(Some(|_, pages| {
        JOURNAL_PAGES.set(pages);
        Ok(())
    }));
    while let Some(job) = waiting.blocking_recv() {
        let first = match job {
            Job::Change(change) => change,
            Job::Alone(work) => {
                work(connection);
                continue;
            }
        };
        let mut alone = None;
        let began = Instant::now();
        if let Err(error) = connection.execute_batch("begin immediate") {
            tracing::error!(%error, "cannot begin a transaction");
            // Outside a transaction `in_savepoint` changes nothing; the caller hears why.
            first(connection, &Cell::new(false))(Err(&error));
            continue;
        }
        let matters = Cell::new(false);
        let mut reports = vec![first(connection, &matters)];
        while reports.len() < BATCH && began.elapsed() < BATCH_TIME {
            match waiting.try_recv() {
                Ok(Job::Change(change)) => reports.push(change(connection, &matters)),
                Ok(Job::Alone(work)) => {
                    alone = Some(work);
                    break;
                }
                Err(_) => break,
            }
        }
        let commit = || connection.execute_batch("commit");
        let commit = if matters.get() {
            commits.count(commit)
        } else {
            commit()
        };
        if let Err(error) = &commit {
            tracing::error!(%error, "commit failed");
            // A failed commit leaves the transaction open; without this the next `begin` would fail too.
            if let Err(error) = connection.execute_batch("rollback") {
                tracing::debug!(%error, "nothing to roll back");
            }
        }
        for report in reports {
            report(commit.as_ref().copied());
        }
        if JOURNAL_PAGES.take() >= CHECKPOINT_PAGES
            && let Err(error) = put_back(connection)
        {
            tracing::warn!(%error, "the write-ahead log could not be put back into the file");
        }
        if let Some(work) = alone {
            work(connection);
        }
    }
}

/// Puts the write-ahead log back into the file as far as that can be done; answers whether that was all of it.
/// Passive: it waits for nobody.
fn put_back(connection: &Connection) -> rusqlite::Result<bool> {
    connection.query_row("pragma wal_checkpoint(passive)", [], |row| {
        Ok(row.get::<_, i64>("log")? == row.get::<_, i64>("checkpointed")?)
    })
}

fn in_savepoint<T>(
    connection: &Connection,
    matters: &Cell<bool>,
    change: impl FnOnce(&WriteTx<'_>) -> Result<T>,
) -> Result<T> {
    if connection.is_autocommit() {
        return Err(Error::internal("no transaction is open"));
    }
    connection.execute_batch("savepoint change").meaning()?;
    let tx = WriteTx::new(connection, matters);
    let result = catch_unwind(AssertUnwindSafe(|| change(&tx)))
        .unwrap_or_else(|_| Err(Error::internal("a change panicked and was rolled back")));
    let end = if result.is_ok() {
        "release change"
    } else {
        "rollback to change; release change"
    };
    // A full disk may have rolled back everything, so that there is no savepoint left: the first error counts.
    let ended = connection.execute_batch(end).meaning();
    result.and_then(|value| ended.map(|()| value))
}
