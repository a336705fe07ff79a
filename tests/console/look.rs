//! What every page has in common: long lists, a server that goes away, addresses and titles, and that nobody is kept out.

use drydock_tests::{Clock, Databases, Dock, Draft, Folder};
use serde_json::json;

use crate::scenario;

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
