//! `exec` and `logs`: a function's output and exit code, passed through.

use drydock_tests::{Databases, Dock, Draft, Folder, Witness, run};
use serde_json::Value;

use crate::drydock;

#[tokio::test]
async fn exec_with_wait_prints_both_streams_and_exits_as_the_function() {
    let dock = Dock::start().await;
    let script = "echo \"out $APPWRITE_FUNCTION_DATA\"; echo err >&2; exit $APPWRITE_FUNCTION_DATA";
    let function = dock.key().deploy(Draft::shell(script)).await;
    for code in [0, 1, 3, 42] {
        let data = code.to_string();
        let ended = drydock(&dock, &["exec", &function.id, "--wait", "--data", &data])
            .await
            .expect_code(code);
        assert_eq!(
            (ended.stdout.as_str(), ended.stderr.as_str()),
            (format!("out {code}\n").as_str(), "err\n")
        );
    }
}

#[tokio::test]
async fn exec_without_wait_prints_the_id_and_returns_at_once() {
    let dock = Dock::start().await;
    let witness = Witness::listen().await;
    let draft = Draft::new("node-20.0", "node-witness", "node index.js").var("WITNESS_PORT", &witness.port());
    let function = dock.key().deploy(draft).await;

    let ended = drydock(&dock, &["exec", &function.id, "--data", "held"])
        .await
        .expect_code(0);

    let id = ended.stdout.split_whitespace().next().unwrap();
    witness.visited_by(1).await;
    witness.open();
    assert_eq!(dock.key().finished(&function, id).await["stdout"], "done held\n");
}

#[tokio::test]
async fn data_comes_from_the_argument_a_file_or_stdin() {
    let dock = Dock::start().await;
    let function = dock
        .key()
        .deploy(Draft::shell("printf %s \"$APPWRITE_FUNCTION_DATA\""))
        .await;
    let file = dock.folder().beside("data.json");
    std::fs::write(&file, "{\"from\": \"a file\"}\n").unwrap();
    let at_file = format!("@{}", file.display());

    let said = drydock(&dock, &["exec", &function.id, "--wait", "--data", "-x said"])
        .await
        .expect_code(0)
        .stdout;
    assert_eq!(said, "-x said");
    let read = drydock(&dock, &["exec", &function.id, "--wait", "--data", &at_file])
        .await
        .expect_code(0)
        .stdout;
    assert_eq!(read, "{\"from\": \"a file\"}\n");
    let shell = format!("printf piped | \"$0\" exec {} --wait --data -", function.id);
    let mut command = std::process::Command::new("sh");
    command
        .arg("-c")
        .arg(shell)
        .arg(drydock_tests::binary())
        .env("DRYDOCK_DATA_DIR", dock.data());
    assert_eq!(run(&mut command).await.expect_code(0).stdout, "piped");
}

#[tokio::test]
async fn a_function_that_cannot_start_says_why_and_exits_with_127() {
    let dock = Dock::start().await;
    let code = drydock_tests::archive::one_file("main.sh", "true");
    let function = dock
        .key()
        .deploy(Draft::with_code("node-20.0", code, "no-such-command"))
        .await;

    let ended = drydock(&dock, &["exec", &function.id, "--wait"])
        .await
        .expect_code(127);

    assert!(ended.stderr.contains("no-such-command"), "{}", ended.stderr);
}

#[tokio::test]
async fn ten_thousand_lines_pass_through_whole() {
    let dock = Dock::start().await;
    let function = dock
        .key()
        .deploy(Draft::new("node-20.0", "node-lines", "node index.js"))
        .await;

    let ended = drydock(&dock, &["exec", &function.id, "--wait", "--data", "10000"])
        .await
        .expect_code(0);

    let lines: String = (1..=10_000).map(|n| format!("line {n}\n")).collect();
    assert_eq!((ended.stdout.len(), ended.stdout == lines), (lines.len(), true));
    assert_eq!(ended.stderr.lines().count(), 5_000);
}

#[tokio::test]
async fn exec_with_json_prints_the_execution() {
    let dock = Dock::start().await;
    let function = dock.key().deploy(Draft::shell("echo out; exit 5")).await;

    let execution = drydock(&dock, &["exec", &function.id, "--wait", "--json"])
        .await
        .expect_code(5)
        .json();

    let told = ["status", "exitCode", "stdout"].map(|field| execution[field].clone());
    assert_eq!(told, [Value::from("failed"), 5.into(), "out\n".into()]);
}

#[tokio::test]
async fn exec_replay_runs_the_same_once_more_and_needs_no_function() {
    let dock = Dock::start().await;
    let script = "echo \"$WORD $APPWRITE_FUNCTION_DATA\"; exit 3";
    let function = dock.key().deploy(Draft::shell(script).var("WORD", "old")).await;
    let run = dock.key().run(&function, "data").await;
    let id = run["$id"].as_str().unwrap();
    let body = serde_json::json!({ "name": "f", "execute": [], "vars": { "WORD": "new" }, "timeout": 15 });
    dock.key().put(&function.path()).json(&body).ok(200).await;

    let waited = drydock(&dock, &["exec", "--replay", id, "--wait"])
        .await
        .expect_code(3);
    assert_eq!(
        (waited.stdout.as_str(), waited.stderr.as_str()),
        ("old data\n", "")
    );
    let queued = drydock(&dock, &["exec", "--replay", id]).await.expect_code(0);
    let queued = queued.stdout.split_whitespace().next().unwrap();
    assert_eq!(
        dock.key().finished(&function, queued).await["stdout"],
        "old data\n"
    );
    let shown = drydock(&dock, &["exec", "--replay", id, "--wait", "--json"])
        .await
        .expect_code(3)
        .json();
    assert_eq!(
        (&shown["stdout"], &shown["functionId"]),
        (&run["stdout"], &run["functionId"])
    );
}

