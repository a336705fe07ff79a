//! A data folder of an earlier version opens with everything that was in it.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

use drydock_core::clock::Timestamp;
use drydock_core::function::Network;
use drydock_core::id::{ExecutionId, FunctionId, ProjectId};
use drydock_core::project::MACHINE_TEAM;
use drydock_core::record::Record;
use drydock_store::table::{api_keys, executions, functions, projects, variable_sets};
use drydock_store::{Database, Kind, Options};
use rusqlite::Connection;

const FIRST: &str = include_str!("../migrations/main/0001_initial.sql");

const CONTENT: &str = "
    insert into projects (id, name, created_at_ms) values ('default', 'Default', 1);
    insert into api_keys (project_id, id, name, scopes, secret_hash, secret_sealed, created_at_ms)
        values ('default', 'k', 'Key', '[\"functions.read\"]', x'01', x'02', 1);
    insert into functions (project_id, id, name, execute, created_at_ms, updated_at_ms, status, runtime, vars, events,
        schedule, timeout_secs) values ('default', 'f', 'F', '[]', 1, 1, 'disabled', 'node-20.0', '{\"KEY\":\"kept\"}', '[]',
        '', 15), ('default', 'bare', 'F', '[]', 1, 1, 'disabled', 'node-20.0', '{}', '[]', '', 15);
    insert into executions (project_id, function_id, id, tag_id, \"read\", \"trigger\", status, caller, queued_at_ms, data)
        values ('default', 'f', 'e', 't', '[]', 'http', 'waiting', 'key:k', 1, 'kept'),
               ('default', 'bare', 'b', 't', '[]', 'http', 'waiting', 'key:k', 1, '');
";

/// A database of the first version, opened by this one.
fn opened(folder: &tempfile::TempDir) -> Database {
    let path = folder.path().join("drydock.db");
    let old = Connection::open(&path).unwrap();
    old.execute_batch(FIRST).unwrap();
    old.execute_batch(CONTENT).unwrap();
    old.pragma_update(None, "user_version", 1).unwrap();
    drop(old);
    Database::open(&path, Kind::Main, Options { readers: 1 }).unwrap()
}

#[tokio::test]
async fn a_folder_from_before_there_were_people_keeps_its_keys_and_executions() {
    let folder = tempfile::tempdir().unwrap();
    let database = opened(&folder);
    let (project, keys, execution, listed, function) = database
        .read(|tx| {
            let id = ProjectId::trusted("default");
            Ok((
                projects::get(tx, &id)?.unwrap(),
                api_keys::all(tx, &id)?,
                executions::find(tx, &id, &ExecutionId::trusted("e"))?.unwrap(),
                projects::all(tx)?,
                functions::get(tx, &id, &FunctionId::trusted("f"))?.unwrap(),
            ))
        })
        .await
        .unwrap();

    assert_eq!(project.team.as_str(), MACHINE_TEAM);
    assert_eq!((project.auth_limit, project.auth_off.len()), (0, 0));
    assert_eq!((keys.len(), keys[0].1.as_slice()), (1, [2_u8].as_slice()));
    assert_eq!((execution.data.as_str(), execution.session), ("kept", None));
    assert_eq!((execution.variables, execution.replay_of), (None, None));
    assert_eq!((execution.record, execution.pinned), (Record::default(), false));
    assert_eq!((function.network, function.backend), (Network::Full, None));
    assert_eq!(listed.len(), 1, "the console's own project is in no list");
    let copies = std::fs::read_dir(folder.path())
        .unwrap()
        .filter(|entry| {
            entry
                .as_ref()
                .unwrap()
                .file_name()
                .to_string_lossy()
                .contains("before-migration-from-1")
        })
        .count();
    assert_eq!(copies, 1);
}

#[tokio::test]
async fn what_waits_in_a_folder_from_before_starts_with_the_variables_of_its_function() {
    let folder = tempfile::tempdir().unwrap();
    let database = opened(&folder);
    let started = database
        .write(|tx| {
            let id = ProjectId::trusted("default");
            ["e", "b"]
                .map(|execution| {
                    let execution = ExecutionId::trusted(execution);
                    assert_eq!(executions::find(tx, &id, &execution)?.unwrap().variables, None);
                    let started = executions::start(tx, &id, &execution, Timestamp(2))?.unwrap();
                    Ok(variable_sets::get(tx, &id, started.variables.unwrap())?.unwrap())
                })
                .into_iter()
                .collect::<drydock_core::Result<Vec<_>>>()
        })
        .await
        .unwrap();
    assert_eq!(started[0]["KEY"], "kept");
    assert!(started[1].is_empty());
}
