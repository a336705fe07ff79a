//! Whether the file that a link's command names is part of the code: what is missing there, each execution would tell.

use std::path::{Component, Path};

use drydock_code::folder::rules::Why;
use drydock_code::folder::{Absence, Folder};

/// Endings by which a word after the interpreter is surely a file of the user's.
const SOURCES: &[&str] = &["js", "mjs", "cjs", "ts", "mts", "py", "php", "rb"];

/// What is to be said of the files that `command` names, if something is. Blocking: asks the file system.
pub(super) fn entry_notice(folder: &Folder, command: &str) -> Option<String> {
    let words = drydock_runtime::command::split(command).ok()?;
    words.iter().enumerate().find_map(|(at, word)| {
        let path = Path::new(word);
        let path = path.strip_prefix(".").unwrap_or(path);
        let is_inside = path
            .components()
            .all(|component| matches!(component, Component::Normal(_)));
        // The program itself is one of ours only where it is no name to be found in PATH.
        if !is_inside || word.starts_with('-') || at == 0 && !word.contains('/') {
            return None;
        }
        let surely = at == 0
            || at == 1
                && !words[0].contains('/')
                && path
                    .extension()
                    .and_then(|it| it.to_str())
                    .is_some_and(|it| SOURCES.contains(&it));
        let shown = path.display();
        match folder.absence(path)? {
            Absence::LeftOut(Why::Ignored) => Some(format!(
                "the command names {shown}, which .gitignore, .drydockignore or the link leaves out: take it in with \
                 !{} in .drydockignore",
                top_of(path)
            )),
            Absence::LeftOut(Why::Never | Why::Variables) => {
                Some(format!("the command names {shown}, which is never part of the code"))
            }
            Absence::Nowhere if surely => {
                Some(format!("the command names {shown}, which is not in the folder"))
            }
            Absence::Nowhere => None,
        }
    })
}

/// The pattern that is most likely what leaves it out.
fn top_of(path: &Path) -> String {
    path.components().next().map_or_else(String::new, |first| {
        first.as_os_str().to_string_lossy().into_owned()
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use std::fs;

    use drydock_code::folder::{FolderLimits, Where};

    use super::*;

    #[test]
    fn a_file_that_is_left_out_or_not_there_is_named_and_other_words_are_not() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().canonicalize().unwrap();
        fs::create_dir(root.join("dist")).unwrap();
        for (name, text) in [
            ("dist/main.js", ""),
            ("index.js", ""),
            ("run", ""),
            (".gitignore", "dist\n"),
        ] {
            fs::write(root.join(name), text).unwrap();
        }
        let limits = FolderLimits {
            max_files: 10,
            max_bytes: 1000,
        };
        let mut folder = Folder::new(root, Vec::new(), None, limits);
        folder.snapshot(None, &Where::everywhere(), &mut ()).unwrap();
        let said = |command| entry_notice(&folder, command);
        for fine in [
            "node index.js",
            "./run x.js",
            "node --enable-source-maps index.js",
            "node index.js data.csv",
            "python -m pkg.mod",
            "/usr/bin/thing",
            "deno run index.js",
        ] {
            assert_eq!(said(fine), None, "{fine}");
        }
        assert!(
            said("node dist/main.js")
                .unwrap()
                .contains("!dist in .drydockignore")
        );
        assert!(
            said("node --x ./dist/main.js")
                .unwrap()
                .contains("names dist/main.js, which .gitignore")
        );
        assert!(
            said("node nope.js")
                .unwrap()
                .contains("nope.js, which is not in the folder")
        );
        assert!(said("./nope").unwrap().contains("not in the folder"));
    }
}
