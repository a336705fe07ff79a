//! Pages of a list, the same way for every table: filter, search, cursor, order, count.

use drydock_core::list::{CursorDirection, ListQuery, MAX_SUM, Order, Page};
use drydock_core::{Error, Result};
use rusqlite::{Row, ToSql};

use crate::search;
use crate::sql::{ReadTx, column};

/// What distinguishes one table's list from another's. All text is ours, none of it a user's.
pub(super) struct Listing<'a> {
    /// The table; its search index is `<table>_search`.
    pub(super) table: &'static str,
    /// What a row is called when a cursor is not found.
    pub(super) what: &'static str,
    /// The condition that every row meets, with `?1`, `?2` … for `params`.
    pub(super) filter: &'static str,
    /// Values for `filter`.
    pub(super) params: &'a [&'a dyn ToSql],
}

impl Listing<'_> {
    pub(super) fn page<T>(
        &self,
        tx: &ReadTx<'_>,
        query: &ListQuery,
        read: impl FnMut(&Row<'_>) -> Result<T>,
    ) -> Result<Page<T>> {
        let mut params = self.params.to_vec();
        let mut filter = self.filter.to_owned();

        let cursor = match query.cursor.as_ref() {
            Some(id) => Some(self.cursor(tx, id)?),
            None => None,
        };
        let search = search::query(&query.search);
        if let Some(search) = &search {
            params.push(search);
            filter = format!(
                "{filter} and seq in (select rowid from {table}_search where {table}_search match ?{at})",
                table = self.table,
                at = params.len(),
            );
        } else if !query.search.is_empty() {
            return Ok(Page {
                rows: Vec::new(),
                sum: 0,
            });
        }

        let sum = tx
            .first(
                &format!(
                    "select count(*) as n from (select 1 from {} where {filter} limit {MAX_SUM})",
                    self.table
                ),
                params.as_slice(),
                |row| column(row, "n"),
            )?
            .unwrap_or(0);

        // A page before the cursor is read backwards from it and turned round.
        let backwards = query.direction == CursorDirection::Before;
        let ascending = (query.order == Order::Ascending) != backwards;
        if let Some(cursor) = &cursor {
            params.push(cursor);
            let side = if ascending { '>' } else { '<' };
            filter = format!("{filter} and seq {side} ?{}", params.len());
        }
        let direction = if ascending { "asc" } else { "desc" };
        params.push(&query.limit);
        params.push(&query.offset);
        let sql = format!(
            "select * from {} where {filter} order by seq {direction} limit ?{} offset ?{}",
            self.table,
            params.len() - 1,
            params.len(),
        );
        let mut rows = tx.all(&sql, params.as_slice(), read)?;
        if backwards {
            rows.reverse();
        }
        Ok(Page { rows, sum })
    }

    fn cursor(&self, tx: &ReadTx<'_>, id: &str) -> Result<i64> {
        let mut params = self.params.to_vec();
        params.push(&id);
        let sql = format!(
            "select seq from {} where {} and id = ?{}",
            self.table,
            self.filter,
            params.len()
        );
        tx.first(&sql, params.as_slice(), |row| column(row, "seq"))?
            .ok_or_else(|| Error::CursorNotFound {
                what: self.what,
                id: id.to_owned(),
            })
    }
}
