//! `drydock schedules`: when a CRON schedule is due. Needs no server.

use std::process::ExitCode;

use anyhow::Result;
use chrono::{DateTime, Local, TimeZone, Utc};
use clap::{Args, Subcommand};
use drydock_core::clock::{Clock as _, SystemClock, Timestamp};
use drydock_core::schedule::Schedule;
use serde_json::json;

use super::{JsonFlag, UsageError, output};

/// With the weekday, which is what a mistake in a schedule is seen by.
const TIME: &str = "%a %Y-%m-%d %H:%M";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Print when a schedule is due next, in local time and in UTC, which schedules are in
    Next(NextArguments),
}

#[derive(Debug, Args)]
pub(crate) struct NextArguments {
    /// CRON's five fields in quotes, such as '0 9 * * MON-FRI', or a macro such as @hourly
    #[arg(value_name = "CRON", allow_hyphen_values = true)]
    expression: String,
    /// How many
    #[arg(long, default_value_t = 5, value_name = "NUMBER", value_parser = clap::value_parser!(u8).range(1..=50))]
    count: u8,
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) fn run(command: &Command) -> Result<ExitCode> {
    let Command::Next(arguments) = command;
    let schedule =
        Schedule::parse("schedule", &arguments.expression).map_err(|error| UsageError(error.to_string()))?;
    let runs: Vec<_> = schedule
        .runs_after(SystemClock.now())
        .take(arguments.count.into())
        .map(Timestamp::millis)
        .collect();
    if arguments.json.json {
        output::json(&json!({ "words": schedule.words(), "next": runs }))?;
    } else if runs.is_empty() {
        output::line("never: no month has such a day")?;
    } else {
        let rows: Vec<_> = runs.iter().map(|&at_ms| row(at_ms, &Local)).collect();
        output::table(&["LOCAL TIME", "UTC"], &rows)?;
    }
    Ok(ExitCode::SUCCESS)
}

fn row<Zone: TimeZone<Offset: std::fmt::Display>>(at_ms: i64, local: &Zone) -> Vec<String> {
    let Some(at) = DateTime::<Utc>::from_timestamp_millis(at_ms) else {
        // Beyond any calendar.
        return vec![String::new(), String::new()];
    };
    vec![
        at.with_timezone(local).format(TIME).to_string(),
        at.format(TIME).to_string(),
    ]
}

#[cfg(test)]
mod tests {
    use chrono::FixedOffset;

    use super::*;

    #[test]
    fn a_run_has_the_weekday_of_each_side() {
        let tokyo = FixedOffset::east_opt(9 * 60 * 60);
        let row = tokyo.map(|tokyo| row(1_767_222_000_000, &tokyo));
        let wanted = ["Thu 2026-01-01 08:00", "Wed 2025-12-31 23:00"];
        assert_eq!(row, Some(wanted.map(str::to_owned).to_vec()));
    }
}
