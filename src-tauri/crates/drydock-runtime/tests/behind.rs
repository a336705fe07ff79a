//! Whose a connection to us is: a run's at every level of the sandbox, whoever of its processes opened it, also where it
//! stood by; and nobody's that is none of a run.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

mod support;

use std::net::SocketAddr;
use std::time::Duration;

use drydock_runtime::{Job, Level, StandbySettings};
use support::{Bench, sh, soon};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// Connects, and ends when the other side has.
const CALL: &str = "
import os, socket
socket.create_connection((\"127.0.0.1\", int(os.environ[\"PORT\"]))).recv(1)";
/// The same by a process in a session of its own, whose parent has ended.
const ORPHAN: &str = "
import os, socket
r, w = os.pipe()
if os.fork() == 0:
    if os.fork() == 0:
        os.setsid()
        socket.create_connection((\"127.0.0.1\", int(os.environ[\"PORT\"]))).recv(1)
    os._exit(0)
os.close(w)
os.wait()
os.read(r, 1)";
/// The same in Node.js.
const NODE: &str = "require('net').connect(+process.env.PORT, '127.0.0.1').resume()";

fn named(bench: &Bench, name: &str, command: &str, port: u16) -> Job {
    let mut job = bench.job("python-3.9", command);
    job.name = Some(name.to_owned());
    name.clone_into(&mut job.owner);
    job.scratch_dir = bench.fresh_scratch();
    job.variables = vec![("PORT".to_owned(), port.to_string())];
    job
}

/// Runs the jobs, and answers who is behind the connection of each, asked of `bench` while all are open.
async fn behind(bench: &Bench, listener: &TcpListener, jobs: Vec<Job>) -> Vec<Option<String>> {
    let count = jobs.len();
    let runs: Vec<_> = jobs
        .into_iter()
        .map(|job| {
            let (backend, (output, _)) = (bench.backend.clone(), tokio::sync::mpsc::channel(1));
            tokio::spawn(async move { backend.run(job, CancellationToken::new(), output).await })
        })
        .collect();
    let mut connections: Vec<(TcpStream, SocketAddr)> = Vec::new();
    for _ in 0..count {
        connections.push(soon(listener.accept()).await.unwrap());
    }
    let mut found = Vec::new();
    for (stream, client) in &connections {
        found.push(
            bench
                .backend
                .run_behind(*client, stream.local_addr().unwrap())
                .await,
        );
    }
    drop(connections);
    for run in runs {
        assert_eq!(soon(run).await.unwrap().exit_code, 0);
    }
    found.sort();
    found
}

#[tokio::test]
async fn each_run_is_known_by_its_connections_at_every_level() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    for level in [Level::Full, Level::NoNamespaces, Level::ProcessGroup, Level::Off] {
        let bench = Bench::confined(level).await;
        let alone = sh(&format!("exec python3 -c '{CALL}'"));
        let orphan = sh(&format!("exec python3 -c '{ORPHAN}'"));
        let jobs = vec![
            named(&bench, "alone", &alone, port),
            named(&bench, "orphan", &orphan, port),
        ];
        let found = behind(&bench, &listener, jobs).await;
        assert_eq!(
            found,
            [Some("alone".to_owned()), Some("orphan".to_owned())],
            "{level:?}"
        );
    }
}

#[tokio::test]
async fn a_run_that_stood_by_is_known_too() {
    let settings = StandbySettings {
        max_processes: 1,
        max_memory_bytes: 256_000_000,
        idle: Duration::from_secs(60),
        ..StandbySettings::off()
    };
    let bench = Bench::standing_by(Level::Full, settings)
        .await
        .with("call.js", NODE, 0o644);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let job = || {
        let mut job = named(&bench, "stood by", "node call.js", port);
        job.blueprint.runtime = bench.job("node-20.0", "").blueprint.runtime;
        job
    };
    let seen = bench.backend.standby_changes();
    assert!(
        bench
            .backend
            .stand_by("stood by", job().blueprint, bench.fresh_scratch(), seen)
    );
    let found = behind(&bench, &listener, vec![job()]).await;
    assert_eq!(
        (found, bench.backend.standby().hits),
        (vec![Some("stood by".to_owned())], 1)
    );
}

#[tokio::test]
async fn a_connection_of_somebody_else_is_nobodys_while_runs_are_there() {
    let bench = Bench::confined(Level::ProcessGroup).await;
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let job = named(&bench, "run", &sh(&format!("exec python3 -c '{CALL}'")), port);
    let (backend, (output, _)) = (bench.backend.clone(), tokio::sync::mpsc::channel(1));
    let run = tokio::spawn(async move { backend.run(job, CancellationToken::new(), output).await });
    let (theirs, _) = soon(listener.accept()).await.unwrap();

    let mut mine = TcpStream::connect(("127.0.0.1", port)).await.unwrap();
    let (mut ours, client) = listener.accept().await.unwrap();
    let server = ours.local_addr().unwrap();
    assert_eq!(bench.backend.run_behind(client, server).await, None);
    // Nor is one whose process has closed it.
    mine.write_all(b"x").await.unwrap();
    drop(mine);
    ours.read_exact(&mut [0]).await.unwrap();
    assert_eq!(bench.backend.run_behind(client, server).await, None);

    drop(theirs);
    assert_eq!(soon(run).await.unwrap().exit_code, 0);
    // And when it has ended, it is behind nothing.
    assert_eq!(bench.backend.run_behind(client, server).await, None);
}
