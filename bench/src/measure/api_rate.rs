//! Requests per second: reading a function over 16 connections that are kept.
//!
//! The reference is a bare axum server that says hello, in a process of its own, asked by the same client with the
//! same headers. Client and server share the machine on both sides.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};

use super::{Outcome, Run};
use crate::functions::NODE_HELLO;
use crate::hello::Hello;
use crate::http::{Connection, request};
use crate::server::{Folder, Server};
use crate::statistics::{Round, Side};

const CONNECTIONS: usize = 16;

pub(super) async fn measure(run: &Run) -> Result<Outcome> {
    let folder = Folder::new(&run.place)?;
    let server = Server::start(&run.product, &folder, &[]).await?;
    server.deploy(&NODE_HELLO).await?;
    let hello = Hello::start().await?;
    let get = server.get(&format!("/v1/functions/{}", NODE_HELLO.name))?;
    let greet = request("GET", "/", &server.headers()?, None);
    let warm_up = Duration::from_millis(500);
    rate(server.address, &get, warm_up).await?;
    rate(hello.address, &greet, warm_up).await?;
    let time = run.pick(Duration::from_secs(3), Duration::from_secs(1));
    let mut rounds = Vec::new();
    for round in 0..run.pick(7, 3) {
        let (mine, theirs) = if round % 2 == 0 {
            let mine = rate(server.address, &get, time).await?;
            (mine, rate(hello.address, &greet, time).await?)
        } else {
            let theirs = rate(hello.address, &greet, time).await?;
            (rate(server.address, &get, time).await?, theirs)
        };
        rounds.push(Round {
            ours: Side::plain(mine),
            reference: Some(Side::plain(theirs)),
        });
    }
    server.stop().await?;
    let notes = vec![format!("{CONNECTIONS} connections, {} s each", time.as_secs())];
    Ok(Outcome::Measured { rounds, notes })
}

async fn rate(address: SocketAddr, request: &[u8], time: Duration) -> Result<f64> {
    let mut connections = Vec::new();
    for _ in 0..CONNECTIONS {
        connections.push(Connection::open(address).await?);
    }
    let begun = Instant::now();
    let until = begun + time;
    let asking: Vec<_> = connections
        .into_iter()
        .map(|connection| tokio::spawn(ask(connection, request.to_vec(), until)))
        .collect();
    let mut answers = 0;
    for one in asking {
        answers += one.await??;
    }
    Ok(answers as f64 / begun.elapsed().as_secs_f64())
}

async fn ask(mut connection: Connection, request: Vec<u8>, until: Instant) -> Result<u64> {
    let mut answers = 0;
    while Instant::now() < until {
        let answer = connection.exchange(&request).await?;
        ensure!(answer.status == 200, "answered {}", answer.status);
        answers += 1;
    }
    Ok(answers)
}
