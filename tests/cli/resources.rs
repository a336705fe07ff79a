//! `functions` and `tags`: what the API does, for scripts and for people.

use drydock_tests::{Dock, Draft, archive, run, tests_folder};
use insta::assert_json_snapshot;
use serde_json::json;

use crate::drydock;

#[tokio::test]
async fn a_function_is_made_changed_shown_and_deleted() {
    let dock = Dock::start().await;
    let create = [
        "functions",
        "create",
        "--id",
        "hello",
        "--name",
        "Hello",
        "--runtime",
        "node-20.0",
        "--var",
        "A=1",
        "--var",
        "B=two=2",
        "--execute",
        "role:all",
        "--timeout",
        "30",
        "--json",
    ];
    let created = drydock(&dock, &create).await.expect_code(0).json();
    assert_json_snapshot!(created, { ".dateCreated" => "[unix]", ".dateUpdated" => "[unix]" }, @r#"
    {
      "$id": "hello",
      "backend": null,
      "dateCreated": "[unix]",
      "dateUpdated": "[unix]",
      "events": [],
      "execute": [
        "role:all"
      ],
      "name": "Hello",
      "network": "full",
      "runtime": "node-20.0",
      "schedule": "",
      "scheduleNext": 0,
      "schedulePrevious": 0,
      "status": "disabled",
      "tag": "",
      "timeout": 30,
      "vars": {
        "A": "1",
        "B": "two=2"
      }
    }
    "#);

    let update = [
        "functions",
        "update",
        "hello",
        "--name",
        "Renamed",
        "--var",
        "C=3",
        "--unset-var",
        "A",
        "--json",
    ];
    let updated = drydock(&dock, &update).await.expect_code(0).json();
    let told = ["name", "vars", "execute", "timeout"].map(|field| updated[field].clone());
    assert_eq!(
        told,
        [
            json!("Renamed"),
            json!({ "B": "two=2", "C": "3" }),
            json!(["role:all"]),
            json!(30)
        ]
    );

    let shown = drydock(&dock, &["functions", "get", "hello"])
        .await
        .expect_code(0)
        .stdout;
    assert!(
        shown.contains("Renamed") && shown.contains("node-20.0") && shown.contains("C=3"),
        "{shown}"
    );
    let list = drydock(&dock, &["functions", "list"]).await.expect_code(0).stdout;
    assert!(list.starts_with("ID") && list.contains("hello"), "{list}");

    drydock(&dock, &["functions", "delete", "hello"])
        .await
        .expect_code(0);
    let list = drydock(&dock, &["functions", "list", "--json"])
        .await
        .expect_code(0)
        .json();
    assert_eq!(list, json!({ "sum": 0, "functions": [] }));
}

#[tokio::test]
async fn a_function_s_network_is_chosen_shown_and_stays_until_it_is_named_again() {
    let dock = Dock::start().await;
    let functions = async |arguments: &[&str]| {
        let arguments = [&["functions"], arguments].concat();
        drydock(&dock, &arguments).await
    };
    let row = async |function: &str| {
        let path = format!("/console/api/projects/default/functions/{function}");
        dock.owner().get(&path).send_unchecked().await.json()
    };
    let create = [
        "create",
        "--id",
        "quiet",
        "--name",
        "Quiet",
        "--runtime",
        "node-20.0",
        "--network",
        "none",
    ];
    let shown = functions(&create).await.expect_code(0).stdout;
    assert!(
        shown
            .lines()
            .any(|line| line.split_whitespace().eq(["network", "none"])),
        "{shown}"
    );
    let loud = json!({ "functionId": "loud", "name": "Loud", "runtime": "node-20.0" });
    dock.key().create_function_of(loud).await;

    let list = functions(&["list"]).await.expect_code(0).stdout;
    for (id, network) in [("ID", "NETWORK"), ("quiet", "none"), ("loud", "full")] {
        let line = list.lines().find(|line| line.starts_with(id)).unwrap();
        assert!(line.split("  ").any(|cell| cell.trim() == network), "{list}");
    }
    let list = functions(&["list", "--json"]).await.expect_code(0).json();
    let told: Vec<_> = list["functions"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| (&row["$id"], &row["network"]))
        .collect();
    assert_eq!(
        told,
        [
            (&json!("quiet"), &json!("none")),
            (&json!("loud"), &json!("full"))
        ]
    );

    let renamed = functions(&["update", "quiet", "--name", "Renamed", "--json"])
        .await
        .expect_code(0)
        .json();
    assert_eq!(
        (&renamed["name"], &renamed["network"]),
        (&json!("Renamed"), &json!("none"))
    );
    let opened = functions(&["update", "quiet", "--network", "full", "--json"])
        .await
        .expect_code(0)
        .json();
    assert_eq!(
        (&opened["name"], &opened["network"]),
        (&json!("Renamed"), &json!("full"))
    );
    assert_eq!(row("quiet").await["network"], "full");

    let refused = functions(&["update", "quiet", "--network", "open"])
        .await
        .expect_code(2);
    assert!(refused.stderr.contains("full, none"), "{}", refused.stderr);
}

#[tokio::test]
async fn a_list_searches_and_shows_more_than_one_page_of_the_api() {
    let dock = Dock::start().await;
    for n in 0..120 {
        let body = json!({ "functionId": format!("f{n}"), "name": "Many", "runtime": "node-20.0" });
        dock.key().create_function_of(body).await;
    }

    let all = drydock(&dock, &["functions", "list", "--json"])
        .await
        .expect_code(0)
        .json();
    assert_eq!(
        (all["functions"].as_array().unwrap().len(), &all["sum"]),
        (120, &json!(120))
    );
    let one = drydock(&dock, &["functions", "list", "--search", "f77", "--json"])
        .await
        .expect_code(0)
        .json();
    assert_eq!(
        (one["functions"][0]["$id"].as_str(), &one["sum"]),
        (Some("f77"), &json!(1))
    );
}

#[tokio::test]
async fn what_the_server_refuses_is_said_and_exits_with_1() {
    let dock = Dock::start().await;
    let cases: [(&[&str], &str); 5] = [
        (&["functions", "get", "nobody"], "Function not found"),
        (&["functions", "delete", "nobody"], "Function not found"),
        (
            &["functions", "create", "--name", "n", "--runtime", "cobol-85"],
            "cobol-85",
        ),
        (&["tags", "list", "nobody"], "Function not found"),
        (
            &["functions", "list", "--project", "atlantis"],
            "Project not found",
        ),
    ];
    for (arguments, reason) in cases {
        let refused = drydock(&dock, arguments).await.expect_code(1);
        assert!(
            refused.stderr.contains(reason),
            "{arguments:?}: {}",
            refused.stderr
        );
        assert_eq!(refused.stdout, "", "{arguments:?}");
    }
}

#[tokio::test]
async fn a_folder_becomes_a_tag_that_runs() {
    let dock = Dock::start().await;
    let function = dock.key().create_function().await;
    let folder = tests_folder().join("fixtures/functions/node-hello");
    let folder = folder.to_str().unwrap();

    let create = [
        "tags",
        "create",
        &function,
        "--code",
        folder,
        "--command",
        "node index.js",
        "--activate",
        "--json",
    ];
    let tag = drydock(&dock, &create).await.expect_code(0).json();

    assert_eq!(tag["command"], "node index.js");
    let run = drydock(&dock, &["exec", &function, "--wait", "--data", "folder"])
        .await
        .expect_code(0);
    assert_eq!(run.stdout, "Hello, folder\n");
}

#[tokio::test]
async fn an_archive_becomes_a_tag_that_can_be_activated_listed_downloaded_and_deleted() {
    let dock = Dock::start().await;
    let function = dock.key().create_function().await;
    let file = dock.folder().beside("code.tar.gz");
    std::fs::write(&file, archive::one_file("main.sh", "echo from an archive")).unwrap();
    let file = file.to_str().unwrap();

    let create = [
        "tags",
        "create",
        &function,
        "--code",
        file,
        "--command",
        "sh main.sh",
        "--json",
    ];
    let tag = drydock(&dock, &create).await.expect_code(0).json()["$id"]
        .as_str()
        .unwrap()
        .to_owned();
    drydock(&dock, &["exec", &function]).await.expect_code(1);
    drydock(&dock, &["tags", "activate", &function, &tag])
        .await
        .expect_code(0);
    let run = drydock(&dock, &["exec", &function, "--wait"])
        .await
        .expect_code(0);
    assert_eq!(run.stdout, "from an archive\n");

    let list = drydock(&dock, &["tags", "list", &function])
        .await
        .expect_code(0)
        .stdout;
    assert!(
        list.contains(&tag) && list.contains("active") && list.contains("sh main.sh"),
        "{list}"
    );

    let target = dock.folder().beside("downloaded.tar.gz");
    let download = [
        "tags",
        "download",
        &function,
        &tag,
        "--output",
        target.to_str().unwrap(),
    ];
    drydock(&dock, &download).await.expect_code(0);
    let again = dock
        .key()
        .upload(&function, "sh main.sh", std::fs::read(&target).unwrap())
        .await;
    dock.key().activate(&function, &again).await;
    let run = drydock(&dock, &["exec", &function, "--wait"])
        .await
        .expect_code(0);
    assert_eq!(
        run.stdout, "from an archive\n",
        "what was downloaded is the same code"
    );
    drydock(&dock, &download).await.expect_code(1);

    drydock(&dock, &["tags", "delete", &function, &tag])
        .await
        .expect_code(0);
    let list = drydock(&dock, &["tags", "list", &function, "--json"])
        .await
        .expect_code(0)
        .json();
    assert_eq!(
        (list["sum"].as_i64(), list["tags"][0]["$id"].as_str()),
        (Some(1), Some(again.as_str()))
    );
}

#[tokio::test]
async fn a_pipe_that_is_closed_early_is_an_ordinary_end() {
    let dock = Dock::start().await;
    dock.key()
        .deploy(Draft::shell("true").set("functionId", "piped"))
        .await;
    let line = format!(
        "{} functions list --limit 1 | true; echo done",
        drydock_tests::binary().display()
    );

    let mut shell = std::process::Command::new("sh");
    let ended = run(shell.arg("-c").arg(line).env("DRYDOCK_DATA_DIR", dock.data()))
        .await
        .expect_code(0);

    assert_eq!((ended.stdout.as_str(), ended.stderr.as_str()), ("done\n", ""));
}

#[tokio::test]
async fn events_are_listed_with_what_they_started_and_emitted_by_hand() {
    let dock = Dock::start().await;
    let draft = drydock_tests::Draft::shell("echo \"$APPWRITE_FUNCTION_EVENT_DATA\"")
        .set("functionId", "listens")
        .set("events", vec!["teams.create"]);
    dock.key().deploy(draft).await;
    let emitted = drydock(
        &dock,
        &["events", "emit", "teams.create", "--payload", "{\"a\":1}"],
    )
    .await
    .expect_code(0);
    let id = emitted.stdout.split_whitespace().next().unwrap().to_owned();
    drydock_tests::until("the function has run", async || {
        let listed = drydock(&dock, &["events", "list", "--name", "teams.create"])
            .await
            .expect_code(0);
        let line = listed
            .stdout
            .lines()
            .find(|line| line.contains(&id))
            .map(str::to_owned);
        line.is_some_and(|line| line.contains(" owner ") && line.contains("  listens  "))
            .then_some(())
    })
    .await;
    let logs = drydock(&dock, &["logs", "listens"]).await.expect_code(0);
    assert!(logs.stdout.contains("out | {\"a\":1}"), "{}", logs.stdout);
    // Without a payload it is a sample; a name that is none is a mistake in the words.
    drydock(&dock, &["events", "emit", "users.create", "--json"])
        .await
        .expect_code(0);
    let wrong = drydock(&dock, &["events", "emit", "users.sing"])
        .await
        .expect_code(2);
    assert!(wrong.stderr.contains("users.sing"), "{}", wrong.stderr);
    let list = drydock(&dock, &["events", "list", "--json"])
        .await
        .expect_code(0)
        .json();
    let newest = list["events"].as_array().unwrap().last().unwrap();
    assert_eq!(newest["name"], "users.create");
}
