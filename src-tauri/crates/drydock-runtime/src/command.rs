//! A tag's command as words. Owns: splitting. Must not: expand variables, globs or anything else that a
//! shell would, since the command runs without one.

/// The words of `command`, split as a POSIX shell splits them: blanks, both kinds of quotes, backslashes.
///
/// # Errors
/// Why it cannot be split (an open quote), or that it holds no word at all.
pub fn split(command: &str) -> Result<Vec<String>, String> {
    // A process cannot be given a NUL: its arguments end there.
    if command.contains('\0') {
        return Err("the command holds a NUL character".to_owned());
    }
    let words = shell_words::split(command)
        .map_err(|_| format!("the command has a quote that is never closed: {command}"))?;
    match words.first() {
        None => Err("the command is empty".to_owned()),
        Some(program) if program.is_empty() => Err("the command begins with an empty word".to_owned()),
        Some(_) => Ok(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_a_shell_would_and_nothing_is_expanded() {
        let words = split(r#"node  'a b.js' "say \"hi\"" c\ d $HOME *.js ~ 'it'"'"'s' "" "#).unwrap();
        assert_eq!(
            words,
            [
                "node",
                "a b.js",
                "say \"hi\"",
                "c d",
                "$HOME",
                "*.js",
                "~",
                "it's",
                ""
            ]
        );
    }

    #[test]
    fn what_cannot_be_run_is_refused_with_its_reason() {
        assert!(split("sh -c 'echo").unwrap_err().contains("never closed"));
        assert!(split("   ").unwrap_err().contains("empty"));
        assert!(split("'' x").unwrap_err().contains("empty word"));
        assert!(split("echo a\0b").unwrap_err().contains("NUL"));
    }
}
