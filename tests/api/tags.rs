//! Contract §6: tags. What their archives may hold stands in `uploads`.

use drydock_tests::{Dock, Draft, archive, form_data, tree, until};
use insta::assert_json_snapshot;
use reqwest::multipart::{Form, Part};
use serde_json::json;

use crate::{NOBODY, missing};

#[tokio::test]
async fn a_tag_is_created_from_a_gzipped_tar_and_is_not_active_yet() {
    let dock = Dock::start().await;
    let key = dock.key();
    let function = key.create_function().await;
    let code = archive::fixture("node-hello");
    let size_bytes = code.len();

    let path = format!("/v1/functions/{function}/tags");
    let tag = key
        .post(&path)
        .multipart(form_data("node index.js", "code.tar.gz", code))
        .ok(201)
        .await;

    assert_eq!(
        (&tag["functionId"], &tag["size"]),
        (&json!(function), &json!(size_bytes))
    );
    assert_json_snapshot!(tag, {
        "[\"$id\"]" => "[id]", ".functionId" => "[id]", ".dateCreated" => "[unix]", ".size" => "[bytes]"
    }, @r#"
    {
      "$id": "[id]",
      "command": "node index.js",
      "dateCreated": "[unix]",
      "functionId": "[id]",
      "size": "[bytes]"
    }
    "#);
    assert_eq!(
        key.get(&format!("/v1/functions/{function}")).ok(200).await["tag"],
        ""
    );
    let list = key.get(&path).ok(200).await;
    assert_eq!(list, json!({ "sum": 1, "tags": [tag] }));
    assert_eq!(
        key.get(&format!("{path}/{}", tag["$id"].as_str().unwrap()))
            .ok(200)
            .await,
        tag
    );
}

#[tokio::test]
async fn a_file_may_end_in_gz_alone_and_in_capitals() {
    let dock = Dock::start().await;
    let function = dock.key().create_function().await;
    for name in ["code.gz", "code.tar.gz", "my code.TAR.GZ"] {
        let form = form_data("node index.js", name, archive::fixture("node-hello"));
        dock.key()
            .post(&format!("/v1/functions/{function}/tags"))
            .multipart(form)
            .ok(201)
            .await;
    }
}

#[tokio::test]
async fn the_file_may_come_before_the_command() {
    let dock = Dock::start().await;
    let function = dock.key().create_function().await;
    let file = Part::bytes(archive::fixture("node-hello")).file_name("code.tar.gz");

    let form = Form::new().part("code", file).text("command", "node index.js");
    let tag = dock
        .key()
        .post(&format!("/v1/functions/{function}/tags"))
        .multipart(form)
        .ok(201)
        .await;

    assert_eq!(tag["command"], "node index.js");
}

#[tokio::test]
async fn a_command_is_required_and_has_at_most_1028_characters() {
    let dock = Dock::start().await;
    let key = dock.key();
    let path = format!("/v1/functions/{}/tags", key.create_function().await);
    let form = |command: &str| form_data(command, "code.tar.gz", archive::fixture("node-hello"));

    key.post(&path).multipart(form(&"ü".repeat(1028))).ok(201).await;
    let message = key
        .post(&path)
        .multipart(form(&"c".repeat(1029)))
        .refused(400)
        .await;
    assert!(
        message.starts_with("Invalid command: ") && message.contains("1028"),
        "{message}"
    );
    assert_eq!(
        key.post(&path).multipart(form("")).refused(400).await,
        "Param \"command\" is not optional."
    );
    let only_file = Form::new().part(
        "code",
        Part::bytes(archive::fixture("node-hello")).file_name("c.tar.gz"),
    );
    assert_eq!(
        key.post(&path).multipart(only_file).refused(400).await,
        "Param \"command\" is not optional."
    );
    assert_eq!(key.get(&path).ok(200).await["sum"], 1);
}

#[tokio::test]
async fn an_upload_without_scope_or_to_an_unknown_function_leaves_nothing() {
    let dock = Dock::start().await;
    let function = dock.key().create_function().await;
    let clean = tree::code(&dock.data());
    let form = || form_data("node index.js", "code.tar.gz", archive::fixture("node-hello"));

    let guest = dock
        .guest()
        .post(&format!("/v1/functions/{function}/tags"))
        .multipart(form());
    assert_eq!(guest.refused(401).await, missing("functions.write"));
    let unknown = dock
        .key()
        .post(&format!("/v1/functions/{NOBODY}/tags"))
        .multipart(form());
    assert_eq!(unknown.refused(404).await, "Function not found");

    assert_eq!(tree::code(&dock.data()), clean);
}

#[tokio::test]
async fn a_tag_is_seen_only_through_its_own_function() {
    let dock = Dock::start().await;
    let key = dock.key();
    let mine = key
        .deploy(Draft::new("node-20.0", "node-hello", "node index.js"))
        .await;
    let other = key.create_function().await;

    let through_other = format!("/v1/functions/{other}/tags/{}", mine.tag);
    assert_eq!(key.get(&through_other).refused(404).await, "Tag not found");
    assert_eq!(key.delete(&through_other).refused(404).await, "Tag not found");
    key.get(&format!("{}/tags/{}", mine.path(), mine.tag))
        .ok(200)
        .await;
}

#[tokio::test]
async fn unknown_tags_and_functions_are_404_and_guests_401() {
    let dock = Dock::start().await;
    let key = dock.key();
    let function = key
        .deploy(Draft::new("node-20.0", "node-hello", "node index.js"))
        .await;
    let tags = format!("{}/tags", function.path());

    assert_eq!(
        key.get(&format!("{tags}/{NOBODY}")).refused(404).await,
        "Tag not found"
    );
    assert_eq!(
        key.delete(&format!("{tags}/{NOBODY}")).refused(404).await,
        "Tag not found"
    );
    assert!(
        key.get(&format!("{tags}/-x"))
            .refused(400)
            .await
            .starts_with("Invalid tagId: ")
    );
    let elsewhere = format!("/v1/functions/{NOBODY}/tags");
    for path in [elsewhere.clone(), format!("{elsewhere}/{}", function.tag)] {
        assert_eq!(key.get(&path).refused(404).await, "Function not found");
    }

    let guest = dock.guest();
    assert_eq!(guest.get(&tags).refused(401).await, missing("functions.read"));
    assert_eq!(
        guest.get(&format!("{tags}/{}", function.tag)).refused(401).await,
        missing("functions.read")
    );
    assert_eq!(
        guest
            .delete(&format!("{tags}/{}", function.tag))
            .refused(401)
            .await,
        missing("functions.write")
    );
}

#[tokio::test]
async fn a_deleted_tag_takes_its_code_along_and_leaves_the_function_without_one() {
    let dock = Dock::start().await;
    let key = dock.key();
    // Another function stays, and all of its own.
    key.deploy(Draft::new("node-20.0", "node-hello", "node index.js"))
        .await;
    let clean = tree::code(&dock.data());
    let function = key
        .deploy(Draft::new("node-20.0", "node-hello", "node index.js"))
        .await;
    let spare = key
        .upload(&function.id, "node index.js", archive::fixture("node-hello"))
        .await;

    key.delete(&format!("{}/tags/{spare}", function.path()))
        .ok(204)
        .await;
    assert_eq!(
        key.get(&function.path()).ok(200).await["tag"],
        function.tag,
        "another tag's end is no matter"
    );
    key.delete(&format!("{}/tags/{}", function.path(), function.tag))
        .ok(204)
        .await;

    assert_eq!(key.get(&function.path()).ok(200).await["tag"], "");
    assert_eq!(
        key.get(&format!("{}/tags", function.path())).ok(200).await,
        json!({ "sum": 0, "tags": [] })
    );
    let of_the_tags = |entry: &String| entry.contains(&function.tag) || entry.contains(&spare);
    until("the code is gone from the disk", async || {
        (!tree::code(&dock.data()).iter().any(of_the_tags)).then_some(())
    })
    .await;
    key.delete(&function.path()).ok(204).await;
    until("nothing is left of the function", async || {
        (tree::code(&dock.data()) == clean).then_some(())
    })
    .await;
}
