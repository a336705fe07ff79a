//! From a folder to linked functions: what `link` and `dev` do first.
//!
//! Owns: which function, runtime and command a folder gets, by what the user said, what is linked already, what the
//! folder declares and what it holds; making or updating the function; the link. Must not: print.

use std::path::{Component, Path};

use anyhow::{Context as _, Result, anyhow, bail};
use clap::Args;
use drydock_core::function::DEFAULT_TIMEOUT_SECS;
use reqwest::Method;
use serde_json::json;

use super::client::{Client, or_missing, or_taken};
use super::wire::{Found, Function, FunctionChange, Guess, LinkRow, LinkRows, NewFunction, Wish};
use super::{UsageError, parse_id};

/// What can be said of a folder that is to be linked.
#[derive(Debug, Default, Args)]
pub(crate) struct LinkFlags {
    /// The function, made if there is none of that id [default: the one that the folder is linked to, else as
    /// appwrite.json says, else by the folder's name]
    #[arg(long, value_name = "ID", value_parser = parse_id)]
    function: Option<String>,
    /// The runtime of a function that is made, such as node-20.0 [default: by what the folder holds]
    #[arg(long, value_name = "ID")]
    runtime: Option<String>,
    /// What starts the function, such as 'node index.js' [default: by what the folder holds]
    #[arg(long, value_name = "COMMAND")]
    command: Option<String>,
    /// Look at the folder again and again, for drives that tell of no changes: over a network, into a container
    #[arg(long)]
    polling: bool,
}

/// A folder whose functions are linked now.
#[derive(Debug)]
pub(crate) struct LinkedFolder {
    /// The `appwrite.json` that names them, where there is one.
    pub(crate) declared_in: Option<String>,
    /// What the user should know.
    pub(crate) notices: Vec<String>,
    /// At least one.
    pub(crate) functions: Vec<LinkedFunction>,
}

/// A function that is linked now, and how it came to be so.
#[derive(Debug)]
pub(crate) struct LinkedFunction {
    pub(crate) function: Function,
    pub(crate) is_new: bool,
    /// The settings that the folder declares and that were others before.
    pub(crate) changed: Vec<&'static str>,
    pub(crate) runtime: Guess,
    pub(crate) command: Guess,
    pub(crate) row: LinkRow,
}

/// Links `folder` to the function that is meant, or each function that its `appwrite.json` names to its own folder.
///
/// # Errors
/// Where it cannot be said what is meant, with what to say, and what the server refuses.
pub(crate) async fn link_folder(client: &Client, folder: &Path, flags: &LinkFlags) -> Result<LinkedFolder> {
    // A link stays what it is, since where it leads may change; but `..` is of the place where it was written.
    let goes_up = folder.components().any(|it| it == Component::ParentDir);
    let absolute = if goes_up {
        std::fs::canonicalize(folder)
    } else {
        std::path::absolute(folder)
    };
    let absolute = absolute.with_context(|| format!("the folder {} cannot be found", folder.display()))?;
    let absolute = absolute
        .to_str()
        .with_context(|| format!("the name of the folder {} is not UTF-8 text", folder.display()))?;
    let mut found = client.inspect(absolute).await?;
    let mut links: LinkRows = client.console_get(&["links"], &[]).await?;
    // A folder that is named by way of a link stays so: where that leads to is what runs.
    let (real, named) = (found.folder.clone(), absolute);
    for folder in found.functions.iter_mut().map(|wish| &mut wish.folder) {
        *folder = as_named(folder, &real, named);
    }
    for folder in links.links.iter_mut().map(|link| &mut link.folder) {
        if let Ok(there) = std::fs::canonicalize(&*folder) {
            *folder = as_named(&there.to_string_lossy(), &real, named);
        }
    }
    let is_declared = found.declared_in.is_some();
    let plans = plans(client, &found, flags, &links.links).await;
    // Nothing is made before it is known that all can be.
    let plans = plans.map_err(|error| with_notices(&error, &found.notices))?;
    let mut functions = Vec::new();
    for plan in plans {
        functions.push(carry_out(client, plan, is_declared, flags.polling).await?);
    }
    Ok(LinkedFolder {
        declared_in: found.declared_in,
        notices: found.notices,
        functions,
    })
}

