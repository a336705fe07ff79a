//! Archives of code: what may be in one, and how it lands in a folder.
//!
//! Owns: reading a gzipped tar entry by entry, twice: the first reading checks all of it, the second
//! writes. Must not: decide where code lives, keep anything of a refused archive, or write through a link.
//! `reader` bounds what is unpacked, `listing` reads the entries, `strip` knows the rule for a top
//! folder, `plan` decides what each entry becomes, `unpack` writes.

mod limits;
mod links;
mod listing;
mod plan;
mod reader;
mod strip;
mod unpack;

pub use limits::{RATIO_FLOOR_BYTES, UnpackLimits};
pub use unpack::{Unpacked, unpack};
