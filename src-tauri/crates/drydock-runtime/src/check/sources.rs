//! Which of the changed files are asked about.
//!
//! Owns: the choice. Must not: look at the files; one that is gone by then is left aside by the checker.

use std::path::{Component, Path, PathBuf};

use super::language::Language;

/// Folders of code that others wrote, in any language: it is not mended by who saved, it is a lot, and not all of it is
/// meant for this interpreter.
const DEPENDENCIES: &[&str] = &[
    "__pycache__",
    "bower_components",
    "jspm_packages",
    "node_modules",
    "site-packages",
    "vendor",
    "venv",
];

/// Those of `changed` that are sources of the language, written by who saved.
pub(super) fn of<'a>(language: &Language, changed: &'a [PathBuf]) -> Vec<&'a str> {
    changed.iter().filter_map(|path| source(language, path)).collect()
}

fn source<'a>(language: &Language, path: &'a Path) -> Option<&'a str> {
    let ours = path.components().all(|component| match component {
        // A hidden one is of a tool (`.venv`, `.vscode`, `.eslintrc.js`), and not of the function.
        Component::Normal(name) => name
            .to_str()
            .is_some_and(|name| !name.starts_with('.') && !DEPENDENCIES.contains(&name)),
        _ => false,
    });
    let extension = path.extension()?.to_str()?;
    (ours && language.has(extension) && !has_comments(path, extension)).then_some(path.to_str()?)
}

/// Whether it is one of those JSON files that may hold comments; Node.js does not read them.
fn has_comments(path: &Path, extension: &str) -> bool {
    let name = path
        .file_stem()
        .and_then(|name| name.to_str())
        .unwrap_or_default();
    extension == "json" && (name.starts_with("tsconfig") || name.starts_with("jsconfig"))
}

#[cfg(test)]
mod tests {
    use drydock_core::runtime::Runtime;

    use super::*;

    fn chosen(command: &str, changed: &[&str]) -> Vec<String> {
        let runtime = Runtime::parse("runtime", "node-20.0").unwrap();
        let language = Language::of(command, runtime).unwrap();
        let changed: Vec<_> = changed.iter().map(PathBuf::from).collect();
        of(&language, &changed).into_iter().map(str::to_owned).collect()
    }

    #[test]
    fn sources_of_the_language_are_chosen_and_nothing_else() {
        let files = [
            "index.js",
            "lib/a b.mjs",
            "package.json",
            "notes.txt",
            "main.py",
            "js",
            "a.JS",
            "b.ts",
        ];
        assert_eq!(
            chosen("node index.js", &files),
            ["index.js", "lib/a b.mjs", "package.json"]
        );
        assert_eq!(chosen("python3.11 main.py", &files), ["main.py"]);
        assert_eq!(
            chosen("bun index.ts", &files),
            ["index.js", "lib/a b.mjs", "b.ts"]
        );
        // A program that says nothing about the language leaves it to the runtime.
        assert_eq!(chosen("./start.sh", &["index.js"]), ["index.js"]);
    }

    #[test]
    fn what_others_wrote_and_what_is_hidden_is_left_aside() {
        let files = [
            "node_modules/a/index.js",
            "lib/node_modules/a/index.js",
            "vendor/a.js",
            ".eslintrc.js",
            ".vscode/settings.json",
            "tsconfig.build.json",
            "lib/jsconfig.json",
            "my_vendor/a.js",
        ];
        assert_eq!(chosen("node index.js", &files), ["my_vendor/a.js"]);
        assert!(chosen("python main.py", &[".venv/a.py", "env/lib/site-packages/a.py"]).is_empty());
    }

    #[test]
    fn a_path_that_leads_out_of_the_tag_is_left_aside() {
        assert!(chosen("node index.js", &["../a.js", "/a.js", "b/../../a.js"]).is_empty());
    }

    #[test]
    fn a_language_without_a_checker_has_no_sources() {
        let runtime = Runtime::parse("runtime", "go-1.23").unwrap();
        assert!(Language::of("./start", runtime).is_none());
        assert!(Language::of("an open 'quote", runtime).is_none());
    }
}
