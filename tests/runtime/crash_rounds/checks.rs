//! After a crash and a start: the server shows what the book says, and its folder holds nothing else.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use drydock_tests::{Databases, Dock, Folder, Visitor, Witness, process, tree, until};
use nix::sys::signal::Signal;
use serde_json::Value;

use super::book::{Book, End, Wish};
use super::traffic::number_in;

/// Hours after its end that an execution stays: the setting is one day.
const KEPT_HOURS: i64 = 24;

/// What was seen, so that a run that tested nothing is noticed.
#[derive(Debug, Default)]
pub(super) struct Tally {
    pub(super) completed: usize,
    pub(super) interrupted: usize,
    /// Of the interrupted ones, those that had done their work.
    pub(super) interrupted_at_the_end: usize,
    pub(super) cancelled: usize,
    pub(super) without_their_tag: usize,
    pub(super) removed_as_old: usize,
    pub(super) tags: usize,
}

/// Checks what a killed server left: sound files, and none of what is shown without its output.
pub(super) fn databases(folder: &Folder) {
    let databases = Databases::of(&folder.data());
    databases.expect_sound();
    let outputs: BTreeSet<_> = databases.outputs().into_iter().collect();
    // Each of them printed something before it ended.
    for id in databases.completed() {
        assert!(outputs.contains(&id), "{id} is completed and its output is gone");
    }
}

/// Checks everything, and enters in the book what was not answered.
pub(super) async fn check(dock: &Dock, book: &Book, witness: &Witness, hour: i64, seen: &mut Tally) {
    started_once_at_most(&witness.visitors());
    functions(dock, book).await;
    let folders = tags(dock, book, seen).await;
    executions(dock, book, witness, hour, seen).await;
    started_once_at_most(&witness.visitors());
    nothing_else_is_there(&dock.data(), &folders).await;
    until("no output is left without its execution", async || {
        process::stop(dock.pid()).await;
        let databases = Databases::of(&dock.data());
        dock.signal(Signal::SIGCONT);
        let executions: BTreeSet<_> = databases.executions().into_iter().collect();
        let outputs = databases.outputs();
        outputs.iter().all(|id| executions.contains(id)).then_some(())
    })
    .await;
    assert!(!dock.log().contains("panicked"), "{}", dock.log());
}

async fn functions(dock: &Dock, book: &Book) {
    let listed: BTreeMap<String, Value> = all(dock, "/v1/functions", "functions").await;
    let mut book = book.open();
    for id in listed.keys() {
        let function = book.functions.get_mut(id).expect("somebody asked for it");
        assert_ne!(function.deleted, Wish::Done, "{id} was deleted");
        function.made = true;
        function.deleted = Wish::None;
    }
    for (id, function) in &mut book.functions {
        if !listed.contains_key(id) {
            assert!(
                !function.made || function.deleted != Wish::None,
                "the function {id} is lost"
            );
            function.deleted = Wish::Done;
        }
    }
    let book = &mut *book;
    // What a deleted function had is of no interest any more.
    let gone = |function: &String| !listed.contains_key(function);
    book.tags.retain(|_, tag| !gone(&tag.function));
    book.executions.retain(|_, execution| !gone(&execution.function));
}

/// Answers the folders that may be in `code/`.
async fn tags(dock: &Dock, book: &Book, seen: &mut Tally) -> BTreeSet<String> {
    let mut folders = BTreeSet::new();
    // The book is opened for a statement, never over a wait.
    let functions = book.open().standing(None);
    for function in functions {
        let listed = all(dock, &format!("/v1/functions/{function}/tags"), "tags").await;
        let mut numbers = BTreeMap::new();
        for (id, row) in &listed {
            let number = number_in(row["command"].as_str().unwrap());
            numbers.insert(number, id.clone());
            let tag = book
                .open()
                .tags
                .get(&number)
                .cloned()
                .expect("somebody uploaded it");
            assert_ne!(tag.deleted, Wish::Done, "tag {number} was deleted: {row}");
            assert!(tag.id.as_ref().is_none_or(|known| known == id), "{row}");
            assert_eq!(row["size"], tag.archive.len(), "{row}");
            let path = format!("/console/api/projects/default/functions/{function}/tags/{id}/archive");
            let archive = dock.owner().get(&path).send_unchecked().await;
            archive.expect_status(200);
            assert!(archive.body == tag.archive, "the archive of {row} is another");
            let folder = dock.data().join("code/default").join(&function).join(id);
            assert_eq!(unpacked(&folder.join("tree")), tag.files, "{row}");
            folders.insert(format!("default/{function}/{id}"));
            seen.tags += 1;
        }
        for (number, tag) in &mut book.open().tags {
            if tag.function != function {
                continue;
            }
            if let Some(id) = numbers.get(number) {
                tag.id = Some(id.clone());
                tag.deleted = Wish::None;
            } else {
                assert!(
                    tag.id.is_none() || tag.deleted != Wish::None,
                    "the tag {number} is lost"
                );
                tag.deleted = Wish::Done;
            }
        }
        let path = format!("/v1/functions/{function}");
        active_tag(&dock.key().get(&path).ok(200).await, &numbers, book);
    }
    folders
}

