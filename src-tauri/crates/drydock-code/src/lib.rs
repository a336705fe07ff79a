//! The code of functions: folders on this machine, snapshots of them, and how they are kept and laid out.
//!
//! Owns: what of a folder is code (ignore rules), reading it, watching it, the store of contents that snapshots share,
//! and putting a snapshot on the disk where it is run. Must not: run code, know tags or the database.

pub mod content;
pub mod folder;
pub mod inspect;
pub mod layout;
pub mod pack;
pub mod tree;
pub mod watch;
