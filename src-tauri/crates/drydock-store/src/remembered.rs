//! What queries answered, kept in memory for as long as nothing was committed since.
//!
//! Owns: knowing whether an answer still stands, and how many are kept. Must not: know what the answers mean, or
//! serve one that a read at that moment would not find.
//!
//! Every change goes through the one writer of a database, which counts its commits, all but those that changed
//! executions and events alone. An answer is kept with the count of the moment before it was read and given only while the
//! count is the same, so there is nothing that a use case could forget to invalidate.

use std::collections::HashMap;
use std::fmt;
use std::hash::Hash;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use drydock_core::Result;

use crate::database::Database;
use crate::sql::ReadTx;

/// How often a database was committed with a change that answers may be made of, times two; one more while a commit is under way. In that moment some
/// readers see the change and some do not, so nothing is given and nothing is kept.
#[derive(Debug, Clone, Default)]
pub(crate) struct Commits(Arc<AtomicU64>);

impl Commits {
    /// Runs a commit, of which it may not be known whether it changed something.
    pub(crate) fn count<T>(&self, commit: impl FnOnce() -> T) -> T {
        self.0.fetch_add(1, Ordering::SeqCst);
        let committed = commit();
        self.0.fetch_add(1, Ordering::SeqCst);
        committed
    }

    /// How many there were; `None` while one is under way.
    fn settled(&self) -> Option<u64> {
        let count = self.0.load(Ordering::SeqCst);
        count.is_multiple_of(2).then_some(count)
    }
}

/// Answers of one query by what was asked.
pub struct Remembered<K, V> {
    database: Database,
    most: usize,
    kept: Mutex<Kept<K, V>>,
}

/// All of one count: those of an earlier one are worth nothing.
struct Kept<K, V> {
    as_of: u64,
    answers: HashMap<K, Arc<V>>,
}

impl<K, V> fmt::Debug for Remembered<K, V> {
    /// Keys may be made of secrets.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Remembered").finish_non_exhaustive()
    }
}

