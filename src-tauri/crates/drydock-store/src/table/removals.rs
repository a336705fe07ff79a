//! The removal of old executions, in the main database; their output is in the other file.
//!
//! A removal and the note that output is left to remove are one transaction: whenever a server dies, either the
//! execution is whole or the note leads to what is left of it. Only ended executions that nobody pinned go.

use drydock_core::Result;
use drydock_core::clock::Timestamp;
use drydock_core::id::{ExecutionId, ProjectId};

use super::meta;
use crate::sql::{ReadTx, WriteTx, column};

/// What an execution takes beside its texts: of a million that say little, 340 bytes in this file and 180 in the other.
const ROW_BYTES: i64 = 500;

/// An execution that may be removed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Removable {
    /// Its row.
    pub seq: i64,
    /// Its project.
    pub project: ProjectId,
    /// Its id.
    pub execution: ExecutionId,
    /// When it ended.
    pub ended_at: Timestamp,
    /// About what its row takes.
    pub bytes: i64,
}

const OLDEST: &str = "select seq, project_id, id, ended_at_ms, octet_length(data) + octet_length(stdout) + octet_length(stderr) as bytes \
     from executions where pinned = 0 and ended_at_ms < ?1 order by ended_at_ms limit ?2";

/// The executions that ended first, of those that ended before `before`.
pub fn oldest(tx: &ReadTx<'_>, before: Timestamp, most: i64) -> Result<Vec<Removable>> {
    tx.all(OLDEST, [before.millis(), most], |row| {
        Ok(Removable {
            seq: column(row, "seq")?,
            project: ProjectId::trusted(column::<String>(row, "project_id")?),
            execution: ExecutionId::trusted(column::<String>(row, "id")?),
            ended_at: Timestamp(column(row, "ended_at_ms")?),
            bytes: column::<i64>(row, "bytes")? + ROW_BYTES,
        })
    })
}

/// Removes those of these rows that may still be removed (one may have been pinned since it was looked up), and
/// notes them; answers how many. What ended last of all that were ever removed stays known ([`up_to`]).
pub fn remove(tx: &WriteTx<'_>, rows: &[i64]) -> Result<usize> {
    let (mut removed, mut last) = (0, up_to(tx)?);
    for &seq in rows {
        let noted = tx.run(
            "insert into removed_executions (project_id, execution_id) \
             select project_id, id from executions where seq = ?1 and pinned = 0 and ended_at_ms is not null",
            [seq],
        )?;
        if noted > 0 {
            let sql = "select ended_at_ms from executions where seq = ?1";
            let ended_at = tx.first(sql, [seq], |row| column(row, "ended_at_ms"))?;
            last = last.max(ended_at.map(Timestamp));
            removed += tx.run("delete from executions where seq = ?1", [seq])?;
        }
    }
    if let Some(last) = last {
        meta::set(tx, UP_TO, &last.millis().to_string())?;
    }
    Ok(removed)
}

/// What [`up_to`] is called among the facts of the data folder.
const UP_TO: &str = "executions_removed_up_to";

/// When that one of the removed executions ended which ended last: of those that ended later, none was removed.
pub fn up_to(tx: &ReadTx<'_>) -> Result<Option<Timestamp>> {
    let known = meta::get(tx, UP_TO)?;
    Ok(known.and_then(|text| text.parse().ok()).map(Timestamp))
}

/// Removed executions whose output may still be there, in order, each with the number of its note.
pub fn noted(tx: &ReadTx<'_>, most: i64) -> Result<Vec<(i64, ProjectId, ExecutionId)>> {
    let sql = "select * from removed_executions order by seq limit ?1";
    tx.all(sql, [most], |row| {
        Ok((
            column(row, "seq")?,
            ProjectId::trusted(column::<String>(row, "project_id")?),
            ExecutionId::trusted(column::<String>(row, "execution_id")?),
        ))
    })
}