/// The error with what the folder's inspection has to say, which is often why.
fn with_notices(error: &anyhow::Error, notices: &[String]) -> anyhow::Error {
    let mut text = format!("{error:#}");
    for notice in notices {
        text.push_str("\nnote: ");
        text.push_str(notice);
    }
    if error.is::<UsageError>() {
        UsageError(text).into()
    } else {
        anyhow!(text)
    }
}

/// What is to become of one function and its folder.
struct Plan<'a> {
    wish: &'a Wish,
    id: String,
    runtime: Guess,
    command: Guess,
    existing: Option<Function>,
    /// Its link to this same folder, whose settings of before stay.
    before: Option<&'a LinkRow>,
}

async fn plans<'a>(
    client: &Client,
    found: &'a Found,
    flags: &LinkFlags,
    links: &'a [LinkRow],
) -> Result<Vec<Plan<'a>>> {
    let is_declared = found.declared_in.is_some();
    let mut plans = Vec::new();
    for wish in chosen(found, flags)? {
        let planned = plan(client, wish, is_declared, flags, links).await;
        plans.push(match &wish.id {
            Some(id) => planned.with_context(|| format!("the function {id} in {}", wish.folder))?,
            None => planned?,
        });
    }
    Ok(plans)
}

async fn plan<'a>(
    client: &Client,
    wish: &'a Wish,
    is_declared: bool,
    flags: &LinkFlags,
    links: &'a [LinkRow],
) -> Result<Plan<'a>> {
    let (id, is_meant) = function_id(wish, flags, links)?;
    let existing: Option<Function> = or_missing(client.get(&["functions", &id]).await)?;
    let link = links.iter().find(|link| link.function_id == id);
    if !is_meant && let Some(taken) = taken(existing.as_ref(), link) {
        bail!(
            "there is a function {id} already, {taken}: if it is the one that is meant, say --function {id}, else \
             another id"
        );
    }
    // Two checkouts of one repository would take it from each other.
    let elsewhere = link.filter(|link| link.folder != wish.folder && Path::new(&link.folder).is_dir());
    if flags.function.is_none()
        && let Some(link) = elsewhere
    {
        bail!(
            "it is linked to {}: to link it to this folder instead, say --function {id}",
            link.folder
        );
    }
    // What was chosen for this folder before, in the console for one, stays.
    let before = link.filter(|link| link.folder == wish.folder);
    Ok(Plan {
        runtime: runtime(wish, flags, existing.as_ref())?,
        command: command(wish, flags, before.filter(|_| !is_declared))?,
        wish,
        id,
        existing,
        before,
    })
}

/// A folder at or below `real` by the name that the user has for that one.
fn as_named(folder: &str, real: &str, named: &str) -> String {
    match Path::new(folder).strip_prefix(real) {
        Ok(below) if below.as_os_str().is_empty() => named.to_owned(),
        Ok(below) => Path::new(named).join(below).to_string_lossy().into_owned(),
        Err(_) => folder.to_owned(),
    }
}

/// The functions that are meant of those that the folder names.
fn chosen<'a>(found: &'a Found, flags: &LinkFlags) -> Result<Vec<&'a Wish>> {
    let (Some(file), Some(id)) = (&found.declared_in, &flags.function) else {
        if found.functions.len() > 1 && (flags.runtime.is_some() || flags.command.is_some()) {
            let ids = ids(found);
            bail!(UsageError(format!(
                "{} holds several functions ({ids}): say with --function which one --runtime and --command are of",
                found.folder
            )));
        }
        return Ok(found.functions.iter().collect());
    };
    let named = found.functions.iter().find(|wish| wish.id.as_ref() == Some(id));
    let named = named.with_context(|| format!("{file} names no function {id} here, but {}", ids(found)))?;
    Ok(vec![named])
}

fn ids(found: &Found) -> String {
    let ids: Vec<_> = found
        .functions
        .iter()
        .map(|wish| wish.id.as_deref().unwrap_or(&wish.name))
        .collect();
    ids.join(", ")
}

