//! Measures a build of Drydock side by side with what it is compared to, and says whether its goals hold.
//!
//! Owns: the command line, the order of measurements, and that nothing is left behind when it is interrupted.
//! Must not: depend on a crate of the product.
// Its output is what it is for.
#![allow(clippy::print_stdout, clippy::print_stderr)]
// In tests figures are exact, and a missing one is the failure.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::float_cmp))]

#[path = "../../tests/support/engine.rs"]
#[allow(dead_code, unreachable_pub, clippy::unwrap_used)] // As the tests use it.
mod engine;
mod fill;
mod functions;
mod hello;
mod http;
mod linked;
mod live;
mod machine;
mod measure;
mod product;
mod report;
mod server;
mod statistics;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};
use tokio::signal::unix::{SignalKind, signal};

use crate::measure::{Measurement, Run};
use crate::product::Product;
use crate::report::Entry;

/// No measurement takes longer, filling a database on a slow disk included.
const LIMIT: Duration = Duration::from_secs(30 * 60);

/// Measures Drydock side by side with what it is compared to.
#[derive(Debug, Parser)]
#[command(name = "bench", bin_name = "scripts/bench")]
struct Options {
    /// What to measure; all of it by default
    #[arg(value_name = "NAME")]
    names: Vec<Measurement>,
    /// The binary to measure
    #[arg(long, value_name = "FILE", default_value = "target/release/drydock")]
    drydock: PathBuf,
    /// Less of everything: to see that it works, not to decide by
    #[arg(long)]
    quick: bool,
    /// Exit with 1 when something that was measured misses its must
    #[arg(long)]
    check: bool,
    /// A variable for the environment of every server; may be repeated
    #[arg(long = "env", value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,
    /// Where the figures go
    #[arg(
        long,
        value_name = "FILE",
        overrides_with = "json",
        default_value = "target/bench/latest.json"
    )]
    json: PathBuf,
    /// Be the bare server that the API is compared to
    #[arg(long, hide = true)]
    serve_hello: bool,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("not NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

#[tokio::main]
async fn main() -> ExitCode {
    let options = Options::parse();
    if options.serve_hello {
        return match hello::serve().await {
            Ok(()) => ExitCode::SUCCESS,
            Err(_) => ExitCode::FAILURE,
        };
    }
    let ended = tokio::select! {
        ended = measure_all(&options) => ended,
        // Servers and folders go with the future that is dropped here.
        () = interrupted() => Err(anyhow::anyhow!("interrupted")),
    };
    match ended {
        Ok(code) => code,
        Err(error) => {
            eprintln!("bench: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn interrupted() {
    let (Ok(mut interrupt), Ok(mut terminate)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => {}
        _ = terminate.recv() => {}
    }
}

async fn measure_all(options: &Options) -> Result<ExitCode> {
    let folder = tempfile::Builder::new().prefix("drydock-bench-").tempdir()?;
    let product = Product::ask(&options.drydock, &options.env, folder.path())?;
    let cores = std::thread::available_parallelism()?.get();
    let machine = machine::facts(cores);
    let versions = machine::versions(&product.version);
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("unknown").to_owned();
    println!(
        "{}, {cores} cores, {}, {}, node {}, load {}",
        text(&versions["drydock"]),
        text(&machine["cpu"]),
        text(&machine["kernel"]),
        text(&versions["node"]),
        text(&machine["loadBefore"]),
    );
    if options.quick {
        println!("Quick: these figures show that it works and decide nothing.");
    }
    for name in &product.left_out {
        println!("Left out: {name}, a setting that this build does not have.");
    }
    println!("\n{}", report::heading());

    let run = Run {
        product,
        quick: options.quick,
        place: folder.path().to_owned(),
        cores,
    };
    let names = if options.names.is_empty() {
        Measurement::value_variants()
    } else {
        &options.names
    };
    let mut entries = Vec::new();
    for &measurement in names {
        let outcome = match tokio::time::timeout(LIMIT, measurement.run(&run)).await {
            Ok(outcome) => outcome.map_err(|error| format!("{error:#}")),
            Err(_) => Err(format!("not over within {} s", LIMIT.as_secs())),
        };
        let entry = Entry { measurement, outcome };
        println!("{}", entry.line());
        entries.push(entry);
    }

    let at_ms = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    let json = report::json(at_ms, options.quick, &machine, &versions, &entries);
    if let Some(parent) = options.json.parent() {
        std::fs::create_dir_all(parent)?;
    }
    let file = options.json.display();
    std::fs::write(&options.json, format!("{json:#}\n")).with_context(|| format!("{file}"))?;
    println!("\nEvery round: {file}");

    Ok(if entries.iter().any(|entry| entry.outcome.is_err()) {
        ExitCode::from(2)
    } else if options.check && entries.iter().any(Entry::missed) {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    })
}
