//! How `dev` looks: what is told, as lines for a terminal or for a file.
//!
//! Pure: nothing is asked or printed here.

use std::fmt::Write as _;
use std::io::IsTerminal as _;
use std::path::Path;

use crate::cli::client::Client;
use crate::cli::linking::{LinkedFolder, LinkedFunction};
use crate::cli::output::{clock_of_millis, counted, left_out, parse_error, plain, size};
use crate::cli::wire::{ChangedFile, ExecutionRow, LastChange, LinkRow};
use crate::http::VERSION;

/// So many changed files, parse errors and left-out files are named in one go; a checkout may change thousands.
const MAX_NAMED: usize = 5;

const ESCAPE: char = '\u{1b}';
/// Ends all colours.
const RESET: &str = "\u{1b}[0m";

/// What the keys do.
const KEYS: &str = "Enter executes   r replays the last execution   e edits the data and executes   q quits";

/// Colours by their numbers in the terminal, so that they are those of the user's theme.
#[derive(Debug, Clone, Copy)]
enum Paint {
    Bold,
    Dim,
    Red,
    Green,
    Yellow,
}

/// How things are shown.
#[derive(Debug, Clone, Copy)]
pub(super) struct View {
    pub(super) has_colours: bool,
    /// Whether a person's terminal shows it.
    pub(super) is_terminal: bool,
    /// Whether each line says which function it is about.
    pub(super) names_functions: bool,
}

/// What is said first.
pub(super) struct Heading<'a> {
    pub(super) client: &'a Client,
    pub(super) project: &'a str,
    /// As they are written after another command, to reach the same server and project.
    pub(super) flags: &'a str,
    pub(super) data_dir: &'a Path,
    /// Whether the server ends with us.
    pub(super) is_ours: bool,
    pub(super) console_link: &'a str,
    pub(super) key: Option<&'a str>,
    pub(super) folder: &'a LinkedFolder,
    pub(super) has_keys: bool,
}

impl View {
    /// As stdout and the user want it.
    pub(super) fn of_this_process(names_functions: bool) -> Self {
        let is_set = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
        let is_dumb = std::env::var_os("TERM").is_some_and(|value| value == "dumb");
        let is_terminal = std::io::stdout().is_terminal();
        Self {
            is_terminal,
            has_colours: is_terminal && !is_set("NO_COLOR") && !is_dumb,
            names_functions,
        }
    }

    /// What is linked, where the server is, and how to call it.
    pub(super) fn heading(self, heading: &Heading<'_>) -> String {
        let server = heading.client.server();
        let ends = if heading.is_ours {
            "ends with this command".to_owned()
        } else {
            format!("of pid {}", server.pid)
        };
        let mut text = format!("{} {VERSION}\n\n", self.paint(Paint::Bold, "Drydock"));
        let mut field = |name: &str, value: &str| {
            let _ = writeln!(text, "  {name:9} {value}");
        };
        field("Server", &format!("{}, {ends}", server.endpoint));
        field("Data in", &heading.data_dir.display().to_string());
        field(
            "Console",
            &format!("{}  (works once, for 10 minutes)", heading.console_link),
        );
        field(
            "API key",
            &match heading.key {
                Some(key) => format!("export KEY={key}"),
                None => format!(
                    "none that may execute: `drydock keys create --name NAME{}` makes one",
                    heading.flags
                ),
            },
        );
        if let Some(file) = &heading.folder.declared_in {
            field("Read", &plain(file));
        }
        for linked in &heading.folder.functions {
            text.push('\n');
            self.push_function(&mut text, linked, heading);
        }
        for notice in &heading.folder.notices {
            let _ = writeln!(
                text,
                "\n  {} {}",
                self.paint(Paint::Yellow, "note:"),
                plain(notice)
            );
        }
        if heading.has_keys {
            let _ = writeln!(text, "\n  {}", self.paint(Paint::Dim, KEYS));
        }
        text.push('\n');
        text
    }