#[tokio::test]
async fn exec_runs_the_tag_that_is_named_and_says_what_is_wrong_with_it() {
    let dock = Dock::start().await;
    let function = dock.key().deploy(Draft::shell("echo first")).await;
    let code = drydock_tests::archive::one_file("main.sh", "echo \"second $APPWRITE_FUNCTION_DATA\"");
    let second = dock.key().upload(&function.id, "sh main.sh", code).await;
    let run = dock.key().run(&function, "data").await;
    let id = run["$id"].as_str().unwrap();
    let says = async |arguments: &[&str]| drydock(&dock, arguments).await;

    let fresh = says(&["exec", &function.id, "--tag", &second, "--data", "x", "--wait"]).await;
    assert_eq!(fresh.expect_code(0).stdout, "second x\n");
    let replayed = says(&["exec", "--replay", id, "--tag", &second, "--wait"]).await;
    assert_eq!(replayed.expect_code(0).stdout, "second data\n");

    dock.key()
        .delete(&format!("{}/tags/{}", function.path(), function.tag))
        .ok(204)
        .await;
    let gone = says(&["exec", "--replay", id]).await.expect_code(1);
    let words = format!(
        "error: Tag {} is not there: it was deleted, or is another function's. Choose another tag (404)\n",
        function.tag
    );
    assert_eq!(gone.stderr, words);
}

#[tokio::test]
async fn replay_takes_nothing_that_the_execution_says_itself() {
    let dock = Dock::start().await;
    for (arguments, says) in [
        (vec!["exec", "--replay", "e", "--data", "x"], "--data"),
        (vec!["exec", "--replay", "e", "--data", ""], "--data"),
        (vec!["exec", "--replay", "e", "--as", "guest"], "--as"),
        (vec!["exec", "hello", "--replay", "e"], "[FUNCTION]"),
        (vec!["exec"], "<FUNCTION>"),
        (vec!["exec", "--tag", "t"], "<FUNCTION>"),
        (vec!["exec", "--replay", "a/b"], "an id has"),
    ] {
        let refused = drydock(&dock, &arguments).await.expect_code(2);
        assert!(refused.stderr.contains(says), "{arguments:?}: {}", refused.stderr);
    }
    let unknown = drydock(&dock, &["exec", "--replay", "e"]).await.expect_code(1);
    assert_eq!(unknown.stderr, "error: Execution not found (404)\n");
}

#[tokio::test]
async fn replay_of_what_kept_no_variables_says_which_it_gets() {
    let folder = Folder::new();
    let before = Dock::launch().on(&folder).start().await;
    let function = before
        .key()
        .deploy(Draft::shell("echo $WORD").var("WORD", "now"))
        .await;
    let run = before.key().run(&function, "").await;
    before.interrupt().await;
    Databases::change(&folder.data(), "update executions set variable_set = null");
    let dock = Dock::launch().on(&folder).start().await;

    let ended = drydock(
        &dock,
        &["exec", "--replay", run["$id"].as_str().unwrap(), "--wait"],
    )
    .await
    .expect_code(0);

    assert_eq!(ended.stdout, "now\n");
    assert!(
        ended.stderr.contains("are not known: this one runs with those"),
        "{}",
        ended.stderr
    );
}

#[tokio::test]
async fn logs_show_the_last_executions_each_under_its_heading() {
    let dock = Dock::start().await;
    let function = dock
        .key()
        .deploy(Draft::shell("echo \"run $APPWRITE_FUNCTION_DATA\"; echo oh >&2"))
        .await;
    let mut ids = Vec::new();
    for n in 1..=3 {
        let execution = dock.key().run(&function, &n.to_string()).await;
        ids.push(execution["$id"].as_str().unwrap().to_owned());
    }

    let all = drydock(&dock, &["logs", &function.id])
        .await
        .expect_code(0)
        .stdout;
    let places: Vec<_> = ["run 1", "run 2", "run 3"]
        .iter()
        .map(|text| all.find(text).unwrap())
        .collect();
    assert!(places.is_sorted(), "oldest first: {all}");
    assert!(
        ids.iter().all(|id| all.contains(id)) && all.contains("err | oh"),
        "{all}"
    );

    let one = drydock(&dock, &["logs", &function.id, "--execution", &ids[1]])
        .await
        .expect_code(0)
        .stdout;
    assert!(
        one.contains("run 2") && !one.contains("run 1") && !one.contains("run 3"),
        "{one}"
    );
    let last = drydock(&dock, &["logs", &function.id, "--limit", "1"])
        .await
        .expect_code(0)
        .stdout;
    assert!(last.contains("run 3") && !last.contains("run 2"), "{last}");
    let missing = drydock(&dock, &["logs", "nobody"]).await.expect_code(1);
    assert!(
        missing.stderr.contains("Function not found"),
        "{}",
        missing.stderr
    );
}

#[tokio::test]
async fn logs_that_follow_an_execution_end_with_it() {
    let dock = Dock::start().await;
    let witness = Witness::listen().await;
    let draft = Draft::new("node-20.0", "node-witness", "node index.js").var("WITNESS_PORT", &witness.port());
    let function = dock.key().deploy(draft).await;
    let id = dock.key().execute(&function, "followed").await;
    witness.visited_by(1).await;

    let mut command = dock.command();
    command.args(["logs", &function.id, "--execution", &id, "--follow"]);
    let (ended, ()) = tokio::join!(run(&mut command), async { witness.open() });

    let ended = ended.expect_code(0);
    assert!(ended.stdout.contains("out | done followed"), "{}", ended.stdout);
}
