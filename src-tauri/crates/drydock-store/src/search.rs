//! What a user types into a search box, as an FTS5 query: words split at punctuation, any may match. A `*` right
//! behind a word stands for the rest of it, which the console adds while somebody types.

/// The FTS5 query for `text`, or `None` when it holds no word (which matches nothing).
pub(crate) fn query(text: &str) -> Option<String> {
    let words: Vec<String> = text
        .split(|c: char| !c.is_alphanumeric() && c != '*')
        .flat_map(|part| part.split_inclusive('*'))
        .map(|word| word.strip_suffix('*').map_or((word, ""), |begin| (begin, "*")))
        .filter(|(word, _)| !word.is_empty())
        // Quoted, a word is a string and never an operator such as NOT.
        .map(|(word, rest)| format!("\"{word}\"{rest}"))
        .collect();
    (!words.is_empty()).then(|| words.join(" OR "))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn words_are_split_at_punctuation_and_operators_are_words() {
        assert_eq!(query("php-8.0").as_deref(), Some(r#""php" OR "8" OR "0""#));
        assert_eq!(query("a NOT b").as_deref(), Some(r#""a" OR "NOT" OR "b""#));
        assert_eq!(query(" -- \"' * "), None);
    }

    #[test]
    fn a_star_behind_a_word_stands_for_its_rest() {
        assert_eq!(
            query("ada lov*, x*y ** *z").as_deref(),
            Some(r#""ada" OR "lov"* OR "x"* OR "y" OR "z""#)
        );
    }

    proptest! {
        #[test]
        fn whatever_is_typed_is_a_valid_query(text in "(.|[*\" a]){0,64}") {
            let connection = rusqlite::Connection::open_in_memory().ok();
            prop_assert!(connection.is_some());
            if let (Some(connection), Some(query)) = (connection, query(&text)) {
                let created = connection.execute_batch(
                    "create virtual table s using fts5 (text, content = '', contentless_delete = 1, tokenize = 'unicode61 remove_diacritics 2')",
                );
                prop_assert!(created.is_ok());
                let found = connection.query_row("select count(*) from s where s match ?1", [&query], |row| row.get::<_, i64>(0));
                prop_assert!(found.is_ok(), "{query}: {found:?}");
            }
        }
    }
}