async fn carry_out(
    client: &Client,
    plan: Plan<'_>,
    is_declared: bool,
    polling: bool,
) -> Result<LinkedFunction> {
    let Plan {
        wish,
        id,
        runtime,
        command,
        existing,
        before,
    } = plan;
    let (is_new, change) = match existing {
        None => (true, FunctionChange::new(wish)),
        Some(ref function) => (false, FunctionChange::from(function.clone())),
    };
    let (change, changed) = if is_declared && !is_new {
        declared(change, wish)
    } else {
        (change, Vec::new())
    };
    let path = ["functions", id.as_str()];
    let function = match existing {
        None => {
            let new = NewFunction {
                function_id: id.clone(),
                runtime: runtime.value.clone(),
                rest: change,
            };
            match or_taken(client.send(Method::POST, &path[..1], &new).await)? {
                Some(made) => made,
                // Another command links the same folder just now.
                None => client.get(&path).await?,
            }
        }
        Some(function) if changed.is_empty() => function,
        Some(_) => client.send(Method::PUT, &path, &change).await?,
    };
    let ignore = match before {
        Some(link) if !is_declared => link.ignore.clone(),
        _ => wish.ignore.clone(),
    };
    let polling = polling || before.is_some_and(|link| link.polling);
    let row = match before {
        Some(link)
            // Linking anew brings back code that is gone.
            if !function.tag.is_empty()
                && (&link.command, &link.ignore, link.polling) == (&command.value, &ignore, polling) =>
        {
            link.clone()
        }
        _ => {
            let body = json!({
                "folder": wish.folder, "command": command.value, "ignore": ignore, "polling": polling,
            });
            let linked = client
                .console_send(Method::PUT, &["functions", &id, "link"], &body)
                .await;
            let made = if is_new {
                "is made, but its"
            } else {
                "is there, but the"
            };
            linked.with_context(|| format!("the function {id} {made} folder cannot be linked"))?
        }
    };
    Ok(LinkedFunction {
        function,
        is_new,
        changed,
        runtime,
        command,
        row,
    })
}

/// The function's id, and whether it is surely the one that is meant.
fn function_id(wish: &Wish, flags: &LinkFlags, links: &[LinkRow]) -> Result<(String, bool)> {
    if let Some(id) = flags.function.as_ref().or(wish.id.as_ref()) {
        return Ok((id.clone(), true));
    }
    let here: Vec<_> = links
        .iter()
        .filter(|link| link.folder == wish.folder)
        .map(|link| link.function_id.clone())
        .collect();
    match here.as_slice() {
        [] => {}
        [one] => return Ok((one.clone(), true)),
        many => bail!(
            "{} is linked to several functions ({}): say with --function which one is meant",
            wish.folder,
            many.join(", ")
        ),
    }
    let suggested = wish.suggested_id.clone();
    let suggested = suggested.ok_or_else(|| {
        anyhow!(
            "the name of the folder {} makes no id of a function: say one with --function",
            wish.folder
        )
    })?;
    Ok((suggested, false))
}

/// What a function that only happens to have this id has already.
fn taken(function: Option<&Function>, link: Option<&LinkRow>) -> Option<String> {
    match (function, link) {
        (_, Some(link)) => Some(format!("linked to {}", link.folder)),
        (Some(function), None) if !function.tag.is_empty() => Some("which has code".to_owned()),
        _ => None,
    }
}

fn runtime(wish: &Wish, flags: &LinkFlags, existing: Option<&Function>) -> Result<Guess> {
    match (existing, &flags.runtime, &wish.runtime) {
        (Some(function), Some(asked), _) if *asked != function.runtime => bail!(
            "the function {} has the runtime {}, and the runtime of a function cannot change: make another with --function",
            function.id,
            function.runtime
        ),
        (Some(function), ..) => Ok(Guess {
            value: function.runtime.clone(),
            why: String::new(),
        }),
        (None, Some(asked), _) => Ok(Guess {
            value: asked.clone(),
            why: String::new(),
        }),
        (None, None, Some(guess)) => Ok(guess.clone()),
        (None, None, None) => Err(unclear(wish, "--runtime")),
    }
}

fn command(wish: &Wish, flags: &LinkFlags, before: Option<&LinkRow>) -> Result<Guess> {
    let said = flags.command.as_ref().or(before.map(|link| &link.command));
    match (said, &wish.command) {
        (Some(command), guess) => Ok(Guess {
            value: command.clone(),
            // Chosen before, and what would be guessed: then it is known from what.
            why: guess
                .as_ref()
                .filter(|guess| flags.command.is_none() && guess.value == *command)
                .map(|guess| guess.why.clone())
                .unwrap_or_default(),
        }),
        (None, Some(guess)) => Ok(guess.clone()),
        (None, None) => Err(unclear(wish, "--command")),
    }
}

