//! Executions as `dev` prints them: one line each, with the output below it, as it comes.

use std::collections::VecDeque;

use anyhow::Result;
use indexmap::IndexMap;
use tokio::time::{Duration, Instant};

use super::put;
use super::view::View;
use crate::cli::client::{Client, or_missing};
use crate::cli::lines::Lines;
use crate::cli::stream::LogReader;
use crate::cli::wire::ExecutionRow;

/// An execution that runs this long without a word is told of; a shorter one is one line, with its end.
const LONG: Duration = Duration::from_secs(1);

/// Output of an execution waits this long for its end, so that a short one is told in one piece.
const SHORT: Duration = Duration::from_millis(100);

/// Executions that are done with and remembered, against news of them that comes late; some 50 bytes each.
const MAX_DONE: usize = 1000;

/// The executions that are printed.
#[derive(Debug, Default)]
pub(super) struct Runs {
    open: IndexMap<String, Open>,
    done: VecDeque<String>,
    /// Whose line was printed last, so that output below it needs no other.
    current: Option<String>,
}

#[derive(Debug)]
struct Open {
    row: ExecutionRow,
    log: LogReader,
    lines: Lines,
    since: Instant,
    has_written: bool,
    /// Whether there is output that was not read yet.
    has_more: bool,
    /// The state in which it was told of last.
    told: Option<String>,
}

impl Runs {
    /// Says that something else was printed: output needs a line of its own above it again.
    pub(super) fn interrupted(&mut self) {
        self.current = None;
    }

    /// The execution is as `row` says.
    pub(super) async fn heard(&mut self, client: &Client, view: View, row: ExecutionRow) -> Result<()> {
        // One that waits has nothing to tell, and may wait among thousands.
        if row.status == "waiting" || self.done.contains(&row.id) {
            return Ok(());
        }
        let id = row.id.clone();
        let open = self.open.entry(id.clone()).or_insert_with(|| Open {
            row: row.clone(),
            log: LogReader::new(&row.id),
            lines: Lines::default(),
            since: Instant::now(),
            has_written: false,
            has_more: false,
            told: None,
        });
        // News of two threads may come in another order.
        if !open.row.is_over() {
            open.row = row;
        }
        // What it writes is told of separately.
        if !open.row.is_over() {
            return Ok(());
        }
        self.print(client, view, &id).await
    }

    /// There is more output of an execution.
    pub(super) async fn wrote(&mut self, client: &Client, view: View, id: &str) -> Result<()> {
        match self.open.get_mut(id) {
            None => Ok(()),
            Some(open) if open.told.is_none() && open.since.elapsed() < SHORT => {
                open.has_more = true;
                Ok(())
            }
            Some(_) => self.print(client, view, id).await,
        }
    }

    /// When output is to be told that waits.
    pub(super) fn due(&self) -> Option<Instant> {
        let waiting = self.open.values().filter(|open| open.has_more);
        waiting.map(|open| open.since + SHORT).min()
    }

    /// Tells the output that has waited long enough.
    pub(super) async fn tell_due(&mut self, client: &Client, view: View) -> Result<()> {
        let due = |open: &Open| open.has_more && open.since.elapsed() >= SHORT;
        let due = self.open.iter().filter(|(_, open)| due(open));
        let due: Vec<_> = due.map(|(id, _)| id.clone()).collect();
        for id in due {
            self.print(client, view, &id).await?;
        }
        Ok(())
    }

    /// Tells of those that have run for long without a word.
    pub(super) fn look(&mut self, view: View) -> Result<()> {
        let is_long = |open: &Open| {
            open.told.is_none() && open.row.status == "processing" && open.since.elapsed() >= LONG
        };
        let long = self.open.values().filter(|open| is_long(open));
        let long: Vec<_> = long.map(|open| open.row.clone()).collect();
        for row in long {
            self.tell(view, &row.id, &row)?;
        }
        Ok(())
    }

    /// After news was missed: asks for those whose end may have been among it.
    pub(super) async fn look_again(&mut self, client: &Client, view: View) -> Result<()> {
        let open: Vec<_> = self.open.keys().cloned().collect();
        for id in open {
            match or_missing(client.execution(&id).await)? {
                Some(row) => {
                    self.heard(client, view, row).await?;
                    self.wrote(client, view, &id).await?;
                }
                // It was deleted.
                None => self.end(&id),
            }
        }
        Ok(())
    }

    fn tell(&mut self, view: View, id: &str, row: &ExecutionRow) -> Result<()> {
        put(&view.run(row))?;
        self.current = Some(id.to_owned());
        if let Some(open) = self.open.get_mut(id) {
            open.told = Some(row.status.clone());
        }
        Ok(())
    }

    async fn print(&mut self, client: &Client, view: View, id: &str) -> Result<()> {
        let Self { open, current, .. } = self;
        let Some(Open {
            row,
            log,
            lines,
            has_written,
            has_more,
            told,
            ..
        }) = open.get_mut(id)
        else {
            return Ok(());
        };
        let row = row.clone();
        *has_more = false;
        let mut print = |line: &str| {
            if current.as_deref() != Some(id) {
                put(&view.run(&row))?;
                *current = Some(id.to_owned());
                *told = Some(row.status.clone());
            }
            put(&view.output(line))
        };
        let show = |frame: &_| {
            *has_written = true;
            lines.push(frame, &mut print)
        };
        let read = log.read(client, show).await;
        // Its log may have been deleted with it.
        if or_missing(read)?.is_none() {
            self.end(id);
            return Ok(());
        }
        if !row.is_over() {
            return Ok(());
        }
        lines.finish(&mut print)?;
        if !*has_written && row.status == "failed" {
            let reason = or_missing(client.stderr(&row).await)?.unwrap_or_default();
            for line in reason.lines() {
                print(&format!("err | {line}"))?;
            }
        }
        if told.as_ref() != Some(&row.status) {
            self.tell(view, id, &row)?;
        }
        self.end(id);
        Ok(())
    }

    fn end(&mut self, id: &str) {
        self.open.shift_remove(id);
        self.done.push_back(id.to_owned());
        if self.done.len() > MAX_DONE {
            self.done.pop_front();
        }
    }
}
