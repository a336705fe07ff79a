//! The machine's processes and their parents, read from /proc.
//!
//! Owns: finding whom to kill when a tree has to end. Must not: send a signal itself. Elsewhere than on
//! Linux the table is empty and only process groups are killed.
#![cfg_attr(
    not(target_os = "linux"),
    allow(dead_code, reason = "only the Linux launcher walks trees")
)]

use nix::unistd::Pid;

/// One reading of the table. Processes come and go meanwhile, so a caller reads again until it is content.
pub(super) struct ProcessTable {
    rows: Vec<Row>,
}

#[derive(Clone, Copy)]
struct Row {
    pid: i32,
    parent: i32,
    session: i32,
    cpu_ticks: u64,
}

impl ProcessTable {
    /// Reads it.
    pub(super) fn read() -> Self {
        Self::of(&ids())
    }

    /// Reads what it says of these processes.
    pub(super) fn of(ids: &[i32]) -> Self {
        let row = |&id| row(id, &std::fs::read(format!("/proc/{id}/stat")).ok()?);
        Self {
            rows: ids.iter().filter_map(row).collect(),
        }
    }

    /// All processes below `root`, without it.
    pub(super) fn descendants_of(&self, root: Pid) -> Vec<Pid> {
        let mut family = vec![root.as_raw()];
        let mut seen = 0;
        while let Some(&parent) = family.get(seen) {
            seen += 1;
            let children = self
                .rows
                .iter()
                .filter(|row| row.parent == parent && row.pid != root.as_raw());
            family.extend(children.map(|row| row.pid));
        }
        family[1..].iter().copied().map(Pid::from_raw).collect()
    }

    /// All processes but one.
    pub(super) fn all_but(&self, one: Pid) -> Vec<Pid> {
        let others = self.rows.iter().filter(|row| row.pid != one.as_raw());
        others.map(|row| Pid::from_raw(row.pid)).collect()
    }

    /// User and system time of these processes together, in clock ticks.
    pub(super) fn cpu_ticks_of(&self, processes: &[Pid]) -> u64 {
        let among = self
            .rows
            .iter()
            .filter(|row| processes.contains(&Pid::from_raw(row.pid)));
        among.map(|row| row.cpu_ticks).sum()
    }

    /// All processes of the session that `leader` began, without it.
    pub(super) fn session_of(&self, leader: Pid) -> Vec<Pid> {
        let leader = leader.as_raw();
        let members = self
            .rows
            .iter()
            .filter(|row| row.session == leader && row.pid != leader);
        members.map(|row| Pid::from_raw(row.pid)).collect()
    }
}

/// The numbers of all processes: one folder is read for them, and no file of each.
pub(super) fn ids() -> Vec<i32> {
    let entries = std::fs::read_dir("/proc").into_iter().flatten().flatten();
    entries
        .filter_map(|entry| entry.file_name().to_str()?.parse().ok())
        .collect()
}

/// `pid (name) state ppid pgrp session …` and, as 14th and 15th, user and system time; where the name may hold blanks and brackets of its own.
fn row(pid: i32, stat: &[u8]) -> Option<Row> {
    let after_name = stat.iter().rposition(|&byte| byte == b')')? + 1;
    let mut fields = std::str::from_utf8(&stat[after_name..])
        .ok()?
        .split_ascii_whitespace()
        .skip(1);
    let parent = fields.next()?.parse().ok()?;
    let session = fields.nth(1)?.parse().ok()?;
    let user: u64 = fields.nth(7)?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(Row {
        pid,
        parent,
        session,
        cpu_ticks: user + system,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_with_brackets_and_blanks_does_not_shift_the_fields() {
        let row = row(
            7,
            b"7 (a) b) (c) S 5 6 4 0 -1 4194560 1 2 3 4 70 30 0 0 20 0 1 0 5 6 7",
        )
        .unwrap();
        assert_eq!((row.pid, row.parent, row.session), (7, 5, 4));
        assert_eq!(row.cpu_ticks, 100);
    }

    #[test]
    fn descendants_are_all_generations_and_nobody_else() {
        let row = |pid, parent| Row {
            pid,
            parent,
            session: 1,
            cpu_ticks: 0,
        };
        let table = ProcessTable {
            rows: vec![row(1, 0), row(2, 1), row(3, 2), row(4, 1), row(5, 3)],
        };
        let pids: Vec<_> = table
            .descendants_of(Pid::from_raw(2))
            .into_iter()
            .map(Pid::as_raw)
            .collect();
        assert_eq!(pids, [3, 5]);
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn a_child_of_this_process_is_found() {
        let mut child = std::process::Command::new("sleep").arg("60").spawn().unwrap();
        let found = ProcessTable::read().descendants_of(nix::unistd::getpid());
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(found.contains(&Pid::from_raw(child.id() as i32)));
    }
}