    fn push_function(self, text: &mut String, linked: &LinkedFunction, heading: &Heading<'_>) {
        let id = &linked.row.function_id;
        let mut field = |name: &str, value: &str, why: &str| {
            let why = if why.is_empty() {
                String::new()
            } else {
                self.paint(Paint::Dim, &format!("  ({})", plain(why)))
            };
            let _ = writeln!(text, "  {name:9} {}{why}", plain(value));
        };
        let made = if linked.is_new { "made now" } else { "" };
        let changed = match linked.changed.as_slice() {
            [] => made.to_owned(),
            changed => format!("others now, as declared: {}", changed.join(", ")),
        };
        field("Function", id, &changed);
        field("Folder", &linked.row.folder, "");
        field("Runtime", &linked.runtime.value, &linked.runtime.why);
        field("Command", &linked.command.value, &linked.command.why);
        let endpoint = &heading.client.server().endpoint;
        let project = heading.project;
        field(
            "Call it",
            &format!(
                "curl {endpoint}/functions/{id}/executions -H 'X-Appwrite-Project: {project}' -H \"X-Appwrite-Key: $KEY\" \
                 -H 'Content-Type: application/json' -d '{{\"data\":\"\"}}'"
            ),
            "",
        );
        field(
            "by SDK",
            &format!(
                "new sdk.Functions(new sdk.Client().setEndpoint('{endpoint}').setProject('{project}')\
                 .setKey(process.env.KEY)).createExecution('{id}', '')"
            ),
            "",
        );
        let flags = heading.flags;
        field("or", &format!("drydock exec {id} --wait{flags}"), "");
    }

    /// What the keys do.
    pub(super) fn keys(self) -> String {
        format!("  {}\n", self.paint(Paint::Dim, KEYS))
    }

    /// How it is with the folder, where that has changed.
    pub(super) fn state(self, at_ms: i64, row: &LinkRow) -> String {
        let (paint, text) = match row.state.as_str() {
            "watching" | "polling" => {
                let (files, size) = (counted(row.files, "file"), size(row.size_bytes));
                let how = if row.state == "polling" {
                    ", by looking again and again"
                } else {
                    ""
                };
                (Paint::Dim, format!("watching {files}, {size}{how}"))
            }
            "missing" => (
                Paint::Yellow,
                format!("{} is gone: the last code stays live", row.folder),
            ),
            "unreadable" => (
                Paint::Yellow,
                format!("{} cannot be taken: the last code stays live", row.folder),
            ),
            other => (Paint::Dim, other.to_owned()),
        };
        let mut lines = self.line(at_ms, &row.function_id, &self.paint(paint, &plain(&text)));
        if let Some(notice) = row.notice.as_ref().filter(|_| row.state != "missing") {
            lines.push_str(&below(&self.paint(Paint::Yellow, &plain(notice))));
        }
        lines
    }

    /// What is no part of the code though no rule leaves it out.
    pub(super) fn left_out(self, row: &LinkRow) -> String {
        left_out(&row.left_out_in_words(), MAX_NAMED)
            .iter()
            .map(|line| below(&self.paint(Paint::Yellow, &plain(line))))
            .collect()
    }

    /// A save and what became of it.
    pub(super) fn change(self, function: &str, last: &LastChange) -> String {
        let files = changed_files(&last.files, last.file_count);
        let mut lines = if last.is_live() {
            let live = self.paint(Paint::Green, "live");
            let took = match last.took_ms {
                0 => String::new(),
                ms => format!(" in {ms} ms"),
            };
            let tag = self.paint(Paint::Dim, &format!("tag {}", last.tag_id));
            self.line(last.at_ms, function, &format!("{live}{took}  {files}  {tag}"))
        } else {
            let what = self.paint(Paint::Red, "does not parse, the last good code stays live");
            self.line(last.at_ms, function, &format!("{what}  {files}"))
        };
        for error in last.errors.iter().take(MAX_NAMED) {
            lines.push_str(&below(&self.paint(Paint::Red, &parse_error(error))));
        }
        let more = last.errors.len().saturating_sub(MAX_NAMED);
        if more > 0 {
            lines.push_str(&below(&self.paint(Paint::Red, &format!("and {more} more"))));
        }
        if let Some(notice) = &last.notice {
            lines.push_str(&below(&self.paint(Paint::Yellow, &plain(notice))));
        }
        lines
    }

    /// An execution as far as it has come.
    pub(super) fn run(self, row: &ExecutionRow) -> String {
        let at_ms = row.ended_at_ms.unwrap_or(row.queued_at_ms);
        let id = self.paint(Paint::Dim, &row.id);
        let by = if row.replay_of.is_some() {
            "replay"
        } else {
            &row.trigger
        };
        let text = match row.status.as_str() {
            "completed" => {
                let status = self.paint(Paint::Green, "completed");
                format!("{status}  {}  by {by}  {id}", duration(row.duration_secs))
            }
            "failed" => {
                let status = self.paint(Paint::Red, &format!("failed, exit code {}", row.exit_code));
                format!("{status}  {}  by {by}  {id}", duration(row.duration_secs))
            }
            _ => format!("running  by {by}  {id}"),
        };
        self.line(at_ms, &row.function_id, &text)
    }

