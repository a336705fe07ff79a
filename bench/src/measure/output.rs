//! A function that writes 100 MB: how long until its end is on the live stream.
//!
//! The reference is the same file as a bare process with its output into a file, from spawn to exit. Both write to
//! the same disk; every reference writes a new file, since truncating an old one would cost it time.

use std::fs;
use std::time::Instant;

use anyhow::{Result, ensure};

use super::{Outcome, Run};
use crate::functions::{Bare, DATA, NODE_BURST, execute};
use crate::live::Live;
use crate::server::{Folder, Server};
use crate::statistics::{Round, Side};

/// What the function writes.
const BYTES: u64 = 100_000_000;

pub(super) async fn measure(run: &Run) -> Result<Outcome> {
    let folder = Folder::new(&run.place)?;
    let server = Server::start(&run.product, &folder, &[]).await?;
    let deployed = server.deploy(&NODE_BURST).await?;
    let bare = Bare::of(&server, &NODE_BURST, deployed).await?;
    let mut live = server.live().await?;
    let mut rounds = Vec::new();
    // One more than counts: the first warms up.
    for round in 0..=run.pick(5, 2) {
        let (mine, theirs) = if round % 2 == 0 {
            let mine = ours(&server, &mut live).await?;
            (mine, reference(run, &bare, round).await?)
        } else {
            let theirs = reference(run, &bare, round).await?;
            (ours(&server, &mut live).await?, theirs)
        };
        if round > 0 {
            rounds.push(Round {
                ours: Side::plain(mine),
                reference: Some(Side::plain(theirs)),
            });
        }
    }
    server.stop().await?;
    let notes = Vec::new();
    Ok(Outcome::Measured { rounds, notes })
}

async fn ours(server: &Server<'_>, live: &mut Live) -> Result<f64> {
    let mut connection = server.connect().await?;
    let begun = Instant::now();
    let id = execute(&mut connection, &server.execute(NODE_BURST.name, DATA)?).await?;
    let ended = live.completed(&id).await?;
    Ok((ended - begun).as_secs_f64())
}

async fn reference(run: &Run, bare: &Bare, round: usize) -> Result<f64> {
    let file = run.place.join(format!("output-{round}"));
    let took = bare.run(Some(&file)).await?;
    let written = fs::metadata(&file)?.len();
    fs::remove_file(&file)?;
    ensure!(written == BYTES, "the bare process wrote {written} bytes");
    Ok(took.as_secs_f64())
}
