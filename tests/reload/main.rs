//! Hot reload, seen from outside: a folder is linked to a function, programs change files in it as programs do, and
//! what executions run is what the folder holds, whole, soon and in order.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_lines,
    clippy::format_collect
)]

mod activity;
mod chance;
mod checks;
mod code;
mod desk;
mod disk;
mod folders;
mod keeping;
mod levels;
mod links;
mod names;
mod pausing;
mod restarts;
mod saves;
mod switching;
mod tools;
mod watching;
mod window;
