//! The transaction handles that table functions take, and how SQLite's errors become meanings.
//!
//! A [`WriteTx`] can do what a [`ReadTx`] can, so that a use case reads its own writes.

use std::cell::Cell;
use std::ops::Deref;

use drydock_core::{Error, Result};
use rusqlite::{CachedStatement, Connection, ErrorCode, Params, Row};
use serde_json::Value;

/// A consistent view of the database.
#[derive(Debug)]
pub struct ReadTx<'c> {
    connection: &'c Connection,
    /// Set once something was changed that [`crate::Remembered`] answers may be made of; absent where nothing can be.
    matters: Option<&'c Cell<bool>>,
}

/// Statements that change nothing but executions, their events and the deliveries of those, of which no remembered answer
/// is made: a server that executes all the time would remember nothing. Everything else counts, also what a table does by
/// itself.
const OF_EXECUTIONS: [&str; 6] = [
    "insert into executions (",
    "update executions set ",
    "insert into events (",
    "update events set ",
    "insert into deliveries (",
    "update deliveries set ",
];

/// A view of the database that can change it. Commits when the closure that holds it answers `Ok`.
#[derive(Debug)]
pub struct WriteTx<'c> {
    read: ReadTx<'c>,
}

impl<'c> ReadTx<'c> {
    pub(crate) const fn new(connection: &'c Connection) -> Self {
        Self {
            connection,
            matters: None,
        }
    }

    /// The only way to a statement, so that none changes something unseen.
    pub(crate) fn prepare(&self, sql: &str) -> Result<CachedStatement<'c>> {
        let statement = self.connection.prepare_cached(sql).meaning()?;
        if let Some(matters) = self.matters
            && !statement.readonly()
            && !OF_EXECUTIONS.iter().any(|begin| sql.starts_with(begin))
        {
            matters.set(true);
        }
        Ok(statement)
    }

    /// All rows of a query.
    pub(crate) fn all<T>(
        &self,
        sql: &str,
        params: impl Params,
        mut read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Vec<T>> {
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query(params).meaning()?;
        let mut found = Vec::new();
        while let Some(row) = rows.next().meaning()? {
            found.push(read(row)?);
        }
        Ok(found)
    }

    /// The first row of a query, if there is one.
    pub(crate) fn first<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> Result<T>,
    ) -> Result<Option<T>> {
        let mut statement = self.prepare(sql)?;
        let mut rows = statement.query(params).meaning()?;
        rows.next().meaning()?.map(read).transpose()
    }
}

impl<'c> WriteTx<'c> {
    pub(crate) const fn new(connection: &'c Connection, matters: &'c Cell<bool>) -> Self {
        Self {
            read: ReadTx {
                connection,
                matters: Some(matters),
            },
        }
    }

    /// Runs a statement and says how many rows it changed.
    pub(crate) fn run(&self, sql: &str, params: impl Params) -> Result<usize> {
        self.prepare(sql)?.execute(params).meaning()
    }

    /// The number of the row that was inserted last.
    pub(crate) fn newest(&self) -> i64 {
        self.read.connection.last_insert_rowid()
    }

    /// Inserts a row, whose place in the natural order is returned; `what` is named if its id is in use.
    pub(crate) fn insert(&self, what: &'static str, sql: &str, params: impl Params) -> Result<i64> {
        match self.prepare(sql)?.execute(params) {
            Ok(_) => Ok(self.read.connection.last_insert_rowid()),
            Err(error) if is_unique_violation(&error) => Err(Error::AlreadyExists { what }),
            // What it would belong to was deleted meanwhile: functions, teams and users are looked up in the same
            // transaction, so it is the project.
            Err(error) if is_orphan(&error) => Err(Error::ProjectNotFound),
            Err(error) => Err(error).meaning(),
        }
    }
}

impl<'c> Deref for WriteTx<'c> {
    type Target = ReadTx<'c>;

    fn deref(&self) -> &ReadTx<'c> {
        &self.read
    }
}

fn is_unique_violation(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::{SQLITE_CONSTRAINT_PRIMARYKEY, SQLITE_CONSTRAINT_UNIQUE};
    error.sqlite_error().is_some_and(|inner| {
        matches!(
            inner.extended_code,
            SQLITE_CONSTRAINT_UNIQUE | SQLITE_CONSTRAINT_PRIMARYKEY
        )
    })
}

fn is_orphan(error: &rusqlite::Error) -> bool {
    use rusqlite::ffi::SQLITE_CONSTRAINT_FOREIGNKEY;
    error
        .sqlite_error()
        .is_some_and(|inner| inner.extended_code == SQLITE_CONSTRAINT_FOREIGNKEY)
}

/// Turns SQLite's results into ours.
pub(crate) trait Meaning<T> {
    fn meaning(self) -> Result<T>;
}

impl<T> Meaning<T> for rusqlite::Result<T> {
    fn meaning(self) -> Result<T> {
        self.map_err(|error| meaning_of(&error))
    }
}

/// What an error of SQLite means to a caller.
pub(crate) fn meaning_of(error: &rusqlite::Error) -> Error {
    match error.sqlite_error_code() {
        Some(ErrorCode::DiskFull) => Error::DiskFull,
        _ => Error::internal(format!("SQLite: {error}")),
    }
}

/// Reads a column.
pub(crate) fn column<T: rusqlite::types::FromSql>(row: &Row<'_>, name: &str) -> Result<T> {
    row.get(name).meaning()
}

/// Reads a column that holds JSON of our own making.
pub(crate) fn json<T: for<'de> serde::Deserialize<'de>>(row: &Row<'_>, name: &str) -> Result<T> {
    let text = row
        .get_ref(name)
        .meaning()?
        .as_str()
        .map_err(|error| Error::internal(error.to_string()))?;
    serde_json::from_str(text).map_err(|error| Error::internal(format!("column {name}: {error}")))
}

/// Writes a value into a JSON column.
pub(crate) fn to_json(value: &impl serde::Serialize) -> Result<String> {
    serde_json::to_string(value).map_err(|error| Error::internal(error.to_string()))
}

/// Writes one of an enum's names into a column; [`name`] reads it.
pub(crate) fn to_name(value: &impl serde::Serialize) -> Result<String> {
    match serde_json::to_value(value) {
        Ok(Value::String(name)) => Ok(name),
        other => Err(Error::internal(format!("not a name: {other:?}"))),
    }
}

/// Reads a column that holds one of an enum's names.
pub(crate) fn name<T: for<'de> serde::Deserialize<'de>>(row: &Row<'_>, column_name: &str) -> Result<T> {
    let text: String = column(row, column_name)?;
    serde_json::from_value(Value::String(text))
        .map_err(|error| Error::internal(format!("column {column_name}: {error}")))
}

/// Reads a column that holds one of an enum's names, or nothing.
pub(crate) fn optional_name<T: for<'de> serde::Deserialize<'de>>(
    row: &Row<'_>,
    column_name: &str,
) -> Result<Option<T>> {
    match column::<Option<String>>(row, column_name)? {
        Some(_) => name(row, column_name).map(Some),
        None => Ok(None),
    }
}
