//! Variables of a `.env` file.
//!
//! Owns: reading its syntax: what the libraries of all languages agree on (names, quotes, escapes in double quotes,
//! comments, values of several lines in quotes), and no more. `$NAME` is not replaced: it would be with a variable of
//! whoever reads, which is this server. By hand, since the crates for it do just that, or set variables of the process.
//! Must not: touch the environment.

use std::io;
use std::path::{Path, PathBuf};

use drydock_core::function::Vars;

use super::read_text;

/// Why the variables cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum EnvError {
    /// The file is not there, or cannot be read.
    #[error("{} cannot be read: {}", .0.display(), .1)]
    Unreadable(PathBuf, io::Error),
    /// It is not written as such a file is.
    #[error("{}, line {}: {}", .file.display(), .line, .why)]
    Syntax {
        /// Which.
        file: PathBuf,
        /// From 1.
        line: usize,
        /// What is wrong there.
        why: &'static str,
    },
}

/// Reads the variables of `file`, in order; of two with one name the later counts.
///
/// # Errors
/// Where it cannot be read, or a line is none of a `.env` file. Its values are not told.
pub fn read_env(file: &Path) -> Result<Vars, EnvError> {
    let unreadable = |error| EnvError::Unreadable(file.to_owned(), error);
    let text = read_text(file).map_err(unreadable)?;
    let text = text.ok_or_else(|| unreadable(io::ErrorKind::NotFound.into()))?;
    parse(&text).map_err(|(line, why)| EnvError::Syntax {
        file: file.to_owned(),
        line,
        why,
    })
}

/// A line and what is wrong there.
type Wrong = (usize, &'static str);

fn parse(text: &str) -> Result<Vars, Wrong> {
    let mut variables = Vars::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if rest.is_empty() {
            return Ok(variables);
        }
        let here = |why| (text[..text.len() - rest.len()].matches('\n').count() + 1, why);
        if rest.starts_with('#') {
            rest = rest.split_once('\n').map_or("", |(_, after)| after);
            continue;
        }
        let (name, value) = name(rest).map_err(here)?;
        let (value, after) = value_of(value).map_err(here)?;
        variables.insert(name.to_owned(), value);
        rest = after;
    }
}

/// The name before the equals sign, and what is behind it on the line and below.
fn name(line: &str) -> Result<(&str, &str), &'static str> {
    let is_of_a_name = |character: char| character.is_ascii_alphanumeric() || "_.-".contains(character);
    let line = match line.strip_prefix("export") {
        Some(after) if after.starts_with([' ', '\t']) => after.trim_start_matches([' ', '\t']),
        _ => line,
    };
    let end = line
        .find(|character| !is_of_a_name(character))
        .unwrap_or(line.len());
    let (name, after) = line.split_at(end);
    if name.is_empty() || name.starts_with(|first: char| first.is_ascii_digit()) {
        return Err("it does not begin with the name of a variable");
    }
    let after = after.trim_start_matches([' ', '\t']);
    let value = after.strip_prefix('=').ok_or("there is no = behind the name")?;
    Ok((name, value.trim_start_matches([' ', '\t'])))
}

/// The value that begins here, and what is behind its line.
fn value_of(text: &str) -> Result<(String, &str), &'static str> {
    match text.chars().next() {
        Some(quote @ ('"' | '\'' | '`')) => {
            let (value, after) = quoted(&text[1..], quote).ok_or("a quote is never closed")?;
            let (line, below) = line_of(after);
            let line = line.trim();
            if line.is_empty() || line.starts_with('#') {
                Ok((value, below))
            } else {
                Err("there is something behind the closing quote")
            }
        }
        _ => {
            let (line, below) = line_of(text);
            Ok((without_comment(line).trim_end().to_owned(), below))
        }
    }
}

