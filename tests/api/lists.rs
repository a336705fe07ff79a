//! Contract §4: pages, cursors, order and search of every list.

use drydock_tests::{Actor, Dock, Draft, archive};
use serde_json::{Value, json};

use crate::missing;

/// Functions `a` to `e`, in that order.
async fn alphabet(key: &Actor) {
    for id in ["a", "b", "c", "d", "e"] {
        key.create_function_of(json!({ "functionId": id, "name": "Letter", "runtime": "node-20.0" }))
            .await;
    }
}

/// The ids of a page of functions, one after another, and the sum.
async fn page(key: &Actor, query: &str) -> (String, i64) {
    ids(
        &key.get(&format!("/v1/functions?{query}")).ok(200).await,
        "functions",
    )
}

fn ids(list: &Value, plural: &str) -> (String, i64) {
    let ids: Vec<_> = list[plural]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["$id"].as_str().unwrap())
        .collect();
    (ids.join(" "), list["sum"].as_i64().unwrap())
}

#[tokio::test]
async fn a_page_is_what_limit_offset_cursor_and_order_say() {
    let dock = Dock::start().await;
    let key = dock.key();
    alphabet(&key).await;
    let cases = [
        ("", "a b c d e"),
        ("limit=2", "a b"),
        ("limit=0", ""),
        ("limit=100", "a b c d e"),
        ("offset=3", "d e"),
        ("limit=2&offset=1", "b c"),
        ("offset=5000", ""),
        ("orderType=ASC", "a b c d e"),
        ("orderType=DESC", "e d c b a"),
        ("orderType=DESC&limit=2", "e d"),
        ("orderType=DESC&limit=2&offset=1", "d c"),
        ("cursor=b", "c d e"),
        ("cursor=b&cursorDirection=after&limit=2", "c d"),
        ("cursor=b&limit=1&offset=1", "d"),
        ("cursor=e", ""),
        ("cursor=d&cursorDirection=before", "a b c"),
        ("cursor=d&cursorDirection=before&limit=2", "b c"),
        ("cursor=a&cursorDirection=before", ""),
        ("cursorDirection=before&limit=2", "d e"),
        ("cursorDirection=before", "a b c d e"),
        ("orderType=DESC&cursor=c", "b a"),
        ("orderType=DESC&cursor=c&cursorDirection=before", "e d"),
        ("orderType=DESC&cursor=b&cursorDirection=before&limit=1", "c"),
        ("orderType=DESC&cursorDirection=before&limit=2", "b a"),
        // Empty is absent.
        (
            "search=&limit=&offset=&cursor=&cursorDirection=&orderType=",
            "a b c d e",
        ),
        ("unknown=parameter", "a b c d e"),
    ];
    for (query, expected) in cases {
        assert_eq!(page(&key, query).await, (expected.to_owned(), 5), "{query}");
    }
}

#[tokio::test]
async fn every_list_refuses_what_breaks_its_rules() {
    let dock = Dock::start().await;
    let key = dock.key();
    let function = key.create_function().await;
    let long = format!("search={}", "s".repeat(257));
    let cases = [
        ("limit=101", "Invalid limit: "),
        ("limit=-1", "Invalid limit: "),
        ("limit=ten", "Invalid limit: "),
        ("limit=1.5", "Invalid limit: "),
        ("limit=99999999999999999999", "Invalid limit: "),
        ("offset=5001", "Invalid offset: "),
        ("offset=-1", "Invalid offset: "),
        ("cursorDirection=sideways", "Invalid cursorDirection: "),
        ("cursor=a%2Fb", "Invalid cursor: "),
        (long.as_str(), "Invalid search: "),
    ];
    let lists = [
        "/v1/functions".to_owned(),
        format!("/v1/functions/{function}/tags"),
        format!("/v1/functions/{function}/executions"),
    ];
    for list in &lists {
        for (query, start) in cases {
            let message = key.get(&format!("{list}?{query}")).refused(400).await;
            assert!(message.starts_with(start), "{list}?{query}: {message}");
        }
        let message = key.get(&format!("{list}?cursor=nobody")).refused(400).await;
        assert!(
            message.ends_with("for the 'cursor' value not found."),
            "{list}: {message}"
        );
        key.get(&format!("{list}?search={}", "s".repeat(256)))
            .ok(200)
            .await;
    }
    for list in &lists[..2] {
        let message = key.get(&format!("{list}?orderType=UP")).refused(400).await;
        assert!(message.starts_with("Invalid orderType: "), "{message}");
    }
    assert_eq!(
        dock.guest().get("/v1/functions").refused(401).await,
        missing("functions.read")
    );
}

