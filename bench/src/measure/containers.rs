//! How long a user waits for a small function in a container: from the request to its end on the live stream.
//!
//! The references are the same file in the same image by Docker's own command line: `docker exec` in a container that
//! runs already, and `docker run --rm`. The engine is one of the run's own. Blocks of both sides alternate.

use std::process::Stdio;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};

use super::{Outcome, Run};
use crate::engine::{Engine, Images};
use crate::functions::{DATA, NODE_HELLO, execute};
use crate::live::Live;
use crate::server::{Folder, Server};
use crate::statistics::{Round, Side};

/// From start to start, or from the end of one that took longer: a new container waits by then.
const APART: Duration = Duration::from_millis(500);

/// Of each side before the first that counts.
const WARM_UP: usize = 3;

/// The image of `node-20.0`, as `engine` makes it of this machine's node.
const IMAGE: &str = "node:20-alpine";

/// The container of `docker exec`.
const STANDING: &str = "reference";

/// What the product is compared to.
#[derive(Clone, Copy)]
pub(super) enum Reference {
    Exec,
    Run,
}

/// An execution that finds its container waiting.
pub(super) async fn warm(run: &Run, reference: Reference) -> Result<Outcome> {
    let Some(engine) = engine() else {
        return Ok(Outcome::NotMeasured(NO_ENGINE.to_owned()));
    };
    let folder = Folder::new(&run.place)?;
    let server = Server::start(&run.product, &folder, &variables(&engine)).await?;
    let code = server.deploy(&NODE_HELLO).await?;
    let code = code.to_str().context("a folder with an odd name")?.to_owned();
    let mounted = format!("{code}:/code:ro");
    engine.docker(&[
        "run", "-d", "--name", STANDING, "-v", &mounted, "-w", "/code", IMAGE, "sleep", "100000",
    ]);
    let mut live = server.live().await?;
    ours(&server, &mut live, WARM_UP).await?;
    theirs(&engine, reference, &mounted, WARM_UP)?;
    let count = run.pick(15, 5);
    let mut rounds = Vec::new();
    for round in 0..run.pick(5, 2) {
        let (mine, other) = if round % 2 == 0 {
            let mine = ours(&server, &mut live, count).await?;
            (mine, theirs(&engine, reference, &mounted, count)?)
        } else {
            let other = theirs(&engine, reference, &mounted, count)?;
            (ours(&server, &mut live, count).await?, other)
        };
        rounds.push(Round {
            ours: Side::p50(&mine).context("no samples")?,
            reference: Side::p50(&other),
        });
    }
    engine.docker(&["rm", "--force", STANDING]);
    server.stop().await?;
    Ok(Outcome::Measured {
        rounds,
        notes: vec![engine_version(&engine)],
    })
}

/// An execution that is sent as soon as its tag is active; of each round a new tag.
pub(super) async fn first(run: &Run) -> Result<Outcome> {
    let Some(engine) = engine() else {
        return Ok(Outcome::NotMeasured(NO_ENGINE.to_owned()));
    };
    let folder = Folder::new(&run.place)?;
    let server = Server::start(&run.product, &folder, &variables(&engine)).await?;
    let code = server.deploy(&NODE_HELLO).await?;
    let code = code.to_str().context("a folder with an odd name")?.to_owned();
    let mounted = format!("{code}:/code:ro");
    let mut live = server.live().await?;
    ours(&server, &mut live, WARM_UP).await?;
    theirs(&engine, Reference::Run, &mounted, WARM_UP)?;
    let mut rounds = Vec::new();
    for round in 0..run.pick(5, 2) {
        let mut mine = Vec::new();
        let mut other = Vec::new();
        for one in 0..run.pick(7, 3) {
            if (round + one) % 2 == 0 {
                other.extend(theirs(&engine, Reference::Run, &mounted, 1)?);
            }
            // From the request that activates the tag, which the execution follows at once.
            let tag = server.upload(&NODE_HELLO, &code).await?;
            let activate = server.activate(NODE_HELLO.name, &tag)?;
            let request = server.execute(NODE_HELLO.name, DATA)?;
            let mut connection = server.connect().await?;
            let begun = Instant::now();
            connection.exchange(&activate).await?.json(200)?;
            let id = execute(&mut connection, &request).await?;
            let ended = live.completed(&id).await?;
            mine.push((ended - begun).as_secs_f64() * 1000.0);
            if (round + one) % 2 != 0 {
                other.extend(theirs(&engine, Reference::Run, &mounted, 1)?);
            }
            tokio::time::sleep(APART).await;
        }
        rounds.push(Round {
            ours: Side::p50(&mine).context("no samples")?,
            reference: Side::p50(&other),
        });
    }
    server.stop().await?;
    Ok(Outcome::Measured {
        rounds,
        notes: vec![engine_version(&engine)],
    })
}

const NO_ENGINE: &str = "needs root and Debian's docker.io, to start an engine of its own";

fn engine() -> Option<Engine> {
    let is_there = std::process::Command::new("dockerd")
        .arg("--version")
        .output()
        .is_ok();
    (is_there && nix::unistd::geteuid().is_root()).then(|| Engine::start(Images::All))
}

fn engine_version(engine: &Engine) -> String {
    let version = engine.docker(&["version", "--format", "{{.Server.Version}}"]);
    format!("docker {}", version.trim())
}

fn variables(engine: &Engine) -> Vec<(String, String)> {
    vec![
        ("DOCKER_HOST".to_owned(), engine.host()),
        ("DRYDOCK_BACKEND".to_owned(), "docker".to_owned()),
    ]
}

async fn ours(server: &Server<'_>, live: &mut Live, count: usize) -> Result<Vec<f64>> {
    let request = server.execute(NODE_HELLO.name, DATA)?;
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

fn theirs(engine: &Engine, reference: Reference, mounted: &str, count: usize) -> Result<Vec<f64>> {
    let data = format!("APPWRITE_FUNCTION_DATA={DATA}");
    let words: Vec<&str> = match reference {
        Reference::Exec => vec!["exec", "-e", &data, STANDING, "node", NODE_HELLO.file],
        Reference::Run => vec![
            "run",
            "--rm",
            "-e",
            &data,
            "-v",
            mounted,
            "-w",
            "/code",
            IMAGE,
            "node",
            NODE_HELLO.file,
        ],
    };
    let mut samples = Vec::with_capacity(count);
    for _ in 0..count {
        let mut command = engine.command(&words);
        command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        let begun = Instant::now();
        let status = command.status()?;
        samples.push(begun.elapsed().as_secs_f64() * 1000.0);
        ensure!(status.success(), "docker {words:?}: {status}");
        std::thread::sleep(APART.saturating_sub(begun.elapsed()));
    }
    Ok(samples)
}
