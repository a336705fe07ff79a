//! The parameters that all lists have.

use drydock_core::list::{
    CursorDirection, DEFAULT_LIMIT, ListQuery, MAX_LIMIT, MAX_OFFSET, MAX_SEARCH_LENGTH, Order,
};
use drydock_core::{Error, Result, id};

use super::Params;

/// Which page of a list a request asks for.
pub(in crate::http) fn list_query(params: &Params) -> Result<ListQuery> {
    let cursor = params.text("cursor", id::MAX_ID_LENGTH)?;
    if cursor.as_deref().is_some_and(|cursor| !id::is_valid(cursor)) {
        return Err(Error::invalid("cursor", "must be the id of a row of this list"));
    }
    let (limit, offset) = log_page(params)?;
    Ok(ListQuery {
        search: params.text("search", MAX_SEARCH_LENGTH)?.unwrap_or_default(),
        limit,
        offset,
        cursor,
        direction: one_of(
            params,
            "cursorDirection",
            &[
                ("after", CursorDirection::After),
                ("before", CursorDirection::Before),
            ],
        )?,
        order: one_of(
            params,
            "orderType",
            &[("ASC", Order::Ascending), ("DESC", Order::Descending)],
        )?,
    })
}

/// Limit and offset of a list that has nothing else.
pub(in crate::http) fn log_page(params: &Params) -> Result<(i64, i64)> {
    Ok((
        params.integer("limit", 0..=MAX_LIMIT, DEFAULT_LIMIT)?,
        params.integer("offset", 0..=MAX_OFFSET, 0)?,
    ))
}

/// One of a few words; the first is the default.
fn one_of<T: Copy>(params: &Params, name: &'static str, words: &[(&str, T)]) -> Result<T> {
    let word = params.text(name, MAX_SEARCH_LENGTH)?;
    let word = word.as_deref().unwrap_or(words[0].0);
    words
        .iter()
        .find(|(known, _)| *known == word)
        .map(|(_, value)| *value)
        .ok_or_else(|| {
            let known: Vec<_> = words.iter().map(|(known, _)| *known).collect();
            Error::invalid(name, format!("must be one of {}", known.join(", ")))
        })
}