impl<K, V> Remembered<K, V>
where
    K: Eq + Hash + Clone + Send + 'static,
    V: Send + Sync + 'static,
{
    /// Remembers nothing yet, and never more than `most` answers: one more, and it begins anew.
    pub fn of(database: &Database, most: usize) -> Self {
        Self {
            database: database.clone(),
            most,
            kept: Mutex::new(Kept {
                as_of: 0,
                answers: HashMap::new(),
            }),
        }
    }

    /// What `query` answers to `asked`, without asking it where that is known; `query` must not look at executions,
    /// whose changes are not counted. Only what was found is kept: what
    /// there is is bounded by what was made, what there is not by nothing.
    ///
    /// # Errors
    /// What `query` answers.
    pub async fn get<F>(&self, asked: K, query: F) -> Result<Option<Arc<V>>>
    where
        F: FnOnce(&ReadTx<'_>, &K) -> Result<Option<V>> + Send + 'static,
    {
        // Before the query's view of the database begins: what is committed in between makes the answer newer
        // than it is said to be, which only means that it is asked for once more.
        let as_of = self.database.commits().settled();
        if let Some(answer) = as_of.and_then(|as_of| self.known(&asked, as_of)) {
            return Ok(Some(answer));
        }
        let key = asked.clone();
        let found = self.database.read(move |tx| query(tx, &key)).await?;
        let answer = found.map(Arc::new);
        if let (Some(as_of), Some(answer)) = (as_of, &answer) {
            self.keep(asked, as_of, Arc::clone(answer));
        }
        Ok(answer)
    }

    fn known(&self, asked: &K, as_of: u64) -> Option<Arc<V>> {
        let kept = self.lock();
        if kept.as_of != as_of {
            return None;
        }
        kept.answers.get(asked).cloned()
    }

    fn keep(&self, asked: K, as_of: u64, answer: Arc<V>) {
        let mut kept = self.lock();
        if as_of < kept.as_of {
            return;
        }
        if as_of > kept.as_of || kept.answers.len() >= self.most {
            kept.answers.clear();
            kept.as_of = as_of;
        }
        kept.answers.insert(asked, answer);
    }

    fn lock(&self) -> MutexGuard<'_, Kept<K, V>> {
        // Nothing panics in between but a broken `Hash`, and then the map is still a map.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::sync::atomic::AtomicUsize;

    use drydock_core::clock::Timestamp;
    use drydock_core::event::Event;
    use drydock_core::event_name::EventName;
    use drydock_core::id::{EventId, ExecutionId, ProjectId};

    use super::*;
    use crate::sql::column;
    use crate::table::{events, executions};
    use crate::{Kind, Options};

    struct Names {
        database: Database,
        remembered: Remembered<&'static str, String>,
        asked: Arc<AtomicUsize>,
        _folder: tempfile::TempDir,
    }

    impl Names {
        fn open(most: usize) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let database =
                Database::open(&folder.path().join("x.db"), Kind::Main, Options { readers: 1 }).unwrap();
            Self {
                remembered: Remembered::of(&database, most),
                database,
                asked: Arc::default(),
                _folder: folder,
            }
        }

        async fn set(&self, name: &'static str, value: &'static str) {
            let sql =
                "insert into meta (name, value) values (?1, ?2) on conflict (name) do update set value = ?2";
            self.database
                .write(move |tx| tx.run(sql, [name, value]))
                .await
                .unwrap();
        }

        async fn get(&self, name: &'static str) -> Option<String> {
            let asked = Arc::clone(&self.asked);
            let found = self.remembered.get(name, move |tx, name| {
                asked.fetch_add(1, Ordering::Relaxed);
                let sql = "select value from meta where name = ?1";
                tx.first(sql, [*name], |row| column(row, "value"))
            });
            found.await.unwrap().map(|value| value.to_string())
        }

        fn asked(&self) -> usize {
            self.asked.load(Ordering::Relaxed)
        }
    }

    #[tokio::test]
    async fn an_answer_is_asked_for_once_until_something_is_committed() {
        let names = Names::open(10);
        names.set("a", "1").await;
        assert_eq!(names.get("a").await.unwrap(), "1");
        assert_eq!(names.get("a").await.unwrap(), "1");
        assert_eq!(names.asked(), 1);

        names.set("a", "2").await;
        assert_eq!(names.get("a").await.unwrap(), "2");
        names.set("b", "of another row").await;
        assert_eq!(names.get("a").await.unwrap(), "2");
        assert_eq!(names.asked(), 3);
    }

    #[tokio::test]
    async fn a_change_of_executions_alone_ends_no_answer_and_any_other_does() {
        let names = Names::open(10);
        names.set("a", "1").await;
        names.get("a").await.unwrap();
        let pin = |tx: &crate::WriteTx<'_>| {
            executions::pin(tx, &ProjectId::trusted("p"), &ExecutionId::trusted("e"), true)
        };
        names.database.write(pin).await.unwrap();
        names.get("a").await.unwrap();
        assert_eq!(names.asked(), 1);

        let statements = [
            "delete from executions where seq = 0",
            "update functions set name = ''",
            "delete from platforms",
            "with e as (select 1) update executions set pinned = 0",
        ];
        for (before, sql) in statements.into_iter().enumerate() {
            names
                .database
                .write(move |tx| {
                    pin(tx)?;
                    // As a query would be asked: what counts is what it does.
                    tx.first(sql, [], |_| Ok(())).map(drop)
                })
                .await
                .unwrap();
            names.get("a").await.unwrap();
            assert_eq!(names.asked(), before + 2, "{sql}");
        }
    }

    #[tokio::test]
    async fn the_events_of_executions_end_no_answer() {
        let names = Names::open(10);
        names
            .database
            .write(|tx| {
                let sql = "insert into projects (id, name, created_at_ms) values ('p', '', 0)";
                tx.run(sql, []).map(drop)
            })
            .await
            .unwrap();
        names.set("a", "1").await;
        names.get("a").await.unwrap();
        let event = Event {
            project: ProjectId::trusted("p"),
            id: EventId::trusted("e"),
            name: EventName::parse("event", "functions.executions.create").unwrap(),
            at: Timestamp(0),
            payload: None,
            execution: Some(ExecutionId::trusted("e")),
            caller: String::new(),
            user: None,
            made_by: None,
            chain: Vec::new(),
            is_handled: false,
            is_by_hand: false,
        };
        let handled = names
            .database
            .write(move |tx| {
                events::insert(tx, &event)?;
                events::handle(tx, &event.project, &event.id)
            })
            .await;
        assert!(handled.unwrap());
        names.get("a").await.unwrap();
        assert_eq!(names.asked(), 1);
    }

    #[tokio::test]
    async fn what_was_not_found_is_not_kept() {
        let names = Names::open(10);
        assert_eq!(names.get("a").await, None);
        assert_eq!(names.get("a").await, None);
        assert_eq!(names.asked(), 2);
    }

    #[tokio::test]
    async fn no_more_is_kept_than_was_said() {
        let names = Names::open(2);
        for name in ["a", "b", "c"] {
            names.set(name, "1").await;
        }
        for name in ["a", "b", "c"] {
            names.get(name).await.unwrap();
            assert!(names.remembered.lock().answers.len() <= 2);
        }
        assert_eq!(names.get("c").await.unwrap(), "1");
        assert_eq!(names.asked(), 3);
    }

    #[tokio::test]
    async fn while_a_commit_is_under_way_nothing_is_given_or_kept() {
        let names = Names::open(10);
        names.set("a", "1").await;
        names.get("a").await.unwrap();
        let commits = names.database.commits().clone();
        let (began, begins) = std::sync::mpsc::channel();
        let (end, ends) = std::sync::mpsc::channel();
        let commit = std::thread::spawn(move || {
            commits.count(|| {
                began.send(()).unwrap();
                ends.recv().unwrap();
            });
        });
        begins.recv().unwrap();
        names.get("a").await.unwrap();
        names.get("a").await.unwrap();
        assert_eq!(names.asked(), 3);
        end.send(()).unwrap();
        commit.join().unwrap();
        names.get("a").await.unwrap();
        names.get("a").await.unwrap();
        assert_eq!(names.asked(), 4);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_was_answered_as_written_is_never_older_when_read() {
        let names = Arc::new(Names::open(10));
        names.set("a", "0").await;
        // Others fill the memory at every moment of a commit.
        let done = Arc::new(std::sync::atomic::AtomicBool::new(false));
        let reader = tokio::spawn({
            let (names, done) = (Arc::clone(&names), Arc::clone(&done));
            async move {
                while !done.load(Ordering::Relaxed) {
                    names.get("a").await.unwrap();
                    tokio::task::yield_now().await;
                }
            }
        });
        for value in ["1", "2", "3", "4", "5"].into_iter().cycle().take(500) {
            names.set("a", value).await;
            assert_eq!(names.get("a").await.unwrap(), value);
        }
        done.store(true, Ordering::Relaxed);
        reader.await.unwrap();
    }
}