/// A value in quotes, whose opening one was before, and what is behind the closing one. A backslash means something in
/// double quotes only.
fn quoted(text: &str, quote: char) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            _ if character == quote => return Some((value, &text[at + 1..])),
            '\\' if quote == '"' => match characters.next()?.1 {
                'n' => value.push('\n'),
                'r' => value.push('\r'),
                't' => value.push('\t'),
                escaped @ ('"' | '\\' | '$' | '\'' | '`') => value.push(escaped),
                // A path of Windows, say: as it is.
                other => value.extend(['\\', other]),
            },
            // The file may come from a system that ends lines so.
            '\r' if text[at + 1..].starts_with('\n') => {}
            _ => value.push(character),
        }
    }
    None
}

/// The rest of a line, and what is below it.
fn line_of(text: &str) -> (&str, &str) {
    text.split_once('\n').unwrap_or((text, ""))
}

/// A value up to a comment: a `#` within a word is none.
fn without_comment(line: &str) -> &str {
    let mut before = ' ';
    for (at, character) in line.char_indices() {
        if character == '#' && before.is_whitespace() {
            return &line[..at];
        }
        before = character;
    }
    line
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test may fail by panicking")]

    use proptest::prelude::*;

    use super::*;

    /// What is read from a file with that text.
    fn read(text: &str) -> Result<Vars, String> {
        let place = tempfile::tempdir().unwrap();
        let file = place.path().join(".env");
        std::fs::write(&file, text).unwrap();
        read_env(&file).map_err(|error| error.to_string())
    }

    #[test]
    fn variables_of_an_env_file_are_read_as_all_libraries_read_them() {
        let text = "\u{FEFF}# A comment\r\n\
                PLAIN=a value  # and a comment\r\n\
                export EXPORTED = x#y\n\
                EMPTY=\n\
                \n  DOUBLE=\"a \\\"b\\\" # c\\n\\$d \\z\" # comment\n\
                SINGLE='a \\n $b'\n\
                LINES=\"one\r\ntwo\"\n\
                BACK=`it's \"x\"`\n\
                URL=https://ada:secret@example.com/?a=b#c\n\
                PLAIN=$HOME\n\
                LAST=end";
        let variables = read(text).unwrap();
        let pairs: Vec<_> = variables
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
            .collect();
        assert_eq!(
            pairs,
            [
                ("PLAIN", "$HOME"),
                ("EXPORTED", "x#y"),
                ("EMPTY", ""),
                ("DOUBLE", "a \"b\" # c\n$d \\z"),
                ("SINGLE", "a \\n $b"),
                ("LINES", "one\ntwo"),
                ("BACK", "it's \"x\""),
                ("URL", "https://ada:secret@example.com/?a=b#c"),
                ("LAST", "end"),
            ]
        );
    }

    #[test]
    fn a_line_that_is_none_of_an_env_file_is_told_without_its_value() {
        for (text, line, why) in [
            ("A=1\nsecret", 2, "no ="),
            ("\n\n: x", 3, "name"),
            ("A=1\nB=\"secret", 2, "never closed"),
            ("A='x' secret", 1, "behind the closing quote"),
            ("1A=secret", 1, "name"),
        ] {
            let told = read(text).unwrap_err();
            assert!(
                told.contains(&format!("line {line}: ")) && told.contains(why),
                "{told}"
            );
            assert!(!told.contains("secret"), "{told}");
        }
        let missing = read_env(Path::new("no/such/.env")).unwrap_err().to_string();
        assert!(missing.contains("cannot be read"), "{missing}");
    }

    proptest! {
        #[test]
        fn no_env_file_breaks_it(text in "([A-B=\"'`# \n\r\\\\$]|.){0,60}") {
            let _ = parse(&text);
        }

        #[test]
        fn a_value_in_single_quotes_is_that_value(value in "[^'\r]{0,30}") {
            let variables = parse(&format!("A='{value}'\nB=1")).unwrap();
            prop_assert_eq!(variables.get("A"), Some(&value));
            prop_assert_eq!(variables.len(), 2);
        }
    }
}
