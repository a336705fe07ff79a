//! How the code in a folder would be run, from its files alone.
//!
//! Owns: the table of languages with the names that people give to what is run, and in which order they count. Must
//! not: know what is installed, or look below the few folders that it names.
//!
//! A language whose own file is there (`package.json`, `requirements.txt`) counts before one that is only met by the
//! name of a file, and in the order of the table; within a language the first name counts. What else would have done is
//! said with the guess.

use std::path::Path;

use super::package_json::{self, Package, started};
use super::{Guess, InspectError, unclear};

/// What was found out.
#[derive(Debug, Default)]
pub(super) struct Guessed {
    pub(super) language: Option<Guess>,
    pub(super) command: Option<Guess>,
    /// What was looked for in vain, and the mend.
    pub(super) unclear: Option<String>,
}

/// A language, and how its programs are laid out.
#[derive(Debug)]
pub(super) struct Language {
    pub(super) family: &'static str,
    pub(super) title: &'static str,
    /// What stands before the file.
    run: &'static [&'static str],
    extensions: &'static [&'static str],
    /// Files that only a project of this language has.
    pub(super) marks: &'static [&'static str],
    /// Whether one of them must be there: others run the same files.
    pub(super) must_be_marked: bool,
    /// The names, the first that is there counts.
    pub(super) entries: &'static [&'static str],
}

#[rustfmt::skip]
pub(super) static LANGUAGES: &[Language] = &[
    // What it may do is the sandbox's business, as with every other language.
    Language { family: "deno", title: "Deno", run: &["deno", "run", "--allow-all"],
        extensions: &["ts", "js", "mjs", "tsx", "jsx", "mts"],
        marks: &["deno.json", "deno.jsonc", "deno.lock"], must_be_marked: true,
        entries: &["main.ts", "mod.ts", "index.ts", "main.js", "mod.js", "index.js", "src/main.ts", "src/mod.ts",
            "src/index.ts"] },
    Language { family: "bun", title: "Bun", run: &["bun"],
        extensions: &["ts", "tsx", "js", "mjs", "cjs", "jsx", "mts", "cts"],
        marks: &["bun.lock", "bun.lockb", "bunfig.toml"], must_be_marked: true,
        entries: &["index.ts", "index.tsx", "index.js", "main.ts", "main.js", "src/index.ts", "src/index.js",
            "src/main.ts", "src/main.js"] },
    Language { family: "node", title: "Node.js", run: &["node"],
        extensions: &["js", "mjs", "cjs"],
        marks: &["package.json"], must_be_marked: false,
        entries: &["index.js", "index.mjs", "index.cjs", "main.js", "main.mjs", "app.js", "src/index.js", "src/index.mjs",
            "src/main.js", "src/app.js"] },
    Language { family: "python", title: "Python", run: &["python"],
        extensions: &["py"],
        marks: &["requirements.txt", "pyproject.toml", "Pipfile"], must_be_marked: false,
        entries: &["main.py", "index.py", "app.py", "src/main.py", "src/index.py", "src/app.py"] },
    Language { family: "php", title: "PHP", run: &["php"],
        extensions: &["php"],
        marks: &["composer.json"], must_be_marked: false,
        entries: &["index.php", "main.php", "src/index.php", "src/main.php"] },
    Language { family: "ruby", title: "Ruby", run: &["ruby"],
        extensions: &["rb"],
        marks: &["Gemfile"], must_be_marked: false,
        entries: &["main.rb", "index.rb", "app.rb", "lib/main.rb", "src/main.rb", "src/index.rb"] },
];

impl Language {
    fn runs_javascript(&self) -> bool {
        ["deno", "bun", "node"].contains(&self.family)
    }

    /// What package.json names that this language would run.
    fn entries_of<'a>(&self, package: &'a Package) -> impl Iterator<Item = (&'static str, &'a str)> {
        let keys = match self.family {
            "node" => [Some(("main", &package.main)), None],
            "bun" => [Some(("module", &package.module)), Some(("main", &package.main))],
            _ => [None, None],
        };
        keys.into_iter()
            .flatten()
            .filter_map(|(key, name)| Some((key, name.as_deref()?)))
    }

    /// How `scripts.start` in package.json may begin.
    fn starts_with(&self) -> &'static [&'static [&'static str]] {
        match self.family {
            "node" => &[&["node"], &["nodejs"]],
            "bun" => &[&["bun"], &["bun", "run"]],
            _ => &[],
        }
    }

    fn has(&self, file: &str) -> bool {
        let found = Path::new(file).extension();
        self.extensions
            .iter()
            .any(|extension| found.is_some_and(|found| found == *extension))
    }

    /// The command that runs a file of it.
    fn runs(&self, file: &str, why: String) -> Guess {
        // No option, whatever it is called.
        let here = if file.starts_with('-') { "./" } else { "" };
        let file = format!("{here}{file}");
        Guess {
            value: shell_words::join(self.run.iter().copied().chain([file.as_str()])),
            why,
        }
    }
}

