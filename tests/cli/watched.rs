//! Linked folders on the command line: `links`, `unlink`, and what `tags` tells of what came from them.

use std::fs;
use std::path::Path;

use drydock_tests::{Dock, Draft, archive, run, until};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::drydock;

/// A server, and a function whose code is a folder.
struct Linked {
    dock: Dock,
    function: String,
    folder: TempDir,
}

impl Linked {
    /// Linked with these files, and live.
    async fn new(files: &[(&str, &str)], command: &str) -> Self {
        let dock = Dock::start().await;
        let function = dock.key().create_function().await;
        let folder = TempDir::new().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let linked = Self {
            dock,
            function,
            folder,
        };
        let request = linked.dock.owner().put(&linked.path("/link"));
        let body = json!({ "folder": linked.folder.path(), "command": command });
        request.json(&body).send_unchecked().await.expect_status(200);
        until("the folder is live", async || linked.active().await.map(drop)).await;
        linked
    }

    /// The same with a shell script.
    async fn shell() -> Self {
        Self::new(&[("main.sh", "echo first")], "sh main.sh").await
    }

    /// A path of the console's API about the function.
    fn path(&self, rest: &str) -> String {
        format!("/console/api/projects/default/functions/{}{rest}", self.function)
    }

    fn folder(&self) -> &str {
        self.folder.path().to_str().unwrap()
    }

    fn file(&self, name: &str) -> std::path::PathBuf {
        self.folder.path().join(name)
    }

    /// The active tag, once there is one.
    async fn active(&self) -> Option<String> {
        let function = self
            .dock
            .key()
            .get(&format!("/v1/functions/{}", self.function))
            .ok(200)
            .await;
        let tag = function["tag"].as_str().unwrap().to_owned();
        (!tag.is_empty()).then_some(tag)
    }

    /// What a command prints, which must end well.
    async fn says(&self, arguments: &[&str]) -> String {
        drydock(&self.dock, arguments).await.expect_code(0).stdout
    }

    /// What a command complains about, which must fail.
    async fn complains(&self, arguments: &[&str]) -> String {
        let ended = drydock(&self.dock, arguments).await.expect_code(1);
        assert_eq!(ended.stdout, "", "{arguments:?}");
        ended.stderr
    }

    /// What `links` prints, once it has all these words.
    async fn links_say(&self, words: &[&str]) -> String {
        until(&format!("`links` says {words:?}"), async || {
            let said = self.says(&["links"]).await;
            words.iter().all(|word| said.contains(word)).then_some(said)
        })
        .await
    }
}

/// The cells of the line of a table that begins with a word.
fn line<'a>(table: &'a str, first: &str) -> Vec<&'a str> {
    let line = table.lines().find(|line| line.starts_with(first));
    let line = line.unwrap_or_else(|| panic!("no line begins with {first} in:\n{table}"));
    line.split("  ")
        .map(str::trim)
        .filter(|cell| !cell.is_empty())
        .collect()
}

