//! Printing: lines, tables and JSON on stdout, remarks on stderr.
//!
//! A closed stdout is an ordinary end (`| head`), so every print can fail and nothing here panics.

use std::io::{self, Write};

use anyhow::Result;
use chrono::{DateTime, Local};
use drydock_core::tag::ParseError;
use serde::Serialize;

/// Prints one line.
pub(crate) fn line(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    writeln!(stdout, "{text}")?;
    Ok(())
}

/// Prints text as it is, at once.
pub(crate) fn raw(text: &str) -> Result<()> {
    let mut stdout = io::stdout().lock();
    stdout.write_all(text.as_bytes())?;
    stdout.flush()?;
    Ok(())
}

/// Prints a value for programs, indented for people.
pub(crate) fn json(value: &impl Serialize) -> Result<()> {
    line(&serde_json::to_string_pretty(value)?)
}

/// Prints a value for programs as one line of a stream.
pub(crate) fn json_line(value: &impl Serialize) -> Result<()> {
    line(&serde_json::to_string(value)?)
}

/// Says something on stderr. A stderr that is closed has nobody to tell, so its errors are dropped.
pub(crate) fn note(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// Prints rows under a heading, columns aligned.
pub(crate) fn table(heading: &[&str], rows: &[Vec<String>]) -> Result<()> {
    let mut text = String::new();
    let heading: Vec<String> = heading.iter().map(|&cell| cell.to_owned()).collect();
    let rows: Vec<Vec<String>> = std::iter::once(&heading)
        .chain(rows)
        .map(|row| row.iter().map(|cell| plain(cell)).collect())
        .collect();
    let widths: Vec<usize> = (0..heading.len())
        .map(|column| {
            rows.iter()
                .filter_map(|row| row.get(column))
                .map(|cell| cell.chars().count())
                .max()
        })
        .map(Option::unwrap_or_default)
        .collect();
    for row in &rows {
        let mut line = String::new();
        for (cell, &width) in row.iter().zip(&widths) {
            line.push_str(cell);
            line.extend(std::iter::repeat_n(' ', width - cell.chars().count() + 2));
        }
        text.push_str(line.trim_end());
        text.push('\n');
    }
    raw(&text)
}

/// Prints names with their values, one a line.
pub(crate) fn fields(fields: &[(&str, String)]) -> Result<()> {
    let width = fields
        .iter()
        .map(|(name, _)| name.chars().count())
        .max()
        .unwrap_or_default();
    let mut text = String::new();
    for (name, value) in fields {
        let mut line = format!("{name:width$}  ");
        line.push_str(&plain(value));
        text.push_str(line.trim_end());
        text.push('\n');
    }
    raw(&text)
}

/// Some fields of an answer, as a row; what is no text is empty.
pub(crate) fn texts(value: &serde_json::Value, fields: &[&str]) -> Vec<String> {
    let text = |field: &&str| value[*field].as_str().unwrap_or_default().to_owned();
    fields.iter().map(text).collect()
}

/// So many of a thing, whose plural has an s.
pub(crate) fn counted(count: u64, thing: &str) -> String {
    if count == 1 {
        format!("1 {thing}")
    } else {
        format!("{count} {thing}s")
    }
}

/// Lines for what was left out: each for itself, at most so many of them, then how many more there are.
pub(crate) fn left_out(what: &[String], most: usize) -> Vec<String> {
    let mut lines: Vec<_> = what
        .iter()
        .take(most)
        .map(|what| format!("left out: {what}"))
        .collect();
    if what.len() > most {
        lines.push(format!("left out: {} more", what.len() - most));
    }
    lines
}

/// Where code does not parse, as editors and terminals make a link of it, and why.
pub(crate) fn parse_error(error: &ParseError) -> String {
    let numbers = [error.line, error.line.and(error.column)];
    let place: Vec<_> = std::iter::once(error.file.clone())
        .chain(numbers.into_iter().flatten().map(|number| number.to_string()))
        .collect();
    plain(&format!(
        "{}  {}",
        place.join(":"),
        error.message.replace('\n', " ")
    ))
}

/// Text without control characters: a name must not move the cursor or recolour the terminal.
pub(crate) fn plain(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() {
                char::REPLACEMENT_CHARACTER
            } else {
                c
            }
        })
        .collect()
}

/// A time in the user's own time zone; 0 is no time.
pub(crate) fn time_of_millis(at_ms: i64) -> String {
    match DateTime::from_timestamp_millis(at_ms) {
        Some(at) if at_ms != 0 => at.with_timezone(&Local).format("%Y-%m-%d %H:%M:%S").to_string(),
        _ => "-".to_owned(),
    }
}

/// The time of day, likewise.
pub(crate) fn clock_of_millis(at_ms: i64) -> String {
    DateTime::from_timestamp_millis(at_ms).map_or_else(
        || "--:--:--".to_owned(),
        |at| at.with_timezone(&Local).format("%H:%M:%S").to_string(),
    )
}

/// The same for the API's whole seconds.
pub(crate) fn time_of_secs(at_secs: i64) -> String {
    time_of_millis(at_secs.saturating_mul(1000))
}

/// A size in the unit that shows it with one to three digits before the point.
pub(crate) fn size(bytes: u64) -> String {
    let units = ["B", "kB", "MB", "GB"];
    let mut value = bytes as f64;
    let mut unit = 0;
    while value >= 999.95 && unit + 1 < units.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{bytes} B")
    } else {
        format!("{value:.1} {}", units[unit])
    }
}

/// Whether the error is that nobody reads stdout any more.
pub(crate) fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_have_few_digits() {
        let sizes = [0, 999, 1000, 30_000_000, 999_999, 5_000_000_000_000];
        assert_eq!(
            sizes.map(size),
            ["0 B", "999 B", "1.0 kB", "30.0 MB", "1.0 MB", "5000.0 GB"]
        );
    }

    #[test]
    fn an_error_has_as_much_of_a_place_as_is_known() {
        let error = |line, column| ParseError {
            file: "a/b.js".to_owned(),
            line,
            column,
            message: "no\nway".to_owned(),
        };
        assert_eq!(parse_error(&error(Some(3), Some(5))), "a/b.js:3:5  no way");
        assert_eq!(parse_error(&error(Some(3), None)), "a/b.js:3  no way");
        assert_eq!(parse_error(&error(None, Some(5))), "a/b.js  no way");
    }

    #[test]
    fn control_characters_do_not_reach_the_terminal() {
        assert_eq!(plain("a\u{1b}[2Jb\n"), "a\u{FFFD}[2Jb\u{FFFD}");
    }

    #[test]
    fn only_a_closed_pipe_is_a_quiet_end() {
        let closed = anyhow::Error::from(io::Error::from(io::ErrorKind::BrokenPipe));
        assert!(is_closed_pipe(&closed));
        assert!(!is_closed_pipe(&anyhow::Error::from(io::Error::from(
            io::ErrorKind::NotFound
        ))));
        assert!(!is_closed_pipe(&anyhow::anyhow!("broken pipe")));
    }
}
