//! How runs end: by themselves, by a signal, by their timeout, with their function. The contract's §7 and
//! the list of exit codes of the product.

use drydock_tests::{Draft, archive, process};
use serde_json::{Value, json};

/// The product's figure: a timeout of 2 s ends a run between 2 and 3 s, as its own record tells.
fn ended_between_2_and_3_secs(run: &Value) {
    let secs = run["time"].as_f64().unwrap();
    assert!((2.0..3.0).contains(&secs), "{secs} s: {run}");
}

#[tokio::test]
async fn an_exit_code_is_kept_and_all_but_zero_are_failures() {
    let dock = crate::launch().start().await;
    let function = dock
        .key()
        .deploy(Draft::shell(
            "echo out; echo err >&2; exit $APPWRITE_FUNCTION_DATA",
        ))
        .await;
    for (code, status) in [
        (0, "completed"),
        (1, "failed"),
        (3, "failed"),
        (42, "failed"),
        (255, "failed"),
    ] {
        let run = dock.key().run(&function, &code.to_string()).await;
        let told = [&run["exitCode"], &run["status"], &run["stdout"], &run["stderr"]];
        assert_eq!(
            told,
            [&json!(code), &json!(status), &json!("out\n"), &json!("err\n")],
            "{run}"
        );
    }
}

#[tokio::test]
async fn a_signal_is_128_and_its_number() {
    let dock = crate::launch().start().await;
    let function = dock
        .key()
        .deploy(Draft::shell("kill -$APPWRITE_FUNCTION_DATA $$"))
        .await;
    for (signal, code) in [("TERM", 143), ("KILL", 137), ("SEGV", 139), ("ABRT", 134)] {
        let run = dock.key().run(&function, signal).await;
        assert_eq!(
            (&run["exitCode"], &run["status"]),
            (&json!(code), &json!("failed")),
            "{signal}: {run}"
        );
    }
}

#[tokio::test]
async fn a_command_that_is_not_there_is_127_and_says_so() {
    let dock = crate::launch().start().await;
    for command in ["no-such-command-anywhere", "./missing.sh", "sub/missing"] {
        let code = archive::one_file("main.sh", "true");
        let function = dock
            .key()
            .deploy(Draft::with_code("node-20.0", code, command))
            .await;
        let run = dock.key().run(&function, "").await;
        assert_eq!(
            (&run["exitCode"], &run["status"]),
            (&json!(127), &json!("failed")),
            "{run}"
        );
        assert!(run["stderr"].as_str().unwrap().contains(command), "{run}");
    }
}

#[tokio::test]
async fn a_command_that_cannot_be_run_is_126_and_says_so() {
    let dock = crate::launch().start().await;
    let code = archive::Archive::new()
        .file_with_mode("./data.txt", 0o644, b"plain text")
        .folder("./sub/")
        .gzipped();
    for command in ["./data.txt", "./sub"] {
        let function = dock
            .key()
            .deploy(Draft::with_code("node-20.0", code.clone(), command))
            .await;
        let run = dock.key().run(&function, "").await;
        assert_eq!(
            (&run["exitCode"], &run["status"]),
            (&json!(126), &json!("failed")),
            "{run}"
        );
        assert!(!run["stderr"].as_str().unwrap().is_empty(), "{run}");
    }
}

#[tokio::test]
async fn a_command_with_an_open_quote_fails_with_a_reason_and_not_with_silence() {
    let dock = crate::launch().start().await;
    let key = dock.key();
    let function = key.create_function().await;
    let form = drydock_tests::form_data("sh 'main.sh", "c.tar.gz", archive::one_file("main.sh", "true"));

    // Refused at once or at the run: either is right, as long as it is said.
    let answer = key
        .post(&format!("/v1/functions/{function}/tags"))
        .multipart(form)
        .send()
        .await;
    if answer.status == 400 {
        assert!(answer.message().starts_with("Invalid command: "), "{answer}");
        return;
    }
    let tag = answer.json()["$id"].as_str().unwrap().to_owned();
    key.activate(&function, &tag).await;
    let run = key.run(&drydock_tests::Deployed { id: function, tag }, "").await;
    assert_eq!(run["status"], "failed");
    assert!(run["stderr"].as_str().unwrap().contains("quote"), "{run}");
}

#[tokio::test]
async fn a_sleeper_ends_at_its_timeout_with_124_and_keeps_what_it_printed() {
    let dock = crate::launch().start().await;
    let mark = process::mark();
    let draft = Draft::shell("echo before; echo trouble >&2; sleep 600; echo after")
        .set("timeout", 2)
        .var(process::MARK, &mark);
    let function = dock.key().deploy(draft).await;

    let run = dock.key().run(&function, "").await;

    let told = [&run["exitCode"], &run["status"], &run["stdout"]];
    assert_eq!(told, [&json!(124), &json!("failed"), &json!("before\n")], "{run}");
    assert!(run["stderr"].as_str().unwrap().starts_with("trouble\n"), "{run}");
    ended_between_2_and_3_secs(&run);
    process::none_left(&mark).await;
}

#[tokio::test]
async fn a_timeout_takes_along_a_child_that_ignores_sigterm_in_a_session_of_its_own() {
    let dock = crate::launch().start().await;
    let mark = process::mark();
    let draft = Draft::new("python-3.9", "python-stubborn", "python3 main.py")
        .set("timeout", 2)
        .var(process::MARK, &mark);
    let function = dock.key().deploy(draft).await;

    let id = dock.key().execute(&function, "").await;
    // The parent, its child and its grandchild.
    process::running(&mark, 3).await;
    let run = dock.key().finished(&function, &id).await;

    assert_eq!(
        (&run["exitCode"], &run["stdout"]),
        (&json!(124), &json!("both sleep\n")),
        "{run}"
    );
    ended_between_2_and_3_secs(&run);
    process::none_left(&mark).await;
}

#[tokio::test]
async fn what_a_run_leaves_in_the_background_ends_with_it() {
    let dock = crate::launch().start().await;
    let mark = process::mark();
    let draft = Draft::shell("sleep 600 & setsid sleep 600 & echo done").var(process::MARK, &mark);
    let function = dock.key().deploy(draft).await;

    let run = dock.key().run(&function, "").await;

    // Not 600 s later, although the children still hold its output open.
    assert_eq!(
        (&run["status"], &run["stdout"]),
        (&json!("completed"), &json!("done\n")),
        "{run}"
    );
    process::none_left(&mark).await;
}

#[tokio::test]
async fn a_deleted_function_takes_its_running_and_waiting_runs_along() {
    let dock = crate::launch()
        .env("DRYDOCK_EXECUTIONS__MAX_CONCURRENT", "1")
        .start()
        .await;
    let key = dock.key();
    let mark = process::mark();
    let function = key
        .deploy(
            Draft::shell("sleep 600")
                .set("timeout", 900)
                .var(process::MARK, &mark),
        )
        .await;
    key.execute(&function, "").await;
    key.execute(&function, "").await;
    process::running(&mark, 1).await;

    key.delete(&function.path()).ok(204).await;

    process::none_left(&mark).await;
    // The one place is free again: another function gets its turn.
    let other = key.deploy(Draft::shell("echo next")).await;
    assert_eq!(key.run(&other, "").await["stdout"], "next\n");
    assert!(
        process::marked(&mark).is_empty(),
        "a waiting run of the deleted function has started"
    );
}
