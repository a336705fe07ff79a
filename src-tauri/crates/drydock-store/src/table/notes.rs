//! Notes: what happened in projects and is no event of the API. Bounded by age, with events, and by number.

use drydock_core::Result;
use drydock_core::activity::{ActivityKind, Note};
use drydock_core::clock::Timestamp;
use drydock_core::id::{FunctionId, ProjectId, UserId};
use rusqlite::{Row, params};

use crate::sql::{ReadTx, WriteTx, column, json, to_json};

/// Adds a note.
pub fn insert(tx: &WriteTx<'_>, note: &Note) -> Result<()> {
    tx.insert(
        "Note",
        "insert into notes (project_id, at_ms, kind, function_id, caller, user_id, noted) \
         values (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            note.project.as_str(),
            note.at.millis(),
            note.noted.kind().as_str(),
            note.function.as_ref().map(FunctionId::as_str),
            note.caller,
            note.user.as_ref().map(UserId::as_str),
            to_json(&note.noted)?,
        ],
    )
    .map(drop)
}

/// The newest notes before the one of that number, each with its own: all, or those of one kind.
pub fn feed(
    tx: &ReadTx<'_>,
    project: &ProjectId,
    kind: Option<ActivityKind>,
    before: i64,
    limit: usize,
) -> Result<Vec<(i64, Note)>> {
    let mut found = Vec::new();
    let wanted = |of: &ActivityKind| kind.is_none_or(|kind| kind == *of);
    for kind in ActivityKind::ALL.into_iter().filter(wanted) {
        found.extend(tx.all(
            "select * from notes where project_id = ?1 and kind = ?2 and seq < ?3 order by seq desc limit ?4",
            params![project.as_str(), kind.as_str(), before, limit as i64],
            |row| Ok((column(row, "seq")?, read(row)?)),
        )?);
    }
    found.sort_by_key(|(number, _): &(i64, Note)| -number);
    found.truncate(limit);
    Ok(found)
}

/// Removes those from before `before`, at most `limit`; how many.
pub fn remove_before(tx: &WriteTx<'_>, before: Timestamp, limit: usize) -> Result<usize> {
    tx.run(
        "delete from notes where seq in (select seq from notes where at_ms < ?1 order by at_ms limit ?2)",
        params![before.millis(), limit as i64],
    )
}

/// The time from before which notes are to go so that `most` stay, in all projects together; `None` where no more are.
pub fn surplus(tx: &ReadTx<'_>, most: usize) -> Result<Option<Timestamp>> {
    let sql = "select at_ms from notes order by at_ms desc limit 1 offset ?1";
    let newest_to_go = tx.first(sql, [most as i64], |row| column::<i64>(row, "at_ms"))?;
    Ok(newest_to_go.map(|at_ms| Timestamp(at_ms.saturating_add(1))))
}

/// Whether there are any from before `before`.
pub fn are_before(tx: &ReadTx<'_>, before: Timestamp) -> Result<bool> {
    let sql = "select 1 from notes where at_ms < ?1 limit 1";
    Ok(tx.first(sql, [before.millis()], |_| Ok(()))?.is_some())
}

fn read(row: &Row<'_>) -> Result<Note> {
    Ok(Note {
        project: ProjectId::trusted(column::<String>(row, "project_id")?),
        at: Timestamp(column(row, "at_ms")?),
        function: column::<Option<String>>(row, "function_id")?.map(FunctionId::trusted),
        caller: column(row, "caller")?,
        user: column::<Option<String>>(row, "user_id")?.map(UserId::trusted),
        noted: json(row, "noted")?,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use drydock_core::activity::Noted;
    use drydock_core::id::KeyId;

    use super::*;
    use crate::{Database, Kind, Options};

    fn key(at: i64) -> Note {
        Note {
            project: ProjectId::trusted("p"),
            at: Timestamp(at),
            function: None,
            caller: "owner".into(),
            user: None,
            noted: Noted::KeyCreated {
                key_id: KeyId::trusted(at.to_string()),
                name: "K".into(),
            },
        }
    }

    async fn filled(folder: &tempfile::TempDir, times: &'static [i64]) -> Database {
        let path = folder.path().join("drydock.db");
        let database = Database::open(&path, Kind::Main, Options { readers: 1 }).unwrap();
        database
            .write(|tx| {
                tx.run(
                    "insert into projects (id, name, created_at_ms) values ('p', 'P', 1)",
                    [],
                )?;
                times.iter().try_for_each(|at| insert(tx, &key(*at)))
            })
            .await
            .unwrap();
        database
    }

    #[tokio::test]
    async fn the_newest_come_first_and_go_on_before_a_number() {
        let folder = tempfile::tempdir().unwrap();
        let database = filled(&folder, &[10, 20, 30]).await;
        let page = async |kind, before, limit| {
            let notes = database
                .read(move |tx| feed(tx, &ProjectId::trusted("p"), kind, before, limit))
                .await
                .unwrap();
            notes.iter().map(|(_, note)| note.at.millis()).collect::<Vec<_>>()
        };
        assert_eq!(page(None, i64::MAX, 2).await, [30, 20]);
        assert_eq!(page(Some(ActivityKind::Project), 2, 2).await, [10]);
        assert_eq!(page(Some(ActivityKind::Code), i64::MAX, 2).await, [0; 0]);
    }

    #[tokio::test]
    async fn no_more_stay_than_are_to_and_none_that_is_too_old() {
        let folder = tempfile::tempdir().unwrap();
        let database = filled(&folder, &[10, 20, 30]).await;
        assert_eq!(database.read(|tx| surplus(tx, 3)).await.unwrap(), None);
        let before = database.read(|tx| surplus(tx, 2)).await.unwrap().unwrap();
        assert_eq!(before, Timestamp(11));
        assert!(database.read(move |tx| are_before(tx, before)).await.unwrap());
        let removed = database.write(move |tx| remove_before(tx, before, 9)).await;
        assert_eq!(removed.unwrap(), 1);
        assert!(!database.read(move |tx| are_before(tx, before)).await.unwrap());
    }
}
