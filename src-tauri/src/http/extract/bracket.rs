//! Query strings and forms as PHP reads them: `key[]=a&key[]=b` and `key[0]=a` are arrays, `key[sub]=v` is an
//! object, and a name that comes twice means its last value.

use serde_json::{Map, Value};

/// Most values one request may carry: a list of every event has 48, a large `vars` some hundreds.
const MAX_VALUES: usize = 2000;
/// Deepest nesting; the API's own parameters need two.
const MAX_DEPTH: usize = 8;

/// The parameters of an urlencoded text. `None` when it has too many values or nests too deep.
pub(in crate::http) fn parse(encoded: &str) -> Option<Map<String, Value>> {
    let mut params = Map::new();
    for (count, (name, value)) in form_urlencoded::parse(encoded.as_bytes()).enumerate() {
        if count >= MAX_VALUES {
            return None;
        }
        insert(&mut params, &name, value.into_owned())?;
    }
    Some(with_lists(params))
}

/// Turns what [`insert`] gathered into parameters: objects whose keys are numbers become lists.
pub(in crate::http) fn with_lists(params: Map<String, Value>) -> Map<String, Value> {
    params
        .into_iter()
        .map(|(name, value)| (name, lists_where_they_are(value)))
        .collect()
}

/// The first value of a plain name.
pub(in crate::http) fn first(encoded: &str, name: &str) -> Option<String> {
    form_urlencoded::parse(encoded.as_bytes())
        .find(|(found, _)| found == name)
        .map(|(_, value)| value.into_owned())
}

/// Adds a value under a name such as `a`, `a[]` or `a[b][c]`.
pub(in crate::http) fn insert(params: &mut Map<String, Value>, name: &str, value: String) -> Option<()> {
    let mut keys = Vec::new();
    let (head, mut rest) = match name.find('[') {
        Some(at) if at > 0 && name.ends_with(']') => name.split_at(at),
        _ => (name, ""),
    };
    while let Some(inner) = rest.strip_prefix('[') {
        let end = inner.find(']')?;
        keys.push(&inner[..end]);
        rest = &inner[end + 1..];
    }
    if keys.len() > MAX_DEPTH {
        return None;
    }
    let mut place = params.entry(head).or_insert(Value::Null);
    for key in keys {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        let Value::Object(members) = place else {
            return None;
        };
        let key = if key.is_empty() {
            members.len().to_string()
        } else {
            key.to_owned()
        };
        place = members.entry(key).or_insert(Value::Null);
    }
    *place = Value::String(value);
    Some(())
}

/// Objects whose keys are all numbers are lists in the order of the numbers, however they were sent.
fn lists_where_they_are(value: Value) -> Value {
    let Value::Object(members) = value else {
        return value;
    };
    let members: Map<_, _> = with_lists(members);
    let numbers: Option<Vec<usize>> = members.keys().map(|key| key.parse().ok()).collect();
    let Some(numbers) = numbers else {
        return Value::Object(members);
    };
    let mut items: Vec<_> = numbers
        .into_iter()
        .zip(members.into_iter().map(|(_, item)| item))
        .collect();
    items.sort_by_key(|(number, _)| *number);
    Value::Array(items.into_iter().map(|(_, item)| item).collect())
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn parsed(text: &str) -> Value {
        Value::Object(parse(text).unwrap())
    }

    #[test]
    fn arrays_and_objects_come_in_brackets() {
        assert_eq!(parsed("a=1&b%5B%5D=x&b[]=y"), json!({"a": "1", "b": ["x", "y"]}));
        assert_eq!(parsed("e[0]=x&e[1]=y"), json!({"e": ["x", "y"]}));
        assert_eq!(parsed("e[1]=y&e[0]=x"), json!({"e": ["x", "y"]}));
        assert_eq!(
            parsed("v[KEY]=1&v[OTHER]=2"),
            json!({"v": {"KEY": "1", "OTHER": "2"}})
        );
        assert_eq!(
            parsed("a=1&a=2&odd[=3&=4"),
            json!({"a": "2", "odd[": "3", "": "4"})
        );
    }

    #[test]
    fn too_much_is_refused() {
        assert!(parse(&"a[]=1&".repeat(MAX_VALUES + 1)).is_none());
        assert!(parse(&format!("a{}=1", "[x]".repeat(MAX_DEPTH + 1))).is_none());
    }

    proptest! {
        #[test]
        fn nothing_panics(text in "[a-c\\[\\]=&%0-9]{0,60}") {
            let _ = parse(&text);
        }
    }
}
