//! What is said where nothing in a folder can be run.
//!
//! Owns: the words, with what was looked for and the mend, and the language where at least that is known. Must not: guess
//! a command.

use std::path::Path;

use super::Guess;
use super::guess::{Guessed, LANGUAGES, first_file};
use super::package_json::{self, Package};

/// Languages whose programs are built first, so that no file says what runs them.
#[rustfmt::skip]
static BUILT: &[(&str, &str, &[&str])] = &[
    ("go", "Go", &["go.mod"]),
    ("dart", "Dart", &["pubspec.yaml"]),
    ("java", "Java", &["pom.xml", "build.gradle", "build.gradle.kts"]),
    ("swift", "Swift", &["Package.swift"]),
];

/// Names under which TypeScript is usually run.
const TYPESCRIPT: &[&str] = &["index.ts", "main.ts", "mod.ts", "src/index.ts", "src/main.ts"];

/// What there is to say, in the order of what would have counted.
pub(super) fn nothing_to_run(
    folder: &Path,
    family: Option<&Guess>,
    entrypoint: Option<&Guess>,
    package: &Package,
) -> Guessed {
    if let Some(built) = built_first(folder, family) {
        return built;
    }
    let language = family.cloned().or_else(|| marked(folder));
    let family = family.map(|family| family.value.as_str());
    let mut why = Vec::new();
    if let Some(Guess { value, why: key }) = entrypoint {
        why.push(format!("{key} names {value}, which cannot be run."));
    }
    if let Some(main) = &package.main {
        why.push(format!(
            "main in {} names {main}, which cannot be run.",
            package_json::FILE
        ));
    }
    why.extend(looked_for(folder, family));
    let may_be_node = language.as_ref().is_none_or(|language| language.value == "node");
    if let Some(file) = first_file(folder, TYPESCRIPT).filter(|_| may_be_node) {
        why.push(format!(
            "{file} is TypeScript, which Node.js runs from 22.18 on (--command 'node {file}'): for an older one name the \
             file that is built from it as main in package.json, or have it run by Bun or Deno, which a bun.lock or a \
             deno.json says."
        ));
    }
    let mend = match &language {
        Some(_) => "Say with --command what runs it, such as --command 'node lib/start.js'.",
        None => {
            "Say with --runtime and --command what runs it, such as --runtime node-20.0 --command 'node lib/start.js'."
        }
    };
    why.push(mend.to_owned());
    Guessed {
        language,
        command: None,
        unclear: Some(why.join(" ")),
    }
}

fn built_first(folder: &Path, family: Option<&Guess>) -> Option<Guessed> {
    let (name, title, marks) = BUILT.iter().find(|(name, _, marks)| match family {
        Some(family) => family.value == *name,
        None => first_file(folder, marks).is_some(),
    })?;
    let marked = first_file(folder, marks).map(|mark| by_mark(name, mark));
    Some(Guessed {
        language: family.cloned().or(marked),
        command: None,
        unclear: Some(format!(
            "What is written in {title} is built first, and Drydock builds nothing: say with --command what runs the \
             built program, such as --command ./main."
        )),
    })
}

/// The language whose own file is there.
fn marked(folder: &Path) -> Option<Guess> {
    LANGUAGES
        .iter()
        .find_map(|language| Some(by_mark(language.family, first_file(folder, language.marks)?)))
}

fn by_mark(family: &str, mark: &str) -> Guess {
    Guess {
        value: family.to_owned(),
        why: format!("the file {mark}"),
    }
}

fn looked_for(folder: &Path, family: Option<&str>) -> Option<String> {
    let searched = LANGUAGES.iter().filter(|language| match family {
        Some(family) => family == language.family,
        None => !language.must_be_marked,
    });
    let names: Vec<_> = searched
        .map(|language| format!("{} ({})", language.entries.join(", "), language.title))
        .collect();
    let names = (!names.is_empty()).then(|| names.join("; "))?;
    Some(format!(
        "There is nothing to run in {}: looked for {names}.",
        folder.display()
    ))
}
