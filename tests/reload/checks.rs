//! What does not parse: it is said where, the last good code stays live, and a mend is live at once.

use serde_json::{Value, json};

use super::desk::Desk;

const GOOD: &str = "console.log('good')\n";
const BROKEN: &str = "console.log('broken')\nlet x = ;\n";

async fn is_blocked(desk: &Desk, file: &str) -> Value {
    desk.row_is(&format!("{file} is told"), |row| {
        row["last"]["outcome"] == "does-not-parse" && row["last"]["errors"][0]["file"] == file
    })
    .await
}

#[tokio::test]
async fn what_does_not_parse_is_told_with_its_line_and_the_last_good_code_stays_until_it_is_mended() {
    let desk = Desk::node(&[("index.js", GOOD)]).await;
    let good = desk.active().await;

    desk.write("index.js", BROKEN);
    let row = is_blocked(&desk, "index.js").await;
    assert_eq!(row["last"]["errors"][0]["line"], 2, "{row:#}");
    let newest = desk.tags().await.remove(0);
    assert_eq!(newest["outcome"], "does-not-parse");
    assert_eq!(newest["errors"], row["last"]["errors"]);
    assert_eq!(newest["$id"], row["last"]["tagId"]);
    assert_eq!(desk.active().await, good);
    assert_eq!(desk.run().await, "good\n");

    desk.write("index.js", "console.log('mended')\n");
    desk.is_live().await;
    assert_eq!(desk.run().await, "mended\n");
    let row = desk.row().await;
    assert_eq!(
        (&row["last"]["outcome"], &row["last"]["errors"]),
        (&json!("active"), &json!([]))
    );
}

#[tokio::test]
async fn a_file_that_stays_broken_holds_up_what_is_saved_beside_it() {
    let desk = Desk::node(&[("index.js", GOOD), ("other.js", "1")]).await;
    let good = desk.active().await;
    desk.write("index.js", BROKEN);
    is_blocked(&desk, "index.js").await;

    for number in 2..5 {
        desk.write("other.js", number.to_string());
        desk.row_is("the other file is looked at", |row| {
            row["last"]["outcome"] == "does-not-parse" && row["last"]["fileCount"] == 2
        })
        .await;
        assert_eq!(desk.active().await, good);
    }

    desk.write("index.js", "console.log('mended')\n");
    desk.is_live().await;
}

#[tokio::test]
async fn json_is_checked_too_and_a_second_broken_file_is_told_when_the_first_is_mended() {
    let desk = Desk::node(&[("index.js", GOOD), ("data.json", "{}")]).await;
    desk.write("data.json", "{ \"a\": 1,\n\n }");
    is_blocked(&desk, "data.json").await;
    desk.write("index.js", BROKEN);
    desk.row_is("both are told", |row| {
        row["last"]["errors"]
            .as_array()
            .is_some_and(|errors| errors.len() == 2)
    })
    .await;
    desk.write("data.json", "{}\n");
    let row = is_blocked(&desk, "index.js").await;
    assert_eq!(row["last"]["errors"].as_array().unwrap().len(), 1, "{row:#}");
    desk.write("index.js", "console.log('all is well')\n");
    desk.is_live().await;
}

#[tokio::test]
async fn going_back_to_what_is_live_makes_no_tag_and_takes_the_error_away() {
    let desk = Desk::node(&[("index.js", GOOD)]).await;
    let good = desk.active().await;
    for _ in 0..2 {
        desk.write("index.js", BROKEN);
        is_blocked(&desk, "index.js").await;
        let tags = desk.tags().await;

        desk.write("index.js", GOOD);
        let row = desk
            .row_is("nothing is wrong any more", |row| {
                row["last"]["outcome"] == "active"
            })
            .await;
        assert_eq!(row["last"]["errors"], json!([]));
        assert_eq!(row["last"]["tagId"], json!(good));
        assert_eq!(desk.active().await, good);
        assert_eq!(desk.tags().await.len(), tags.len(), "no new tag");
    }
}

#[tokio::test]
async fn a_broken_dependency_is_nobody_s_error() {
    let desk = Desk::node(&[("index.js", GOOD)]).await;
    desk.write("node_modules/a/index.js", BROKEN);
    desk.is_live().await;
    assert_eq!(desk.run().await, "good\n");
}

#[tokio::test]
async fn what_is_broken_when_it_is_linked_is_told_and_live_when_it_is_mended() {
    let desk = Desk::unlinked(drydock_tests::Dock::start().await).await;
    desk.write("index.js", BROKEN);
    desk.link("node index.js").await;
    is_blocked(&desk, "index.js").await;
    assert_eq!(desk.active().await, None);
    desk.write("index.js", GOOD);
    desk.is_live().await;
    assert_eq!(desk.run().await, "good\n");
}
