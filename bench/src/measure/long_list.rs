//! Pages of a long list: 25 executions behind a cursor, anywhere among a million.
//!
//! The reference is the same page among a thousand. Two servers, each on a data folder of its own that was filled
//! while the server was stopped. Cursors are spread over the whole list, at the same shares of it on both sides.

use std::time::Instant;

use anyhow::{Context as _, Result, ensure};

use super::{Outcome, Run};
use crate::fill;
use crate::functions::NODE_HELLO;
use crate::server::{Folder, Server};
use crate::statistics::{Round, Side};

const PAGE: u64 = 25;
const FEW: u64 = 1_000;
const MANY: u64 = 1_000_000;
/// Enough to see that it works, without the half minute of filling.
const QUICK: u64 = 100_000;

/// The most that the setting takes: a hundred years.
const KEEP_DAYS: u64 = 36_500;

/// The golden ratio's fraction: its multiples spread evenly however many are taken.
const STEP: f64 = 0.618_033_988_749_894_9;

pub(super) async fn measure(run: &Run) -> Result<Outcome> {
    let many = run.pick(MANY, QUICK);
    let (long_folder, short_folder) = (Folder::new(&run.place)?, Folder::new(&run.place)?);
    fill(run, &long_folder, many).await?;
    fill(run, &short_folder, FEW).await?;
    // The rows are from the past, and a server would remove them as old.
    let keep: Vec<_> = run
        .product
        .variable("retention.days", KEEP_DAYS)
        .into_iter()
        .collect();
    let long = Server::start(&run.product, &long_folder, &keep).await?;
    let short = Server::start(&run.product, &short_folder, &keep).await?;
    let count = run.pick(1000, 300);
    pages(&long, many, 0, 100).await?;
    pages(&short, FEW, 0, 100).await?;
    let mut rounds = Vec::new();
    for round in 0..run.pick(5, 2) {
        // Other cursors each round; the warm-up had the first hundred.
        let from = 100 + round * count;
        let (mine, theirs) = if round % 2 == 0 {
            let mine = pages(&long, many, from, count).await?;
            (mine, pages(&short, FEW, from, count).await?)
        } else {
            let theirs = pages(&short, FEW, from, count).await?;
            (pages(&long, many, from, count).await?, theirs)
        };
        rounds.push(Round {
            ours: Side::p99(&mine).context("no samples")?,
            reference: Side::p99(&theirs),
        });
    }
    long.stop().await?;
    short.stop().await?;
    let notes = vec![format!("p99 of {count} pages, {many} against {FEW} executions")];
    Ok(Outcome::Measured { rounds, notes })
}

/// Lets a server make the database with a function in it, and fills it.
async fn fill(run: &Run, folder: &Folder, executions: u64) -> Result<()> {
    let server = Server::start(&run.product, folder, &[]).await?;
    server.deploy(&NODE_HELLO).await?;
    server.stop().await?;
    let database = folder.data().join("drydock.db");
    tokio::task::spawn_blocking(move || fill::executions(&database, NODE_HELLO.name, executions)).await?
}

async fn pages(server: &Server<'_>, executions: u64, from: u32, count: u32) -> Result<Vec<f64>> {
    let mut connection = server.connect().await?;
    let mut samples = Vec::with_capacity(count as usize);
    for number in from..from + count {
        let cursor = fill::id(cursor_position(number, executions));
        let path = format!(
            "/v1/functions/{}/executions?limit={PAGE}&cursor={cursor}",
            NODE_HELLO.name
        );
        let get = server.get(&path)?;
        let begun = Instant::now();
        let answer = connection.exchange(&get).await?;
        samples.push(begun.elapsed().as_secs_f64() * 1000.0);
        let page = answer.json(200)?;
        let rows = page["executions"].as_array().map_or(0, Vec::len) as u64;
        ensure!(rows == PAGE, "a page of {rows} executions");
    }
    Ok(samples)
}

/// A row with a whole page of older ones behind it.
fn cursor_position(number: u32, executions: u64) -> u64 {
    let share = (f64::from(number) * STEP).fract();
    PAGE + (share * (executions - PAGE) as f64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cursors_leave_room_for_a_page_and_reach_both_ends_of_the_list() {
        let positions: Vec<_> = (0..1000).map(|number| cursor_position(number, 10_000)).collect();
        assert!(positions.iter().all(|position| (PAGE..10_000).contains(position)));
        assert!(positions.iter().any(|position| *position < 100));
        assert!(positions.iter().any(|position| *position > 9_900));
    }
}