fn unclear(wish: &Wish, flag: &str) -> anyhow::Error {
    match &wish.unclear {
        Some(unclear) => anyhow!("{unclear}"),
        None => anyhow!("it cannot be said how {} is run: say it with {flag}", wish.folder),
    }
}

impl FunctionChange {
    /// A new function as the folder wishes it.
    fn new(wish: &Wish) -> Self {
        Self {
            name: wish.name.clone(),
            execute: wish.execute.clone().unwrap_or_default(),
            vars: wish.vars.clone(),
            events: wish.events.clone(),
            schedule: wish.schedule.clone().unwrap_or_default(),
            timeout: wish.timeout.unwrap_or(DEFAULT_TIMEOUT_SECS),
        }
    }
}

/// The function as its declaration says, and what of that is new. What is not declared stays, and so do variables that
/// are set beside the declared ones: a secret is rarely in `appwrite.json`.
fn declared(mut change: FunctionChange, wish: &Wish) -> (FunctionChange, Vec<&'static str>) {
    let old = change.clone();
    change.name.clone_from(&wish.name);
    if let Some(execute) = &wish.execute {
        change.execute.clone_from(execute);
    }
    for (name, value) in &wish.vars {
        change.vars.insert(name.clone(), value.clone());
    }
    if !wish.events.is_empty() {
        change.events.clone_from(&wish.events);
    }
    if let Some(schedule) = &wish.schedule {
        change.schedule.clone_from(schedule);
    }
    change.timeout = wish.timeout.unwrap_or(change.timeout);
    let differs = [
        (old.name != change.name, "name"),
        (old.execute != change.execute, "execute"),
        (old.vars != change.vars, "variables"),
        (old.events != change.events, "events"),
        (old.schedule != change.schedule, "schedule"),
        (old.timeout != change.timeout, "timeout"),
    ];
    let changed = differs
        .into_iter()
        .filter_map(|(differs, name)| differs.then_some(name));
    (change, changed.collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use serde_json::Value;

    use super::*;

    fn wish(id: Option<&str>) -> Wish {
        serde_json::from_value(json!({
            "id": id, "suggestedId": "code", "name": "code", "folder": "/w/code",
            "runtime": { "value": "node-18.0", "why": "the file index.js" },
            "command": { "value": "node index.js", "why": "the file index.js" },
            "unclear": null, "ignore": [], "vars": { "A": "1" }, "execute": null, "events": [],
            "schedule": null, "timeout": 30, "hasEnv": false,
        }))
        .unwrap()
    }

    fn found(wishes: &[Option<&str>]) -> Found {
        Found {
            folder: "/w".into(),
            declared_in: wishes[0].map(|_| "/w/appwrite.json".into()),
            functions: wishes.iter().map(|id| wish(*id)).collect(),
            notices: Vec::new(),
        }
    }

    fn link(function: &str, folder: &str) -> LinkRow {
        serde_json::from_value(json!({
            "functionId": function, "folder": folder, "command": "node other.js", "ignore": [], "polling": false,
            "state": "watching", "notice": null, "files": 1, "sizeBytes": 1, "leftOut": [], "last": null,
        }))
        .unwrap()
    }

    fn function(id: &str, tag: &str) -> Function {
        let value: Value = json!({
            "$id": id, "name": "old", "execute": ["role:all"], "runtime": "node-20.0", "tag": tag,
            "vars": { "A": "0", "SECRET": "s" }, "events": ["users.create"], "schedule": "* * * * *",
            "scheduleNext": 0, "schedulePrevious": 0, "timeout": 60, "dateCreated": 1, "dateUpdated": 1, "status": "enabled",
        });
        serde_json::from_value(value).unwrap()
    }

    fn flags(function: Option<&str>, command: Option<&str>) -> LinkFlags {
        LinkFlags {
            function: function.map(str::to_owned),
            command: command.map(str::to_owned),
            ..LinkFlags::default()
        }
    }

    #[test]
    fn a_folder_keeps_the_name_that_the_user_has_for_it() {
        let named = |folder| as_named(folder, "/real/v1", "/w/current");
        assert_eq!(named("/real/v1"), "/w/current");
        assert_eq!(named("/real/v1/functions/a"), "/w/current/functions/a");
        assert_eq!(named("/real/v10"), "/real/v10");
    }

    #[test]
    fn all_functions_of_a_declaration_are_meant_unless_one_is_named() {
        let two = found(&[Some("a"), Some("b")]);
        assert_eq!(chosen(&two, &flags(None, None)).unwrap().len(), 2);
        let one = chosen(&two, &flags(Some("b"), Some("node x.js"))).unwrap();
        assert_eq!((one.len(), one[0].id.as_deref()), (1, Some("b")));
        let message = chosen(&two, &flags(Some("c"), None)).unwrap_err().to_string();
        assert!(message.contains("no function c here, but a, b"), "{message}");
        assert!(
            chosen(&two, &flags(None, Some("node x.js")))
                .unwrap_err()
                .is::<UsageError>()
        );
        // Nothing is declared: any id may be given to the folder.
        assert_eq!(chosen(&found(&[None]), &flags(Some("c"), None)).unwrap().len(), 1);
    }

    #[test]
    fn the_id_is_said_or_declared_or_linked_already_or_the_folders_name() {
        let id = |wish: &Wish, said, links: &[LinkRow]| function_id(wish, &flags(said, None), links);
        let here = [link("x", "/w/code"), link("y", "/w/other")];
        assert_eq!(
            id(&wish(Some("d")), Some("s"), &here).unwrap(),
            ("s".into(), true)
        );
        assert_eq!(id(&wish(Some("d")), None, &here).unwrap(), ("d".into(), true));
        assert_eq!(id(&wish(None), None, &here).unwrap(), ("x".into(), true));
        assert_eq!(id(&wish(None), None, &here[1..]).unwrap(), ("code".into(), false));
        let twice = [link("x", "/w/code"), link("y", "/w/code")];
        let message = id(&wish(None), None, &twice).unwrap_err().to_string();
        assert!(
            message.contains("x, y") && message.contains("--function"),
            "{message}"
        );
    }

    #[test]
    fn a_function_that_only_has_the_name_is_not_taken_over() {
        assert_eq!(taken(None, None), None);
        assert_eq!(taken(Some(&function("f", "")), None), None);
        assert!(taken(Some(&function("f", "t")), None).is_some());
        let elsewhere = taken(Some(&function("f", "")), Some(&link("f", "/o")));
        assert_eq!(elsewhere.as_deref(), Some("linked to /o"));
    }

    #[test]
    fn what_was_chosen_for_the_folder_before_stays_until_something_else_is_said() {
        let before = link("f", "/w/code");
        let value = |said, before| command(&wish(None), &flags(None, said), before).unwrap().value;
        assert_eq!(value(None, None), "node index.js");
        assert_eq!(value(None, Some(&before)), "node other.js");
        assert_eq!(value(Some("node x.js"), Some(&before)), "node x.js");
    }

    #[test]
    fn the_runtime_of_a_function_stays() {
        let with = |runtime: &str| LinkFlags {
            runtime: Some(runtime.to_owned()),
            ..LinkFlags::default()
        };
        let old = function("f", "");
        assert_eq!(
            runtime(&wish(None), &flags(None, None), Some(&old))
                .unwrap()
                .value,
            "node-20.0"
        );
        assert!(runtime(&wish(None), &with("node-20.0"), Some(&old)).is_ok());
        assert!(runtime(&wish(None), &with("node-18.0"), Some(&old)).is_err());
        assert_eq!(runtime(&wish(None), &with("x"), None).unwrap().value, "x");
        let mut blank = wish(None);
        (blank.runtime, blank.unclear) = (None, Some("Say it with --runtime.".into()));
        let message = runtime(&blank, &flags(None, None), None).unwrap_err().to_string();
        assert_eq!(message, "Say it with --runtime.");
    }

    #[test]
    fn a_declaration_sets_what_it_names_and_leaves_the_rest() {
        let (change, changed) = declared(function("f", "").into(), &wish(Some("f")));
        assert_eq!(changed, ["name", "variables", "timeout"]);
        assert_eq!((change.timeout, change.schedule.as_str()), (30, "* * * * *"));
        let vars: Vec<_> = change.vars.iter().map(|(n, v)| format!("{n}={v}")).collect();
        assert_eq!(vars, ["A=1", "SECRET=s"]);
        assert_eq!(declared(change, &wish(Some("f"))).1, [""; 0]);
    }
}
