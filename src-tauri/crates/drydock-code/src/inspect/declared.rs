//! Functions as `appwrite.json` declares them.
//!
//! Owns: finding that file, what its keys mean here, and saying which of them mean nothing. Unknown keys are none of our
//! business: the file is Appwrite's, and describes a whole project. Must not: touch anything that it names but the
//! folders of its functions.

use std::path::{Path, PathBuf};

use drydock_core::event_name::EventName;
use drydock_core::function::Vars;
use drydock_core::id::FunctionId;
use drydock_core::runtime::Runtime;
use ignore::gitignore::GitignoreBuilder;

use super::json::{self, At};
use super::{ENV_FILE, Guess, InspectError, Wish, guess, name_of, package_json, real};
use crate::folder::rules;

/// Its names; the second is that of today.
const FILES: [&str; 2] = ["appwrite.json", "appwrite.config.json"];

/// Roles of today's Appwrite, and what 0.12 calls them.
const ROLES: [(&str, &str); 3] = [
    ("any", "role:all"),
    ("users", "role:member"),
    ("guests", "role:guest"),
];

/// What an id must be.
const ID_RULE: &str =
    "an id: 1 to 36 letters, digits, periods, hyphens and underscores, the first a letter or digit";

/// What such a file says.
#[derive(Debug)]
pub(super) struct Declaration {
    pub(super) file: PathBuf,
    pub(super) project_id: Option<String>,
    /// At least one.
    pub(super) functions: Vec<Wish>,
    pub(super) notices: Vec<String>,
}

/// That of `folder`, a real path, or one above that declares exactly this folder; `None` where neither is.
pub(super) fn of(folder: &Path, notices: &mut Vec<String>) -> Result<Option<Declaration>, InspectError> {
    if let Some(declaration) = read(folder, None)? {
        return Ok(Some(declaration));
    }
    let mut below = folder;
    while let Some(above) = below.parent().filter(|_| !below.join(".git").exists()) {
        match read(above, Some(folder)) {
            Ok(Some(declaration)) => return Ok(Some(declaration)),
            Ok(None) => {}
            // It may have nothing to do with this folder.
            Err(error) => notices.push(format!("{error}, so it was not heeded.")),
        }
        below = above;
    }
    Ok(None)
}

/// What the file in `root` says: all of it, or of the function in the folder `only` alone. `None` where it says nothing.
fn read(root: &Path, only: Option<&Path>) -> Result<Option<Declaration>, InspectError> {
    for name in FILES {
        let file = root.join(name);
        let Some(value) = json::read(&file)? else {
            continue;
        };
        let declared = At::all_of(&file, &value);
        let project_id = declared.get("projectId")?;
        let mut reader = Reader {
            root,
            file: &file,
            name,
            only,
            missing: Vec::new(),
            has_entrypoint: false,
            notices: Vec::new(),
        };
        let functions = match declared.get("functions")? {
            Some(functions) => reader.functions(&functions)?,
            None => Vec::new(),
        };
        let (missing, notices) = (reader.missing, reader.notices);
        if functions.is_empty() && only.is_none() && !missing.is_empty() {
            return Err(InspectError::NoneThere(file, missing));
        }
        if functions.is_empty() {
            continue;
        }
        return Ok(Some(Declaration {
            project_id: project_id.map(|id| id.text().map(str::to_owned)).transpose()?,
            functions,
            notices,
            file,
        }));
    }
    Ok(None)
}

struct Reader<'a> {
    /// The folder of the file. A real path.
    root: &'a Path,
    file: &'a Path,
    name: &'static str,
    only: Option<&'a Path>,
    /// Folders that are not there.
    missing: Vec<String>,
    /// Whether some function has one.
    has_entrypoint: bool,
    notices: Vec<String>,
}