    /// A line of output, marked with which. In a terminal its own colours stay, and end with it; nothing else of it may
    /// move the cursor or change the terminal. A file gets it as it is.
    pub(super) fn output(self, line: &str) -> String {
        let line = if self.is_terminal {
            harmless(line)
        } else {
            line.to_owned()
        };
        let end = if self.is_terminal && line.contains(ESCAPE) {
            RESET
        } else {
            ""
        };
        let painted = match line.strip_prefix("err | ") {
            Some(text) => format!("{}{text}", self.paint(Paint::Red, "err | ")),
            None => line,
        };
        format!("{:10}{painted}{end}\n", "")
    }

    /// Something that the user should know.
    pub(super) fn note(self, at_ms: i64, function: &str, text: &str) -> String {
        self.line(at_ms, function, &self.paint(Paint::Yellow, &plain(text)))
    }

    /// Something that did not work.
    pub(super) fn error(self, at_ms: i64, text: &str) -> String {
        let text = self.paint(Paint::Red, &plain(&format!("error: {text}")));
        format!("{}  {text}\n", self.paint(Paint::Dim, &clock_of_millis(at_ms)))
    }

    fn line(self, at_ms: i64, function: &str, text: &str) -> String {
        let clock = self.paint(Paint::Dim, &clock_of_millis(at_ms));
        if self.names_functions {
            format!("{clock}  {}  {text}\n", self.paint(Paint::Bold, function))
        } else {
            format!("{clock}  {text}\n")
        }
    }

