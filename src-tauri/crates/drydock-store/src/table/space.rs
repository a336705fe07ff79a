//! The space that a database takes: how much is in use, and giving the rest back to the disk.
//!
//! Both numbers stand in the file's header: asking costs nothing, however much is stored.

use drydock_core::Result;

use crate::sql::{ReadTx, WriteTx, column};

/// What a file holds.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Space {
    /// Bytes in use.
    pub used_bytes: u64,
    /// Pages of 4 KB that are in the file and hold nothing.
    pub free_pages: u64,
}

/// What the file holds.
pub fn of(tx: &ReadTx<'_>) -> Result<Space> {
    let sql = "select (page_count - freelist_count) * page_size as used_bytes, freelist_count as free_pages \
               from pragma_page_count, pragma_freelist_count, pragma_page_size";
    let found = tx.first(sql, [], |row| {
        Ok(Space {
            used_bytes: column::<i64>(row, "used_bytes")?.cast_unsigned(),
            free_pages: column::<i64>(row, "free_pages")?.cast_unsigned(),
        })
    })?;
    Ok(found.unwrap_or_default())
}

/// Moves what is in use to the front, so that up to `pages` of the free ones fall off the end. The file itself is
/// shorter after the next checkpoint.
pub fn give_back(tx: &WriteTx<'_>, pages: u32) -> Result<()> {
    tx.all(&format!("pragma incremental_vacuum({pages})"), [], |_| Ok(()))
        .map(drop)
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::{Database, Kind, Options};

    #[tokio::test]
    async fn what_was_removed_gives_its_space_back_to_the_disk() {
        const FIVE_HUNDRED: &str = "from (with recursive n (value) as (select 1 union all select value + 1 from n where value < 500) select value from n)";
        let folder = tempfile::tempdir().unwrap();
        for kind in [Kind::Main, Kind::Logs] {
            let path = folder.path().join(format!("{kind:?}.db"));
            let database = Database::open(&path, kind, Options { readers: 1 }).unwrap();
            let length = || std::fs::metadata(&path).unwrap().len();
            let fill = match kind {
                Kind::Logs => format!(
                    "insert into outputs (project_id, function_id, execution_id) select 'p', hex(zeroblob(4000)), value {FIVE_HUNDRED}"
                ),
                Kind::Main => {
                    format!("insert into meta (name, value) select value, hex(zeroblob(4000)) {FIVE_HUNDRED}")
                }
            };
            database.write(move |tx| tx.run(&fill, [])).await.unwrap();
            assert!(database.checkpoint().await.unwrap());
            let longest = length();
            assert!(longest > 4_000_000, "{longest}");

            let empty = match kind {
                Kind::Logs => "delete from outputs",
                Kind::Main => "delete from meta",
            };
            database.write(move |tx| tx.run(empty, [])).await.unwrap();
            let space = database.read(of).await.unwrap();
            assert!(
                space.used_bytes < longest / 2 && space.free_pages > 500,
                "{space:?}"
            );
            while database.read(of).await.unwrap().free_pages > 0 {
                database.write(|tx| give_back(tx, 100)).await.unwrap();
            }
            assert!(database.checkpoint().await.unwrap());

            // Less by the pages that told where the others were.
            assert!(length() <= space.used_bytes, "{kind:?}: {} {space:?}", length());
        }
    }
}