/// Strikes the notes up to this number: the output is gone.
pub fn strike(tx: &WriteTx<'_>, up_to: i64) -> Result<()> {
    tx.run("delete from removed_executions where seq <= ?1", [up_to])
        .map(drop)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::table::executions;
    use crate::{Database, Kind, Options};

    fn open(folder: &tempfile::TempDir) -> Database {
        let path = folder.path().join("drydock.db");
        Database::open(&path, Kind::Main, Options { readers: 1 }).unwrap()
    }

    /// Executions that ended at these times, which are their ids too; 0 runs still.
    async fn fill(database: &Database, ends: &'static [i64]) {
        database
            .write(move |tx| {
                tx.run("insert into projects (id, name, created_at_ms) values ('p', 'P', 1)", [])?;
                tx.run(
                    "insert into functions (project_id, id, name, execute, created_at_ms, updated_at_ms, status, runtime, \
                     vars, events, schedule, timeout_secs) \
                     values ('p', 'f', 'F', '[]', 1, 1, 'disabled', 'node-20.0', '{}', '[]', '', 15)",
                    [],
                )?;
                for &end in ends {
                    tx.run(
                        "insert into executions (project_id, function_id, id, tag_id, \"read\", \"trigger\", status, caller, \
                         queued_at_ms, ended_at_ms, data) values ('p', 'f', ?1, 't', '[]', 'http', \
                         iif(?1 = 0, 'processing', 'completed'), 'owner', 1, nullif(?1, 0), 'data')",
                        [end],
                    )?;
                }
                Ok(())
            })
            .await
            .unwrap();
    }

    async fn oldest_ids(database: &Database, before: i64, most: i64) -> Vec<String> {
        let found = database
            .read(move |tx| oldest(tx, Timestamp(before), most))
            .await
            .unwrap();
        found.iter().map(|one| one.execution.to_string()).collect()
    }

    async fn pin(database: &Database, id: &'static str) {
        database
            .write(move |tx| executions::pin(tx, &ProjectId::trusted("p"), &ExecutionId::trusted(id), true))
            .await
            .unwrap()
            .unwrap();
    }

    #[tokio::test]
    async fn what_ended_first_goes_first_and_what_runs_or_is_pinned_stays() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder);
        fill(&database, &[30, 10, 0, 20, 40]).await;
        pin(&database, "20").await;

        assert_eq!(oldest_ids(&database, i64::MAX, 9).await, ["10", "30", "40"]);
        assert_eq!(oldest_ids(&database, 40, 9).await, ["10", "30"]);
        assert_eq!(oldest_ids(&database, 40, 1).await, ["10"]);
    }

    #[tokio::test]
    async fn a_removal_is_noted_until_it_is_struck_and_spares_what_was_pinned_meanwhile() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder);
        fill(&database, &[10, 20, 30, 0]).await;
        let rows: Vec<i64> = database
            .read(|tx| tx.all("select seq from executions", [], |row| column(row, "seq")))
            .await
            .unwrap();
        pin(&database, "20").await;

        let removed = database.write(move |tx| remove(tx, &rows)).await.unwrap();

        assert_eq!(removed, 2);
        assert_eq!(database.read(up_to).await.unwrap(), Some(Timestamp(30)));
        let notes = database.read(|tx| noted(tx, 9)).await.unwrap();
        let ids: Vec<_> = notes.iter().map(|(_, _, id)| id.as_str()).collect();
        assert_eq!(ids, ["10", "30"]);
        let first = notes[0].0;
        database.write(move |tx| strike(tx, first)).await.unwrap();
        assert_eq!(database.read(|tx| noted(tx, 9)).await.unwrap(), notes[1..]);
    }

    #[tokio::test]
    async fn looking_for_the_oldest_reads_an_index_and_sorts_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let database = open(&folder);
        let plan = database
            .read(|tx| {
                tx.all(&format!("explain query plan {OLDEST}"), [1, 1], |row| {
                    column::<String>(row, "detail")
                })
            })
            .await
            .unwrap();
        assert_eq!(plan.len(), 1, "{plan:?}");
        assert!(
            plan[0].contains("SEARCH executions USING INDEX executions_removable"),
            "{plan:?}"
        );
    }
}