    fn paint(self, paint: Paint, text: &str) -> String {
        if !self.has_colours {
            return text.to_owned();
        }
        let code = match paint {
            Paint::Bold => 1,
            Paint::Dim => 2,
            Paint::Red => 31,
            Paint::Green => 32,
            Paint::Yellow => 33,
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }
}

/// What stays when we are gone.
pub(super) fn end(functions: &[String], flags: &str) -> String {
    let ends: Vec<_> = functions
        .iter()
        .map(|id| format!("`drydock unlink {id}{flags}`"))
        .collect();
    match ends.as_slice() {
        [] => String::new(),
        [end] => format!("The folder stays linked; {end} ends that.\n"),
        ends => format!("The folders stay linked; {} end that.\n", ends.join(", ")),
    }
}

/// A line of what the one above began.
fn below(text: &str) -> String {
    format!("{:10}{text}\n", "")
}

/// A line with colours and tabs, and without whatever else would be no text.
fn harmless(line: &str) -> String {
    let mut shown = String::with_capacity(line.len());
    let mut rest = line;
    while let Some(at) = rest.find(|c: char| c.is_control() && c != '\t') {
        shown.push_str(&rest[..at]);
        rest = &rest[at..];
        match colour(rest) {
            Some(end) => {
                shown.push_str(&rest[..end]);
                rest = &rest[end..];
            }
            None => {
                shown.push(char::REPLACEMENT_CHARACTER);
                let first = rest.chars().next().map_or(0, char::len_utf8);
                rest = &rest[first..];
            }
        }
    }
    shown.push_str(rest);
    shown
}

/// How long the colour is that `text` begins with: `ESC [`, numbers, `m`.
fn colour(text: &str) -> Option<usize> {
    let numbers = text.strip_prefix("\u{1b}[")?;
    let end = numbers.find(|c: char| !(c.is_ascii_digit() || c == ';' || c == ':'))?;
    numbers[end..].starts_with('m').then_some(2 + end + 1)
}

fn changed_files(files: &[ChangedFile], count: usize) -> String {
    let named: Vec<_> = files
        .iter()
        .take(MAX_NAMED)
        .map(|file| {
            let sign = match file.change.as_str() {
                "added" => "+",
                "removed" => "-",
                _ => "",
            };
            format!("{sign}{}", plain(&file.path))
        })
        .collect();
    let mut text = named.join(", ");
    if count > named.len() {
        let more = format!(" and {} more", count - named.len());
        text.push_str(&more);
    }
    if text.is_empty() {
        "as it was".to_owned()
    } else {
        text
    }
}

/// In the unit that shows it with few digits.
fn duration(secs: f64) -> String {
    if secs < 1.0 {
        format!("{:.0} ms", secs * 1000.0)
    } else {
        format!("{secs:.1} s")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const PLAIN: View = View {
        has_colours: false,
        is_terminal: false,
        names_functions: false,
    };

    fn last(outcome: &str, files: &[(&str, &str)], count: usize, errors: Value) -> LastChange {
        let files: Vec<_> = files
            .iter()
            .map(|(path, change)| json!({ "path": path, "change": change }))
            .collect();
        serde_json::from_value(json!({
            "atMs": 0, "tagId": "t1", "outcome": outcome, "files": files, "fileCount": count, "tookMs": 71,
            "notice": null, "errors": errors,
        }))
        .unwrap()
    }

    fn run(status: &str, exit_code: i32) -> ExecutionRow {
        serde_json::from_value(json!({
            "id": "e1", "functionId": "f", "tagId": "t1", "trigger": "http", "status": status, "exitCode": exit_code,
            "queuedAtMs": 0, "endedAtMs": null, "durationSecs": 0.0234, "sameVariables": null, "replayOf": null,
            "record": {},
        }))
        .unwrap()
    }

    /// Without the time of day, which depends on where the test runs.
    fn shown(text: &str) -> String {
        text.lines()
            .map(|line| line.get(10..).unwrap_or(line))
            .collect::<Vec<_>>()
            .join("\n")
    }

    #[test]
    fn a_save_names_what_changed_and_how_long_it_took() {
        let files = [("a.js", "changed"), ("b.js", "added"), ("c.js", "removed")];
        let text = PLAIN.change("f", &last("active", &files, 9, json!([])));
        assert_eq!(
            shown(&text),
            "live in 71 ms  a.js, +b.js, -c.js and 6 more  tag t1"
        );
    }

    #[test]
    fn code_that_does_not_parse_says_where() {
        let errors = json!([{ "file": "a.js", "line": 3, "column": 5, "message": "Unexpected token" }, {
            "file": "b.py", "line": 7, "column": null, "message": "invalid syntax" }]);
        let text = PLAIN.change("f", &last("does-not-parse", &[("a.js", "changed")], 1, errors));
        assert_eq!(
            shown(&text),
            "does not parse, the last good code stays live  a.js\na.js:3:5  Unexpected token\nb.py:7  invalid syntax"
        );
    }

    #[test]
    fn an_execution_is_one_line() {
        assert_eq!(
            shown(&PLAIN.run(&run("completed", 0))),
            "completed  23 ms  by http  e1"
        );
        assert_eq!(
            shown(&PLAIN.run(&run("failed", 3))),
            "failed, exit code 3  23 ms  by http  e1"
        );
        let named = View {
            names_functions: true,
            ..PLAIN
        };
        assert_eq!(
            shown(&named.run(&run("processing", 0))),
            "f  running  by http  e1"
        );
    }

    #[test]
    fn colours_are_for_terminals_and_a_functions_own_end_with_the_line() {
        let colours = View {
            has_colours: true,
            is_terminal: true,
            ..PLAIN
        };
        assert_eq!(PLAIN.output("err | x"), "          err | x\n");
        assert!(colours.output("err | x").contains("\u{1b}[31merr | \u{1b}[0mx"));
        assert!(
            colours
                .output("out | \u{1b}[34mblue")
                .ends_with("blue\u{1b}[0m\n")
        );
        assert!(colours.run(&run("failed", 1)).contains("\u{1b}[31mfailed"));
        let uncoloured = View {
            has_colours: false,
            ..colours
        };
        assert!(
            uncoloured
                .output("out | \u{1b}[1;38:5:3mx")
                .ends_with("\u{1b}[1;38:5:3mx\u{1b}[0m\n")
        );
    }

    #[test]
    fn output_does_not_take_over_the_terminal() {
        let terminal = View {
            is_terminal: true,
            ..PLAIN
        };
        let shown = terminal.output("out | \u{1b}[?1049h\u{1b}]0;title\u{7}\ta\rb\u{1b}[2J\u{1b}[31mred");
        assert_eq!(
            shown.trim_start(),
            "out | \u{FFFD}[?1049h\u{FFFD}]0;title\u{FFFD}\ta\u{FFFD}b\u{FFFD}[2J\u{1b}[31mred\u{1b}[0m\n"
        );
        // A file gets what was written.
        assert!(PLAIN.output("out | \u{1b}[2J").contains("\u{1b}[2J"));
    }

    #[test]
    fn names_of_files_do_not_move_the_cursor() {
        let text = PLAIN.change("f", &last("active", &[("a\u{1b}[2J", "changed")], 1, json!([])));
        assert!(!text.contains('\u{1b}'), "{text:?}");
    }
}
