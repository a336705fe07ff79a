//! How each language is asked which files do not parse.
//!
//! Owns: the table of languages, their checkers (one small program in each language, given as an argument) and
//! the command that asks. Must not: run anything. No checker may execute what it reads, nor have the interpreter read
//! settings from the tag's folder: Bun's and Deno's can name code to be run.

use drydock_core::runtime::Runtime;

use crate::command;
use crate::interpreters::known::{self, Family};

/// A language whose files can be checked.
#[derive(Debug)]
pub(super) struct Language {
    pub(super) family: &'static Family,
    row: &'static Row,
    pub(super) says: Says,
}

#[derive(Debug)]
struct Row {
    family: &'static str,
    extensions: &'static [&'static str],
    /// What stands before the files. Those that print a JSON object of ours have their checker here; an interpreter
    /// that would not know `-e` and take the first file for its program was not found either, since it is asked for
    /// its version by that.
    arguments: &'static [&'static str],
    says: Says,
}

/// The form of its answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Says {
    /// Our own.
    Places,
    /// Our own with messages of Ruby's, which hold the line.
    RubyMessages,
    /// That of `deno lint --json`.
    DenoLint,
}

#[rustfmt::skip]
static ROWS: &[Row] = &[
    Row { family: "node", extensions: &["js", "cjs", "mjs", "json"], says: Says::Places,
        arguments: &["--experimental-vm-modules", "--expose-internals", "--no-warnings", "-e",
            include_str!("scripts/node.js"), "--"] },
    // Without `site`, its own variables and the current folder on its path it starts in half the time, and reads
    // nothing of the tag's.
    Row { family: "python", extensions: &["py"], says: Says::Places,
        arguments: &["-I", "-S", "-B", "-c", include_str!("scripts/python.py")] },
    Row { family: "php", extensions: &["php"], says: Says::Places,
        arguments: &["-n", "-d", "display_errors=stderr", "-d", "memory_limit=-1", "-r",
            concat!("?>", include_str!("scripts/php.php")), "--"] },
    Row { family: "ruby", extensions: &["rb"], says: Says::RubyMessages,
        arguments: &["--disable-all", "-W0", "-e", include_str!("scripts/ruby.rb"), "--"] },
    // The setting keeps it from reading a bunfig.toml, whose `preload` it would run.
    Row { family: "bun", extensions: &["js", "cjs", "mjs", "jsx", "ts", "cts", "mts", "tsx"], says: Says::Places,
        arguments: &["--config=/dev/null", "-e", include_str!("scripts/bun.js"), "--"] },
    // Its linter parses and needs no network; of its rules only one is on, since none cannot be said. The settings of a
    // deno.json may name plugins, which it would run.
    Row { family: "deno", extensions: &["js", "cjs", "mjs", "jsx", "ts", "cts", "mts", "tsx"], says: Says::DenoLint,
        arguments: &["lint", "--no-config", "--json", "--rules-tags=", "--rules-include=no-debugger"] },
];

impl Language {
    /// That of the interpreter which `command` names, else of the runtime; `None` where there is nothing to ask.
    pub(super) fn of(command: &str, runtime: &Runtime) -> Option<Self> {
        let named = program_of(command).and_then(|program| known::family_of_program(&program));
        let family = named.or_else(|| known::family(runtime.family()))?;
        let row = ROWS.iter().find(|row| row.family == family.name)?;
        Some(Self {
            family,
            row,
            says: row.says,
        })
    }

    /// Whether files with this extension are its sources.
    pub(super) fn has(&self, extension: &str) -> bool {
        self.row.extensions.contains(&extension)
    }

    /// The command that asks about `files`, with the interpreter that `command` would have.
    pub(super) fn words(&self, command: &str, files: &[&str]) -> String {
        let named = program_of(command).filter(|program| known::family_of_program(program).is_some());
        let program = named.unwrap_or_else(|| self.family.programs[0].to_owned());
        let words = [program.as_str()]
            .into_iter()
            .chain(self.row.arguments.iter().copied());
        // One may begin with a dash.
        let files = files.iter().map(|file| format!("./{file}"));
        shell_words::join(words.map(str::to_owned).chain(files))
    }
}

fn program_of(command: &str) -> Option<String> {
    command::split(command).ok()?.into_iter().next()
}