impl Reader<'_> {
    fn functions(&mut self, declared: &At<'_>) -> Result<Vec<Wish>, InspectError> {
        let mut wishes: Vec<Wish> = Vec::new();
        for function in declared.items()? {
            let Some(folder) = self.folder(&function)? else {
                continue;
            };
            if self.only.is_some_and(|only| only != folder) {
                continue;
            }
            let wish = self.function(&function, folder)?;
            if wish.id.is_some() && wishes.iter().any(|other| other.id == wish.id) {
                return Err(required(&function, "$id")?.wrong("an id that no other function has"));
            }
            wishes.push(wish);
        }
        let missing = self
            .missing
            .iter()
            .map(|path| format!("{} declares a function in {path}, which is not there.", self.name));
        if !wishes.is_empty() && self.only.is_none() {
            self.notices.extend(missing);
        }
        if self.has_entrypoint {
            self.notices.push(format!(
                "An entrypoint in {} is run as a program, as Appwrite 0.12 runs what a command names; a function that it \
                 exports, which newer ones call, is not called.",
                self.name
            ));
        }
        Ok(wishes)
    }

    /// The function's folder; `None` where it is not there.
    fn folder(&mut self, function: &At<'_>) -> Result<Option<PathBuf>, InspectError> {
        let declared = required(function, "path")?;
        let path = declared.text()?;
        let outside = || InspectError::Outside {
            file: self.file.to_owned(),
            key: declared.key().to_owned(),
            path: path.to_owned(),
        };
        let inside = match path.trim_end_matches('/') {
            "" | "." | "./." => String::new(),
            path => package_json::inside(path).ok_or_else(outside)?,
        };
        match real(&self.root.join(inside)) {
            // A link may lead out too.
            Ok(folder) if folder.starts_with(self.root) => Ok(Some(folder)),
            Ok(_) => Err(outside()),
            Err(InspectError::Missing(_)) => {
                self.missing.push(path.to_owned());
                Ok(None)
            }
            Err(error) => Err(error),
        }
    }

    fn function(&mut self, function: &At<'_>, folder: PathBuf) -> Result<Wish, InspectError> {
        let id = match function.get("$id")? {
            Some(id) => Some(FunctionId::parse("$id", id.text()?).map_err(|_| id.wrong(ID_RULE))?),
            None => None,
        };
        let name = function.get("name")?.map(|name| name.text()).transpose()?;
        let name = name
            .filter(|name| !name.is_empty())
            .map_or_else(|| name_of(&folder), str::to_owned);
        let (language, runtime) = self.runtime(function, &name)?;
        let entrypoint = self.guess(function, "entrypoint")?;
        self.has_entrypoint |= entrypoint.is_some();
        let guessed = guess::of(&folder, language.as_ref(), entrypoint.as_ref(), &mut self.notices)?;
        self.unsupported(function, &name)?;
        Ok(Wish {
            id,
            language: guessed.language,
            runtime,
            command: guessed.command,
            unclear: guessed.unclear,
            ignore: self.ignore(function, &folder, &name)?,
            vars: variables(function)?,
            execute: function
                .get("execute")?
                .map(|roles| execute(&roles))
                .transpose()?,
            events: self.events(function, &name)?,
            schedule: self.guess(function, "schedule")?.map(|schedule| schedule.value),
            timeout_secs: function
                .get("timeout")?
                .map(|timeout| timeout.number())
                .transpose()?,
            has_env: folder.join(ENV_FILE).is_file(),
            name,
            folder,
        })
    }

    /// The text of a key, if it has some.
    fn guess(&self, function: &At<'_>, key: &str) -> Result<Option<Guess>, InspectError> {
        let text = function.get(key)?.map(|value| value.text()).transpose()?;
        Ok(text.filter(|text| !text.trim().is_empty()).map(|text| Guess {
            value: text.to_owned(),
            why: format!("{key} in {}", self.name),
        }))
    }

    /// The language of the declared runtime, and the runtime if it is one of ours.
    fn runtime(
        &mut self,
        function: &At<'_>,
        name: &str,
    ) -> Result<(Option<Guess>, Option<&'static Runtime>), InspectError> {
        let Some(declared) = self.guess(function, "runtime")? else {
            return Ok((None, None));
        };
        let runtime = Runtime::parse("runtime", &declared.value).ok();
        let family = declared.value.split('-').next().unwrap_or_default();
        if runtime.is_none() {
            self.notices.push(format!(
                "The function {name} declares the runtime {}, which Drydock does not list; another of {family} serves.",
                declared.value
            ));
        }
        let language = Guess {
            value: family.to_owned(),
            why: declared.why,
        };
        Ok((Some(language), runtime))
    }

    /// The patterns, without those that would take away what the function needs.
    fn ignore(&mut self, function: &At<'_>, folder: &Path, name: &str) -> Result<Vec<String>, InspectError> {
        let patterns = match function.get("ignore")? {
            None => return Ok(Vec::new()),
            // Appwrite's command line reads a text as the lines of an ignore file.
            Some(text) if text.is_text() => text.text()?.lines().map(str::to_owned).collect(),
            Some(list) => list.texts()?,
        };
        let mut kept = Vec::new();
        for pattern in patterns {
            if names_dependencies(&pattern) {
                self.notices.push(format!(
                    "The function {name} ignores {pattern}, which is kept: Appwrite installs it anew where it builds, \
                     and nothing is built here. A .drydockignore file can leave it out."
                ));
            } else if GitignoreBuilder::new(folder).add_line(None, &pattern).is_err() {
                self.notices.push(format!(
                    "The function {name} ignores {pattern}, which is no pattern and leaves nothing out."
                ));
            } else {
                kept.push(pattern);
            }
        }
        Ok(kept)
    }

    fn events(&mut self, function: &At<'_>, name: &str) -> Result<Vec<EventName>, InspectError> {
        let declared = function.get("events")?.map(|events| events.texts()).transpose()?;
        let (known, unknown): (Vec<_>, Vec<_>) = declared
            .unwrap_or_default()
            .into_iter()
            .map(|event| EventName::parse("events", &event).map_err(|_| event))
            .partition(Result::is_ok);
        let unknown: Vec<_> = unknown.into_iter().filter_map(Result::err).collect();
        if !unknown.is_empty() {
            self.notices.push(format!(
                "The function {name} listens to {}, which the API 0.12 does not have.",
                unknown.join(", ")
            ));
        }
        Ok(known.into_iter().filter_map(Result::ok).collect())
    }

    /// Says which keys have others do something that does not happen here.
    fn unsupported(&mut self, function: &At<'_>, name: &str) -> Result<(), InspectError> {
        if let Some(commands) = self.guess(function, "commands")? {
            self.notices.push(format!(
                "The function {name} is built by `{}`, and Drydock builds nothing: run that yourself in its folder.",
                commands.value
            ));
        }
        if let Some(enabled) = function.get("enabled")?
            && !enabled.flag()?
        {
            self.notices.push(format!(
                "The function {name} is disabled; here it runs nevertheless."
            ));
        }
        if let Some(scopes) = function.get("scopes")?
            && !scopes.texts()?.is_empty()
        {
            self.notices.push(format!(
                "The function {name} wants an API key with its executions (scopes): give it one as a variable."
            ));
        }
        Ok(())
    }
}