/// The code of one language in a folder.
struct Candidate {
    language: &'static Language,
    mark: Option<&'static str>,
    command: Guess,
}

/// Guesses for `folder`. `family` is the declared language and `entrypoint` the declared file, where they are.
pub(super) fn of(
    folder: &Path,
    family: Option<&Guess>,
    entrypoint: Option<&Guess>,
    notices: &mut Vec<String>,
) -> Result<Guessed, InspectError> {
    let package = package_json::read(folder)?;
    let wanted = |language: &&'static Language| family.is_none_or(|family| family.value == language.family);
    let mut candidates = Vec::new();
    for language in LANGUAGES.iter().filter(wanted) {
        let mark = first_file(folder, language.marks);
        if family.is_none() && language.must_be_marked && mark.is_none() {
            continue;
        }
        if let Some(command) = command_of(folder, language, &package, entrypoint) {
            candidates.push(Candidate {
                language,
                mark,
                command,
            });
        }
    }
    // Stable: within the marked and the unmarked the table's order stays.
    candidates.sort_by_key(|candidate| candidate.mark.is_none());
    let mut candidates = candidates.into_iter();
    let Some(chosen) = candidates.next() else {
        return Ok(unclear::nothing_to_run(folder, family, entrypoint, &package));
    };
    notices.extend(other_choices(folder, &chosen, candidates));
    notices.extend(names_what_is_missing(folder, &chosen, &package, entrypoint));
    let language = family.cloned().unwrap_or_else(|| Guess {
        value: chosen.language.family.to_owned(),
        why: chosen
            .mark
            .map_or_else(|| chosen.command.why.clone(), |mark| format!("the file {mark}")),
    });
    Ok(Guessed {
        language: Some(language),
        command: Some(chosen.command),
        unclear: None,
    })
}

/// Says what else would have done.
fn other_choices(
    folder: &Path,
    chosen: &Candidate,
    others: impl Iterator<Item = Candidate>,
) -> Option<String> {
    // Those that would run the same files are no choice.
    let others =
        others.filter(|other| !(other.language.runs_javascript() && chosen.language.runs_javascript()));
    let others: Vec<_> = others.map(|other| format!("`{}`", other.command.value)).collect();
    (!others.is_empty()).then(|| {
        format!(
            "There is more than one thing to run in {}: `{}` was chosen, before {}.",
            folder.display(),
            chosen.command.value,
            others.join(" and ")
        )
    })
}

/// Says which file is named to be run and is not there.
fn names_what_is_missing(
    folder: &Path,
    chosen: &Candidate,
    package: &Package,
    entrypoint: Option<&Guess>,
) -> Vec<String> {
    let extensions = chosen.language.extensions;
    let named = chosen
        .language
        .entries_of(package)
        .map(|(key, name)| (format!("{key} in {}", package_json::FILE), name));
    let named = named.chain(entrypoint.map(|entrypoint| (entrypoint.why.clone(), entrypoint.value.as_str())));
    named
        .filter(|(_, name)| package_json::file_of(folder, name, extensions).is_none())
        .map(|(why, name)| format!("{why} names {name}, which is not there."))
        .collect()
}

/// What runs the code of a language in a folder.
fn command_of(
    folder: &Path,
    language: &Language,
    package: &Package,
    entrypoint: Option<&Guess>,
) -> Option<Guess> {
    if let Some(entrypoint) = entrypoint
        && let Some(file) = package_json::inside(&entrypoint.value)
        && folder.join(&file).is_file()
        && language.has(&file)
    {
        return Some(language.runs(&file, entrypoint.why.clone()));
    }
    for (key, name) in language.entries_of(package) {
        let file = package_json::file_of(folder, name, language.extensions);
        if let Some(file) = file.filter(|file| language.has(file)) {
            return Some(language.runs(&file, format!("{key} in {}", package_json::FILE)));
        }
    }
    let start = package.start.as_deref();
    if let Some(command) = start.and_then(|start| started(folder, start, language.starts_with())) {
        return Some(command);
    }
    let mut files = language.entries.iter().filter(|name| folder.join(name).is_file());
    let file = files.next()?;
    let others: Vec<_> = files.copied().collect();
    let why = match others.as_slice() {
        [] => format!("the file {file}"),
        others => format!("the file {file}, before {}", others.join(", ")),
    };
    Some(language.runs(file, why))
}

/// The first of `names` that is a file of the folder.
pub(super) fn first_file(folder: &Path, names: &[&'static str]) -> Option<&'static str> {
    names.iter().copied().find(|name| folder.join(name).is_file())
}
