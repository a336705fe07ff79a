//! How the API answers while four functions compute: the p99 of reading a function, one request every 5 ms.
//!
//! The reference is the same server with nothing to do, before and after. The client competes for the cores like any
//! client on this machine, and its waiting is part of both figures.

use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::{Outcome, Run};
use crate::functions::{NODE_SPIN, execute};
use crate::http::Connection;
use crate::server::{Folder, Server};
use crate::statistics::{Round, Side};

/// Functions that compute.
const BUSY: u64 = 4;

/// One request each; a page that a person looks at asks less often.
const EVERY: Duration = Duration::from_millis(5);

/// What starting four of them and a slow block may take beside the time that a block should.
const MARGIN: Duration = Duration::from_secs(5);

/// How long four processes may take to be under way.
const START_LIMIT: Duration = Duration::from_secs(60);

const RUNNING_LIMIT: &str = "executions.max_concurrent";

pub(super) async fn measure(run: &Run) -> Result<Outcome> {
    let enough = run
        .product
        .number(RUNNING_LIMIT)
        .is_none_or(|limit| limit >= BUSY);
    let more = (!enough)
        .then(|| run.product.variable(RUNNING_LIMIT, BUSY))
        .flatten();
    let folder = Folder::new(&run.place)?;
    let server = Server::start(&run.product, &folder, more.as_slice()).await?;
    server.deploy(&NODE_SPIN).await?;
    let count = run.pick(1000, 400);
    let mut connection = server.connect().await?;
    let get = server.get(&format!("/v1/functions/{}", NODE_SPIN.name))?;
    paced(&mut connection, &get, 100).await?;
    let mut rounds = Vec::new();
    for _ in 0..run.pick(5, 2) {
        let idle = paced(&mut connection, &get, count).await?;
        let busy = loaded(&server, &mut connection, &get, count).await?;
        rounds.push(Round {
            ours: Side::p99(&busy).context("no samples")?,
            reference: Side::p99(&idle),
        });
    }
    server.stop().await?;
    let notes = vec![format!("p99 of {count} requests on {} cores", run.cores)];
    Ok(Outcome::Measured { rounds, notes })
}

async fn loaded(
    server: &Server<'_>,
    connection: &mut Connection,
    get: &[u8],
    count: u32,
) -> Result<Vec<f64>> {
    let mut live = server.live().await?;
    let time = (EVERY * count).mul_f64(1.5) + MARGIN;
    let spin = server.execute(NODE_SPIN.name, &time.as_millis().to_string())?;
    let mut ids = Vec::new();
    for _ in 0..BUSY {
        ids.push(execute(connection, &spin).await?);
    }
    let limit = Instant::now() + START_LIMIT;
    while processing(server, connection, &ids).await? < ids.len() {
        ensure!(
            Instant::now() < limit,
            "four functions were never under way at once"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    // Until the processes behind the records have started as well.
    tokio::time::sleep(Duration::from_millis(500)).await;
    let samples = paced(connection, get, count).await?;
    let still = processing(server, connection, &ids).await?;
    ensure!(
        still == ids.len(),
        "only {still} functions computed until the last request"
    );
    live.all_completed(&ids).await?;
    Ok(samples)
}

async fn processing(server: &Server<'_>, connection: &mut Connection, ids: &[String]) -> Result<usize> {
    let mut found = 0;
    for id in ids {
        let path = format!("/v1/functions/{}/executions/{id}", NODE_SPIN.name);
        let execution = connection.exchange(&server.get(&path)?).await?.json(200)?;
        found += usize::from(execution["status"] == "processing");
    }
    Ok(found)
}

/// One request every 5 ms, each timed from its sending, in milliseconds.
async fn paced(connection: &mut Connection, request: &[u8], count: u32) -> Result<Vec<f64>> {
    let mut samples = Vec::with_capacity(count as usize);
    for _ in 0..count {
        let begun = Instant::now();
        let status = connection.exchange(request).await?.status;
        samples.push(begun.elapsed().as_secs_f64() * 1000.0);
        ensure!(status == 200, "answered {status}");
        tokio::time::sleep_until((begun + EVERY).into()).await;
    }
    Ok(samples)
}