/// A key that must be there.
fn required<'a>(object: &At<'a>, key: &str) -> Result<At<'a>, InspectError> {
    object
        .get(key)?
        .ok_or_else(|| object.wrong(&format!("an object with the key {key}")))
}

fn execute(roles: &At<'_>) -> Result<Vec<String>, InspectError> {
    let todays = |role: String| {
        let known = ROLES.iter().find(|(today, _)| *today == role);
        known.map_or(role, |(_, of_0_12)| (*of_0_12).to_owned())
    };
    Ok(roles.texts()?.into_iter().map(todays).collect())
}

/// Variables: an object, or, as Appwrite's command line writes what it pulls, a list of objects with key and value. Of
/// two with one name the later counts.
fn variables(function: &At<'_>) -> Result<Vars, InspectError> {
    let mut all = Vars::new();
    for key in ["vars", "variables"] {
        let Some(declared) = function.get(key)? else {
            continue;
        };
        if !declared.is_list() {
            for (name, value) in declared.entries()? {
                all.insert(name.to_owned(), value.variable()?);
            }
            continue;
        }
        for variable in declared.items()? {
            let name = required(&variable, "key")?.text()?.to_owned();
            // One that is secret has none.
            if let Some(value) = variable.get("value")? {
                all.insert(name, value.variable()?);
            }
        }
    }
    Ok(all)
}

/// Whether a pattern means a folder of dependencies as a whole.
fn names_dependencies(pattern: &str) -> bool {
    let name = pattern
        .trim()
        .trim_start_matches("./")
        .trim_start_matches("**/")
        .trim_start_matches('/');
    let name = name.trim_end_matches('*').trim_end_matches('/');
    rules::is_dependencies(name.as_ref())
}
