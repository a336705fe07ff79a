//! Variables of functions as they were at some time, so that an execution can run once more with those it had.
//!
//! A set is written when a function's variables become other ones, and goes when neither the function nor an
//! execution refers to it. An execution's start only notes a number. The set of no variables has no row.

use drydock_core::Result;
use drydock_core::function::{VariableSet, Vars};
use drydock_core::id::{FunctionId, ProjectId};

use crate::sql::{ReadTx, WriteTx, column, json};

/// What `vars` is of a function without variables.
const NONE: &str = "{}";

/// A condition that holds for a set (`variable_sets.seq`) that nothing refers to. The literal in its second part is
/// what lets the partial index be used.
const UNUSED: &str = "not exists (select 1 from functions where project_id = variable_sets.project_id \
     and id = variable_sets.function_id and variable_set = variable_sets.seq) \
     and not exists (select 1 from executions where variable_set > 0 and variable_set = variable_sets.seq)";

/// The set of a function with exactly these variables, as the JSON that is stored; made where there is none.
pub(super) fn of(tx: &WriteTx<'_>, project: &ProjectId, function: &FunctionId, vars: &str) -> Result<i64> {
    if vars == NONE {
        return Ok(0);
    }
    let key = [project.as_str(), function.as_str(), vars];
    let sql = "select seq from variable_sets where project_id = ?1 and function_id = ?2 and vars = ?3";
    if let Some(known) = tx.first(sql, key, |row| column(row, "seq"))? {
        return Ok(known);
    }
    let sql = "insert into variable_sets (project_id, function_id, vars) values (?1, ?2, ?3)";
    tx.insert("Variable set", sql, key)
}

/// The variables of a set of the project; `None` when it is gone.
pub fn get(tx: &ReadTx<'_>, project: &ProjectId, set: VariableSet) -> Result<Option<Vars>> {
    if set == VariableSet::NONE {
        return Ok(Some(Vars::new()));
    }
    let sql = "select vars from variable_sets where seq = ?1 and project_id = ?2";
    tx.first(sql, rusqlite::params![set.0, project.as_str()], |row| {
        json(row, "vars")
    })
}

/// Sets that nothing refers to any more.
pub fn unused(tx: &ReadTx<'_>, most: i64) -> Result<Vec<VariableSet>> {
    let sql = format!("select seq from variable_sets where {UNUSED} limit ?1");
    tx.all(&sql, [most], |row| Ok(VariableSet(column(row, "seq")?)))
}

