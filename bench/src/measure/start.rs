//! How long a user waits for a small function: from the request to its end on the live stream.
//!
//! The reference is the same file as a bare process, from spawn to exit, in the environment the function has. Blocks
//! of both alternate, and every second round the other side begins. One at a time, 100 ms from start to start.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result};

use super::{Outcome, Run};
use crate::functions::{Bare, Code, DATA, NODE_HELLO, PYTHON_HELLO, execute};
use crate::live::Live;
use crate::server::{Folder, Server};
use crate::statistics::{Round, Side};

/// From start to start, or from the end of one that took longer.
const APART: Duration = Duration::from_millis(100);

/// Of each side before the first that counts: files are in memory then, and standby processes wait.
const WARM_UP: usize = 5;

/// Debian's own: a version manager's is another build, often a slower one.
const DEBIANS_PYTHON: &str = "/usr/bin/python3";

pub(super) async fn node(run: &Run) -> Result<Outcome> {
    match run.product.no_standby() {
        Some(why) => Ok(Outcome::NotMeasured(why)),
        None => measure(run, &NODE_HELLO, &[], Vec::new()).await,
    }
}

pub(super) async fn python(run: &Run) -> Result<Outcome> {
    match run.product.no_standby() {
        Some(why) => Ok(Outcome::NotMeasured(why)),
        None => measure(run, &PYTHON_HELLO, &[], Vec::new()).await,
    }
}

pub(super) async fn cold(run: &Run) -> Result<Outcome> {
    let off: Vec<_> = run.product.standby_off().into_iter().collect();
    let mut notes = Vec::new();
    if !run.product.knows_sandbox() {
        notes.push("this build has no sandbox".to_owned());
    }
    measure(run, &NODE_HELLO, &off, notes).await
}

async fn measure(
    run: &Run,
    code: &Code,
    variables: &[(String, String)],
    mut notes: Vec<String>,
) -> Result<Outcome> {
    let folder = Folder::new(&run.place)?;
    let server = Server::start(&run.product, &folder, variables).await?;
    let deployed = server.deploy(code).await?;
    let bare = Bare::of(&server, code, deployed).await?;
    if code.program == "python3" && !same_file(&bare.program, Path::new(DEBIANS_PYTHON)) {
        let why = format!("functions find {}, not {DEBIANS_PYTHON}", bare.program.display());
        return Ok(Outcome::NotMeasured(why));
    }
    notes.push(format!("{} {}", code.program, bare.version));

    let mut live = server.live().await?;
    ours(&server, code, &mut live, WARM_UP).await?;
    reference(&bare, WARM_UP).await?;
    let count = run.pick(20, 10);
    let mut rounds = Vec::new();
    for round in 0..run.pick(5, 2) {
        let (mine, theirs) = if round % 2 == 0 {
            let mine = ours(&server, code, &mut live, count).await?;
            (mine, reference(&bare, count).await?)
        } else {
            let theirs = reference(&bare, count).await?;
            (ours(&server, code, &mut live, count).await?, theirs)
        };
        rounds.push(Round {
            ours: Side::p50(&mine).context("no samples")?,
            reference: Side::p50(&theirs),
        });
    }
    server.stop().await?;
    Ok(Outcome::Measured { rounds, notes })
}

async fn ours(server: &Server<'_>, code: &Code, live: &mut Live, count: usize) -> Result<Vec<f64>> {
    let request = server.execute(code.name, DATA)?;
    let mut connection = server.connect().await?;
    let mut samples = Vec::with_capacity(count);
    for _ in 0..count {
        let begun = Instant::now();
        let id = execute(&mut connection, &request).await?;
        let ended = live.completed(&id).await?;
        samples.push((ended - begun).as_secs_f64() * 1000.0);
        tokio::time::sleep_until((begun + APART).into()).await;
    }
    Ok(samples)
}

async fn reference(bare: &Bare, count: usize) -> Result<Vec<f64>> {
    let mut samples = Vec::with_capacity(count);
    for _ in 0..count {
        let begun = Instant::now();
        samples.push(bare.run(None).await?.as_secs_f64() * 1000.0);
        tokio::time::sleep_until((begun + APART).into()).await;
    }
    Ok(samples)
}

fn same_file(left: &Path, right: &Path) -> bool {
    matches!((left.canonicalize(), right.canonicalize()), (Ok(left), Ok(right)) if left == right)
}
