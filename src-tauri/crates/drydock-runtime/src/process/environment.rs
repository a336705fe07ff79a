//! The environment of a command, built from nothing.
//!
//! Owns: what is in it and which value wins. Must not: look at the server's own environment.

use std::ffi::{OsStr, OsString};
use std::path::Path;

/// Where system programs are, behind the interpreter's own folder.
const SYSTEM_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// The search path with the folder of `interpreter` in front.
pub(super) fn search_path(interpreter: Option<&Path>) -> OsString {
    let mut path = OsString::new();
    // A folder with a colon in its name cannot be written in a search path.
    if let Some(folder) = interpreter.and_then(Path::parent)
        && !folder.as_os_str().as_encoded_bytes().contains(&b':')
        && !std::env::split_paths(SYSTEM_PATH).any(|known| known == folder)
    {
        path.push(folder);
        path.push(":");
    }
    path.push(SYSTEM_PATH);
    path
}

/// All variables of a command; of two with one name the later wins.
pub(super) fn build(
    search_path: &OsStr,
    scratch: &Path,
    variables: &[(String, String)],
) -> Vec<(OsString, OsString)> {
    let path = [("PATH", search_path)].into_iter();
    collect(path.chain(ours(scratch)).chain(theirs(variables)))
}

/// The same where the image says what the search path is.
pub(crate) fn in_an_image(scratch: &Path, variables: &[(String, String)]) -> Vec<(OsString, OsString)> {
    collect(ours(scratch).chain(theirs(variables)))
}

/// Variables alone, by the same rules.
pub(crate) fn of(variables: &[(String, String)]) -> Vec<(OsString, OsString)> {
    collect(theirs(variables))
}

fn ours(scratch: &Path) -> impl Iterator<Item = (&str, &OsStr)> {
    let ours = [
        ("HOME", scratch.as_os_str()),
        ("TMPDIR", scratch.as_os_str()),
        ("LANG", OsStr::new("C.UTF-8")),
        ("TZ", OsStr::new("UTC")),
    ];
    ours.into_iter()
}

fn theirs(variables: &[(String, String)]) -> impl Iterator<Item = (&str, &OsStr)> {
    variables
        .iter()
        .map(|(name, value)| (name.as_str(), OsStr::new(value)))
}

fn collect<'a>(variables: impl Iterator<Item = (&'a str, &'a OsStr)>) -> Vec<(OsString, OsString)> {
    let mut all: Vec<(OsString, OsString)> = Vec::with_capacity(variables.size_hint().0);
    for (name, value) in variables {
        // The API refuses these names; one that came another way must not break the start.
        if name.is_empty() || name.contains(['=', '\0']) || value.as_encoded_bytes().contains(&0) {
            tracing::warn!(name, "a variable that no process can have was left out");
            continue;
        }
        match all.iter_mut().find(|(known, _)| known == name) {
            Some((_, known)) => value.clone_into(known),
            None => all.push((name.into(), value.to_owned())),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn variables(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    #[test]
    fn later_variables_win_and_ours_can_be_overridden() {
        let given = variables(&[("A", "1"), ("TZ", "Europe/Vienna"), ("A", "2")]);
        let built = build(OsStr::new("/bin"), Path::new("/scratch"), &given);
        let value = |name: &str| {
            built
                .iter()
                .filter(|(known, _)| known == name)
                .map(|(_, value)| value)
                .collect::<Vec<_>>()
        };
        assert_eq!(value("A"), ["2"]);
        assert_eq!(value("TZ"), ["Europe/Vienna"]);
        assert_eq!(value("HOME"), ["/scratch"]);
        assert_eq!(built.len(), 6);
    }

    #[test]
    fn a_variable_that_no_process_can_have_is_left_out() {
        let given = variables(&[("", "x"), ("A=B", "x"), ("N\0", "x"), ("V", "x\0"), ("OK", "x=y")]);
        let built = build(OsStr::new("/bin"), Path::new("/scratch"), &given);
        assert_eq!(built.last(), Some(&("OK".into(), "x=y".into())));
        assert_eq!(built.len(), 6);
    }

    #[test]
    fn the_interpreters_folder_comes_first_and_never_twice() {
        assert_eq!(
            search_path(Some(Path::new("/opt/node/bin/node"))),
            "/opt/node/bin:/usr/local/bin:/usr/bin:/bin"
        );
        assert_eq!(search_path(Some(Path::new("/usr/bin/node"))), SYSTEM_PATH);
        assert_eq!(search_path(Some(Path::new("/odd:folder/node"))), SYSTEM_PATH);
        assert_eq!(search_path(None), SYSTEM_PATH);
    }
}
