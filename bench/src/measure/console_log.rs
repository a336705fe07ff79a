//! The console's page while a function writes a thousand lines a second: the longest task of its main thread, in a
//! headless Chromium, as the browser itself tells them (`longtask`, from 50 ms on). And what it takes to open a log of ten
//! megabytes, and to search it.
//!
//! It drives the scenario of the console's tests, so needs what those need. An absolute figure without a reference: how
//! long a browser is away counts, not compared to what.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::process::Command;

use super::{Outcome, Run};
use crate::functions::NODE_LOG;
use crate::server::{Folder, Server};
use crate::statistics::{Round, Side};

/// The log's ten seconds, and opening, searching and copying ten megabytes.
const LIMIT: Duration = Duration::from_secs(120);

pub(super) async fn measure(run: &Run) -> Result<Outcome> {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests");
    if !tests.join("sdk/node_modules/playwright-core").exists() {
        let why = "needs playwright-core and a Chromium: scripts/setup test";
        return Ok(Outcome::NotMeasured(why.to_owned()));
    }
    let mut rounds = Vec::new();
    let mut seen = Vec::new();
    for _ in 0..run.pick(5, 1) {
        let folder = Folder::new(&run.place)?;
        let server = Server::start(&run.product, &folder, &[]).await?;
        server.deploy(&NODE_LOG).await?;
        let scenario = tests.join("console/scenarios/log_live.mjs");
        let mut command = Command::new("node");
        command
            .arg(scenario)
            .envs(server.console_environment().await?)
            .env("FUNCTION_ID", NODE_LOG.name)
            .env("SCREENSHOTS", &run.place)
            .env("LIVE_SECS", run.pick("10", "3"))
            .stdin(Stdio::null())
            .kill_on_drop(true);
        let output = tokio::time::timeout(LIMIT, command.output())
            .await
            .context("the browser takes too long")??;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.success(), "the scenario fails: {said}");
        let told: Value = serde_json::from_slice(&output.stdout)?;
        rounds.push(Round {
            ours: Side::plain(longest(&told["liveTasksMs"])),
            reference: None,
        });
        seen.push(told);
        server.stop().await?;
    }
    let each = |what: fn(&Value) -> f64| -> String {
        let figures: Vec<_> = seen.iter().map(|told| format!("{:.0}", what(told))).collect();
        figures.join(", ")
    };
    let notes = vec![
        "0 is no task of 50 ms or more".to_owned(),
        format!(
            "10 MB that are over: opened in {} ms, longest task {}",
            each(|told| told["openMs"].as_f64().unwrap_or(f64::NAN)),
            each(|told| longest(&told["openTasksMs"]))
        ),
        format!(
            "searched in {} ms, longest task {}; copied with a longest task of {}",
            each(|told| told["searchMs"].as_f64().unwrap_or(f64::NAN)),
            each(|told| longest(&told["searchTasksMs"])),
            each(|told| longest(&told["copyTasksMs"]))
        ),
    ];
    Ok(Outcome::Measured { rounds, notes })
}

/// The longest of them; 0 where there is none.
fn longest(tasks: &Value) -> f64 {
    let tasks = tasks.as_array().into_iter().flatten();
    tasks.filter_map(Value::as_f64).fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    #[expect(clippy::float_cmp, reason = "it is one of those that were given")]
    fn the_longest_task_counts_and_none_is_none() {
        assert_eq!(longest(&json!([61, 94.5, 70])), 94.5);
        assert_eq!(longest(&json!([])), 0.0);
    }
}