#[tokio::test]
async fn search_finds_functions_by_id_word_and_runtime() {
    let dock = Dock::start().await;
    let key = dock.key();
    for (id, name, runtime) in [
        ("resize-image_v2", "Resize an image", "php-8.0"),
        ("mail.er", "Send MAIL to Zoë", "node-16.0"),
        ("unrelated", "Größe", "php-7.4"),
    ] {
        key.create_function_of(json!({ "functionId": id, "name": name, "runtime": runtime }))
            .await;
    }
    let cases = [
        ("resize-image_v2", "resize-image_v2"),
        ("mail.er", "mail.er"),
        ("unrelated", "unrelated"),
        ("image", "resize-image_v2"),
        ("IMAGE", "resize-image_v2"),
        ("mail", "mail.er"),
        ("größe", "unrelated"),
        ("GRÖSSE größe", "unrelated"),
        ("zoë", "mail.er"),
        ("resize mail", "resize-image_v2 mail.er"),
        ("resize, send!", "resize-image_v2 mail.er"),
        ("nothing image", "resize-image_v2"),
        ("nothing", ""),
        ("imag", ""),
        ("imag*", "resize-image_v2"),
        ("res* SEN*", "resize-image_v2 mail.er"),
    ];
    for (search, expected) in cases {
        let list = key
            .get("/v1/functions")
            .query(&[("search", search)])
            .ok(200)
            .await;
        let (found, sum) = ids(&list, "functions");
        assert_eq!(found, expected, "{search}");
        assert_eq!(sum as usize, expected.split_whitespace().count(), "{search}");
    }
    // A runtime id finds its row, whatever else shares one of its words.
    for (search, expected) in [
        ("php-8.0", "resize-image_v2"),
        ("php-7.4", "unrelated"),
        ("node-16.0", "mail.er"),
    ] {
        let (found, _) = ids(
            &key.get("/v1/functions")
                .query(&[("search", search)])
                .ok(200)
                .await,
            "functions",
        );
        assert!(found.contains(expected), "{search}: {found}");
    }
}

#[tokio::test]
async fn search_text_is_never_read_as_a_query_language() {
    let dock = Dock::start().await;
    let key = dock.key();
    key.create_function_of(
        json!({ "functionId": "plain", "name": "and or not near", "runtime": "node-20.0" }),
    )
    .await;

    for search in [
        "\"",
        "'",
        "AND",
        "a AND",
        "NOT",
        "*",
        "plain*",
        "^a",
        "name:plain",
        "{a b}",
        "(",
        "a + b",
        "%",
        "-",
    ] {
        key.get("/v1/functions")
            .query(&[("search", search)])
            .ok(200)
            .await;
    }
    for search in ["and", "NEAR", "not"] {
        let list = key
            .get("/v1/functions")
            .query(&[("search", search)])
            .ok(200)
            .await;
        assert_eq!(list["sum"], 1, "{search}");
    }
}

#[tokio::test]
async fn search_follows_changes_and_deletions() {
    let dock = Dock::start().await;
    let key = dock.key();
    key.create_function_of(json!({ "functionId": "f", "name": "before", "runtime": "node-20.0" }))
        .await;

    key.put("/v1/functions/f")
        .json(&json!({ "name": "after" }))
        .ok(200)
        .await;
    assert_eq!(page(&key, "search=before").await.1, 0);
    assert_eq!(page(&key, "search=after").await.1, 1);
    key.delete("/v1/functions/f").ok(204).await;
    assert_eq!(page(&key, "search=after").await.1, 0);
}