fn active_tag(row: &Value, numbers: &BTreeMap<usize, String>, book: &Book) {
    let id = row["tag"].as_str().unwrap();
    let number = numbers
        .iter()
        .find(|(_, tag)| *tag == id)
        .map(|(number, _)| *number);
    assert!(
        id.is_empty() || number.is_some(),
        "the active tag is none of its tags: {row}"
    );
    let mut book = book.open();
    let may_be = &mut book
        .functions
        .get_mut(row["$id"].as_str().unwrap())
        .unwrap()
        .active;
    assert!(
        may_be.contains(&number),
        "active is {number:?} of {may_be:?}: {row}"
    );
    *may_be = vec![number];
}

fn unpacked(tree: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    for entry in tree::list(tree) {
        if !entry.ends_with('/') {
            let name = entry.rsplit_once(' ').unwrap().0.to_owned();
            let content = fs::read(tree.join(&name)).unwrap();
            files.push((name, content));
        }
    }
    // As they were packed: the script first.
    files.sort_by_key(|(name, _)| (name != "main.sh", name.clone()));
    files
}

async fn executions(dock: &Dock, book: &Book, witness: &Witness, hour: i64, seen: &mut Tally) {
    let functions = book.open().standing(None);
    let mut rows = BTreeMap::new();
    for function in functions {
        let path = format!("/v1/functions/{function}/executions");
        let ended = until("every execution ends", async || {
            let listed = all(dock, &path, "executions").await;
            listed
                .values()
                .all(|row| End::told_by(row).is_some())
                .then_some(listed)
        });
        rows.extend(ended.await);
    }
    name_the_unanswered(dock, book, &rows).await;
    let entries = book.open().executions.clone();
    for (name, execution) in entries {
        let Some(row) = execution.id.as_ref().and_then(|id| rows.get(id)) else {
            let old = hour - execution.hour >= KEPT_HOURS;
            assert!(
                execution.id.is_none() || old && execution.pinned != Wish::Done,
                "{name} was acknowledged and is lost: {execution:?}"
            );
            seen.removed_as_old += usize::from(execution.id.is_some());
            book.open().executions.remove(&name);
            continue;
        };
        let end = End::told_by(row).unwrap();
        assert!(
            execution.end.as_ref().is_none_or(|known| *known == end),
            "{execution:?} has another end now: {row}"
        );
        if !execution.checked {
            let done = visits(witness, &name).iter().any(|visit| visit.finished);
            let stderr = row["stderr"].as_str().unwrap();
            match (end.status.as_str(), end.exit_code) {
                ("completed", 0) => seen.completed += 1,
                ("failed", 130) if execution.cancelled != Wish::None => seen.cancelled += 1,
                ("failed", 1)
                    if stderr
                        .ends_with("Drydock ended while this execution ran; it was not run again.\n") =>
                {
                    assert_eq!(stderr.matches("Drydock ended").count(), 1, "said once: {row}");
                    seen.interrupted += 1;
                    seen.interrupted_at_the_end += usize::from(done);
                }
                ("failed", 127) if stderr.contains("was deleted before") => {
                    let tag = stderr.split(' ').nth(1).unwrap();
                    let path = format!("/v1/functions/{}/tags/{tag}", execution.function);
                    dock.key().get(&path).refused(404).await;
                    seen.without_their_tag += 1;
                }
                _ => panic!("{name} ended for no reason: {row}"),
            }
            if end.status == "completed" {
                output_is_whole(dock, &name, row, execution.prints).await;
                until(&format!("{name} is seen to have done its work"), async || {
                    let visits = visits(witness, &name);
                    (visits.len() == 1 && visits[0].finished).then_some(())
                })
                .await;
            }
        }
        let mut book = book.open();
        let execution = book.executions.get_mut(&name).unwrap();
        (execution.end, execution.checked) = (Some(end), true);
    }
}

