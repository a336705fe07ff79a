//! What stands in the two databases of a server that has ended, however it did.
//!
//! Looked at in a copy: opening a file puts its write-ahead log back into it, and the next start is to find what the
//! last server left.

use std::fs;
use std::path::Path;

use rusqlite::Connection;
use tempfile::TempDir;

const FILES: [&str; 2] = ["drydock.db", "logs.db"];

/// A copy of both databases.
#[derive(Debug)]
pub struct Databases(TempDir);

impl Databases {
    /// A copy of those in a data folder whose server has ended.
    pub fn of(data: &Path) -> Self {
        let copy = TempDir::new().unwrap();
        for file in FILES {
            for name in [file.to_owned(), format!("{file}-wal")] {
                let from = data.join(&name);
                if from.exists() {
                    fs::copy(from, copy.path().join(name)).unwrap();
                }
            }
        }
        Self(copy)
    }

    /// Changes the main database itself of a server that has ended, to make of it what an older one left.
    pub fn change(data: &Path, sql: &str) {
        let connection = Connection::open(data.join("drydock.db")).unwrap();
        connection.execute_batch(sql).unwrap();
    }

    /// Both are whole: every page, every index, every reference.
    pub fn expect_sound(&self) {
        for file in FILES {
            assert_eq!(self.texts(file, "pragma integrity_check"), ["ok"], "{file}");
            let orphans = self.texts(file, "select \"table\" from pragma_foreign_key_check");
            assert!(
                orphans.is_empty(),
                "rows that belong to nothing in {file}: {orphans:?}"
            );
        }
    }

    /// The ids of all executions.
    pub fn executions(&self) -> Vec<String> {
        self.texts("drydock.db", "select id from executions order by id")
    }

    /// The ids of completed executions.
    pub fn completed(&self) -> Vec<String> {
        self.texts(
            "drydock.db",
            "select id from executions where status = 'completed' order by id",
        )
    }

    /// The variables of functions, those of now and older ones, as JSON.
    pub fn variables(&self) -> Vec<String> {
        self.texts("drydock.db", "select vars from variable_sets order by seq")
    }

    /// The ids of executions that have output.
    pub fn outputs(&self) -> Vec<String> {
        self.texts(
            "logs.db",
            "select execution_id from outputs order by execution_id",
        )
    }

    fn texts(&self, file: &str, sql: &str) -> Vec<String> {
        let connection = Connection::open(self.0.path().join(file)).unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.collect::<Result<_, _>>().unwrap()
    }
}