#[tokio::test]
async fn search_and_pages_work_together() {
    let dock = Dock::start().await;
    let key = dock.key();
    alphabet(&key).await;
    key.create_function_of(json!({ "functionId": "z", "name": "Other", "runtime": "node-20.0" }))
        .await;

    assert_eq!(page(&key, "search=letter&limit=2").await, ("a b".into(), 5));
    assert_eq!(
        page(&key, "search=letter&cursor=b&limit=2").await,
        ("c d".into(), 5)
    );
    assert_eq!(
        page(&key, "search=letter&orderType=DESC&limit=1").await,
        ("e".into(), 5)
    );
    assert_eq!(
        page(&key, "search=letter&cursorDirection=before&limit=1").await,
        ("e".into(), 5)
    );
}

#[tokio::test]
async fn tags_are_listed_and_searched_by_id_and_command_in_their_function_alone() {
    let dock = Dock::start().await;
    let key = dock.key();
    let (mine, other) = (key.create_function().await, key.create_function().await);
    let mut tags = Vec::new();
    for command in ["node index.js", "python3 main.py", "sh 'the script.sh'"] {
        tags.push(key.upload(&mine, command, archive::fixture("node-hello")).await);
    }
    let foreign = key
        .upload(&other, "node index.js", archive::fixture("node-hello"))
        .await;
    let list = format!("/v1/functions/{mine}/tags");
    let (first, second, third) = (&tags[0], &tags[1], &tags[2]);
    let cases = [
        (String::new(), format!("{first} {second} {third}")),
        ("orderType=DESC".into(), format!("{third} {second} {first}")),
        (format!("cursor={first}"), format!("{second} {third}")),
        (
            format!("cursor={third}&cursorDirection=before&limit=1"),
            second.clone(),
        ),
        (format!("search={second}"), second.clone()),
        ("search=python3".into(), second.clone()),
        ("search=SCRIPT".into(), third.clone()),
        ("search=node".into(), first.clone()),
        (format!("search={foreign}"), String::new()),
    ];
    for (query, expected) in cases {
        let (found, _) = ids(&key.get(&format!("{list}?{query}")).ok(200).await, "tags");
        assert_eq!(found, expected, "{query}");
    }
    assert_eq!(key.get(&format!("{list}?limit=1")).ok(200).await["sum"], 3);
    key.get(&format!("{list}?cursor={foreign}")).refused(400).await;
}

#[tokio::test]
async fn executions_are_listed_newest_first_and_searched_by_their_id() {
    let dock = Dock::start().await;
    let key = dock.key();
    let function = key.deploy(Draft::shell("true")).await;
    let other = key.deploy(Draft::shell("true")).await;
    let mut runs = Vec::new();
    for _ in 0..4 {
        runs.push(key.execute(&function, "").await);
    }
    let foreign = key.execute(&other, "").await;
    let [one, two, three, four] = runs.try_into().unwrap();
    let list = format!("{}/executions", function.path());
    let cases = [
        (String::new(), format!("{four} {three} {two} {one}")),
        ("limit=2".into(), format!("{four} {three}")),
        ("limit=2&offset=1".into(), format!("{three} {two}")),
        (format!("cursor={three}"), format!("{two} {one}")),
        (
            format!("cursor={two}&cursorDirection=before"),
            format!("{four} {three}"),
        ),
        (
            format!("cursor={one}&cursorDirection=before&limit=2"),
            format!("{three} {two}"),
        ),
        ("cursorDirection=before&limit=1".into(), one.clone()),
        (format!("search={two}"), two.clone()),
        (
            format!("search={}", function.id),
            format!("{four} {three} {two} {one}"),
        ),
        (format!("search={foreign}"), String::new()),
        ("search=nothing".into(), String::new()),
    ];
    for (query, expected) in cases {
        let (found, _) = ids(&key.get(&format!("{list}?{query}")).ok(200).await, "executions");
        assert_eq!(found, expected, "{query}");
    }
    assert_eq!(key.get(&format!("{list}?limit=0")).ok(200).await["sum"], 4);
    key.get(&format!("{list}?cursor={foreign}")).refused(400).await;
}
