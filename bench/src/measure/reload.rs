//! From a save to the new code's first answer, in a small linked folder; and whether any answer is lost or old meanwhile.
//!
//! Saves alternate between writing in place and renaming a new file into place. An execution follows the other until one
//! prints the save's marker; the time ends when its end is read on the live stream.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::{Outcome, Run};
use crate::linked::{Linked, Save};
use crate::server::{Folder, Server};
use crate::statistics::{Round, Side};

/// Nobody saves more often by hand.
const APART: Duration = Duration::from_millis(500);
/// Saves before the first that counts.
const WARM_UP: usize = 3;
const SAVES: usize = 50;

/// Between two executions while answers are looked at.
const EVERY: Duration = Duration::from_millis(10);
/// Between two saves then.
const SAVE_EVERY: Duration = Duration::from_millis(200);

pub(super) async fn p50(run: &Run) -> Result<Outcome> {
    measure(run, Side::p50).await
}

pub(super) async fn p99(run: &Run) -> Result<Outcome> {
    measure(run, Side::p99).await
}

async fn measure(run: &Run, side: fn(&[f64]) -> Option<Side>) -> Result<Outcome> {
    let mut rounds = Vec::new();
    for _ in 0..run.pick(3, 1) {
        let (folder, code) = (Folder::new(&run.place)?, tempfile::tempdir_in(&run.place)?);
        let server = Server::start(&run.product, &folder, &[]).await?;
        let mut live = server.live().await?;
        let (mut linked, _) = Linked::new(&server, code.path()).await?;
        let mut samples = Vec::new();
        for number in 0..WARM_UP + run.pick(SAVES, 10) {
            let begun = Instant::now();
            let marker = linked.save(Save::in_turn(number))?;
            let ended = linked.printed(marker, &mut live).await?;
            if number >= WARM_UP {
                samples.push((ended - begun).as_secs_f64() * 1000.0);
            }
            tokio::time::sleep(APART).await;
        }
        rounds.push(Round {
            ours: side(&samples).context("no samples")?,
            reference: None,
        });
        server.stop().await?;
    }
    Ok(Outcome::Measured {
        rounds,
        notes: vec!["in place and by renaming in turns".to_owned()],
    })
}

/// Executions that failed, or printed something older than what was live when they were sent.
pub(super) async fn answers(run: &Run) -> Result<Outcome> {
    let mut rounds = Vec::new();
    let mut sent = 0;
    for _ in 0..run.pick(3, 1) {
        let (folder, code) = (Folder::new(&run.place)?, tempfile::tempdir_in(&run.place)?);
        let server = Server::start(&run.product, &folder, &[]).await?;
        let (mut linked, _) = Linked::new(&server, code.path()).await?;
        let mut executions = Vec::new();
        let saves = run.pick(SAVES, 10);
        let stop = tokio::sync::watch::Sender::new(false);
        let requests = execute_all_the_time(&server, stop.subscribe());
        let save_all = async {
            let mut live = Vec::new();
            for number in 0..saves {
                let next = Instant::now() + SAVE_EVERY;
                let marker = linked.save(Save::in_turn(number))?;
                live.push((linked.live().await?, marker));
                tokio::time::sleep_until(next.into()).await;
            }
            stop.send_replace(true);
            anyhow::Ok(live)
        };
        let (ids, live) = tokio::join!(requests, save_all);
        let live = live?;
        executions.extend(ids?);
        sent += executions.len();
        let mut wrong = 0_u32;
        for (at, id) in &executions {
            let newest = live.iter().rev().find(|(since, _)| since < at);
            let newest = newest.map_or(0, |(_, marker)| *marker);
            let printed = ended(&mut linked, &server, id).await?;
            if printed.is_none_or(|printed| printed < newest) {
                wrong += 1;
            }
        }
        rounds.push(Round {
            ours: Side::plain(wrong.into()),
            reference: None,
        });
        server.stop().await?;
    }
    Ok(Outcome::Measured {
        rounds,
        notes: vec![format!("{sent} executions in all")],
    })
}

/// Sends executions until told to stop; answers when each was sent.
async fn execute_all_the_time(
    server: &Server<'_>,
    stop: tokio::sync::watch::Receiver<bool>,
) -> Result<Vec<(Instant, String)>> {
    let mut connection = server.connect().await?;
    let request = server.execute(crate::linked::NAME, "")?;
    let mut sent = Vec::new();
    while !*stop.borrow() {
        let at = Instant::now();
        sent.push((at, crate::functions::execute(&mut connection, &request).await?));
        tokio::time::sleep_until((at + EVERY).into()).await;
    }
    Ok(sent)
}

/// Waits for an execution's end; answers what it printed.
async fn ended(linked: &mut Linked<'_>, server: &Server<'_>, id: &str) -> Result<Option<u64>> {
    let path = format!("/v1/functions/{}/executions/{id}", crate::linked::NAME);
    let mut connection = server.connect().await?;
    loop {
        let answer = connection.exchange(&server.get(&path)?).await?.json(200)?;
        match answer["status"].as_str() {
            Some("waiting" | "processing") => tokio::time::sleep(EVERY).await,
            Some("completed") => return linked.marker_of(id).await,
            _ => return Ok(None),
        }
    }
}