#[tokio::test]
async fn links_tells_of_each_folder_how_it_is_and_what_its_last_change_became() {
    let linked = Linked::shell().await;
    let said = linked.links_say(&["active after"]).await;

    let cells = line(&said, &linked.function);
    assert_eq!(cells[1..4], ["watching", "1", linked.folder()], "{said}");
    assert!(
        cells[5].starts_with("active after ") && cells[5].ends_with(" ms"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 2, "nothing is to be remarked:\n{said}");

    let told = drydock(&linked.dock, &["links", "--json"])
        .await
        .expect_code(0)
        .json();
    assert_eq!(told["links"][0]["functionId"], linked.function.as_str());
    assert_eq!(told["links"][0]["last"]["outcome"], "active");

    linked
        .says(&["projects", "create", "--id", "other", "--name", "Other"])
        .await;
    let none = drydock(&linked.dock, &["links", "--project", "other"])
        .await
        .expect_code(0);
    assert!(
        none.stdout.starts_with("FUNCTION") && none.stdout.lines().count() == 1,
        "{}",
        none.stdout
    );
    assert!(none.stderr.contains("drydock link FOLDER"), "{}", none.stderr);
}

#[tokio::test]
async fn code_that_does_not_parse_is_told_with_its_place_and_its_tag_is_marked() {
    let linked = Linked::new(&[("index.js", "console.log('first');\n")], "node index.js").await;
    let live = linked.active().await.unwrap();
    fs::write(linked.file("index.js"), "console.log('first');\nconst x = = 1;\n").unwrap();

    let said = linked.links_say(&["does not parse after"]).await;
    let remark = said.lines().last().unwrap();
    assert!(
        remark.starts_with(&format!("{}: index.js:2:", linked.function))
            && remark.contains("Unexpected token"),
        "{said}"
    );

    let tags = linked.says(&["tags", "list", &linked.function]).await;
    let cells = line(&tags, &live);
    assert_eq!(
        (cells[1], cells[4], cells[5]),
        ("active", "watcher", "node index.js"),
        "{tags}"
    );
    let broken = tags
        .lines()
        .find(|line| !line.starts_with(&live) && !line.starts_with("ID"))
        .unwrap();
    assert!(broken.contains("  does not parse  "), "{tags}");
}

#[tokio::test]
async fn a_folder_that_is_gone_is_missing_and_a_notice_says_so() {
    let linked = Linked::shell().await;
    fs::remove_dir_all(linked.folder.path()).unwrap();

    let said = linked.links_say(&["missing"]).await;

    let notice = said.lines().last().unwrap();
    assert!(
        notice.starts_with(&format!("{}: ", linked.function)) && notice.contains("not there"),
        "{said}"
    );
}

#[tokio::test]
async fn unlink_names_the_folder_and_leaves_it_and_the_tags() {
    let linked = Linked::shell().await;
    let live = linked.active().await.unwrap();

    let said = linked.says(&["unlink", &linked.function]).await;

    assert!(
        said.contains(linked.folder()) && said.contains("tags stay"),
        "{said}"
    );
    let answer = linked
        .dock
        .owner()
        .get(&linked.path("/link"))
        .send_unchecked()
        .await;
    assert_eq!(answer.json(), json!({ "link": null }));
    assert!(Path::new(linked.folder()).join("main.sh").exists());
    let run = linked.says(&["exec", &linked.function, "--wait"]).await;
    assert_eq!((run.as_str(), linked.active().await), ("first\n", Some(live)));
}

#[tokio::test]
async fn unlink_prints_what_was_unlinked_for_programs() {
    let linked = Linked::shell().await;
    let unlink = ["unlink", linked.function.as_str(), "--json"];

    let told = drydock(&linked.dock, &unlink).await.expect_code(0).json();

    assert_eq!(
        told,
        json!({ "unlinked": linked.function, "folder": linked.folder() })
    );
}

#[tokio::test]
async fn unlinking_what_is_not_linked_or_not_there_is_an_error_with_a_mend() {
    let linked = Linked::shell().await;
    linked.says(&["unlink", &linked.function]).await;

    let again = linked.complains(&["unlink", &linked.function]).await;
    assert!(
        again.contains("no folder is linked") && again.contains("`drydock links`"),
        "{again}"
    );
    let nobody = linked.complains(&["unlink", "nobody"]).await;
    assert!(
        nobody.contains("Function not found") && nobody.contains("`drydock links`"),
        "{nobody}"
    );
    let elsewhere = linked
        .complains(&["unlink", "nobody", "--project", "atlantis"])
        .await;
    assert!(
        elsewhere.contains("`drydock links --project atlantis`"),
        "{elsewhere}"
    );
}

#[tokio::test]
async fn a_tag_is_pinned_and_unpinned_and_the_list_shows_it() {
    let linked = Linked::shell().await;
    let (function, tag) = (linked.function.as_str(), linked.active().await.unwrap());
    let mark = async || {
        let tags = linked.says(&["tags", "list", function]).await;
        line(&tags, &tag)[1].to_owned()
    };

    let said = linked.says(&["tags", "pin", function, &tag]).await;
    assert!(said.contains(&tag) && said.contains("stays"), "{said}");
    assert_eq!(mark().await, "active, pinned");

    let unpin = ["tags", "unpin", function, &tag, "--json"];
    let told = drydock(&linked.dock, &unpin).await.expect_code(0).json();
    assert_eq!((&told["$id"], &told["pinned"]), (&json!(tag), &json!(false)));
    assert_eq!(mark().await, "active");

    let refused = linked.complains(&["tags", "pin", function, "nothing"]).await;
    assert!(
        refused.contains("Tag not found") && refused.contains(&format!("`drydock tags list {function}`")),
        "{refused}"
    );
}

#[tokio::test]
async fn the_list_of_tags_says_where_each_comes_from_and_has_all_that_the_api_has() {
    let linked = Linked::shell().await;
    let function = linked.function.as_str();
    let uploaded = archive::one_file("main.sh", "echo uploaded");
    let by_api = linked.dock.key().upload(function, "sh main.sh", uploaded).await;
    let create = [
        "tags",
        "create",
        function,
        "--code",
        linked.folder(),
        "--command",
        "sh main.sh",
        "--json",
    ];
    let by_cli = drydock(&linked.dock, &create).await.expect_code(0).json()["$id"].clone();

    let table = linked.says(&["tags", "list", function]).await;
    assert!(line(&table, &by_api).contains(&"upload"), "{table}");
    assert!(line(&table, by_cli.as_str().unwrap()).contains(&"cli"), "{table}");
    let pinned = linked.says(&["tags", "pin", function, &by_api]).await;
    assert!(pinned.contains("uploaded stays anyway"), "{pinned}");

    let list = drydock(&linked.dock, &["tags", "list", function, "--json"])
        .await
        .expect_code(0)
        .json();
    let api = linked
        .dock
        .key()
        .get(&format!("/v1/functions/{function}/tags"))
        .ok(200)
        .await;
    assert_eq!(list["sum"], api["sum"]);
    let (rows, expected) = (list["tags"].as_array().unwrap(), api["tags"].as_array().unwrap());
    assert_eq!(rows.len(), 3);
    for (row, expected) in rows.iter().zip(expected) {
        for (field, value) in expected.as_object().unwrap() {
            assert_eq!(&row[field], value, "{field}");
        }
        assert!(
            row["origin"].is_string() && row["pinned"].is_boolean() && row["errors"].is_array(),
            "{row}"
        );
    }
    let origins: Vec<&Value> = rows.iter().map(|row| &row["origin"]).collect();
    assert_eq!(origins, ["watcher", "upload", "cli"]);
}

#[tokio::test]
async fn a_list_of_tags_goes_on_over_the_pages_of_the_console() {
    let dock = Dock::start().await;
    let function = dock.key().deploy(Draft::shell("true")).await;
    let code = archive::one_file("main.sh", "true");
    for _ in 0..104 {
        dock.key().upload(&function.id, "sh main.sh", code.clone()).await;
    }

    let list = drydock(&dock, &["tags", "list", &function.id, "--json"])
        .await
        .expect_code(0)
        .json();

    let mut ids: Vec<_> = list["tags"]
        .as_array()
        .unwrap()
        .iter()
        .map(|tag| tag["$id"].to_string())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!((ids.len(), &list["sum"]), (105, &json!(105)));
}

#[tokio::test]
async fn an_upload_of_a_folder_has_exactly_what_its_link_has() {
    let files = [
        (".env", "SECRET=1"),
        (".gitignore", "dist\nnode_modules\n"),
        (".drydockignore", "*.md\n"),
        (".main.sh.swp", ""),
        ("__pycache__/a.pyc", ""),
        ("dist/a.js", ""),
        ("readme.md", ""),
        ("node_modules/x/index.js", ""),
        ("main.sh", "cat node_modules/x/index.js; ls -A"),
    ];
    let linked = Linked::new(&files, "sh main.sh").await;
    let (function, by_link) = (linked.function.as_str(), linked.active().await.unwrap());
    let create = [
        "tags",
        "create",
        function,
        "--code",
        linked.folder(),
        "--command",
        "sh main.sh",
        "--activate",
        "--json",
    ];

    let created = drydock(&linked.dock, &create).await.expect_code(0);

    for words in ["left out: .env (", "left out: dist, readme.md (by "] {
        assert!(created.stderr.contains(words), "{}", created.stderr);
    }
    let by_upload = created.json()["$id"].as_str().unwrap().to_owned();
    let differing = linked.path(&format!("/tags/{by_upload}/changes?from={by_link}"));
    let differing = linked.dock.owner().get(&differing).send_unchecked().await.json();
    assert_eq!(differing["fileCount"], 0, "{differing:#}");
    let run = linked.says(&["exec", function, "--wait"]).await;
    assert_eq!(run, ".drydockignore\n.gitignore\nmain.sh\nnode_modules\n");
}

#[tokio::test]
async fn doctor_counts_the_directories_that_a_server_has_watched() {
    let linked = Linked::new(&[("main.sh", "true"), ("a/b", ""), ("c/d", "")], "sh main.sh").await;
    linked.links_say(&["watching"]).await;

    let mut doctor = linked.dock.command();
    let told = run(doctor.args(["doctor", "--json"]).env("DRYDOCK_PORT", "0"))
        .await
        .expect_code(0)
        .json();

    let findings = told["findings"].as_array().unwrap();
    let found = findings
        .iter()
        .find(|finding| finding["subject"] == "inotify")
        .unwrap();
    let (watches, rest) = found["found"].as_str().unwrap().split_once(" of ").unwrap();
    let watches: u64 = watches.parse().unwrap();
    assert!(watches >= 3, "the folder and two in it are watched: {found}");
    assert!(
        rest.contains(" watches and ") && rest.contains(" instances"),
        "{found}"
    );
    assert_ne!(found["level"], "problem");
}
