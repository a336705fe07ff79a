//! What a checker answered.
//!
//! Owns: reading it, strictly: whatever is not of its form is no answer. Must not: trust it further; it comes out of a
//! process that has read a user's files.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::language::Says;
use super::{MAX_ERRORS, ParseError};

/// The longest message that is passed on. Interpreters say what is wrong in a tenth of that.
const MAX_MESSAGE_CHARS: usize = 500;

/// An answer that makes sense.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Answer<'a> {
    /// At most [`MAX_ERRORS`].
    pub(super) errors: Vec<ParseError>,
    /// Files of which the interpreter cannot tell: nested too deeply, say.
    pub(super) undecided: Vec<&'a str>,
}

/// Reads what was printed for `files`.
///
/// # Errors
/// What is wrong with it, for the log.
pub(super) fn read<'a>(says: Says, printed: &[u8], files: &[&'a str]) -> Result<Answer<'a>, String> {
    match says {
        Says::Places => ours(printed, files, |problem| problem),
        Says::RubyMessages => ours(printed, files, of_ruby),
        Says::DenoLint => of_deno(printed, files),
    }
}

/// What our own checkers print.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Printed {
    errors: Vec<Problem>,
    skipped: Vec<usize>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Problem {
    /// Its number in the order in which the files were named.
    file: usize,
    line: Option<u32>,
    column: Option<u32>,
    message: String,
}

fn ours<'a>(
    printed: &[u8],
    files: &[&'a str],
    understand: impl Fn(Problem) -> Problem,
) -> Result<Answer<'a>, String> {
    let printed: Printed = parsed(printed)?;
    let file = |number: usize| {
        let file = files.get(number).copied();
        file.ok_or_else(|| format!("it tells of file {number} of {}", files.len()))
    };
    let errors = printed.errors.into_iter().take(MAX_ERRORS).map(|problem| {
        let problem = understand(problem);
        Ok(error(
            file(problem.file)?,
            problem.line,
            problem.column,
            &problem.message,
        ))
    });
    Ok(Answer {
        errors: errors.collect::<Result<_, String>>()?,
        undecided: printed.skipped.into_iter().map(file).collect::<Result<_, _>>()?,
    })
}

fn parsed<'a, T: Deserialize<'a>>(printed: &'a [u8]) -> Result<T, String> {
    serde_json::from_slice(printed).map_err(|error| format!("it is not of its form: {error}"))
}

fn error(file: &str, line: Option<u32>, column: Option<u32>, message: &str) -> ParseError {
    let words: String = message
        .chars()
        .map(|character| if character.is_control() { ' ' } else { character })
        .take(MAX_MESSAGE_CHARS)
        .collect();
    let words = words.trim();
    ParseError {
        file: PathBuf::from(file),
        line: line.filter(|line| *line > 0),
        column: column.filter(|column| *column > 0),
        message: if words.is_empty() {
            "it does not parse".to_owned()
        } else {
            words.to_owned()
        },
    }
}

/// Takes line, column and words out of a message of Ruby's, in which each line that began with the file's name
/// begins after it. Until Ruby 3.3:
/// ```text
/// 1: syntax error, unexpected ')', expecting end-of-input
/// puts )
///      ^
/// ```
/// and from 3.4 on, where the first line may only say that there is something:
/// ```text
/// 1: syntax errors found
/// > 1 | puts )
///     |      ^ unexpected ')', ignoring it
/// ```
fn of_ruby(problem: Problem) -> Problem {
    let mut lines = problem.message.split('\n');
    let first = lines.next().unwrap_or_default();
    let Some((line, words)) = numbered(first) else {
        let message = first.to_owned();
        return Problem { message, ..problem };
    };
    let mut told = Problem {
        file: problem.file,
        line: Some(line),
        column: None,
        message: words.to_owned(),
    };
    let only_says_that = words.starts_with("syntax error found") || words.starts_with("syntax errors found");
    let rest: Vec<&str> = lines.collect();
    let mut excerpt_line = None;
    for (at, text) in rest.iter().enumerate() {
        if let Some((margin, marked)) = text.split_once("| ") {
            let number = margin.trim_start_matches('>').trim();
            excerpt_line = number.parse().ok().or(excerpt_line);
            let words = marked.trim_start().trim_start_matches(['^', '~']);
            if number.is_empty() && marked.trim_start().starts_with('^') {
                told.column = marked.find('^').map(|before| before as u32 + 1);
                if only_says_that && !words.trim().is_empty() {
                    words.trim().clone_into(&mut told.message);
                    told.line = excerpt_line.or(told.line);
                }
                break;
            }
        } else if let (true, Some((line, words))) = (only_says_that, numbered(text)) {
            // Of a file that it cannot quote.
            told.line = Some(line);
            words.clone_into(&mut told.message);
            break;
        } else if at == 1 && text.trim_start().starts_with('^') && !rest[0].starts_with("...") {
            told.column = text.find('^').map(|before| before as u32 + 1);
            break;
        }
    }
    told
}

