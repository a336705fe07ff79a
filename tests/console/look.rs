//! What every page has in common: long lists, a server that goes away, addresses and titles, and that nobody is kept out.

use drydock_tests::{Clock, Databases, Dock, Draft, Folder};
use serde_json::json;

use crate::{scenario, scenario_script, scenario_with_refusals};

const MANY: i64 = 10_000;

/// A function with so many executions, a second apart, the oldest of which is `past-1`.
async fn with_executions(folder: &Folder) -> drydock_tests::Deployed {
    let before = Dock::launch().on(folder).start().await;
    let draft = Draft::shell("echo run")
        .set("functionId", "busy")
        .set("name", "Busy");
    let function = before.key().deploy(draft).await;
    before.interrupt().await;
    let now = Clock::new().unix_secs() * 1000;
    let rows: Vec<_> = (1..=MANY)
        .map(|number| {
            let at = now - (MANY - number + 1) * 1000;
            let status = if number % 7 == 0 { "failed" } else { "completed" };
            format!(
                "('default', 'busy', 'past-{number}', 't', '[]', 'http', '{status}', 'owner', {at}, {at}, {at}, 0.5, '')"
            )
        })
        .collect();
    let sql = format!(
        "insert into executions (project_id, function_id, id, tag_id, \"read\", \"trigger\", status, caller, \
         queued_at_ms, started_at_ms, ended_at_ms, duration_secs, data) values {};",
        rows.join(",")
    );
    Databases::change(&folder.data(), &sql);
    function
}

#[tokio::test]
async fn ten_thousand_executions_are_scrolled_to_the_oldest_with_only_those_in_sight_in_the_page() {
    let folder = Folder::new();
    let function = with_executions(&folder).await;
    let dock = Dock::launch().on(&folder).start().await;
    let link = dock.fresh_link().await;

    let seen = scenario(
        &dock,
        "executions_many",
        Some(&function),
        &[("CONSOLE_LINK", &link)],
    )
    .await;

    assert_eq!(seen["oldest"], json!("past-1"), "{seen}");
    assert_eq!(
        seen["total"],
        json!(MANY + 1),
        "a heading and all of them: {seen}"
    );
    let most = seen["mostRows"].as_i64().unwrap();
    assert!(most < 120, "only what is in sight is in the page: {seen}");
    assert_eq!(seen["byKeys"], json!(["past-3", "past-2", "past-1"]), "{seen}");
    assert_eq!(seen["newest"], json!("past-10000"), "{seen}");
    assert_eq!(
        seen["stays"],
        json!(true),
        "a new one moves nothing that is read: {seen}"
    );
    assert_eq!(seen["deep"], json!("past-1234"), "{seen}");
}

#[tokio::test]
async fn a_page_says_that_the_server_is_gone_and_catches_up_when_it_is_back() {
    let dock = Dock::start().await;

    let seen = scenario_script(&dock, "offline", &[]).await;

    assert_eq!(seen["complaints"], json!([]), "{seen}");
    assert_eq!(
        (&seen["stillThere"], &seen["sameDocument"], &seen["alerts"]),
        (&json!(true), &json!(true), &json!(0)),
        "{seen}"
    );
    assert_eq!(seen["cameByItself"], json!(true), "{seen}");
    assert!(
        seen["words"].as_str().unwrap().contains("drydock serve"),
        "{seen}"
    );
}

#[tokio::test]
async fn every_place_has_an_address_a_title_and_a_way_back() {
    let dock = Dock::start().await;
    let data = dock.folder().data();
    let env = [("DRYDOCK_DATA_DIR", data.to_str().unwrap())];
    let filled = scenario_script(&dock, "fill", &env).await;
    let ids = filled["ids"].to_string();

    let (mut from, mut all) = (0, 1);
    while from < all {
        let (link, at) = (dock.fresh_link().await, from.to_string());
        let env = [
            ("CONSOLE_LINK", link.as_str()),
            ("IDS", &ids),
            ("FROM", &at),
            ("COUNT", "7"),
        ];
        let seen = scenario(&dock, "addresses", None, &env).await;
        let places = seen["places"].as_i64().unwrap();
        assert_eq!(seen["reached"], json!(2 * places - 1), "there and back: {seen}");
        (from, all) = (from + places, seen["all"].as_i64().unwrap());
    }
    assert!(all > 15, "{all} places");
    std::fs::remove_dir_all(filled["home"].as_str().unwrap()).unwrap();
}

/// So many in one process of a browser: they end well before what a script may take.
const AT_ONCE: usize = 5;

#[tokio::test]
async fn no_page_keeps_anybody_out_in_either_theme() {
    let dock = Dock::start().await;
    let data = dock.folder().data();
    let filled = scenario_script(&dock, "fill", &[("DRYDOCK_DATA_DIR", data.to_str().unwrap())]).await;
    let ids = filled["ids"].to_string();
    let pages = usize::try_from(filled["views"].as_u64().unwrap()).unwrap();
    assert!(pages > 40, "{filled}");

    let mut violations = Vec::new();
    let mut looked = 0;
    for from in (0..pages).step_by(AT_ONCE) {
        let link = dock.fresh_link().await;
        let (from, count) = (from.to_string(), AT_ONCE.to_string());
        let env = [
            ("CONSOLE_LINK", link.as_str()),
            ("IDS", &ids),
            ("FROM", &from),
            ("COUNT", &count),
        ];
        let seen = scenario_with_refusals(&dock, "accessibility", None, &env).await;
        assert_eq!(seen["grounds"].as_array().unwrap().len(), 2, "two themes: {seen}");
        looked += seen["looked"].as_u64().unwrap();
        violations.extend(
            seen["violations"]
                .as_array()
                .unwrap()
                .iter()
                .map(ToString::to_string),
        );
    }
    std::fs::remove_dir_all(filled["home"].as_str().unwrap()).unwrap();

    assert_eq!(looked, pages as u64, "every page");
    assert!(violations.is_empty(), "{}", violations.join("\n"));
}