/// Executions whose answer did not come, by what they were to tell.
async fn name_the_unanswered(dock: &Dock, book: &Book, rows: &BTreeMap<String, Value>) {
    let known: BTreeSet<String> = book
        .open()
        .executions
        .values()
        .filter_map(|execution| execution.id.clone())
        .collect();
    for id in rows.keys().filter(|id| !known.contains(*id)) {
        let row = console_row(dock, id).await;
        let name = row["data"].as_str().unwrap().split(' ').next().unwrap();
        let mut book = book.open();
        let execution = book.executions.get_mut(name).expect("somebody asked for it");
        assert!(execution.id.is_none(), "{name} was made twice");
        execution.id = Some(id.clone());
    }
}

async fn output_is_whole(dock: &Dock, name: &str, row: &Value, prints: usize) {
    let last = format!("done {name}\n");
    assert!(row["stdout"].as_str().unwrap().ends_with(&last), "{row}");
    let row = console_row(dock, row["$id"].as_str().unwrap()).await;
    assert_eq!(row["stdoutBytes"], prints + 1 + last.len(), "{row}");
}

async fn console_row(dock: &Dock, id: &str) -> Value {
    let path = format!("/console/api/projects/default/executions/{id}");
    let answer = dock.owner().get(&path).send_unchecked().await;
    answer.expect_status(200);
    answer.json()
}

fn visits(witness: &Witness, name: &str) -> Vec<Visitor> {
    let visitors = witness.visitors();
    visitors
        .into_iter()
        .filter(|visitor| visitor.id == name)
        .collect()
}

fn started_once_at_most(visitors: &[Visitor]) {
    let mut names = BTreeSet::new();
    for visitor in visitors {
        assert!(names.insert(&visitor.id), "{} was started twice", visitor.id);
    }
}

/// All that a data folder holds, of a server that was not told more.
const IN_THE_FOLDER: [&str; 15] = [
    "code",
    "contents",
    "drydock.db",
    "drydock.db-shm",
    "drydock.db-wal",
    "lock",
    "logs.db",
    "logs.db-shm",
    "logs.db-wal",
    "scratch",
    "secrets",
    "server.json",
    "staging",
    "standby",
    "trash",
];

async fn nothing_else_is_there(data: &Path, folders: &BTreeSet<String>) {
    let mut names: Vec<_> = fs::read_dir(data)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    assert_eq!(names, IN_THE_FOLDER);
    for name in ["staging", "scratch", "trash"] {
        until(&format!("{name} is empty"), async || {
            tree::list(&data.join(name)).is_empty().then_some(())
        })
        .await;
    }
    let code = data.join("code");
    let depth = |entry: &str| entry.matches('/').count();
    let found: BTreeSet<String> = tree::list(&code)
        .into_iter()
        .filter(|entry| !entry.ends_with('/') || depth(entry) == 3)
        .filter_map(|entry| {
            let parts: Vec<_> = entry.split('/').collect();
            // What lies beside or above a tag's folder is told as it is.
            (parts.len() > 3)
                .then(|| parts[..3].join("/"))
                .or_else(|| (!entry.ends_with('/')).then(|| entry.clone()))
        })
        .collect();
    assert_eq!(&found, folders, "the folders in {}", code.display());
}

/// Every row of a list, page by page.
async fn all(dock: &Dock, path: &str, what: &str) -> BTreeMap<String, Value> {
    let mut found = BTreeMap::new();
    let mut cursor = String::new();
    loop {
        let mut request = dock.key().get(path).query(&[("limit", "100")]);
        if !cursor.is_empty() {
            request = request.query(&[("cursor", &cursor)]);
        }
        let page = request.ok(200).await;
        let rows = page[what].as_array().unwrap();
        for row in rows {
            row["$id"].as_str().unwrap().clone_into(&mut cursor);
            found.insert(cursor.clone(), row.clone());
        }
        if rows.len() < 100 {
            return found;
        }
    }
}