/// `12: words`.
fn numbered(text: &str) -> Option<(u32, &str)> {
    let (number, words) = text.split_once(": ")?;
    Some((number.parse().ok()?, words))
}

/// What `deno lint --json` prints, as far as it is of interest: what its rules say is not.
#[derive(Debug, Deserialize)]
struct DenoLint {
    errors: Vec<DenoError>,
}

#[derive(Debug, Deserialize)]
struct DenoError {
    file_path: String,
    message: String,
}

fn of_deno<'a>(printed: &[u8], files: &[&'a str]) -> Result<Answer<'a>, String> {
    let printed: DenoLint = parsed(printed)?;
    let mut answer = Answer::default();
    for DenoError { file_path, message } in printed.errors.into_iter().take(MAX_ERRORS) {
        let ends_so = |file: &&&str| Path::new(&file_path).ends_with(file);
        // `b/a.ts` ends as `a.ts` does.
        let file = files.iter().filter(ends_so).max_by_key(|file| file.len());
        let file = file.ok_or_else(|| format!("it tells of {file_path}"))?;
        // `Words at file:///a.ts:2:10`, or, from Deno 2.5 on or so, `SyntaxError: Words`, an excerpt, and the place last.
        let Some((words, place)) = message.split_once(" at file://") else {
            // It could not read the file, or had another trouble of its own.
            answer.undecided.push(file);
            continue;
        };
        let words = words.lines().next().unwrap_or_default();
        let words = words.strip_prefix("SyntaxError: ").unwrap_or(words);
        let mut numbers = place
            .lines()
            .next()
            .unwrap_or_default()
            .rsplit(':')
            .map(|number| number.parse().ok());
        let (column, line) = (numbers.next().flatten(), numbers.next().flatten());
        answer.errors.push(error(file, line, column, words));
    }
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const FILES: &[&str] = &["a.rb", "lib/a.rb"];

    fn ruby(message: &str) -> String {
        let printed = serde_json::json!({ "errors": [{ "file": 0, "line": null, "column": null, "message": message }],
            "skipped": [] });
        let answer = read(Says::RubyMessages, printed.to_string().as_bytes(), FILES).unwrap();
        answer.errors[0].to_string()
    }

    #[test]
    fn our_own_form_is_read_and_bounded() {
        let problem = r#"{"file":1,"line":2,"column":0,"message":"a\nb\u0000"}"#;
        let printed = format!(
            r#"{{"errors":[{}],"skipped":[0]}}"#,
            [problem; MAX_ERRORS + 1].join(",")
        );
        let answer = read(Says::Places, printed.as_bytes(), FILES).unwrap();
        assert_eq!(answer.errors.len(), MAX_ERRORS);
        assert_eq!(answer.undecided, ["a.rb"]);
        let first = &answer.errors[0];
        assert_eq!((first.line, first.column), (Some(2), None));
        assert_eq!(first.to_string(), "lib/a.rb:2: a b");
    }

    #[test]
    fn what_is_not_of_the_form_is_no_answer() {
        for printed in [
            "",
            "{}",
            r#"{"errors":[]}"#,
            r#"{"errors":[],"skipped":[2]}"#,
            r#"{"errors":[],"skipped":[],"more":1}"#,
            r#"{"errors":[],"skipped":[]} and more"#,
            r#"{"errors":[{"file":2,"line":1,"column":1,"message":""}],"skipped":[]}"#,
            r#"{"errors":[{"file":0,"line":-1,"column":1,"message":""}],"skipped":[]}"#,
        ] {
            assert!(
                read(Says::Places, printed.as_bytes(), FILES).is_err(),
                "{printed}"
            );
        }
    }

    #[test]
    fn messages_of_ruby_up_to_3_3_are_understood() {
        let with_excerpt = "1: syntax error, unexpected ')', expecting end-of-input\nputs )\n     ^\n";
        assert_eq!(
            ruby(with_excerpt),
            "a.rb:1:6: syntax error, unexpected ')', expecting end-of-input"
        );
        let without = "4: syntax error, unexpected end-of-input, expecting `end'";
        assert_eq!(ruby(without), format!("a.rb:{without}"));
        let several =
            "2: invalid multibyte char (UTF-8)\n3: syntax error, unexpected end-of-input\ny = \n    ^\n";
        assert_eq!(ruby(several), "a.rb:2: invalid multibyte char (UTF-8)");
        assert_eq!(ruby("unknown encoding name: x"), "a.rb: unknown encoding name: x");
        let long_line = "1: syntax error, unexpected ')'\n...    )\n...    ^\n";
        assert_eq!(ruby(long_line), "a.rb:1: syntax error, unexpected ')'");
    }

    #[test]
    fn messages_of_ruby_from_3_4_on_are_understood() {
        let prism = "3: syntax errors found\n  1 | x = 1\n  2 | def foo(\n> 3 |   1\n    |   ^ unexpected integer; \
                     expected a `)`\n    |    ^ unexpected end-of-input\n> 4 | \n    | ^ expected an `end`\n";
        assert_eq!(ruby(prism), "a.rb:3:3: unexpected integer; expected a `)`");
        let wide = "1: syntax error found\n> 1 | class foo; end\n    |       ^~~ unexpected constant path\n";
        assert_eq!(ruby(wide), "a.rb:1:7: unexpected constant path");
        let unquotable =
            "1: syntax errors found\n2: invalid multibyte character 0xFF\n2: expected an expression";
        assert_eq!(ruby(unquotable), "a.rb:2: invalid multibyte character 0xFF");
        let encoding =
            "1: unknown or invalid encoding in the magic comment\n> 1 | # encoding: x\n    |             ^\n";
        assert_eq!(
            ruby(encoding),
            "a.rb:1:13: unknown or invalid encoding in the magic comment"
        );
        assert_eq!(ruby("1: syntax errors found"), "a.rb:1: syntax errors found");
    }

    #[test]
    fn both_forms_of_deno_are_understood() {
        let files = &["a.ts", "lib/a.ts"];
        let printed = serde_json::json!({ "version": 1, "diagnostics": [{ "message": "no matter" }], "errors": [
            { "file_path": "/tmp/code/lib/a.ts",
              "message": "Expression expected at file:///tmp/code/lib/a.ts:2:16\n\n  let x = ;\n          ~" },
            { "file_path": "/tmp/code/a.ts",
              "message": "SyntaxError: Unexpected token `;`\n  |\n2 | let x = ;\n    at file:///tmp/code/a.ts:2:10" },
            { "file_path": "/tmp/code/a.ts", "message": "Permission denied" },
        ]});
        let answer = read(Says::DenoLint, printed.to_string().as_bytes(), files).unwrap();
        let told: Vec<_> = answer.errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            told,
            [
                "lib/a.ts:2:16: Expression expected",
                "a.ts:2:10: Unexpected token `;`"
            ]
        );
        assert_eq!(answer.undecided, ["a.ts"]);
        assert!(
            read(
                Says::DenoLint,
                br#"{"errors":[{"file_path":"/x","message":""}]}"#,
                files
            )
            .is_err()
        );
    }

    proptest! {
        #[test]
        fn no_answer_and_no_message_breaks_us(printed: Vec<u8>, message in "([0-9>:|^~ \n]|.){0,80}") {
            for says in [Says::Places, Says::RubyMessages, Says::DenoLint] {
                let _ = read(says, &printed, FILES);
            }
            ruby(&message);
            let deno = serde_json::json!({ "errors": [{ "file_path": "/a.rb", "message": message }] });
            read(Says::DenoLint, deno.to_string().as_bytes(), FILES).unwrap();
        }
    }
}
