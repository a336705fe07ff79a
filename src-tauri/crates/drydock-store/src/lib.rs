//! Everything Drydock remembers, in two SQLite files.
//!
//! Owns: the databases, their schema and every line of SQL. Must not: know HTTP, processes or what an
//! operation means; it stores and finds rows. rusqlite does not leak out of this crate.
//!
//! [`Database`] is one file with one writer thread and a few read-only readers. The main file holds what
//! the API shows; the log file holds full execution output, so that logs never delay the API.

mod database;
mod remembered;
mod search;
mod sql;
pub mod table;
mod writer;

pub use database::{Database, Kind, OpenError, Options};
pub use remembered::Remembered;
pub use sql::{ReadTx, WriteTx};
