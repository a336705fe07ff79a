//! Executions per second, sustained: the queue is never empty and never near its limit, all cores work.
//!
//! The reference is `xargs` with as many bare processes at once as there are cores. Both are counted by their ends
//! within the same length of time, after a moment in which they get going.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};

use super::{Outcome, Run};
use crate::functions::{Bare, DATA, NODE_HELLO, execute};
use crate::live::News;
use crate::server::{Folder, Server};
use crate::statistics::{Round, Side};

/// Executions that wait or run, for each core: the queue stays filled while a page of ends is on its way to us.
const UNDER_WAY: usize = 32;

/// How long both sides may get going before ends count.
const RAMP: Duration = Duration::from_secs(1);

/// How long what is under way may take to end after the time is over.
const DRAIN_LIMIT: Duration = Duration::from_secs(120);

pub(super) async fn measure(run: &Run) -> Result<Outcome> {
    let folder = Folder::new(&run.place)?;
    let server = Server::start(&run.product, &folder, &[]).await?;
    let deployed = server.deploy(&NODE_HELLO).await?;
    let bare = Bare::of(&server, &NODE_HELLO, deployed).await?;
    let time = run.pick(Duration::from_secs(30), Duration::from_secs(4));
    let depth = run.product.number("executions.max_waiting").unwrap_or(10_000) as usize / 2;
    let depth = depth.clamp(1, UNDER_WAY * run.cores);
    let mut rounds = Vec::new();
    for round in 0..run.pick(3, 2) {
        let (mine, theirs) = if round % 2 == 0 {
            let mine = ours(&server, depth, time).await?;
            (mine, reference(&bare, run.cores, time).await?)
        } else {
            let theirs = reference(&bare, run.cores, time).await?;
            (ours(&server, depth, time).await?, theirs)
        };
        rounds.push(Round {
            ours: Side::plain(mine),
            reference: Some(Side::plain(theirs)),
        });
    }
    server.stop().await?;
    let notes = vec![format!("{} s each", time.as_secs())];
    Ok(Outcome::Measured { rounds, notes })
}

async fn ours(server: &Server<'_>, depth: usize, time: Duration) -> Result<f64> {
    let request = server.execute(NODE_HELLO.name, DATA)?;
    let mut connection = server.connect().await?;
    let mut live = server.live().await?;
    let from = Instant::now() + RAMP;
    let until = from + time;
    let mut under_way = 0;
    let mut counted = 0_u32;
    loop {
        let feeding = Instant::now() < until;
        while feeding && under_way < depth {
            execute(&mut connection, &request).await?;
            under_way += 1;
        }
        if under_way == 0 {
            return Ok(f64::from(counted) / time.as_secs_f64());
        }
        match live.next(until + DRAIN_LIMIT).await? {
            Some(News::Ended {
                id, completed, at, ..
            }) => {
                ensure!(completed, "execution {id} failed");
                under_way -= 1;
                counted += u32::from((from..until).contains(&at));
            }
            Some(News::Missed) => bail!("the live stream fell behind"),
            None => bail!("{under_way} executions did not end"),
        }
    }
}

async fn reference(bare: &Bare, cores: usize, time: Duration) -> Result<f64> {
    let mut command = bare.command("xargs");
    command
        .args(["-P", &cores.to_string(), "-n", "1"])
        .args(bare.words());
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    let mut xargs = tokio::process::Command::from(command)
        .kill_on_drop(true)
        .spawn()
        .context("xargs is missing")?;
    let mut feed = xargs.stdin.take();
    let output = xargs.stdout.take().context("no stdout")?;
    let mut ends = BufReader::new(output).lines();
    let from = Instant::now() + RAMP;
    let until = from + time;
    let mut under_way = 0;
    let mut counted = 0_u32;
    loop {
        // It reads ahead, so it gets little more than it has room for: what it has read it will run.
        if Instant::now() >= until {
            feed = None;
        }
        if let Some(feed) = &mut feed {
            while under_way < cores * 4 {
                feed.write_all(b"x\n").await?;
                under_way += 1;
            }
        }
        let next = tokio::time::timeout_at((until + DRAIN_LIMIT).into(), ends.next_line()).await;
        let at = Instant::now();
        if next.context("the bare processes did not end")??.is_none() {
            break;
        }
        under_way -= 1;
        counted += u32::from((from..until).contains(&at));
    }
    let status = xargs.wait().await?;
    ensure!(status.success() && under_way == 0, "xargs ended with {status}");
    Ok(f64::from(counted) / time.as_secs_f64())
}