/// Removes those of these sets that nothing refers to still; answers how many.
pub fn remove_unused(tx: &WriteTx<'_>, sets: &[VariableSet]) -> Result<usize> {
    let sql = format!("delete from variable_sets where seq = ?1 and {UNUSED}");
    let mut removed = 0;
    for set in sets {
        removed += tx.run(&sql, [set.0])?;
    }
    Ok(removed)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use drydock_core::clock::Timestamp;
    use drydock_core::id::ExecutionId;

    use super::*;
    use crate::table::{executions, functions};
    use crate::{Database, Kind, Options};

    fn project() -> ProjectId {
        ProjectId::trusted("p")
    }

    async fn open(folder: &tempfile::TempDir) -> Database {
        let path = folder.path().join("drydock.db");
        let database = Database::open(&path, Kind::Main, Options { readers: 1 }).unwrap();
        database
            .write(|tx| {
                tx.run("insert into projects (id, name, created_at_ms) values ('p', 'P', 1)", [])?;
                tx.run(
                    "insert into functions (project_id, id, name, execute, created_at_ms, updated_at_ms, status, runtime, \
                     vars, events, schedule, timeout_secs) \
                     values ('p', 'f', 'F', '[]', 1, 1, 'disabled', 'node-20.0', '{}', '[]', '', 15)",
                    [],
                )
            })
            .await
            .unwrap();
        database
    }

    /// Gives the function that one variable, or none.
    async fn set(database: &Database, value: Option<&'static str>) {
        database
            .write(move |tx| {
                let mut function = functions::get(tx, &project(), &FunctionId::trusted("f"))?.unwrap();
                function.vars = value
                    .map(|value| ("KEY".to_owned(), value.to_owned()))
                    .into_iter()
                    .collect();
                functions::update(tx, &function)
            })
            .await
            .unwrap();
    }

    /// Starts an execution; answers what it runs with.
    async fn start(database: &Database, id: &'static str) -> VariableSet {
        database
            .write(move |tx| {
                tx.run(
                    "insert into executions (project_id, function_id, id, tag_id, \"read\", \"trigger\", status, caller, \
                     queued_at_ms, data) values ('p', 'f', ?1, 't', '[]', 'http', 'waiting', 'owner', 1, '')",
                    [id],
                )?;
                let started = executions::start(tx, &project(), &ExecutionId::trusted(id), Timestamp(1))?;
                Ok(started.unwrap().variables.unwrap())
            })
            .await
            .unwrap()
    }

    async fn value_of(database: &Database, set: VariableSet) -> Option<String> {
        let vars = database.read(move |tx| get(tx, &project(), set)).await.unwrap()?;
        Some(vars.get("KEY").cloned().unwrap_or_default())
    }

    async fn stored(database: &Database) -> Vec<String> {
        database
            .read(|tx| {
                tx.all("select vars from variable_sets order by seq", [], |row| {
                    column(row, "vars")
                })
            })
            .await
            .unwrap()
    }

    #[tokio::test]
    async fn an_execution_keeps_the_variables_that_it_started_with() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder).await;
        let with_none = start(&database, "none").await;
        set(&database, Some("1")).await;
        let (first, again) = (start(&database, "e1").await, start(&database, "e2").await);
        set(&database, Some("2")).await;
        let second = start(&database, "e3").await;
        set(&database, Some("1")).await;

        assert_eq!(with_none, VariableSet::NONE);
        assert_eq!(value_of(&database, with_none).await.unwrap(), "");
        assert_eq!(first, again);
        assert_eq!(value_of(&database, first).await.unwrap(), "1");
        assert_eq!(value_of(&database, second).await.unwrap(), "2");
        assert_eq!(
            start(&database, "e4").await,
            first,
            "what is known is not written again"
        );
        let other = ProjectId::trusted("q");
        assert_eq!(
            database.read(move |tx| get(tx, &other, first)).await.unwrap(),
            None
        );
    }

    #[tokio::test]
    async fn variables_that_no_execution_ran_with_are_gone_with_their_change() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder).await;
        for value in ["1", "2", "3"] {
            set(&database, Some(value)).await;
        }
        assert_eq!(stored(&database).await, [r#"{"KEY":"3"}"#]);
        set(&database, None).await;
        assert_eq!(stored(&database).await, [""; 0]);
    }

    #[tokio::test]
    async fn variables_go_with_the_last_execution_that_ran_with_them_and_those_in_use_stay() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder).await;
        set(&database, Some("old")).await;
        let old = start(&database, "e1").await;
        set(&database, Some("new")).await;
        let look = async || database.read(|tx| unused(tx, 9)).await.unwrap();
        assert_eq!(look().await, []);
        database.write(move |tx| remove_unused(tx, &[old])).await.unwrap();
        assert_eq!(stored(&database).await.len(), 2, "what is in use is not removed");

        database
            .write(|tx| tx.run("delete from executions where id = 'e1'", []))
            .await
            .unwrap();

        assert_eq!(look().await, [old]);
        let removed = database.write(move |tx| remove_unused(tx, &[old])).await.unwrap();
        assert_eq!(
            (removed, stored(&database).await),
            (1, vec![r#"{"KEY":"new"}"#.to_owned()])
        );

        database
            .write(|tx| functions::delete(tx, &project(), &FunctionId::trusted("f")))
            .await
            .unwrap();
        assert_eq!(stored(&database).await, [""; 0]);
    }

    #[tokio::test]
    async fn looking_for_an_execution_that_ran_with_them_reads_an_index() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder).await;
        let sql = format!("explain query plan select seq from variable_sets where {UNUSED}");
        let plan = database
            .read(move |tx| tx.all(&sql, [], |row| column::<String>(row, "detail")))
            .await
            .unwrap();
        assert!(
            plan.iter()
                .any(|step| step.contains("executions USING COVERING INDEX executions_of_variable_set")),
            "{plan:?}"
        );
    }
}
